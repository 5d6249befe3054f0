//! PKCS#12 files (`.p12`, `.pfx`), modern and legacy. Blocks.

use p12_keystore::{KeyStore, KeyStoreEntry, error::Error};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{
    file::{file_error, file_wants, read_limited},
    identity::Identity,
};
use crate::grpc::{ConnectError, FileWants, Pkcs12};

/// The first key of a file with its certificates.
pub(super) fn read_pkcs12(pkcs12: &Pkcs12) -> Result<Identity, ConnectError> {
    let file = &pkcs12.file;
    let bytes = read_limited(file)?;
    let store = KeyStore::from_pkcs12(&bytes, &pkcs12.password).map_err(|error| {
        let mut wants = FileWants::Other;
        let words = match error {
            // Where nothing checks the password, a wrong one shows in what it decrypts.
            Error::MacError(_) | Error::Pkcs5Error(_) | Error::UnpadError => {
                if pkcs12.password.is_empty() {
                    wants = FileWants::Password;
                    "it has a password, and none is given".to_owned()
                } else {
                    wants = FileWants::OtherPassword;
                    "the password is wrong".to_owned()
                }
            }
            Error::UnsupportedEncryptionScheme => {
                "it is protected in a way that is not read here; `openssl pkcs12` can write it anew"
                    .to_owned()
            }
            other => format!("it is no PKCS#12 file that can be read: {other}"),
        };
        file_wants(file, wants, words)
    })?;
    let chain = store.entries().find_map(|(_, entry)| match entry {
        KeyStoreEntry::PrivateKeyChain(chain) => Some(chain),
        _ => None,
    });
    let Some(chain) = chain.filter(|chain| !chain.chain().is_empty()) else {
        return Err(file_error(
            file,
            "it holds no encrypted key with a certificate",
        ));
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
