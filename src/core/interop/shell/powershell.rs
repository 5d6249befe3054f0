//! Words of a line for PowerShell: strings in four kinds of quotes, backticks, `--%`.

use super::{Token, Word, cmd};

/// PowerShell takes typographic quotes for plain ones.
pub(super) const SINGLE: [char; 5] = ['\'', '‘', '’', '‚', '‛'];
/// The same for double quotes.
pub(super) const DOUBLE: [char; 4] = ['"', '“', '”', '„'];

/// Longest `$( … )` that is looked for, in bytes: each is looked for from its own beginning.
const MAX_EXPANSION: usize = 1024;

/// Cuts a text into tokens.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        text,
        at: 0,
        tokens: Vec::new(),
        word: None,
    };
    lexer.run();
    lexer.tokens
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    word: Option<Word>,
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
            let begins = self.word.is_none();
            match next {
                '\n' if matches!(self.tokens.last(), Some(Token::Pipe)) && begins => self.at += 1,
                '\n' => self.operator(Token::End, 1),
                next if next.is_whitespace() => {
                    self.finish();
                    self.at += next.len_utf8();
                }
                '#' if begins => {
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                }
                '@' if begins && self.here_string() => {}
                '-' if begins && self.stop_parsing() => {}
                '`' => self.backtick(),
                quote if SINGLE.contains(&quote) => self.single(quote),
                quote if DOUBLE.contains(&quote) => self.double(quote),
                '$' => self.variable(),
                ';' => self.operator(Token::End, 1),
                '|' if self.rest().starts_with("||") => self.operator(Token::End, 2),
                '|' => self.operator(Token::Pipe, 1),
                '&' if self.rest().starts_with("&&") => self.operator(Token::End, 2),
                // `& 'C:\path with spaces\grpcurl.exe'` calls what a string names.
                '&' if begins => self.at += 1,
                '<' if begins => self.operator(Token::FromFile, 1),
                '>' if begins => {
                    let marks =
                        self.rest().len() - self.rest().trim_start_matches(['>', '&']).len();
                    self.operator(Token::ToFile, marks);
                }
                other => {
                    self.word().text.push(other);
                    self.at += other.len_utf8();
                }
            }
        }
        self.finish();
    }

    fn backtick(&mut self) {
        let rest = &self.rest()[1..];
        let spaces = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        if rest[spaces..].starts_with('\n') {
            self.at += 1 + spaces + 1;
            return;
        }
        // A continued line whose break was lost on the way, as in a field of one line.
        if self.word.is_none() && spaces > 0 {
            self.at += 1;
            return;
        }
        self.at += 1 + escape(rest, self.word());
    }

    fn single(&mut self, quote: char) {
        self.at += quote.len_utf8();
        self.word();
        loop {
            let rest = self.rest();
            let Some(end) = rest.find(SINGLE) else {
                let word = self.word();
                word.text.push_str(rest);
                word.open = true;
                self.at = self.text.len();
                return;
            };
            self.word().text.push_str(&rest[..end]);
            let mut after = rest[end..].chars();
            let closing = after.next().map_or(1, char::len_utf8);
            self.at += end + closing;
            match after.next().filter(|next| SINGLE.contains(next)) {
                Some(doubled) => {
                    self.word().text.push(doubled);
                    self.at += doubled.len_utf8();
                }
                None => return,
            }
        }
    }

    fn double(&mut self, quote: char) {
        self.at += quote.len_utf8();
        self.word();
        while let Some(next) = self.rest().chars().next() {
            match next {
                quote if DOUBLE.contains(&quote) => {
                    self.at += quote.len_utf8();
                    match self.rest().chars().next().filter(|c| DOUBLE.contains(c)) {
                        Some(doubled) => {
                            self.word().text.push(doubled);
                            self.at += doubled.len_utf8();
                        }
                        None => return,
                    }
                }
                '`' => {
                    let rest = &self.rest()[1..];
                    self.at += 1 + escape(rest, self.word());
                }
                '$' => self.variable(),
                other => {
                    self.word().text.push(other);
                    self.at += other.len_utf8();
                }
            }
        }
        self.word().open = true;
    }

    /// `$name`, `$env:NAME`, `${…}` or `$(…)`: kept as written.
    fn variable(&mut self) {
        let rest = self.rest();
        let length = expansion(rest);
        let written = &rest[..length];
        if length > 1 && !matches!(written, "$true" | "$false") {
            self.word().variables.push(written.to_owned());
        }
        self.word().text.push_str(written);
        self.at += length;
    }

    /// `@'` and `"@` stand on lines of their own; between them every letter is itself.
    fn here_string(&mut self) -> bool {
        let rest = self.rest();
        let mut letters = rest[1..].chars();
        let Some(quote) = letters.next() else {
            return false;
        };
        let (close, expands) = match quote {
            '\'' => ("\n'@", false),
            '"' => ("\n\"@", true),
            _ => return false,
        };
        let Some(newline) = rest.find('\n') else {
            return false;
        };
        if !rest[2..newline].trim().is_empty() {
            return false;
        }
        let inside = &rest[newline..];
        let end = inside.find(close);
        let content = inside[..end.unwrap_or(inside.len())].trim_start_matches('\n');
        let content = content.strip_suffix('\r').unwrap_or(content);
        let word = self.word();
        word.open = end.is_none();
        word.text.push_str(content);
        if expands {
            for (at, _) in content.match_indices('$') {
                let length = expansion(&content[at..]);
                if length > 1 {
                    word.variables.push(content[at..at + length].to_owned());
                }
            }
        }
        let used = end.map_or(inside.len(), |end| end + close.len());
        self.at += newline + used;
        true
    }

    /// `--%`: the rest of the line is for the program, as cmd would hand it over.
    fn stop_parsing(&mut self) -> bool {
        let Some(rest) = self.rest().strip_prefix("--% ") else {
            return false;
        };
        let line = rest.split('\n').next().unwrap_or_default();
        self.tokens
            .extend(cmd::arguments(line).into_iter().map(Token::Word));
        self.at += 4 + line.len();
        true
    }
}

/// What follows a backtick.
fn escape(text: &str, word: &mut Word) -> usize {
    let Some(next) = text.chars().next() else {
        return 0;
    };
    let meant = match next {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'e' => '\u{1b}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        'u' => {
            if let Some((hex, _)) = text[1..].strip_prefix('{').and_then(|r| r.split_once('}'))
                && let Some(letter) = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32)
            {
                word.text.push(letter);
                return 3 + hex.len();
            }
            'u'
        }
        other => other,
    };
    word.text.push(meant);
    next.len_utf8()
}

/// How long what begins with `$` is; 1 when it stands for itself.
fn expansion(text: &str) -> usize {
    let bytes = text.as_bytes();
    let bytes = bytes.get(..MAX_EXPANSION).unwrap_or(bytes);
    let close = |mark: u8| bytes.iter().position(|&byte| byte == mark);
    match bytes.get(1) {
        Some(b'{') => close(b'}').map_or(1, |end| end + 1),
        Some(b'(') => close(b')').map_or(1, |end| end + 1),
        Some(first) if first.is_ascii_alphabetic() || *first == b'_' => {
            let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
            let name = bytes.iter().skip(1).take_while(is_name).count();
            let scope = bytes.get(1 + name) == Some(&b':');
            let after = bytes.iter().skip(2 + name).take_while(is_name).count();
            1 + name + if scope && after > 0 { 1 + after } else { 0 }
        }
        _ => 1,
    }
}
