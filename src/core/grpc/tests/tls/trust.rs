//! Whose certificate is accepted: roots, the CA file, a pin, and nothing checked at all.

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

use super::*;
use crate::grpc::{
    ClientAuth, Code, Verification,
    tests::client::{call, head},
};

#[tokio::test]
async fn a_server_signed_by_the_ca_file_is_called() {
    let files = Files::new();
    let (root, leaf) = signed(&["127.0.0.1", "other.example"]);
    let mut endpoint = Tls::new(&leaf).serve().await;
    let untrusted = refused(&endpoint).await;
    for words in ["nobody this system trusts", "no further certificate"] {
        assert!(untrusted.contains(words), "{untrusted}");
    }

    endpoint.tls.ca_cert = files.put("ca.pem", &root.certificate);
    let outcome = call(&endpoint, head(), &[]).await.outcome;
    assert_eq!(outcome.status.code, Code::OK);
    let channel = Channel::connect(&endpoint).await.unwrap();
    let tls = channel.info().tls.clone().unwrap();
    assert!(tls.to_string().starts_with("TLSv1.3 TLS13_AES_"), "{tls}");
    assert!(!channel.info().is_unverified());

    endpoint.tls.server_name = Some("other.example".into());
    Channel::connect(&endpoint).await.unwrap();
    endpoint.tls.server_name = Some("wrong.example".into());
    let wrong = refused(&endpoint).await;
    assert!(
        wrong.contains("wrong.example") && wrong.contains("other.example"),
        "{wrong}"
    );
}

#[tokio::test]
async fn a_self_signed_certificate_is_its_own_ca_file() {
    let files = Files::new();
    for authority in [false, true] {
        let pair = self_signed(&params(&["127.0.0.1"], authority));
        let mut endpoint = Tls::new(&pair).serve().await;
        refused(&endpoint).await;
        endpoint.tls.ca_cert = files.put("self.pem", &pair.certificate);
        Channel::connect(&endpoint).await.unwrap();

        // The name still counts …
        endpoint.tls.server_name = Some("wrong.example".into());
        let wrong = refused(&endpoint).await;
        assert!(wrong.contains("wrong.example"), "{wrong}");

        // … and so does the very certificate: another of the same names is none.
        endpoint.tls.server_name = None;
        let other = self_signed(&params(&["127.0.0.1"], authority));
        endpoint.tls.ca_cert = files.put("other.pem", &other.certificate);
        refused(&endpoint).await;

        // … and so do the dates.
        let mut expired = params(&["127.0.0.1"], authority);
        expired.not_after = date_time_ymd(2001, 1, 1);
        let pair = self_signed(&expired);
        let mut endpoint = Tls::new(&pair).serve().await;
        endpoint.tls.ca_cert = files.put("expired.pem", &pair.certificate);
        let reason = refused(&endpoint).await;
        assert!(reason.contains("expired"), "{reason}");
    }
}

#[tokio::test]
async fn skip_verify_accepts_anything_and_says_so() {
    let mut expired = params(&["wrong.example"], false);
    expired.not_after = date_time_ymd(2001, 1, 1);
    for versions in [TLS12, TLS13] {
        let mut server = Tls::new(&self_signed(&expired));
        server.versions = versions;
        let mut endpoint = server.serve().await;
        refused(&endpoint).await;
        endpoint.tls.verification = Verification::Skip;
        let channel = Channel::connect(&endpoint).await.unwrap();
        assert!(channel.info().is_unverified());
    }
}

#[tokio::test]
async fn a_pinned_certificate_is_trusted_for_its_name_and_its_time() {
    for versions in [TLS12, TLS13] {
        let (_, leaf) = signed(&["127.0.0.1"]);
        let mut server = Tls::new(&leaf);
        server.versions = versions;
        let mut endpoint = server.serve().await;
        let ConnectError::Certificate { certificate, .. } =
            Channel::connect(&endpoint).await.unwrap_err()
        else {
            panic!("an unknown root");
        };
        let shown = certificate.unwrap();
        assert_eq!(shown.fingerprint, fingerprint(&leaf.certificate));
        assert_eq!(shown.names, ["127.0.0.1"]);
        endpoint.tls.verification = Verification::Pinned(shown.fingerprint);
        let channel = Channel::connect(&endpoint).await.unwrap();
        assert!(!channel.info().is_unverified());
        let outcome = call(&endpoint, head(), &[]).await.outcome;
        assert_eq!(outcome.status.code, Code::OK);

        endpoint.tls.server_name = Some("wrong.example".into());
        assert!(refused(&endpoint).await.contains("wrong.example"));
        endpoint.tls.server_name = None;
        endpoint.tls.verification = Verification::Pinned(Fingerprint([7; 32]));
        assert!(refused(&endpoint).await.contains("another one"));
    }
    let mut expired = params(&["127.0.0.1"], false);
    expired.not_after = date_time_ymd(2001, 1, 1);
    let pair = self_signed(&expired);
    let mut endpoint = Tls::new(&pair).serve().await;
    endpoint.tls.verification = Verification::Pinned(fingerprint(&pair.certificate));
    let reason = refused(&endpoint).await;
    assert!(
        reason.contains("expired on 2001-01-01T00:00:00Z"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_pinned_certificate_may_carry_its_name_as_common_name_only() {
    let mut old = CertificateParams::new(Vec::<String>::new()).unwrap();
    old.distinguished_name
        .push(DnType::CommonName, "old.example");
    let pair = self_signed(&old);
    let mut endpoint = Tls::new(&pair).serve().await;
    endpoint.tls.verification = Verification::Pinned(fingerprint(&pair.certificate));
    assert!(refused(&endpoint).await.contains("carries no host names"));
    endpoint.tls.server_name = Some("Old.Example".into());
    Channel::connect(&endpoint).await.unwrap();
}

/// Server certificates of X.509 version 1, which have a common name only, with their keys.
const VERSION_1: [(&str, &str); 2] = [
    ("ECDSA", include_str!("../fixtures/server-v1-ec.pem")),
    ("RSA", include_str!("../fixtures/server-v1-rsa.pem")),
];

fn both(pem: &str) -> Pair {
    Pair {
        certificate: pem.to_owned(),
        key: pem.to_owned(),
    }
}

#[tokio::test]
async fn a_certificate_of_version_1_can_be_chosen_by_the_person_only() {
    let files = Files::new();
    for (name, pem) in VERSION_1 {
        for versions in [TLS12, TLS13] {
            let mut server = Tls::new(&both(pem));
            server.versions = versions;
            let mut endpoint = server.serve().await;
            endpoint.tls.server_name = Some("old.example".into());
            let (_, problem, certificate) = certificate_error(&endpoint).await;
            assert_eq!(problem, CertificateProblem::SelfSigned, "{name}");
            let certificate = certificate.unwrap();
            assert_eq!(certificate.common_name.as_deref(), Some("old.example"));

            let mut pinned = endpoint.clone();
            pinned.tls.verification = Verification::Pinned(certificate.fingerprint);
            let outcome = call(&pinned, head(), &[]).await.outcome;
            assert_eq!(outcome.status.code, Code::OK, "{name}: {outcome:?}");
            pinned.tls.server_name = Some("new.example".into());
            let reason = refused(&pinned).await;
            assert!(reason.contains("`old.example`"), "{name}: {reason}");

            endpoint.tls.ca_cert = files.put("old.pem", pem);
            Channel::connect(&endpoint).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_server_without_the_key_of_the_pinned_certificate_is_refused() {
    let mut params = params(&["127.0.0.1"], false);
    params
        .distinguished_name
        .push(DnType::CommonName, "127.0.0.1");
    let v3 = self_signed(&params).certificate;
    let thief = KeyPair::generate().unwrap().serialize_pem();
    for (name, certificate) in [("version 3", v3.as_str()), ("version 1", VERSION_1[0].1)] {
        for versions in [TLS12, TLS13] {
            let mut server = Tls::new(&Pair {
                certificate: certificate.to_owned(),
                key: thief.clone(),
            });
            server.versions = versions;
            let mut endpoint = server.serve().await;
            endpoint.tls.verification = Verification::Pinned(fingerprint(certificate));
            if name == "version 1" {
                endpoint.tls.server_name = Some("old.example".into());
            }
            let (reason, problem, _) = certificate_error(&endpoint).await;
            assert_eq!(problem, CertificateProblem::Other, "{name}: {reason}");
            assert!(reason.contains("signature"), "{name}: {reason}");
        }
    }
}

#[tokio::test]
async fn every_problem_is_known_by_its_kind_and_told_without_program_text() {
    let files = Files::new();
    let (root, good) = signed(&["127.0.0.1"]);
    let of = |name: &str, edit: fn(&mut CertificateParams)| {
        let mut params = params(&[name], false);
        edit(&mut params);
        self_signed(&params)
    };
    let me = "127.0.0.1";
    let past = of(me, |it| it.not_after = date_time_ymd(2001, 2, 3));
    let future = of(me, |it| it.not_before = date_time_ymd(3001, 2, 3));
    let trusted = [&past, &future, &root].map(|pair| pair.certificate.clone());
    let ca = files.put("ca.pem", &trusted.concat());
    let wrong = CertificateProblem::WrongName {
        expected: "other.example".into(),
    };
    let pinned = Verification::Pinned(Fingerprint([0; 32]));
    let full = Verification::Full;
    for (name, pair, verification, server_name, expected, words) in [
        (
            "expired",
            &past,
            full,
            None,
            CertificateProblem::Expired,
            "expired on 2001-02-03T00:00:00Z; this machine's clock says 20",
        ),
        (
            "not yet",
            &future,
            full,
            None,
            CertificateProblem::NotYetValid,
            "not valid before 3001-02-03T00:00:00Z; this machine's clock",
        ),
        (
            "wrong name",
            &good,
            full,
            Some("other.example"),
            wrong,
            "not for `other.example`; it is for 127.0.0.1",
        ),
        (
            "another pin",
            &good,
            pinned,
            None,
            CertificateProblem::NotPinned,
            "another one",
        ),
        (
            "self-signed",
            &of(me, |_| {}),
            full,
            None,
            CertificateProblem::SelfSigned,
            "signed itself",
        ),
    ] {
        let mut endpoint = Tls::new(pair).serve().await;
        endpoint.tls.ca_cert = ca.clone();
        endpoint.tls.verification = verification;
        endpoint.tls.server_name = server_name.map(str::to_owned);
        let (reason, problem, certificate) = certificate_error(&endpoint).await;
        assert_eq!(problem, expected, "{name}");
        assert!(reason.contains(words), "{name}: {reason}");
        let certificate = certificate.unwrap();
        assert_eq!(certificate.fingerprint, fingerprint(&pair.certificate));
        for text in ["UnixTime", "DnsName", "Context", "Error", "\"", "{"] {
            assert!(!reason.contains(text), "{name}: {reason}");
        }
    }
}

#[tokio::test]
async fn what_a_certificate_says_of_itself_cannot_disturb_the_screen() {
    let mut hostile = params(&["127.0.0.1"], false);
    let name = format!("a\n\u{202e}{}", "x".repeat(5000));
    hostile.distinguished_name.push(DnType::CommonName, name);
    let endpoint = Tls::new(&self_signed(&hostile)).serve().await;
    let (_, _, certificate) = certificate_error(&endpoint).await;
    let subject = certificate.unwrap().subject;
    assert!(subject.contains("a\\u{a}\\u{202e}xx"), "{subject}");
    assert!(subject.chars().count() < 400, "{subject}");
}

#[tokio::test]
async fn the_certificate_is_known_on_success_too() {
    let (root, leaf) = signed(&["127.0.0.1"]);
    let files = Files::new();
    let mut endpoint = Tls::new(&leaf).serve().await;
    endpoint.tls.ca_cert = files.put("ca.pem", &root.certificate);
    let channel = Channel::connect(&endpoint).await.unwrap();
    let info = channel.info().tls.as_ref().unwrap();
    let certificate = info.certificate.as_ref().unwrap();
    assert_eq!(certificate.fingerprint, fingerprint(&leaf.certificate));
    assert_eq!(certificate.names, ["127.0.0.1"]);
    assert_eq!(info.alpn.as_deref(), Some("h2"));
    assert_eq!(info.client, ClientAuth::NotAsked);
}
