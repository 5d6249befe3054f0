//! Each edit changes its place, and every other byte stays.

use super::*;

const ORDER: [&str; 4] = ["a", "b", "c", "d"];

#[test]
fn a_member_is_set_and_the_rest_stays() {
    for (case, before, key, after) in [
        ("replaced", "{\"a\": [1, // x\n 2]}", "a", "{\"a\": 9}"),
        ("empty", "{}\n", "a", "{\n  \"a\": 9\n}\n"),
        (
            "empty with comment",
            "{ // why\n}",
            "a",
            "{\n  \"a\": 9 // why\n}",
        ),
        (
            "one line, last",
            "{ \"a\": 1 }",
            "b",
            "{ \"a\": 1, \"b\": 9 }",
        ),
        ("one line, first", "{\"b\": 1}", "a", "{\"a\": 9, \"b\": 1}"),
        (
            "one line, between",
            "{\"a\": 1, \"c\": 1}",
            "b",
            "{\"a\": 1, \"b\": 9, \"c\": 1}",
        ),
        (
            "last, with a comment behind",
            "{\n\t\"a\": 1 // one\n}",
            "b",
            "{\n\t\"a\": 1, // one\n\t\"b\": 9\n}",
        ),
        (
            "between, comments stay with their members",
            "{\n  \"a\": 1, // one\n  // about c\n  \"c\": 3\n}",
            "b",
            "{\n  \"a\": 1, // one\n  \"b\": 9,\n  // about c\n  \"c\": 3\n}",
        ),
        (
            "behind a trailing comma",
            "{\n  \"a\": 1,\n}",
            "b",
            "{\n  \"a\": 1,\n  \"b\": 9,\n}",
        ),
        (
            "first",
            "{\n  // about b\n  \"b\": 1\n}",
            "a",
            "{\n  \"a\": 9,\n  // about b\n  \"b\": 1\n}",
        ),
        (
            "carriage returns",
            "{\r\n    \"a\": 1\r\n}\r\n",
            "b",
            "{\r\n    \"a\": 1,\r\n    \"b\": 9\r\n}\r\n",
        ),
        (
            "members sharing a line",
            "{\n  \"a\": 1, \"c\": 2\n}",
            "b",
            "{\n  \"a\": 1,\n  \"b\": 9, \"c\": 2\n}",
        ),
        (
            "comma on the next line",
            "{\n  \"a\": 1 // x\n  , \"c\": 2\n}",
            "b",
            "{\n  \"a\": 1 // x\n  ,\n  \"b\": 9, \"c\": 2\n}",
        ),
    ] {
        let mut editor = Editor::new(before.to_owned());
        editor.set(&[], key, "9", &ORDER).unwrap();
        assert_eq!(editor.text, after, "{case}");
        json::parse(after).unwrap();
    }
}

#[test]
fn a_member_is_removed_and_the_rest_stays() {
    for (case, before, after) in [
        ("only", "{\"a\": 1}", "{}"),
        ("absent", "{\"b\": 1}", "{\"b\": 1}"),
        ("first on a line", "{\"a\": 1, \"b\": 2}", "{\"b\": 2}"),
        ("last on a line", "{\"b\": 2, \"a\": 1 }", "{\"b\": 2 }"),
        (
            "own line",
            "{\n  \"a\": 1,\n  \"b\": 2\n}",
            "{\n  \"b\": 2\n}",
        ),
        (
            "last line",
            "{\n  \"b\": 2,\n  \"a\": 1\n}",
            "{\n  \"b\": 2\n}",
        ),
        (
            "last line, carriage returns",
            "{\r\n  \"b\": 2,\r\n  \"a\": 1\r\n}",
            "{\r\n  \"b\": 2\r\n}",
        ),
        (
            "its comments stay",
            "{\n  // why\n  \"a\": 1, // one\n  \"b\": 2\n}",
            "{\n  // why\n  // one\n  \"b\": 2\n}",
        ),
        (
            "a comment before the comma stays",
            "{\"a\": 1 /* x */, \"b\": 2}",
            "{/* x */ \"b\": 2}",
        ),
        (
            "over lines",
            "{\n  \"a\": {\n    \"x\": 1\n  },\n  \"b\": 2\n}",
            "{\n  \"b\": 2\n}",
        ),
    ] {
        let mut editor = Editor::new(before.to_owned());
        editor.remove(&[], "a").unwrap();
        assert_eq!(editor.text, after, "{case}");
        json::parse(after).unwrap();
    }
}

#[test]
fn a_text_that_ends_in_a_comment_needs_a_line_break() {
    for (text, ends) in [
        ("{} // x", true),
        ("{} // x\n", false),
        ("{} /* // */", false),
        ("\"// no\"", false),
        ("\"\\\"// no\"", false),
        ("// \"x\n{}", false),
        ("/* x */ // \"", true),
    ] {
        assert_eq!(ends_in_line_comment(text), ends, "{text}");
    }
}
