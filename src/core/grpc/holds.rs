//! Calls of a connection whose reading is held: the connection's window is larger by theirs.
//!
//! All calls share the connection's window, and what a held call leaves unread counts in it. Without more room
//! two held calls would stop all others at the target, and its health watch. Spec: RFC 9113, 6.9.1.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Waker},
};

/// How many calls are held, and who makes room for them.
#[derive(Debug, Default)]
pub(super) struct Holds {
    calls: AtomicU32,
    driver: Mutex<Option<Waker>>,
}

/// One held call, until it is dropped.
#[derive(Debug)]
pub(super) struct Hold(Arc<Holds>);

impl Holds {
    pub(super) fn hold(self: &Arc<Self>) -> Hold {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.wake();
        Hold(self.clone())
    }

    /// The calls that are held now; whoever asks is woken when that changes.
    pub(super) fn calls(&self, cx: &Context<'_>) -> u32 {
        let mut driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner);
        if !driver.as_ref().is_some_and(|it| it.will_wake(cx.waker())) {
            *driver = Some(cx.waker().clone());
        }
        drop(driver);
        // After the waker is there, so that no change is missed.
        self.calls.load(Ordering::SeqCst)
    }

    fn wake(&self) {
        let driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waker) = &*driver {
            waker.wake_by_ref();
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::SeqCst);
        self.0.wake();
    }
}
