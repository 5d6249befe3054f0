//! Command lines to requests.

use crate::{
    interop::{Import, NoteKind, Program, Shell, looks_like_command, read_command},
    workspace::{SourceSpec, TargetSettings},
};

fn import(text: &str) -> Import {
    let command = read_command(text).unwrap_or_else(|| panic!("no command: {text}"));
    match command.result {
        Ok(import) => import,
        Err(problem) => panic!("{problem:?}: {text}"),
    }
}

fn messages(import: &Import) -> Vec<&str> {
    let messages = import.request.messages.iter();
    messages.map(|message| message.0.as_str()).collect()
}

fn notes(import: &Import) -> String {
    let notes: Vec<_> = import.notes.iter().map(|note| note.text.as_str()).collect();
    notes.join("\n")
}

#[test]
fn a_whole_grpcurl_command_is_taken() {
    let import = import(
        r#"grpcurl -cacert ca.pem -cert=me.pem --key me.key -authority api.example:443 \
            -H 'X-Team: blue: green' -H 'trace-bin: AAE=' -max-time 1.5 -connect-timeout=3 \
            -keepalive-time 20 -max-msg-sz 1048576 -proto shop.proto -import-path protos \
            -protoset all.binpb -use-reflection -emit-defaults -vv \
            -d '{"id": 1} {"id": 2}' shop.example:8443 shop.v1.Shop/Buy"#,
    );
    let request = &import.request;
    assert_eq!(import.program, Program::Grpcurl);
    assert_eq!(request.target.as_deref(), Some("shop.example:8443"));
    assert_eq!(request.method, "shop.v1.Shop/Buy");
    assert_eq!(messages(&import), [r#"{"id": 1}"#, r#"{"id": 2}"#]);
    assert_eq!(request.deadline_ms, Some(1500));
    assert_eq!(request.call.max_receive_bytes, Some(1 << 20));
    let rows: Vec<_> = request
        .metadata
        .iter()
        .map(|r| (r.key.as_str(), r.value.as_str()))
        .collect();
    assert_eq!(rows, [("x-team", "blue: green"), ("trace-bin", "AAE=")]);
    assert_eq!(
        request.settings,
        TargetSettings {
            tls: Some(true),
            ca_cert: Some("ca.pem".into()),
            client_cert: Some("me.pem".into()),
            client_key: Some("me.key".into()),
            server_name: Some("api.example".to_owned()),
            authority: Some("api.example:443".to_owned()),
            connect_timeout_ms: Some(3000),
            keepalive_ms: Some(20_000),
            ..TargetSettings::default()
        }
    );
    assert_eq!(
        import.sources,
        [
            SourceSpec::Protos {
                files: vec!["shop.proto".into()],
                roots: vec!["protos".into()],
                exclude: Vec::new(),
            },
            SourceSpec::DescriptorSet("all.binpb".into()),
            SourceSpec::Reflection,
        ]
    );
    assert_eq!(
        notes(&import),
        "`-emit-defaults`, `-vv` only changes what grpcurl prints"
    );
}

#[test]
fn the_same_call_in_every_shells_quoting() {
    let body = r#"{"name": "it's", "n": 1}"#;
    for (name, shell, text) in [
        (
            "bash",
            Shell::Bash,
            r#"grpcurl -plaintext -d '{"name": "it'\''s", "n": 1}' localhost:1 a.B/C"#,
        ),
        (
            "bash, ANSI-C",
            Shell::Bash,
            r#"grpcurl -plaintext -d $'{"name": "it\'s", "n": 1}' localhost:1 a.B/C"#,
        ),
        (
            "bash, double quotes",
            Shell::Bash,
            r#"grpcurl --plaintext -d "{\"name\": \"it's\", \"n\": 1}" localhost:1 a.B/C"#,
        ),
        (
            "bash, here-document",
            Shell::Bash,
            "grpcurl -plaintext -d @ localhost:1 a.B/C <<EOM\n{\"name\": \"it's\", \"n\": 1}\nEOM\n",
        ),
        (
            "bash, here-string",
            Shell::Bash,
            r#"grpcurl -plaintext -d @ localhost:1 a.B/C <<< '{"name": "it'\''s", "n": 1}'"#,
        ),
        (
            "bash, pipe",
            Shell::Bash,
            r#"echo "{\"name\": \"it's\", \"n\": 1}" | grpcurl -plaintext -d @ localhost:1 a.B/C"#,
        ),
        (
            "bash, container",
            Shell::Bash,
            r#"docker run --rm fullstorydev/grpcurl:v1.9 -plaintext -d "{\"name\": \"it's\", \"n\": 1}" localhost:1 a.B/C"#,
        ),
        (
            "PowerShell",
            Shell::PowerShell,
            "grpcurl.exe -plaintext `\n  -d '{\"name\": \"it''s\", \"n\": 1}' `\n  localhost:1 a.B/C",
        ),
        (
            "PowerShell 5",
            Shell::PowerShell,
            r#"grpcurl -plaintext -d '{\"name\": \"it''s\", \"n\": 1}' localhost:1 a.B/C"#,
        ),
        (
            "PowerShell, pipe",
            Shell::PowerShell,
            "'{\"name\": \"it''s\", \"n\": 1}' | grpcurl -plaintext -d '@' localhost:1 a.B/C",
        ),
        (
            "cmd",
            Shell::Cmd,
            "grpcurl -plaintext ^\r\n  -d \"{\\\"name\\\": \\\"it's\\\", \\\"n\\\": 1}\" ^\r\n  localhost:1 a.B/C",
        ),
        (
            "cmd, with carets",
            Shell::Cmd,
            r#"C:\x>C:\bin\grpcurl.exe -plaintext -d ^"{\^"name\^": \^"it's\^", \^"n\^": 1}^" localhost:1 a.B/C"#,
        ),
    ] {
        let command = read_command(text).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(command.shell, shell, "{name}");
        let import = command
            .result
            .unwrap_or_else(|problem| panic!("{name}: {problem:?}"));
        assert_eq!(messages(&import), [body], "{name}");
        assert_eq!(
            import.request.target.as_deref(),
            Some("localhost:1"),
            "{name}"
        );
        assert_eq!(import.request.method, "a.B/C", "{name}");
        assert_eq!(import.request.settings.tls, Some(false), "{name}");
    }
}

#[test]
fn what_is_not_taken_is_told() {
    for (text, words) in [
        (
            "grpcurl -d \"{\\\"a\\\": \\\"$A\\\"}\" h:1 a.B/C",
            "`$A` in the message is kept as written",
        ),
        (
            "grpcurl -H \"authorization: Bearer $T\" h:1 a.B/C",
            "`$T` in the value of `authorization`",
        ),
        (
            "grpcurl -H 'authorization: Bearer x' h:1 a.B/C",
            "holds a credential",
        ),
        (
            "grpcurl -d @ h:1 a.B/C",
            "standard input, which is not in the command",
        ),
        ("grpcurl -d @ h:1 a.B/C < x.json", "the file `x.json`"),
        (
            "jq . x.json | grpcurl -d @ h:1 a.B/C",
            "`jq . x.json` prints",
        ),
        ("grpcurl -alts h:1 a.B/C", "no ALTS"),
        (
            "grpcurl -user-agent x h:1 a.B/C",
            "`-user-agent` is not taken",
        ),
        ("grpcurl -nonsense h:1 a.B/C", "no option `-nonsense`"),
        (
            "grpcurl -expand-headers -H 'a: ${B}' h:1 a.B/C",
            "would fill `${…}` in `a`",
        ),
        (
            "grpcurl h:1 a.B/C -d '{}'",
            "options before the address alone",
        ),
        ("grpcurl -max-time soon h:1 a.B/C", "which is no number"),
        ("grpcurl a.b.C/D", "names no address"),
        ("grpcurl -d '{\"a\": ' h:1 a.B/C", "no JSON"),
        ("grpcurl -d '{}", "never closed"),
        ("grpcurl h:1 a.B/C extra", "`extra` after the method"),
        (
            "kubectl exec pod -- grpcurl h:1 a.B/C",
            "`kubectl …` before the command",
        ),
        ("grpcurl h:1 a.B/C; grpcurl h:1 a.B/D", "2 commands"),
        ("buf curl https://h:1/a.B/C", "speaks connect"),
        ("stubless call h:1 a.B/C -d @x.json", "the file `x.json`"),
    ] {
        let command = read_command(text).unwrap();
        let found = match &command.result {
            Ok(import) => notes(import),
            Err(problem) => problem.message.clone(),
        };
        // A quote that is never closed leaves neither address nor method.
        let found = if text.ends_with("'{}") {
            "never closed".to_owned()
        } else {
            found
        };
        assert!(found.contains(words), "{text}: {found}");
    }
    let secret = import("grpcurl -H 'x-api-key: k' h:1 a.B/C");
    assert_eq!(secret.notes[0].kind, NoteKind::Secret);
    assert_eq!(secret.request.metadata[0].value, "k");
}

#[test]
fn what_makes_no_call_says_so() {
    for (text, words) in [
        ("grpcurl h:1 list", "asks for the schema"),
        ("grpcurl -protoset x describe a.B", "asks for the schema"),
        ("grpcurl -version", "is not a call"),
        ("grpcurl -plaintext", "neither address nor method"),
        ("grpcurl -plaintext localhost:50051", "names no method"),
        ("buf curl --list-services https://h", "asks for the schema"),
        ("buf curl https://h", "no URL of a method"),
        ("stubless call h:1", "no target or no method"),
    ] {
        let command = read_command(text).unwrap();
        let problem = command.result.expect_err(text);
        assert!(problem.message.contains(words), "{text}: {problem:?}");
        assert!(problem.hint.is_some(), "{text}");
    }
}

#[test]
fn details_of_addresses_and_methods() {
    for (text, target, method) in [
        ("grpcurl h:1 a.B.C", "h:1", "a.B/C"),
        (
            "grpcurl -unix /run/x.sock a.B/C",
            "unix:/run/x.sock",
            "a.B/C",
        ),
        ("grpcurl passthrough:///h:1 a.B/C", "h:1", "a.B/C"),
        ("grpcurl -plaintext=true -- h:1 a.B/C", "h:1", "a.B/C"),
        (
            "buf curl --protocol grpc --http2-prior-knowledge http://h:1/a.B/C",
            "http://h:1",
            "a.B/C",
        ),
        (
            "buf curl --protocol grpc --unix-socket /s http://h/a.B/C",
            "unix:/s",
            "a.B/C",
        ),
        ("stubless call https://h:1 a.B/C", "https://h:1", "a.B/C"),
    ] {
        let import = import(text);
        assert_eq!(import.request.target.as_deref(), Some(target), "{text}");
        assert_eq!(import.request.method, method, "{text}");
    }
}

#[test]
fn braces_of_a_foreign_command_are_no_template() {
    let foreign = import(r#"grpcurl -H 'a: {{x}}' -d '{"a": "{{x}}"}' h:1 a.B/C"#);
    assert_eq!(foreign.request.metadata[0].value, r#"{{ "{{" }}x}}"#);
    assert_eq!(messages(&foreign), [r#"{"a": "{{ \"{{\" }}x}}"}"#]);
    let own = import(r#"stubless call h:1 a.B/C -H 'a: {{x}}' -d '{"a": "{{x}}"}'"#);
    assert_eq!(own.request.metadata[0].value, "{{x}}");
    assert_eq!(messages(&own), [r#"{"a": "{{x}}"}"#]);
}

#[test]
fn headers_for_calls_and_for_reflection_are_kept_apart() {
    let import = import("grpcurl -H 'a: 1' -rpc-header 'b: 2' -reflect-header 'c: 3' h:1 a.B/C");
    let keys = |rows: &[crate::workspace::MetadataRow]| {
        rows.iter().map(|row| row.key.clone()).collect::<Vec<_>>()
    };
    assert_eq!(keys(&import.request.metadata), ["a", "b"]);
    let reflection = import.request.settings.reflection_metadata.unwrap();
    assert_eq!(keys(&reflection), ["a", "c"]);
}

#[test]
fn a_text_is_known_for_a_command_at_a_glance() {
    for text in [
        "grpcurl -plaintext h:1 a.B/C",
        "$ grpcurl h:1 a.B/C",
        "/usr/bin/grpcurl h:1",
        "C:\\x\\grpcurl.exe h:1",
        "stubless call demo: a.B/C",
        "buf curl https://h/a.B/C",
        "docker run fullstorydev/grpcurl h:1 list",
    ] {
        assert!(looks_like_command(text).is_some(), "{text}");
    }
    for text in [
        "",
        "grpcurl",
        "localhost:50051",
        "{\"tool\": \"grpcurls\"}",
        "curl https://h",
        "stubless list h:1",
    ] {
        assert!(looks_like_command(text).is_none(), "{text}");
    }
}
