//! The roots that full verification trusts: the system's, and the target's CA file. Blocks.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio_rustls::rustls::{
    RootCertStore, client::WebPkiServerVerifier, crypto::CryptoProvider, pki_types::CertificateDer,
};

use super::file::{file_error, read_certificates};
use crate::grpc::{CertificateProblem, ConnectError, TlsSettings};

/// Reading the system's roots takes some ten milliseconds. A root that is added to the system while
/// the program runs is known after this time.
const KEPT: Duration = Duration::from_secs(30);

/// Chains to a root, or the very certificate that the person put into the CA file.
#[derive(Debug)]
pub(super) struct TrustRoots {
    pub(super) chains: Arc<WebPkiServerVerifier>,
    pub(super) own: Vec<CertificateDer<'static>>,
}

/// Reads what a target trusts.
pub(super) fn trusted(
    settings: &TlsSettings,
    provider: &Arc<CryptoProvider>,
) -> Result<TrustRoots, ConnectError> {
    let system = system_roots();
    let mut roots = RootCertStore::clone(&system.roots);
    let mut own = Vec::new();
    if let Some(file) = &settings.ca_cert {
        own = read_certificates(file)?;
        for (index, certificate) in own.iter().enumerate() {
            roots.add(certificate.clone()).map_err(|_| {
                let number = index + 1;
                file_error(file, format!("certificate {number} in it cannot be read"))
            })?;
        }
    }
    let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|_| ConnectError::Certificate {
            reason: match &system.problem {
                None => "this system has no root certificates".to_owned(),
                Some(problem) => {
                    format!("this system's root certificates cannot be read: {problem}")
                }
            },
            problem: CertificateProblem::NoRoots,
            certificate: None,
        })?;
    Ok(TrustRoots { chains, own })
}

/// The system's roots, and the first thing that went wrong with reading them.
#[derive(Debug)]
struct SystemRoots {
    read: Instant,
    roots: RootCertStore,
    problem: Option<String>,
}

fn system_roots() -> Arc<SystemRoots> {
    static ROOTS: Mutex<Option<Arc<SystemRoots>>> = Mutex::new(None);
    let mut kept = ROOTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(roots) = kept.as_ref().filter(|roots| roots.read.elapsed() < KEPT) {
        return roots.clone();
    }
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a system root certificate was not read");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    let roots = Arc::new(SystemRoots {
        read: Instant::now(),
        roots,
        problem: found.errors.first().map(ToString::to_string),
    });
    *kept = Some(roots.clone());
    roots
}
