//! The well-known forms of strings.

use super::super::{
    form::{has_form, is_host_and_port},
    rules::StringFormat as Form,
};

#[test]
fn well_known_forms() {
    let long = "a".repeat(64);
    let name = format!("{}.b", ["a"; 127].join("."));
    let cases: &[(Form, &[&str], &[&str])] = &[
        (
            Form::Email,
            &["a@b", "a.b+c@d.e-f"],
            &["a", "@b", "a@", "a@-b", "a@b..c", "a b@c", "a@b.", "ä@b"],
        ),
        (
            Form::Hostname,
            &["a", "a.b.", "1.a", "a-b.c"],
            &["a..b", "-a", "a-", "1.1", ".", "a_b", &long, &name, "ä"],
        ),
        (
            Form::Ip,
            &["1.2.3.4", "::1", "1::", "::1.2.3.4", "fe80::1%en0"],
            &[
                "1.2.3",
                "01.2.3.4",
                "1.2.3.256",
                ":1",
                "1:::2",
                "::1%",
                "[::1]",
            ],
        ),
        (Form::Ipv4, &["255.255.255.255"], &["::1", "1.2.3.4 "]),
        (
            Form::Ipv6,
            &["1:2:3:4:5:6:7:8"],
            &["1.2.3.4", "1:2:3:4:5:6:7", "12345::"],
        ),
        (
            Form::IpWithPrefixlen,
            &["1.2.3.4/8", "::1/128"],
            &["1.2.3.4", "1.2.3.4/33", "::1/129", "1.2.3.4/08", "::1%a/64"],
        ),
        (
            Form::IpPrefix,
            &["10.0.0.0/8", "0.0.0.0/0", "1.2.3.4/32", "2001:db8::/32"],
            &["10.0.0.1/8", "2001:db8::1/32"],
        ),
        (
            Form::Uri,
            &[
                "a:",
                "http://a",
                "http://u:p@a:80/b%20?c=/?#d?",
                "urn:a:b",
                "http://[::1]:1/",
                "http://[v1.x]/",
                "http://[fe80::1%25en0]/",
                "a:/b//c",
                "http://%C3%A4/",
            ],
            &[
                "",
                "a",
                "1:a",
                "http://a b",
                "http://a:b/",
                "a:%0",
                "http://[::1",
                "http://%ff/",
                "a:#b#c",
                "http://a[b",
                "http://[::1%eth0]/",
            ],
        ),
        (
            Form::UriRef,
            &["", "a", "../a?b#c", "//a/b", "/a:b", "?a", "http://a"],
            &["1:a", "a b", "//a:b", "%"],
        ),
        (Form::Address, &["a.b", "::1", "1.2.3.4"], &["a:1", "1.2.3"]),
        (
            Form::Uuid,
            &["01234567-89ab-CDEF-0123-456789abcdef"],
            &[
                "0123456789abcdef0123456789abcdef",
                "01234567-89ab-cdef-0123-456789abcdeg",
            ],
        ),
        (
            Form::Tuuid,
            &["0123456789abcdef0123456789ABCDEF"],
            &["0123456789abcdef0123456789abcde"],
        ),
        (
            Form::HostAndPort,
            &["a:1", "1.2.3.4:0", "[::1]:65535"],
            &[
                "a", "a:", "a:65536", "a:01", "::1:1", "[::1]", "[a]:1", ":1",
            ],
        ),
        (
            Form::Ulid,
            &["01ARZ3NDEKTSV4RRFFQ69G5FAV", "7zzzzzzzzzzzzzzzzzzzzzzzzz"],
            &[
                "81ARZ3NDEKTSV4RRFFQ69G5FAV",
                "01ARZ3NDEKTSV4RRFFQ69G5FAI",
                "0",
            ],
        ),
        (
            Form::ProtobufFqn,
            &["a", "a.B_1"],
            &[".a", "a.", "1a", "a..b"],
        ),
        (Form::ProtobufDotFqn, &[".a.b"], &["a.b", "."]),
        (
            Form::HeaderName { strict: true },
            &["a-B", ":path"],
            &[":", "a b", "a:", "ä"],
        ),
        (
            Form::HeaderName { strict: false },
            &["a b ä"],
            &["a\n", "a\0"],
        ),
        (
            Form::HeaderValue { strict: true },
            &["a b\tä"],
            &["a\n", "\u{7f}"],
        ),
    ];
    for (form, kept, broken) in cases {
        for text in *kept {
            assert!(has_form(*form, text), "{form:?}: {text:?}");
        }
        for text in *broken {
            assert!(!has_form(*form, text), "{form:?}: {text:?}");
        }
    }
    assert!(is_host_and_port("a", false) && is_host_and_port("[::1]", false));
}
