//! What the cards say: never empty, never a debug print, and the way out where there is one.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;

use crate::{
    call::*,
    grpc::{
        Code, ConnectError, FileWants, Metadata, Origin, Outcome, Phase, ProxyError, ProxyProblem,
        ProxyVariable, Status, Transport, Waiting,
    },
    schema::ReflectError,
    workspace::WorkspaceError,
};

fn connect_errors() -> Vec<ConnectError> {
    let io = |kind: io::ErrorKind| io::Error::from(kind);
    let reason = || "because".to_owned();
    let mut errors = vec![
        ConnectError::Resolve {
            host: "h".into(),
            source: io(io::ErrorKind::NotFound),
        },
        ConnectError::TlsFile {
            file: "ca.pem".into(),
            wants: FileWants::Other,
            source: "no certificate in it".into(),
        },
        ConnectError::Certificate {
            reason: reason(),
            problem: crate::grpc::CertificateProblem::Other,
            certificate: None,
        },
        ConnectError::Tls { reason: reason() },
        ConnectError::TlsAlert {
            alert: "internal_error".into(),
        },
        ConnectError::NotTls,
        ConnectError::TlsUnanswered,
        ConnectError::WantsTls,
        ConnectError::NoAlpn { chose_other: false },
        ConnectError::NoAlpn { chose_other: true },
        ConnectError::Http1 {
            transport: Transport::Plaintext,
            status: Some(400),
        },
        ConnectError::Http1 {
            transport: Transport::Tls,
            status: None,
        },
        ConnectError::WantsHttps,
        ConnectError::ClosedEarly {
            transport: Transport::Plaintext,
        },
        ConnectError::ClosedEarly {
            transport: Transport::Tls,
        },
        ConnectError::BrokenEarly { reason: reason() },
        ConnectError::NotHttp2 { reason: reason() },
        ConnectError::Authority {
            authority: "a b".into(),
        },
        ConnectError::AuthorityUserinfo,
        ConnectError::ProxyVariable(ProxyVariable {
            name: "https_proxy".into(),
            error: ProxyError::Https,
        }),
        ConnectError::GoingAway { reason: reason() },
        ConnectError::Broken { reason: reason() },
    ];
    for problem in [
        ProxyProblem::Unreachable("because".into()),
        ProxyProblem::Http {
            status: 502,
            reason: "Bad Gateway".into(),
        },
        ProxyProblem::Socks5("Host unreachable".into()),
        ProxyProblem::Credentials {
            given: false,
            scheme: "http",
        },
        ProxyProblem::Credentials {
            given: true,
            scheme: "http",
        },
        ProxyProblem::NotAProxy("HTTP"),
        ProxyProblem::CredentialsLength,
        ProxyProblem::OutOfReach,
    ] {
        errors.push(ConnectError::Proxy {
            proxy: "p:1".into(),
            problem,
        });
    }
    for kind in [
        io::ErrorKind::ConnectionRefused,
        io::ErrorKind::NotFound,
        io::ErrorKind::PermissionDenied,
        io::ErrorKind::HostUnreachable,
        io::ErrorKind::Other,
    ] {
        errors.push(ConnectError::Refused {
            address: "h:1".into(),
            source: io(kind),
        });
    }
    for phase in [Phase::Resolve, Phase::Connect, Phase::Tls, Phase::Settings] {
        errors.push(ConnectError::TimedOut {
            phase,
            limit: Duration::from_secs(10),
        });
    }
    errors
}

fn assert_readable(card: &Failure) {
    assert!(!card.summary.is_empty(), "{card:?}");
    assert!(!card.hint.is_empty(), "{card:?}");
    for text in [&card.summary, &card.reason, &card.hint] {
        assert!(!text.ends_with('.'), "{card:?}");
        assert!(!text.contains("  ") && !text.contains('\n'), "{card:?}");
        let first = text.chars().next();
        assert!(first.is_none_or(|c| !c.is_lowercase()), "{card:?}");
    }
}

#[test]
fn every_failure_to_connect_has_words() {
    for error in connect_errors() {
        assert_readable(&connect_failure("h:1", &error));
    }
}

fn outcome(code: Code, message: &str, origin: Origin) -> Outcome {
    Outcome {
        status: Status {
            code,
            message: message.to_owned(),
        },
        origin,
        trailers: Metadata::new(),
        cause: None,
        waiting: None,
        accepts: None,
    }
}

#[test]
fn an_answer_in_http_shows_status_type_and_the_start_of_the_body() {
    let html = Bytes::from(format!(
        "<html>\r\n <h1>Not\tfound</h1>{}",
        "x".repeat(5000)
    ));
    for (status, content_type, body) in [
        (404, Some("text/html"), html),
        (503, None, Bytes::from_static(b"upstream connect error")),
        (
            200,
            Some("application/json"),
            Bytes::from_static(b"\xff\xfe\x00"),
        ),
        (401, None, Bytes::new()),
        (302, None, Bytes::new()),
        (413, None, Bytes::new()),
    ] {
        let origin = Origin::Http {
            status,
            content_type: content_type.map(str::to_owned),
            body,
            cut: false,
        };
        let card = outcome_failure("h:1", &outcome(Code::UNKNOWN, "", origin)).unwrap();
        assert_readable(&card);
        assert!(
            card.reason.starts_with(&format!("HTTP {status}")),
            "{card:?}"
        );
        assert!(
            card.reason
                .contains(content_type.unwrap_or("no content type")),
            "{card:?}"
        );
        assert!(card.reason.chars().count() < 300);
    }
}

#[test]
fn a_web_server_that_misses_a_certificate_or_refuses_is_not_called_the_wrong_port() {
    let page = |body: &'static [u8], status| {
        let origin = Origin::Http {
            status,
            content_type: Some("text/html".to_owned()),
            body: Bytes::from_static(body),
            cut: false,
        };
        outcome_failure("h:1", &outcome(Code::UNKNOWN, "", origin)).unwrap()
    };
    let nginx = b"<html>\r\n<head><title>400 No required SSL certificate was sent</title></head>";
    let refused = b"<html>\r\n<head><title>400 The SSL certificate error</title></head>";
    for (body, status) in [
        (&nginx[..], 400),
        (&refused[..], 400),
        (b"", 495),
        (b"", 496),
    ] {
        let card = page(body, status);
        assert_readable(&card);
        assert!(
            card.summary.contains("wants a client certificate"),
            "{card:?}"
        );
        assert_eq!(card.fixes, [Fix::ChooseClientCertificate]);
    }
    assert!(page(b"Bad Request", 400).hint.contains("check the port"));
    assert!(page(b"", 403).hint.contains("refuses"));
    for status in [401, 407] {
        assert!(page(b"", status).hint.contains("wants credentials"));
    }
}

#[test]
fn a_proxy_that_wants_credentials_says_how_they_are_written() {
    for (scheme, given, reason, hint) in [
        (
            "http",
            false,
            "It wants credentials",
            "http://user:password@host:port",
        ),
        (
            "socks5",
            false,
            "It wants credentials",
            "socks5://user:password@host:port",
        ),
        ("http", true, "It wants other credentials", "Correct"),
    ] {
        let error = ConnectError::Proxy {
            proxy: "p:1".to_owned(),
            problem: ProxyProblem::Credentials { given, scheme },
        };
        let card = connect_failure("h:1", &error);
        assert_eq!(card.reason, reason);
        assert!(card.hint.contains(hint), "{card:?}");
    }
}

#[test]
fn a_file_that_is_of_no_use_says_what_to_set() {
    for (wants, words) in [
        (FileWants::Other, "Choose another file"),
        (FileWants::Password, "Enter its password"),
        (FileWants::OtherPassword, "Correct its password"),
        (FileWants::ClientCertificate, "Set the client certificate"),
        (FileWants::ClientKey, "Set the client key"),
    ] {
        let error = ConnectError::TlsFile {
            file: "me.p12".into(),
            wants,
            source: "because".into(),
        };
        let card = connect_failure("h:1", &error);
        assert_readable(&card);
        assert!(card.hint.starts_with(words), "{card:?}");
        assert!(card.hint.contains("under Certificates"), "{card:?}");
    }
}

#[test]
fn what_a_peer_wrote_disturbs_no_card() {
    let evil = "text/\u{202e}html\u{1b}[31m".repeat(1_000);
    let http = Origin::Http {
        status: 502,
        content_type: Some(evil.clone()),
        body: Bytes::from(evil.clone()),
        cut: false,
    };
    for origin in [http, Origin::Reset(2), Origin::Protocol, Origin::Deadline] {
        let card = outcome_failure("h:1", &outcome(Code::UNKNOWN, &evil, origin)).unwrap();
        let all = format!("{}{}", card.summary, card.reason);
        assert!(!all.contains(['\u{202e}', '\u{1b}']), "{card:?}");
        assert!(all.contains("\\u{202e}"), "{card:?}");
        assert!(all.chars().count() < 20_000, "{}", all.len());
    }
}

#[test]
fn a_path_that_cannot_be_sent_says_what_to_check() {
    let unsendable = outcome(Code::INTERNAL, "`/a b` cannot be sent", Origin::Connection);
    let card = outcome_failure("h:1", &unsendable).unwrap();
    assert!(card.hint.contains("method's name"), "{card:?}");
}

#[test]
fn resets_are_named() {
    for (code, name) in [
        (7, "REFUSED_STREAM"),
        (8, "CANCEL"),
        (11, "ENHANCE_YOUR_CALM"),
        (99, "code 99"),
    ] {
        let ended = outcome(
            Code::UNAVAILABLE,
            &format!("the server reset the stream with {name}"),
            Origin::Reset(code),
        );
        let card = outcome_failure("h:1", &ended).unwrap();
        assert_readable(&card);
        assert_eq!(card.reason.matches(name).count(), 1, "{card:?}");
    }
}

#[test]
fn only_what_needs_explaining_gets_a_card() {
    for origin in [Origin::Trailers, Origin::TrailersOnly, Origin::Cancelled] {
        assert_eq!(
            outcome_failure("h", &outcome(Code::NOT_FOUND, "", origin)),
            None
        );
    }
    let mut broken = outcome(Code::UNAVAILABLE, "broke", Origin::Connection);
    assert!(
        outcome_failure("h", &broken)
            .unwrap()
            .summary
            .contains("could not be made")
    );
    broken.cause = Some(Arc::new(ConnectError::WantsTls));
    assert_eq!(outcome_failure("h", &broken).unwrap().fixes, [Fix::UseTls]);
    let card = outcome_failure("h", &outcome(Code::INTERNAL, "odd", Origin::Protocol)).unwrap();
    assert_readable(&card);
}

#[test]
fn a_message_over_the_limit_offers_a_limit_that_takes_it() {
    for (length, fixes) in [
        (Some(30), vec![Fix::RaiseReceiveLimit(1 << 20)]),
        (Some((5 << 20) + 1), vec![Fix::RaiseReceiveLimit(6 << 20)]),
        (None, vec![]),
    ] {
        let origin = Origin::TooLarge { length };
        let ended = outcome(Code::RESOURCE_EXHAUSTED, "a message is too large", origin);
        let card = outcome_failure("h:1", &ended).unwrap();
        assert_readable(&card);
        assert_eq!(card.fixes, fixes);
    }
}

#[test]
fn a_compression_the_server_does_not_take_offers_to_do_without() {
    let mut ended = outcome(Code::UNIMPLEMENTED, "no gzip here", Origin::TrailersOnly);
    ended.accepts = Some("identity,\u{1b}[31mzstd".to_owned());
    let card = outcome_failure("h:1", &ended).unwrap();
    assert_readable(&card);
    assert!(card.reason.contains("No gzip here"), "{card:?}");
    assert!(card.reason.contains("identity,\\u{1b}[31mzstd"), "{card:?}");
    assert_eq!(card.fixes, [Fix::SendUncompressed]);
}

#[test]
fn a_deadline_says_what_to_look_at_by_what_was_waited_for() {
    for (waiting, words) in [
        (Waiting::Connection, "proxy"),
        (Waiting::StreamSlot { limit: 0 }, "allows no calls"),
        (Waiting::StreamSlot { limit: 9 }, "concurrent streams"),
        (Waiting::SendWindow, "stopped reading"),
        (Waiting::ConnectionWindow, "Another call"),
        (Waiting::Network, "network is slow"),
        (Waiting::Log, "command line"),
        (Waiting::Hold, "while reading is paused"),
        (Waiting::Head, "Raise the deadline"),
        (Waiting::Messages, "Raise the deadline"),
    ] {
        let mut ended = outcome(Code::DEADLINE_EXCEEDED, "late", Origin::Deadline);
        ended.waiting = Some(waiting);
        let card = outcome_failure("h:1", &ended).unwrap();
        assert_readable(&card);
        assert!(card.hint.contains(words), "{waiting:?}: {card:?}");
    }
}

#[test]
fn a_schema_that_cannot_be_had_points_at_the_files() {
    let ended =
        |code, message: &str, origin| ReflectError::Ended(Box::new(outcome(code, message, origin)));
    let status = |code, message: &str| ended(code, message, Origin::Trailers);
    let page = Origin::Http {
        status: 502,
        content_type: Some("text/html".to_owned()),
        body: Bytes::from_static(b"<h1>Bad Gateway</h1>"),
        cut: false,
    };
    for error in [
        ReflectError::NotOffered { http_status: None },
        ReflectError::NotOffered {
            http_status: Some(404),
        },
        ReflectError::Answer("too long".into()),
        status(Code::UNAUTHENTICATED, "who are you?"),
        status(Code(42), ""),
        ended(Code::UNAVAILABLE, "", page.clone()),
    ] {
        let card = reflect_failure("h:1", &error);
        assert_readable(&card);
        assert!(card.fixes.contains(&Fix::AddProtos), "{card:?}");
    }
    let answered = reflect_failure("h:1", &ended(Code::UNAVAILABLE, "", page));
    assert!(answered.reason.contains("Bad Gateway"), "{answered:?}");
    let behind = Outcome {
        cause: Some(Arc::new(ConnectError::NotTls)),
        ..outcome(Code::UNAVAILABLE, "", Origin::Connection)
    };
    let behind = reflect_failure("h", &ReflectError::Ended(Box::new(behind)));
    assert_eq!(behind.fixes, [Fix::UsePlaintext]);
}

#[test]
fn every_failure_of_a_workspace_has_words() {
    let path = || PathBuf::from("requests/a.json");
    let mut errors = vec![
        WorkspaceError::NotAWorkspace(path()),
        WorkspaceError::Broken {
            path: path(),
            reason: "3:5: expected comma".into(),
        },
        WorkspaceError::Conflict(path()),
        WorkspaceError::Outside(path()),
        WorkspaceError::Link(path()),
        WorkspaceError::Exists(path()),
    ];
    for kind in [
        io::ErrorKind::PermissionDenied,
        io::ErrorKind::ReadOnlyFilesystem,
        io::ErrorKind::StorageFull,
        io::ErrorKind::NotFound,
        io::ErrorKind::Other,
    ] {
        errors.push(WorkspaceError::Io {
            action: "saving",
            path: path(),
            source: kind.into(),
        });
    }
    for error in errors {
        assert_readable(&workspace_failure(&error));
    }
}

#[test]
fn each_problem_of_a_certificate_has_its_words_and_its_way_out() {
    use crate::grpc::{CertificateProblem as Problem, Fingerprint, ServerCertificate};
    let certificate = ServerCertificate {
        fingerprint: Fingerprint([0xAB; 32]),
        subject: "CN=api".into(),
        issuer: "CN=root".into(),
        names: vec!["*.api.test".into(), "::1".into(), "api.test".into()],
        common_name: None,
        not_before: "2020-01-01T00:00:00Z".into(),
        not_after: "2021-01-01T00:00:00Z".into(),
    };
    let trust = || Fix::TrustCertificate(Fingerprint([0xAB; 32]));
    let wrong = Problem::WrongName {
        expected: "x".into(),
    };
    for (problem, fixes, word) in [
        (
            Problem::UnknownIssuer,
            vec![Fix::ChooseCa, trust()],
            "fingerprint",
        ),
        (
            Problem::SelfSigned,
            vec![Fix::ChooseCa, trust()],
            "fingerprint",
        ),
        (wrong, vec![Fix::UseServerName("api.test".into())], "name"),
        (
            Problem::Expired,
            vec![Fix::Retry, Fix::SkipVerification],
            "clock",
        ),
        (
            Problem::NotYetValid,
            vec![Fix::Retry, Fix::SkipVerification],
            "clock",
        ),
        (
            Problem::NotPinned,
            vec![Fix::ChooseCa, trust()],
            "another server",
        ),
        (Problem::Revoked, vec![], "new certificate"),
        (Problem::NoRoots, vec![Fix::ChooseCa], "CA"),
        (Problem::Other, vec![Fix::ChooseCa, trust()], "CA"),
    ] {
        let error = ConnectError::Certificate {
            reason: "so it is".into(),
            problem: problem.clone(),
            certificate: Some(Box::new(certificate.clone())),
        };
        let card = connect_failure("api.test:443", &error);
        assert_eq!(card.fixes, fixes, "{problem:?}");
        assert!(card.hint.contains(word), "{card:?}");
        assert!(card.reason.starts_with("So it is"), "{card:?}");
        let shows = card.reason.contains("AB:AB");
        assert_eq!(shows, card.fixes.contains(&trust()), "{card:?}");
    }
}

#[test]
fn a_name_to_expect_is_one_that_can_be_expected() {
    use crate::grpc::{CertificateProblem, Fingerprint, ServerCertificate};
    let trust = || Fix::TrustCertificate(Fingerprint([1; 32]));
    let expect = |name: &str| vec![Fix::UseServerName(name.to_owned())];
    for (name, names, common, fixes) in [
        (
            "a host before an address",
            vec!["10.0.0.1", "a.test"],
            None,
            expect("a.test"),
        ),
        (
            "an address",
            vec!["*.test", "10.0.0.1"],
            None,
            expect("10.0.0.1"),
        ),
        ("patterns only", vec!["*.a.test", "*.b.test"], None, vec![]),
        ("no name at all", vec!["\\u{202e}a", "a b"], None, vec![]),
        (
            "a common name",
            vec![],
            Some("old.test"),
            expect("old.test"),
        ),
        (
            "the very name as common name",
            vec![],
            Some("HOST"),
            vec![trust()],
        ),
        (
            "a person's common name",
            vec![],
            Some("Ada Lovelace"),
            vec![],
        ),
    ] {
        let error = ConnectError::Certificate {
            reason: "so it is".into(),
            problem: CertificateProblem::WrongName {
                expected: "host".into(),
            },
            certificate: Some(Box::new(ServerCertificate {
                fingerprint: Fingerprint([1; 32]),
                subject: String::new(),
                issuer: String::new(),
                names: names.into_iter().map(str::to_owned).collect(),
                common_name: common.map(str::to_owned),
                not_before: String::new(),
                not_after: String::new(),
            })),
        };
        assert_eq!(connect_failure("host", &error).fixes, fixes, "{name}");
    }
}

#[test]
fn a_client_certificate_that_is_missing_or_refused_is_told_apart() {
    for (alert, sent, issuers, words) in [
        (
            Some("certificate_required"),
            false,
            0,
            "`h:1` wants a client certificate",
        ),
        (None, false, 1, "signed by `CN=0`"),
        (Some("unknown_ca"), true, 2, "or one more"),
        (Some("certificate_expired"), true, 9, "or 8 more"),
        (
            Some("bad_certificate"),
            true,
            0,
            "`h:1` refused the client's certificate",
        ),
    ] {
        let error = ConnectError::ClientCertificate {
            alert: alert.map(str::to_owned),
            sent,
            issuers: (0..issuers).map(|number| format!("CN={number}")).collect(),
        };
        let card = connect_failure("h:1", &error);
        assert_readable(&card);
        assert_eq!(card.fixes, [Fix::ChooseClientCertificate, Fix::Retry]);
        let text = format!("{} {}", card.summary, card.reason);
        assert!(text.contains(words), "{text}");
        assert!(alert.is_none_or(|alert| text.contains(alert)), "{text}");
    }
}

#[test]
fn only_a_server_that_chose_nothing_may_go_without_alpn() {
    for chose_other in [false, true] {
        let card = connect_failure("h:1", &ConnectError::NoAlpn { chose_other });
        let offered = card.fixes.contains(&Fix::AcceptMissingAlpn);
        assert_eq!(offered, !chose_other, "{card:?}");
    }
}

#[test]
fn a_connection_closed_at_once_offers_what_is_likely_missing() {
    let card = |transport| connect_failure("h:1", &ConnectError::ClosedEarly { transport });
    assert!(card(Transport::Plaintext).fixes.contains(&Fix::UseTls));
    assert_eq!(card(Transport::Tls).fixes, [Fix::Retry]);
}

#[test]
fn a_web_server_reached_in_plaintext_may_want_tls() {
    let http1 =
        |transport, status| connect_failure("h:1", &ConnectError::Http1 { transport, status });
    let plaintext = http1(Transport::Plaintext, Some(400));
    assert_eq!(plaintext.fixes, [Fix::UseTls]);
    assert!(plaintext.reason.contains("HTTP 400"), "{plaintext:?}");
    assert!(plaintext.hint.starts_with("Turn TLS on"), "{plaintext:?}");
    let tls = http1(Transport::Tls, None);
    assert_eq!(tls.fixes, []);
    assert!(tls.hint.starts_with("Check the port"), "{tls:?}");
    let sure = connect_failure("h:1", &ConnectError::WantsHttps);
    assert_eq!(sure.summary, "`h:1` wants TLS");
    assert_eq!(sure.fixes, [Fix::UseTls]);
}

#[test]
fn a_proxy_variable_that_cannot_be_used_is_named() {
    let variable = ProxyVariable {
        name: "HTTPS_PROXY".into(),
        error: ProxyError::Https,
    };
    let card = connect_failure("h:1", &ConnectError::ProxyVariable(variable));
    assert!(card.summary.contains("`HTTPS_PROXY`"), "{card:?}");
    assert!(card.reason.starts_with("TLS to a proxy"), "{card:?}");
    assert!(!card.reason.contains("reached"), "{card:?}");
    assert_eq!(card.fixes, [Fix::ConnectDirectly]);
}

#[test]
fn every_code_of_grpc_but_ok_has_its_meaning() {
    for code in 1..=16 {
        let meaning = code_meaning(Code(code));
        assert!(!meaning.is_empty() && !meaning.ends_with('.'), "{code}");
    }
    assert_eq!(code_meaning(Code::OK), "");
    assert_eq!(code_meaning(Code(17)), "", "not gRPC's");
}
