//! The client's certificate and key: from PEM or DER files, or from one PKCS#12 file. Blocks.

use std::path::PathBuf;

use tokio_rustls::rustls::{
    self,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer},
    sign::CertifiedKey,
};

use super::{
    certificate::is_version_1,
    file::{file_error, file_wants, read_certificates, read_key, read_own_key},
    pkcs12::read_pkcs12,
};
use crate::grpc::{ConnectError, FileWants, TlsSettings};

/// What the client shows of itself.
pub(super) struct Identity {
    /// The file, for words about it.
    pub(super) file: PathBuf,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

/// Reads what the settings name; `None` where they name nothing.
pub(super) fn read_identity(settings: &TlsSettings) -> Result<Option<Identity>, ConnectError> {
    if let Some(pkcs12) = &settings.client_pkcs12 {
        return read_pkcs12(pkcs12).map(Some);
    }
    let certificate = match (&settings.client_cert, &settings.client_key) {
        (None, None) => return Ok(None),
        (Some(certificate), _) => certificate,
        (None, Some(key)) => {
            let words = "a client key is of no use without a client certificate";
            return Err(file_wants(key, FileWants::ClientCertificate, words));
        }
    };
    let chain = read_certificates(certificate)?;
    let key = match &settings.client_key {
        Some(key) => read_key(key)?,
        None => read_own_key(certificate)?,
    };
    Ok(Some(Identity {
        file: certificate.clone(),
        chain,
        key,
    }))
}

impl Identity {
    /// Checks that the key is one that can sign, and that it belongs to the certificate.
    pub(super) fn certified(self, provider: &CryptoProvider) -> Result<CertifiedKey, ConnectError> {
        let file = self.file;
        let key = provider
            .key_provider
            .load_private_key(self.key)
            .map_err(|_| {
                let words = "its key is of a kind that cannot be used: RSA (2048 to 8192 bits), ECDSA \
                             (P-256, P-384) and Ed25519 can";
                file_error(&file, words)
            })?;
        // webpki does not read version 1; whether its key fits is then the server's to find out.
        let unread = self.chain.first().is_some_and(is_version_1);
        let certified = CertifiedKey::new(self.chain, key);
        match certified.keys_match() {
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
                Ok(certified)
            }
            Err(rustls::Error::InconsistentKeys(_)) => Err(file_error(
                &file,
                "the private key is not the one of the certificate",
            )),
            Err(_) if unread => Ok(certified),
            Err(_) => Err(file_error(&file, "its certificate cannot be read")),
        }
    }
}
