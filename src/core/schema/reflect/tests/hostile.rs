//! Servers that want to keep us busy or take our memory: each ends with a plain word, within the limits.

use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorProto};

use super::{
    lost::{answer, honest},
    scripted::{Reply, Scripted},
    *,
};
use crate::schema::survey::messages::{Answer, FilesAnswer, Question, ServiceName, ServicesAnswer};

/// The list of one service, or a file made of the name it is asked for by.
fn served(question: &Question, file: impl Fn(&str) -> Vec<u8>) -> Reply {
    let name = match question {
        Question::ListServices(_) => {
            let services = vec![ServiceName {
                name: "p.S".to_owned(),
            }];
            return answer(Answer::Services(ServicesAnswer { services }));
        }
        Question::FileByFilename(name) => name,
        Question::FileContainingSymbol(_) => "0.proto",
    };
    answer(Answer::Files(FilesAnswer {
        files: vec![file(name).into()],
    }))
}

/// A file that imports `width` files nobody saw yet.
fn endless(name: &str, width: usize) -> FileDescriptorProto {
    let number: usize = name.trim_end_matches(".proto").parse().unwrap();
    let imports = (1..=width).map(|i| format!("{}.proto", number * width + i));
    FileDescriptorProto {
        name: Some(name.to_owned()),
        package: Some("p".to_owned()),
        syntax: Some("proto3".to_owned()),
        dependency: imports.collect(),
        message_type: vec![DescriptorProto {
            name: Some(format!("M{number}")),
            ..DescriptorProto::default()
        }],
        ..FileDescriptorProto::default()
    }
}

/// Fields that no decoder knows.
fn padded(mut file: Vec<u8>, bytes: usize) -> Vec<u8> {
    prost::encoding::bytes::encode(900, &vec![0; bytes], &mut file);
    file
}

#[tokio::test]
async fn a_server_that_describes_for_ever_ends_with_a_word_and_what_came_is_usable() {
    type File = fn(&str) -> Vec<u8>;
    let rows: [(&str, File, &str); 3] = [
        (
            "a tree of imports",
            |name| endless(name, 8).encode_to_vec(),
            "the files need more than 20000 others",
        ),
        (
            "large files",
            |name| padded(endless(name, 1).encode_to_vec(), 6 << 20),
            "more than 64 MiB of descriptors",
        ),
        (
            "many fields in few bytes",
            |name| {
                let mut file = endless(name, 1).encode_to_vec();
                prost::encoding::bytes::encode(4, &[0x12, 0].repeat(90_000), &mut file);
                file
            },
            "more than 600000 fields",
        ),
    ];
    for (name, file, reason) in rows {
        let server = Scripted::start(&["v1"], move |_, question| served(question, file)).await;
        let loaded = ask(server.address).await.unwrap();
        let told = loaded
            .problems
            .iter()
            .any(|problem| problem.file == "reflection" && problem.reason.contains(reason));
        assert!(told, "{name}: {:?}", loaded.problems.first());
        assert!(
            loaded.schema.message("p.M0").is_some() || name.starts_with("many"),
            "{name}"
        );
        assert_eq!(server.calls(), ["v1"], "{name}");
    }
}

#[tokio::test]
async fn answers_that_nobody_asked_for_end_the_call() {
    let server = Scripted::start(&["v1"], |_, question| {
        let Reply::Answer(list) = honest(question) else {
            unreachable!()
        };
        Reply::Flood(list, usize::MAX)
    })
    .await;
    let error = ask(server.address).await.unwrap_err();
    let told = matches!(&error, ReflectError::Answer(reason) if reason.contains("was not asked"));
    assert!(told, "{error:?}");
}

#[tokio::test]
async fn an_answer_larger_than_all_files_may_be_is_not_received() {
    let server = Scripted::start(&["v1"], |_, question| {
        served(question, |name| {
            padded(endless(name, 0).encode_to_vec(), 65 << 20)
        })
    })
    .await;
    let error = ask(server.address).await.unwrap_err();
    let told = matches!(&error, ReflectError::Ended(outcome)
        if matches!(outcome.origin, Origin::TooLarge { .. }));
    assert!(told, "{error:?}");
}

#[tokio::test]
async fn files_that_import_each_other_and_themselves_are_asked_for_once() {
    let server = Scripted::start(&["v1"], |_, question| {
        served(question, |name| {
            let mut file = endless(name, 0);
            file.dependency = vec!["0.proto".to_owned(), "1.proto".to_owned()];
            if name == "0.proto" {
                file.service = vec![prost_types::ServiceDescriptorProto {
                    name: Some("S".to_owned()),
                    ..prost_types::ServiceDescriptorProto::default()
                }];
            }
            file.encode_to_vec()
        })
    })
    .await;
    let loaded = ask(server.address).await.unwrap();
    assert_eq!(loaded.problems, []);
    assert_eq!(loaded.schema.catalogue().messages.len(), 2);
}

/// Asks a server with these limits on an answer and on all of them, in milliseconds.
async fn ask_within(address: SocketAddr, idle: u64, total: u64) -> Result<Loaded, ReflectError> {
    let reflector = Reflector {
        limits: Limits {
            idle: Duration::from_millis(idle),
            total: Duration::from_millis(total),
        },
        ..Reflector::default()
    };
    let (pool, inquiry) = (Pool::default(), inquiry(address));
    Ok(reflector.ask(&pool, &inquiry).await?.loaded)
}

#[tokio::test]
async fn a_server_that_keeps_silent_or_never_ends_has_a_limit() {
    let silent = Scripted::start(&["v1"], |_, _| Reply::Silence).await;
    let error = ask_within(silent.address, 50, 60_000).await.unwrap_err();
    let told =
        matches!(&error, ReflectError::Answer(reason) if reason == "no answer came for 50ms");
    assert!(told, "{error:?}");

    // One that does answer, and never to the end.
    let halting = Scripted::start(&["v1"], |_, question| match question {
        Question::FileByFilename(_) => Reply::Silence,
        question => honest(question),
    })
    .await;
    let loaded = ask_within(halting.address, 60_000, 300).await.unwrap();
    let first = &loaded.problems[0];
    assert!(
        first.reason.contains("the deadline of 300ms passed"),
        "{first:?}"
    );
}
