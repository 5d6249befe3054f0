//! The answer to something that takes a while, in a slot that who asked and who works share: the window
//! looks at it once a frame, as it looks at a log.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// A piece of work and, once it is done, its answer; clones share them.
#[derive(Debug)]
pub struct Answer<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    answer: Mutex<Option<T>>,
    over: AtomicBool,
    done: AtomicU64,
    stop: AtomicBool,
}

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Answer<T> {
    fn default() -> Self {
        Self(Arc::new(Shared {
            answer: Mutex::new(None),
            over: AtomicBool::new(false),
            done: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        }))
    }
}

impl<T> Answer<T> {
    /// The answer, given once.
    pub fn take(&self) -> Option<T> {
        let mut answer = self.0.answer.lock().unwrap_or_else(PoisonError::into_inner);
        answer.take()
    }

    /// Nothing is done for it any more: the answer was given, or there is none.
    pub fn is_over(&self) -> bool {
        self.0.over.load(Ordering::Acquire)
    }

    /// How far it is, in units of its own (bytes of a search).
    pub fn done(&self) -> u64 {
        self.0.done.load(Ordering::Relaxed)
    }

    /// Asks whoever works to stop; nobody waits for the answer any more.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }

    /// Whether it is of no use any more.
    pub(super) fn is_stopped(&self) -> bool {
        self.0.stop.load(Ordering::Relaxed)
    }

    pub(super) fn progress(&self) -> (&AtomicU64, &AtomicBool) {
        (&self.0.done, &self.0.stop)
    }

    /// Gives the answer; `None` where there is none.
    pub(super) fn finish(&self, with: Option<T>) {
        *self.0.answer.lock().unwrap_or_else(PoisonError::into_inner) = with;
        self.0.over.store(true, Ordering::Release);
    }
}
