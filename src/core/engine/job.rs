//! Work that may take long enough to be watched and stopped: saving, opening, copying much.
//!
//! The window makes a [`Job`], hands a clone over with the command and looks at its own once a frame; the
//! worker tells through [`Work`] how far it is. No event is needed for that, nor for the end: a job is over
//! once its worker let go of it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use tokio_util::sync::CancellationToken;

/// A job, unique in this run of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// Work under way; clones are the same job.
#[derive(Debug, Clone)]
pub struct Job {
    id: JobId,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    done: AtomicU64,
    all: AtomicU64,
    over: AtomicBool,
    cancel: CancellationToken,
}

impl Job {
    /// A job that nobody works at yet.
    pub fn new(id: JobId) -> Self {
        Self {
            id,
            state: Arc::default(),
        }
    }

    /// Which one.
    pub fn id(&self) -> JobId {
        self.id
    }

    /// How much is done, in the worker's own unit: bytes, or messages.
    pub fn done(&self) -> u64 {
        self.state.done.load(Ordering::Relaxed)
    }

    /// How much there is to do; 0 while that is not known.
    pub fn all(&self) -> u64 {
        self.state.all.load(Ordering::Relaxed)
    }

    /// What is done of all, 0 to 1; `None` while nobody knows how much there is.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a part of a bar needs no more digits"
    )]
    pub fn fraction(&self) -> Option<f32> {
        let all = self.all();
        (all > 0).then(|| (self.done() as f64 / all as f64).min(1.0) as f32)
    }

    /// Asks the worker to stop; what it had begun to write is thrown away.
    pub fn cancel(&self) {
        self.state.cancel.cancel();
    }

    /// Whether it was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.state.cancel.is_cancelled()
    }

    /// Whether nobody works at it any more.
    pub fn is_over(&self) -> bool {
        self.state.over.load(Ordering::Acquire)
    }

    /// Begins the work; it also stops when `stop` says so. The job is over when this is dropped.
    pub fn begin(&self, stop: &CancellationToken) -> Work {
        Work {
            state: self.state.clone(),
            stop: stop.clone(),
        }
    }
}

/// The worker's end of a [`Job`].
#[derive(Debug)]
pub struct Work {
    state: Arc<State>,
    stop: CancellationToken,
}

impl Work {
    /// Says how much there is to do.
    pub fn set_all(&self, all: u64) {
        self.state.all.store(all, Ordering::Relaxed);
    }

    /// Says how much is done by now. `false` when the work is to stop.
    #[must_use]
    pub fn reached(&self, done: u64) -> bool {
        self.state.done.store(done, Ordering::Relaxed);
        self.goes_on()
    }

    /// Whether nobody asked it to stop.
    pub fn goes_on(&self) -> bool {
        !self.state.cancel.is_cancelled() && !self.stop.is_cancelled()
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_sees_how_far_it_is_and_can_stop_it() {
        let job = Job::new(JobId(7));
        let work = job.begin(&CancellationToken::new());
        assert_eq!(job.fraction(), None, "nobody knows how much there is");
        work.set_all(200);
        assert!(work.reached(50));
        assert_eq!(job.fraction(), Some(0.25));
        assert!(work.reached(300));
        assert_eq!(job.fraction(), Some(1.0), "never more than all");
        job.cancel();
        assert!(!work.reached(60));
        assert!(!job.is_over());
        drop(work);
        assert!(job.is_over());
    }

    #[test]
    fn an_engine_that_ends_stops_its_jobs() {
        let (job, stop) = (Job::new(JobId(1)), CancellationToken::new());
        let work = job.begin(&stop);
        assert!(work.goes_on());
        stop.cancel();
        assert!(!work.goes_on());
        assert!(!job.is_cancelled(), "nobody asked for that");
    }
}
