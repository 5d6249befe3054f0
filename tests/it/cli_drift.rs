//! `stubless drift`: files that are not as the server has them.

use std::{fs, path::PathBuf};

use stubless_core::demo::{Demo, DemoOptions};

use crate::cli::stubless;

const GREETER: &str = "assets/protos/demo/v1/greeter.proto";

/// The greeter's file, changed, in a folder of its own.
fn changed(change: impl Fn(&str) -> String) -> (tempfile::TempDir, String) {
    let original = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(GREETER);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("greeter.proto");
    fs::write(&path, change(&fs::read_to_string(original).unwrap())).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

async fn target() -> (Demo, String) {
    let demo = Demo::start(DemoOptions::default()).await.unwrap();
    let target = demo.address().to_string();
    (demo, target)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_a_server_was_made_from_do_not_differ() {
    let (_demo, target) = target().await;
    let (_folder, greeter) = changed(str::to_owned);
    let ran = stubless(&["drift", "--proto", &greeter, &target, "demo.v1.Greeter"]).ended(0);
    assert_eq!(ran.out, "");
    assert!(
        ran.err.contains("1 method compared, no difference"),
        "{ran:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_on_the_wire_is_printed_first_and_is_the_exit_code() {
    let (_demo, target) = target().await;
    let (_folder, greeter) = changed(|text| {
        text.replace("bool excited = 3;", "string excited = 3;")
            .replace("string greeting = 1;", "string words = 1;")
    });
    let ran = stubless(&[
        "drift",
        "--proto",
        &greeter,
        &target,
        "demo.v1.Greeter/SayHello",
    ]);
    let ran = ran.ended(1);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines[0], "demo.v1.Greeter/SayHello");
    assert_eq!(
        lines[1],
        "  breaking    request.excited  type: string here, bool on the server: \
         each takes the other's value for an unknown field"
    );
    assert!(
        lines[2].starts_with("  json        response.words  renamed: "),
        "{ran:?}"
    );
    assert_eq!(lines.len(), 3, "{ran:?}");
    assert!(ran.err.contains("1 differ, 1 break on the wire"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_json_alone_notices_does_not_fail() {
    let (_demo, target) = target().await;
    let (_folder, greeter) = changed(|text| text.replace("string name = 1;", "string who = 1;"));
    let ran = stubless(&["drift", "--proto", &greeter, &target, "demo.v1.Greeter"]).ended(0);
    assert!(
        ran.out.contains("json        request.who  renamed"),
        "{ran:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_the_server_does_not_have_breaks() {
    let (_demo, target) = target().await;
    let (_folder, greeter) = changed(|text| text.replace("service Greeter", "service Grouch"));
    let ran = stubless(&["drift", "--proto", &greeter, &target]).ended(1);
    let missing = "demo.v1.Grouch\n  breaking    not on the server\n";
    assert!(ran.out.starts_with(missing), "{ran:?}");
    assert!(
        ran.out
            .contains("demo.v1.Greeter\n  compatible  on the server alone"),
        "{ran:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_is_missing() {
    let (_demo, target) = target().await;
    let (_folder, greeter) = changed(str::to_owned);
    stubless(&["drift", &target]).failed(2, &["nothing to compare", "--proto FILE"]);
    stubless(&["drift", "--proto", &greeter, &target, "demo.v1.Greter"]).failed(
        3,
        &[
            "no service `demo.v1.Greter`",
            "did you mean demo.v1.Greeter",
        ],
    );
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = gone.local_addr().unwrap().to_string();
    drop(gone);
    stubless(&["drift", "--proto", &greeter, &nobody]).failed(4, &[&nobody]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_not_told_to_be_alike() {
    let (_demo, target) = target().await;
    let (folder, greeter) = changed(|text| text.replace("bool excited = 3;", "Bool excited = 3;"));
    fs::write(
        folder.path().join("other.proto"),
        "syntax = \"proto3\"; package other; message M {}",
    )
    .unwrap();
    let folder = folder.path().display().to_string();
    let said = ["1 file is left out", "was not compared"];
    stubless(&["drift", "--proto", &folder, &target]).failed(3, &said);
    let said = ["1 file is left out", "is in none of the files"];
    stubless(&["drift", "--proto", &folder, &target, "demo.v1.Greeter"]).failed(3, &said);
    let said = ["0 methods compared", "was not compared"];
    stubless(&["drift", "--proto", &greeter, &target]).failed(3, &said);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_is_told_from_a_service() {
    let (_demo, target) = target().await;
    let said = [
        "There is no service",
        "`stubless describe` shows the method",
    ];
    stubless(&["list", &target, "demo.v1.Greeter/SayHello"]).failed(3, &said);
}
