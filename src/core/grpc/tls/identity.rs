//! The client's certificate and key, and other certificates, from files. Blocks.
//!
//! Only regular files of a bounded size are read: a path in a workspace comes from somebody else.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use p12_keystore::{KeyStore, KeyStoreEntry};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use crate::grpc::{ConnectError, Pkcs12, TlsSettings};

/// A bundle of every public root is about 250 KB.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// What the client shows of itself.
pub(super) struct Identity {
    /// The file, for words about it.
    pub(super) file: PathBuf,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

pub(super) fn read_identity(settings: &TlsSettings) -> Result<Option<Identity>, ConnectError> {
    if let Some(pkcs12) = &settings.client_pkcs12 {
        return read_pkcs12(pkcs12).map(Some);
    }
    let certificate = match (&settings.client_cert, &settings.client_key) {
        (None, None) => return Ok(None),
        (Some(certificate), _) => certificate,
        (None, Some(key)) => {
            return Err(file_error(
                key,
                "a client key is of no use without a client certificate",
            ));
        }
    };
    let chain = read_certificates(certificate)?;
    // Some tools write both into one file.
    let key_file = settings.client_key.as_ref().unwrap_or(certificate);
    let bytes = read_limited(key_file)?;
    let key = PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| {
        if is_encrypted(&bytes) {
            let words = "the key is encrypted with a password, which PEM files are not read with; \
                         decrypt it (openssl pkey -in KEY -out PLAIN), or use a PKCS#12 file";
            file_error(key_file, words)
        } else {
            file_error(key_file, error)
        }
    })?;
    Ok(Some(Identity {
        file: certificate.clone(),
        chain,
        key,
    }))
}

fn is_encrypted(pem: &[u8]) -> bool {
    let text = String::from_utf8_lossy(pem);
    text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED")
}

fn read_pkcs12(pkcs12: &Pkcs12) -> Result<Identity, ConnectError> {
    let file = &pkcs12.file;
    let bytes = read_limited(file)?;
    let store = KeyStore::from_pkcs12(&bytes, &pkcs12.password).map_err(|error| {
        let words = match error {
            p12_keystore::error::Error::MacError(_) => {
                if pkcs12.password.is_empty() {
                    "it has a password, and none is given".to_owned()
                } else {
                    "the password is wrong".to_owned()
                }
            }
            other => format!("it is no PKCS#12 file that can be read: {other}"),
        };
        file_error(file, words)
    })?;
    let chain = store.entries().find_map(|(_, entry)| match entry {
        KeyStoreEntry::PrivateKeyChain(chain) => Some(chain),
        _ => None,
    });
    let Some(chain) = chain.filter(|chain| !chain.chain().is_empty()) else {
        return Err(file_error(file, "it holds no key with a certificate"));
    };
    let key = PrivateKeyDer::try_from(chain.key().to_vec())
        .map_err(|error| file_error(file, error.to_owned()))?;
    let certificates = chain.chain().iter();
    Ok(Identity {
        file: file.clone(),
        chain: certificates
            .map(|certificate| CertificateDer::from(certificate.as_der().to_vec()))
            .collect(),
        key,
    })
}

pub(super) fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&read_limited(file)?)
        .collect::<Result<_, _>>()
        .map_err(|error| file_error(file, error))?;
    if certificates.is_empty() {
        return Err(file_error(file, "it holds no PEM certificate"));
    }
    Ok(certificates)
}

fn read_limited(file: &Path) -> Result<Vec<u8>, ConnectError> {
    let mut bytes = Vec::new();
    // Asked before opening: to open a pipe already waits for its other end.
    let about = std::fs::metadata(file).map_err(|error| file_error(file, error))?;
    if !about.is_file() {
        return Err(file_error(file, "it is no ordinary file"));
    }
    File::open(file)
        .and_then(|opened| opened.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| file_error(file, error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(file_error(
            file,
            "it is too large for a file of certificates",
        ));
    }
    Ok(bytes)
}

pub(super) fn file_error(
    file: &Path,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> ConnectError {
    ConnectError::TlsFile {
        file: file.to_owned(),
        source: source.into(),
    }
}
