//! Whether large bodies fit their types, off the window's thread: one at a time, the newest alone.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::task::TaskTracker;

use super::{CheckId, Event, outbox::Outbox};
use crate::message::BodyCheck;

/// The check that runs, or ran last.
#[derive(Default)]
pub(super) struct Checks {
    last: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Checks {
    /// Begins a check, once the one before let go of its text.
    pub(super) fn begin(
        &mut self,
        id: CheckId,
        check: Box<BodyCheck>,
        tasks: &TaskTracker,
        outbox: Outbox,
    ) {
        self.stop();
        let before = self.last.take();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let task = tasks.spawn(async move {
            if let Some((_, before)) = before {
                let _ = before.await;
            }
            // A body that makes us panic is as one that was not checked.
            let fit = spawn_blocking(move || check.run(&stopped)).await;
            outbox.push(Event::Checked(id, fit.ok().flatten().map(Box::new)));
        });
        self.last = Some((stop, task));
    }

    /// Stops the check that runs.
    pub(super) fn stop(&self) {
        if let Some((stop, _)) = &self.last {
            stop.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Checks {
    fn drop(&mut self) {
        self.stop();
    }
}
