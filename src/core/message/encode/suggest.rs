//! "Did you mean": the known name closest to what was written.

/// Names longer than this are not compared.
const MAX_NAME: usize = 64;

/// The known name that differs least, when it is close enough to be meant.
pub(crate) fn closest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if written.len() > MAX_NAME {
        return None;
    }
    let plain = fold(written);
    let limit = (plain.len() / 3).clamp(1, 3);
    known
        .filter(|name| name.len() <= MAX_NAME)
        .map(|name| (distance(&plain, &fold(name)), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Without what people mix up first: case and underscores.
fn fold(name: &str) -> Vec<char> {
    name.chars()
        .filter(|c| *c != '_' && *c != '-')
        .flat_map(char::to_lowercase)
        .collect()
}

/// Insertions, removals, replacements and swaps of neighbours between two names.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && b[j - 1] == *x {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let known = ["user_name", "userId", "email", "a"];
        for (written, want) in [
            ("userName", Some("user_name")),
            ("USER_ID", Some("userId")),
            ("emial", Some("email")),
            ("emails", Some("email")),
            ("password", None),
            ("", Some("a")),
        ] {
            assert_eq!(closest(written, known.into_iter()), want, "{written}");
        }
        assert_eq!(closest(&"x".repeat(10_000), known.into_iter()), None);
    }
}
