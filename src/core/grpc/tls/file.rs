//! Certificates and keys from files, PEM or DER. Blocks.
//!
//! Only regular files of a bounded size are read: a path in a workspace comes from somebody else.

use std::{fs::File, io::Read, path::Path};

use tokio_rustls::rustls::pki_types::{
    CertificateDer, PrivateKeyDer,
    pem::{self, PemObject},
};

use crate::grpc::{ConnectError, FileWants};

/// A bundle of every public root is about 250 KB.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// First byte of anything in DER that is meant here: a SEQUENCE.
const DER_SEQUENCE: u8 = 0x30;

/// Every certificate of a PEM file, or the one of a DER file.
pub(super) fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    let bytes = read_limited(file)?;
    if bytes.first() == Some(&DER_SEQUENCE) {
        return Ok(vec![CertificateDer::from(bytes)]);
    }
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<_, _>>()
        .map_err(|error| pem_error(file, error, "certificate"))?;
    if certificates.is_empty() {
        return Err(file_error(file, "it holds no PEM certificate"));
    }
    Ok(certificates)
}

/// The key beside a client certificate, for which no file is named: some tools write both into one.
pub(super) fn read_own_key(certificate: &Path) -> Result<PrivateKeyDer<'static>, ConnectError> {
    let bytes = read_limited(certificate)?;
    let none = match bytes.first() {
        Some(&DER_SEQUENCE) => PrivateKeyDer::try_from(&bytes[..]).is_err(),
        _ => {
            !is_encrypted(&bytes)
                && matches!(
                    PrivateKeyDer::from_pem_slice(&bytes),
                    Err(pem::Error::NoItemsFound)
                )
        }
    };
    if none {
        let words = "it holds no private key, and no file with the key is named";
        return Err(file_wants(certificate, FileWants::ClientKey, words));
    }
    read_key(certificate)
}

/// The first private key of a file: PKCS#8, PKCS#1 (RSA) or SEC1 (EC).
pub(super) fn read_key(file: &Path) -> Result<PrivateKeyDer<'static>, ConnectError> {
    let bytes = read_limited(file)?;
    if bytes.first() == Some(&DER_SEQUENCE) {
        return PrivateKeyDer::try_from(bytes).map_err(|error| file_error(file, error));
    }
    if is_encrypted(&bytes) {
        let words = "the key is encrypted with a password, which is not read from PEM files; decrypt \
                     it (openssl pkey -in KEY -out PLAIN), or use a PKCS#12 file";
        return Err(file_error(file, words));
    }
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| pem_error(file, error, "private key"))
}

/// In a file of its own or beside the certificate, by PKCS#8 or as OpenSSL did before.
fn is_encrypted(pem: &[u8]) -> bool {
    let has = |words: &[u8]| pem.windows(words.len()).any(|window| window == words);
    has(b"BEGIN ENCRYPTED PRIVATE KEY") || has(b"Proc-Type: 4,ENCRYPTED")
}

fn pem_error(file: &Path, error: pem::Error, wanted: &str) -> ConnectError {
    match error {
        pem::Error::NoItemsFound => file_error(file, format!("it holds no PEM {wanted}")),
        pem::Error::MissingSectionEnd { .. } | pem::Error::IllegalSectionStart { .. } => {
            file_error(file, "a section of it has no beginning or no end")
        }
        pem::Error::Base64Decode(_) => file_error(file, "it is not valid base64"),
        other => file_error(file, other),
    }
}

/// The bytes of a regular file of a bounded size.
pub(super) fn read_limited(file: &Path) -> Result<Vec<u8>, ConnectError> {
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
        let words = "it is too large for a file of certificates";
        return Err(file_error(file, words));
    }
    Ok(bytes)
}

/// What is wrong with a file.
pub(super) fn file_error(
    file: &Path,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> ConnectError {
    file_wants(file, FileWants::Other, source)
}

/// The same, where another file is not what mends it.
pub(super) fn file_wants(
    file: &Path,
    wants: FileWants,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> ConnectError {
    ConnectError::TlsFile {
        file: file.to_owned(),
        wants,
        source: source.into(),
    }
}
