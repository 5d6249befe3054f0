//! Requests to command lines and bodies: what is written reads back as the same call.

use std::collections::BTreeSet;

use crate::{
    interop::{
        CopyForm, Import, Outgoing, Shell, copy, read_command, shell::Shell as AnyShell,
        tests::Random,
    },
    message::{Document, Scope, encode, expand},
    schema::Schema,
    workspace::{CallSettings, MessageText, MetadataRow, RequestFile, SourceSpec, TargetSettings},
};

const SCHEMA: &str = r#"
    syntax = "proto3";
    package shop;
    message Item { int64 id = 1; string name = 2; repeated string tags = 3; bytes raw = 4; int32 count = 5; }
    service Shop { rpc Buy(Item) returns (Item); }
"#;

fn schema() -> Schema {
    Schema::from_pool(crate::message::compile_for_tests(SCHEMA))
}

fn row(key: &str, value: &str) -> MetadataRow {
    MetadataRow {
        key: key.to_owned(),
        value: value.to_owned(),
        enabled: true,
    }
}

fn outgoing(messages: &[&str]) -> Outgoing {
    Outgoing {
        request: RequestFile {
            method: "shop.Shop/Buy".to_owned(),
            target: Some("shop.example:443".to_owned()),
            messages: messages
                .iter()
                .map(|m| MessageText((*m).to_owned()))
                .collect(),
            ..RequestFile::default()
        },
        shown: 0,
        scope: Scope::default(),
        secrets: BTreeSet::new(),
        schema: Some(schema()),
        sources: Vec::new(),
    }
}

fn text(outgoing: &Outgoing, form: CopyForm) -> String {
    copy(outgoing, form, true)
        .unwrap_or_else(|p| panic!("{p:?}"))
        .text
}

/// Read by the rules of the shell it was written for: some texts mean something in another, too.
fn read_back(outgoing: &Outgoing, form: CopyForm) -> Import {
    let text = text(outgoing, form);
    let command = match form {
        CopyForm::Grpcurl(shell) => crate::interop::command::read_as(shell, &text),
        _ if cfg!(windows) => crate::interop::command::read_as(Shell::PowerShell, &text),
        _ => crate::interop::command::read_as(Shell::Bash, &text),
    };
    let result = command.unwrap_or_else(|| panic!("{text}")).result;
    result.unwrap_or_else(|p| panic!("{p:?}: {text}"))
}

fn wire(text: &str) -> Vec<u8> {
    let method = schema().method("shop.Shop/Buy").unwrap();
    let encoded = encode(&Document::new(text), &method.input(), &Scope::default());
    encoded.unwrap_or_else(|d| panic!("{d:?}: {text}")).to_vec()
}

fn forms() -> impl Iterator<Item = CopyForm> {
    AnyShell::ALL
        .into_iter()
        .map(CopyForm::Grpcurl)
        .chain([CopyForm::Stubless])
}

#[test]
fn a_command_reads_back_as_the_same_call() {
    let mut outgoing = outgoing(&[r#"{"id": "7", "name": "a"}"#, r#"{"tags": ["x", "y"]}"#]);
    outgoing.request.settings = TargetSettings {
        tls: Some(true),
        ca_cert: Some("certs/my ca.pem".into()),
        client_cert: Some("me.pem".into()),
        client_key: Some("me.key".into()),
        server_name: Some("api".to_owned()),
        authority: Some("api:444".to_owned()),
        insecure_skip_verify: Some(true),
        reflection_metadata: Some(vec![row("asked", "it's \"me\"")]),
        connect_timeout_ms: Some(1250),
        keepalive_ms: Some(30_000),
        ..TargetSettings::default()
    };
    outgoing.request.call = CallSettings {
        max_receive_bytes: Some(4096),
        ..CallSettings::default()
    };
    outgoing.request.metadata = vec![row("x-a", "100% $HOME & `id` it's"), row("x-b-bin", "AAE=")];
    outgoing.request.deadline_ms = Some(2500);
    outgoing.sources = vec![
        SourceSpec::DescriptorSet("all.binpb".into()),
        SourceSpec::Reflection,
    ];
    for form in forms() {
        let import = read_back(&outgoing, form);
        // Nothing in it is doubtful: the shell is found, too.
        let found = read_command(&text(&outgoing, form)).unwrap();
        assert_eq!(found.result.as_ref(), Ok(&import), "{form:?}");
        let mut request = import.request;
        let messages = std::mem::take(&mut request.messages);
        let mut expected = outgoing.request.clone();
        expected.messages.clear();
        assert_eq!(request, expected, "{form:?}");
        assert_eq!(import.sources, outgoing.sources, "{form:?}");
        let wires: Vec<_> = messages.iter().map(|m| wire(&m.0)).collect();
        let wanted: Vec<_> = outgoing
            .request
            .messages
            .iter()
            .map(|m| wire(&m.0))
            .collect();
        assert_eq!(wires, wanted, "{form:?}");
    }
}

#[test]
fn any_text_in_messages_and_metadata_reads_back() {
    let mut random = Random::new(11);
    let alphabet: Vec<char> = "ab \\\"'`$%^&|<>(){}[]!#;*?~@=-+\n\t\u{1}é‘’“”🦀{{}}\u{F0000}"
        .chars()
        .collect();
    let mut words: Vec<String> = crate::interop::shell::HARD
        .iter()
        .map(|word| (*word).to_owned())
        .collect();
    for _ in 0..200 {
        let length = random.below(20);
        words.push(
            (0..length)
                .map(|_| alphabet[random.below(alphabet.len())])
                .collect(),
        );
    }
    for word in &words {
        let literal = word.replace("{{", "{{ \"{{\" }}");
        let body = serde_json::json!({"name": literal, "tags": [literal, "x"]}).to_string();
        let mut outgoing = outgoing(&[&body]);
        outgoing.request.settings.tls = Some(true);
        // What HTTP/2 carries: no line breaks, and no space at the ends.
        let value: String = literal.chars().filter(|c| !c.is_control()).collect();
        outgoing.request.metadata = vec![row("x-any", value.trim())];
        for form in forms() {
            let import = read_back(&outgoing, form);
            assert_eq!(
                import.request.messages.len(),
                1,
                "{form:?} {word:?} {}",
                text(&outgoing, form)
            );
            let value = expand(&import.request.metadata[0].value, &Scope::default()).unwrap();
            let wanted = expand(
                outgoing.request.metadata[0].value.as_str(),
                &Scope::default(),
            );
            assert_eq!(value, wanted.unwrap(), "{form:?}");
            assert_eq!(
                wire(&import.request.messages[0].0),
                wire(&body),
                "{form:?} {word:?}"
            );
        }
    }
}

#[test]
fn secrets_stay_behind_unless_they_are_asked_for() {
    let mut outgoing = outgoing(&[r#"{"name": "key {{ key }}"}"#]);
    outgoing.scope.variables = [("token", "s3cret"), ("key", "k3y"), ("team", "blue")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    outgoing.secrets = ["token", "key"].map(str::to_owned).into();
    outgoing.request.metadata = vec![
        row("authorization", "Bearer {{ token }}"),
        row("x-team", "{{ team }}"),
        row("x-api-key", "literal"),
        MetadataRow {
            enabled: false,
            ..row("off", "x")
        },
    ];
    for (form, names) in [
        (
            CopyForm::Grpcurl(Shell::Bash),
            ["\"$TOKEN\"", "\"$X_API_KEY\"", "\"$KEY\""],
        ),
        (
            CopyForm::Grpcurl(Shell::PowerShell),
            ["${env:TOKEN}", "${env:X_API_KEY}", "${env:KEY}"],
        ),
        (
            CopyForm::Grpcurl(Shell::Cmd),
            ["%TOKEN%", "%X_API_KEY%", "%KEY%"],
        ),
        (
            CopyForm::Stubless,
            ["\"$TOKEN\"", "\"$X_API_KEY\"", "\"$KEY\""],
        ),
    ] {
        let copied = copy(&outgoing, form, false).unwrap();
        for secret in ["s3cret", "literal", "k3y", "{{"] {
            assert!(!copied.text.contains(secret), "{form:?}: {}", copied.text);
        }
        for name in names {
            assert!(copied.text.contains(name), "{form:?}: {}", copied.text);
        }
        assert!(copied.text.contains("blue") && !copied.text.contains("off: x"));
        let told: Vec<_> = copied.notes.iter().map(|note| note.text.as_str()).collect();
        assert!(
            told.iter()
                .any(|note| note.ends_with("stands for the secret variable `token`")),
            "{told:?}"
        );
        assert!(
            told.iter()
                .any(|note| note.ends_with("stands for the value of `x-api-key`")),
            "{told:?}"
        );
        let clear = text(&outgoing, form);
        for secret in ["s3cret", "literal", "k3y"] {
            assert!(clear.contains(secret), "{form:?}: {clear}");
        }
    }
    let json = copy(&outgoing, CopyForm::JsonLine, false).unwrap();
    assert_eq!(json.text, r#"{"name":"key k3y"}"#);
    assert!(json.notes[0].text.contains("the secret `key`"));
}

#[test]
fn a_secret_that_an_expression_changes_is_not_left_out_silently() {
    let mut good = outgoing(&["{}"]);
    good.scope.variables = [("token", "a%7 b"), ("n", "7")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    good.secrets = ["token", "n"].map(str::to_owned).into();
    let with = |change: &dyn Fn(&mut Outgoing)| {
        let mut outgoing = good.clone();
        change(&mut outgoing);
        outgoing
    };
    let message = |text: &str| vec![MessageText(text.to_owned())];
    for (name, outgoing, clear) in [
        (
            "a filter in a message",
            with(&|o| {
                o.request.messages = message(r#"{"name": "{{ token|replace('%', '%25') }}"}"#);
            }),
            "a%257 b",
        ),
        (
            "the second message",
            with(&|o| {
                o.request.messages = message("{}");
                let more = message(r#"{"tags": ["{{ token[:2] }}"]}"#);
                o.request.messages.extend(more);
            }),
            "a%",
        ),
        (
            "a test",
            with(&|o| {
                let text = r#"{"name": "{{ 'same' if token == 'a%7 b' else 'other' }}"}"#;
                o.request.messages = message(text);
            }),
            "same",
        ),
        (
            "a number",
            with(&|o| o.request.messages = message(r#"{"count": "{{ n|int + 1 }}"}"#)),
            "8",
        ),
        (
            "metadata",
            with(&|o| o.request.metadata = vec![row("x-len", "{{ token|length }}")]),
            "x-len: 5",
        ),
        (
            "a setting",
            with(&|o| o.request.settings.authority = Some("{{ token|length }}.example".to_owned())),
            "5.example",
        ),
    ] {
        let bash = CopyForm::Grpcurl(Shell::Bash);
        let problem = copy(&outgoing, bash, false).expect_err(name);
        assert!(
            problem.message.contains("makes of a secret"),
            "{name}: {problem:?}"
        );
        assert_eq!(problem.hint.as_deref(), Some("Copy with credentials"));
        let text = text(&outgoing, bash);
        assert!(text.contains(clear), "{name}: {text}");
    }
    // A credential is one variable as a whole.
    let credential = with(&|o| {
        o.request.metadata = vec![row(
            "authorization",
            "Bearer {{ token|replace('%', '%25') }}",
        )];
    });
    let copied = copy(&credential, CopyForm::Grpcurl(Shell::Bash), false).unwrap();
    assert!(copied.text.contains("$AUTHORIZATION"), "{}", copied.text);
    assert!(!copied.text.contains("%25"), "{}", copied.text);
}

#[test]
fn what_cannot_be_copied_says_why() {
    let good = outgoing(&["{}"]);
    let mut undefined = good.clone();
    undefined.request.metadata = vec![row("a", "{{ nobody }}")];
    let mut wrong = good.clone();
    wrong.request.messages = vec![MessageText("{\"nmae\": 1}".to_owned())];
    let mut number = good.clone();
    number.request.messages = vec![MessageText("{\"count\": \"{{ n }}\"}".to_owned())];
    number
        .scope
        .variables
        .insert("n".to_owned(), "7".to_owned());
    number.secrets.insert("n".to_owned());
    let mut nowhere = good.clone();
    nowhere.request.target = None;
    let mut unknown = good.clone();
    unknown.schema = None;
    let mut demo = good;
    demo.request.target = Some("demo:".to_owned());
    let bash = CopyForm::Grpcurl(Shell::Bash);
    for (name, outgoing, form, words) in [
        (
            "undefined",
            &undefined,
            bash,
            "The metadata `a` cannot be resolved",
        ),
        ("wrong", &wrong, bash, "nmae"),
        (
            "a secret number",
            &number,
            bash,
            "in a field that is no text",
        ),
        ("no target", &nowhere, bash, "No target"),
        ("no schema", &unknown, CopyForm::Hex, "is not known"),
        ("demo", &demo, bash, "inside of Stubless"),
    ] {
        let problem = copy(outgoing, form, false).expect_err(name);
        assert!(problem.message.contains(words), "{name}: {problem:?}");
    }
    assert!(text(&number, bash).contains("\"count\":7"));
    // Without a schema the text is taken as it stands.
    let mut unknown = unknown;
    unknown.request.messages = vec![MessageText(
        "{\"a\": 1.50, // why\n \"b\": [\"é\",],}".to_owned(),
    )];
    assert_eq!(
        text(&unknown, CopyForm::JsonLine),
        "{\"a\":1.50,\"b\":[\"é\"]}"
    );
}

#[test]
fn a_message_is_copied_in_every_form() {
    let outgoing = outgoing(&[r#"{"id": 7, /* seven */ "name": "a\"b"}"#, "{}"]);
    for (form, expected) in [
        (CopyForm::JsonLine, r#"{"id":"7","name":"a\"b"}"#),
        (
            CopyForm::JsonPretty,
            "{\n  \"id\": \"7\",\n  \"name\": \"a\\\"b\"\n}",
        ),
        (CopyForm::TextFormat, "id: 7\nname: \"a\\\"b\"\n"),
        (CopyForm::Base64, "CAcSA2EiYg=="),
        (CopyForm::Hex, "08071203612262"),
        (CopyForm::FramedHex, "0000000007080712036122620000000000"),
    ] {
        assert_eq!(text(&outgoing, form), expected, "{form:?}");
    }
}

#[test]
fn options_that_grpcurl_lacks_are_told() {
    let mut outgoing = outgoing(&[]);
    outgoing.request.settings.proxy = Some("http://me:pw@gate:1".to_owned());
    outgoing.request.settings.pinned_certificate = Some("ab".to_owned());
    outgoing.request.call.compression = Some("gzip".to_owned());
    let copied = copy(&outgoing, CopyForm::Grpcurl(Shell::Bash), false).unwrap();
    let told: Vec<_> = copied.notes.iter().map(|note| note.text.as_str()).collect();
    for words in ["a proxy", "a pinned certificate", "compression"] {
        assert!(
            told.iter().any(|note| note.contains(words)),
            "{words}: {told:?}"
        );
    }
    let own = copy(&outgoing, CopyForm::Stubless, false).unwrap().text;
    assert!(
        own.contains("--compress gzip") && !own.contains("pw@"),
        "{own}"
    );
}

#[test]
fn a_long_message_goes_through_standard_input() {
    let long = format!(r#"{{"name": "{}"}}"#, "EOF\\n".repeat(60_000));
    let outgoing = outgoing(&[&long]);
    let bash = CopyForm::Grpcurl(Shell::Bash);
    assert!(text(&outgoing, bash).contains("-d @ "));
    let import = read_back(&outgoing, bash);
    assert_eq!(wire(&import.request.messages[0].0), wire(&long));
    let cmd = copy(&outgoing, CopyForm::Grpcurl(Shell::Cmd), true).unwrap();
    assert!(cmd.notes.iter().any(|note| note.text.contains("8191")));
}
