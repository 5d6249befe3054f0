//! Texts that a regular expression matches.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::draw::Draw;

/// Longest text that is made, in bytes.
const LONGEST: usize = 10_000;

/// Steps that making a text may take: `(a?){4294967295}` writes nothing many times.
const MOST_STEPS: u32 = 50_000;

/// A text that a pattern matches as a whole; each repetition is up to `reach` longer than it has to be.
/// `None` where the pattern is none, or matches nothing. What stands around a match (`\b`, `^`) is left to
/// whoever tries the text.
pub(super) fn text_of(pattern: &str, reach: u32, draw: &mut Draw) -> Option<String> {
    let hir = regex_syntax::Parser::new().parse(pattern).ok()?;
    let mut writer = Writer {
        reach,
        draw,
        text: String::new(),
        steps: 0,
    };
    writer.write(&hir)?;
    Some(writer.text)
}

struct Writer<'a> {
    reach: u32,
    draw: &'a mut Draw,
    text: String,
    steps: u32,
}

impl Writer<'_> {
    fn write(&mut self, hir: &Hir) -> Option<()> {
        self.steps += 1;
        if self.text.len() > LONGEST || self.steps > MOST_STEPS {
            return None;
        }
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => self.text.push_str(str::from_utf8(&literal.0).ok()?),
            HirKind::Class(class) => {
                let c = one_of(class, self.draw)?;
                self.text.push(c);
            }
            HirKind::Repetition(repetition) => {
                let most = repetition.max.unwrap_or(u32::MAX);
                let most = most.min(repetition.min.saturating_add(self.reach));
                let count = self.draw.within(repetition.min.into(), most.into());
                for _ in 0..count {
                    self.write(&repetition.sub)?;
                }
            }
            HirKind::Capture(capture) => self.write(&capture.sub)?,
            HirKind::Concat(parts) => {
                for part in parts {
                    self.write(part)?;
                }
            }
            HirKind::Alternation(arms) => {
                let arm = arms.get(self.draw.below(arms.len()))?;
                self.write(arm)?;
            }
        }
        Some(())
    }
}

/// A character of a class: a letter or digit where it has any, else what is printable.
fn one_of(class: &Class, draw: &mut Draw) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.iter().map(|it| (it.start(), it.end())).collect(),
        Class::Bytes(class) => class
            .iter()
            .filter(|it| it.end() < 0x80)
            .map(|it| (it.start().into(), it.end().into()))
            .collect(),
    };
    let holds = |c: &char| ranges.iter().any(|(start, end)| (start..=end).contains(&c));
    let readable: Vec<char> = ('0'..='9')
        .chain('a'..='z')
        .chain('A'..='Z')
        .filter(holds)
        .collect();
    if let Some(found) = readable.get(draw.below(readable.len())) {
        return Some(*found);
    }
    let mut printable = (' '..='~').filter(holds);
    let (first, _) = ranges.first()?;
    Some(printable.next().unwrap_or(*first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_matches_the_pattern_it_is_made_of() {
        for pattern in [
            "^[A-Z]{3}-[0-9]{4,6}$",
            "^(foo|bar)+(?:baz)?$",
            r"^\d{4}-\d{2}-\d{2}$",
            r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$",
            r"^projects/[a-z][a-z0-9-]{4,28}[a-z0-9]$",
            r"^\p{Greek}+$",
            "",
            r"^\+?[1-9]\d{1,14}$",
            "(?i)^abc$",
        ] {
            let matcher = regex::Regex::new(pattern).unwrap();
            for seed in 0..50 {
                let text = text_of(pattern, seed, &mut Draw::new(seed.into())).unwrap();
                assert!(matcher.is_match(&text), "{pattern}: {text:?}");
            }
        }
        for none in ["[", "(", "[^\\s\\S]"] {
            assert_eq!(text_of(none, 3, &mut Draw::new(0)), None, "{none}");
        }
        for endless in ["a{9}{9}{9}{9}{9}", "(a?){4294967295}", "((a?){999}){999}"] {
            assert_eq!(text_of(endless, 0, &mut Draw::new(0)), None, "{endless}");
        }
    }
}
