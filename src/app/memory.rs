//! How much the messages of all calls may take, as it is typed.

use std::ops::RangeInclusive;

use stubless_core::{call::LogLimits, workspace::LogSettings};

const MIB: u64 = 1 << 20;

/// MiB of messages in memory.
pub const MEMORY_MIB: RangeInclusive<u64> = 16..=65_536;

/// MiB of messages on disk; 0 keeps all in memory.
pub const DISK_MIB: RangeInclusive<u64> = 0..=10_485_760;

/// The limits being edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryEditor {
    /// MiB in memory, as typed.
    pub memory: String,
    /// MiB on disk, as typed.
    pub disk: String,
}

impl MemoryEditor {
    /// Begins with the limits as they are.
    pub fn of(limits: &LogLimits) -> Self {
        let mib = |bytes: u64| (bytes / MIB).to_string();
        Self {
            memory: mib(limits.memory_bytes as u64),
            disk: mib(limits.disk_bytes),
        }
    }

    /// Why what is typed for memory is none, or for disk.
    pub fn problems(&self) -> (Option<String>, Option<String>) {
        (
            read(&self.memory, &MEMORY_MIB).err(),
            read(&self.disk, &DISK_MIB).err(),
        )
    }

    /// What is to be kept; `None` while it cannot be read.
    pub fn settings(&self) -> Option<LogSettings> {
        Some(LogSettings {
            memory_bytes: Some(read(&self.memory, &MEMORY_MIB).ok()? * MIB),
            disk_bytes: Some(read(&self.disk, &DISK_MIB).ok()? * MIB),
        })
    }
}

fn read(typed: &str, range: &RangeInclusive<u64>) -> Result<u64, String> {
    let (least, most) = (range.start(), range.end());
    let number = typed.trim().parse::<u64>().ok();
    number
        .filter(|number| range.contains(number))
        .ok_or_else(|| format!("A whole number of MiB from {least} to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_within_their_ranges() {
        let editor = |memory: &str, disk: &str| MemoryEditor {
            memory: memory.to_owned(),
            disk: disk.to_owned(),
        };
        let settings = editor(" 256 ", "0").settings().unwrap();
        assert_eq!(settings.memory_bytes, Some(256 * MIB));
        assert_eq!(settings.disk_bytes, Some(0));
        for (name, memory, disk, bad) in [
            ("too little memory", "15", "0", (true, false)),
            ("no number", "much", "1", (true, false)),
            ("too much disk", "64", "10485761", (false, true)),
            ("nothing", "", "", (true, true)),
        ] {
            let editor = editor(memory, disk);
            assert_eq!(editor.settings(), None, "{name}");
            let (memory, disk) = editor.problems();
            assert_eq!((memory.is_some(), disk.is_some()), bad, "{name}");
        }
        let limits = LogLimits::default();
        assert_eq!(MemoryEditor::of(&limits), editor("256", "0"));
    }
}
