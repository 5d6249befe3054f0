//! Frames by chance and good answers with a few bytes wrong: whatever comes, a call ends in words, nothing
//! panics, and the next call works.
//!
//! The chance is a fixed sequence, so that a failure can be played again by its number.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use stubless_core::{
    call::MessageLog,
    grpc::{Code, Pool, Transport},
};
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    client::{self, PROGRAM_TEXT},
    scenario::{Kind, expect},
    server::{Server, script},
    wire::{
        DATA, END_HEADERS, END_STREAM, HEADERS, block, data, frame, good, head, message, settings,
        settings_ack,
    },
};

/// Connections of each sort.
const ROUNDS: u64 = 150;

/// How long a server that said nonsense waits for a request.
const PATIENCE: Duration = Duration::from_millis(100);

/// Numbers that look like chance (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.next() % 256).unwrap()
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1);
        (0..length).map(|_| self.byte()).collect()
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
}

/// Frames that are whole, of any kind, with what is likely and what is not.
fn frames(chance: &mut Chance, stream: u32) -> Vec<u8> {
    let mut all = Vec::new();
    for _ in 0..=chance.below(12) {
        let stream = chance.of(&[0, stream, stream, stream, stream + 1, stream + 2]);
        all.extend(match chance.below(8) {
            0 => head(stream),
            1 => data(stream, &message(&chance.bytes(20))),
            2 => frame(HEADERS, END_HEADERS | END_STREAM, stream, &{
                let status = chance.of(&["0", "5", "x", ""]);
                block(&[("grpc-status", status)])
            }),
            3 => frame(DATA, chance.byte(), stream, &chance.bytes(40)),
            4 => frame(HEADERS, chance.byte(), stream, &chance.bytes(40)),
            _ => {
                let kind = u8::try_from(chance.below(12)).unwrap();
                let length = chance.of(&[0, 4, 5, 6, 8, 9, 40]);
                let payload: Vec<u8> = (0..length).map(|_| chance.byte()).collect();
                frame(kind, chance.byte(), stream, &payload)
            }
        });
    }
    all
}

/// Bytes with some of them changed, left out, doubled or cut off.
fn spoilt(chance: &mut Chance, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..=chance.below(4) {
        if bytes.is_empty() {
            break;
        }
        let at = chance.below(bytes.len());
        match chance.below(5) {
            0 => bytes[at] = chance.byte(),
            1 => bytes[at] ^= 1 << chance.below(8),
            2 => drop(bytes.remove(at)),
            3 => bytes.insert(at, chance.byte()),
            _ => bytes.truncate(at),
        }
    }
    bytes
}

/// What the server says before and after the request, by the number of its round.
type Said = fn(&mut Chance, u32) -> (Vec<u8>, Vec<u8>);

fn greeting() -> Vec<u8> {
    [settings(&[(3, 100), (4, 100_000)]), settings_ack()].concat()
}

const SORTS: [(&str, Said); 3] = [
    ("frames by chance", |chance, stream| {
        (greeting(), frames(chance, stream))
    }),
    ("a spoilt answer", |chance, stream| {
        (greeting(), spoilt(chance, good(stream)))
    }),
    ("a spoilt greeting", |chance, stream| {
        (spoilt(chance, greeting()), good(stream))
    }),
];

/// Plays a round; says what is wrong with its end.
async fn play(name: &str, said: Said, round: u64) -> Result<(), String> {
    let server = Server::start(script(move |mut peer| async move {
        if peer.number > 0 {
            return peer.be_good().await;
        }
        let (before, after) = said(&mut Chance(round), 1);
        peer.begun().await;
        peer.send(before).await?;
        // A client that was told nonsense waits for more of it: it gets the end.
        let request = timeout(PATIENCE, peer.request());
        match request.await {
            Ok(request) => request.map(drop)?,
            Err(_) => return None,
        }
        peer.send(after).await
    }))
    .await;
    let pool = Pool::new();
    let endpoint = server.endpoint(Transport::Plaintext);
    let make = |kind| {
        let call = client::call_to(endpoint.clone(), kind);
        let log = MessageLog::with_budget(1 << 20);
        client::make(&pool, call, log, CancellationToken::new())
    };
    let told = |problem: String| format!("{name}, round {round}: {problem}");
    let ended = make(Kind::ServerStream).await.map_err(told)?;
    let words = ended.words();
    if ended.card.is_some()
        && let Some(text) = PROGRAM_TEXT.iter().find(|&&text| words.contains(text))
    {
        return Err(told(format!("`{text}` is no word for people: {words}")));
    }
    let mut next = make(Kind::Unary).await.map_err(told)?;
    if next.code() == Code::UNAVAILABLE {
        // It may have met the old connection just as that was closed.
        next = make(Kind::Unary).await.map_err(told)?;
    }
    expect(next.code() == Code::OK, || {
        told(format!(
            "the next call is {}: {}",
            next.code(),
            next.words()
        ))
    })
}

#[test]
fn whatever_comes_a_call_ends_and_the_next_one_works() {
    let panics = super::count_panics("random");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("random")
        .enable_all()
        .build()
        .unwrap();
    let failures = runtime.block_on(async {
        let turns = Arc::new(Semaphore::new(16));
        let mut rounds = JoinSet::new();
        for (name, said) in SORTS {
            for round in 0..ROUNDS {
                let turns = turns.clone();
                rounds.spawn(async move {
                    let _turn = turns.acquire().await;
                    play(name, said, round).await
                });
            }
        }
        let ended = rounds.join_all().await;
        ended
            .into_iter()
            .filter_map(Result::err)
            .collect::<Vec<_>>()
    });
    drop(runtime);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(panics.load(Relaxed), 0);
}
