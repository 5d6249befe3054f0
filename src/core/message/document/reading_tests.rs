//! An index that is kept up edit by edit is that of a text read as a whole.

use super::{
    Document, NodeKind,
    index::{Entry, Index},
    parse::parse,
    reading::Reading,
};

/// Repeatable numbers (xorshift).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.roll(choices.len())]
    }
}

const GAPS: &[&str] = &[
    "",
    "",
    "",
    " ",
    "\n  ",
    "\r\n",
    "// c\n",
    "/* , */",
    "\t/*\"\n*/ ",
    "         \n         ",
];
const SCALARS: &[&str] = &[
    "1",
    "-0",
    "12.5e+3",
    "true",
    "null",
    "\"\"",
    "\"a\\\"b\\n\"",
    "\"é😀 // no\"",
    "\"{[,:]}\"",
    "\"a longer text, to be gone over in more than one step of eight bytes\"",
];
const KEYS: &[&str] = &[
    "\"a\"",
    "\"b\"",
    "\"\\u0041\"",
    "\"kéy\"",
    "\"a longer key\"",
];
const PIECES: &[&str] = &[
    "{", "}", "[", "]", "\"", "\"", ",", ":", "/", "*", "//", "/*", "*/", "\\", "'", "\n", " ",
    "1", "0", "-", ".", "e", "x", "é", "😀", "\u{feff}", "\u{a0}", "#", "null", "{}", "[]", "[1]",
    "],[", "},{", "{\"a\":", "\"a\":1,", "1,", ",1", "[[[", "]]]", "\"x\":{", "// c\n", "/* c */",
    "\0",
];

fn value(dice: &mut Dice, depth: usize, out: &mut String) {
    let kind = if depth == 0 { 0 } else { dice.roll(5) };
    let (open, close) = match kind {
        0 | 1 => {
            out.push_str(dice.one_of(SCALARS));
            return;
        }
        2 | 3 => ('[', ']'),
        _ => ('{', '}'),
    };
    out.push(open);
    let count = dice.roll(6);
    for item in 0..count {
        out.push_str(dice.one_of(GAPS));
        if open == '{' {
            out.push_str(dice.one_of(KEYS));
            out.push_str(dice.one_of(GAPS));
            out.push(':');
            out.push_str(dice.one_of(GAPS));
        }
        value(dice, depth - 1, out);
        out.push_str(dice.one_of(GAPS));
        if item + 1 < count || dice.roll(4) == 0 {
            out.push(',');
        }
    }
    out.push_str(dice.one_of(GAPS));
    out.push(close);
}

fn text(dice: &mut Dice) -> String {
    let mut out = String::new();
    let deep = dice.roll(8) == 0;
    if deep {
        out.push_str(&"[".repeat(94));
    }
    out.push_str(dice.one_of(GAPS));
    value(dice, 5, &mut out);
    out.push_str(dice.one_of(GAPS));
    if deep {
        out.push_str(&"]".repeat(94));
    }
    out
}

/// A span to replace, and what comes in its place.
fn edit(dice: &mut Dice, text: &str) -> (std::ops::Range<usize>, String) {
    let start = text.floor_char_boundary(dice.roll(text.len() + 1));
    let len = match dice.roll(10) {
        0..5 => 0,
        5..8 => dice.roll(4),
        8 => dice.roll(40),
        _ => dice.roll(text.len() + 1),
    };
    let end = text.floor_char_boundary((start + len).min(text.len()));
    let mut with = String::new();
    match dice.roll(12) {
        0 => {}
        1 => value(dice, 4, &mut with),
        2 => (0..dice.roll(6)).for_each(|_| with.push_str(dice.one_of(PIECES))),
        _ => with.push_str(dice.one_of(PIECES)),
    }
    (start..end.max(start), with)
}

fn entries(index: &Index) -> Vec<Entry> {
    (0..index.entries.len())
        .filter_map(|id| index.get(id))
        .collect()
}

/// Every container has a place of its own; the others are free.
fn check_places(index: &Index) {
    let mut used = index.free.clone();
    used.extend(
        index
            .entries
            .iter()
            .filter(|packed| packed.is_container())
            .map(|packed| packed.extent),
    );
    used.sort_unstable();
    let all: Vec<u32> = (0..index.extents.len() as u32).collect();
    assert_eq!(used, all);
}

fn check(reading: &Reading, text: &str) {
    let whole = parse(text);
    assert_eq!(reading.error(), whole.error.as_ref(), "{text:?}");
    assert_eq!(entries(reading.index()), entries(&whole.index), "{text:?}");
    if whole.error.is_none() {
        check_places(reading.index());
        assert!(reading.index().depth >= whole.depth, "{text:?}");
    }
}

#[test]
fn any_edits_give_the_index_and_the_error_of_a_whole_reading() {
    let mut valid = 0;
    for seed in 1..=400 {
        let dice = &mut Dice::new(seed);
        let mut text = text(dice);
        if dice.roll(6) == 0 {
            // A text that never parsed.
            let (range, with) = edit(dice, &text);
            text.replace_range(range, &with);
        }
        let mut reading = Reading::new(&text);
        check(&reading, &text);
        // What takes the edits back, so that texts parse again.
        let mut back: Vec<(std::ops::Range<usize>, String)> = Vec::new();
        for _ in 0..60 {
            let steps = 1 + dice.roll(8) / 7;
            for _ in 0..steps {
                let takes_back = dice.roll(4) < if reading.error().is_some() { 3 } else { 1 };
                let (range, with) = match back.pop() {
                    Some(edit) if takes_back => edit,
                    last => {
                        let (range, with) = edit(dice, &text);
                        back.extend(last);
                        back.push((
                            range.start..range.start + with.len(),
                            text[range.clone()].to_owned(),
                        ));
                        (range, with)
                    }
                };
                reading.edited(range.clone(), with.len());
                text.replace_range(range, &with);
            }
            reading.settle(&text);
            check(&reading, &text);
            valid += usize::from(reading.error().is_none());
        }
    }
    // Of 24,000 texts enough parse and enough do not: the test would say little otherwise.
    assert!((6_000..18_000).contains(&valid), "{valid}");
}

#[test]
fn undo_and_redo_keep_the_index_too() {
    for seed in 1..=60 {
        let dice = &mut Dice::new(seed);
        let mut document = Document::new(text(dice));
        let check = |document: &Document| {
            let whole = parse(document.text());
            assert_eq!(document.syntax_error(), whole.error.as_ref());
            assert_eq!(entries(document.index()), entries(&whole.index));
        };
        check(&document);
        for _ in 0..60 {
            match dice.roll(5) {
                0 => drop(document.undo()),
                1 => drop(document.redo()),
                2 => drop(document.format()),
                _ => {
                    let (range, with) = edit(dice, document.text());
                    document.replace(range, &with);
                }
            }
            check(&document);
        }
    }
}

/// A body of many objects, one an item of a list in an object.
fn large() -> String {
    let mut text = String::from("{\n  \"name\": \"x\",\n  \"items\": [\n");
    for number in 0..2_000 {
        text.push_str(&format!(
            "    {{\"id\": {number}, \"tags\": [\"a\", \"b\"], \"at\": {{\"x\": 1.5, \"y\": [{number}]}}}},\n"
        ));
    }
    text.push_str("  ],\n  \"matrix\": [[1, 2], [3, 4]],\n  \"end\": true\n}\n");
    text
}

/// Replaces what stands at the first `needle` behind `from`; how many bytes were read for it.
fn change(
    reading: &mut Reading,
    text: &mut String,
    from: usize,
    needle: &str,
    with: &str,
) -> usize {
    let start = from + text[from..].find(needle).unwrap();
    let range = start..start + needle.len();
    reading.edited(range.clone(), with.len());
    text.replace_range(range, with);
    let read = reading.settle(text);
    check(reading, text);
    read
}

#[test]
fn an_edit_reads_what_it_touches_alone() {
    let middle = 70_000;
    for (name, from, needle, with) in [
        ("a digit", middle, "1.5", "1.55"),
        ("a bracket too many", middle, "{\"id\"", "{{\"id\""),
        ("a list too many", middle, "[\"a\"", "[[\"a\""),
        ("a bracket too few", middle, "]}}", "}}"),
        ("an object left open", middle, "}},", ","),
        ("a string left open", middle, "\"a\"", "\"a"),
        ("a comma too few", middle, "},\n", "}\n"),
        ("a comment left open", middle, "\"tags\"", "/*\"tags\""),
        ("an item more", middle, "    {", "    {}, {"),
        ("the first key", 0, "\"name\"", "\"title\""),
        ("the key of all items", 0, "\"items\"", "\"rows\""),
        (
            "the key of all items, without a quote",
            0,
            "\"items\"",
            "\"items",
        ),
        ("the bracket of all items", 0, "[\n", "\n"),
        ("a bracket before all items", 0, "[\n", "[[\n"),
        ("the bracket behind all items", 0, "  ],\n", "  ,\n"),
        ("what stands before the root", 0, "{\n", "// hello\n{\n"),
        ("the last value", 0, "true", "false"),
        ("what stands behind the root", 0, "true\n}\n", "true\n}\n}"),
        ("two lists made one", 0, "2], [3", "2, 3"),
    ] {
        let mut text = large();
        let before = text.clone();
        let mut reading = Reading::new(&text);
        let there = change(&mut reading, &mut text, from, needle, with);
        assert!(there < 1_000, "{name}: {there}");
        // While it is so, a key elsewhere.
        let far = change(&mut reading, &mut text, 120_000, "1.5", "1.25");
        assert!(far < 1_000, "{name}, elsewhere: {far}");
        let far = change(&mut reading, &mut text, 120_000, "1.25", "1.5");
        assert!(far < 1_000, "{name}, elsewhere: {far}");
        let at = before.len() - before[from..].len() + before[from..].find(needle).unwrap();
        let back = change(&mut reading, &mut text, at, with, needle);
        assert_eq!(text, before);
        assert!(back < 1_000, "{name}, taken back: {back}");
        assert_eq!(reading.error(), None, "{name}");
    }
}

/// Every child is found from its position and its place, whatever edits came before.
fn check_children(reading: &Reading, text: &str) {
    let index = reading.index();
    for id in (0..index.entries.len()).filter(|id| index.get(*id).is_some_and(|e| e.len > 0)) {
        let all: Vec<usize> = index.children(id).collect();
        for (position, child) in all.iter().enumerate().step_by(1 + all.len() / 50) {
            assert_eq!(index.children(id).nth(position), Some(*child));
            let mut some = index.children(id).skip(position / 2);
            assert_eq!(some.nth(position - position / 2), Some(*child));
            let split = index.split_children(id, |it| it >= *child);
            assert_eq!((split.before, split.next), (position, Some(*child)));
            assert_eq!(
                split.last,
                position.checked_sub(1).map(|before| all[before])
            );
        }
        assert_eq!(index.children(id).nth(all.len()), None);
        let split = index.split_children(id, |_| false);
        assert_eq!((split.before, split.last), (all.len(), all.last().copied()));
    }
    check(reading, text);
}

#[test]
fn items_of_long_lists_are_found_by_position() {
    let mut text = large().replace("  ],\n  \"matrix\"", "  [1]],\n  \"matrix\"");
    let mut reading = Reading::new(&text);
    check_children(&reading, &text);
    for (from, needle, with) in [
        (0, "\"x\"", "\"longer\""),
        (70_000, "1.5", "1.25"),
        (70_000, "1.5", "[1.5]"),
        (70_000, "[1.5]", "1.5"),
        (20_000, "    {", "    {}, {"),
        (20_000, "    {}, {", "    {"),
    ] {
        change(&mut reading, &mut text, from, needle, with);
        assert_eq!(reading.error(), None, "{needle} → {with}");
        check_children(&reading, &text);
    }
}

#[test]
fn a_text_that_never_parsed_is_read_to_its_fault_once() {
    let mut text = large();
    text.truncate(text.len() - 3);
    let mut reading = Reading::new(&text);
    check(&reading, &text);
    let early = change(&mut reading, &mut text, 70_000, "1.5", "1.25");
    assert!(early < 1_000, "{early}");
    let near_end = text.len() - 20;
    let late = change(&mut reading, &mut text, near_end, "true", "false");
    assert!(late < 1_000, "{late}");
    let end = text.len();
    reading.edited(end..end, 2);
    text.push_str("\n}");
    let read = reading.settle(&text);
    assert!(read < 1_000, "{read}");
    check(&reading, &text);
    assert_eq!(reading.error(), None);
    assert_eq!(
        reading.index().get(0).map(|root| (root.kind, root.len)),
        Some((NodeKind::Object, 4))
    );
}
