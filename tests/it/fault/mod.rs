//! The fault server: scripted servers that break every rule of HTTP/2 and gRPC, and what our client
//! makes of each. For every scenario the status and the words are said; no call hangs, nothing
//! panics, and the next call with the same pool works, on a good server and, where the script lets it, on
//! the same one.
//!
//! One file a theme, each a list of [`Scenario`](scenario::Scenario)s; `wire` writes the frames, `server`
//! plays the scripts, `client` makes the calls.
//! Spec: RFC 9113, gRPC over HTTP/2, `http2-interop-test-descriptions.md` (the negative cases).

mod answers;
mod cancel;
mod client;
mod command_line;
mod crowd;
mod ending;
mod first_bytes;
mod floods;
mod flow;
mod framing;
mod heads;
mod interop;
mod keep_open;
mod memory;
mod overrun;
mod random;
mod scenario;
mod server;
mod settings;
mod tls;
mod together;
mod wire;

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use stubless_core::demo::{Demo, DemoOptions};
use tokio::sync::Semaphore;

use scenario::Scenario;

/// There are never fewer: a list that is forgotten above would go unnoticed.
const LEAST: usize = 300;

/// Scenarios at once: the machine has few cores, and most scenarios wait.
const AT_ONCE: usize = 24;

/// The name of the threads on which the client runs here.
const THREAD: &str = "fault";

fn all() -> Vec<Scenario> {
    [
        first_bytes::scenarios(),
        settings::scenarios(),
        ending::scenarios(),
        answers::scenarios(),
        heads::scenarios(),
        framing::scenarios(),
        flow::scenarios(),
        interop::scenarios(),
        floods::scenarios(),
        tls::scenarios(),
        together::scenarios(),
        keep_open::scenarios(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Panics on threads of this name, wherever they are caught.
fn count_panics(thread: &'static str) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() == Some(thread) {
            counter.fetch_add(1, Relaxed);
        }
        before(info);
    }));
    count
}

#[test]
fn every_fault_ends_in_time_with_its_status_and_its_words() {
    let scenarios = all();
    assert!(scenarios.len() >= LEAST, "only {}", scenarios.len());
    let names: HashSet<_> = scenarios.iter().map(|scenario| scenario.name).collect();
    assert_eq!(names.len(), scenarios.len(), "two scenarios share a name");

    let panics = count_panics(THREAD);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(THREAD)
        .enable_all()
        .build()
        .unwrap();
    let failures = runtime.block_on(play_all(scenarios));
    drop(runtime);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(panics.load(Relaxed), 0, "a task panicked");
}

/// Plays all, and says which failed and how.
async fn play_all(scenarios: Vec<Scenario>) -> Vec<String> {
    let good = Arc::new(Demo::start(DemoOptions::default()).await.unwrap());
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let failures = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = tokio::task::JoinSet::new();
    for scenario in scenarios {
        let (good, turns, failures) = (good.clone(), turns.clone(), failures.clone());
        tasks.spawn(async move {
            let _turn = turns.acquire().await;
            if let Err(problem) = client::play(&scenario, &good).await {
                let failure = format!("{}: {problem}", scenario.name);
                failures.lock().unwrap().push(failure);
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        if let Err(panic) = ended {
            failures.lock().unwrap().push(panic.to_string());
        }
    }
    let mut failures = std::mem::take(&mut *failures.lock().unwrap());
    failures.sort();
    failures
}
