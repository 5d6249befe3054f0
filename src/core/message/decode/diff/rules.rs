//! What is no difference to the person: fields, kinds of differences, and how lists are aligned.

use std::time::Duration;

use super::path::{PathPattern, PathStep, PatternError};
use crate::workspace::CompareSettings;

/// Names of the kinds that can be ignored, as a request file has them.
const KINDS: [(&str, IgnoreKind); 4] = [
    ("@unset", IgnoreKind::Unset),
    ("@order", IgnoreKind::Order),
    ("@unknown", IgnoreKind::Unknown),
    ("@types", IgnoreKind::Types),
];

/// A kind of differences that can be ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IgnoreKind {
    /// A field is not set in one message and has its default value in the other.
    Unset,
    /// Items of a list stand in another order.
    Order,
    /// Fields that the schema does not have, and bytes that do not decode.
    Unknown,
    /// A field has another type in the other message.
    Types,
}

/// What is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IgnoreRule {
    /// A field and all below it.
    Path(PathPattern),
    /// A kind.
    Kind(IgnoreKind),
}

impl IgnoreRule {
    /// Reads a rule: a field path, or a kind as `@unset`, `@order`, `@unknown`, `@types`.
    ///
    /// # Errors
    /// [`PatternError`]
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        if let Some((_, kind)) = KINDS.iter().find(|(name, _)| *name == text) {
            return Ok(Self::Kind(*kind));
        }
        if text.starts_with('@') {
            return Err(PatternError {
                text: text.to_owned(),
                reason: "the kinds are @unset, @order, @unknown and @types",
            });
        }
        PathPattern::parse(text).map(Self::Path)
    }

    /// As a request file has it.
    pub fn text(&self) -> &str {
        match self {
            Self::Path(pattern) => pattern.text(),
            Self::Kind(kind) => KINDS
                .iter()
                .find(|(_, known)| known == kind)
                .map_or("", |(name, _)| name),
        }
    }
}

/// How the items of a list find their counterparts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ListMode {
    /// Equal items first, in order; what stands between them by position.
    #[default]
    Aligned,
    /// By position.
    Position,
    /// Without order: equal items, as often as they occur.
    Set,
    /// By a field of the item, names with dots between; items of one key in order.
    Key(Vec<String>),
}

impl ListMode {
    fn parse(text: &str) -> Result<Self, PatternError> {
        Ok(match text.trim() {
            "" | "@aligned" => Self::Aligned,
            "@position" => Self::Position,
            "@set" => Self::Set,
            key if key.starts_with('@') => {
                return Err(PatternError {
                    text: key.to_owned(),
                    reason: "lists are aligned by @aligned, @position, @set or the name of a field",
                });
            }
            key => {
                check_key(key)?;
                Self::Key(key_path(key))
            }
        })
    }
}

/// # Errors
/// It cannot be the path of a key.
fn check_key(text: &str) -> Result<(), PatternError> {
    let fail = |reason| PatternError {
        text: text.trim().to_owned(),
        reason,
    };
    for name in key_path(text) {
        if name.is_empty() {
            return Err(fail("a step has no name"));
        }
        // In brackets: the name of an extension.
        let extension = name.starts_with('[') && name.ends_with(']');
        if !extension && name.contains(['[', ']', '*', '"']) {
            return Err(fail(
                "a key is the name of one field, or names with dots between",
            ));
        }
    }
    Ok(())
}

/// The names of a key path.
pub(super) fn key_path(text: &str) -> Vec<String> {
    text.split('.').map(|name| name.trim().to_owned()).collect()
}

/// All rules of a comparison.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DiffRules {
    /// What is ignored; of several that fit, the first counts.
    pub ignore: Vec<IgnoreRule>,
    /// How lists are aligned, the first that fits.
    pub lists: Vec<(PathPattern, ListMode)>,
    /// Floats that differ by no more are equal.
    pub float_tolerance: f64,
    /// Timestamps and Durations that differ by no more are equal.
    pub time_tolerance: Duration,
}

impl DiffRules {
    /// The rules of a request file; what cannot be read is told and left out.
    pub fn of(settings: &CompareSettings) -> (Self, Vec<PatternError>) {
        let mut errors = Vec::new();
        let mut ignore = Vec::new();
        for text in &settings.ignore {
            match IgnoreRule::parse(text) {
                Ok(rule) => ignore.push(rule),
                Err(error) => errors.push(error),
            }
        }
        let mut lists = Vec::new();
        for (path, mode) in &settings.keys {
            let read = PathPattern::parse(path).and_then(|it| Ok((it, ListMode::parse(mode)?)));
            match read {
                Ok(list) => lists.push(list),
                Err(error) => errors.push(error),
            }
        }
        if let Some(Err(error)) = settings.stream_key.as_deref().map(check_key) {
            errors.push(error);
        }
        let rules = Self {
            ignore,
            lists,
            float_tolerance: settings.float_tolerance.unwrap_or_default().max(0.0),
            time_tolerance: Duration::from_millis(settings.time_tolerance_ms.unwrap_or_default()),
        };
        (rules, errors)
    }

    pub(super) fn kind(&self, wanted: IgnoreKind) -> Option<usize> {
        let is = |rule: &IgnoreRule| *rule == IgnoreRule::Kind(wanted);
        self.ignore.iter().position(is)
    }

    fn patterns(&self) -> impl Iterator<Item = &PathPattern> {
        let ignore = self.ignore.iter().filter_map(|rule| match rule {
            IgnoreRule::Path(pattern) => Some(pattern),
            IgnoreRule::Kind(_) => None,
        });
        ignore.chain(self.lists.iter().map(|(pattern, _)| pattern))
    }
}

/// How far each pattern has come on the path that is walked.
pub(super) struct Trail<'r> {
    rules: &'r DiffRules,
    /// As many states a level as there are patterns.
    states: Vec<u64>,
    width: usize,
    /// The rule that hides what stands below, by the depth it began at.
    hidden: Option<(usize, usize)>,
    depth: usize,
}

impl<'r> Trail<'r> {
    pub(super) fn new(rules: &'r DiffRules) -> Self {
        let states: Vec<u64> = rules.patterns().map(PathPattern::start).collect();
        let mut this = Self {
            rules,
            width: states.len(),
            states,
            hidden: None,
            depth: 0,
        };
        this.hidden = this.matched().map(|rule| (rule, 0));
        this
    }

    pub(super) fn enter(&mut self, step: PathStep<'_>) {
        self.depth += 1;
        if self.width == 0 {
            return;
        }
        let from = self.states.len() - self.width;
        for (at, pattern) in self.rules.patterns().enumerate() {
            let before = self.states.get(from + at).copied().unwrap_or_default();
            self.states.push(pattern.advance(before, step));
        }
        if self.hidden.is_none() {
            self.hidden = self.matched().map(|rule| (rule, self.depth));
        }
    }

    pub(super) fn leave(&mut self) {
        self.hidden = self.hidden.filter(|(_, depth)| *depth < self.depth);
        self.depth -= 1;
        self.states.truncate(self.states.len() - self.width);
    }

    /// The rule that hides what stands here.
    pub(super) fn hides(&self) -> Option<usize> {
        self.hidden.map(|(rule, _)| rule)
    }

    /// How the list that stands here is aligned.
    pub(super) fn list_mode(&self) -> &'r ListMode {
        let lists = &self.rules.lists;
        let from = self.states.len() - lists.len().min(self.states.len());
        let mut own = lists
            .iter()
            .zip(self.states.get(from..).unwrap_or_default());
        let found = own.find(|((pattern, _), state)| pattern.is_matched(**state));
        found.map_or(&ListMode::Aligned, |((_, mode), _)| mode)
    }

    fn matched(&self) -> Option<usize> {
        let from = self.states.len() - self.width;
        let mut states = self.states.get(from..).unwrap_or_default().iter();
        for (at, rule) in self.rules.ignore.iter().enumerate() {
            if let IgnoreRule::Path(pattern) = rule {
                let state = states.next()?;
                if pattern.is_matched(*state) {
                    return Some(at);
                }
            }
        }
        None
    }
}
