//! Fuzz targets of TLS: certificates, and servers that cannot do it.

use tokio::runtime::Builder;
use tokio_rustls::rustls::{CertificateError, pki_types::CertificateDer};

use super::{
    certificate::{read, signed_itself},
    refused::refused,
    start_tls,
    verify::Presented,
};
use crate::{
    fuzz::Input,
    grpc::{
        ConnectError, Endpoint, TlsSettings, Transport, Verification, fuzz::io::Peer,
        printable::disturbs,
    },
};

/// The longest sentence about a certificate: a few names, of 300 characters each, all of them escapes.
const MOST_BYTES: usize = 32 * 1024;

/// A server's certificate: what it says of itself can be shown, whatever it is, and so can why it was
/// refused.
pub fn certificate(data: &[u8]) {
    let mut input = Input::new(data);
    let flags = input.byte();
    let presented = Presented {
        certificate: CertificateDer::from(input.rest().to_vec()),
        with_chain: flags & 1 != 0,
        accepted: flags & 2 != 0,
    };
    let der = &presented.certificate;
    let shown = read(der);
    let texts = [
        &shown.subject,
        &shown.issuer,
        &shown.not_before,
        &shown.not_after,
    ];
    let all = texts
        .into_iter()
        .chain(&shown.names)
        .chain(&shown.common_name);
    for text in all {
        assert!(!text.contains(disturbs), "{text:?}");
    }
    assert_eq!(read(der), shown);
    assert!(!signed_itself(der) || shown.subject == shown.issuer);
    use CertificateError as E;
    for error in [
        E::UnknownIssuer,
        E::NotValidForName,
        E::Expired,
        E::NotValidYet,
        E::BadEncoding,
    ] {
        let refused = refused(&error, "api.example", Some(&presented));
        let words = refused.to_string();
        assert!(
            !words.contains(disturbs) && words.len() < MOST_BYTES,
            "{words:?}"
        );
        assert!(matches!(refused, ConnectError::Certificate { .. }));
    }
}

/// A server's side of a handshake that it cannot finish: it fails, the same way however the bytes are
/// cut, and in words that can be shown.
pub fn handshake(data: &[u8]) {
    let mut input = Input::new(data);
    let seed = input.byte();
    let bytes = input.rest();
    let Ok(mut endpoint) = Endpoint::parse("localhost:1", Some(Transport::Tls)) else {
        panic!("no endpoint");
    };
    endpoint.tls = TlsSettings {
        // Without the system's roots, which take longer to read than everything else.
        verification: Verification::Skip,
        ..TlsSettings::default()
    };
    let Ok(runtime) = Builder::new_current_thread().build() else {
        panic!("no runtime");
    };
    let failed = |seed| {
        let peer = Box::new(Peer::saying(bytes, seed));
        match runtime.block_on(start_tls(&endpoint, peer)) {
            Ok(_) => panic!("nobody can finish a handshake without its keys"),
            Err(error) => error,
        }
    };
    let error = failed(seed);
    assert_eq!(format!("{:?}", failed(0)), format!("{error:?}"));
    assert!(!error.to_string().contains(disturbs), "{error}");
}
