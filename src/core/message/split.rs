//! Cuts a text into its JSON values: `{"a": 1} {"a": 2}` are two messages.
//!
//! Pure: feed text in any chunking, take whole values out. It only finds where a value ends (quotes,
//! brackets, comments); whether the value is JSON is for the encoder to say, which names the place.

/// Finds the ends of values in a growing text.
#[derive(Debug, Default)]
pub struct Splitter {
    text: String,
    /// Everything before it has been taken.
    begin: usize,
    /// Everything before it has been looked at.
    position: usize,
    /// Inside a string or comment that has not ended: everything before it has been looked at, too.
    inside: usize,
    state: State,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a value, or in a comment before it.
    #[default]
    Between,
    /// In a number or a word.
    Bare,
    /// In brackets, so many deep; zero for a string on its own.
    Nested { depth: usize },
}

/// What ends at a place of the text.
enum Ending {
    /// A value, before this byte.
    Value(usize),
    /// The text: more must come before anything can be said.
    Text,
}

impl Splitter {
    /// Adds text.
    pub fn push(&mut self, text: &str) {
        self.text.drain(..self.begin);
        self.position -= self.begin;
        self.inside = self.inside.saturating_sub(self.begin);
        self.begin = 0;
        self.text.push_str(text);
    }

    /// Bytes that are kept for a value that has not ended yet.
    pub fn pending_bytes(&self) -> usize {
        self.text.len() - self.begin
    }

    /// Takes the next value whose end is known, with the comments before it.
    pub fn next_value(&mut self) -> Option<String> {
        match self.scan() {
            Ending::Value(end) => Some(self.cut(end)),
            Ending::Text => None,
        }
    }

    /// Takes what is left at the end of the text: a number or word that nothing followed, or a value
    /// that was never closed. `None` when only space and comments are left.
    pub fn finish(mut self) -> Option<String> {
        (self.state != State::Between).then(|| {
            let end = self.text.len();
            self.cut(end)
        })
    }

    fn cut(&mut self, end: usize) -> String {
        // All marks are ASCII, so both ends are at characters' borders.
        let value = self.text.get(self.begin..end).unwrap_or_default();
        self.begin = end;
        self.position = end;
        self.state = State::Between;
        value.to_owned()
    }

    /// Goes on from where the last scan stopped. Looks at bytes: every mark is ASCII, and no byte of
    /// a longer character is.
    fn scan(&mut self) -> Ending {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.position) {
            // Marks that begin something with an end of its own.
            let skipped = match byte {
                b'"' => skip_string(bytes, self.position, &mut self.inside),
                b'/' => skip_comment(bytes, self.position, &mut self.inside),
                _ => Some(self.position + 1),
            };
            let Some(next) = skipped else {
                if byte == b'"' && self.state == State::Between {
                    self.state = State::Nested { depth: 0 };
                }
                return Ending::Text;
            };
            let is_comment = byte == b'/' && next > self.position + 1;
            match (self.state, byte) {
                (State::Between, _) if is_comment || byte.is_ascii_whitespace() => {}
                (State::Between, b'"') => return Ending::Value(next),
                (State::Nested { depth: 0 }, b'"') => return Ending::Value(next),
                (State::Between, b'{' | b'[') => self.state = State::Nested { depth: 1 },
                (State::Between, _) => self.state = State::Bare,
                (State::Bare, b'{' | b'[' | b'"') => return Ending::Value(self.position),
                (State::Bare, _) if is_comment || byte.is_ascii_whitespace() => {
                    return Ending::Value(self.position);
                }
                (State::Bare, _) => {}
                (State::Nested { depth }, b'{' | b'[') => {
                    self.state = State::Nested { depth: depth + 1 };
                }
                (State::Nested { depth }, b'}' | b']') if depth <= 1 => return Ending::Value(next),
                (State::Nested { depth }, b'}' | b']') => {
                    self.state = State::Nested { depth: depth - 1 };
                }
                (State::Nested { .. }, _) => {}
            }
            self.position = next;
        }
        Ending::Text
    }
}

/// The place after a string; `None` when its end is not there yet. The search then goes on at `from`:
/// a long string comes in very many pieces.
fn skip_string(bytes: &[u8], begin: usize, from: &mut usize) -> Option<usize> {
    *from = (begin + 1).max(*from);
    loop {
        match bytes.get(*from)? {
            b'"' => return Some(*from + 1),
            b'\\' => *from += 2,
            _ => *from += 1,
        }
    }
}

/// The place after a comment, or after a slash that begins none; `None` when that is not known yet. The
/// search then goes on at `from`, as in a string.
fn skip_comment(bytes: &[u8], begin: usize, from: &mut usize) -> Option<usize> {
    let end: &[u8] = match bytes.get(begin + 1)? {
        b'/' => b"\n",
        b'*' => b"*/",
        _ => return Some(begin + 1),
    };
    *from = (begin + 2).max(*from);
    let rest = bytes.get(*from..)?;
    match rest.windows(end.len()).position(|piece| piece == end) {
        Some(at) => Some(*from + at + end.len()),
        None => {
            // The first letter of an end may be there already.
            *from = (bytes.len() + 1 - end.len()).max(*from);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(chunks: &[&str]) -> Vec<String> {
        let mut splitter = Splitter::default();
        let mut values = Vec::new();
        for chunk in chunks {
            splitter.push(chunk);
            while let Some(value) = splitter.next_value() {
                values.push(value.trim().to_owned());
            }
        }
        values.extend(splitter.finish().map(|value| value.trim().to_owned()));
        values
    }

    const CASES: [(&str, &str, &[&str]); 12] = [
        ("nothing", "", &[]),
        ("space and a comment", " // none\n /* at all */ ", &[]),
        ("one object", r#"{"a": 1}"#, &[r#"{"a": 1}"#]),
        ("two without a space", "{}{}", &["{}", "{}"]),
        (
            "nested",
            r#"{"a": [{}, {"b": []}]} []"#,
            &[r#"{"a": [{}, {"b": []}]}"#, "[]"],
        ),
        (
            "brackets in a string",
            r#"{"a": "}\"]"} {}"#,
            &[r#"{"a": "}\"]"}"#, "{}"],
        ),
        (
            "strings of their own",
            r#""a" "b\\""c""#,
            &[r#""a""#, r#""b\\""#, r#""c""#],
        ),
        (
            "numbers and words",
            "1 -2.5e3 true\nnull",
            &["1", "-2.5e3", "true", "null"],
        ),
        ("a number before an object", "1{}", &["1", "{}"]),
        (
            "comments with marks in them",
            "{ // } \"\n \"a\": 1 /* ] */ } {}",
            &["{ // } \"\n \"a\": 1 /* ] */ }", "{}"],
        ),
        ("not closed", r#"{} {"a": "#, &["{}", r#"{"a":"#]),
        (
            "letters beyond ASCII",
            r#"{"é": "🦀"}{}"#,
            &[r#"{"é": "🦀"}"#, "{}"],
        ),
    ];

    #[test]
    fn values_end_where_their_brackets_do() {
        for (case, text, expected) in CASES {
            assert_eq!(split(&[text]), expected, "{case}");
        }
    }

    #[test]
    fn the_same_values_at_every_split_point() {
        for (case, text, expected) in CASES {
            for (middle, _) in text.char_indices() {
                let (left, right) = text.split_at(middle);
                assert_eq!(split(&[left, right]), expected, "{case}, at {middle}");
            }
        }
    }

    #[test]
    fn a_value_is_given_as_soon_as_it_ends() {
        let mut splitter = Splitter::default();
        splitter.push(r#"{"a": 1}"#);
        assert_eq!(splitter.next_value().as_deref(), Some(r#"{"a": 1}"#));
        assert_eq!(splitter.pending_bytes(), 0);
    }

    #[test]
    fn a_long_string_is_looked_at_once_however_many_pieces_it_comes_in() {
        let piece = "x".repeat(4096);
        let mut splitter = Splitter::default();
        let started = std::time::Instant::now();
        splitter.push("{\"a\": \"");
        for _ in 0..2048 {
            splitter.push(&piece);
            assert_eq!(splitter.next_value(), None);
        }
        splitter.push("\\\"}\"} 1");
        assert_eq!(splitter.next_value().unwrap().len(), 7 + 2048 * 4096 + 5);
        assert_eq!(splitter.next_value(), None);
        assert_eq!(splitter.finish().as_deref(), Some(" 1"));
        // From the beginning each time it would be 8 GB to look at.
        let took = started.elapsed();
        assert!(took < std::time::Duration::from_secs(10), "{took:?}");
    }

    #[test]
    fn a_long_comment_is_looked_at_once_too() {
        for (open, close) in [("/*", "*/"), ("//", "\n")] {
            let piece = "*x".repeat(2048);
            let mut splitter = Splitter::default();
            let started = std::time::Instant::now();
            splitter.push(open);
            for _ in 0..2048 {
                splitter.push(&piece);
                assert_eq!(splitter.next_value(), None);
                assert!(splitter.inside + 1 >= splitter.text.len(), "{open}");
            }
            // The end comes in two pieces where it can.
            for letter in close.chars() {
                splitter.push(&letter.to_string());
            }
            splitter.push("{}");
            let value = splitter.next_value().unwrap();
            assert!(value.starts_with(open) && value.ends_with("{}"), "{open}");
            let took = started.elapsed();
            assert!(took < std::time::Duration::from_secs(10), "{took:?}");
        }
    }
}
