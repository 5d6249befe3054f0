//! The next or the previous message that contains a text, from one on: for jumping in a table that shows all.

use std::ops::{ControlFlow, Range};

use tokio_util::sync::CancellationToken;

use super::{
    Condition, Filter, FilterError, LogTypes,
    matcher::{Matcher, Scratch, Verdict},
    run::part_of,
};
use crate::call::MessageLog;

/// Messages looked at together on the way back.
const PART_BACK: usize = 1024;

/// A text, and where to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextSearch {
    /// What is looked for, as [`Condition::Text`] does.
    pub text: String,
    /// Else `A` and `a` are the same.
    pub match_case: bool,
    /// The message that is looked at first, by its index.
    pub from: usize,
    /// Towards later messages; else towards earlier ones. At the end it goes on from the other one.
    pub forward: bool,
}

/// Where a text was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextFound {
    /// The message.
    pub index: usize,
    /// It lies behind the end of the log.
    pub wrapped: bool,
}

/// Looks for a text, once around the log as it is now. `None` when no message has it, or `stop` was
/// cancelled. Blocking: about half a second for a million messages.
///
/// # Errors
/// The text is too long to look for.
pub fn find_text(
    log: &MessageLog,
    types: &LogTypes,
    search: &TextSearch,
    stop: &CancellationToken,
) -> Result<Option<TextFound>, FilterError> {
    let filter = Filter {
        direction: None,
        condition: Some(Condition::Text {
            text: search.text.clone(),
            match_case: search.match_case,
        }),
    };
    let len = log.len();
    if search.text.is_empty() || len == 0 {
        return Ok(None);
    }
    let mut finder = Finder {
        log,
        matcher: Matcher::compile(&filter, types)?,
        scratch: Scratch::default(),
        stop,
    };
    let from = search.from.min(len - 1);
    let (near, far) = if search.forward {
        (from..len, 0..from)
    } else {
        (0..from + 1, from + 1..len)
    };
    let found = |index, wrapped| TextFound { index, wrapped };
    if let Some(index) = finder.look(near, search.forward) {
        return Ok(Some(found(index, false)));
    }
    let wrapped = finder.look(far, search.forward);
    Ok(wrapped.map(|index| found(index, true)))
}

struct Finder<'a> {
    log: &'a MessageLog,
    matcher: Matcher,
    scratch: Scratch,
    stop: &'a CancellationToken,
}

impl Finder<'_> {
    fn look(&mut self, mut range: Range<usize>, forward: bool) -> Option<usize> {
        while !range.is_empty() && !self.stop.is_cancelled() {
            let part = if forward {
                let part = part_of(self.log, range.clone());
                range.start = part.end;
                part
            } else {
                let part = range.end.saturating_sub(PART_BACK).max(range.start)..range.end;
                range.end = part.start;
                part
            };
            let found = self.part(part, forward);
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// The first match of a part, or the last.
    fn part(&mut self, part: Range<usize>, first: bool) -> Option<usize> {
        let mut found = None;
        self.log.walk(part, |index, entry, wire| {
            let verdict = self.matcher.verdict(&mut self.scratch, index, entry, wire);
            if verdict == Verdict::Yes {
                found = Some(index);
            }
            if self.stop.is_cancelled() || first && found.is_some() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        found.filter(|_| !self.stop.is_cancelled())
    }
}
