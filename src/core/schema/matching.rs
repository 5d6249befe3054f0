//! How well a few typed letters fit a name: exact, beginning, word, humps, inside, then anything that
//! holds the letters in order. Pure, and without an allocation a candidate.
//!
//! A symbol is one folded text (`pkg.Service.Method` in lower case) and the byte at which its own name
//! begins; what stands before is its scope. Of every kind of fit it holds that what fits a longer word
//! fits its beginning: a search may narrow what it found before.

/// Words of a query that count; nobody types more.
const MAX_WORDS: usize = 8;

/// Score of one step between kinds of fit; within a step, gaps and lengths decide.
const STEP: u32 = 1 << 16;

/// Set where letters merely occur in order: above every sum of steps.
const LOOSE: u32 = 1 << 31;

/// Gaps and lengths above this do not differ.
const MOST: usize = 255;

/// Kinds of fit, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// The name itself, or the end of the whole from the beginning of a part.
    Exact,
    /// The name begins with it.
    Beginning,
    /// A word of the name begins with it: `book` in `GetBook`.
    Word,
    /// Beginnings of words, one after the other: `gb` or `gebo` in `GetBook`.
    Humps,
    /// It stands inside the name.
    Inside,
    /// A part of the scope begins with it.
    ScopeWord,
    /// It stands inside the whole.
    ScopeInside,
    /// The name has its letters in order.
    Loose,
    /// Beginnings of parts of the scope and of words of the name, one after the other.
    ScopeHumps,
}

/// How badly a query fits: lower is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score(u32);

/// A query, made ready once. Words are separated by blanks; each must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    text: String,
    words: Vec<Word>,
    letters: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    bytes: Box<[u8]>,
    first: u32,
    letters: u32,
    pairs: u64,
}

impl Word {
    fn new(bytes: &[u8]) -> Self {
        let letters = bytes.iter().fold(0, |all, byte| all | letter(*byte));
        let pairs = bytes.windows(2).fold(0, |all, pair| all | pair_of(pair));
        Self {
            bytes: bytes.into(),
            first: bytes.first().map_or(0, |byte| letter(*byte)),
            letters,
            pairs,
        }
    }
}

/// What is known of a candidate beforehand, so that most are told apart without a look at their text.
/// Letters and pairs of letters are sets, a bit each; see [`letter`] and [`pair_of`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Traits {
    /// Where its own name begins, in the folded text.
    name_at: u32,
    letters: u32,
    name_letters: u32,
    /// Those with which words of the name begin.
    word_letters: u32,
    /// Those with which parts of the scope begin.
    part_letters: u32,
    pairs: u64,
    name_pairs: u64,
    /// See [`word_starts`].
    starts: u64,
}

impl Traits {
    /// Of a text as [`fold_into`] made it, and its own name as written.
    pub(super) fn of(folded: &str, name: &str) -> Self {
        let mut name_at = folded.len().saturating_sub(name.len());
        // Folding letters outside of ASCII may have changed the length.
        while !folded.is_char_boundary(name_at) {
            name_at -= 1;
        }
        let mut traits = Self {
            name_at: u32::try_from(name_at).unwrap_or(0),
            starts: word_starts(name.as_bytes()),
            ..Self::default()
        };
        let (scope, name) = folded.as_bytes().split_at(name_at);
        let mut before = b'.';
        for byte in scope {
            let letter = letter(*byte);
            traits.letters |= letter;
            if before == b'.' {
                traits.part_letters |= letter;
            }
            traits.pairs |= pair_of(&[before, *byte]);
            before = *byte;
        }
        for (at, byte) in name.iter().enumerate() {
            let letter = letter(*byte);
            traits.name_letters |= letter;
            if begins_word(traits.starts, at) {
                traits.word_letters |= letter;
            }
            let pair = pair_of(&[before, *byte]);
            match at {
                0 => traits.pairs |= pair,
                _ => traits.name_pairs |= pair,
            }
            before = *byte;
        }
        traits.letters |= traits.name_letters;
        traits.pairs |= traits.name_pairs;
        traits
    }

    fn name_at(&self) -> usize {
        self.name_at as usize
    }
}

impl Query {
    /// Takes what was typed.
    pub fn new(typed: &str) -> Self {
        let text = fold(typed);
        let words = text.split_whitespace().take(MAX_WORDS);
        // What was copied from elsewhere may begin with a dot or a slash.
        let words = words.map(|word| match word.trim_start_matches('.') {
            "" => word,
            word => word,
        });
        let words: Vec<Word> = words.map(|word| Word::new(word.as_bytes())).collect();
        let letters = words.iter().fold(0, |all, word| all | word.letters);
        Self {
            text,
            words,
            letters,
        }
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether everything that fits this fits `earlier`, too.
    pub(super) fn narrows(&self, earlier: &Self) -> bool {
        // Beyond the last word that counts, typing changes nothing that `words` shows.
        self.text.starts_with(&earlier.text)
            && earlier.words.len() <= self.words.len()
            && earlier
                .words
                .iter()
                .zip(&self.words)
                .all(|(before, now)| now.bytes.starts_with(&before.bytes))
    }

    /// How well it fits a candidate.
    pub(super) fn rank(&self, folded: &[u8], traits: &Traits) -> Option<Score> {
        if traits.letters & self.letters != self.letters {
            return None;
        }
        let mut sum = 0_u32;
        let last = self.words.len().saturating_sub(1);
        for (at, word) in self.words.iter().enumerate() {
            let (fit, gap) = fit(folded, traits, word)?;
            if fit >= Fit::Loose {
                sum |= LOOSE;
            }
            let steps = match fit {
                // As people write it: first where it is, then what it is called.
                Fit::ScopeWord if at < last => 0,
                fit => fit as u32,
            };
            let gap = u32::try_from(gap.min(MOST)).unwrap_or(0);
            sum += steps * STEP + (gap << 8);
        }
        let length = (folded.len() - traits.name_at()).min(MOST);
        Some(Score(sum + u32::try_from(length).unwrap_or(0)))
    }

    /// How well it fits a name in a scope (both may hold anything).
    pub fn score(&self, scope: &str, name: &str) -> Option<Score> {
        let mut folded = fold(scope);
        if !folded.is_empty() {
            folded.push('.');
        }
        fold_into(name, &mut folded);
        self.rank(folded.as_bytes(), &Traits::of(&folded, name))
    }

    /// The characters of a name that the query stands for, in order; of a word that does not fit the name
    /// none.
    pub fn marks(&self, name: &str) -> Vec<u32> {
        let folded = fold(name);
        let starts = word_starts(name.as_bytes());
        let mut bytes = Vec::new();
        for word in &self.words {
            mark(folded.as_bytes(), starts, &word.bytes, &mut bytes);
        }
        bytes.sort_unstable();
        bytes.dedup();
        let chars = folded.char_indices().zip(0..);
        chars
            .filter(|((at, _), _)| bytes.binary_search(at).is_ok())
            .map(|(_, index)| index)
            .collect()
    }
}

impl Score {
    /// Whether the letters merely occur in order, for some word.
    pub fn is_loose(self) -> bool {
        self.0 & LOOSE != 0
    }
}

/// In lower case, with the slash before a method as a dot.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// As [`fold`], appended. ASCII keeps its length.
pub(super) fn fold_into(text: &str, to: &mut String) {
    if !text.is_ascii() {
        for letter in text.chars() {
            match letter {
                '/' => to.push('.'),
                letter => to.extend(letter.to_lowercase()),
            }
        }
        return;
    }
    let start = to.len();
    for (at, part) in text.split('/').enumerate() {
        if at > 0 {
            to.push('.');
        }
        to.push_str(part);
    }
    if let Some(added) = to.get_mut(start..) {
        added.make_ascii_lowercase();
    }
}

/// A bit for each letter of a folded text, and a few for the rest.
fn letter(byte: u8) -> u32 {
    1 << match byte {
        b'a'..=b'z' => byte - b'a',
        b'0'..=b'4' => 26,
        b'5'..=b'9' => 27,
        b'_' => 28,
        b'.' => 29,
        _ => 30,
    }
}

/// A bit for two letters in a row; several share one. What is a part of a text has no other bits.
fn pair_of(pair: &[u8]) -> u64 {
    match pair {
        [a, b] => 1 << ((u32::from(*a) * 37 + u32::from(*b) * 11) % 64),
        _ => 0,
    }
}

/// Where words of a name begin, a bit for each of its first 64 bytes: at capitals that follow none or
/// precede a small letter (`HTTPServer` is `HTTP`, `Server`), at the first digit of a number, and after
/// anything that is neither letter nor digit.
fn word_starts(name: &[u8]) -> u64 {
    let mut starts = 0;
    for (at, &byte) in name.iter().enumerate().take(64) {
        let before = at.checked_sub(1).and_then(|before| name.get(before));
        let after = name.get(at + 1);
        let begins = match before {
            None => true,
            Some(before) if before.is_ascii_punctuation() || *before == b' ' => true,
            Some(before) if byte.is_ascii_uppercase() => {
                !before.is_ascii_uppercase() || after.is_some_and(u8::is_ascii_lowercase)
            }
            Some(before) => byte.is_ascii_digit() && !before.is_ascii_digit(),
        };
        starts |= u64::from(begins) << at;
    }
    starts
}

fn begins_word(starts: u64, at: usize) -> bool {
    at < 64 && starts >> at & 1 == 1
}

/// The best kind of fit of a word, and how far it is from the best of its kind.
fn fit(folded: &[u8], traits: &Traits, word: &Word) -> Option<(Fit, usize)> {
    let bytes = &*word.bytes;
    let (scope, name) = folded.split_at_checked(traits.name_at())?;
    let begins = traits.word_letters & word.first != 0;
    if begins && let Some(rest) = name.strip_prefix(bytes) {
        return Some(match rest {
            [] => (Fit::Exact, 0),
            _ => (Fit::Beginning, 0),
        });
    }
    let has_dot = word.letters & letter(b'.') != 0;
    if has_dot && let Some(fit) = fit_across(folded, traits, word) {
        return Some((fit, 0));
    }
    let mut inside = None;
    let in_name = traits.name_letters & word.letters == word.letters;
    if in_name && bytes.len() == 1 && !begins {
        return Some((Fit::Inside, 0));
    }
    if in_name && traits.name_pairs & word.pairs == word.pairs {
        for at in occurrences(name, bytes, 0) {
            if begins_word(traits.starts, at) {
                return Some((Fit::Word, at));
            }
            inside = inside.or(Some((Fit::Inside, at)));
        }
    }
    if in_name && begins && bytes.len() > 1 {
        let begins = |at| begins_word(traits.starts, at);
        if along_humps(name, begins, bytes, |_| {}) {
            return Some((Fit::Humps, 0));
        }
    }
    inside
        .or_else(|| fit_scope(scope, folded, traits, word))
        .or_else(|| {
            let (from, to) = in_order(name, bytes).filter(|_| in_name)?;
            Some((Fit::Loose, to - from - bytes.len()))
        })
        .or_else(|| fit_whole_humps(folded, traits, word))
}

/// A word with dots, from a part of the scope into the name.
fn fit_across(folded: &[u8], traits: &Traits, word: &Word) -> Option<Fit> {
    if traits.pairs & word.pairs != word.pairs {
        return None;
    }
    let from = (traits.name_at() + 1).saturating_sub(word.bytes.len());
    let mut places = occurrences(folded, &word.bytes, from);
    let at = places.find(|at| begins_part(folded, *at))?;
    if at >= traits.name_at() {
        return None;
    }
    Some(match at + word.bytes.len() == folded.len() {
        true => Fit::Exact,
        false => Fit::Beginning,
    })
}

/// A word that stands in the scope as it is, or across its end.
fn fit_scope(scope: &[u8], folded: &[u8], traits: &Traits, word: &Word) -> Option<(Fit, usize)> {
    if traits.pairs & word.pairs != word.pairs {
        return None;
    }
    let mut inside = None;
    for at in occurrences(folded, &word.bytes, 0) {
        if begins_part(folded, at) {
            return Some((Fit::ScopeWord, scope.len().saturating_sub(at)));
        }
        inside = Some((Fit::ScopeInside, 0));
        if traits.part_letters & word.first == 0 {
            break;
        }
    }
    inside
}

/// Beginnings of parts and words over the whole.
fn fit_whole_humps(folded: &[u8], traits: &Traits, word: &Word) -> Option<(Fit, usize)> {
    if (traits.part_letters | traits.word_letters) & word.first == 0 {
        return None;
    }
    let begins = |at: usize| match at.checked_sub(traits.name_at()) {
        Some(in_name) => begins_word(traits.starts, in_name),
        None => begins_part(folded, at),
    };
    along_humps(folded, begins, &word.bytes, |_| {}).then_some((Fit::ScopeHumps, 0))
}

fn begins_part(folded: &[u8], at: usize) -> bool {
    at.checked_sub(1)
        .is_none_or(|before| folded.get(before) == Some(&b'.'))
}

/// Where a word stands in a text, from a byte on.
fn occurrences<'a>(
    text: &'a [u8],
    word: &'a [u8],
    from: usize,
) -> impl Iterator<Item = usize> + 'a {
    let first = word.first().copied();
    let end = (text.len() + 1).saturating_sub(word.len());
    let starts = text.get(from..end).unwrap_or_default().iter().zip(from..);
    starts
        .filter(move |(byte, _)| Some(**byte) == first)
        .map(|(_, at)| at)
        .filter(move |&at| text.get(at..at + word.len()) == Some(word))
}

/// Whether a word is made of beginnings of words, in order: each letter either follows the one before or
/// begins a later word. Tells the byte of each letter. Takes the first way that offers itself, so that a
/// name made to be hard costs no more than others.
fn along_humps(
    text: &[u8],
    begins: impl Fn(usize) -> bool,
    word: &[u8],
    mut tell: impl FnMut(usize),
) -> bool {
    let mut next = 0;
    for (position, letter) in word.iter().enumerate() {
        let follows = position > 0 && text.get(next) == Some(letter);
        if !follows {
            let rest = text.get(next..).unwrap_or_default();
            let mut places = rest.iter().zip(next..);
            let Some((_, at)) = places.find(|(byte, at)| *byte == letter && begins(*at)) else {
                return false;
            };
            next = at;
        }
        tell(next);
        next += 1;
    }
    true
}

/// The shortest stretch, ending where the letters of a word first have all come, that has them in order.
fn in_order(text: &[u8], word: &[u8]) -> Option<(usize, usize)> {
    let mut wanted = word.iter();
    let mut letter = wanted.next()?;
    let mut end = None;
    for (at, byte) in text.iter().enumerate() {
        if byte == letter {
            match wanted.next() {
                Some(next) => letter = next,
                None => {
                    end = Some(at + 1);
                    break;
                }
            }
        }
    }
    let end = end?;
    let mut from = end;
    for letter in word.iter().rev() {
        from = text.get(..from)?.iter().rposition(|byte| byte == letter)?;
    }
    Some((from, end))
}

/// Adds the bytes of a text that a word stands for.
fn mark(folded: &[u8], starts: u64, word: &[u8], bytes: &mut Vec<usize>) {
    let at_word = occurrences(folded, word, 0).find(|&at| begins_word(starts, at));
    if let Some(at) = at_word {
        bytes.extend(at..at + word.len());
        return;
    }
    let before = bytes.len();
    if along_humps(
        folded,
        |at| begins_word(starts, at),
        word,
        |at| bytes.push(at),
    ) {
        return;
    }
    bytes.truncate(before);
    if let Some(at) = occurrences(folded, word, 0).next() {
        bytes.extend(at..at + word.len());
        return;
    }
    let Some((mut at, to)) = in_order(folded, word) else {
        return;
    };
    for letter in word {
        let rest = folded.get(at..to).unwrap_or_default();
        let Some(step) = rest.iter().position(|byte| byte == letter) else {
            return;
        };
        bytes.push(at + step);
        at += step + 1;
    }
}

#[cfg(test)]
mod tests;
