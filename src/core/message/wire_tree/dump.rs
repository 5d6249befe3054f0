//! Dumps as `xxd`, `hexdump`, `od` and Wireshark write them: offsets, bytes, and what the bytes are as text.
//!
//! Offsets are known by what they say: each is that of the line before and its bytes. So nothing of a dump is
//! taken for bytes that were never there, nor are letters of the last column.

/// Digits of an offset.
const OFFSET_DIGITS: std::ops::RangeInclusive<usize> = 4..=16;
/// An offset of so many digits is longer than any word of bytes beside it.
const LONG_OFFSET: usize = 6;

/// Bytes that repeated lines may make.
const MOST_BYTES: usize = 64 << 20;

#[derive(Default)]
struct Line {
    /// Empty for a `*`, which stands for more lines like the one before.
    offset: String,
    /// A colon stands behind the offset, as xxd writes it.
    colon: bool,
    /// Blanks behind the offset.
    blanks: usize,
    words: Vec<String>,
}

/// Whether a text can be nothing else: a long number with a colon begins it.
pub(crate) fn is_dump(text: &str) -> bool {
    let first = text.trim_start().lines().next().and_then(line);
    first.is_some_and(|first| first.colon && first.offset.len() >= LONG_OFFSET)
}

/// The bytes of a dump; `None` for what is none, or has lost lines.
pub(crate) fn dump_bytes(text: &str) -> Option<Vec<u8>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let lines: Vec<Line> = lines.map(line).collect::<Option<_>>()?;
    let first = lines.first()?;
    if lines.len() == 1 && !stands_apart(first) {
        return None;
    }
    // od has octal offsets.
    let bytes = [16, 8].into_iter().find_map(|radix| read(&lines, radix));
    bytes.filter(|bytes| !bytes.is_empty())
}

/// Whether the first word of a single line is an offset and no bytes.
fn stands_apart(line: &Line) -> bool {
    let longer = |word: &String| word.len() < line.offset.len();
    line.offset.bytes().all(|digit| digit == b'0')
        && (line.colon
            || line.blanks > 1
            || line.offset.len() >= LONG_OFFSET && line.words.iter().all(longer))
}

fn line(text: &str) -> Option<Line> {
    let text = text.trim();
    if text == "*" {
        return Some(Line::default());
    }
    let text = text.strip_prefix("0x").unwrap_or(text);
    let digits = text.bytes().take_while(u8::is_ascii_hexdigit).count();
    let (offset, rest) = text.split_at(digits);
    if !OFFSET_DIGITS.contains(&digits) {
        return None;
    }
    let (colon, rest) = match rest.strip_prefix(':') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let content = rest.trim_start();
    let blanks = rest.len() - content.len();
    if blanks == 0 && !rest.is_empty() {
        return None;
    }
    // What the bytes are as text stands behind a mark, or behind a gap; one of two blanks may also stand in the
    // middle of the bytes, but for xxd.
    let gap = if colon { "  " } else { "   " };
    let end = content.find(['|', '>']).or_else(|| content.find(gap));
    let words = content.get(..end.unwrap_or(content.len()))?;
    Some(Line {
        offset: offset.to_owned(),
        colon,
        blanks,
        words: words.split_whitespace().map(str::to_owned).collect(),
    })
}

fn read(lines: &[Line], radix: u32) -> Option<Vec<u8>> {
    let offset = |line: &Line| usize::from_str_radix(&line.offset, radix).ok();
    let start = offset(lines.first()?)?;
    let mut bytes = Vec::new();
    let (mut width, mut repeats) = (0, false);
    for (at, line) in lines.iter().enumerate() {
        if line.offset.is_empty() {
            repeats = true;
            continue;
        }
        let here = offset(line)?.checked_sub(start)?;
        if std::mem::take(&mut repeats) && width > 0 && here <= MOST_BYTES {
            let again = bytes.get(bytes.len() - width..)?.to_vec();
            while bytes.len() < here {
                bytes.extend_from_slice(&again);
            }
        }
        // The last line may say the length alone; words of two bytes are filled up.
        let is_end = at > 0 && at + 1 == lines.len() && line.words.is_empty();
        if is_end && here + 1 == bytes.len() {
            bytes.truncate(here);
        }
        if here != bytes.len() {
            return None;
        }
        // hexdump and od write numbers of the machine, the low byte first.
        let before = bytes.len();
        let swapped = !line.colon && line.offset.len() == 7;
        for word in &line.words {
            let mut word = word_bytes(word)?;
            if swapped && word.len() == 2 {
                word.reverse();
            }
            bytes.extend(word);
        }
        width = bytes.len() - before;
    }
    Some(bytes)
}

fn word_bytes(word: &str) -> Option<Vec<u8>> {
    if word.len() % 2 == 1 || !word.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = (0..word.len()).step_by(2).map(|at| word.get(at..at + 2));
    pairs
        .map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::parse_dump;

    #[test]
    fn a_dump_is_its_bytes_without_offsets_and_text() {
        // Twenty bytes: "\n\x12face 0123456789abc".
        let want = b"\n\x12face 0123456789abc";
        for (name, text) in [
            (
                "xxd",
                "00000000: 0a12 6661 6365 2030 3132 3334 3536 3738  ..face 012345678\n\
                 00000010: 3961 6263                                9abc\n",
            ),
            (
                "xxd -g1, without the text",
                "00000000: 0a 12 66 61 63 65 20 30 31 32 33 34 35 36 37 38\n00000010: 39 61 62 63",
            ),
            (
                "hexdump -C",
                "00000000  0a 12 66 61 63 65 20 30  31 32 33 34 35 36 37 38  |..face 012345678|\n\
                 00000010  39 61 62 63                                       |9abc|\n\
                 00000014\n",
            ),
            (
                "hexdump",
                "0000000 120a 6166 6563 3020 3231 3433 3635 3837\n0000010 6139 6362\n0000014\n",
            ),
            (
                "od -tx1",
                "0000000 0a 12 66 61 63 65 20 30 31 32 33 34 35 36 37 38\n0000020 39 61 62 63\n0000024\n",
            ),
            (
                "od -Ax -tx1z",
                "000000 0a 12 66 61 63 65 20 30 31 32 33 34 35 36 37 38  >..face 012345678<\n\
                 000010 39 61 62 63  >9abc<\n000014\n",
            ),
            (
                "Wireshark",
                "0000   0a 12 66 61 63 65 20 30 31 32 33 34 35 36 37 38   ..face 012345678\n\
                 0010   39 61 62 63                                       9abc\n",
            ),
            (
                "a part from the middle",
                "00000120: 0a12 6661 6365 2030 3132 3334 3536 3738\n00000130: 3961 6263\n",
            ),
        ] {
            assert_eq!(parse_dump(text).as_deref(), Some(&want[..]), "{name}");
        }
    }

    #[test]
    fn a_single_line_is_a_dump_where_its_offset_stands_apart() {
        for (text, want) in [
            ("00000000: 0a05 6869", &b"\n\x05hi"[..]),
            ("0000000 050a 0068\n0000003", b"\n\x05h"),
            ("0000   0a 05 68 69   ..hi", b"\n\x05hi"),
            ("000000 0a 05 68 69", b"\n\x05hi"),
            ("00000000: 0000\n*\n00000008: 01", b"\0\0\0\0\0\0\0\0\x01"),
            // Bytes.
            ("0000 0a05", b"\0\0\n\x05"),
            ("00000000 0a056869", b"\0\0\0\0\n\x05hi"),
            ("0a056869 0a056869\n0a056869", b"\n\x05hi\n\x05hi\n\x05hi"),
        ] {
            assert_eq!(parse_dump(text).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn a_dump_that_lost_lines_is_refused() {
        for text in [
            "00000000: 0a05 6869\n00000010: 0a05 6869",
            "00000010: 0a05 6869",
            "00000000: 0a05 6g69",
            "00000000: 0a05 69\n*\n00000010: 0a05",
            "00000000: 0a05\n*\nffffffff0: 0a05",
            "*\n00000000: 0a05",
        ] {
            assert_eq!(parse_dump(text), None, "{text}");
        }
    }
}
