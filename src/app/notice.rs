//! Short news at the edge of the window: what was done and can be taken back, what could not be done.

use std::collections::VecDeque;

use stubless_core::{call::Failure, message::DocumentId, workspace::Undo};

use super::TabId;

/// Older notices than this many are forgotten.
const KEPT: usize = 50;

/// A notice, unique in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NoticeId(pub u64);

/// What a notice takes back.
#[derive(Debug, Clone, PartialEq)]
pub enum TakeBack {
    /// A deletion in the workspace.
    Deletion(Undo),
    /// The removal of a prepared message of a tab.
    Message(TabId, DocumentId),
}

/// One piece of news.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Which one.
    pub id: NoticeId,
    /// What happened, in one sentence without a full stop.
    pub text: String,
    /// Why and what to try, of a failure.
    pub failure: Option<Box<Failure>>,
    /// What takes it back.
    pub undo: Option<TakeBack>,
    /// A pasted text that it offers to open.
    pub offer: Option<String>,
}

/// The notices of this run that were not dismissed, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Notices {
    list: VecDeque<Notice>,
    next: u64,
}

impl Notices {
    /// Tells that something was done.
    pub fn info(&mut self, text: impl Into<String>) -> NoticeId {
        self.push(text.into(), None, None)
    }

    /// Tells that something could not be done.
    pub fn failure(&mut self, failure: Box<Failure>) -> NoticeId {
        self.push(failure.summary.clone(), Some(failure), None)
    }

    /// Tells that something was done that can be taken back.
    pub fn can_take_back(&mut self, text: impl Into<String>, undo: TakeBack) -> NoticeId {
        self.push(text.into(), None, Some(undo))
    }

    /// Offers to open a pasted text.
    pub fn offer(&mut self, text: impl Into<String>, pasted: String) -> NoticeId {
        self.list.retain(|notice| notice.offer.is_none());
        let id = self.push(text.into(), None, None);
        if let Some(notice) = self.list.back_mut() {
            notice.offer = Some(pasted);
        }
        id
    }

    /// Takes the pasted text of an offer, and the offer away.
    pub fn take_offer(&mut self, id: NoticeId) -> Option<String> {
        let at = self.list.iter().position(|notice| notice.id == id)?;
        self.list.remove(at)?.offer
    }

    fn push(
        &mut self,
        text: String,
        failure: Option<Box<Failure>>,
        undo: Option<TakeBack>,
    ) -> NoticeId {
        // The same failure again (a server that is down, asked twice) is one notice, not two.
        self.list
            .retain(|n| n.text != text || n.undo.is_some() || n.failure != failure);
        let id = NoticeId(self.next);
        self.next += 1;
        self.list.push_back(Notice {
            id,
            text,
            failure,
            undo,
            offer: None,
        });
        while self.list.len() > KEPT {
            self.list.pop_front();
        }
        id
    }

    /// Forgets one.
    pub fn dismiss(&mut self, id: NoticeId) {
        self.list.retain(|n| n.id != id);
    }

    /// Takes the newest thing that can be taken back, or the one of `id`.
    pub fn take_undo(&mut self, id: Option<NoticeId>) -> Option<TakeBack> {
        let at = self
            .list
            .iter()
            .rposition(|n| n.undo.is_some() && id.is_none_or(|id| n.id == id))?;
        self.list.remove(at)?.undo
    }

    /// Whether something can be taken back.
    pub fn can_undo(&self) -> bool {
        self.list.iter().any(|n| n.undo.is_some())
    }

    /// Forgets what can no longer be taken back: deletions are kept only while their workspace is open.
    pub fn forget_undo(&mut self) {
        self.list.retain(|n| n.undo.is_none());
    }

    /// Forgets what would have put a message back into a tab that is gone.
    pub(super) fn forget_tab(&mut self, tab: TabId) {
        let is_of = |undo: &TakeBack| matches!(undo, TakeBack::Message(of, _) if *of == tab);
        self.list
            .retain(|notice| !notice.undo.as_ref().is_some_and(is_of));
    }

    /// All, oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Notice> + DoubleEndedIterator {
        self.list.iter()
    }
}
