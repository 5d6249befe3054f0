//! The editing core by table: a text with `|` at the cursor and `<…|` around a selection, what is done,
//! and the text after it.

use stubless_core::message::Document;

use super::{
    core::{Core, Selection},
    layout::TextLayout,
    measure::Measure,
    motion::{self, Motion},
};

struct Bench {
    document: Document,
    core: Core,
    layout: TextLayout,
}

impl Bench {
    /// `|` is the cursor, `<` where a selection began.
    fn new(marked: &str) -> Self {
        let mut text = marked.to_owned();
        let mut places = [None, None];
        while let Some(at) = text.find(['|', '<']) {
            places[usize::from(text.remove(at) == '<')] = Some(at);
        }
        let head = places[0].expect("a cursor");
        let selection = Selection {
            anchor: places[1].unwrap_or(head),
            head,
        };
        let document = Document::new(text);
        let mut core = Core::default();
        core.follow(&document);
        core.select(&document, selection);
        Self {
            document,
            core,
            layout: TextLayout::default(),
        }
    }

    fn shown(&self) -> String {
        let mut text = self.document.text().to_owned();
        let Selection { anchor, head } = self.core.selection;
        let mut marks = vec![(head, '|')];
        if anchor != head {
            marks.push((anchor, '<'));
        }
        marks.sort_unstable();
        for (at, mark) in marks.into_iter().rev() {
            text.insert(at, mark);
        }
        text
    }

    fn go(&mut self, motion: Motion, extend: bool) {
        let measure = Measure::new(1.0, &|_| 2.0);
        self.layout
            .update(&self.document, &self.core.folds, &measure);
        motion::go(
            &mut self.core,
            &mut self.layout,
            &self.document,
            &measure,
            motion,
            extend,
        );
    }

    fn type_keys(&mut self, keys: &str) {
        for key in keys.chars() {
            match key {
                '\n' => self.core.newline(&mut self.document),
                key => self.core.typed(&mut self.document, &key.to_string()),
            }
        }
    }
}

#[test]
fn the_cursor_goes_where_keys_send_it() {
    use Motion as M;
    for (name, before, motion, extend, after) in [
        ("right", "a|é1", M::Right, false, "aé|1"),
        (
            "right over a mark",
            "|e\u{301}x",
            M::Right,
            false,
            "e\u{301}|x",
        ),
        (
            "left over a line's end",
            "a\r\n|b",
            M::Left,
            false,
            "a|\r\nb",
        ),
        ("left of a selection", "a<bc|d", M::Left, false, "a|bcd"),
        ("right of one", "a|bc<d", M::Right, false, "abc|d"),
        (
            "word right",
            "|  \"key_1\": 2",
            M::WordRight,
            false,
            "  \"|key_1\": 2",
        ),
        ("word left", "a key_1|", M::WordLeft, true, "a |key_1<"),
        ("word over lines", "a|\n  b", M::WordRight, false, "a\n  b|"),
        ("home is smart", "  ab|c", M::RowStart, false, "  |abc"),
        ("and again", "  |abc", M::RowStart, false, "|  abc"),
        ("end", "a|b\r\nc", M::RowEnd, false, "ab|\r\nc"),
        (
            "up keeps its column",
            "abcd\nx\nab|cd",
            M::Up(2),
            false,
            "ab|cd\nx\nabcd",
        ),
        ("up from the first", "a|b", M::Up(1), false, "|ab"),
        ("down from the last", "a|b", M::Down(1), true, "a<b|"),
        (
            "a page down",
            "|a\nb\nc\nd",
            M::Down(2),
            false,
            "a\nb\n|c\nd",
        ),
        ("the end of all", "|a\nb", M::TextEnd, true, "<a\nb|"),
        ("wide characters", "日本\na|b", M::Up(1), false, "日|本\nab"),
    ] {
        let mut bench = Bench::new(before);
        bench.go(motion, extend);
        assert_eq!(bench.shown(), after, "{name}");
    }
}

#[test]
fn up_and_down_remember_their_column() {
    let mut bench = Bench::new("abcdef\nx\nabc|def");
    for (motion, after) in [
        (Motion::Up(1), "abcdef\nx|\nabcdef"),
        (Motion::Up(1), "abc|def\nx\nabcdef"),
        (Motion::Down(1), "abcdef\nx|\nabcdef"),
        (Motion::Left, "abcdef\n|x\nabcdef"),
        (Motion::Down(1), "abcdef\nx\n|abcdef"),
    ] {
        bench.go(motion, false);
        assert_eq!(bench.shown(), after);
    }
}

#[test]
fn what_is_folded_is_passed_over() {
    let mut bench = Bench::new("|{\n\"a\": [\n1\n],\n2\n}");
    bench.core.folds.fold(&bench.document, 7);
    for (motion, after) in [
        (Motion::Down(2), "{\n\"a\": [\n1\n],\n|2\n}"),
        (Motion::Left, "{\n\"a\": [|\n1\n],\n2\n}"),
        (Motion::Right, "{\n\"a\": [\n1\n],\n|2\n}"),
    ] {
        bench.go(motion, false);
        assert_eq!(bench.shown(), after);
    }
}

#[test]
fn keys_bring_closers_and_go_over_them() {
    for (name, before, keys, after) in [
        ("an object", "|", "{\"a\":1}", "{\"a\":1}|"),
        ("nested", "|", "[{\"a\":[1]}]", "[{\"a\":[1]}]|"),
        ("before a word", "|abc", "[", "[|abc"),
        ("after a word", "abc|", "\"", "abc\"|"),
        ("a closer of one's own", "[1|]", "]", "[1]|]"),
        ("in a string", "\"a|\"", "{", "\"a{|\""),
        ("an expression", "\"|\"", "{{ x }}", "\"{{ x }}|\""),
        ("an escaped quote", "|", "\"\\\"\"", "\"\\\"\"|"),
        ("in a comment", "// |", "[\"", "// [\"|"),
        ("around what is selected", "<ab|", "\"", "\"<ab|\""),
        ("an array around it", "x <ab|", "[", "x [<ab|]"),
        ("over a selection", "<ab|", "x", "x|"),
        ("a line between brackets", "{|}", "\n", "{\n  |\n}"),
        ("a line after one", "  [|1]", "\n", "  [\n    |1]"),
        ("a line like this", "  1,|", "\n", "  1,\n  |"),
        (
            "its end is kept",
            "{\r\n  1|\r\n}",
            "\n",
            "{\r\n  1\r\n  |\r\n}",
        ),
        ("a closer goes back a step", "{\n  |", "}", "{\n}|"),
    ] {
        let mut bench = Bench::new(before);
        bench.type_keys(keys);
        assert_eq!(bench.shown(), after, "{name}");
    }
}

#[test]
fn a_closer_is_gone_over_only_from_inside() {
    let mut bench = Bench::new("|");
    bench.type_keys("[");
    bench.go(Motion::TextStart, false);
    bench.go(Motion::Right, false);
    bench.type_keys("]");
    assert_eq!(bench.shown(), "[]|]");
}

#[test]
fn whole_lines_are_indented_commented_moved_and_doubled() {
    type Step = fn(&mut Core, &mut Document);
    let cases: &[(&str, &str, Step, &str)] = &[
        ("tab", "a|b", Core::indent, "a |b"),
        ("tab in the indent", "|b", Core::indent, "  |b"),
        ("lines in", "a<b\n\nc|d", Core::indent, "  a<b\n\n  c|d"),
        ("lines out", "  a<b\n c|d", Core::outdent, "a<b\nc|d"),
        ("nothing to take", "a|b", Core::outdent, "a|b"),
        ("in the indent", " | b", Core::outdent, "|b"),
        ("a tab", "\ta|", Core::outdent, "a|"),
        (
            "comment",
            "  <a\n    b|",
            Core::toggle_comment,
            "  // <a\n  //   b|",
        ),
        (
            "no comment",
            "// <a\n  //b|",
            Core::toggle_comment,
            "<a\n  b|",
        ),
        (
            "not all are",
            "// a<\nb|",
            Core::toggle_comment,
            "// // a<\n// b|",
        ),
        ("up", "a\nb|c\nd", |c, d| c.move_lines(d, true), "b|c\na\nd"),
        (
            "down",
            "<a\nb|\nc",
            |c, d| c.move_lines(d, false),
            "c\n<a\nb|",
        ),
        ("at the top", "a|\nb", |c, d| c.move_lines(d, true), "a|\nb"),
        (
            "at the end",
            "a\nb|",
            |c, d| c.move_lines(d, false),
            "a\nb|",
        ),
        (
            "double down",
            "a|b\nc",
            |c, d| c.duplicate_lines(d, false),
            "ab\na|b\nc",
        ),
        (
            "double up",
            "a|b\nc",
            |c, d| c.duplicate_lines(d, true),
            "a|b\nab\nc",
        ),
        ("delete", "a\nb|\nc", Core::delete_lines, "a\n|c"),
        ("delete the last", "a\nb|", Core::delete_lines, "a|"),
        (
            "a line's end is not the next line",
            "<a\n|b",
            Core::toggle_comment,
            "// <a\n|b",
        ),
    ];
    for (name, before, step, after) in cases {
        let mut bench = Bench::new(before);
        step(&mut bench.core, &mut bench.document);
        assert_eq!(bench.shown(), *after, "{name}");
        if before.replace(['<', '|'], "") != after.replace(['<', '|'], "") {
            bench.core.undo(&mut bench.document, false);
            let text = before.replace(['<', '|'], "");
            assert_eq!(bench.document.text(), text, "{name}: one step");
        }
    }
}

#[test]
fn a_double_click_takes_a_word_or_a_string() {
    let bench = Bench::new("|{\"a key\": \"x\\\"y z\", 12}");
    for (place, expected) in [(2, "a"), (1, "a key"), (10, "x\\\"y z"), (20, "12")] {
        let range = bench.core.word(&bench.document, place);
        assert_eq!(&bench.document.text()[range], expected, "{place}");
    }
}

#[test]
fn the_selection_follows_edits_made_elsewhere() {
    let mut bench = Bench::new("{\"a\": <1|}");
    bench.document.replace(1..1, "\"b\": 2, ");
    bench.core.follow(&bench.document);
    assert_eq!(bench.shown(), "{\"b\": 2, \"a\": <1|}");
}

/// Repeatable numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

#[test]
fn random_commands_keep_borders_and_are_all_undone() {
    let first =
        "{\r\n  \"é\": [1, {\"日本\": \"a\\\"b\"}],\n\t// c\n  \"e\u{301}\": /* x\n */ null\n}\n";
    for seed in 1..60 {
        let mut random = Random(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        let mut bench = Bench::new(&format!("|{first}"));
        for _ in 0..120 {
            one_command(&mut bench, &mut random);
            let text = bench.document.text();
            let Selection { anchor, head } = bench.core.selection;
            assert!(text.is_char_boundary(anchor) && text.is_char_boundary(head));
            for at in [head, text.len() / 2] {
                let fresh = super::lex::Lexed::new(text).state_at(text, at);
                assert_eq!(bench.core.lexed.state_at(text, at), fresh, "seed {seed}");
            }
        }
        let last = bench.document.text().to_owned();
        while bench.document.can_undo() {
            bench.core.undo(&mut bench.document, false);
        }
        assert_eq!(bench.document.text(), first, "seed {seed}");
        while bench.document.can_redo() {
            bench.core.undo(&mut bench.document, true);
        }
        assert_eq!(bench.document.text(), last, "seed {seed}");
    }
}

fn one_command(bench: &mut Bench, random: &mut Random) {
    let motions = [
        Motion::Left,
        Motion::Right,
        Motion::WordLeft,
        Motion::WordRight,
        Motion::RowStart,
        Motion::RowEnd,
        Motion::Up(1),
        Motion::Down(2),
        Motion::TextStart,
        Motion::LineEnd,
    ];
    let motion = motions[random.below(motions.len())];
    let extend = random.below(3) == 0;
    let Bench { document, core, .. } = bench;
    match random.below(16) {
        0 => core.newline(document),
        1 => core.typed(
            document,
            ["{", "[", "\"", "}", "x", "é", "/"][random.below(7)],
        ),
        2 => core.insert(document, "\"k\": [\r\n1]"),
        3 => core.indent(document),
        4 => core.outdent(document),
        5 => core.toggle_comment(document),
        6 => core.move_lines(document, random.below(2) == 0),
        7 => core.duplicate_lines(document, random.below(2) == 0),
        8 => core.delete_lines(document),
        9 => {
            let to = super::text::previous(document.text(), core.selection.head);
            core.delete(document, to);
        }
        10 => {
            let open = document.text().find('[').unwrap_or(0);
            core.folds.fold(document, open);
        }
        _ => bench.go(motion, extend),
    }
}

#[test]
fn another_document_in_the_place_of_one_is_seen_as_another() {
    let mut bench = Bench::new("\"//\" 1|");
    bench.core.folds.fold(&bench.document, 0);
    bench.document = Document::new("// \"\" 1");
    bench.core.follow(&bench.document);
    let state = bench.core.lexed.state_at(bench.document.text(), 4);
    assert!(state.in_comment(), "{state:?}");
}
