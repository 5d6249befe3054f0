//! What stands for a prepared message in a list: the comment before it as its name, and its JSON in one
//! line. Pure.

/// Bytes of a text that are looked at; a row shows no more.
const LOOKED_AT: usize = 1_000;
/// Characters of a preview.
const SHOWN: usize = 160;

/// A message's name and preview; either may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Title {
    /// The comment before the message.
    pub(super) name: String,
    /// The message in one line, comments left out, cut where a row ends anyway.
    pub(super) preview: String,
}

/// The title of a text, whether or not it is JSON.
pub(super) fn title(text: &str) -> Title {
    let text = &text[..text.floor_char_boundary(LOOKED_AT)];
    let mut rest = text.trim_start();
    let mut name = String::new();
    while let Some((comment, after)) = comment(rest) {
        if name.is_empty() {
            let line = comment
                .lines()
                .map(|line| line.trim_matches([' ', '\t', '*']));
            line.filter(|line| !line.is_empty())
                .take(1)
                .for_each(|line| name.push_str(line));
        }
        rest = after.trim_start();
    }
    Title {
        name,
        preview: in_one_line(rest),
    }
}

/// The comment a text begins with, and what follows it.
fn comment(text: &str) -> Option<(&str, &str)> {
    if let Some(line) = text.strip_prefix("//") {
        return Some(line.split_once('\n').unwrap_or((line, "")));
    }
    let block = text.strip_prefix("/*")?;
    Some(block.split_once("*/").unwrap_or((block, "")))
}

/// Line breaks and indents become one space, comments nothing; strings stay as they are.
fn in_one_line(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    let (mut quoted, mut escaped, mut space) = (false, false, false);
    while let Some(next) = rest.chars().next() {
        if out.len() >= SHOWN {
            break;
        }
        if !quoted && let Some((_, after)) = comment(rest) {
            rest = after;
            space = true;
            continue;
        }
        rest = &rest[next.len_utf8()..];
        if !quoted && next.is_whitespace() {
            space = true;
            continue;
        }
        if std::mem::take(&mut space) && !out.is_empty() {
            out.push(' ');
        }
        match next {
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && next == '\\' && !escaped;
        out.push(if next.is_control() { ' ' } else { next });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_told_by_its_comment_and_its_json_in_one_line() {
        for (case, text, name, preview) in [
            ("nothing", "", "", ""),
            ("JSON", "{\n  \"a\": 1\n}", "", "{ \"a\": 1 }"),
            (
                "a comment before",
                "// Paris\n{\"a\": 1}",
                "Paris",
                "{\"a\": 1}",
            ),
            (
                "the first of several",
                "\n// Paris \n// at night\n{}",
                "Paris",
                "{}",
            ),
            (
                "a block",
                "/*\n * Paris\n * at night\n */ {}",
                "Paris",
                "{}",
            ),
            (
                "a comment inside",
                "{\"a\": 1, // one\n \"b\": 2 /* two */}",
                "",
                "{\"a\": 1, \"b\": 2 }",
            ),
            (
                "what only looks like one",
                r#"{"a": "http://x  y \" // z"}"#,
                "",
                r#"{"a": "http://x  y \" // z"}"#,
            ),
            ("only a comment", "// later", "later", ""),
            ("an open comment", "/* later", "later", ""),
            ("no JSON", "oops\tno", "", "oops no"),
        ] {
            let title = title(text);
            assert_eq!((&*title.name, &*title.preview), (name, preview), "{case}");
        }
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let long = "é".repeat(10_000);
        let title = title(&long);
        let shown = title.preview.len();
        assert!((SHOWN..=SHOWN + 2).contains(&shown), "{shown} bytes");
        assert!(long.starts_with(&title.preview));
    }
}
