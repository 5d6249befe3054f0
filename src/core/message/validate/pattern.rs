//! Patterns of rules: RE2's, which protovalidate names, written for the engine we have.
//!
//! The two differ where this engine reads Unicode and RE2 reads ASCII: `\d`, `\w`, `\s` and `\b`. Compiled
//! patterns are kept for all checks, since each runs in a thread of its own.
//! Spec: RE2, "Syntax", Perl character classes.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use regex::Regex;

/// Patterns of expressions that are kept compiled.
const MAX_KEPT: usize = 256;

type Kept = HashMap<String, Arc<Regex>>;

static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

/// A pattern, compiled now or not long ago.
///
/// # Errors
/// It is none.
pub(super) fn compiled(pattern: &str) -> Result<Arc<Regex>, regex::Error> {
    known(pattern).map_or_else(|| keep(pattern), Ok)
}

/// Compiles a pattern.
///
/// # Errors
/// It is none.
fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    // What is wrong is told of the pattern as it was written.
    Regex::new(&ascii(pattern)).map_err(|error| Regex::new(pattern).err().unwrap_or(error))
}

/// A pattern that was compiled not long ago.
pub(super) fn known(pattern: &str) -> Option<Arc<Regex>> {
    kept().get(pattern).cloned()
}

/// Compiles a pattern and keeps it.
///
/// # Errors
/// It is none.
pub(super) fn keep(pattern: &str) -> Result<Arc<Regex>, regex::Error> {
    let regex = Arc::new(compile(pattern)?);
    let mut kept = kept();
    if kept.len() >= MAX_KEPT {
        kept.clear();
    }
    kept.insert(pattern.to_owned(), regex.clone());
    Ok(regex)
}

fn kept() -> std::sync::MutexGuard<'static, Kept> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The pattern with its Perl classes written out.
fn ascii(pattern: &str) -> String {
    let mut written = String::with_capacity(pattern.len());
    let mut letters = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(escaped) => match perl(escaped, in_class) {
                    Some(class) => written.push_str(class),
                    None => written.extend(['\\', escaped]),
                },
                None => written.push('\\'),
            },
            '[' if !in_class => {
                in_class = true;
                written.push('[');
                written.extend(letters.next_if_eq(&'^'));
                // At the beginning it stands for itself.
                written.extend(letters.next_if_eq(&']').map(|_| "\\]"));
            }
            '[' if letters.peek() == Some(&':') => {
                // A named class, `[:alpha:]`: its end is not that of the class around it.
                written.push('[');
                for inner in letters.by_ref() {
                    written.push(inner);
                    if inner == ']' {
                        break;
                    }
                }
            }
            ']' => {
                in_class = false;
                written.push(']');
            }
            // These have a meaning of their own in this engine's classes.
            '[' | '&' | '~' if in_class => written.extend(['\\', letter]),
            _ => written.push(letter),
        }
    }
    written
}

/// The letters that RE2 means by an escape; `None` when both engines mean the same.
fn perl(escaped: char, in_class: bool) -> Option<&'static str> {
    Some(match (escaped, in_class) {
        ('d', _) => "[0-9]",
        ('D', _) => "[^0-9]",
        ('s', _) => r"[\t\n\f\r ]",
        ('S', _) => r"[^\t\n\f\r ]",
        ('w', true) => "[0-9A-Za-z_]",
        ('W', true) => "[^0-9A-Za-z_]",
        // Without regard to case, `k` would bring the Kelvin sign with it.
        ('w', false) => "(?-i:[0-9A-Za-z_])",
        ('W', false) => "(?-i:[^0-9A-Za-z_])",
        ('b', false) => r"(?-u:\b)",
        ('B', false) => r"(?-u:\B)",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perl_classes_are_of_ascii_as_in_re2() {
        for (pattern, text, want) in [
            (r"^\w+$", "az_09", true),
            (r"^\w+$", "\u{e9}", false),
            (r"(?i)^\w+$", "\u{212a}", false),
            (r"^\W$", "\u{e9}", true),
            (r"^\W$", "a", false),
            (r"^\d+$", "2025", true),
            (r"^\d+$", "\u{663}", false),
            (r"^\D$", "\u{663}", true),
            (r"^\s$", "\u{a0}", false),
            (r"^\s$", "\t", true),
            (r"^\s$", "\u{b}", false),
            (r"^\S$", "\u{a0}", true),
            (r"^[\w.-]+$", "a.b-c", true),
            (r"^[\w.-]+$", "\u{e9}", false),
            (r"^[^\d\s]$", "\u{663}", true),
            (r"^[^\d\s]$", "5", false),
            (r"^[\D]$", "\u{663}", true),
            (r"\bcaf\b", "caf\u{e9}", true),
            (r"caf\B", "caf\u{e9}", false),
            // What looks like them and is none.
            (r"^\\d$", r"\d", true),
            (r"^\\d$", "5", false),
            (r"^[\\d]+$", r"d\", true),
            // Classes as RE2 reads them.
            (r"^[]\d]+$", "]5", true),
            (r"^[^]\d]$", "]", false),
            (r"^[[\d]+$", "[5", true),
            (r"^[a&&b]+$", "a&b", true),
            (r"^[[:alpha:]\d]+$", "a5", true),
            (r"^[[:alpha:]\d]+$", "]", false),
            (r"^\p{Greek}$", "\u{3b1}", true),
            (r"^\x{e9}$", "\u{e9}", true),
        ] {
            let regex = compile(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
            assert_eq!(regex.is_match(text), want, "{pattern} and {text:?}");
        }
        let error = compile(r"(\d").unwrap_err().to_string();
        assert!(error.contains(r"(\d") && !error.contains("0-9"), "{error}");
    }

    #[test]
    fn a_pattern_is_compiled_once_for_all_threads() {
        let pattern = "^once for all threads$";
        assert!(known(pattern).is_none());
        let compiled = std::thread::spawn(|| keep(pattern))
            .join()
            .unwrap()
            .unwrap();
        assert!(Arc::ptr_eq(&compiled, &known(pattern).unwrap()));
        assert!(keep("(").is_err() && known("(").is_none());
    }
}
