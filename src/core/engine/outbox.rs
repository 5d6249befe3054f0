//! Events on their way to the window.
//!
//! The queue never makes a sender wait: every event answers a command, and a call has a handful, so
//! what a slow window leaves lying is as small as what it asked for. Messages are no events: they are
//! in the log. The window is woken once, however much comes before it looks.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::Event;

/// Clones share one queue.
#[derive(Clone)]
pub(super) struct Outbox {
    shared: Arc<Shared>,
}

struct Shared {
    events: Mutex<VecDeque<Event>>,
    woken: AtomicBool,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Outbox {
    pub(super) fn new(wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self {
            shared: Arc::new(Shared {
                events: Mutex::default(),
                woken: AtomicBool::new(false),
                wake,
            }),
        }
    }

    /// Adds an event and wakes the window.
    pub(super) fn push(&self, event: Event) {
        let mut events = self
            .shared
            .events
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        events.push_back(event);
        drop(events);
        self.wake();
    }

    /// Takes the oldest event. From now on the window can be woken again.
    pub(super) fn pop(&self) -> Option<Event> {
        // Before looking, not after: what comes in between wakes once too often rather than never.
        self.shared.woken.store(false, Ordering::SeqCst);
        let mut events = self
            .shared
            .events
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        events.pop_front()
    }

    /// Wakes the window unless it was woken and has not looked yet.
    pub(super) fn wake(&self) {
        if !self.shared.woken.swap(true, Ordering::SeqCst) {
            (self.shared.wake)();
        }
    }
}
