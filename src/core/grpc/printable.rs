//! Text of a peer on its way to a sentence or a terminal.

/// Whether a character would change the text around it: a control character, one that has no width,
/// or one that turns the direction of writing.
pub fn disturbs(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// At most `most` characters in one line, those that disturb written as escapes.
pub fn printable(text: &str, most: usize) -> String {
    shown(text, most, |_| false)
}

/// As [`printable`], and line ends and tabs stay; an end of two characters becomes one.
pub fn printable_lines(text: &str, most: usize) -> String {
    shown(&text.replace("\r\n", "\n"), most, |char| {
        matches!(char, '\n' | '\t')
    })
}

fn shown(text: &str, most: usize, stays: fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len().min(most.saturating_add(4)));
    for (index, char) in text.chars().enumerate() {
        if index == most {
            shown.push('…');
            break;
        }
        if disturbs(char) && !stays(char) {
            shown.extend(char.escape_unicode());
        } else {
            shown.push(char);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_disturbs_is_escaped_and_the_rest_stays() {
        for (name, text, shown) in [
            ("quotes and accents", "can't \"é\" 漢", "can't \"é\" 漢"),
            ("an escape sequence", "a\u{1b}[31m", "a\\u{1b}[31m"),
            ("a line end", "a\nb", "a\\u{a}b"),
            ("an override", "\u{202e}moc", "\\u{202e}moc"),
            ("another mark", "\u{61c}moc", "\\u{61c}moc"),
            ("a joiner", "a\u{2060}b", "a\\u{2060}b"),
            ("too long", "1234567890123", "123456789012…"),
        ] {
            assert_eq!(printable(text, 12), shown, "{name}");
        }
        assert_eq!(printable_lines("a\n\tb\r\u{7}", 12), "a\n\tb\\u{d}\\u{7}");
        assert_eq!(printable_lines("a\r\nbc", 2), "a\n…");
    }
}
