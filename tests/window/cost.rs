//! What the window costs: time to the first frame, memory, CPU while nothing happens. Linux only;
//! printed for the closing note of a change, never judged.

use std::{
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How long the idle window is watched.
const WATCH: Duration = Duration::from_secs(5);

/// A running process and when it was started.
pub(crate) struct Cost {
    pid: u32,
    started: Duration,
}

impl Cost {
    /// `None` when the arguments are not numbers.
    pub(crate) fn of(pid: &str, started: &str) -> Option<Self> {
        let started: f64 = started.parse().ok()?;
        Some(Self {
            pid: pid.parse().ok()?,
            started: Duration::try_from_secs_f64(started).ok()?,
        })
    }

    /// From the start of the process until the first frame's widgets could be read.
    pub(crate) fn first_frame(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        if let Some(took) = now.ok().and_then(|now| now.checked_sub(self.started)) {
            println!("  measured first frame after {} ms", took.as_millis());
        }
    }

    /// Resident memory, and the part of it that is no file's.
    pub(crate) fn memory(&self, when: &str) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let mib = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
            Some(kib / 1024)
        };
        if let (Some(all), Some(own)) = (mib("VmRSS:"), mib("RssAnon:")) {
            println!("  measured memory {when}: {all} MiB resident, {own} MiB of it anonymous");
        }
    }

    /// CPU time used while nothing happens.
    pub(crate) fn idle(&self) {
        let before = self.ticks();
        std::thread::park_timeout(WATCH);
        if let (Some(before), Some(after)) = (before, self.ticks()) {
            println!(
                "  measured idle CPU: {} ticks of 10 ms in {} s",
                after.saturating_sub(before),
                WATCH.as_secs()
            );
        }
    }

    /// User and system time so far.
    fn ticks(&self) -> Option<u64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
    }
}
