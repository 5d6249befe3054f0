//! Comparing responses: those that are kept for it, the page that shows two of them, and what of the
//! result is in view.
//!
//! A response is known by its call. What the page shows, and what was pinned, is held: its messages stay
//! with the engine although the tab it came from makes another call or is closed.

use std::sync::Arc;

use stubless_core::{
    call::{CallFacts, DiffProgress, FactState, Failure, MessageLog, PairState},
    engine::{CallEnd, CallId, DiffId, DiffPair, DiffResult},
    grpc::{Metadata, ResponseHead},
    message::{DiffKind, MessageDiff, RowState},
    workspace::CompareSettings,
};

use super::{CallAbout, Draft, TabId, TextMemo};

/// What a person does about comparisons. Each variant says what follows.
#[derive(Debug, Clone)]
pub enum DiffAction {
    /// Keeps the response of a tab for a comparison.
    Pin(TabId),
    /// Lets go of a pinned response.
    Unpin(CallId),
    /// Opens the page, or brings it to the front, with the response in front at the right.
    Open,
    /// Brings the page to the front as it is.
    Front,
    /// Closes it.
    Close,
    /// Chooses what is at one side.
    Choose(DiffPlace, CallId),
    /// The left becomes the right.
    Swap,
    /// Changes what counts as a difference; kept in the request's draft.
    SetRules(Box<CompareSettings>),
    /// Shows only what differs, or all.
    ShowOnly(bool),
    /// Shows status and metadata of two streams in place of their messages.
    ShowCall(bool),
    /// Goes to the next difference, or the one before.
    Step(Towards),
    /// Chooses a line.
    Pick(usize),
    /// Chooses a pair of messages of two streams.
    PickPair(usize),
    /// Previews that came into view.
    WantPreviews(CallId, Vec<usize>),
    /// Makes the request in two environments; production is asked for before.
    RunIn(EnvironmentPair),
    /// The same: the person was asked.
    RunConfirmed(EnvironmentPair),
    /// Cancels the calls that run for the page, and the comparison.
    Stop,
    /// Puts the differences in view on the clipboard.
    Copy,
}

/// One of the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum DiffPlace {
    Left,
    Right,
}

/// A direction through the differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Towards {
    Next,
    Previous,
}

/// A request and the environments it is made in; `None` is no environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentPair {
    /// The tab with the request.
    pub tab: TabId,
    /// For the left.
    pub left: Option<String>,
    /// For the right.
    pub right: Option<String>,
}

/// How far a response is.
#[derive(Debug)]
pub enum HeldStage {
    /// The schema of its target is being read; the request as it stood when it was asked for.
    Waiting(Box<Draft>),
    /// It is on its way.
    Running,
    /// It is over.
    Ended(Box<CallFacts>),
    /// It was not made.
    Failed(Box<Failure>),
}

/// A response that is kept.
#[derive(Debug)]
pub struct HeldResponse {
    /// Its call.
    pub call: CallId,
    /// The tab whose request it answers; it may be closed.
    pub tab: TabId,
    /// The request's title.
    pub title: String,
    /// What was called.
    pub about: CallAbout,
    /// The environment that was chosen for it; of a tab's call it is not known.
    pub environment: Option<String>,
    /// Its messages.
    pub log: MessageLog,
    /// Initial metadata.
    pub head: Option<ResponseHead>,
    /// How far it is.
    pub stage: HeldStage,
    /// The person asked for it to be kept.
    pub pinned: bool,
    /// Previews of its messages.
    pub texts: TextMemo,
}

impl HeldResponse {
    /// How it ended, once it did.
    pub fn facts(&self) -> Option<&CallFacts> {
        match &self.stage {
            HeldStage::Ended(facts) => Some(facts),
            HeldStage::Waiting(_) | HeldStage::Running | HeldStage::Failed(_) => None,
        }
    }

    /// Whether it is still under way.
    pub fn is_active(&self) -> bool {
        matches!(self.stage, HeldStage::Waiting(_) | HeldStage::Running)
    }
}

/// What is to be known of a call that ended.
pub fn facts_of(head: Option<&ResponseHead>, end: &CallEnd) -> CallFacts {
    CallFacts {
        head: head.map_or_else(Metadata::default, |head| head.metadata.clone()),
        outcome: end.finished.outcome.clone(),
        total: end.finished.timings.total,
    }
}

/// The result of a comparison.
#[derive(Debug, Default)]
pub enum DiffSlot {
    /// Nothing is compared: a side is missing, or not over yet.
    #[default]
    Empty,
    /// The engine is at it.
    Running(DiffId, DiffProgress),
    /// It is there.
    Ready(DiffId, Box<DiffResult>),
    /// It could not be made.
    Failed(Box<Failure>),
}

/// The rows of the pair of messages that is looked at.
#[derive(Debug, Clone)]
pub enum PairSlot {
    /// They are being made.
    Asked,
    /// They are there.
    Ready(Arc<MessageDiff>),
    /// They could not be made.
    Failed(Box<Failure>),
}

/// A line of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffLine {
    /// Over status and metadata.
    CallTitle,
    /// One of them.
    Fact(usize),
    /// Over the fields of the message.
    MessageTitle,
    /// One of them.
    Row(usize),
    /// Differences that have no row.
    LeftOut(usize),
}

/// Two responses side by side.
#[derive(Debug, Default)]
pub struct DiffPage {
    /// The call at the left.
    pub left: Option<CallId>,
    /// The call at the right.
    pub right: Option<CallId>,
    /// What counts as a difference.
    pub rules: CompareSettings,
    /// The request that keeps the rules.
    pub tab: Option<TabId>,
    /// The result.
    pub slot: DiffSlot,
    /// The pair of messages that is shown, of streams that have several: its place among all pairs.
    pub pair: Option<usize>,
    /// The pair was chosen by going on to the next one: its row is to be scrolled to.
    pub pair_stepped: bool,
    /// Its rows.
    pub rows: Option<PairSlot>,
    /// Only what differs is shown.
    pub only: bool,
    /// The status and metadata are shown in place of messages, where there are several.
    pub call_shown: bool,
    /// The rules are shown.
    pub rules_shown: bool,
    /// A rule that is being typed.
    pub new_rule: String,
    /// The stream's key as typed, while it is.
    pub new_key: Option<String>,
    /// The chosen line.
    pub at: Option<usize>,
    /// It is to be scrolled to.
    pub reveal: bool,
    /// Lines in view.
    pub lines: Vec<DiffLine>,
    /// Of these, the places of those that tell of a difference.
    pub differing: Vec<usize>,
    /// Places of the pairs in view.
    pub pairs: Vec<usize>,
    /// The tab that was in front before; the page is in front while no tab is.
    pub before: Option<TabId>,
}

/// All there is to comparisons.
#[derive(Debug, Default)]
pub struct Diffs {
    /// Responses that are kept, the oldest first.
    pub held: Vec<HeldResponse>,
    /// The page, when it is open.
    pub page: Option<DiffPage>,
}

impl Diffs {
    /// A response that is kept.
    pub fn response(&self, call: CallId) -> Option<&HeldResponse> {
        self.held.iter().find(|held| held.call == call)
    }

    pub(super) fn response_mut(&mut self, call: CallId) -> Option<&mut HeldResponse> {
        self.held.iter_mut().find(|held| held.call == call)
    }

    /// Pinned responses, the oldest first.
    pub fn pinned(&self) -> impl DoubleEndedIterator<Item = &HeldResponse> {
        self.held.iter().filter(|held| held.pinned)
    }
}

impl DiffPage {
    /// The call at a side.
    pub fn side(&self, place: DiffPlace) -> Option<CallId> {
        match place {
            DiffPlace::Left => self.left,
            DiffPlace::Right => self.right,
        }
    }

    /// The result, once it is there.
    pub fn result(&self) -> Option<&DiffResult> {
        match &self.slot {
            DiffSlot::Ready(_, result) => Some(result),
            DiffSlot::Empty | DiffSlot::Running(..) | DiffSlot::Failed(_) => None,
        }
    }

    /// Whether the messages are a list of pairs.
    pub fn is_stream(&self) -> bool {
        self.result().is_some_and(|it| it.stream.pairs.len() > 1)
    }

    /// The fields of the messages that are shown.
    pub fn message(&self) -> Option<&MessageDiff> {
        if self.is_stream() {
            return match &self.rows {
                Some(PairSlot::Ready(rows)) => Some(rows),
                Some(PairSlot::Asked | PairSlot::Failed(_)) | None => None,
            };
        }
        self.result()?.only.as_deref()
    }

    /// The pair that is shown, of several.
    pub fn picked(&self) -> Option<DiffPair> {
        let pair = self.result()?.stream.pairs.get(self.pair?)?;
        Some(DiffPair {
            left: pair.left(),
            right: pair.right(),
        })
    }

    /// The messages whose fields are shown: the pair that is chosen, or the only one.
    pub fn shown_pair(&self) -> Option<DiffPair> {
        if self.is_stream() {
            return self.picked();
        }
        let pair = self.result()?.stream.pairs.first()?;
        Some(DiffPair {
            left: pair.left(),
            right: pair.right(),
        })
    }

    /// Whether a value of the lines that differ is cut, on screen and in their text.
    pub fn has_cut_values(&self) -> bool {
        let lines = self.lines.iter().filter(|line| self.differs(**line));
        let mut rows = lines.filter_map(|line| match line {
            DiffLine::Row(at) => self.message()?.row(*at),
            _ => None,
        });
        rows.any(|row| [row.left, row.right].into_iter().flatten().any(is_cut))
    }

    /// Whether the chosen pair is to be scrolled to; once.
    pub fn pair_moved(&mut self) -> bool {
        std::mem::take(&mut self.pair_stepped)
    }

    /// Differences among status and metadata.
    pub fn fact_differences(&self) -> usize {
        let facts = self.result().map_or(&[][..], |it| &it.facts);
        let differs = facts.iter().filter(|it| it.state == FactState::Differs);
        differs.count()
    }

    /// Differences that count, and those that are ignored: of fields and metadata, or of whole messages
    /// where there are several.
    pub fn counts(&self) -> (usize, usize) {
        let Some(result) = self.result() else {
            return (0, 0);
        };
        let facts = result.facts.iter();
        let ignored = facts.filter(|it| it.state == FactState::Ignored).count();
        let hidden: usize = result.stream.hidden.iter().sum();
        let messages = match &result.only {
            Some(only) => only.differences,
            None => {
                let stream = &result.stream;
                stream.changed + stream.only_left + stream.only_right
            }
        };
        (self.fact_differences() + messages, ignored + hidden)
    }

    /// In words: `3 differences, 1 ignored`.
    pub fn verdict(&self) -> String {
        let (differences, ignored) = self.counts();
        let word = |count: usize, word: &str| match count {
            1 => format!("1 {word}"),
            _ => format!("{} {word}s", grouped(count)),
        };
        let in_call = self.fact_differences();
        if self.is_stream() && differences > in_call {
            let mut words = match differences - in_call {
                1 => "1 message differs".to_owned(),
                count => format!("{} messages differ", grouped(count)),
            };
            if in_call > 0 {
                words += &format!(", and {} in the call", word(in_call, "thing"));
            }
            return words;
        }
        match (differences, ignored) {
            (0, 0) => "Equal".to_owned(),
            (0, ignored) => format!("Equal but for {}", word(ignored, "ignored difference")),
            (found, 0) => word(found, "difference"),
            (found, ignored) => {
                format!(
                    "{}, {} ignored",
                    word(found, "difference"),
                    grouped(ignored)
                )
            }
        }
    }

    /// Whether a line tells of a difference that counts.
    pub fn differs(&self, line: DiffLine) -> bool {
        match line {
            DiffLine::Fact(at) => self
                .result()
                .and_then(|it| it.facts.get(at))
                .is_some_and(|fact| fact.state == FactState::Differs),
            DiffLine::Row(at) => self
                .message()
                .and_then(|it| it.row(at))
                .is_some_and(|row| matches!(row.state, RowState::Differs(_))),
            DiffLine::LeftOut(_) => true,
            DiffLine::CallTitle | DiffLine::MessageTitle => false,
        }
    }

    /// Makes the lists of pairs and lines in view anew.
    pub(super) fn lay_out_all(&mut self) {
        let pairs = self.result().map_or(&[][..], |it| &it.stream.pairs);
        let pairs = pairs.iter().enumerate().filter(|(_, pair)| {
            !self.only || !matches!(pair.state, PairState::Equal | PairState::Ignored)
        });
        self.pairs = pairs.map(|(at, _)| at).collect();
        self.lay_out();
    }

    /// Makes the list of lines in view anew.
    pub(super) fn lay_out(&mut self) {
        let mut lines = Vec::new();
        let stream = self.is_stream();
        if let Some(result) = self.result() {
            if !stream || self.call_shown {
                let facts = result.facts.iter().enumerate();
                let shown = facts.filter(|(_, it)| !self.only || it.state == FactState::Differs);
                let shown: Vec<_> = shown.map(|(at, _)| DiffLine::Fact(at)).collect();
                if !shown.is_empty() && !stream {
                    lines.push(DiffLine::CallTitle);
                }
                lines.extend(shown);
            }
            if (!stream || !self.call_shown)
                && let Some(message) = self.message()
            {
                let rows = shown_rows(message, self.only);
                if !rows.is_empty() && !stream {
                    lines.push(DiffLine::MessageTitle);
                }
                lines.extend(rows.into_iter().map(DiffLine::Row));
                if message.left_out > 0 {
                    lines.push(DiffLine::LeftOut(message.left_out));
                }
            }
        }
        self.differing = (0..lines.len())
            .filter(|at| lines.get(*at).is_some_and(|line| self.differs(*line)))
            .collect();
        self.lines = lines;
        self.at = self.at.filter(|at| *at < self.lines.len());
    }

    /// What differs, for the clipboard.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.verdict());
        for line in &self.lines {
            if !self.differs(*line) {
                continue;
            }
            let (name, left, right) = match line {
                DiffLine::Fact(at) => {
                    let Some(fact) = self.result().and_then(|it| it.facts.get(*at)) else {
                        continue;
                    };
                    let (left, right) = (fact.left.as_deref(), fact.right.as_deref());
                    (fact_name(fact.place, &fact.key), left, right)
                }
                DiffLine::Row(at) => {
                    let Some(message) = self.message() else {
                        continue;
                    };
                    let Some(row) = message.row(*at) else {
                        continue;
                    };
                    let moved = row.state == RowState::Differs(DiffKind::Moved);
                    let suffix = if moved { " (moved)" } else { "" };
                    let name = format!("{}{suffix}", message.path(*at));
                    (name, row.left, row.right)
                }
                DiffLine::LeftOut(count) => {
                    text += &format!("… and {count} more\n");
                    continue;
                }
                DiffLine::CallTitle | DiffLine::MessageTitle => continue,
            };
            text += &format!("{name}\n");
            for (sign, value) in [('-', left), ('+', right)] {
                if let Some(value) = value {
                    text += &format!("  {sign} {value}\n");
                }
            }
        }
        text
    }
}

/// A number with its thousands apart, as everywhere on screen.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// Whether the text of a value is but its beginning: a whole one ends as JSON does.
pub fn is_cut(value: &str) -> bool {
    value.ends_with('…')
}

/// The name of one of the facts on screen.
pub fn fact_name(place: stubless_core::call::FactPlace, key: &str) -> String {
    use stubless_core::call::FactPlace;
    match place {
        FactPlace::Status => "Status".to_owned(),
        FactPlace::Message => "Status message".to_owned(),
        FactPlace::Duration => "Duration".to_owned(),
        FactPlace::Header => key.to_owned(),
        FactPlace::Trailer => format!("{key} (trailer)"),
    }
}

/// Rows in view: all, or what differs with what it stands below.
fn shown_rows(message: &MessageDiff, only: bool) -> Vec<usize> {
    if !only {
        return (0..message.len()).collect();
    }
    let mut shown = vec![false; message.len()];
    for (at, row) in message.rows().enumerate() {
        if !matches!(row.state, RowState::Differs(_)) {
            continue;
        }
        let mut next = Some(at);
        while let Some(at) = next
            && let Some(shown) = shown.get_mut(at).filter(|shown| !**shown)
        {
            *shown = true;
            next = message.parent(at);
        }
    }
    let shown = shown.into_iter().enumerate().filter(|(_, shown)| *shown);
    shown.map(|(at, _)| at).collect()
}

/// Where a key belongs that is used to align: a list and the path in its item, or the stream's.
pub fn key_of_path(general: &str) -> (Option<String>, String) {
    match general.rsplit_once("[*].") {
        Some((list, key)) => (Some(list.to_owned()), key.to_owned()),
        None => (None, general.to_owned()),
    }
}
