//! Rules of protovalidate from end to end: a schema of files that has them, a server that has not.

use std::{fs, path::Path};

use crate::cli::{plain_demo, stubless};

/// The demo's greeter as somebody has it who wants names.
pub(crate) const GREETER: &str = r#"syntax = "proto3";
package demo.v1;
import "buf/validate/validate.proto";
service Greeter {
  rpc SayHello(SayHelloRequest) returns (SayHelloResponse);
}
message SayHelloRequest {
  string name = 1 [(buf.validate.field).string = {min_len: 3, pattern: "^[A-Z]"}];
}
message SayHelloResponse { string greeting = 1; }
"#;

/// Writes the greeter below a folder, and gives its path.
pub(crate) fn greeter(folder: &Path) -> String {
    fs::create_dir_all(folder).unwrap();
    let path = folder.join("greeter.proto");
    fs::write(&path, GREETER).unwrap();
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_tells_broken_rules_and_validate_makes_no_call() {
    let (_demo, target) = plain_demo().await;
    let folder = tempfile::tempdir().unwrap();
    let proto = greeter(folder.path());
    let call = |body: &str, more: &[&str]| {
        let method = "demo.v1.Greeter/SayHello";
        let args = ["call", "--proto", &proto, &target, method, "-d", body];
        stubless(&[&args, more].concat())
    };
    let broken = r#"{"name": "al"}"#;
    let ran = call(broken, &[]).ended(0);
    assert!(ran.out.contains("al"), "{ran:?}");
    for words in [
        "warning: The message breaks 2 rules of its schema",
        "`name`, line 1, column 10: must be at least 3 characters",
        "`name`, line 1, column 10: does not match regex pattern `^[A-Z]`",
    ] {
        assert!(ran.err.contains(words), "{words}: {ran:?}");
    }

    let ran = call(broken, &["--validate"]).failed(3, &["error: The message breaks 2 rules"]);
    assert!(ran.out.is_empty(), "no call: {ran:?}");

    for more in [&[][..], &["--validate"]] {
        let ran = call(r#"{"name": "Alice"}"#, more).ended(0);
        assert!(!ran.err.contains("rule"), "{ran:?}");
    }
}
