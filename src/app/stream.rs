//! A stream fed by hand: how it begins, what is sent again and again, and the list of prepared messages.

use std::{sync::Arc, time::Duration};

use stubless_core::{
    call::Failure,
    engine::{Prepared, REPEAT_EVERY, RepeatEnd, RepeatId, RepeatProgress, RepeatSpec},
    message::{Document, DocumentId},
};

use super::{Draft, NoticeId};

/// Removed messages that a tab keeps for taking the removal back.
const REMOVED_KEPT: usize = 50;

/// What Send does to a stream that the client feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StreamStart {
    /// The prepared messages leave, and the sending side is closed.
    #[default]
    SendAndClose,
    /// The prepared messages leave, and the stream stays open for more.
    SendAndKeepOpen,
    /// Nothing leaves; messages are sent by hand.
    Open,
}

impl StreamStart {
    /// All, in the order they are shown.
    pub const ALL: [Self; 3] = [Self::Open, Self::SendAndKeepOpen, Self::SendAndClose];

    /// As on screen, and what it means.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Open => ("Open", "Open the stream and send nothing yet"),
            Self::SendAndKeepOpen => (
                "Send all and keep open",
                "Send the prepared messages in order, then more by hand",
            ),
            Self::SendAndClose => (
                "Send all and half-close",
                "Send the prepared messages in order, then close the sending side",
            ),
        }
    }

    /// Whether messages can be sent by hand afterwards.
    pub fn keeps_open(self) -> bool {
        self != Self::SendAndClose
    }
}

/// What is typed for a repetition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatForm {
    /// Milliseconds from one message to the next.
    pub every: String,
    /// How many are sent; empty for no limit.
    pub count: String,
    /// All messages in turn, in place of the one shown.
    pub all: bool,
}

impl Default for RepeatForm {
    fn default() -> Self {
        Self {
            every: "1000".to_owned(),
            count: String::new(),
            all: false,
        }
    }
}

impl RepeatForm {
    /// Time between two messages.
    ///
    /// # Errors
    /// What is wrong, in one sentence.
    pub fn every(&self) -> Result<Duration, &'static str> {
        const WRONG: &str = "Write whole milliseconds, from 1 to 3600000";
        let millis: u64 = self.every.trim().parse().map_err(|_| WRONG)?;
        let every = Duration::from_millis(millis);
        REPEAT_EVERY.contains(&every).then_some(every).ok_or(WRONG)
    }

    /// How many are sent; `None` without a limit.
    ///
    /// # Errors
    /// What is wrong, in one sentence.
    pub fn count(&self) -> Result<Option<u64>, &'static str> {
        const WRONG: &str = "Write how many to send, or leave it empty for no limit";
        let text = self.count.trim();
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse() {
            Ok(count) if count > 0 => Ok(Some(count)),
            Ok(_) | Err(_) => Err(WRONG),
        }
    }
}

/// A repetition that runs or ran in a call.
#[derive(Debug)]
pub struct Repeat {
    /// Names it in events.
    pub id: RepeatId,
    /// The message that is repeated; `None` for all in turn.
    pub only: Option<DocumentId>,
    /// From one message to the next.
    pub every: Duration,
    /// After so many it ends.
    pub count: Option<u64>,
    /// How far it is.
    pub progress: RepeatProgress,
    /// Why it is over; `None` while it runs.
    pub end: Option<RepeatEnd>,
    /// What the engine was told: documents, their revisions and texts.
    told: Vec<Told>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    id: DocumentId,
    revision: u64,
    text: Arc<str>,
}

impl Repeat {
    /// A repetition of a draft's messages as they stand.
    pub(super) fn begin(
        id: RepeatId,
        draft: &Draft,
        only: Option<DocumentId>,
        every: Duration,
        count: Option<u64>,
    ) -> (Self, RepeatSpec) {
        let mut repeat = Self {
            id,
            only,
            every,
            count,
            progress: RepeatProgress::default(),
            end: None,
            told: Vec::new(),
        };
        let messages = repeat.tell(draft);
        let spec = RepeatSpec {
            id,
            messages,
            every,
            count,
        };
        (repeat, spec)
    }

    /// Whether it goes on.
    pub fn is_running(&self) -> bool {
        self.end.is_none()
    }

    /// What ended it, where that was a mistake.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.end {
            Some(RepeatEnd::Failed(failure)) => Some(failure),
            Some(_) | None => None,
        }
    }

    /// Whether the draft was edited since the engine was told.
    pub fn is_stale(&self, draft: &Draft) -> bool {
        let now = self.of(draft).map(|(_, it)| (it.id(), it.revision()));
        self.is_running() && !now.eq(self.told.iter().map(|told| (told.id, told.revision)))
    }

    /// The messages as they stand, to tell the engine. Only what was edited is copied. One that is no JSON
    /// at the moment, because it is being typed, stays as it was told last.
    pub(super) fn tell(&mut self, draft: &Draft) -> Vec<Prepared> {
        let known = std::mem::take(&mut self.told);
        let (mut messages, mut told) = (Vec::new(), Vec::new());
        for (number, document) in self.of(draft) {
            let (id, revision) = (document.id(), document.revision());
            let told_last = known.iter().find(|it| it.id == id);
            let stays = |it: &&Told| it.revision == revision || document.syntax_error().is_some();
            let text = match told_last.filter(stays) {
                Some(told) => Arc::clone(&told.text),
                None => document.text().into(),
            };
            messages.push(Prepared {
                number,
                text: Arc::clone(&text),
            });
            told.push(Told { id, revision, text });
        }
        self.told = told;
        messages
    }

    /// The engine did not take what it was told.
    pub(super) fn forget_told(&mut self) {
        self.told.clear();
    }

    fn of<'a>(
        &self,
        draft: &'a Draft,
    ) -> impl Iterator<Item = (Option<usize>, &'a Document)> + use<'a> {
        let only = self.only;
        let several = draft.messages.len() > 1;
        let numbered = draft.messages.iter().enumerate();
        numbered
            .filter(move |(_, document)| only.is_none_or(|only| document.id() == only))
            .map(move |(number, document)| (several.then_some(number), document))
    }
}

/// A message of a draft, as it stands, to send it by hand.
pub(super) fn prepared(draft: &Draft, index: usize) -> Option<Prepared> {
    let document = draft.messages.get(index)?;
    Some(Prepared {
        number: (draft.messages.len() > 1).then_some(index),
        text: document.text().into(),
    })
}

/// A message that was removed and can be put back.
#[derive(Debug)]
pub struct RemovedMessage {
    /// The notice with the button.
    pub notice: NoticeId,
    /// Where it stood.
    pub index: usize,
    /// With its history.
    pub document: Document,
}

/// Keeps a removed message; the oldest is forgotten when there are many.
pub(super) fn keep_removed(kept: &mut Vec<RemovedMessage>, removed: RemovedMessage) {
    if kept.len() >= REMOVED_KEPT {
        kept.remove(0);
    }
    kept.push(removed);
}

/// A change of the list of prepared messages, for what points into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListChange {
    Inserted(usize),
    Removed(usize),
    Moved { from: usize, to: usize },
}

impl ListChange {
    /// Where the message at an index stands afterwards; of a removed one, what takes its place.
    pub(super) fn follow(self, index: usize) -> usize {
        match self {
            Self::Inserted(at) if index >= at => index + 1,
            Self::Removed(at) if index > at => index - 1,
            Self::Moved { from, to } if index == from => to,
            Self::Moved { from, to } if from < index && index <= to => index - 1,
            Self::Moved { from, to } if to <= index && index < from => index + 1,
            Self::Inserted(_) | Self::Removed(_) | Self::Moved { .. } => index,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_points_into_the_list_follows_its_message() {
        let messages = ["a", "b", "c", "d", "e"];
        for (change, want) in [
            (
                ListChange::Inserted(2),
                vec!["a", "b", "new", "c", "d", "e"],
            ),
            (
                ListChange::Moved { from: 1, to: 3 },
                vec!["a", "c", "d", "b", "e"],
            ),
            (
                ListChange::Moved { from: 3, to: 1 },
                vec!["a", "d", "b", "c", "e"],
            ),
            (
                ListChange::Moved { from: 2, to: 2 },
                vec!["a", "b", "c", "d", "e"],
            ),
            (ListChange::Removed(2), vec!["a", "b", "d", "e"]),
        ] {
            for (index, message) in messages.iter().enumerate() {
                if change != ListChange::Removed(index) {
                    assert_eq!(want[change.follow(index)], *message, "{change:?} {message}");
                }
            }
        }
        assert_eq!(ListChange::Removed(2).follow(2), 2, "what takes its place");
    }

    #[test]
    fn a_repetition_is_read_with_its_ranges() {
        let form = |every: &str, count: &str| RepeatForm {
            every: every.to_owned(),
            count: count.to_owned(),
            all: false,
        };
        for (typed, want) in [
            ("1", Some(1)),
            (" 250 ", Some(250)),
            ("3600000", Some(3_600_000)),
            ("0", None),
            ("3600001", None),
            ("1.5", None),
            ("-1", None),
            ("", None),
        ] {
            let every = form(typed, "").every();
            assert_eq!(every.ok(), want.map(Duration::from_millis), "{typed}");
        }
        for (typed, want) in [
            ("", Some(None)),
            ("3", Some(Some(3))),
            ("0", None),
            ("many", None),
        ] {
            assert_eq!(form("1", typed).count().ok(), want, "{typed}");
        }
    }
}
