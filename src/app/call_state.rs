//! The call of a tab, from Send to its end, and the texts of its messages.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use stubless_core::{
    call::{Attempt, Failure, MessageLog, StreamStats},
    engine::{CallEnd, CallId, RenderStyle},
    grpc::{CallTap, ConnectError, ConnectInfo, ResponseHead, Waiting},
    message::{DocumentId, JsonText, wire_tree::WireTree},
    schema::CallKind,
    workspace::{Inherited, RequestFile},
};

use super::{LogFile, ReflectKey, Repeat, Replay, StreamScan};

/// The memo keeps about this many bytes of text.
const MEMO_BYTES: usize = 24 << 20;
/// And no more texts than this.
const MEMO_TEXTS: usize = 4096;

/// What a call was asked to be; shown while and after it runs, whatever the draft became since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallAbout {
    /// `pkg.Service/Method`
    pub method: String,
    /// Target as written.
    pub target: String,
    /// Which sides stream; `None` when the schema did not know the method.
    pub kind: CallKind,
    /// The sending side stays open for messages sent by hand.
    pub keep_open: bool,
    /// What its head says beside the method.
    pub head: AskedHead,
}

/// What a call was asked to say in its head, without the values of its metadata: some are credentials.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AskedHead {
    /// Names of its metadata.
    pub metadata: Vec<String>,
    /// Its deadline.
    pub deadline: Option<Duration>,
    /// How its messages are compressed; empty for not at all.
    pub compression: String,
}

/// A call that is or was under way.
#[derive(Debug)]
pub struct Exchange {
    /// Its id in the engine.
    pub id: CallId,
    /// What it was asked to be.
    pub about: CallAbout,
    /// When it was started; only for showing how long it runs.
    pub since: Instant,
    /// Its messages, sent and received.
    pub log: MessageLog,
    /// Its pace over time, counted while somebody looks at it.
    pub stats: StreamStats,
    /// What looks through its log.
    pub scan: StreamScan,
    /// Reading is held by hand: what was asked for, and whether the call does so by now.
    pub hold: Hold,
    /// The connection, and whether it was open before.
    pub connection: Option<(ConnectInfo, bool)>,
    /// Initial metadata.
    pub head: Option<ResponseHead>,
    /// No more messages can be sent.
    pub half_closed: bool,
    /// The frames on the wire, and since when their times count.
    pub tap: Option<(CallTap, Instant)>,
    /// Attempts that failed, and after which another followed.
    pub attempts: Vec<Attempt>,
    /// What a call that seems to stand still waits for.
    pub waiting: Option<WaitingFor>,
    /// The file it was read from; `None` for a call of this run.
    pub file: Option<LogFile>,
    /// Its messages happen again, for the eye.
    pub replay: Option<Replay>,
    /// Reading has stopped: the log's budget is used.
    pub log_full: bool,
    /// The last message pushed by hand was not sent, and why.
    pub push_failure: Option<Box<Failure>>,
    /// The messages that were pushed last, by their documents.
    pub pushed: Vec<DocumentId>,
    /// The repetition that was begun last.
    pub repeat: Option<Repeat>,
    /// Texts for the screen.
    pub texts: TextMemo,
    /// Messages as trees of fields.
    pub trees: TreeMemo,
}

/// A pause of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hold {
    /// The person wants it.
    pub asked: bool,
    /// Nothing is read at present, and flow control holds the server once its window is full.
    pub holds: bool,
}

impl Exchange {
    /// How many messages are shown, from the first on: all, or those that had come by the moment of a replay.
    pub fn shown_len(&self, now: Instant) -> usize {
        match &self.replay {
            Some(replay) => self.log.len_at(replay.position(now)),
            None => self.log.len(),
        }
    }
}

/// Why a call that runs shows nothing new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitingFor {
    /// Nothing has come for some seconds.
    Peer(Waiting),
    /// The last attempt failed, and the next follows after a pause.
    NextAttempt {
        /// How long it waits.
        pause: Duration,
        /// Since when.
        since: Instant,
    },
}

/// What Send was pressed for: the request, the environment and the place it goes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The request as it stood.
    pub request: RequestFile,
    /// The chosen environment.
    pub environment: Option<String>,
    /// Where it goes, variables expanded.
    pub target: Option<ReflectKey>,
}

/// The life of a tab's call.
#[derive(Debug, Default)]
pub enum CallState {
    /// Nothing was sent from this tab yet.
    #[default]
    Idle,
    /// Send was pressed while the schema of the target is being read; what was asked for then is sent
    /// when that is there, and nothing else. The moment is only for showing how long it waits.
    AwaitingSchema(Box<Asked>, Instant),
    /// Handed to the engine, not yet under way.
    Starting(CallId, CallAbout),
    /// It was not sent: a mistake in the draft, or no schema.
    Rejected(Box<Failure>),
    /// Under way.
    Running(Box<Exchange>),
    /// Over.
    Ended(Box<Exchange>, Box<CallEnd>),
}

impl AskedHead {
    /// Of a call with what it inherits, and the deadline of its own.
    pub(super) fn of(effective: &Inherited, own_deadline_ms: Option<u64>) -> Self {
        let rows = effective.metadata.iter();
        let named = rows.filter(|row| row.enabled && !row.key.trim().is_empty());
        let deadline = effective.call.deadline_for(own_deadline_ms);
        let compression = effective.call.compression.clone();
        Self {
            metadata: named.map(|row| row.key.trim().to_lowercase()).collect(),
            deadline: deadline.map(Duration::from_millis),
            compression: compression
                .filter(|name| name != "identity")
                .unwrap_or_default(),
        }
    }
}

impl CallState {
    /// The call's id, while the engine knows it.
    pub fn id(&self) -> Option<CallId> {
        match self {
            Self::Idle | Self::AwaitingSchema(..) | Self::Rejected(_) => None,
            Self::Starting(id, _) => Some(*id),
            Self::Running(exchange) | Self::Ended(exchange, _) => Some(exchange.id),
        }
    }

    /// Whether Cancel makes sense.
    pub fn is_active(&self) -> bool {
        match self {
            Self::AwaitingSchema(..) | Self::Starting(..) | Self::Running(_) => true,
            Self::Idle | Self::Rejected(_) | Self::Ended(..) => false,
        }
    }

    /// What is known of the call on the wire.
    pub fn exchange(&self) -> Option<&Exchange> {
        match self {
            Self::Running(exchange) | Self::Ended(exchange, _) => Some(exchange),
            Self::Idle | Self::AwaitingSchema(..) | Self::Starting(..) | Self::Rejected(_) => None,
        }
    }

    /// The card that the response shows, if it shows one.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Rejected(failure) => Some(failure),
            Self::Ended(_, end) => end.failure.as_ref(),
            Self::Idle | Self::AwaitingSchema(..) | Self::Starting(..) | Self::Running(_) => None,
        }
    }

    /// Whether the last call to this target ended because its certificate was not accepted.
    pub fn certificate_refused(&self, target: &str) -> bool {
        let Self::Ended(exchange, end) = self else {
            return false;
        };
        let cause = end.finished.outcome.cause.as_deref();
        exchange.about.target == target && matches!(cause, Some(ConnectError::Certificate { .. }))
    }

    /// What was sent and what came, to change.
    pub fn exchange_mut(&mut self) -> Option<&mut Exchange> {
        match self {
            Self::Running(exchange) | Self::Ended(exchange, _) => Some(exchange),
            Self::Idle | Self::AwaitingSchema(..) | Self::Starting(..) | Self::Rejected(_) => None,
        }
    }

    /// Whether messages are being sent again and again.
    pub fn repeats(&self) -> bool {
        let repeat = self.exchange().and_then(|it| it.repeat.as_ref());
        repeat.is_some_and(Repeat::is_running)
    }

    /// Whether a message can be sent by hand now.
    pub fn takes_messages(&self) -> bool {
        match self {
            Self::Running(exchange) => {
                exchange.about.kind.client_streams()
                    && exchange.about.keep_open
                    && !exchange.half_closed
            }
            _ => false,
        }
    }
}

/// Messages that were opened lately as trees of fields.
#[derive(Debug, Default)]
pub struct TreeMemo {
    trees: VecDeque<(usize, WireTree)>,
    asked: HashSet<usize>,
    gone: HashSet<usize>,
}

/// Trees kept of a call: each holds the bytes of its message.
const KEPT_TREES: usize = 4;

impl TreeMemo {
    /// The tree of a message, if it is there.
    pub fn get(&self, index: usize) -> Option<&WireTree> {
        let known = self.trees.iter().find(|(known, _)| *known == index);
        known.map(|(_, tree)| tree)
    }

    /// Whether the engine could not open a message.
    pub fn is_gone(&self, index: usize) -> bool {
        self.gone.contains(&index)
    }

    /// Whether a view that shows a message has to ask for it.
    pub fn wants(&self, index: usize) -> bool {
        self.get(index).is_none() && !self.asked.contains(&index) && !self.is_gone(index)
    }

    /// Whether a message has to be asked for, once more where it could not be opened; it counts as asked for
    /// from now on.
    pub fn ask(&mut self, index: usize) -> bool {
        self.gone.remove(&index);
        self.get(index).is_none() && self.asked.insert(index)
    }

    /// The engine did not take the question.
    pub fn forget_asked(&mut self, index: usize) {
        self.asked.remove(&index);
    }

    /// Keeps an answer; `None` is a message that could not be opened.
    pub fn put(&mut self, index: usize, tree: Option<WireTree>) {
        self.asked.remove(&index);
        let Some(tree) = tree else {
            self.gone.insert(index);
            return;
        };
        self.trees.retain(|(known, _)| *known != index);
        self.trees.push_front((index, tree));
        self.trees.truncate(KEPT_TREES);
    }
}

/// Texts of messages that were shown lately. Bounded by count and bytes; the oldest are forgotten
/// and asked for again when they come back into view.
#[derive(Debug, Default)]
pub struct TextMemo {
    texts: HashMap<(usize, RenderStyle), Arc<JsonText>>,
    order: VecDeque<(usize, RenderStyle)>,
    asked: HashSet<(usize, RenderStyle)>,
    bytes: usize,
}

impl TextMemo {
    /// A text, if it is there.
    pub fn get(&self, index: usize, style: RenderStyle) -> Option<&Arc<JsonText>> {
        self.texts.get(&(index, style))
    }

    /// Whether a text is neither there nor asked for.
    pub fn wants(&self, index: usize, style: RenderStyle) -> bool {
        let key = (index, style);
        !self.texts.contains_key(&key) && !self.asked.contains(&key)
    }

    /// Of what a view wants, what is neither there nor asked for; it counts as asked for from now on.
    pub fn ask(&mut self, wanted: Vec<(usize, RenderStyle)>) -> Vec<(usize, RenderStyle)> {
        wanted
            .into_iter()
            .filter(|key| !self.texts.contains_key(key) && self.asked.insert(*key))
            .collect()
    }

    /// The engine did not take the question.
    pub fn forget_asked(&mut self, wanted: &[(usize, RenderStyle)]) {
        for key in wanted {
            self.asked.remove(key);
        }
    }

    /// Keeps an answer.
    pub fn put(&mut self, index: usize, style: RenderStyle, text: Arc<JsonText>) {
        let key = (index, style);
        self.asked.remove(&key);
        self.bytes += text.text.len();
        if let Some(old) = self.texts.insert(key, text) {
            self.bytes = self.bytes.saturating_sub(old.text.len());
            return;
        }
        self.order.push_back(key);
        // The newest stays even if it alone is over the budget: it is what is being looked at.
        while self.order.len() > 1 && (self.bytes > MEMO_BYTES || self.order.len() > MEMO_TEXTS) {
            let Some(old) = self.order.pop_front() else {
                break;
            };
            if let Some(text) = self.texts.remove(&old) {
                self.bytes = self.bytes.saturating_sub(text.text.len());
            }
        }
    }

    /// Number of texts kept.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether none are kept.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Bytes of text kept.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}
