//! Work of the engine that takes a while, as the window sees it: each with its name and a way to stop it.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use stubless_core::engine::{Job, JobId};

/// What is done sooner than this is not shown: a bar that flashes tells nothing.
const SHOWN_AFTER: Duration = Duration::from_millis(700);

/// A job with its name.
#[derive(Debug)]
pub struct RunningJob {
    /// Shared with the worker.
    pub job: Job,
    /// What it does: `Saving watch.stublesslog`.
    pub title: String,
    /// When it was asked for.
    pub since: Instant,
    /// It writes a file: there is none until it is over.
    pub is_saving: bool,
}

/// The jobs that were begun and may still run, oldest first.
#[derive(Debug, Default)]
pub struct Jobs {
    list: Vec<RunningJob>,
}

impl Jobs {
    /// Adds one; the clone goes to the engine with the command.
    pub fn start(&mut self, id: JobId, title: impl Into<String>) -> Job {
        self.add(id, title.into(), false)
    }

    /// As [`start`](Self::start), of one that writes a file.
    pub fn start_saving(&mut self, id: JobId, file: &Path) -> Job {
        let name = file.file_name().unwrap_or(file.as_os_str());
        self.add(id, format!("Saving {}", name.display()), true)
    }

    fn add(&mut self, id: JobId, title: String, is_saving: bool) -> Job {
        self.list.retain(|it| !it.job.is_over());
        let job = Job::new(id);
        self.list.push(RunningJob {
            job: job.clone(),
            title,
            since: Instant::now(),
            is_saving,
        });
        job
    }

    /// Those that run and write a file.
    pub fn saving(&self) -> impl Iterator<Item = &RunningJob> {
        self.running().filter(|it| it.is_saving)
    }

    /// Those that run and have done so for long enough to be shown.
    pub fn shown(&self) -> impl Iterator<Item = &RunningJob> {
        self.running()
            .filter(|it| it.since.elapsed() >= SHOWN_AFTER)
    }

    /// Those that run.
    pub fn running(&self) -> impl Iterator<Item = &RunningJob> {
        self.list.iter().filter(|it| !it.job.is_over())
    }

    /// Asks one to stop.
    pub fn cancel(&self, id: JobId) {
        if let Some(running) = self.list.iter().find(|it| it.job.id() == id) {
            running.job.cancel();
        }
    }

    /// Forgets one that never began: the engine did not take it.
    pub fn forget(&mut self, id: JobId) {
        self.list.retain(|it| it.job.id() != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_that_are_over_are_not_listed() {
        let mut jobs = Jobs::default();
        let stop = tokio_util::sync::CancellationToken::new();
        let (first, second) = (jobs.start(JobId(1), "One"), jobs.start(JobId(2), "Two"));
        let work = first.begin(&stop);
        assert_eq!(jobs.running().count(), 2);
        jobs.cancel(JobId(1));
        assert!(first.is_cancelled() && !second.is_cancelled());
        drop(work);
        let titles: Vec<_> = jobs.running().map(|it| it.title.as_str()).collect();
        assert_eq!(titles, ["Two"]);
        jobs.forget(JobId(2));
        assert_eq!(jobs.running().count(), 0);
    }
}
