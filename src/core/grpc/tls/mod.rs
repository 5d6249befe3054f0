//! TLS for a target: the handshake, and what is known of it afterwards.
//!
//! Full verification trusts the system's roots and the target's CA file. A server whose own
//! self-signed certificate *is* in that file is accepted too, as OpenSSL and Go do: rustls alone
//! says `CaUsedAsEndEntity`. A pinned certificate is trusted whoever signed it. Name and dates are
//! checked in every case but [`Verification::Skip`], and nothing ever falls back to plaintext.

mod certificate;
mod identity;
mod verify;

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use tokio_rustls::{
    TlsConnector,
    rustls::{
        self, AlertDescription, ClientConfig, KeyLog, ProtocolVersion, pki_types::ServerName,
    },
};

use self::{identity::file_error, verify::Shown};
use super::{
    ConnectError, Endpoint, ServerCertificate, TlsSettings, Verification,
    dial::Io,
    sniff::{Beginning, Layer, Sniffed},
};

/// What is known of a TLS connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsInfo {
    /// `TLSv1.3` …
    pub version: &'static str,
    /// The cipher suite, by rustls' name for it.
    pub cipher: String,
    /// The protocol the server chose by ALPN: `h2`, or `None` where that was accepted.
    pub alpn: Option<String>,
    /// How the certificate was checked.
    pub verification: Verification,
    /// The server's certificate.
    pub certificate: Option<Box<ServerCertificate>>,
    /// The session's secrets were written to a file.
    pub key_logged: bool,
}

impl std::fmt::Display for TlsInfo {
    /// Version and cipher suite.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.version, self.cipher)
    }
}

/// Makes the handshake over an open connection.
pub(crate) async fn start_tls(
    endpoint: &Endpoint,
    io: Box<dyn Io>,
) -> Result<(Box<dyn Io>, TlsInfo), ConnectError> {
    let expected = endpoint.certificate_name();
    let name = server_name(&expected)?;
    let settings = endpoint.tls.clone();
    let shown = Shown::default();
    let kept = shown.clone();
    let config = tokio::task::spawn_blocking(move || client_config(&settings, kept))
        .await
        .map_err(|error| ConnectError::Tls {
            reason: error.to_string(),
        })??;
    let (io, sniffer) = Sniffed::new(io, Layer::Tls);
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, io)
        .await
        .map_err(|error| match (sniffer.beginning(), rustls_error(&error)) {
            (Beginning::Http1 | Beginning::Http2 | Beginning::Other, _) => ConnectError::NotTls,
            (_, Some(rustls::Error::InvalidCertificate(problem))) => {
                let shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
                verify::refused(problem, &expected, shown.as_ref())
            }
            (_, Some(error)) => connect_error(error),
            (Beginning::Nothing, None) => ConnectError::Tls {
                reason: "the server closed the connection during the handshake".to_owned(),
            },
            (Beginning::Tls, None) => ConnectError::Tls {
                reason: error.to_string(),
            },
        })?;
    let (_, session) = stream.get_ref();
    let alpn = session
        .alpn_protocol()
        .map(|name| String::from_utf8_lossy(name).into_owned());
    match alpn.as_deref() {
        Some("h2") => {}
        None if endpoint.tls.accept_missing_alpn => {}
        None => return Err(ConnectError::NoAlpn { chose_other: false }),
        Some(_) => return Err(ConnectError::NoAlpn { chose_other: true }),
    }
    let info = TlsInfo {
        version: match session.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
            _ => "TLS",
        },
        cipher: session
            .negotiated_cipher_suite()
            .map_or_else(String::new, |suite| format!("{:?}", suite.suite())),
        alpn,
        verification: endpoint.tls.verification,
        certificate: session
            .peer_certificates()
            .and_then(<[_]>::first)
            .map(|first| Box::new(certificate::read(first))),
        key_logged: endpoint.tls.key_log.is_some(),
    };
    Ok((Box::new(stream), info))
}

/// Reads the files and makes the configuration. Blocks.
fn client_config(settings: &TlsSettings, shown: Shown) -> Result<ClientConfig, ConnectError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = verify::verifier(settings, &provider, shown)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| connect_error(&error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity::read_identity(settings)? {
        None => builder.with_no_client_auth(),
        Some(identity) => builder
            .with_client_auth_cert(identity.chain, identity.key)
            .map_err(|error| file_error(&identity.file, error))?,
    };
    if let Some(path) = &settings.key_log {
        let log = SecretsFile::open(path).map_err(|error| file_error(path, error))?;
        config.key_log = Arc::new(log);
    }
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// The name to check and to send as SNI.
fn server_name(name: &str) -> Result<ServerName<'static>, ConnectError> {
    ServerName::try_from(name.to_owned()).map_err(|_| ConnectError::Tls {
        reason: format!("`{name}` is not a name a certificate can carry"),
    })
}

/// Puts an error of the handshake into the words of [`ConnectError`].
pub(crate) fn connect_error(error: &rustls::Error) -> ConnectError {
    match error {
        rustls::Error::InvalidCertificate(problem) => verify::refused(problem, "", None),
        rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol)
        | rustls::Error::NoApplicationProtocol => ConnectError::NoAlpn { chose_other: true },
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)
        | rustls::Error::PeerIncompatible(_) => ConnectError::Tls {
            reason: format!(
                "client and server have no version or cipher of TLS in common; here it is 1.2 or 1.3 \
                 ({error})"
            ),
        },
        rustls::Error::AlertReceived(alert) => ConnectError::TlsAlert {
            alert: format!("{alert:?}"),
            about_client: matches!(
                alert,
                AlertDescription::CertificateRequired
                    | AlertDescription::HandshakeFailure
                    | AlertDescription::BadCertificate
                    | AlertDescription::UnsupportedCertificate
                    | AlertDescription::CertificateRevoked
                    | AlertDescription::CertificateExpired
                    | AlertDescription::CertificateUnknown
                    | AlertDescription::UnknownCA
                    | AlertDescription::AccessDenied
            ),
        },
        other => ConnectError::Tls {
            reason: other.to_string(),
        },
    }
}

/// The rustls error inside an I/O error, if that is what it is.
pub(crate) fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// A file of session secrets, in the format that Wireshark reads.
/// Spec: <https://www.ietf.org/archive/id/draft-thomson-tls-keylogfile-00.html>.
#[derive(Debug)]
struct SecretsFile(Mutex<std::fs::File>);

impl SecretsFile {
    fn open(path: &std::path::Path) -> io::Result<Self> {
        let mut options = std::fs::OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map(|file| Self(Mutex::new(file)))
    }
}

impl KeyLog for SecretsFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        use std::io::Write as _;
        let hex = |bytes: &[u8]| {
            bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(line.as_bytes()) {
            tracing::warn!(%error, "the TLS secrets were not written");
        }
    }
}
