//! What servers leave out, and what takes its place.

use super::*;
use crate::schema::{Schema, load_descriptor_set};

/// The files of a workspace.
fn workspace(files: &[FileDescriptorProto]) -> Schema {
    let set = prost_types::FileDescriptorSet {
        file: files.to_vec(),
    };
    let loaded = load_descriptor_set("workspace", &set.encode_to_vec());
    assert_eq!(loaded.problems, []);
    loaded.schema
}

fn filled(server: &Server, files: &[FileDescriptorProto]) -> Loaded {
    let mut survey = Survey::new();
    server.interview(&mut survey).unwrap();
    survey.finish(Some(&workspace(files)))
}

fn told(loaded: &Loaded) -> Vec<(&str, &str)> {
    let problems = loaded.problems.iter();
    problems
        .map(|problem| (problem.file.as_str(), problem.reason.as_str()))
        .collect()
}

fn server(services: &[&'static str], files: &[FileDescriptorProto]) -> Server {
    Server {
        services: services.to_vec(),
        files: files.to_vec(),
        hidden: Vec::new(),
        names_questions: false,
    }
}

fn a() -> FileDescriptorProto {
    service_file("a.proto", &["b.proto"], "A", "MA", Some(".p.MB"))
}

#[test]
fn a_missing_import_is_filled_from_the_workspace_with_its_own_imports() {
    let b = file("b.proto", &["deep/c.proto"], "MB", Some(".p.MC"));
    let c = file("deep/c.proto", &[], "MC", None);
    let other = file("other.proto", &[], "Other", None);

    let loaded = filled(&server(&["p.A"], &[a()]), &[c, b, other]);

    assert_eq!(services(&loaded), ["p.A"]);
    let from = "the server does not send this file, which its files import: the one of this name among \
                the workspace's files is used";
    assert_eq!(told(&loaded), [("b.proto", from), ("deep/c.proto", from)]);
    let field = loaded.schema.message("p.MB").unwrap().get_field(1).unwrap();
    assert_eq!(field.kind().as_message().unwrap().full_name(), "p.MC");
    assert!(loaded.schema.message("p.Other").is_none());
}

#[test]
fn what_the_server_has_is_never_taken_from_the_workspace() {
    let mut newer = file("b.proto", &[], "MB", None);
    newer.message_type.push(DescriptorProto {
        name: Some("Newer".to_owned()),
        ..DescriptorProto::default()
    });
    let b = file("b.proto", &[], "MB", None);
    let loaded = filled(&server(&["p.A"], &[a(), b]), &[newer]);
    assert_eq!(told(&loaded), []);
    assert!(loaded.schema.message("p.Newer").is_none());
}

#[test]
fn a_file_that_would_define_a_type_twice_does_not_fill() {
    // The server has the type in the service's own file, and an import for nothing.
    let mut a = a();
    a.message_type.push(DescriptorProto {
        name: Some("MB".to_owned()),
        ..DescriptorProto::default()
    });
    let b = file("b.proto", &[], "MB", None);
    let loaded = filled(&server(&["p.A"], &[a]), &[b]);
    assert_eq!(services(&loaded), ["p.A"]);
    let reason = "import `b.proto` was not found, and the file of this name among the workspace's defines \
                  `p.MB`, as `a.proto` of the server does";
    assert_eq!(told(&loaded), [("a.proto", reason)]);
}

#[test]
fn every_service_that_is_not_there_has_its_reason_and_the_others_are() {
    let broken = {
        let mut file = service_file("broken.proto", &[], "Broken", "MX", Some(".p.Nowhere"));
        file.service[0].method[0].name = Some("Do".to_owned());
        file
    };
    let above = service_file(
        "above.proto",
        &["broken.proto"],
        "Above",
        "MY",
        Some(".p.MX"),
    );
    let good = service_file("good.proto", &[], "Good", "MG", None);
    let server = server(
        &["p.Above", "p.Broken", "p.Ghost", "p.Good"],
        &[broken, above, good],
    );

    let loaded = server.loaded();

    assert_eq!(services(&loaded), ["p.Good"]);
    let reason = |service: &str| {
        let of = told(&loaded).into_iter().find(|(file, _)| *file == service);
        of.unwrap_or_else(|| panic!("{service}: {:?}", loaded.problems))
            .1
    };
    let listed = "the server lists this service";
    let undefined = "name `.p.Nowhere` is not defined";
    assert_eq!(
        reason("p.Broken"),
        format!("{listed}, but its file `broken.proto` cannot be used: {undefined}")
    );
    assert!(reason("p.Above").contains("`above.proto` cannot be used: imports `broken.proto`"));
    assert_eq!(
        reason("p.Ghost"),
        format!("{listed} but does not describe it: NOT_FOUND: no such thing")
    );
}

/// One answer with these files.
fn files(files: &[FileDescriptorProto]) -> Vec<u8> {
    let files = files.iter().map(|file| file.encode_to_vec().into());
    let answer = Answer::Files(FilesAnswer {
        files: files.collect(),
    });
    Response {
        original_request: None,
        answer: Some(answer),
    }
    .encode_to_vec()
}

/// A survey that was told of these services.
fn begun(services: &[&str]) -> Survey {
    let mut survey = Survey::new();
    survey.next_request().unwrap();
    let services = services.iter().map(|&name| ServiceName {
        name: name.to_owned(),
    });
    let answer = Answer::Services(ServicesAnswer {
        services: services.collect(),
    });
    let list = Response {
        original_request: None,
        answer: Some(answer),
    };
    survey.accept(&list.encode_to_vec()).unwrap();
    survey
}

fn next_question(survey: &mut Survey) -> Question {
    let request = survey.next_request().unwrap();
    Request::decode(request).unwrap().question.unwrap()
}

#[test]
fn a_file_without_a_name_gets_the_one_it_was_asked_for_by() {
    let nameless = |mut file: FileDescriptorProto| {
        file.name = None;
        file
    };
    let mut survey = begun(&["p.A"]);
    next_question(&mut survey);
    survey.accept(&files(&[nameless(a())])).unwrap();
    assert_eq!(
        next_question(&mut survey),
        Question::FileByFilename("b.proto".to_owned())
    );
    let b = file("b.proto", &[], "MB", None);
    survey.accept(&files(&[nameless(b)])).unwrap();

    let loaded = survey.finish(None);

    assert_eq!(told(&loaded), []);
    assert_eq!(services(&loaded), ["p.A"]);
    assert_eq!(loaded.schema.file_names(), ["b.proto", "p/A.proto"]);
}

#[test]
fn a_file_sent_by_another_name_than_it_was_asked_for_is_taken_for_it() {
    let mut survey = begun(&["p.A"]);
    next_question(&mut survey);
    survey.accept(&files(&[a()])).unwrap();
    next_question(&mut survey);
    let b = file("x/y/b.proto", &[], "MB", None);
    survey.accept(&files(&[b])).unwrap();

    let loaded = survey.finish(None);

    assert_eq!(told(&loaded), []);
    assert_eq!(services(&loaded), ["p.A"]);
}

#[test]
fn a_service_whose_file_lacks_it_says_so() {
    let mut survey = begun(&["p.Elsewhere"]);
    next_question(&mut survey);
    survey
        .accept(&files(&[file("b.proto", &[], "MB", None)]))
        .unwrap();
    let loaded = survey.finish(None);
    let reason = "the server lists this service, but the file it sends for it, `b.proto`, does not define \
                  it";
    assert_eq!(told(&loaded), [("p.Elsewhere", reason)]);
}

#[test]
fn files_that_come_again_with_every_service_count_once() {
    // As grpcio and the C++ library send them: with each service everything it needs.
    let names: Vec<String> = (0..200).map(|i| format!("p.S{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut survey = begun(&names);
    let mut common = file("common.proto", &[], "Common", None);
    common.message_type[0].field = (1..10_000)
        .map(|number| FieldDescriptorProto {
            name: Some(format!("a_field_of_some_length_{number}")),
            number: Some(number),
            label: Some(1),
            r#type: Some(9),
            ..FieldDescriptorProto::default()
        })
        .collect();
    let size = common.encoded_len();
    assert!(size * names.len() > MAX_BYTES, "{size}");
    for i in 0..names.len() {
        next_question(&mut survey);
        let own = service_file(
            &format!("s{i}.proto"),
            &["common.proto"],
            &format!("S{i}"),
            &format!("M{i}"),
            Some(".p.Common"),
        );
        survey.accept(&files(&[own, common.clone()])).unwrap();
    }
    assert!(survey.complete());
    assert_eq!(services(&survey.finish(None)).len(), names.len());
}

#[test]
fn a_chain_of_imports_without_end_is_cut_and_its_beginning_usable() {
    let link = |number: usize| {
        let import = format!("{}.proto", number + 1);
        file(
            &format!("{number}.proto"),
            &[&import],
            &format!("M{number}"),
            None,
        )
    };
    let mut survey = begun(&["p.S"]);
    let mut cut = None;
    for number in 0.. {
        next_question(&mut survey);
        if let Err(reason) = survey.accept(&files(&[link(number)])) {
            cut = Some(reason);
            break;
        }
    }
    assert!(cut.unwrap().contains("more than 20000 files"));
    let loaded = survey.finish(None);
    assert!(loaded.schema.message("p.M0").is_some());
    assert!(loaded.schema.message("p.M19999").is_some());
}
