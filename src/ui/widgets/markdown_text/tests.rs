//! Markdown: blocks, styles, and links that may be opened.

use super::*;

fn resolve(name: &str) -> Option<String> {
    matches!(name, "lib.Book" | "Book").then(|| "lib.Book".to_owned())
}

fn shown(runs: &[Run]) -> String {
    let run = |run: &Run| {
        let mut text = run.text.clone();
        for (is, mark) in [(run.code, '`'), (run.emphasis, '_'), (run.strong, '*')] {
            if is {
                text = format!("{mark}{text}{mark}");
            }
        }
        match &run.link {
            Some(Link::Web(address)) => format!("[{text}]({address})"),
            Some(Link::Symbol(name)) => format!("[{text}]<{name}>"),
            None => text,
        }
    };
    runs.iter().map(run).collect()
}

fn outline(text: &str) -> Vec<String> {
    let block = |block: &Block| {
        let text = match &block.kind {
            BlockKind::Heading(runs) => format!("# {}", shown(runs)),
            BlockKind::Paragraph(runs) => shown(runs),
            BlockKind::Item(mark, runs) => format!("{mark} {}", shown(runs)),
            BlockKind::Quote(runs) => format!("> {}", shown(runs)),
            BlockKind::Code(code) => format!("```{code}```"),
            BlockKind::Rule => "---".to_owned(),
        };
        format!("{}{text}", " ".repeat(block.indent))
    };
    parse_markdown(text, &resolve).iter().map(block).collect()
}

#[test]
fn blocks_are_told_apart() {
    let rows: [(&str, &str, &[&str]); 11] = [
        ("paragraphs", "one\ntwo\n\nthree", &["one two", "three"]),
        ("a heading", "# One #\ntext", &["# One", "text"]),
        (
            "lists within lists",
            "- a\n  b\n  - c\n- d\n\n  e\n1. f\nafter",
            &["• a b", " • c", "• d", " e", "1. f after"],
        ),
        ("a paragraph ends a list", "* a\n\nb", &["• a", "b"]),
        (
            "indented code",
            "see:\n\n    a\n      b\n\n    c\n\nd",
            &["see:", "```a\n  b\n\nc```", "d"],
        ),
        (
            "fenced code",
            "```proto\n* a\n\n# b\n```\nc",
            &["```* a\n\n# b```", "c"],
        ),
        ("a fence that is not closed", "~~~\na", &["```a```"]),
        (
            "code in an item",
            "- a\n\n      x = 1\n- b",
            &["• a", " ```x = 1```", "• b"],
        ),
        (
            "a table stays as it is",
            "| a | b |\n|---|---|\n| 1 | 2 |",
            &["```| a | b |\n|---|---|\n| 1 | 2 |```"],
        ),
        (
            "quotes and rules",
            "> a\n> b\n\n---\nc",
            &["> a b", "---", "c"],
        ),
        ("nothing", " \n", &[]),
    ];
    for (name, text, expected) in rows {
        assert_eq!(outline(text), expected, "{name}");
    }
}

#[test]
fn styles_and_links_are_found_and_what_is_none_stays() {
    for (text, expected) in [
        ("a **b** *c* _d_ `e*f`", "a *b* _c_ _d_ `e*f`"),
        ("snake_case_name 2 * 3 * 4", "snake_case_name 2 * 3 * 4"),
        ("*open and __init__", "*open and *init*"),
        ("a \\*b\\* `", "a *b* `"),
        (
            "[A book][lib.Book] [Book][] [Book] `lib.Book`",
            "[A book]<lib.Book> [Book]<lib.Book> [Book]<lib.Book> [`lib.Book`]<lib.Book>",
        ),
        ("[gone][lib.Gone] [0, 1]", "gone [0, 1]"),
        (
            "[here](https://a.b/c) <http://x.y>",
            "[here](https://a.b/c) [http://x.y](http://x.y)",
        ),
        (
            "see https://a.b/c(d). (http://e.f)",
            "see [https://a.b/c(d)](https://a.b/c(d)). ([http://e.f](http://e.f))",
        ),
        ("[x](javascript:alert(1)) [y](file:///etc/passwd)", "x y"),
        (
            "<script>a</script> xhttp://a",
            "<script>a</script> xhttp://a",
        ),
        ("é [ü](https://ü.example)", "é [ü](https://ü.example)"),
    ] {
        let blocks = outline(text);
        assert_eq!(blocks, [expected], "{text}");
    }
}

#[test]
fn no_text_breaks_the_reader() {
    for text in [
        "[", "[]", "[](", "``", "`", "**", "_", "<", "\\", "1.", "- ", "[[[]", "**é", "#", "> ",
    ] {
        let _ = outline(text);
    }
}
