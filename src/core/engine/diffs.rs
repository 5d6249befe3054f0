//! Comparisons of responses, off the network thread: the newest of the window's alone.
//!
//! A comparison of calls goes through their logs and tells one result; the rows of one pair of messages are
//! made when they are looked at. A comparison stops within some messages once a newer one takes its place; of
//! pairs that wait for the one that is at work, all but the newest are passed over.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::{sync::Mutex, task::spawn_blocking};
use tokio_util::task::TaskTracker;

use super::{CallId, DiffId, Event, defect, outbox::Outbox, texts::Messages};
use crate::{
    call::{
        CallFacts, DiffProgress, Direction, FactRow, Failure, StreamDiff, StreamSide,
        VOLATILE_METADATA, compare_facts, diff_streams,
    },
    message::{DiffRules, Differ, KeyPath, MessageDiff, PatternError},
    workspace::CompareSettings,
};

/// Two responses to compare.
#[derive(Debug, Clone)]
pub struct DiffSpec {
    /// The call at the left; it must not be forgotten before.
    pub left: DiffSide,
    /// The call at the right.
    pub right: DiffSide,
    /// What counts as a difference.
    pub settings: CompareSettings,
    /// How far it is; stopped when the result is not wanted any more.
    pub progress: DiffProgress,
}

/// One of two responses.
#[derive(Debug, Clone)]
pub struct DiffSide {
    /// Its call.
    pub call: CallId,
    /// How it ended.
    pub facts: Box<CallFacts>,
}

/// Two responses compared.
#[derive(Debug, Clone)]
pub struct DiffResult {
    /// Status, time and metadata.
    pub facts: Vec<FactRow>,
    /// The received messages in pairs.
    pub stream: StreamDiff,
    /// The rows of the only pair, where there is but one.
    pub only: Option<Arc<MessageDiff>>,
    /// Rules that cannot be read, and were left out.
    pub errors: Vec<PatternError>,
    /// The rules that were read, in the order of what they hid.
    pub rules: Vec<String>,
}

/// The pair of messages whose rows are asked for, as indices into both logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DiffPair {
    /// The message at the left.
    pub left: Option<usize>,
    /// The message at the right.
    pub right: Option<usize>,
}

/// The comparisons that run.
#[derive(Default)]
pub(super) struct Diffs {
    last: Option<DiffProgress>,
    pairs: Pairs,
}

/// One pair of messages is compared at a time, so that large ones take a worker and not all.
#[derive(Clone, Default)]
struct Pairs {
    turn: Arc<Mutex<()>>,
    /// Which of the questions was the last.
    newest: Arc<AtomicU64>,
}

impl Diffs {
    /// Begins a comparison, in place of the one before.
    pub(super) fn begin(
        &mut self,
        id: DiffId,
        spec: Box<DiffSpec>,
        sides: Option<[Messages; 2]>,
        tasks: &TaskTracker,
        outbox: Outbox,
    ) {
        self.stop();
        self.last = Some(spec.progress.clone());
        tasks.spawn(async move {
            let progress = spec.progress.clone();
            let found = spawn_blocking(move || compare(&spec, sides)).await;
            let answer = match found {
                Ok(Ok(Some(result))) => Ok(Box::new(result)),
                // Nobody waits for it.
                Ok(Ok(None)) => return,
                Ok(Err(failure)) => Err(failure),
                Err(_) => Err(Box::new(defect("Comparing the responses"))),
            };
            if !progress.is_stopped() {
                outbox.push(Event::DiffDone(id, answer));
            }
        });
    }

    /// Makes the rows of a pair, when the one before is done; nothing, if another is asked for until then.
    pub(super) fn pair(
        &self,
        id: DiffId,
        pair: DiffPair,
        settings: CompareSettings,
        sides: Option<[Messages; 2]>,
        outbox: Outbox,
    ) -> impl Future<Output = ()> + Send + use<> {
        let pairs = self.pairs.clone();
        let own = pairs.newest.fetch_add(1, Ordering::Relaxed) + 1;
        async move {
            let _turn = pairs.turn.lock().await;
            if pairs.newest.load(Ordering::Relaxed) != own {
                return;
            }
            let made = spawn_blocking(move || paired(pair, &settings, sides)).await;
            let answer = made.unwrap_or_else(|_| Err(Box::new(defect("Comparing two messages"))));
            outbox.push(Event::DiffRows(id, pair, answer.map(Arc::new)));
        }
    }

    /// Stops the comparison that runs.
    pub(super) fn stop(&mut self) {
        if let Some(progress) = self.last.take() {
            progress.stop();
        }
    }
}

impl Drop for Diffs {
    fn drop(&mut self) {
        self.stop();
    }
}

fn paired(
    pair: DiffPair,
    settings: &CompareSettings,
    sides: Option<[Messages; 2]>,
) -> Result<MessageDiff, Box<Failure>> {
    let sides = sides.and_then(|[left, right]| Some([side(&left)?, side(&right)?]));
    let Some([left, right]) = sides else {
        return Err(gone());
    };
    let (rules, _) = DiffRules::of(settings);
    let differ = Differ::new(left.printer.clone(), right.printer.clone(), rules);
    rows(&differ, (&left, &right), pair).ok_or_else(gone)
}

fn rows(
    differ: &Differ,
    (left, right): (&StreamSide, &StreamSide),
    pair: DiffPair,
) -> Option<MessageDiff> {
    let bytes = |side: &StreamSide, index: Option<usize>| match index {
        Some(index) => side.log.message(index),
        None => Some(bytes::Bytes::new()),
    };
    let own = bytes(left, pair.left)?;
    let other = bytes(right, pair.right)?;
    Some(differ.diff(&own, &other))
}

fn side(messages: &Messages) -> Option<StreamSide> {
    Some(StreamSide {
        log: messages.log.clone(),
        printer: messages.printer(Direction::Received)?.clone(),
    })
}

fn compare(
    spec: &DiffSpec,
    sides: Option<[Messages; 2]>,
) -> Result<Option<DiffResult>, Box<Failure>> {
    let settings = &spec.settings;
    let volatile = || VOLATILE_METADATA.map(str::to_owned).to_vec();
    let ignored = settings.ignore_metadata.clone().unwrap_or_else(volatile);
    let facts = compare_facts(&spec.left.facts, &spec.right.facts, &ignored);
    let (rules, errors) = DiffRules::of(settings);
    let names = rules.ignore.iter().map(|rule| rule.text().to_owned());
    let names: Vec<String> = names.collect();
    let Some([left, right]) = sides else {
        return Err(gone());
    };
    let mut result = DiffResult {
        facts,
        stream: StreamDiff::default(),
        only: None,
        errors,
        rules: names,
    };
    let (Some(left), Some(right)) = (side(&left), side(&right)) else {
        // A call that was not made has no messages.
        return Ok(Some(result));
    };
    let differ = Differ::new(left.printer.clone(), right.printer.clone(), rules);
    let key = settings.stream_key.as_deref().map(KeyPath::parse);
    let counted = (&differ, result.rules.len());
    let stream = diff_streams(&left, &right, key.as_ref(), counted, &spec.progress);
    let Some(stream) = stream else {
        return Ok(None);
    };
    if let [only] = stream.pairs.as_slice() {
        let pair = DiffPair {
            left: only.left(),
            right: only.right(),
        };
        result.only = rows(&differ, (&left, &right), pair).map(Arc::new);
    }
    result.stream = stream;
    Ok(Some(result))
}

fn gone() -> Box<Failure> {
    Box::new(Failure {
        summary: "A response is not there any more".to_owned(),
        reason: "its messages were let go of, or the disk no longer gives them".to_owned(),
        hint: "Make the call again, and choose the new response".to_owned(),
        ..Failure::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn of_the_pairs_that_wait_only_the_newest_is_compared() {
        let outbox = Outbox::new(Arc::new(|| {}));
        let diffs = Diffs::default();
        let busy = diffs.pairs.turn.clone().lock_owned().await;
        let asked: Vec<_> = (0..3)
            .map(|at| {
                let pair = DiffPair {
                    left: Some(at),
                    right: Some(at),
                };
                let settings = CompareSettings::default();
                tokio::spawn(diffs.pair(DiffId(1), pair, settings, None, outbox.clone()))
            })
            .collect();
        drop(busy);
        for pair in asked {
            pair.await.unwrap();
        }
        let event = outbox.pop();
        let Some(Event::DiffRows(_, pair, Err(_))) = event else {
            panic!("{event:?}");
        };
        assert_eq!(pair.left, Some(2));
        assert!(outbox.pop().is_none());
    }
}
