//! The five bytes that gRPC puts before each message.
//! Spec: gRPC over HTTP/2, "Length-Prefixed-Message".

/// Bytes of the prefix.
const PREFIX: usize = 5;

/// A message with its prefix taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// The message says that it is compressed.
    pub(super) compressed: bool,
    pub(super) bytes: &'a [u8],
}

/// Cuts bytes into frames. `None` unless they are frames from the first byte to the last. Trailers of
/// gRPC-Web are left out.
pub(super) fn split(bytes: &[u8]) -> Option<Vec<Frame<'_>>> {
    let mut frames = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (prefix, after) = rest.split_at_checked(PREFIX)?;
        let length = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]);
        let (content, next) = after.split_at_checked(usize::try_from(length).ok()?)?;
        rest = next;
        match prefix[0] {
            0 | 1 => frames.push(Frame {
                compressed: prefix[0] == 1,
                bytes: content,
            }),
            0x80 | 0x81 => {}
            _ => return None,
        }
    }
    (!frames.is_empty()).then_some(frames)
}

/// Writes a message with its prefix.
pub(super) fn write(message: &[u8], out: &mut Vec<u8>) {
    out.push(0);
    // Messages are below 2 GiB.
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(message);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_cover_the_bytes_or_there_are_none() {
        let mut bytes = Vec::new();
        for message in [&b"ab"[..], b"", b"c"] {
            write(message, &mut bytes);
        }
        let contents = |bytes: &[u8]| {
            let frames = split(bytes)?;
            Some(frames.iter().map(|f| f.bytes.to_vec()).collect::<Vec<_>>())
        };
        let three = vec![b"ab".to_vec(), Vec::new(), b"c".to_vec()];
        assert_eq!(contents(&bytes), Some(three.clone()));
        // gRPC-Web ends with its trailers.
        let mut web = bytes.clone();
        web.extend_from_slice(b"\x80\x00\x00\x00\x03a:b");
        assert_eq!(contents(&web), Some(three));
        for end in 1..bytes.len() {
            let whole = [7, 12].contains(&end);
            assert_eq!(contents(&bytes[..end]).is_some(), whole, "{end}");
        }
        assert_eq!(split(b"\x02\x00\x00\x00\x00"), None);
        assert_eq!(split(b""), None);
        assert!(split(b"\x01\x00\x00\x00\x00").unwrap()[0].compressed);
    }
}
