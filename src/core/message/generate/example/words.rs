//! The words of a name: what a field is about.

use super::Place;

/// A field's name in words, and what it belongs to.
pub(super) struct Words {
    /// Of the field, lower case: `billing`, `address`.
    all: Vec<String>,
    /// The message it stands in, lower case: `customer`.
    pub(super) owner: String,
}

impl Words {
    pub(super) fn of(place: Place<'_>) -> Self {
        let owner = split(place.message.name());
        Self {
            all: split(place.name),
            owner: owner_of(&owner),
        }
    }

    /// Whether one of them stands in the name.
    pub(super) fn has(&self, words: &[&str]) -> bool {
        self.all.iter().any(|word| words.contains(&singular(word)))
    }

    /// Whether the name ends with one of them: the last word says what a thing is.
    pub(super) fn ends(&self, words: &[&str]) -> bool {
        self.all
            .last()
            .is_some_and(|word| words.contains(&singular(word)))
    }

    /// Whether it is one word alone, one of these.
    pub(super) fn is(&self, words: &[&str]) -> bool {
        self.all.len() == 1 && self.ends(words)
    }

    /// Whether it ends with these words in a row.
    pub(super) fn ends_in(&self, words: &[&str]) -> bool {
        let Some(start) = self.all.len().checked_sub(words.len()) else {
            return false;
        };
        let tail = self.all.get(start..).unwrap_or_default();
        tail.iter()
            .zip(words)
            .all(|(own, word)| singular(own) == *word)
    }

    /// Whether it is text in itself, or about someone.
    pub(super) fn owner_is(&self, words: &[&str]) -> bool {
        words.contains(&self.owner.as_str())
    }

    /// What is named, without the last word: `customer` of `customer_id`; the owner where that is all.
    pub(super) fn subject(&self) -> String {
        match self.all.split_last() {
            Some((_, before)) if !before.is_empty() => before.join("-"),
            _ => self.owner.clone(),
        }
    }

    /// The whole name: `billing address`.
    pub(super) fn joined(&self) -> String {
        let mut all = self.all.join(" ");
        if let Some(last) = self.all.last() {
            all.truncate(all.len() - last.len());
            all.push_str(singular(last));
        }
        all
    }
}

/// What a message is about: requests and answers are about what follows the verb.
fn owner_of(words: &[String]) -> String {
    const VERBS: [&str; 14] = [
        "get", "list", "create", "update", "delete", "batch", "search", "find", "add", "remove",
        "set", "watch", "stream", "patch",
    ];
    const ENDS: [&str; 6] = ["request", "response", "req", "reply", "params", "args"];
    let kept: Vec<&str> = words
        .iter()
        .enumerate()
        .filter(|(at, word)| {
            !(ENDS.contains(&word.as_str()) || *at == 0 && VERBS.contains(&word.as_str()))
        })
        .map(|(_, word)| word.as_str())
        .collect();
    let owner = kept.join("-");
    match owner.is_empty() {
        true => "item".to_owned(),
        false => singular(&owner).to_owned(),
    }
}

/// `userID`, `user_id` and `UserId` are `user` and `id`.
fn split(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = '_';
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        if !c.is_alphanumeric() {
            before = '_';
            continue;
        }
        let next_is_lower = chars.peek().is_some_and(|next| next.is_lowercase());
        let begins = before == '_'
            || (c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit()))
            || (c.is_uppercase() && before.is_uppercase() && next_is_lower);
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words
}

fn singular(word: &str) -> &str {
    match word {
        "address" | "status" | "alias" | "bytes" | "is" | "has" | "ms" | "ns" | "us" | "nanos"
        | "micros" | "millis" | "gps" | "dns" | "news" => word,
        _ if word.ends_with("ss") || word.len() < 4 => word,
        _ if word.ends_with("sses") || word.ends_with("xes") => &word[..word.len() - 2],
        _ => word.strip_suffix('s').unwrap_or(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_into_words_however_they_are_written() {
        for (name, want) in [
            ("user_id", "user id"),
            ("userID", "user id"),
            ("UserId", "user id"),
            ("HTTPServer", "http server"),
            ("line2", "line2"),
            ("sha256Sum", "sha256 sum"),
            ("__x__", "x"),
            ("", ""),
        ] {
            assert_eq!(split(name).join(" "), want, "{name}");
        }
    }

    #[test]
    fn a_request_is_about_what_follows_its_verb() {
        for (name, want) in [
            ("GetCustomerRequest", "customer"),
            ("ListOrdersRequest", "order"),
            ("Order", "order"),
            ("CreateRequest", "item"),
            ("PaymentMethod", "payment-method"),
        ] {
            assert_eq!(owner_of(&split(name)), want, "{name}");
        }
    }
}
