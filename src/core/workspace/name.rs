//! File names from the names people give: safe on every system the folder may be checked out on.

/// Longest stem in bytes: file systems allow 255 a name, and ours carry a number and `.json` too.
const MAX_BYTES: usize = 96;

/// Names Windows keeps for devices, whatever their extension.
const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The stem of a request's file: lower case, words joined by `-`. `Say hello!` gives `say-hello`.
pub(super) fn slug(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let cut = clip(&out).trim_end_matches('-').to_owned();
    if cut.is_empty() {
        return "request".to_owned();
    }
    unreserved(cut)
}

/// A folder's or environment's name as a file name: as given where every system allows it.
pub(super) fn sanitized(name: &str) -> String {
    let replace = |c: char| match c {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
        c if c.is_control() => '-',
        c => c,
    };
    let out: String = name.chars().map(replace).collect();
    // Windows drops dots and spaces at the end; a dot in front hides a file.
    let out = out.trim_start_matches(['.', ' ']);
    let cut = clip(out).trim_end_matches(['.', ' ']).to_owned();
    if cut.is_empty() {
        return "unnamed".to_owned();
    }
    unreserved(cut)
}

/// `stem`, or `stem-2`, `stem-3` … : the first for which `taken` is false.
pub(super) fn unique(stem: &str, mut taken: impl FnMut(&str) -> bool) -> String {
    if !taken(stem) {
        return stem.to_owned();
    }
    let mut number = 2_u64;
    loop {
        let candidate = format!("{stem}-{number}");
        if !taken(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

fn unreserved(stem: String) -> String {
    let lower = stem.to_lowercase();
    let base = lower.split('.').next().unwrap_or_default().trim_end();
    let device = |prefix: &str| {
        base.strip_prefix(prefix)
            .is_some_and(|rest| rest.chars().count() == 1 && "123456789¹²³".contains(rest))
    };
    if RESERVED.contains(&base) || device("com") || device("lpt") {
        return format!("{stem}_");
    }
    stem
}

fn clip(text: &str) -> &str {
    let mut end = text.len().min(MAX_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_safe_file_names() {
        for (case, name, slug) in [
            ("plain", "Say hello", "say-hello"),
            ("slashes", "demo.Greeter/SayHello", "demo-greeter-sayhello"),
            ("a way up", "../../etc/passwd", "etc-passwd"),
            ("a device", "CON", "con_"),
            ("a device with a number", "Lpt1", "lpt1_"),
            ("looks like a device", "Console", "console"),
            ("unicode stays", "Grüße 你好", "grüße-你好"),
            ("nothing left", "!!!", "request"),
            ("empty", "", "request"),
            ("control characters", "a\u{0}b\nc", "a-b-c"),
        ] {
            assert_eq!(super::slug(name), slug, "{case}");
        }
        let long = super::slug(&"ä".repeat(500));
        assert!(long.len() <= MAX_BYTES && !long.is_empty());
    }

    #[test]
    fn folder_names_stay_readable() {
        for (case, name, file) in [
            ("as given", "Health checks", "Health checks"),
            ("slashes", "a/b\\c", "a-b-c"),
            ("hidden", ".git", "git"),
            ("dots only", "..", "unnamed"),
            ("trailing dot", "v1.", "v1"),
            ("device with extension", "nul.txt", "nul.txt_"),
        ] {
            assert_eq!(sanitized(name), file, "{case}");
        }
    }

    #[test]
    fn taken_names_get_a_number() {
        let taken = ["a", "a-2"];
        assert_eq!(unique("a", |name| taken.contains(&name)), "a-3");
        assert_eq!(unique("b", |name| taken.contains(&name)), "b");
    }
}
