//! The steps of making one connection, written down while they are taken.
//!
//! The task that dials writes; every call that waits for the dial may read at any moment. So a call
//! that failed, was cancelled or came too late knows how far its connection had come.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    ConnectError, ConnectTimings,
    trace::{Moment, Step, StepEnd, StepKind, Trace},
};

/// The steps of one connection; clones share them.
#[derive(Debug, Clone, Default)]
pub struct ConnectSteps(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    taken: Vec<Taken>,
    /// What the last name looked up to.
    addresses: Vec<IpAddr>,
}

#[derive(Debug, Clone, Copy)]
struct Taken {
    kind: StepKind,
    began: Instant,
    /// When and how; `None` while it is under way.
    ended: Option<(Instant, StepEnd)>,
}

impl Taken {
    fn took(&self) -> Duration {
        let until = self.ended.map_or_else(Instant::now, |(at, _)| at);
        until.saturating_duration_since(self.began)
    }
}

impl ConnectSteps {
    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a step, and notes how it ended. One that is dropped on the way stays unfinished.
    pub(crate) async fn take<T>(
        &self,
        kind: StepKind,
        step: impl Future<Output = Result<T, ConnectError>>,
    ) -> Result<T, ConnectError> {
        let index = {
            let taken = &mut self.lock().taken;
            taken.push(Taken {
                kind,
                began: Instant::now(),
                ended: None,
            });
            taken.len() - 1
        };
        let result = step.await;
        let end = match &result {
            Ok(_) => StepEnd::Done,
            Err(ConnectError::TimedOut { .. }) => StepEnd::TimedOut,
            Err(_) => StepEnd::Failed,
        };
        if let Some(step) = self.lock().taken.get_mut(index) {
            step.ended = Some((Instant::now(), end));
        }
        result
    }

    /// Notes what a name was looked up to.
    pub(crate) fn looked_up(&self, addresses: &[SocketAddr]) {
        self.lock().addresses = addresses.iter().map(SocketAddr::ip).collect();
    }

    /// What the last name was looked up to; empty where none was.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        self.lock().addresses.clone()
    }

    /// How long each step took; of several of a kind, together.
    pub(crate) fn timings(&self) -> ConnectTimings {
        let mut timings = ConnectTimings::default();
        for step in self.lock().taken.iter() {
            let sum = match step.kind {
                StepKind::Resolve => &mut timings.resolve,
                StepKind::Connect => &mut timings.connect,
                StepKind::Proxy => &mut timings.proxy,
                StepKind::Tls => &mut timings.tls,
                StepKind::Settings => &mut timings.settings,
            };
            *sum += step.took();
        }
        timings
    }

    /// The steps until now, in their order; times are told from `call_began`.
    pub(crate) fn told(&self, call_began: Instant) -> Vec<Step> {
        let moment = |at: Instant| {
            let micros = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
            let after = micros(at.saturating_duration_since(call_began));
            Moment::from_micros(
                after.saturating_sub(micros(call_began.saturating_duration_since(at))),
            )
        };
        let step = |taken: &Taken| Step {
            kind: taken.kind,
            at: moment(taken.began),
            took: taken.took(),
            end: taken.ended.map_or(StepEnd::Unfinished, |(_, end)| end),
        };
        self.lock().taken.iter().map(step).collect()
    }

    /// What there is to see of a connection that was not made; `None` where nothing was begun. Times
    /// are told from `call_began`.
    pub fn trace(&self, call_began: Instant) -> Option<Trace> {
        let steps = self.told(call_began);
        (!steps.is_empty()).then(|| Trace {
            steps,
            addresses: self.addresses(),
            ..Trace::default()
        })
    }
}
