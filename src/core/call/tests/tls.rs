//! Calls over TLS: whose certificate is accepted, and what the card says of the others.

use std::{fs, path::PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::support::{run, spec_to};
use crate::{
    call::*,
    demo::{Demo, DemoOptions, DemoTls},
    grpc::{Code, Pool},
};

struct Authority {
    params: CertificateParams,
    key: KeyPair,
    pem: String,
}

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    Authority { params, key, pem }
}

/// Certificate and key for a name.
fn issue(authority: &Authority, name: &str) -> (String, String) {
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::from_params(&authority.params, &authority.key);
    let certificate = params.signed_by(&key, &issuer).unwrap();
    (certificate.pem(), key.serialize_pem())
}

struct Server {
    demo: Demo,
    folder: tempfile::TempDir,
}

/// A server whose certificate is for `localhost`; its root lies in `ca.pem`.
async fn server(client_ca: Option<&Authority>) -> Server {
    let root = authority("Test root");
    let (cert, key) = issue(&root, "localhost");
    let demo = Demo::start(DemoOptions {
        tls: Some(DemoTls {
            cert,
            key,
            client_ca: client_ca.map(|authority| authority.pem.clone()),
        }),
        ..DemoOptions::default()
    });
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ca.pem"), &root.pem).unwrap();
    Server {
        demo: demo.await.unwrap(),
        folder,
    }
}

impl Server {
    fn spec(&self, host: &str) -> CallSpec {
        let target = format!("{host}:{}", self.demo.address().port());
        let mut spec = spec_to(&target, "Greeter/SayHello", &["{\"name\": \"Ada\"}"]);
        spec.settings.tls = Some(true);
        spec.base = self.folder.path().to_owned();
        spec
    }
}

fn file(name: &str) -> Option<PathBuf> {
    Some(name.into())
}

#[tokio::test]
async fn a_certificate_of_a_chosen_root_is_accepted() {
    let server = server(None).await;
    let mut spec = server.spec("localhost");
    spec.settings.ca_cert = file("ca.pem");
    let ended = run(&spec).await;
    assert_eq!(ended.outcome.status.code, Code::OK, "{:?}", ended.outcome);
    let CallEvent::Connected { info, .. } = &ended.events[0] else {
        panic!("{:?}", ended.events);
    };
    assert!(
        info.tls
            .as_ref()
            .is_some_and(|tls| tls.version.contains("TLS"))
    );
    assert!(!info.is_unverified());
}

#[tokio::test]
async fn the_four_kinds_work_over_tls() {
    let server = server(None).await;
    for (method, messages, received) in [
        ("Greeter/SayHello", vec!["{}"], 1),
        ("Ticker/Watch", vec!["{\"count\": 5000}"], 5000),
        (
            "Atlas/RecordTrip",
            vec!["{\"position\": {\"latitude\": 1}}", "{\"position\": {}}"],
            1,
        ),
        ("Kitchen/EchoMany", vec!["{}", "{}", "{}"], 3),
    ] {
        let mut spec = server.spec("localhost");
        spec.method = format!("demo.v1.{method}");
        spec.messages = messages.into_iter().map(str::to_owned).collect();
        spec.settings.ca_cert = file("ca.pem");
        let ended = run(&spec).await;
        assert_eq!(ended.outcome.status.code, Code::OK, "{method}");
        assert_eq!(ended.log.count(Direction::Received), received, "{method}");
    }
}

#[tokio::test]
async fn an_unknown_root_is_refused_with_a_way_out() {
    let server = server(None).await;
    let ended = run(&server.spec("localhost")).await;
    assert_eq!(ended.outcome.status.code, Code::UNAVAILABLE);
    let card = ended.card("localhost");
    assert_eq!(
        card.summary,
        "The certificate of `localhost` was not accepted"
    );
    let [Fix::ChooseCa, Fix::TrustCertificate(fingerprint)] = card.fixes.as_slice() else {
        panic!("{card:?}");
    };
    assert!(card.reason.contains(&fingerprint.to_string()), "{card:?}");
    let mut spec = server.spec("localhost");
    spec.settings.insecure_skip_verify = Some(true);
    let ended = run(&spec).await;
    assert_eq!(ended.outcome.status.code, Code::OK);
    assert!(matches!(&ended.events[0], CallEvent::Connected { info, .. } if info.is_unverified()));
}

#[tokio::test]
async fn a_wrong_name_is_refused_and_the_right_ones_are_shown() {
    let server = server(None).await;
    let mut spec = server.spec("127.0.0.1");
    spec.settings.ca_cert = file("ca.pem");
    let card = run(&spec).await.card("x");
    assert!(card.reason.contains("localhost"), "{card:?}");
    assert_eq!(card.fixes, [Fix::UseServerName("localhost".to_owned())]);
    spec.settings.server_name = Some("localhost".to_owned());
    assert_eq!(run(&spec).await.outcome.status.code, Code::OK);
}

#[tokio::test]
async fn a_client_certificate_is_sent_where_it_is_wanted() {
    let clients = authority("Clients");
    let server = server(Some(&clients)).await;
    let mut spec = server.spec("localhost");
    spec.settings.ca_cert = file("ca.pem");
    let without = run(&spec).await;
    assert_ne!(without.outcome.status.code, Code::OK);
    assert!(outcome_failure("x", &without.outcome).is_some());
    let (certificate, key) = issue(&clients, "me");
    fs::write(server.folder.path().join("me.pem"), certificate).unwrap();
    fs::write(server.folder.path().join("me.key"), key).unwrap();
    spec.settings.client_cert = file("me.pem");
    spec.settings.client_key = file("me.key");
    let with = run(&spec).await;
    assert_eq!(with.outcome.status.code, Code::OK, "{:?}", with.outcome);
    spec.settings.client_key = file("gone.key");
    let card = run(&spec).await.card("x");
    assert!(card.summary.contains("gone.key"), "{card:?}");
}

#[tokio::test]
async fn a_renewed_file_gets_a_connection_of_its_own() {
    let server = server(None).await;
    let mut spec = server.spec("localhost");
    spec.settings.ca_cert = file("ca.pem");
    let pool = Pool::new();
    let reused = async || {
        let endpoint = resolve(&spec).unwrap().endpoint;
        let (_, reused) = pool.channel(&endpoint).await.map_err(|_| ())?;
        Ok::<_, ()>(reused)
    };
    assert_eq!(reused().await, Ok(false));
    assert_eq!(reused().await, Ok(true), "nothing changed");
    let path = server.folder.path().join("ca.pem");
    let renewed = fs::read_to_string(&path).unwrap() + "# renewed\n";
    fs::write(&path, renewed).unwrap();
    assert_eq!(reused().await, Ok(false), "made with the new file");
    fs::write(&path, authority("Another root").pem).unwrap();
    assert_eq!(reused().await, Err(()), "the new file does not trust it");
}

#[tokio::test]
async fn plaintext_and_tls_are_told_apart() {
    let server = server(None).await;
    let mut spec = server.spec("localhost");
    spec.settings.tls = Some(false);
    let card = run(&spec).await.card("x");
    assert_eq!(card.fixes, [Fix::UseTls], "{card:?}");
    let plain = super::support::demo().await;
    let target = plain.address().to_string();
    let mut spec = spec_to(&target, "Greeter/SayHello", &["{}"]);
    spec.settings.tls = Some(true);
    let card = run(&spec).await.card("x");
    assert_eq!(card.fixes, [Fix::UsePlaintext], "{card:?}");
}
