//! Every class of mistake in a text: its place, its words, and the text once it is mended.

use super::Document;

/// Name, text, what is marked, a part of the message, a part of the hint, the text after the fixes that
/// are offered; `None` where none is.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
);

fn check(cases: &[Case]) {
    for (name, text, marked, message, hint, mended) in cases {
        let mut document = Document::new(*text);
        let Some(error) = document.syntax_error().cloned() else {
            panic!("{name}: no error");
        };
        assert_eq!(&text[error.range.clone()], *marked, "{name}");
        assert!(error.message.contains(message), "{name}: {}", error.message);
        let found = error.hint.as_deref().unwrap_or_default();
        assert!(found.contains(hint), "{name}: {found}");
        assert!(
            !error.message.ends_with('.') && !found.ends_with('.'),
            "{name}"
        );
        assert_eq!(
            error.fix.is_some(),
            mended.is_some(),
            "{name}: {:?}",
            error.fix
        );
        // One edit mends one mistake: a text may have several.
        for _ in 0..8 {
            let Some(fix) = document.syntax_error().and_then(|error| error.fix.clone()) else {
                break;
            };
            assert!(!fix.title.is_empty() && document.text().get(fix.range.clone()).is_some());
            document.replace(fix.range, &fix.with);
        }
        if let Some(mended) = mended {
            assert_eq!(document.text(), *mended, "{name}");
            assert_eq!(document.syntax_error(), None, "{name}");
        }
    }
}

#[test]
fn commas_and_colons() {
    check(&[
        (
            "a comma missing in an object",
            r#"{"a": 1 "b": 2}"#,
            "\"b\"",
            "expected `,` or `}`, found a string",
            "put a comma",
            Some(r#"{"a": 1, "b": 2}"#),
        ),
        (
            "a comma missing at a line's end",
            "{\n  \"a\": 1\n  \"b\": 2\n}",
            "\"b\"",
            "expected `,` or `}`",
            "put a comma",
            Some("{\n  \"a\": 1,\n  \"b\": 2\n}"),
        ),
        (
            "a comma missing in a list",
            "[1 2]",
            "2",
            "expected `,` or `]`, found `2`",
            "put a comma",
            Some("[1, 2]"),
        ),
        (
            "a comma missing between objects",
            "[{} // c\n{}]",
            "{",
            "expected `,` or `]`",
            "put a comma",
            Some("[{}, // c\n{}]"),
        ),
        (
            "a semicolon",
            r#"{"a": 1; "b": 2}"#,
            ";",
            "expected `,` or `}`, found `;`",
            "commas",
            Some(r#"{"a": 1, "b": 2}"#),
        ),
        (
            "two commas in a list",
            "[1,,2]",
            ",",
            "expected a value, found `,`",
            "remove the comma",
            Some("[1,2]"),
        ),
        (
            "two commas in an object",
            r#"{"a": 1,,"b": 2}"#,
            ",",
            "expected a key or `}`, found `,`",
            "commas",
            Some(r#"{"a": 1,"b": 2}"#),
        ),
        (
            "a comma first",
            "[,1]",
            ",",
            "expected a value",
            "remove the comma",
            Some("[1]"),
        ),
        (
            "a comma alone",
            "{,}",
            ",",
            "expected a key",
            "commas",
            Some("{}"),
        ),
        (
            "a comma for a value",
            r#"{"a": , "b": 2}"#,
            ",",
            "expected a value, found `,`",
            "`null`",
            Some(r#"{"a": null, "b": 2}"#),
        ),
        (
            "no value",
            r#"{"a": }"#,
            "}",
            "expected a value, found `}`",
            "`null`",
            Some(r#"{"a": null}"#),
        ),
        (
            "a colon missing",
            r#"{"a" 1}"#,
            "1",
            "expected `:` after the key, found `1`",
            "\"key\": value",
            Some(r#"{"a": 1}"#),
        ),
        (
            "an equals sign",
            r#"{"a" = 1}"#,
            "=",
            "expected `:` after the key",
            "\"key\": value",
            Some(r#"{"a" : 1}"#),
        ),
        (
            "an arrow",
            r#"{"a" => 1}"#,
            "=",
            "expected `:` after the key",
            "\"key\": value",
            Some(r#"{"a" : 1}"#),
        ),
        (
            "a key alone",
            r#"{"a", "b": 1}"#,
            ",",
            "expected `:` after the key, found `,`",
            "\"key\": value",
            None,
        ),
        (
            "two colons",
            r#"{"a":: 1}"#,
            ":",
            "expected a value, found `:`",
            "colons",
            Some(r#"{"a": 1}"#),
        ),
        (
            "a member in a list",
            r#"["a": 1]"#,
            ":",
            "expected `,` or `]`, found `:`",
            "an object holds keys",
            None,
        ),
    ]);
}

#[test]
fn brackets() {
    check(&[
        (
            "a list closed as an object",
            "[1}",
            "}",
            "expected `,` or `]`, found `}`",
            "closes with `]`",
            Some("[1]"),
        ),
        (
            "an object closed as a list",
            r#"{"a": 1]"#,
            "]",
            "expected `,` or `}`, found `]`",
            "closes with `}`",
            Some(r#"{"a": 1}"#),
        ),
        (
            "a list left open in an object",
            r#"{"a": [1, 2}"#,
            "}",
            "found `}`",
            "still open",
            Some(r#"{"a": [1, 2]}"#),
        ),
        (
            "objects left open in a list",
            r#"[{"a": {"b": 1]"#,
            "]",
            "found `]`",
            "still open",
            Some(r#"[{"a": {"b": 1}}]"#),
        ),
        (
            "another bracket after a comma",
            "[1, }",
            "}",
            "expected a value, found `}`",
            "closes with `]`",
            Some("[1, ]"),
        ),
        (
            "another bracket for a key",
            r#"{"a": 1, ]"#,
            "]",
            "expected a key or `}`, found `]`",
            "closes with `}`",
            Some(r#"{"a": 1, }"#),
        ),
        (
            "open at the end",
            "{\n  \"a\": [1, {\"b\": 2\n",
            "",
            "ends inside the object that begins on line 2",
            "`}`",
            Some("{\n  \"a\": [1, {\"b\": 2}]}"),
        ),
        (
            "open after a comma",
            "[1,\n",
            "",
            "ends inside the list that begins on line 1",
            "`]`",
            Some("[1,]"),
        ),
        (
            "open after a colon",
            r#"{"a":"#,
            "",
            "ends inside the object",
            "`}`",
            Some(r#"{"a": null}"#),
        ),
        (
            "open after a key",
            r#"{"a""#,
            "",
            "ends inside the object",
            "`}`",
            None,
        ),
        (
            "open after a comment",
            "{\"a\": 1 // one\n",
            "",
            "ends inside the object",
            "`}`",
            Some("{\"a\": 1 // one\n}"),
        ),
        (
            "a bracket alone",
            "{",
            "",
            "ends inside the object",
            "`}`",
            Some("{}"),
        ),
        (
            "one closed too often",
            "{\"a\": 1}} // c",
            "}",
            "the value has ended, but `}` follows",
            "not open",
            Some("{\"a\": 1} // c"),
        ),
        (
            "two values",
            r#"{"a": 1} {"b": 2}"#,
            "{",
            "the value has ended, but `{` follows",
            "remove what follows",
            Some(r#"{"a": 1}"#),
        ),
        (
            "text after the value",
            "{} // c\nend",
            "end",
            "the value has ended, but `end` follows",
            "remove what follows",
            Some("{} // c\n"),
        ),
        (
            "a comma after the value",
            "{},",
            ",",
            "but `,` follows",
            "remove what follows",
            Some("{}"),
        ),
        (
            "a closing bracket alone",
            "]",
            "]",
            "expected a value, found `]`",
            "",
            None,
        ),
    ]);
}

#[test]
fn quotes() {
    check(&[
        (
            "a bare key",
            "{name: 1}",
            "name",
            "expected a key or `}`, found `name`",
            "key in double quotes",
            Some(r#"{"name": 1}"#),
        ),
        (
            "a key with a dash",
            "{foo-bar: 1}",
            "foo-bar",
            "expected a key",
            "key in double quotes",
            Some(r#"{"foo-bar": 1}"#),
        ),
        (
            "a bare word",
            "{\"a\": hello}",
            "hello",
            "expected a value, found `hello`",
            "text in double quotes",
            Some(r#"{"a": "hello"}"#),
        ),
        (
            "bare words",
            "{\"a\": hello big world, \"b\": 1}",
            "hello",
            "expected a value, found `hello`",
            "text in double quotes",
            Some(r#"{"a": "hello big world", "b": 1}"#),
        ),
        (
            "bare words before a comment",
            "[grün und blau // c\n]",
            "grün",
            "expected a value",
            "text in double quotes",
            Some("[\"grün und blau\" // c\n]"),
        ),
        (
            "single quotes",
            r#"{'a': 'it\'s "x"'}"#,
            "'",
            "expected a key",
            "straight double quotes",
            Some(r#"{"a": "it's \"x\""}"#),
        ),
        (
            "a single quote alone",
            "['x]",
            "'",
            "expected a value",
            "",
            None,
        ),
        (
            "curly quotes",
            "{“a”: „b“}",
            "“",
            "expected a key or `}`, found `“`",
            "straight double quotes",
            Some(r#"{"a": "b"}"#),
        ),
        (
            "a curly quote at the end",
            "{\"a\": \"b”}",
            "\"b”}",
            "no closing quote",
            "straight double quote",
            Some(r#"{"a": "b"}"#),
        ),
        (
            "backticks",
            "[`x`]",
            "`",
            "expected a value",
            "straight double quotes",
            Some("[\"x\"]"),
        ),
        (
            "an open string",
            "{\"a\": \"x,\n\"b\": 1}",
            "\"x,",
            "no closing quote on its line",
            "`\\n`",
            Some("{\"a\": \"x\",\n\"b\": 1}"),
        ),
        (
            "an open string at the end",
            "{\"a\": \"x}",
            "\"x}",
            "no closing quote on its line",
            "`\\n`",
            Some("{\"a\": \"x\"}"),
        ),
        (
            "a quote alone",
            "[\"\n]",
            "\"",
            "no closing quote on its line",
            "`\\n`",
            None,
        ),
        (
            "a quote within a string",
            r#"{"a": "say "x""}"#,
            "x",
            "expected `,` or `}`, found `x`",
            "inside a string",
            None,
        ),
        (
            "an expression alone",
            "{\"port\": {{ port }}}",
            "{",
            "expected a key",
            "put an expression in quotes",
            Some(r#"{"port": "{{ port }}"}"#),
        ),
        (
            "an expression over lines",
            "{\"port\": {{ port\n}}}",
            "{",
            "expected a key",
            "put an expression in quotes",
            None,
        ),
    ]);
}

#[test]
fn words_and_numbers() {
    check(&[
        (
            "NaN",
            "[NaN]",
            "NaN",
            "expected a value, found `NaN`",
            "in quotes",
            Some(r#"["NaN"]"#),
        ),
        (
            "infinities",
            "[Infinity, -Infinity, +Infinity]",
            "Infinity",
            "expected a value",
            "in quotes",
            Some(r#"["Infinity", "-Infinity", "Infinity"]"#),
        ),
        (
            "another language's words",
            "[True, False, None, undefined]",
            "True",
            "expected a value, found `True`",
            "`true`, `false` and `null`",
            Some("[true, false, null, null]"),
        ),
        (
            "hexadecimal",
            "[0x1F, -0x10]",
            "0x1F",
            "`0x1F` is no number",
            "decimal",
            Some("[31, -16]"),
        ),
        (
            "hexadecimal beyond 64 bits",
            "[0x1FFFFFFFFFFFFFFFF]",
            "0x1FFFFFFFFFFFFFFFF",
            "is no number",
            "decimal",
            None,
        ),
        (
            "leading zeros",
            "[007, -01.5, 00]",
            "007",
            "`007` is no number",
            "leading zeros",
            Some("[7, -1.5, 0]"),
        ),
        (
            "a plus sign",
            "[+1]",
            "+1",
            "expected a value, found `+1`",
            "plus sign",
            Some("[1]"),
        ),
        (
            "no digit before the point",
            "[.5]",
            ".5",
            "expected a value, found `.5`",
            "zero before",
            Some("[0.5]"),
        ),
        (
            "no digit after the point",
            "[5.]",
            "5.",
            "`5.` is no number",
            "like `-12`",
            None,
        ),
        (
            "no exponent",
            "[1e+]",
            "1e+",
            "`1e+` is no number",
            "like `-12`",
            None,
        ),
        (
            "a minus alone",
            "[-]",
            "-",
            "`-` is no number",
            "like `-12`",
            None,
        ),
        (
            "a date",
            "[2024-01-31]",
            "2024-01-31",
            "is no number",
            "double quotes",
            Some(r#"["2024-01-31"]"#),
        ),
        (
            "an address",
            "[127.0.0.1]",
            "127.0.0.1",
            "is no number",
            "double quotes",
            Some(r#"["127.0.0.1"]"#),
        ),
        (
            "digits and letters",
            "[12ab]",
            "12ab",
            "is no number",
            "double quotes",
            Some(r#"["12ab"]"#),
        ),
        (
            "brackets of another kind",
            "(1)",
            "(",
            "expected a value, found `(`",
            "",
            None,
        ),
    ]);
}

#[test]
fn characters_and_escapes() {
    check(&[
        (
            "a tab in a string",
            "[\"a\tb\"]",
            "\t",
            "U+0009 cannot stand in a string",
            "`\\t`",
            Some(r#"["a\tb"]"#),
        ),
        (
            "NUL in a string",
            "[\"\0\"]",
            "\0",
            "U+0000 cannot stand",
            "`\\u0000`",
            Some(r#"["\u0000"]"#),
        ),
        (
            "escape in a key",
            "{\"\u{1b}\": 1}",
            "\u{1b}",
            "U+001B cannot stand",
            "`\\u001b`",
            Some(r#"{"\u001b": 1}"#),
        ),
        (
            "NUL outside",
            "[\0]",
            "\0",
            "found the character U+0000",
            "",
            Some("[]"),
        ),
        (
            "no escape of JSON",
            r#"["C:\dir"]"#,
            r"\d",
            "`\\\\d` is no escape",
            "`\\\\`",
            Some(r#"["C:\\dir"]"#),
        ),
        (
            "a quote that needs no escape",
            r#"["it\'s"]"#,
            r"\'",
            "is no escape",
            "",
            Some(r#"["it's"]"#),
        ),
        (
            "a backslash at the line's end",
            "[\"a\\\nb\"]",
            "\\\n",
            "is no escape",
            "`\\\\`",
            None,
        ),
        (
            "a short \\u",
            r#"["\u12"]"#,
            r"\u",
            "four hexadecimal digits",
            "`\\u00e9`",
            None,
        ),
        (
            "\\u with letters",
            r#"["\u00zz"]"#,
            r"\u",
            "four hexadecimal digits",
            "`\\u00e9`",
            None,
        ),
        (
            "a no-break space",
            "[1,\u{a0}2]",
            "\u{a0}",
            "found the character U+00A0",
            "looks like a space",
            Some("[1,2]"),
        ),
        (
            "a zero-width space after a value",
            "[1\u{200b}, 2]",
            "\u{200b}",
            "found the character U+200B",
            "looks like a space",
            Some("[1, 2]"),
        ),
        (
            "a byte order mark inside",
            "{}\u{feff}",
            "\u{feff}",
            "the value has ended, but the character U+FEFF follows",
            "looks like a space",
            Some("{}"),
        ),
    ]);
}

#[test]
fn comments() {
    check(&[
        (
            "a shell comment before a key",
            "{ # a\n}",
            "#",
            "expected a key",
            "`// …`",
            Some("{ // a\n}"),
        ),
        (
            "a shell comment behind a value",
            "[1, # one\n2 # two\n]",
            "#",
            "expected a value",
            "`// …`",
            Some("[1, // one\n2 // two\n]"),
        ),
        (
            "a shell comment at the end",
            "{}\n# end",
            "#",
            "the value has ended",
            "`// …`",
            Some("{}\n// end"),
        ),
        (
            "a comment left open",
            "{} /* a",
            "/*",
            "the comment is never closed",
            "`*/`",
            None,
        ),
        (
            "a comment left open in an object",
            "{\"a\": /* 1}",
            "/*",
            "the comment is never closed",
            "`*/`",
            None,
        ),
        (
            "a slash alone",
            "[/]",
            "/",
            "expected a value, found `/`",
            "",
            None,
        ),
    ]);
}

#[test]
fn what_is_large_ends_with_a_clear_error_or_is_read() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = open.repeat(100_000) + "1" + &close.repeat(100_000);
        let document = Document::new(deep.as_str());
        let error = document.syntax_error().unwrap();
        assert_eq!(error.message, "more than 100 brackets are open");
        assert_eq!(error.range.start, open.len() * 100);
        assert!(error.hint.is_some() && error.fix.is_none());
    }
    let long = "x".repeat(5 << 20);
    let document = Document::new(format!("{{\"{long}\": \"{long}\"}}"));
    assert_eq!(document.syntax_error(), None);
    assert_eq!(
        document
            .root()
            .and_then(|root| root.member(&long)?.string())
            .as_deref(),
        Some(long.as_str())
    );
    let document = Document::new(format!("{{\"{long}\": \"{long}"));
    let error = document.syntax_error().unwrap();
    assert!(error.message.len() < 100 && error.message.contains("no closing quote"));
    let word = Document::new(long);
    assert!(word.syntax_error().unwrap().message.len() < 200);
}
