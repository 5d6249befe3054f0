//! Words of a line for the command prompt of Windows. Two programs read it one after the other: the
//! prompt takes `^`, `%NAME%` and its operators, then the program's runtime splits what is left.

use super::{Token, Word};

/// Cuts a text into tokens.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut line = String::new();
    let mut quoted = false;
    let mut rest = text;
    let flush = |line: &mut String, tokens: &mut Vec<Token>, end: Option<Token>| {
        tokens.extend(arguments(line).into_iter().map(Token::Word));
        tokens.extend(end);
        line.clear();
    };
    while let Some(next) = rest.chars().next() {
        let after = &rest[next.len_utf8()..];
        match next {
            '"' => {
                quoted = !quoted;
                line.push('"');
            }
            '^' if !quoted => {
                // The letter after it stands for itself, a line break and the letter after that too.
                let after = after.strip_prefix('\r').unwrap_or(after);
                let (joined, after) = match after.strip_prefix('\n') {
                    Some(after) => (true, after),
                    None => (false, after),
                };
                match after.chars().next() {
                    // A continued line may be indented; what is indented is no part of the word.
                    Some(letter) if joined && (letter == ' ' || letter == '\t') => rest = after,
                    // Only a doubled line break is one.
                    Some(letter) if joined && letter != '\n' => rest = after,
                    Some(letter) => {
                        // A quote still is one for the runtime.
                        line.push(letter);
                        rest = &after[letter.len_utf8()..];
                    }
                    None => rest = after,
                }
                continue;
            }
            // The prompt ends a line whatever is open.
            '\n' => {
                flush(&mut line, &mut tokens, Some(Token::End));
                quoted = false;
            }
            '|' if !quoted && after.starts_with('|') => {
                flush(&mut line, &mut tokens, Some(Token::End));
                rest = &after[1..];
                continue;
            }
            '|' if !quoted => flush(&mut line, &mut tokens, Some(Token::Pipe)),
            '&' if !quoted => flush(&mut line, &mut tokens, Some(Token::End)),
            '<' if !quoted => flush(&mut line, &mut tokens, Some(Token::FromFile)),
            '>' if !quoted => flush(&mut line, &mut tokens, Some(Token::ToFile)),
            '\r' => {}
            other => line.push(other),
        }
        rest = after;
    }
    flush(&mut line, &mut tokens, None);
    tokens
}

/// Splits as the runtime does: `\"` is a quote, `\\"` a backslash and the end of a quoted part, and `""`
/// in quotes a quote.
pub(super) fn arguments(line: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(next) = letters.next() {
        match next {
            '\\' => {
                let mut count = 1;
                while letters.next_if_eq(&'\\').is_some() {
                    count += 1;
                }
                let text = &mut word.get_or_insert_default().text;
                if letters.peek() == Some(&'"') {
                    text.extend(std::iter::repeat_n('\\', count / 2));
                    if count % 2 == 1 {
                        letters.next();
                        text.push('"');
                    }
                } else {
                    text.extend(std::iter::repeat_n('\\', count));
                }
            }
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                word.get_or_insert_default().text.push('"');
            }
            '"' => {
                word.get_or_insert_default();
                quoted = !quoted;
            }
            ' ' | '\t' if !quoted => words.extend(word.take()),
            other => word.get_or_insert_default().text.push(other),
        }
    }
    if let Some(word) = &mut word {
        word.open = quoted;
    }
    words.extend(word);
    for word in &mut words {
        let found = word.text.match_indices('%');
        let names = found.filter_map(|(at, _)| variable(&word.text[at..]));
        word.variables = names.map(str::to_owned).collect();
    }
    words
}

/// `%NAME%` at the beginning of a text.
pub(super) fn variable(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('%')?;
    let end = inside.find('%')?;
    let name = &inside[..end];
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (is_name && name.chars().all(letters)).then(|| &text[..end + 2])
}
