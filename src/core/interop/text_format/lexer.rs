//! Tokens of the text format.

use super::Fault;

/// A token and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) at: usize,
    pub(super) kind: TokenKind<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind<'a> {
    Name(&'a str),
    /// Digits and letters as written: `12`, `0x1F`, `1.5f`.
    Number(&'a str),
    /// A literal's bytes, its escapes read.
    Text(Vec<u8>),
    Symbol(char),
    End,
}

impl TokenKind<'_> {
    /// For messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Name(name) => format!("`{}`", short(name)),
            Self::Number(number) => format!("the number {}", short(number)),
            Self::Text(_) => "a string".to_owned(),
            Self::Symbol(symbol) => format!("`{symbol}`"),
            Self::End => "the end of the text".to_owned(),
        }
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

/// Reads tokens one at a time, with one to look ahead at.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    ahead: Option<Token<'a>>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            ahead: None,
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next token, which stays.
    pub(super) fn peek(&mut self) -> Result<&Token<'a>, Fault> {
        let token = match self.ahead.take() {
            Some(token) => token,
            None => self.read()?,
        };
        Ok(self.ahead.insert(token))
    }

    /// Takes the next token.
    pub(super) fn next(&mut self) -> Result<Token<'a>, Fault> {
        match self.ahead.take() {
            Some(token) => Ok(token),
            None => self.read(),
        }
    }

    /// Takes the next token if it is one of these symbols.
    pub(super) fn take(&mut self, symbols: &str) -> Result<Option<char>, Fault> {
        let found = match self.peek()?.kind {
            TokenKind::Symbol(symbol) if symbols.contains(symbol) => Some(symbol),
            _ => None,
        };
        if found.is_some() {
            self.ahead = None;
        }
        Ok(found)
    }

    /// The name in brackets of an extension or a type, after its `[`; white space in it does not count.
    pub(super) fn bracketed(&mut self) -> Result<(usize, String), Fault> {
        // Nothing was looked ahead at behind the bracket.
        let begin = self.at;
        let mut name = String::new();
        loop {
            self.skip_space();
            let Some(letter) = self.rest().chars().next() else {
                return Err(Fault::new(begin, "`[` is never closed"));
            };
            match letter {
                ']' => {
                    self.at += 1;
                    return Ok((begin, name));
                }
                c if c.is_ascii_alphanumeric() || "._-/%+~!$&()*,;=".contains(c) => name.push(c),
                other => {
                    return Err(Fault::new(
                        self.at,
                        format!("`{other}` is no part of a name in brackets"),
                    ));
                }
            }
            self.at += letter.len_utf8();
        }
    }

    fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            let space = rest.len() - rest.trim_start_matches(is_space).len();
            self.at += space;
            if !self.rest().starts_with('#') {
                return;
            }
            let rest = self.rest();
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    fn read(&mut self) -> Result<Token<'a>, Fault> {
        self.skip_space();
        let at = self.at;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            let kind = TokenKind::End;
            return Ok(Token { at, kind });
        };
        let bytes = rest.as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let kind = match first {
            '"' | '\'' => TokenKind::Text(self.literal(first)?),
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let end = rest.find(|c| !letter(c)).unwrap_or(rest.len());
                self.at += end;
                TokenKind::Name(&rest[..end])
            }
            _ if digit(0) || first == '.' && digit(1) => {
                let end = number_len(bytes);
                self.at += end;
                TokenKind::Number(&rest[..end])
            }
            '{' | '}' | '<' | '>' | '[' | ']' | ':' | ',' | ';' | '-' | '/' | '.' => {
                self.at += 1;
                TokenKind::Symbol(first)
            }
            other => {
                return Err(Fault::new(
                    at,
                    format!("`{other}` has no meaning in text format"),
                ));
            }
        };
        Ok(Token { at, kind })
    }

    fn literal(&mut self, quote: char) -> Result<Vec<u8>, Fault> {
        let begin = self.at;
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            let rest = self.rest();
            let plain = rest
                .find([quote, '\\', '\n'])
                .ok_or_else(|| Fault::new(begin, "a string is never closed"))?;
            bytes.extend_from_slice(&rest.as_bytes()[..plain]);
            self.at += plain;
            match rest.as_bytes()[plain] {
                b'\\' => self.escape(&mut bytes)?,
                b'\n' => {
                    return Err(Fault::new(begin, "a string ends at the end of its line")
                        .hint("write \\n for a line break"));
                }
                _ => {
                    self.at += 1;
                    return Ok(bytes);
                }
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let at = self.at;
        let bytes = &self.text.as_bytes()[at + 1..];
        let digits = |from: usize, most: usize, radix: u32| {
            let digits = bytes.iter().skip(from).take(most);
            let values = digits.map_while(|&byte| char::from(byte).to_digit(radix));
            values.fold((0_u32, 0_usize), |(value, count), digit| {
                (value.wrapping_mul(radix).wrapping_add(digit), count + 1)
            })
        };
        let first = bytes.first().copied().unwrap_or_default();
        let simple = match first {
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'\\' | b'\'' | b'"' | b'?' => first,
            b'0'..=b'7' => {
                let (value, count) = digits(0, 3, 8);
                let byte = u8::try_from(value)
                    .map_err(|_| Fault::new(at, "an octal escape goes to \\377"))?;
                out.push(byte);
                self.at += 1 + count;
                return Ok(());
            }
            b'x' | b'X' => {
                let (value, count) = digits(1, 2, 16);
                if count == 0 {
                    return Err(Fault::new(at, "\\x needs hexadecimal digits"));
                }
                // Two digits fit a byte.
                out.push(value as u8);
                self.at += 2 + count;
                return Ok(());
            }
            b'u' | b'U' => {
                let most = if first == b'u' { 4 } else { 8 };
                let (value, count) = digits(1, most, 16);
                if count < most {
                    let message = format!("\\{} needs {most} digits", char::from(first));
                    return Err(Fault::new(at, message));
                }
                self.at += 2 + count;
                let letter = char::from_u32(value).ok_or_else(|| {
                    Fault::new(at, format!("U+{value:04X} is no character"))
                        .hint("a character beyond U+FFFF is written \\UXXXXXXXX")
                })?;
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => {
                let letter = self.text[at + 1..].chars().next();
                let letter = letter.map(String::from).unwrap_or_default();
                return Err(Fault::new(at, format!("`\\{letter}` is no escape"))
                    .hint("a backslash is written \\\\"));
            }
        };
        out.push(simple);
        self.at += 2;
        Ok(())
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

/// How long what begins with a digit is, whether or not it is a number.
fn number_len(bytes: &[u8]) -> usize {
    let hex = bytes.len() > 1 && bytes[0] == b'0' && matches!(bytes[1], b'x' | b'X');
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let exponent = !hex && at > 0 && matches!(bytes[at - 1], b'e' | b'E');
        let sign = exponent && matches!(byte, b'+' | b'-');
        if !byte.is_ascii_alphanumeric() && !matches!(byte, b'.' | b'_') && !sign {
            break;
        }
        at += 1;
    }
    at
}
