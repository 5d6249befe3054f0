//! What we show of ourselves, and a note of whether the server asked for it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_rustls::rustls::{SignatureScheme, client::ResolvesClientCert, sign::CertifiedKey};
use x509_parser::{prelude::FromDer as _, x509::X509Name};

use super::{ClientAuth, ClientAuthRequest, certificate::name_text};

/// A server that takes certificates of every public authority names some 150.
const MAX_ISSUERS: usize = 20;

/// What the handshake showed of the server's wish, for words about it.
pub(super) type Asked = Arc<Mutex<ClientAuth>>;

/// Answers the server's wish for a certificate, and keeps what it said.
#[derive(Debug)]
pub(super) struct Answering {
    pub(super) certified: Option<Arc<CertifiedKey>>,
    pub(super) asked: Asked,
}

impl ResolvesClientCert for Answering {
    /// The certificate is sent whatever issuers the server names: many name them wrongly, and an
    /// alert says more than silence.
    fn resolve(
        &self,
        root_hint_subjects: &[&[u8]],
        schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        let fits = |certified: &&Arc<CertifiedKey>| certified.key.choose_scheme(schemes).is_some();
        let answer = self.certified.as_ref().filter(fits).cloned();
        let request = Box::new(ClientAuthRequest {
            issuers: issuers(root_hint_subjects),
        });
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = match answer {
            None => ClientAuth::Unanswered(request),
            Some(_) => ClientAuth::Sent(request),
        };
        answer
    }

    fn has_certs(&self) -> bool {
        self.certified.is_some()
    }
}

fn issuers(subjects: &[&[u8]]) -> Vec<String> {
    let names = subjects.iter().take(MAX_ISSUERS);
    names
        .filter_map(|der| X509Name::from_der(der).ok())
        .map(|(_, name)| name_text(&name))
        .collect()
}
