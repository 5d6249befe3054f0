//! Texts that a regular expression matches.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::draw::Draw;

/// Longest text that is made, in bytes.
const LONGEST: usize = 10_000;

/// A text that a pattern matches as a whole; each repetition is up to `reach` longer than it has to be.
/// `None` where the pattern is none, or matches nothing. What stands around a match (`\b`, `^`) is left to
/// whoever tries the text.
pub(super) fn text_of(pattern: &str, reach: u32, draw: &mut Draw) -> Option<String> {
    let hir = regex_syntax::Parser::new().parse(pattern).ok()?;
    let mut text = String::new();
    write(&hir, reach, draw, &mut text)?;
    Some(text)
}

fn write(hir: &Hir, reach: u32, draw: &mut Draw, text: &mut String) -> Option<()> {
    if text.len() > LONGEST {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(one_of(class, draw)?),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX);
            let most = most.min(repetition.min.saturating_add(reach));
            let count = draw.within(repetition.min.into(), most.into());
            for _ in 0..count {
                write(&repetition.sub, reach, draw, text)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, reach, draw, text)?,
        HirKind::Concat(parts) => {
            for part in parts {
                write(part, reach, draw, text)?;
            }
        }
        HirKind::Alternation(arms) => write(arms.get(draw.below(arms.len()))?, reach, draw, text)?,
    }
    Some(())
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
        assert_eq!(text_of("a{9}{9}{9}{9}{9}", 0, &mut Draw::new(0)), None);
    }
}
