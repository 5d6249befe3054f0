//! The questions a survey asks, and what it makes of the answers.

mod gaps;

use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, MethodDescriptorProto,
    ServiceDescriptorProto,
};

use super::{
    messages::{FilesAnswer, ServiceName},
    *,
};
use crate::schema::Loaded;

/// A server in a table: what it answers to each question.
struct Server {
    services: Vec<&'static str>,
    /// Files by their real names.
    files: Vec<FileDescriptorProto>,
    /// Names of files it does not know although it sends importers of them.
    hidden: Vec<&'static str>,
    names_questions: bool,
}

impl Server {
    fn answer(&self, request: &[u8]) -> Vec<u8> {
        let request = Request::decode(request).unwrap();
        let question = request.question.clone().unwrap();
        let found = match &question {
            Question::ListServices(_) => None,
            Question::FileByFilename(name) if self.hidden.contains(&name.as_str()) => None,
            Question::FileByFilename(name) => self.files.iter().find(|f| f.name() == name),
            Question::FileContainingSymbol(symbol) => self.files.iter().find(|file| {
                let names = file.message_type.iter().map(|m| m.name());
                let mut names = names.chain(file.service.iter().map(|s| s.name()));
                names.any(|name| format!("p.{name}") == *symbol)
            }),
        };
        let answer = match (&question, found) {
            (Question::ListServices(_), _) => Answer::Services(ServicesAnswer {
                services: self
                    .services
                    .iter()
                    .map(|&name| ServiceName {
                        name: name.to_owned(),
                    })
                    .collect(),
            }),
            (_, Some(file)) => Answer::Files(FilesAnswer {
                files: vec![file.encode_to_vec().into()],
            }),
            (_, None) => Answer::Error(ErrorAnswer {
                code: 5,
                message: "no such thing".to_owned(),
            }),
        };
        Response {
            original_request: self.names_questions.then_some(request),
            answer: Some(answer),
        }
        .encode_to_vec()
    }

    /// Asks until nothing is left; returns how many questions that took.
    fn interview(&self, survey: &mut Survey) -> Result<usize, String> {
        let mut asked = 0;
        while !survey.complete() {
            let mut round = Vec::new();
            while let Some(request) = survey.next_request() {
                round.push(self.answer(&request));
            }
            assert!(round.len() <= MAX_IN_FLIGHT);
            asked += round.len();
            if self.names_questions {
                // Answers out of order are put right by the question they name.
                round.reverse();
            }
            for answer in round {
                survey.accept(&answer)?;
            }
        }
        Ok(asked)
    }

    fn loaded(&self) -> Loaded {
        let mut survey = Survey::new();
        self.interview(&mut survey).unwrap();
        survey.finish(None)
    }
}

fn file(
    name: &str,
    imports: &[&str],
    message: &str,
    field_type: Option<&str>,
) -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some(name.to_owned()),
        package: Some("p".to_owned()),
        syntax: Some("proto3".to_owned()),
        dependency: imports.iter().map(|&i| i.to_owned()).collect(),
        message_type: vec![DescriptorProto {
            name: Some(message.to_owned()),
            field: field_type
                .map(|type_name| FieldDescriptorProto {
                    name: Some("f".to_owned()),
                    number: Some(1),
                    label: Some(1),
                    r#type: Some(11),
                    type_name: Some(type_name.to_owned()),
                    ..FieldDescriptorProto::default()
                })
                .into_iter()
                .collect(),
            ..DescriptorProto::default()
        }],
        ..FileDescriptorProto::default()
    }
}

/// A file with a service that takes and gives `message`.
fn service_file(
    name: &str,
    imports: &[&str],
    service: &str,
    message: &str,
    field_type: Option<&str>,
) -> FileDescriptorProto {
    let mut file = file(name, imports, message, field_type);
    file.service = vec![ServiceDescriptorProto {
        name: Some(service.to_owned()),
        method: vec![MethodDescriptorProto {
            name: Some("Do".to_owned()),
            input_type: Some(format!(".p.{message}")),
            output_type: Some(format!(".p.{message}")),
            ..MethodDescriptorProto::default()
        }],
        ..ServiceDescriptorProto::default()
    }];
    file
}

fn services(loaded: &Loaded) -> Vec<&str> {
    let catalogue = loaded.schema.catalogue();
    catalogue
        .services
        .iter()
        .map(|s| s.full_name.as_str())
        .collect()
}

#[test]
fn what_servers_answer_becomes_a_schema() {
    struct Row {
        name: &'static str,
        server: Server,
        services: &'static [&'static str],
        problems: &'static [(&'static str, &'static str)],
    }
    let server = |services: &[&'static str], files: &[FileDescriptorProto]| Server {
        services: services.to_vec(),
        files: files.to_vec(),
        hidden: Vec::new(),
        names_questions: false,
    };
    let a = || {
        service_file(
            "a.proto",
            &["b.proto", "google/protobuf/any.proto"],
            "A",
            "MA",
            Some(".p.MB"),
        )
    };
    let b = || file("b.proto", &[], "MB", Some(".google.protobuf.Any"));
    let b = || {
        let mut b = b();
        b.dependency = vec!["google/protobuf/any.proto".to_owned()];
        b
    };
    let c = || service_file("c.proto", &[], "C", "MC", None);
    let editions = || {
        let mut file = c();
        file.syntax = Some("editions".to_owned());
        file
    };
    let rows = [
        Row {
            name: "files and what they import",
            server: server(&["p.A", "p.C"], &[a(), b(), c()]),
            services: &["p.A", "p.C"],
            problems: &[],
        },
        Row {
            name: "answers that name their question, in another order",
            server: Server {
                names_questions: true,
                ..server(&["p.A", "p.C"], &[a(), b(), c()])
            },
            services: &["p.A", "p.C"],
            problems: &[],
        },
        Row {
            name: "a service it does not describe",
            server: server(&["p.C", "p.Ghost"], &[c()]),
            services: &["p.C"],
            problems: &[(
                "p.Ghost",
                "lists this service but does not describe it: NOT_FOUND: no such thing",
            )],
        },
        Row {
            name: "a file known only by what is in it",
            server: Server {
                hidden: vec!["b.proto"],
                ..server(&["p.A"], &[a(), b()])
            },
            services: &["p.A"],
            problems: &[],
        },
        Row {
            name: "a file known by another name",
            server: {
                let mut other = b();
                other.name = Some("x/b.proto".to_owned());
                server(&["p.A"], &[a(), other])
            },
            services: &["p.A"],
            problems: &[],
        },
        Row {
            name: "a file that is nowhere",
            server: server(&["p.A", "p.C"], &[a(), c()]),
            services: &["p.C"],
            problems: &[
                (
                    "a.proto",
                    "import `b.proto` was not found: the server says NOT_FOUND: no such thing",
                ),
                (
                    "p.A",
                    "its file `a.proto` cannot be used: import `b.proto` was not found",
                ),
            ],
        },
        Row {
            name: "a file with editions",
            server: server(&["p.A", "p.C"], &[a(), b(), editions()]),
            services: &["p.A"],
            problems: &[
                ("c.proto", "editions"),
                (
                    "p.C",
                    "its file `c.proto` cannot be used: the file is of an edition",
                ),
            ],
        },
        Row {
            name: "files that import each other",
            server: {
                let mut b = b();
                b.dependency.push("a.proto".to_owned());
                server(&["p.A"], &[a(), b])
            },
            services: &["p.A"],
            problems: &[],
        },
        Row {
            name: "no services",
            server: server(&[], &[]),
            services: &[],
            problems: &[],
        },
    ];
    for row in rows {
        let loaded = row.server.loaded();
        assert_eq!(
            services(&loaded),
            row.services,
            "{}: {:?}",
            row.name,
            loaded.problems
        );
        assert_eq!(
            loaded.problems.len(),
            row.problems.len(),
            "{}: {:?}",
            row.name,
            loaded.problems
        );
        for (problem, (file, reason)) in loaded.problems.iter().zip(row.problems) {
            assert_eq!(problem.file, *file, "{}", row.name);
            assert!(problem.reason.contains(reason), "{}: {problem:?}", row.name);
        }
    }
}

#[test]
fn nothing_is_asked_twice_and_never_too_much_at_once() {
    let names: Vec<String> = (0..100).map(|i| format!("f{i}.proto")).collect();
    let imports: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut files: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(i, name)| file(name, &imports, &format!("M{i}"), None))
        .collect();
    files.push(service_file("a.proto", &imports, "A", "MA", None));
    let server = Server {
        services: vec!["p.A"],
        files,
        hidden: vec![],
        names_questions: false,
    };
    let mut survey = Survey::new();
    // The list, the service, and each file once.
    assert_eq!(server.interview(&mut survey), Ok(102));
    assert_eq!(survey.finish(None).schema.catalogue().messages.len(), 101);
}

#[test]
fn a_file_the_server_hides_is_looked_for_once_however_many_import_it() {
    let names: Vec<String> = (0..2_000).map(|number| format!("M{number}")).collect();
    let mut files: Vec<_> = names
        .iter()
        .map(|name| {
            file(
                &format!("{name}.proto"),
                &["hidden.proto"],
                name,
                Some(".p.Gone"),
            )
        })
        .collect();
    let all: Vec<String> = files.iter().map(|file| file.name().to_owned()).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    files.push(service_file("s.proto", &all, "S", "In", None));
    let server = Server {
        services: vec!["p.S"],
        files,
        hidden: vec!["hidden.proto"],
        names_questions: true,
    };
    let started = std::time::Instant::now();

    let asked = server.interview(&mut Survey::new()).unwrap();

    // The list, the service, its imports, the hidden file, and the type that is wanted from it.
    assert_eq!(asked, 1 + 1 + 2_000 + 1 + 1);
    // A table of all types for each importer would take minutes.
    let took = started.elapsed();
    assert!(took < std::time::Duration::from_secs(20), "{took:?}");
}

#[test]
fn answers_that_cannot_be_followed_end_the_questions() {
    let services = |count: usize| {
        let name = |i| ServiceName {
            name: format!("s{i}"),
        };
        let services = (0..count).map(name).collect();
        Response {
            original_request: None,
            answer: Some(Answer::Services(ServicesAnswer { services })),
        }
        .encode_to_vec()
    };
    let files = |file: Vec<u8>| {
        Response {
            original_request: None,
            answer: Some(Answer::Files(FilesAnswer {
                files: vec![file.into()],
            })),
        }
        .encode_to_vec()
    };
    let rows = [
        ("no message", vec![0xff], "no reflection response"),
        (
            "an error",
            Response {
                original_request: None,
                answer: Some(Answer::Error(ErrorAnswer {
                    code: 7,
                    message: "denied".to_owned(),
                })),
            }
            .encode_to_vec(),
            "denied",
        ),
        ("nothing", Vec::new(), "no list of services"),
        (
            "a list without end",
            services(MAX_SERVICES + 1),
            "more than",
        ),
        (
            "more files than anybody has",
            {
                let mut message = Vec::new();
                let list = [0x0a, 0].repeat(MAX_ITEMS + 1);
                prost::encoding::bytes::encode(4, &list, &mut message);
                message
            },
            "an answer lists more than 40000",
        ),
        (
            "too many bytes",
            files(vec![0; MAX_BYTES + 1]),
            "more than 64 MiB",
        ),
        (
            "too many fields in few bytes",
            files({
                let mut file = Vec::new();
                let message = [0x12, 0].repeat(MAX_ELEMENTS + 1);
                prost::encoding::bytes::encode(4, &message, &mut file);
                file
            }),
            "more than 600000 fields",
        ),
    ];
    for (name, bytes, reason) in rows {
        let mut survey = Survey::new();
        survey.next_request().unwrap();
        let error = survey.accept(&bytes).unwrap_err();
        assert!(error.contains(reason), "{name}: {error}");
    }
    let mut survey = Survey::new();
    survey.next_request().unwrap();
    survey.accept(&services(0)).unwrap();
    assert!(
        survey
            .accept(&services(0))
            .unwrap_err()
            .contains("not asked")
    );
}

#[test]
fn a_call_that_ends_instead_of_an_answer_is_taken_as_one() {
    // Given a server that was asked for two services and ended the call at the first
    let server = Server {
        services: vec!["p.Ghost", "p.C"],
        files: vec![service_file("c.proto", &[], "C", "MC", None)],
        hidden: vec![],
        names_questions: false,
    };
    let mut survey = Survey::new();
    let list = survey.next_request().unwrap();
    survey.accept(&server.answer(&list)).unwrap();
    survey.next_request().unwrap();
    survey.next_request().unwrap();
    // When the call ended
    assert!(survey.call_ended(Some("symbol not found")));
    // Then the other question is asked again, and only that
    assert_eq!(server.interview(&mut survey), Ok(1));
    let loaded = survey.finish(None);
    assert_eq!(services(&loaded), ["p.C"]);
    assert!(loaded.problems[0].reason.ends_with("symbol not found"));
    // A call that ends at the list is over.
    let mut survey = Survey::new();
    survey.next_request().unwrap();
    assert!(!survey.call_ended(Some("denied")));
}
