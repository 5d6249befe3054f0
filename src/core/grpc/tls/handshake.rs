//! The handshake over an open connection.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError},
};

use tokio_rustls::{
    TlsConnector,
    rustls::{self, ClientConfig, ProtocolVersion, pki_types::ServerName},
};

use super::{
    ClientAuth, TlsInfo,
    alert::{connect_error, rustls_error, unanswered},
    certificate,
    client::{Answering, Asked},
    file::file_error,
    identity::read_identity,
    refused::refused,
    secrets::SecretsFile,
    verify::{self, Shown},
};
use crate::grpc::{
    ConnectError, Endpoint, TlsSettings,
    dial::Io,
    sniff::{Beginning, Layer, Sniffed},
};

/// Makes the handshake, and refuses what is not HTTP/2 afterwards.
///
/// # Errors
/// [`ConnectError`] says what the server did, or which file cannot be used. There is no second try
/// with less security.
pub(crate) async fn start_tls(
    endpoint: &Endpoint,
    io: Box<dyn Io>,
) -> Result<(Box<dyn Io>, TlsInfo), ConnectError> {
    let expected = endpoint.certificate_name();
    let name = server_name(&expected)?;
    let (shown, asked) = (Shown::default(), Asked::default());
    let settings = endpoint.tls.clone();
    let kept = (shown.clone(), asked.clone());
    let (config, secrets) = tokio::task::spawn_blocking(move || client_config(&settings, kept))
        .await
        .map_err(|error| ConnectError::Tls {
            reason: error.to_string(),
        })??;
    let (io, sniffer) = Sniffed::new(io, Layer::Tls);
    let connected = TlsConnector::from(Arc::new(config)).connect(name, io).await;
    let client = asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let stream = connected.map_err(|error| {
        let cause = rustls_error(&error);
        match (sniffer.beginning(), cause) {
            (Beginning::Http1 | Beginning::Http2 | Beginning::Other, _) => ConnectError::NotTls,
            (_, Some(rustls::Error::InvalidCertificate(problem))) => {
                let shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
                refused(problem, &expected, shown.as_ref())
            }
            (_, Some(error)) => connect_error(error, &client),
            (Beginning::Nothing, None) => ConnectError::TlsUnanswered,
            (Beginning::Tls, None) => unanswered(&client).unwrap_or_else(|| ConnectError::Tls {
                reason: "the server closed the connection during the handshake".to_owned(),
            }),
        }
    })?;
    if let (Some(path), Some(secrets)) = (&endpoint.tls.key_log, secrets)
        && let Some(error) = secrets.take_failure()
    {
        return Err(file_error(path, error));
    }
    let (_, session) = stream.get_ref();
    let info = info(endpoint, session, client)?;
    Ok((Box::new(stream), info))
}

fn info(
    endpoint: &Endpoint,
    session: &rustls::ClientConnection,
    client: ClientAuth,
) -> Result<TlsInfo, ConnectError> {
    let alpn = session
        .alpn_protocol()
        .map(|name| String::from_utf8_lossy(name).into_owned());
    match alpn.as_deref() {
        Some("h2") => {}
        None if endpoint.tls.accept_missing_alpn => {}
        None => return Err(ConnectError::NoAlpn { chose_other: false }),
        Some(_) => return Err(ConnectError::NoAlpn { chose_other: true }),
    }
    Ok(TlsInfo {
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
        client,
        key_logged: endpoint.tls.key_log.is_some(),
    })
}

/// Reads the files and makes the configuration; with the key log, where one is asked for. Blocks.
fn client_config(
    settings: &TlsSettings,
    (shown, asked): (Shown, Asked),
) -> Result<(ClientConfig, Option<Arc<SecretsFile>>), ConnectError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = verify::verifier(settings, &provider, shown)?;
    let certified = read_identity(settings)?
        .map(|identity| identity.certified(&provider))
        .transpose()?
        .map(Arc::new);
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| connect_error(&error, &ClientAuth::NotAsked))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(Arc::new(Answering { certified, asked }));
    let open = |path: &PathBuf| SecretsFile::open(path).map_err(|error| file_error(path, error));
    let secrets = settings
        .key_log
        .as_ref()
        .map(open)
        .transpose()?
        .map(Arc::new);
    if let Some(secrets) = &secrets {
        config.key_log = secrets.clone();
    }
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok((config, secrets))
}

/// The name to check and to send as SNI.
fn server_name(name: &str) -> Result<ServerName<'static>, ConnectError> {
    ServerName::try_from(name.to_owned()).map_err(|_| ConnectError::Tls {
        reason: format!("`{name}` is not a name a certificate can carry"),
    })
}
