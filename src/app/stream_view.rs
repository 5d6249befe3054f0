//! What of a stream is in view: columns, bookmarks, what is selected, whether the view stands still.
//!
//! Plain data that views write to; nothing is lost with it but the picture. A message is named by its
//! index in the log, never by its row: rows change with the filter.

mod columns;
mod filter;
mod place;
mod selection;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, ops::Bound, time::Duration};

use stubless_core::call::MessageLog;

pub use columns::{COLUMN_WIDTHS, Column, ColumnKind, Columns};
pub use filter::{FilterForm, FilterKind, GroupForm};
pub use place::{Place, parse_place};
pub use selection::Selection;

/// What the plots measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlotUnit {
    /// Messages a second.
    #[default]
    Messages,
    /// Bytes a second.
    Bytes,
}

/// What of a stream is in view.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StreamView {
    /// Columns of the table.
    pub columns: Columns,
    /// The picked message is shown whole beside the table.
    pub detail: bool,
    /// The view stands still: so many messages of the log are shown, and none that came later.
    pub paused_at: Option<usize>,
    /// Messages to come back to, with a name or none.
    pub bookmarks: BTreeMap<usize, String>,
    /// A message to bring into view in the next frame.
    pub reveal: Option<usize>,
    /// Messages that are selected, to save or copy them.
    pub selection: Selection,
    /// Where a selection with Shift begins.
    pub anchor: Option<usize>,
    /// The plots are shown.
    pub plots: bool,
    /// What they measure.
    pub plot_unit: PlotUnit,
    /// What is typed into the filter bar.
    pub filter: FilterForm,
    /// The groups beside the table.
    pub group: GroupForm,
    /// A time that is gone to as soon as the disk gives the lines around it, and what is picked until then.
    pub going: Option<(usize, Place)>,
    /// What is typed into the field that jumps; `None` when it is closed.
    pub jump: Option<String>,
}

impl StreamView {
    /// Another call begins: what belongs to the messages of the last one goes, what is set up stays.
    pub fn begin(&mut self) {
        *self = Self {
            columns: std::mem::take(&mut self.columns),
            plots: self.plots,
            plot_unit: self.plot_unit,
            filter: std::mem::take(&mut self.filter),
            group: std::mem::take(&mut self.group),
            ..Self::default()
        };
    }

    /// Messages of a log that are shown, without a filter.
    pub fn shown(&self, log_len: usize) -> usize {
        self.paused_at.map_or(log_len, |at| at.min(log_len))
    }

    /// Messages that came since the view was paused.
    pub fn unseen(&self, log_len: usize) -> usize {
        log_len - self.shown(log_len)
    }

    /// Pauses the view, or lets it go on.
    pub fn toggle_pause(&mut self, log_len: usize) {
        self.paused_at = match self.paused_at {
            Some(_) => None,
            None => Some(log_len),
        };
    }

    /// Sets a bookmark at a message, or takes it away.
    pub fn toggle_bookmark(&mut self, index: usize) {
        if self.bookmarks.remove(&index).is_none() {
            self.bookmarks.insert(index, String::new());
        }
    }

    /// The bookmark after a message, or before it; from the last on it begins anew.
    pub fn bookmark_from(&self, from: Option<usize>, forward: bool) -> Option<usize> {
        let marks = &self.bookmarks;
        let next = match (from, forward) {
            (Some(from), true) => marks
                .range((Bound::Excluded(from), Bound::Unbounded))
                .next(),
            (Some(from), false) => marks.range(..from).next_back(),
            (None, _) => None,
        };
        let around = || match forward {
            true => marks.first_key_value(),
            false => marks.last_key_value(),
        };
        next.or_else(around).map(|(index, _)| *index)
    }
}

/// The message a place names: the first at a time or after it, the last when all came before. `None` of
/// an empty log. Waits for no disk: where the lines lie there, it is the first of a few thousand among which
/// the message is, until they are read.
pub fn find_place(log: &MessageLog, place: Place) -> Option<usize> {
    let last = log.len().checked_sub(1)?;
    Some(match place {
        Place::Number(number) => number.saturating_sub(1).min(last),
        Place::Time(at) => first_since(log, at).min(last),
    })
}

/// The first message at a time or after it; the length of the log when there is none. Times in a log are
/// whole microseconds.
fn first_since(log: &MessageLog, at: Duration) -> usize {
    let micros = at.as_nanos().div_ceil(1000).checked_sub(1);
    let Some(before) = micros else { return 0 };
    log.len_at(Duration::from_micros(
        u64::try_from(before).unwrap_or(u64::MAX),
    ))
}
