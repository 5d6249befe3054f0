//! The client's side: our own calls, as the program makes them, and what they came to.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use bytes::Bytes;
use stubless_core::{
    call::{
        CallOptions, Direction, Failure, Finished, MessageLog, ResolvedCall, execute,
        outcome_failure,
    },
    demo::{DESCRIPTOR_SET, Demo},
    grpc::{Code, Endpoint, Metadata, Origin, Pool, Transport, Verification},
    schema::{CallKind, Schema, load_descriptor_set},
};
use tokio::{sync::mpsc, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    scenario::{Again, Kind, Scenario, Tls, expect},
    server::Server,
    tls,
};

/// Nothing here takes this long; what does, hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// How late the end of a call with a limit of its own may be heard on a busy machine.
const SLACK: Duration = Duration::from_secs(15);

/// Steps of making a connection, each of which has the connection's limit.
const STEPS: u32 = 4;

/// What is waited for the end of a call: past its own limit, it was not heard.
fn patience(call: &ResolvedCall) -> Duration {
    let connecting = call.endpoint.connect_timeout.map(|limit| limit * STEPS);
    call.deadline
        .or(connecting)
        .map_or(LIMIT, |limit| (limit + SLACK).min(LIMIT))
}

/// What never stands in words for people: Rust's way to print, and the names of its errors.
pub(super) const PROGRAM_TEXT: [&str; 14] = [
    "b\"", " h2 ", "Reason(", "Some(", "None", "Err(", "Ok(", "Error {", "kind:", "Kind(",
    "Custom", "::", "os error", "unwrap",
];

static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| load_descriptor_set("demo", DESCRIPTOR_SET).schema);

/// A call of a method of this kind; what its messages say is of no interest here.
pub(super) fn call_to(endpoint: Endpoint, kind: Kind) -> ResolvedCall {
    let name = match kind {
        Kind::Unary => "demo.v1.Greeter/SayHello",
        Kind::ServerStream => "demo.v1.Atlas/ListPlaces",
        Kind::ClientStream => "demo.v1.Atlas/RecordTrip",
        Kind::Bidi => "demo.v1.Atlas/Converse",
    };
    let method = SCHEMA.method(name).unwrap();
    ResolvedCall {
        endpoint,
        kind: CallKind::of(&method),
        method,
        schema: SCHEMA.clone(),
        metadata: Metadata::new(),
        deadline: None,
        options: CallOptions::default(),
        messages: vec![Bytes::new()],
        keep_open: false,
    }
}

/// How a call ended, and what it left in its log.
pub(super) struct Ended {
    pub(super) finished: Finished,
    pub(super) log: MessageLog,
    pub(super) card: Option<Failure>,
}

impl Ended {
    pub(super) fn code(&self) -> Code {
        self.finished.outcome.status.code
    }

    /// Everything a person reads.
    pub(super) fn words(&self) -> String {
        let mut words = self.finished.outcome.status.message.clone();
        if let Some(card) = &self.card {
            for text in [&card.summary, &card.reason, &card.hint] {
                words.push('\n');
                words.push_str(text);
            }
        }
        words
    }
}

/// Makes a call, to its end or until nobody would wait any longer.
pub(super) async fn make(
    pool: &Pool,
    call: ResolvedCall,
    log: MessageLog,
    cancel: CancellationToken,
) -> Result<Ended, String> {
    let target = call.endpoint.authority();
    let (_control, controls) = mpsc::channel(1);
    let patience = patience(&call);
    let making = execute(pool, call, log.clone(), controls, cancel, |_| {});
    let finished = timeout(patience, making)
        .await
        .map_err(|_| format!("hangs: no end within {patience:?}"))?;
    let card = outcome_failure(&target, &finished.outcome);
    Ok(Ended {
        finished,
        log,
        card,
    })
}

pub(super) async fn make_well(pool: &Pool, endpoint: Endpoint, which: &str) -> Result<(), String> {
    let call = call_to(endpoint, Kind::Unary);
    let log = MessageLog::with_budget(1 << 20);
    let ended = make(pool, call, log, CancellationToken::new())
        .await
        .map_err(|problem| format!("{which} {problem}"))?;
    expect(ended.code() == Code::OK, || {
        format!("{which} is {}: {}", ended.code(), ended.words())
    })
}

/// Plays a scenario, then makes the next call on the same server and on a good one, all with one pool.
pub(super) async fn play(scenario: &Scenario, good: &Demo) -> Result<(), String> {
    let (transport, acceptor) = match scenario.tls {
        Tls::Nobody => (Transport::Plaintext, None),
        Tls::Client => (Transport::Tls, None),
        Tls::Both(protocols) => (Transport::Tls, Some(tls::acceptor(protocols))),
    };
    let server = Server::start_with(scenario.script.clone(), acceptor).await;
    let mut endpoint = server.endpoint(transport);
    endpoint.tls.verification = Verification::Skip;
    endpoint.connect_timeout = scenario.connect_limit;
    let call = ResolvedCall {
        deadline: scenario.deadline,
        options: scenario.options.clone(),
        keep_open: scenario.keep_open,
        messages: scenario.messages.iter().cloned().map(Bytes::from).collect(),
        ..call_to(endpoint.clone(), scenario.kind)
    };
    let pool = Arc::new(Pool::new());
    if scenario.connected {
        let made = timeout(LIMIT, pool.channel(&endpoint)).await;
        let made = made.map_err(|_| "hangs while connecting".to_owned())?;
        made.map_err(|error| format!("no connection: {error}"))?;
    }
    let mut calls = JoinSet::new();
    for _ in 0..scenario.at_once {
        let (pool, call) = (pool.clone(), call.clone());
        calls.spawn(async move {
            let log = MessageLog::with_budget(64 << 20);
            make(&pool, call, log, CancellationToken::new()).await
        });
    }
    let mut odd_one = scenario.one_of;
    for ended in calls.join_all().await {
        let ended = ended?;
        if odd_one.take_if(|code| *code == ended.code()).is_none() {
            judge(scenario, &ended)?;
        }
    }
    expect(odd_one.is_none(), || format!("no call is {odd_one:?}"))?;
    let connections = server.seen.connections();
    let expected = match scenario.again {
        Again::Not | Again::SameConnection => connections,
        Again::NewConnection => connections + 1,
    };
    if scenario.again != Again::Not {
        make_well(&pool, endpoint, "the next call to the same server").await?;
    }
    expect(server.seen.connections() == expected, || {
        let made = server.seen.connections();
        format!("{made} connections in place of {expected}")
    })?;
    let good = Endpoint::parse(&good.address().to_string(), Some(Transport::Plaintext)).unwrap();
    make_well(&pool, good, "the next call to a good server").await?;
    match &scenario.check {
        Some(check) => check(&server.seen),
        None => Ok(()),
    }
}

fn judge(scenario: &Scenario, ended: &Ended) -> Result<(), String> {
    let outcome = &ended.finished.outcome;
    let words = ended.words();
    let told = || format!("{} by {:?}: {words}", outcome.status.code, outcome.origin);
    expect(outcome.status.code == scenario.code, || {
        format!("{} expected, but {}", scenario.code, told())
    })?;
    for wanted in scenario.words {
        expect(words.contains(wanted), || {
            format!("`{wanted}` is not said: {}", told())
        })?;
    }
    let own_word = matches!(outcome.origin, Origin::Trailers | Origin::TrailersOnly);
    expect(own_word || ended.card.is_some(), || {
        format!("no card: {}", told())
    })?;
    if !own_word {
        for text in PROGRAM_TEXT {
            expect(!words.contains(text), || {
                format!("`{text}` is no word for people: {}", told())
            })?;
        }
    }
    let answers = ended.log.count(Direction::Received);
    let expected = scenario.answers.unwrap_or(answers);
    expect(answers == expected, || {
        format!("{answers} messages in place of {expected}")
    })?;
    let attempts = ended.finished.attempts.len();
    let expected = scenario.attempts.unwrap_or(attempts);
    expect(attempts == expected, || {
        format!("{attempts} repeats in place of {expected}")
    })
}
