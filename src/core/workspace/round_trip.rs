//! Whatever a request becomes, and from whatever layout: what was saved is read back.

use std::{fs, path::Path};

use proptest::{collection::vec, option, prelude::*};

use super::*;

/// Layouts a person may have chosen, all of the same request.
const LAYOUTS: [&str; 5] = [
    "{}",
    "{ \"x\": 1 } // end",
    "// head\r\n{\r\n\t\"metadata\": [ {\"key\": \"a\"}, // one\r\n\t], /* tail */\r\n}\r\n",
    "{\n  \"messages\": [\n    // first\n    {\"a\": 1}, {\"b\": [\n  ]}\n    // last\n  ],\n  \"docs\": \"d\"\n}",
    "{\"settings\":{\"tls\":true,/*c*/\"other\":0},\"name\":\"n\",\"messages\":[]}",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        "[{}\\[\\]\",:/*\\\\ \n\t\r0-9a-f]{0,16}",
        "\\PC{0,6}",
        Just(String::new()),
    ]
}

fn message() -> impl Strategy<Value = MessageText> {
    let valid = prop_oneof![
        Just("{}".to_owned()),
        "\\{\n {0,4}\"[a-z]{1,3}\": [0-9]{1,3}\n\\}",
        "// [a-z ]{0,5}\n\\{\"a\":\\[1,\n2\\]\\} // [a-z]{0,3}",
        "[ \n]{0,2}\\{\"text\": \"[a-z{]{0,3}\"\\}[ \n]{0,2}",
    ];
    prop_oneof![valid, text()].prop_map(MessageText)
}

fn settings() -> impl Strategy<Value = TargetSettings> {
    let path = || option::of("[a-z]{1,3}(/[a-z]{1,3})?".prop_map(Into::into));
    let files = (path(), path(), path());
    let rest = (
        option::of(any::<bool>()),
        option::of(text()),
        option::of(any::<bool>()),
    );
    (files, rest).prop_map(|((ca, cert, key), (tls, authority, skip))| TargetSettings {
        tls,
        ca_cert: ca,
        client_cert: cert,
        client_key: key,
        server_name: authority.clone(),
        authority,
        insecure_skip_verify: skip,
        client_p12: None,
        client_p12_password: None,
        pinned_certificate: tls.map(|_| "AB".repeat(32)),
        accept_missing_alpn: tls,
        key_log: None,
        reflection_metadata: tls.map(|enabled| {
            vec![MetadataRow {
                key: "k".to_owned(),
                value: "v".to_owned(),
                enabled,
            }]
        }),
        connect_to: None,
        proxy: tls.map(|_| "none".to_owned()),
        connect_timeout_ms: tls.map(|_| 500),
        keepalive_ms: None,
        keepalive_timeout_ms: None,
    })
}

fn row() -> impl Strategy<Value = MetadataRow> {
    (text(), text(), any::<bool>()).prop_map(|(key, value, enabled)| MetadataRow {
        key,
        value,
        enabled,
    })
}

fn request() -> impl Strategy<Value = RequestFile> {
    let words = (text(), text(), option::of(text()), text());
    let lists = (vec(row(), 0..4), vec(message(), 0..4));
    (words, settings(), lists, option::of(any::<u64>())).prop_map(
        |((name, method, target, docs), settings, (metadata, messages), deadline_ms)| RequestFile {
            name,
            method,
            target,
            settings,
            call: CallSettings {
                max_receive_bytes: deadline_ms,
                wait_for_ready: deadline_ms.map(|ms| ms % 2 == 0),
                check_rules: deadline_ms.map(|ms| ms % 3 == 0),
                ..CallSettings::default()
            },
            compare: CompareSettings {
                ignore: deadline_ms.iter().map(u64::to_string).collect(),
                stream_key: deadline_ms.map(|ms| format!("a.{ms}")),
                time_tolerance_ms: deadline_ms,
                ..CompareSettings::default()
            },
            metadata,
            deadline_ms,
            messages,
            docs,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_saved_is_read_back(layout in 0..LAYOUTS.len(), steps in vec(request(), 1..4)) {
        let folder = tempfile::tempdir().unwrap();
        let requests = folder.path().join("requests");
        fs::create_dir(&requests).unwrap();
        fs::write(folder.path().join("workspace.json"), "{}").unwrap();
        fs::write(requests.join("a.json"), LAYOUTS[layout]).unwrap();
        let path = Path::new("requests/a.json");
        let mut workspace = Workspace::open(folder.path()).unwrap();
        prop_assert_eq!(&workspace.problems, &[]);
        let mut base = workspace.request(path).unwrap().clone();
        for new in steps {
            workspace.save_request(path, &base, &new).unwrap();
            workspace.reload().unwrap();
            prop_assert_eq!(&workspace.problems, &[]);
            let read = workspace.request(path).unwrap();
            prop_assert_eq!(read, &new.normalized());
            prop_assert_eq!(&read.normalized(), read);
            let bytes = fs::read(requests.join("a.json")).unwrap();
            workspace.save_request(path, read, read).unwrap();
            prop_assert_eq!(&bytes, &fs::read(requests.join("a.json")).unwrap());
            base = new;
        }
    }
}
