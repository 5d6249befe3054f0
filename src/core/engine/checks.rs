//! Whether large bodies fit their types, off the window's thread: one at a time, the newest alone.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio_util::task::TaskTracker;

use super::{CheckId, Event, defect, outbox::Outbox};
use crate::message::{BodyCheck, BodyReport, Diagnostic, Path};

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
            let found = spawn_blocking(move || check.run(&stopped)).await;
            outbox.push(Event::Checked(id, answer(found).map(Box::new)));
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

/// What is told of a check. One that panics is not one that was stopped: it would be asked for again at
/// once, for ever.
fn answer(found: Result<Option<BodyReport>, JoinError>) -> Option<BodyReport> {
    match found {
        Ok(report) => report,
        Err(error) if error.is_panic() => Some(not_checked()),
        Err(_) => None,
    }
}

/// The report of a check that ended in the middle.
fn not_checked() -> BodyReport {
    let failure = defect("Checking the body");
    let diagnostic = Diagnostic {
        path: Path::root(),
        range: 0..0,
        message: failure.summary,
        hint: Some(failure.hint),
        rule: None,
        fix: None,
    };
    BodyReport {
        fit: Err(vec![diagnostic]),
        rules: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_check_that_panics_is_told_as_a_defect_and_one_that_is_stopped_as_none() {
        let panicked = spawn_blocking(|| panic!("on purpose")).await;
        let report = answer(panicked).unwrap();
        let told = report.fit.unwrap_err();
        assert!(told[0].message.contains("defect"), "{told:?}");

        let stopped = tokio::spawn(std::future::pending());
        stopped.abort();
        assert_eq!(answer(stopped.await), None);
        assert_eq!(answer(Ok(None)), None);
    }
}
