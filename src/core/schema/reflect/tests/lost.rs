//! What is remembered of a server, and streams that end before their time.

use std::sync::atomic::{AtomicUsize, Ordering};

use prost::Message as _;

use super::{
    scripted::{Reply, Scripted},
    *,
};
use crate::schema::survey::messages::{
    Answer, FilesAnswer, Question, Response, ServiceName, ServicesAnswer,
};

pub(super) fn answer(answer: Answer) -> Reply {
    Reply::Answer(Response {
        original_request: None,
        answer: Some(answer),
    })
}

/// What an honest server with the clock's two files answers.
pub(super) fn honest(question: &Question) -> Reply {
    let set = prost_types::FileDescriptorSet::decode(&*descriptor_set()).unwrap();
    let file = match question {
        Question::ListServices(_) => {
            let services = vec![ServiceName {
                name: "clock.v1.Clock".to_owned(),
            }];
            return answer(Answer::Services(ServicesAnswer { services }));
        }
        Question::FileByFilename(name) => name.as_str(),
        Question::FileContainingSymbol(_) => "clock.proto",
    };
    let file = set.file.iter().find(|f| f.name() == file).unwrap();
    answer(Answer::Files(FilesAnswer {
        files: vec![file.encode_to_vec().into()],
    }))
}

fn is_complete(loaded: &Loaded) -> bool {
    loaded.problems.is_empty() && loaded.schema.method("clock.v1.Clock/Now").is_some()
}

#[tokio::test]
async fn the_version_a_server_serves_is_asked_first_the_next_time() {
    type Versions = &'static [&'static str];
    let rows: [(&str, Versions, Versions, Versions); 3] = [
        ("old", &["v1alpha"], &["v1", "v1alpha"], &["v1alpha"]),
        ("both", &["v1", "v1alpha"], &["v1"], &["v1"]),
        ("new", &["v1"], &["v1"], &["v1"]),
    ];
    for (name, served, first, second) in rows {
        let server = Scripted::start(served, |_, question| honest(question)).await;
        let (pool, reflector) = (Pool::default(), Reflector::default());
        let inquiry = inquiry(server.address);

        let asked = reflector.ask(&pool, &inquiry).await.unwrap();
        assert!(is_complete(&asked.loaded), "{name}: {asked:?}");
        assert_eq!(server.calls(), first, "{name}");
        let again = reflector.ask(&pool, &inquiry).await.unwrap();
        assert!(is_complete(&again.loaded), "{name}: {again:?}");
        assert_eq!(server.calls()[first.len()..], *second, "{name}");
        // Another run of the program knows nothing of it.
        Reflector::default().ask(&pool, &inquiry).await.unwrap();
        assert_eq!(server.calls()[first.len() + 1..], *first, "{name}");
    }
}

#[tokio::test]
async fn a_server_that_lost_the_version_it_had_is_asked_by_the_other() {
    let (pool, reflector) = (Pool::default(), Reflector::default());
    let server = Scripted::start(&["v1"], |_, question| honest(question)).await;
    let inquiry = inquiry(server.address);
    reflector
        .versions()
        .insert(inquiry.endpoint.clone(), Version::V1Alpha);

    let asked = reflector.ask(&pool, &inquiry).await.unwrap();

    assert!(is_complete(&asked.loaded));
    assert_eq!(server.calls(), ["v1alpha", "v1"]);
    reflector.ask(&pool, &inquiry).await.unwrap();
    assert_eq!(server.calls()[2..], ["v1"]);
}

#[tokio::test]
async fn a_stream_that_is_lost_is_asked_on_once_on_a_fresh_one() {
    type End = fn() -> Reply;
    let rows: [(&str, End); 3] = [
        ("GOAWAY", || Reply::GoAway),
        ("a stale stream", || Reply::Reset(h2::Reason::NO_ERROR)),
        ("refused", || Reply::Reset(h2::Reason::REFUSED_STREAM)),
    ];
    for (name, end) in rows {
        // The first time the imported file is asked for, the stream ends in place of an answer.
        let asked = AtomicUsize::new(0);
        let server = Scripted::start(&["v1"], move |_, question| match question {
            Question::FileByFilename(_) if asked.fetch_add(1, Ordering::Relaxed) == 0 => end(),
            question => honest(question),
        })
        .await;

        let loaded = ask(server.address).await.unwrap();

        assert!(is_complete(&loaded), "{name}: {loaded:?}");
        assert_eq!(server.calls(), ["v1", "v1"], "{name}");
    }
}

#[tokio::test]
async fn a_server_that_loses_every_stream_is_given_up_and_what_came_is_kept() {
    let server = Scripted::start(&["v1"], |_, question| match question {
        Question::FileByFilename(_) => Reply::GoAway,
        question => honest(question),
    })
    .await;

    let loaded = ask(server.address).await.unwrap();

    assert_eq!(server.calls(), ["v1", "v1"]);
    let first = &loaded.problems[0];
    assert_eq!(first.file, "reflection");
    assert!(first.reason.contains("ended the call early"), "{first:?}");
}

#[tokio::test]
async fn a_server_that_asks_to_be_left_alone_is() {
    let server = Scripted::start(&["v1"], |_, _| Reply::Reset(h2::Reason::ENHANCE_YOUR_CALM)).await;
    let error = ask(server.address).await.unwrap_err();
    assert!(matches!(error, ReflectError::Ended(_)), "{error:?}");
    assert_eq!(server.calls(), ["v1"]);
}

#[tokio::test]
async fn a_server_that_answers_one_question_a_stream_is_asked_on() {
    let server = Scripted::start(&["v1"], {
        let ended = AtomicUsize::new(0);
        move |_, question| match question {
            // Every second question ends the stream in good order.
            _ if ended.fetch_add(1, Ordering::Relaxed) % 2 == 1 => Reply::End,
            question => honest(question),
        }
    })
    .await;
    let loaded = ask(server.address).await.unwrap();
    assert!(is_complete(&loaded), "{loaded:?}");
}
