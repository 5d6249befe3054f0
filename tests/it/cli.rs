//! The program's command line, driven as a person or a script drives it: the built binary against a
//! demo server in this process.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use stubless_core::demo::{DESCRIPTOR_SET, Demo, DemoOptions, DemoTls};

/// How a run of the program ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ran {
    code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The documents on standard output.
    fn json(&self) -> Vec<Value> {
        let values = serde_json::Deserializer::from_str(&self.out).into_iter();
        values.map(|value| value.unwrap()).collect()
    }

    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Ended so, and said so on standard error.
    #[track_caller]
    pub(crate) fn failed(self, code: i32, said: &[&str]) -> Self {
        let ran = self.ended(code);
        for words in said {
            assert!(ran.err.contains(words), "`{words}` is missing: {ran:#?}");
        }
        ran
    }
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stubless"));
    command
        .args(args)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY");
    command
}

pub(crate) fn stubless(args: &[&str]) -> Ran {
    stubless_reading(args, "")
}

fn stubless_reading(args: &[&str], input: &str) -> Ran {
    let mut child = start(command(args).stderr(Stdio::piped()));
    // The program may end without having read it all.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn start(command: &mut Command) -> Child {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// A server, and its address as a target.
async fn demo(options: DemoOptions) -> (Demo, String) {
    let demo = Demo::start(options).await.unwrap();
    let target = demo.address().to_string();
    (demo, target)
}

pub(super) async fn plain_demo() -> (Demo, String) {
    demo(DemoOptions::default()).await
}

pub(super) fn protos() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/protos")
}

#[tokio::test(flavor = "multi_thread")]
async fn list_gives_services_then_methods() {
    let (_demo, target) = plain_demo().await;
    let services = stubless(&["list", &target]).ended(0).out;
    for service in ["demo.v1.Atlas", "demo.v1.Trouble", "grpc.health.v1.Health"] {
        assert!(services.lines().any(|line| line == service), "{services}");
    }
    let methods = stubless(&["list", &target, "demo.v1.Atlas"]).ended(0).out;
    assert_eq!(
        methods.lines().collect::<Vec<_>>(),
        [
            "demo.v1.Atlas.GetPlace",
            "demo.v1.Atlas.ListPlaces",
            "demo.v1.Atlas.RecordTrip",
            "demo.v1.Atlas.Converse",
        ]
    );
    stubless(&["list", &target, "demo.v1.Atlantis"]).failed(3, &["demo.v1.Atlantis"]);

    let found = stubless(&["list", &target, "--search", "getpl"])
        .ended(0)
        .out;
    let found: Vec<_> = found.lines().collect();
    assert_eq!(found, ["demo.v1.Atlas.GetPlace", "demo.v1.GetPlaceRequest"]);
    stubless(&["list", &target, "--search", "atlantis"]).failed(3, &["atlantis"]);
    let both = ["list", &target, "demo.v1.Atlas", "--search", "place"];
    stubless(&both).failed(2, &["--search"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn describe_prints_source_with_comments() {
    let (_demo, target) = plain_demo().await;
    let method = stubless(&["describe", &target, "demo.v1.Greeter.SayHello"]).ended(0);
    assert!(method.out.contains("rpc SayHello"), "{method:?}");
    assert!(method.out.contains("Says hello."), "{method:?}");
    let message = stubless(&["describe", &target, "demo.v1.TripPoint"]).ended(0);
    assert!(message.out.contains("message TripPoint"), "{message:?}");
    stubless(&["describe", &target, "demo.v1.Nothing"]).failed(3, &["demo.v1.Nothing"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn example_prints_a_body_that_call_takes() {
    let (_demo, target) = plain_demo().await;
    let method = "demo.v1.Kitchen/Echo";
    let example = stubless(&["example", &target, method]).ended(0).out;
    assert!(example.contains("\"scalars\": {"), "{example}");
    let again = stubless(&["example", &target, "demo.v1.Everything", "--seed", "0"])
        .ended(0)
        .out;
    assert_eq!(
        again, example,
        "of a method its request, with the same seed the same"
    );
    let other = stubless(&["example", &target, method, "--seed", "7"])
        .ended(0)
        .out;
    assert_ne!(other, example);
    for style in ["minimal", "full", "example"] {
        let body = stubless(&["example", &target, method, "--style", style])
            .ended(0)
            .out;
        stubless(&["call", &target, method, "--data", &body]).ended(0);
    }
    stubless(&["example", &target, "demo.v1.Nothing"]).failed(3, &["demo.v1.Nothing"]);
    stubless(&["example", &target, method, "--style", "long"])
        .failed(2, &["minimal, full and example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unary_call_prints_its_response() {
    let (_demo, target) = plain_demo().await;
    let data = r#"{"name": "Ada", "language": "LANGUAGE_FRENCH"}"#;
    let ran = stubless(&["call", &target, "demo.v1.Greeter/SayHello", "-d", data]).ended(0);
    let [reply] = &ran.json()[..] else {
        panic!("one reply: {ran:?}")
    };
    assert_eq!(reply["greeting"], "Bonjour, Ada");
    assert_eq!(reply["greeted"], "1");
    assert_eq!(ran.err, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_data_sends_an_empty_message() {
    let (_demo, target) = plain_demo().await;
    let ran = stubless(&["call", &target, "demo.v1.Greeter.SayHello"]).ended(0);
    assert_eq!(ran.json()[0]["greeting"], "Hello, world");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_stream_prints_a_document_a_message() {
    let (_demo, target) = plain_demo().await;
    let ran = stubless(&[
        "call",
        &target,
        "demo.v1.Ticker/Watch",
        "-d",
        r#"{"count": 2000, "payloadBytes": 2}"#,
    ])
    .ended(0);
    let ticks = ran.json();
    assert_eq!(ticks.len(), 2000);
    assert_eq!(ticks[1999]["sequence"], "2000");
    assert_eq!(ticks[0]["payload"], "AAE=");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_stream_takes_several_values() {
    let (_demo, target) = plain_demo().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("points.json");
    let points = r#"
        // Oslo
        {"position": {"latitude": 59.9139, "longitude": 10.7522}, "at": "2026-01-01T00:00:00Z"}
        {"position": {"latitude": 59.3293, "longitude": 18.0686}, "at": "2026-01-01T05:00:00Z"}
    "#;
    std::fs::write(&file, points).unwrap();
    let from_file = format!("@{}", file.display());
    let helsinki = r#"{"position": {"latitude": 60.1699, "longitude": 24.9384}}"#;
    let method = "demo.v1.Atlas/RecordTrip";
    let ran = stubless(&["call", &target, method, "-d", &from_file, "-d", helsinki]).ended(0);
    let summary = &ran.json()[0];
    assert_eq!(summary["points"], 3);
    assert_eq!(summary["passed"], json!(["Oslo", "Stockholm", "Helsinki"]));
    assert_eq!(summary.get("duration"), None, "the last point has no time");

    let ran = stubless(&["call", &target, method]).ended(0);
    assert_eq!(
        ran.json(),
        [json!({})],
        "no message at all is a stream, too"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_live() {
    let (_demo, target) = plain_demo().await;
    let args = ["call", &target, "demo.v1.Atlas/Converse", "-d", "@-"];
    let mut child = start(&mut command(&args));
    let mut input = child.stdin.take().unwrap();
    let mut replies =
        serde_json::Deserializer::from_reader(child.stdout.take().unwrap()).into_iter::<Value>();
    for number in 1..=3 {
        writeln!(input, r#"{{"place": "Nowhere", "text": "note {number}"}}"#).unwrap();
        // Every earlier note, then the receipt, before the next note is written.
        for earlier in 1..number {
            let reply = replies.next().unwrap().unwrap();
            assert_eq!(reply["earlier"]["text"], format!("note {earlier}"));
        }
        let reply = replies.next().unwrap().unwrap();
        assert_eq!(reply["receipt"]["number"], number);
    }
    drop(input);
    assert!(replies.next().is_none());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_value_comes_back_as_it_was_sent() {
    let (_demo, target) = plain_demo().await;
    let sent = json!({
        "scalars": {
            "double": 0.1, "float": 1.5, "int32": i32::MIN, "int64": i64::MIN.to_string(),
            "uint32": u32::MAX, "uint64": u64::MAX.to_string(), "sint32": -1, "sint64": "-1",
            "fixed32": 1, "fixed64": "1", "sfixed32": -1, "sfixed64": "-1", "bool": true,
            "string": "ż🦀", "bytes": "AP8="
        },
        "optionals": {"int32": 0, "string": ""},
        "maps": {"int32String": {"-1": "minus one"}, "boolString": {"true": "yes"}},
        "choice": {"nothing": {}},
        "wellKnown": {
            "timestamp": "2026-01-31T12:30:00.500Z", "duration": "90.500s",
            "struct": {"any": ["JSON", 1.0, true, null]},
            "any": {"@type": "type.googleapis.com/demo.v1.Ingredient", "name": "salt"},
            "int64Value": "0"
        },
        "@id": "its own name"
    });
    let method = "demo.v1.Kitchen/Echo";
    let ran = stubless(&["call", &target, method, "-d", &sent.to_string()]).ended(0);
    // As text, the parts of a second may be written shorter or longer.
    let got: Vec<_> = ran.json().into_iter().map(numbers_as_floats).collect();
    assert_eq!(got, [numbers_as_floats(sent)]);
}

/// `1` and `1.0` are the same number.
fn numbers_as_floats(value: Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.into_iter().map(numbers_as_floats).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key, numbers_as_floats(value)))
            .collect(),
        Value::String(text) => Value::String(text.replace("00Z", "Z").replace("00s", "s")),
        other => other,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_other_than_ok_ends_with_1_and_its_details() {
    let (_demo, target) = plain_demo().await;
    let data =
        r#"{"code": "NOT_FOUND", "message": "no \u001b[2J such thing", "withDetails": true}"#;
    let ran = stubless(&["call", &target, "demo.v1.Trouble/Fail", "-d", data]).failed(
        1,
        &[
            "NOT_FOUND",
            "such thing",
            "google.rpc.ErrorInfo",
            "ASKED_FOR",
            "google.rpc.BadRequest",
            "retryDelay",
            "demo.v1.FailRequest",
        ],
    );
    assert_eq!(ran.out, "");
    assert!(
        !ran.err.contains('\u{1b}'),
        "an escape reached the terminal"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_before_a_failure_are_printed() {
    let (_demo, target) = plain_demo().await;
    let data = r#"{"afterMessages": 3, "code": "DATA_LOSS", "message": "gone"}"#;
    let method = "demo.v1.Trouble/FailMidStream";
    let ran = stubless(&["call", &target, method, "-d", data]);
    let ran = ran.failed(1, &["DATA_LOSS", "gone"]);
    assert_eq!(ran.json().len(), 3);

    let data = r#"{"afterMessages": 3}"#;
    let ran = stubless(&["call", &target, "demo.v1.Trouble/HangUp", "-d", data]);
    assert_eq!(ran.failed(1, &["UNAVAILABLE"]).json().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_ends_a_call_that_would_wait() {
    let (_demo, target) = plain_demo().await;
    let begin = Instant::now();
    let hang = ["call", &target, "demo.v1.Trouble/Hang"];
    stubless(&[&hang[..], &["--deadline", "200ms"]].concat()).failed(1, &["DEADLINE_EXCEEDED"]);
    assert!(begin.elapsed() >= Duration::from_millis(200));
}

#[test]
fn a_deadline_covers_reflection_too() {
    // Takes connections and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = silent.local_addr().unwrap().to_string();
    let call = ["call", &target, "a.B/C", "--deadline", "300ms"];
    stubless(&call).failed(1, &["DEADLINE_EXCEEDED", "no schema within"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_go_both_ways() {
    let (_demo, target) = plain_demo().await;
    let ran = stubless(&[
        "call",
        &target,
        "demo.v1.Trouble/EchoMetadata",
        "-v",
        "-H",
        "X-Color: red",
        "-H",
        "x-color: blue",
        "-H",
        "x-trace-bin: AP8Q",
    ])
    .failed(
        0,
        &[
            "> x-color: red",
            "< demo-color: red",
            "< demo-color: blue",
            "< demo-trace-bin: AP8QgA==",
            "< demo-farewell: goodbye from the trailers",
            "< demo-checksum-bin: 3q2+7w==",
        ],
    );
    let received = &ran.json()[0]["received"];
    let values = |key: &str| -> Vec<&Value> {
        let pairs = received.as_array().unwrap().iter();
        pairs.filter(|pair| pair["key"] == key).collect()
    };
    assert_eq!(values("x-color")[0]["text"], "red");
    assert_eq!(values("x-color")[1]["text"], "blue");
    assert_eq!(values("x-trace-bin")[0]["binary"], "AP8Q");
}

#[test]
fn arguments_that_make_no_sense_end_with_2() {
    let cases: [(&str, &[&str], &str); 9] = [
        ("no method", &["call", "demo:"], "METHOD"),
        ("an unknown option", &["call", "--nonsense"], "--nonsense"),
        ("no target", &["list"], "TARGET"),
        (
            "a header without a colon",
            &["list", "demo:", "-H", "x"],
            "colon",
        ),
        (
            "a key that gRPC sets",
            &["list", "demo:", "-H", "grpc-timeout: 1S"],
            "grpc-timeout",
        ),
        (
            "a deadline without a unit",
            &["call", "demo:", "a.B/C", "--deadline", "5"],
            "5s",
        ),
        (
            "plaintext and TLS",
            &["list", "h:1", "--plaintext", "--tls"],
            "--tls",
        ),
        (
            "a certificate without its key",
            &["list", "h:1", "--cert", "x"],
            "--key",
        ),
        ("a target without a port", &["list", "nonsense"], "nonsense"),
    ];
    for (case, args, said) in cases {
        let ran = stubless(args);
        assert_eq!(ran.code, Some(2), "{case}: {ran:#?}");
        assert!(ran.err.contains(said), "{case}: {ran:#?}");
        assert_eq!(ran.out, "", "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_does_not_fit_ends_with_3_and_its_place() {
    let (_demo, target) = plain_demo().await;
    let cases: [(&str, &str, &[&str], &[&str]); 7] = [
        (
            "an unknown method",
            "demo.v1.Atlas/SayHello",
            &[],
            &["did you mean demo.v1.Greeter/SayHello"],
        ),
        (
            "an unknown field",
            "demo.v1.Greeter/SayHello",
            &["{\n  \"nome\": 1}"],
            &["nome", "line 2"],
        ),
        (
            "a number too large",
            "demo.v1.Ticker/Watch",
            &[r#"{"count": 4294967296}"#],
            &["`count`, line 1, column 11"],
        ),
        (
            "not JSON",
            "demo.v1.Greeter/SayHello",
            &["{"],
            &["line 1, column 2"],
        ),
        (
            "a slip of the fingers",
            "demo.v1.Greter/SayHello",
            &[],
            &["did you mean demo.v1.Greeter/SayHello"],
        ),
        (
            "two messages",
            "demo.v1.Greeter/SayHello",
            &["{} {}"],
            &["one message"],
        ),
        (
            "no such file",
            "demo.v1.Greeter/SayHello",
            &["@no/such/file"],
            &["no/such/file"],
        ),
    ];
    for (case, method, data, said) in cases {
        let mut args = vec!["call", &target, method];
        args.extend(data.iter().flat_map(|data| ["-d", data]));
        let ran = stubless(&args);
        assert_eq!(ran.code, Some(3), "{case}: {ran:#?}");
        for words in said {
            assert!(ran.err.contains(words), "{case}: `{words}`: {ran:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_on_standard_input_cancels_the_stream() {
    let (_demo, target) = plain_demo().await;
    let args = ["call", &target, "demo.v1.Kitchen/EchoMany", "-d", "@-"];
    let input = r#"{"identifier": "x"} {"spice": "SPICE_UNHEARD_OF"} {}"#;
    stubless_reading(&args, input).failed(3, &["Message 2", "spice"]);
}

#[test]
fn no_connection_ends_with_4() {
    // A port that was free a moment ago, and one where HTTP/1.1 is spoken.
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    stubless(&["list", &closed.to_string()]).failed(4, &[&closed.to_string()]);

    let http1 = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = http1.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        while let Ok((mut socket, _)) = http1.accept() {
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
        }
    });
    // What a button does in the window is named as an option.
    stubless(&["list", &address]).failed(4, &[&address, "option: --tls"]);

    // How far it came is among the frames.
    let proto = protos().join("demo/v1/kitchen.proto").display().to_string();
    let (target, method) = (closed.to_string(), "demo.v1.Kitchen/Echo");
    stubless(&["call", "-vv", "--proto", &proto, &target, method])
        .failed(4, &["Connect", "failed after", "Nothing listens on"]);
}

#[test]
fn a_request_at_fault_is_told_from_a_server_that_is_not_there() {
    let proto = protos().join("demo/v1/kitchen.proto").display().to_string();
    let call = |options: &[&str]| {
        let method = ["127.0.0.1:1", "demo.v1.Kitchen/Echo"];
        stubless(&[&["call", "--proto", &proto], options, &method].concat())
    };
    call(&["--authority", "bad host!"]).failed(3, &["authority"]);
    call(&["-H", ":authority: a"]).failed(2, &["--authority"]);
    call(&["--keepalive", "1s"]).failed(2, &["10s"]);
    stubless(&["cal"]).failed(2, &["no command and no folder `cal`", "call, list"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_may_come_from_files() {
    let options = DemoOptions {
        reflection: false,
        ..DemoOptions::default()
    };
    let (_demo, target) = demo(options).await;
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("demo.binpb");
    std::fs::write(&set, DESCRIPTOR_SET).unwrap();
    let (set, root) = (set.display().to_string(), protos().display().to_string());
    let proto = protos().join("demo/v1/kitchen.proto").display().to_string();
    let method = "demo.v1.Kitchen/Echo";

    stubless(&["call", &target, method]).failed(3, &["reflection"]);
    let sources: [(&str, &[&str]); 4] = [
        ("a proto file", &["--proto", &proto]),
        ("a proto file and a root", &["--proto", &proto, "-I", &root]),
        ("a folder of protos", &["--proto", &root]),
        ("a descriptor set", &["--descriptor-set", &set]),
    ];
    for (case, source) in sources {
        let data = r#"{"spice": 1}"#;
        let ran = stubless(&[&["call", &target, method, "-d", data], source].concat());
        assert_eq!(ran.code, Some(0), "{case}: {ran:#?}");
        assert_eq!(ran.json(), [json!({"spice": "SPICE_CINNAMON"})], "{case}");
        let ran = stubless(&[&["list"], source, &["demo.v1.Kitchen"]].concat()).ended(0);
        assert!(
            ran.out.contains("demo.v1.Kitchen.Echo\n"),
            "{case}: {ran:?}"
        );
        let ran = stubless(&[&["describe"], source, &["demo.v1.Ingredient"]].concat()).ended(0);
        assert!(ran.out.contains("A thing to cook with."), "{case}: {ran:?}");
    }
    let broken = folder.path().join("broken.proto").display().to_string();
    std::fs::write(&broken, "syntax = \"proto3\";\nmessage {\n").unwrap();
    let line = "\n  2 | message {\n    |         ^";
    stubless(&["list", "--proto", &broken]).failed(3, &["broken.proto:2:", line, "Nothing"]);
    stubless(&["list", "--proto", "no/such.proto"]).failed(3, &["no/such.proto"]);
    stubless(&["list", "--proto", &proto, &target, "demo.v1.Kitchen"]).failed(2, &["TARGET"]);
}

/// A certificate authority, and certificates it signed.
struct Authority {
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "Authority of this test");
        let key = rcgen::KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = rcgen::Issuer::new(params, key);
        Self { issuer, pem }
    }

    /// Certificate and key.
    fn sign(&self, name: &str) -> (String, String) {
        let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        (cert.pem(), key.serialize_pem())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_checked_unless_told_otherwise() {
    let authority = Authority::new();
    let (cert, key) = authority.sign("demo.test");
    let tls = DemoTls {
        cert,
        key,
        client_ca: None,
    };
    let options = DemoOptions {
        tls: Some(tls),
        ..DemoOptions::default()
    };
    let (_demo, target) = demo(options).await;
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &authority.pem).unwrap();
    let ca = ca.display().to_string();
    let call =
        |more: &[&str]| stubless(&[&["call", &target, "demo.v1.Greeter/SayHello"], more].concat());

    call(&["--tls"]).failed(4, &["certificate"]);
    call(&["--tls", "--cacert", &ca]).failed(4, &["demo.test"]);
    call(&["--tls", "--cacert", &ca, "--server-name", "demo.test"]).ended(0);
    let ran = call(&["--tls", "--insecure-skip-verify"]).failed(0, &["not checked"]);
    assert_eq!(ran.json().len(), 1);
    call(&["--plaintext"]).failed(4, &["TLS"]);
    let hang_up = [
        "call",
        &target,
        "demo.v1.Trouble/HangUp",
        "--tls",
        "--insecure-skip-verify",
    ];
    stubless(&hang_up).failed(1, &["UNAVAILABLE", "not checked"]);
    call(&["--tls", "--cacert", "no/such.pem"]).failed(3, &["no/such.pem"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_is_shown_to_a_server_that_asks() {
    let authority = Authority::new();
    let (cert, key) = authority.sign("localhost");
    let tls = DemoTls {
        cert,
        key,
        client_ca: Some(authority.pem.clone()),
    };
    let options = DemoOptions {
        tls: Some(tls),
        ..DemoOptions::default()
    };
    let (demo, _) = demo(options).await;
    let target = format!("https://localhost:{}", demo.address().port());
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (client_cert, client_key) = authority.sign("a client");
    let ca = write("ca.pem", &authority.pem);
    let cert = write("cert.pem", &client_cert);
    let key = write("key.pem", &client_key);

    let base = ["call", &target, "demo.v1.Greeter/SayHello", "--cacert", &ca];
    stubless(&base).ended(4);
    let shown = [&base[..], &["--cert", &cert, "--key", &key]].concat();
    stubless(&shown).ended(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_ends_the_call_quietly() {
    let (demo, target) = plain_demo().await;
    let data = r#"{"count": 1000000}"#;
    let args = ["call", &target, "demo.v1.Ticker/Watch", "-d", data];
    let mut child = start(command(&args).stderr(Stdio::piped()));
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    assert_eq!(line, "{\n");
    drop(out);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let mut abandoned = demo.abandoned_calls();
    abandoned.wait_for(|count| *count == 1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_the_program_cancels_the_call() {
    let (demo, target) = plain_demo().await;
    let mut child = start(&mut command(&["call", &target, "demo.v1.Ticker/Watch"]));
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let mut abandoned = demo.abandoned_calls();
    abandoned.wait_for(|count| *count == 1).await.unwrap();
}

#[test]
fn the_demo_serves_until_it_is_ended() {
    let args = ["demo", "--listen", "127.0.0.1:0"];
    let mut child = start(command(&args).stderr(Stdio::null()));
    let mut address = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut address).unwrap();
    let ran = stubless(&["call", address.trim(), "grpc.health.v1.Health/Check"]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(ran.ended(0).json(), [json!({"status": "SERVING"})]);
}

#[test]
fn the_embedded_server_is_a_target() {
    let ran = stubless(&["call", "demo:", "demo.v1.Greeter/SayHello"]).ended(0);
    assert_eq!(ran.json()[0]["greeting"], "Hello, world");
}

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn without_a_display_one_line_points_at_the_command_line() {
    let ran = stubless(&[]).failed(2, &["stubless call"]);
    assert_eq!(ran.err.lines().count(), 1);
    assert_eq!(ran.out, "");
}
