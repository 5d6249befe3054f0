//! Words of a POSIX shell's line, with the additions of Bash: `$'…'`, `<<<`, here-documents.

use super::{Token, Word};

/// Longest `$( … )` that is looked for, in bytes: each is looked for from its own beginning.
const MAX_EXPANSION: usize = 1024;

/// Cuts a text into tokens.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        text,
        at: 0,
        tokens: Vec::new(),
        word: None,
        documents: Vec::new(),
    };
    lexer.run();
    lexer.tokens
}

/// A here-document whose text begins on the next line.
struct Document {
    token: usize,
    end: String,
    expands: bool,
    tabs: bool,
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    word: Option<Word>,
    documents: Vec<Document>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn word(&mut self) -> &mut Word {
        self.word.get_or_insert_default()
    }

    fn finish(&mut self) {
        if let Some(word) = self.word.take() {
            self.tokens.push(Token::Word(word));
        }
    }

    fn operator(&mut self, token: Token, length: usize) {
        self.finish();
        self.tokens.push(token);
        self.at += length;
    }

    fn run(&mut self) {
        while let Some(next) = self.rest().chars().next() {
            match next {
                '\n' => {
                    self.operator(Token::End, 1);
                    self.here_documents();
                }
                ' ' | '\t' | '\r' => {
                    self.finish();
                    self.at += 1;
                }
                '#' if self.word.is_none() => {
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                }
                '\\' => self.backslash(),
                '\'' => self.single(),
                '"' => {
                    self.at += 1;
                    self.double();
                }
                '$' | '`' => self.dollar(),
                ';' => self.operator(Token::End, 1),
                '|' if self.rest().starts_with("||") => self.operator(Token::End, 2),
                '|' => self.operator(Token::Pipe, 1),
                '&' if self.rest().starts_with("&>") => self.operator(Token::ToFile, 2),
                '&' if self.rest().starts_with("&&") => self.operator(Token::End, 2),
                '&' => self.operator(Token::End, 1),
                '<' => self.input(),
                '>' => self.output(),
                other => {
                    self.word().text.push(other);
                    self.at += other.len_utf8();
                }
            }
        }
        self.finish();
    }

    fn backslash(&mut self) {
        let rest = &self.rest()[1..];
        // Copied from a page, a continued line often has spaces after the backslash.
        let spaces = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        if rest[spaces..].starts_with('\n') {
            self.at += 1 + spaces + 1;
            return;
        }
        self.at += 1;
        // A continued line whose break was lost on the way, as in a field of one line.
        if self.word.is_none() && spaces > 0 {
            return;
        }
        if let Some(next) = rest.chars().next() {
            self.word().text.push(next);
            self.at += next.len_utf8();
        }
    }

    fn single(&mut self) {
        let inside = &self.rest()[1..];
        let end = inside.find('\'');
        let content = &inside[..end.unwrap_or(inside.len())];
        let word = self.word();
        word.text.push_str(content);
        word.open |= end.is_none();
        self.at += 1 + content.len() + usize::from(end.is_some());
    }

    /// What follows the opening `"`.
    fn double(&mut self) {
        self.word();
        loop {
            let rest = self.rest();
            let plain = rest.find(['"', '\\', '$', '`']).unwrap_or(rest.len());
            self.word().text.push_str(&rest[..plain]);
            self.at += plain;
            let rest = self.rest();
            match rest.chars().next() {
                None => {
                    self.word().open = true;
                    return;
                }
                Some('"') => {
                    self.at += 1;
                    return;
                }
                Some('\\') => match rest[1..].chars().next() {
                    Some(next @ ('"' | '\\' | '$' | '`')) => {
                        self.word().text.push(next);
                        self.at += 2;
                    }
                    Some('\n') => self.at += 2,
                    _ => {
                        self.word().text.push('\\');
                        self.at += 1;
                    }
                },
                Some(_) => self.variable(),
            }
        }
    }

    fn dollar(&mut self) {
        let rest = self.rest();
        if rest.starts_with("$'") {
            return self.ansi();
        }
        if rest.starts_with("$\"") {
            self.at += 2;
            return self.double();
        }
        self.variable();
    }

    /// `$NAME`, `${…}`, `$(…)` or `` `…` ``: kept as written.
    fn variable(&mut self) {
        let rest = self.rest();
        let length = expansion(rest);
        let written = &rest[..length];
        if length > 1 {
            self.word().variables.push(written.to_owned());
        }
        self.word().text.push_str(written);
        self.at += length;
    }

    /// `$'…'`. Its escapes name bytes, so that a letter may come in several.
    fn ansi(&mut self) {
        let rest = self.rest();
        let mut bytes = Vec::new();
        let mut at = 2;
        let mut closed = false;
        while let Some(next) = rest[at..].chars().next() {
            at += next.len_utf8();
            match next {
                '\'' => {
                    closed = true;
                    break;
                }
                '\\' => at += escape(&rest[at..], &mut bytes),
                other => bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        self.at += at;
        let word = self.word();
        word.text.push_str(&String::from_utf8_lossy(&bytes));
        word.open |= !closed;
    }

    fn input(&mut self) {
        let rest = self.rest();
        if let Some(after) = rest.strip_prefix("<<<") {
            self.finish();
            self.at += 3 + (after.len() - after.trim_start_matches([' ', '\t']).len());
            let word = self.one_word();
            self.tokens.push(Token::FromText(word));
        } else if let Some(after) = rest.strip_prefix("<<") {
            self.finish();
            let tabs = after.starts_with('-');
            let name = after.get(usize::from(tabs)..).unwrap_or_default();
            let space = name.len() - name.trim_start_matches([' ', '\t']).len();
            self.at += 2 + usize::from(tabs) + space;
            let expands = !self.rest().starts_with(['\'', '"', '\\']);
            let end = self.one_word();
            self.tokens.push(Token::FromText(Word::default()));
            self.documents.push(Document {
                token: self.tokens.len() - 1,
                end: end.text,
                expands,
                tabs,
            });
        } else {
            self.operator(Token::FromFile, 1);
        }
    }

    /// `>`, `>>`, `2>`, `>&1`.
    fn output(&mut self) {
        let number = |word: &Word| word.text.bytes().all(|byte| byte.is_ascii_digit());
        if self.word.as_ref().is_some_and(number) {
            self.word = None;
        }
        let rest = self.rest();
        let marks = rest.len() - rest.trim_start_matches(['>', '&', '|']).len();
        self.operator(Token::ToFile, marks);
    }

    /// Reads one word, which may be in quotes.
    fn one_word(&mut self) -> Word {
        while let Some(next) = self.rest().chars().next() {
            match next {
                '\'' => self.single(),
                '"' => {
                    self.at += 1;
                    self.double();
                }
                '$' | '`' => self.dollar(),
                '\\' => self.backslash(),
                ' ' | '\t' | '\n' | '\r' | ';' | '|' | '&' | '<' | '>' => break,
                other => {
                    self.word().text.push(other);
                    self.at += other.len_utf8();
                }
            }
        }
        self.word.take().unwrap_or_default()
    }

    /// The texts of the here-documents that the line before announced.
    fn here_documents(&mut self) {
        for document in std::mem::take(&mut self.documents) {
            let mut word = Word {
                open: true,
                ..Word::default()
            };
            while !self.rest().is_empty() {
                let rest = self.rest();
                let line = rest.split('\n').next().unwrap_or_default();
                self.at += (line.len() + 1).min(rest.len());
                let line = line.strip_suffix('\r').unwrap_or(line);
                let line = if document.tabs {
                    line.trim_start_matches('\t')
                } else {
                    line
                };
                if line == document.end {
                    word.open = false;
                    break;
                }
                if document.expands {
                    note_expansions(line, &mut word.variables);
                }
                word.text.push_str(line);
                word.text.push('\n');
            }
            if let Some(token) = self.tokens.get_mut(document.token) {
                *token = Token::FromText(word);
            }
        }
    }
}

fn note_expansions(line: &str, variables: &mut Vec<String>) {
    let mut at = 0;
    while let Some(found) = line.get(at..).and_then(|rest| rest.find(['$', '`'])) {
        at += found;
        let length = expansion(&line[at..]);
        if length > 1 {
            variables.push(line[at..at + length].to_owned());
        }
        at += length;
    }
}

/// How long what begins with `$` or `` ` `` is; 1 when it stands for itself.
fn expansion(text: &str) -> usize {
    let bytes = text.as_bytes();
    let bytes = bytes.get(..MAX_EXPANSION).unwrap_or(bytes);
    let close = |mark: u8| bytes.iter().skip(1).position(|&byte| byte == mark);
    match (bytes.first(), bytes.get(1)) {
        (Some(b'`'), _) => close(b'`').map_or(1, |end| end + 2),
        (_, Some(b'{')) => close(b'}').map_or(1, |end| end + 2),
        (_, Some(b'(')) => parenthesis(bytes).unwrap_or(1),
        (_, Some(first)) if first.is_ascii_alphabetic() || *first == b'_' => {
            let name = bytes.iter().skip(1);
            1 + name
                .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
                .count()
        }
        (_, Some(b'0'..=b'9' | b'?' | b'!' | b'#' | b'*' | b'@')) => 2,
        _ => 1,
    }
}

/// The end of `$( … )`, with quotes in it left alone.
fn parenthesis(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// An escape of `$'…'` after its backslash: writes what it means, gives how long it is.
fn escape(text: &str, out: &mut Vec<u8>) -> usize {
    let bytes = text.as_bytes();
    let Some(&first) = bytes.first() else {
        out.push(b'\\');
        return 0;
    };
    let simple = match first {
        b'a' => 7,
        b'b' => 8,
        b'e' | b'E' => 0x1b,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' | b'\'' | b'"' | b'?' => first,
        b'x' => return number(bytes, 1, 2, 16, first, out),
        b'0'..=b'7' => return number(bytes, 0, 3, 8, first, out),
        b'u' => return letter(bytes, 4, out),
        b'U' => return letter(bytes, 8, out),
        b'c' if bytes.len() > 1 => {
            out.push(bytes[1] & 0x1f);
            return 2;
        }
        _ => {
            let letter = text.chars().next().unwrap_or('\\');
            out.push(b'\\');
            out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            return letter.len_utf8();
        }
    };
    out.push(simple);
    1
}

/// Digits from `from` on, at most `most`.
fn digits(bytes: &[u8], from: usize, most: usize, radix: u32) -> (u32, usize) {
    let digits = bytes.iter().skip(from).take(most);
    let values = digits.map_while(|&byte| char::from(byte).to_digit(radix));
    values.fold((0, 0), |(value, count), digit| {
        (value * radix + digit, count + 1)
    })
}

fn number(
    bytes: &[u8],
    from: usize,
    most: usize,
    radix: u32,
    name: u8,
    out: &mut Vec<u8>,
) -> usize {
    let (value, count) = digits(bytes, from, most, radix);
    if count == 0 {
        out.extend_from_slice(&[b'\\', name]);
        return 1;
    }
    // Three octal digits may say more than a byte holds; Bash keeps the low ones.
    out.push((value & 0xff) as u8);
    from + count
}

fn letter(bytes: &[u8], most: usize, out: &mut Vec<u8>) -> usize {
    let digits_of = bytes.iter().skip(1).take(most);
    let count = digits_of
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let text = std::str::from_utf8(bytes.get(1..=count).unwrap_or_default()).unwrap_or_default();
    let letter = u32::from_str_radix(text, 16).ok().and_then(char::from_u32);
    match letter {
        Some(letter) => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.extend_from_slice(&[b'\\', bytes[0]]),
    }
    1 + if letter.is_some() { count } else { 0 }
}
