//! What a scenario is: a script for the server, a call of ours, and how that call has to end.

use std::{future::Future, time::Duration};

use stubless_core::{call::CallOptions, grpc::Code};

use super::{
    server::{Peer, Played, Script, Seen, script},
    wire,
};

/// Which sides of the method stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unary,
    ServerStream,
    ClientStream,
    Bidi,
}

/// The next call to the same server, with the same pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// It is not made: the server does the same again.
    Not,
    /// It is OK on the connection that is there.
    SameConnection,
    /// It is OK on a new connection.
    NewConnection,
}

/// Who speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tls {
    Nobody,
    /// The client does, to a script that writes its bytes as they are.
    Client,
    /// Both do, and the server offers these protocols by ALPN.
    Both(&'static [&'static [u8]]),
}

type Check = Box<dyn Fn(&Seen) -> Result<(), String> + Send + Sync>;

/// One scripted fault.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) script: Script,
    pub(super) kind: Kind,
    pub(super) messages: Vec<Vec<u8>>,
    /// The sending side stays open after the messages.
    pub(super) keep_open: bool,
    pub(super) deadline: Option<Duration>,
    /// The connection is made before the call, so that its deadline is not used up by it.
    pub(super) connected: bool,
    pub(super) connect_limit: Option<Duration>,
    pub(super) tls: Tls,
    pub(super) options: CallOptions,
    /// Calls made at once.
    pub(super) at_once: usize,
    pub(super) code: Code,
    /// One of the calls, and only one, ends so; the others are as said beside.
    pub(super) one_of: Option<Code>,
    /// Found in the status message or on the card.
    pub(super) words: &'static [&'static str],
    pub(super) answers: Option<usize>,
    /// Attempts before the one that counted; `None` where it depends on which frame is faster.
    pub(super) attempts: Option<usize>,
    pub(super) again: Again,
    pub(super) check: Option<Check>,
}

impl Scenario {
    /// A unary call that is expected to be OK.
    pub(super) fn new<F, R>(name: &'static str, play: F) -> Self
    where
        F: Fn(Peer) -> R + Send + Sync + 'static,
        R: Future<Output = Played> + Send + 'static,
    {
        Self {
            name,
            script: script(play),
            kind: Kind::Unary,
            messages: vec![Vec::new()],
            keep_open: false,
            deadline: None,
            connected: false,
            connect_limit: None,
            tls: Tls::Nobody,
            options: CallOptions::default(),
            at_once: 1,
            code: Code::OK,
            one_of: None,
            words: &[],
            answers: None,
            attempts: Some(0),
            again: Again::Not,
            check: None,
        }
    }

    pub(super) fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    pub(super) fn messages(mut self, messages: Vec<Vec<u8>>) -> Self {
        self.messages = messages;
        self
    }

    pub(super) fn keep_open(mut self) -> Self {
        self.keep_open = true;
        self
    }

    /// A deadline that runs once the connection is there.
    pub(super) fn deadline(mut self, millis: u64) -> Self {
        self.connected = true;
        self.deadline_with_connecting(millis)
    }

    /// A deadline that runs from the start.
    pub(super) fn deadline_with_connecting(mut self, millis: u64) -> Self {
        self.deadline = Some(Duration::from_millis(millis));
        self
    }

    /// How long each step of making the connection may take.
    pub(super) fn connect_limit(mut self, millis: u64) -> Self {
        self.connect_limit = Some(Duration::from_millis(millis));
        self
    }

    pub(super) fn tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    pub(super) fn max_receive(mut self, bytes: usize) -> Self {
        self.options.max_receive_bytes = bytes;
        self
    }

    pub(super) fn at_once(mut self, calls: usize) -> Self {
        self.at_once = calls;
        self
    }

    /// How the call ends, and what it says.
    pub(super) fn ends(mut self, code: Code, words: &'static [&'static str]) -> Self {
        self.code = code;
        self.words = words;
        self
    }

    /// One of several calls ends otherwise than the rest.
    pub(super) fn one_of(mut self, code: Code) -> Self {
        self.one_of = Some(code);
        self
    }

    /// Messages that reach the log.
    pub(super) fn answers(mut self, count: usize) -> Self {
        self.answers = Some(count);
        self
    }

    pub(super) fn attempts(mut self, count: usize) -> Self {
        self.attempts = Some(count);
        self
    }

    pub(super) fn any_attempts(mut self) -> Self {
        self.attempts = None;
        self
    }

    pub(super) fn again(mut self, again: Again) -> Self {
        self.again = again;
        self
    }

    /// What the server has to have seen in the end.
    pub(super) fn saw(
        mut self,
        check: impl Fn(&Seen) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.check = Some(Box::new(check));
        self
    }
}

/// The first call gets this answer once its request has come whole; every other is answered well. The
/// connection stays as it is.
pub(super) fn answering(
    name: &'static str,
    answer: impl Fn(u32) -> Vec<u8> + Clone + Send + Sync + 'static,
) -> Scenario {
    Scenario::new(name, move |mut peer| {
        let answer = answer.clone();
        async move {
            peer.greet(&[]).await?;
            loop {
                let (stream, number) = peer.call().await?;
                let bytes = match number {
                    0 => answer(stream),
                    _ => wire::good(stream),
                };
                peer.send(bytes).await?;
            }
        }
    })
    .again(Again::SameConnection)
}

/// As [`answering`], and the connection is closed after the first answer.
pub(super) fn closing(
    name: &'static str,
    answer: impl Fn(u32) -> Vec<u8> + Clone + Send + Sync + 'static,
) -> Scenario {
    Scenario::new(name, move |mut peer| {
        let answer = answer.clone();
        async move {
            if peer.number > 0 {
                return peer.be_good().await;
            }
            peer.greet(&[]).await?;
            let stream = peer.request().await?;
            peer.send(answer(stream)).await
        }
    })
    .again(Again::NewConnection)
}

/// The first connection begins with these bytes after the client's and stays open; the next are good.
pub(super) fn beginning(name: &'static str, bytes: &'static [u8]) -> Scenario {
    Scenario::new(name, move |mut peer| async move {
        if peer.number > 0 {
            return peer.be_good().await;
        }
        peer.begun().await;
        peer.send(bytes).await?;
        peer.gone().await
    })
    .again(Again::NewConnection)
}

/// Says what was expected where something else is.
pub(super) fn expect(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}
