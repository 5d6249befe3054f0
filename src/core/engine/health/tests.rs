//! Watches of real servers: what they tell, and what the servers see.

use std::{future::poll_fn, time::Duration};

use h2::server;
use http::Response;
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

use super::*;
use crate::demo::{Demo, DemoOptions};

/// Nothing here takes this long.
const LIMIT: Duration = Duration::from_secs(30);

struct Session {
    healths: Healths,
    outbox: Outbox,
    news: Arc<Notify>,
}

impl Session {
    fn new() -> Self {
        let news = Arc::new(Notify::new());
        let wake = news.clone();
        let outbox = Outbox::new(Arc::new(move || wake.notify_one()));
        let pool = Arc::new(Pool::new());
        Self {
            healths: Healths::new(
                pool,
                TaskTracker::new(),
                CancellationToken::new(),
                outbox.clone(),
            ),
            outbox,
            news,
        }
    }

    async fn event(&self) -> Event {
        let event = async {
            loop {
                if let Some(event) = self.outbox.pop() {
                    return event;
                }
                self.news.notified().await;
            }
        };
        timeout(LIMIT, event).await.expect("an event")
    }

    async fn state(&self) -> HealthState {
        match self.event().await {
            Event::HealthChanged(ONE, change) => change.state,
            other => panic!("{other:?}"),
        }
    }

    fn start(&mut self, target: &str, service: &str) {
        self.healths.start(ONE, spec(target, service), None);
    }
}

const ONE: HealthId = HealthId(1);

fn spec(target: &str, service: &str) -> HealthSpec {
    HealthSpec {
        target: target.to_owned(),
        settings: TargetSettings::default(),
        metadata: Vec::new(),
        scope: Scope::default(),
        base: PathBuf::new(),
        service: service.to_owned(),
    }
}

async fn demo() -> Demo {
    Demo::start(DemoOptions::default()).await.unwrap()
}

/// A server that answers its first call as a test wants.
async fn answering<F, R>(answer: F) -> SocketAddr
where
    F: FnOnce(server::SendResponse<Bytes>) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut connection = server::handshake(socket).await.unwrap();
        let (_request, respond) = connection.accept().await.unwrap().unwrap();
        let answering = answer(respond);
        let more = async { while connection.accept().await.is_some() {} };
        tokio::join!(answering, more);
    });
    address
}

fn grpc(pairs: &[(&'static str, &'static str)]) -> Response<()> {
    let mut response = Response::builder().header("content-type", "application/grpc");
    for (key, value) in pairs {
        response = response.header(*key, *value);
    }
    response.body(()).unwrap()
}

#[tokio::test]
async fn changes_of_the_server_and_of_a_service_arrive() {
    let demo = demo().await;
    let target = demo.address().to_string();
    let serving = HealthState::Said(Serving::Serving);
    let not_serving = HealthState::Said(Serving::NotServing);
    let mut session = Session::new();
    session.start(&target, "");
    assert_eq!(session.state().await, HealthState::Asking);
    assert_eq!(session.state().await, serving);
    demo.set_serving("", false).await;
    assert_eq!(session.state().await, not_serving);
    demo.set_serving("", true).await;
    assert_eq!(session.state().await, serving);

    // Another service in its place: one that the server comes to know later.
    session.start(&target, "later.Service");
    assert_eq!(session.state().await, HealthState::Asking);
    let unknown = HealthState::Said(Serving::ServiceUnknown);
    assert_eq!(session.state().await, unknown);
    demo.set_serving("later.Service", true).await;
    // This server ends the watch of a service that it does not know: it is begun again.
    session.healths.look(ONE);
    assert_eq!(session.state().await, HealthState::Asking);
    assert_eq!(session.state().await, serving);
}

#[tokio::test]
async fn looking_now_asks_beside_the_watch() {
    let demo = demo().await;
    let mut session = Session::new();
    session.start(&demo.address().to_string(), "demo.v1.Greeter");
    assert_eq!(session.state().await, HealthState::Asking);
    assert_eq!(session.state().await, HealthState::Said(Serving::Serving));
    session.healths.look(ONE);
    let event = session.event().await;
    let Event::HealthChecked(ONE, check) = event else {
        panic!("{event:?}");
    };
    assert_eq!(check.said.unwrap(), Serving::Serving);
}

#[tokio::test]
async fn a_server_that_goes_away_and_comes_back_is_watched_again() {
    let first = demo().await;
    let address = first.address();
    let mut session = Session::new();
    session.start(&address.to_string(), "");
    assert_eq!(session.state().await, HealthState::Asking);
    assert_eq!(session.state().await, HealthState::Said(Serving::Serving));
    drop(first);
    let lost = session.state().await;
    let HealthState::Lost { why, pause } = lost else {
        panic!("{lost:?}");
    };
    assert!(!why.summary.is_empty(), "{why:?}");
    let within = Duration::from_millis(800)..=Duration::from_millis(1200);
    assert!(within.contains(&pause), "{pause:?}");

    // Nobody is there: the pause becomes longer.
    session.healths.look(ONE);
    assert_eq!(session.state().await, HealthState::Asking);
    let lost = session.state().await;
    let HealthState::Lost { pause: next, .. } = lost else {
        panic!("{lost:?}");
    };
    assert!(next > pause, "{next:?} after {pause:?}");

    let options = DemoOptions {
        listen: address,
        ..DemoOptions::default()
    };
    let _second = Demo::start(options).await.unwrap();
    // Without waiting for the pause; an attempt that was under way may still fail.
    session.healths.look(ONE);
    loop {
        match session.state().await {
            HealthState::Said(said) => break assert_eq!(said, Serving::Serving),
            HealthState::Lost { .. } => session.healths.look(ONE),
            HealthState::Asking => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_server_without_the_service_is_told_and_left_alone() {
    let address = answering(|mut respond| async move {
        let pairs = [("grpc-status", "12"), ("grpc-message", "no such service")];
        respond.send_response(grpc(&pairs), true).unwrap();
    })
    .await;
    let mut session = Session::new();
    session.start(&address.to_string(), "");
    assert_eq!(session.state().await, HealthState::Asking);
    assert_eq!(session.state().await, HealthState::Unsupported);
    session.healths.tasks.close();
    timeout(LIMIT, session.healths.tasks.wait())
        .await
        .expect("the watch is over");
}

#[tokio::test]
async fn switching_it_off_resets_the_stream() {
    let (resets, mut seen) = mpsc::unbounded_channel();
    let address = answering(move |mut respond| async move {
        let mut stream = respond.send_response(grpc(&[]), false).unwrap();
        let answer = Bytes::from_static(b"\0\0\0\0\x02\x08\x02");
        stream.send_data(answer, false).unwrap();
        let reset = poll_fn(|cx| stream.poll_reset(cx)).await;
        resets.send(reset.unwrap()).unwrap();
    })
    .await;
    let mut session = Session::new();
    session.start(&address.to_string(), "");
    assert_eq!(session.state().await, HealthState::Asking);
    assert_eq!(
        session.state().await,
        HealthState::Said(Serving::NotServing)
    );
    session.healths.stop(ONE);
    let reset = timeout(LIMIT, seen.recv()).await.unwrap();
    assert_eq!(reset, Some(h2::Reason::CANCEL));
}

#[tokio::test]
async fn a_target_that_cannot_be_dialled_is_told_and_the_watch_is_over() {
    let mut session = Session::new();
    session.start("{{nowhere}}:1", "");
    let state = session.state().await;
    assert!(matches!(state, HealthState::Refused(_)), "{state:?}");
}

/// An answer of the watch.
fn answer(status: u8) -> Bytes {
    Bytes::copy_from_slice(&[0, 0, 0, 0, 2, 8, status])
}

#[tokio::test]
async fn a_check_without_an_answer_does_not_hold_up_the_watch() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut connection = server::handshake(socket).await.unwrap();
        let (_watch, mut respond) = connection.accept().await.unwrap().unwrap();
        let mut stream = respond.send_response(grpc(&[]), false).unwrap();
        stream.send_data(answer(1), false).unwrap();
        // The check is never answered, and the server changes its mind.
        let _check = connection.accept().await.unwrap().unwrap();
        stream.send_data(answer(2), false).unwrap();
        while connection.accept().await.is_some() {}
    });
    let mut session = Session::new();
    session.start(&address.to_string(), "");
    assert_eq!(session.state().await, HealthState::Asking);
    assert_eq!(session.state().await, HealthState::Said(Serving::Serving));
    session.healths.look(ONE);
    let told = session.state().await;
    assert_eq!(told, HealthState::Said(Serving::NotServing));
}

#[tokio::test]
async fn a_server_that_changes_its_mind_all_the_time_is_told_some_times_a_second() {
    let address = answering(|mut respond| async move {
        let mut stream = respond.send_response(grpc(&[]), false).unwrap();
        for at in 0..20_000_u32 {
            let status = if at % 2 == 0 { 1 } else { 2 };
            stream.send_data(answer(status), false).unwrap();
        }
        stream.send_data(answer(3), false).unwrap();
        poll_fn(|cx| stream.poll_reset(cx)).await.ok();
    })
    .await;
    let mut session = Session::new();
    session.start(&address.to_string(), "");
    let mut told = 0;
    while session.state().await != HealthState::Said(Serving::ServiceUnknown) {
        told += 1;
    }
    assert!(told < 1000, "{told} changes");
}
