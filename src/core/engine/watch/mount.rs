//! Whether a place is on a network: there the system watches what this machine does, and says nothing
//! of what others do.

use std::path::{Path, PathBuf};

/// Kinds of file systems whose files others change. Virtual machines and containers share folders so.
const FOREIGN: [&str; 17] = [
    "9p",
    "acfs",
    "afs",
    "ceph",
    "cifs",
    "coda",
    "fuse",
    "glusterfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "prl_fs",
    "smb3",
    "smbfs",
    "vboxsf",
    "virtiofs",
];

/// The kind of the first place that is on a network, where the system tells it.
pub(super) fn foreign<'a>(places: impl Iterator<Item = &'a PathBuf>) -> Option<String> {
    let mut mounts = None;
    for place in places {
        if is_share(place) {
            return Some("network share".to_owned());
        }
        let mounts = mounts.get_or_insert_with(|| {
            // Linux alone has it; elsewhere nothing is known.
            std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default()
        });
        let real = std::fs::canonicalize(place).ok();
        let kind = real.and_then(|place| kind_of(mounts, &place));
        if let Some(kind) = kind.filter(|kind| is_foreign(kind)) {
            return Some(kind.to_owned());
        }
    }
    None
}

/// `\\server\share`
fn is_share(place: &Path) -> bool {
    use std::path::{Component, Prefix};
    let prefix = match place.components().next() {
        Some(Component::Prefix(prefix)) => prefix.kind(),
        _ => return false,
    };
    matches!(prefix, Prefix::UNC(..) | Prefix::VerbatimUNC(..))
}

fn is_foreign(kind: &str) -> bool {
    // `fuse.sshfs`, but not `fuseblk`, which is a local disk.
    let family = kind.split('.').next().unwrap_or(kind);
    FOREIGN.contains(&family)
}

/// The kind of file system a place is on. Of mounts over each other the last one counts.
/// Format: proc(5), `/proc/pid/mountinfo`.
fn kind_of<'a>(mounts: &'a str, place: &Path) -> Option<&'a str> {
    let mut best: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let Some((mount, system)) = line.split_once(" - ") else {
            continue;
        };
        let (Some(point), Some(kind)) = (mount.split(' ').nth(4), system.split(' ').next()) else {
            continue;
        };
        let point = PathBuf::from(unescape(point));
        let depth = point.components().count();
        if place.starts_with(&point) && best.is_none_or(|(deepest, _)| depth >= deepest) {
            best = Some((depth, kind));
        }
    }
    best.map(|(_, kind)| kind)
}

/// Spaces and their like stand as three octal digits.
fn unescape(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let code = part
            .get(..3)
            .and_then(|code| u8::from_str_radix(code, 8).ok());
        match code {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(part.get(3..).unwrap_or_default().as_bytes());
            }
            None => {
                bytes.push(b'\\');
                bytes.extend_from_slice(part.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:44 / /mnt/team\\040share rw shared:2 - cifs //server/team rw,vers=3.0
41 22 0:45 / /home/me/remote rw,nosuid - fuse.sshfs me@host: rw
42 22 8:17 / /media/disk rw - fuseblk /dev/sdb1 rw
43 22 0:46 / /srv/code rw - nfs4 filer:/code rw
44 22 8:33 / /srv/code rw - xfs /dev/sdc1 rw
a line that is none
";

    #[test]
    fn the_kind_of_a_place_is_that_of_the_innermost_mount() {
        for (case, place, kind, foreign) in [
            ("the root", "/home/me/protos", "ext4", false),
            ("a name with a space", "/mnt/team share/api", "cifs", true),
            ("a program behind it", "/home/me/remote", "fuse.sshfs", true),
            (
                "a name that only begins so",
                "/home/me/remote2",
                "ext4",
                false,
            ),
            ("a local disk by fuse", "/media/disk/a", "fuseblk", false),
            ("mounted over", "/srv/code/a", "xfs", false),
        ] {
            let found = kind_of(MOUNTS, Path::new(place));
            assert_eq!(found, Some(kind), "{case}");
            assert_eq!(is_foreign(kind), foreign, "{case}");
        }
        assert_eq!(kind_of("", Path::new("/a")), None);
    }
}
