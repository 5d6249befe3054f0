//! TLS for a target: the handshake, and what is known of it afterwards.
//!
//! Full verification trusts the system's roots and the target's CA file. A server whose own
//! self-signed certificate *is* in that file is accepted too, as OpenSSL and Go do: rustls alone
//! says `CaUsedAsEndEntity`. A pinned certificate is trusted whoever signed it. Name and dates are
//! checked in every case but [`Verification::Skip`], and nothing ever falls back to plaintext.
//!
//! ```text
//! handshake ─┬─ verify ── roots, certificate      whose certificate is accepted
//!            ├─ client ── identity ── pkcs12      what we show of ourselves
//!            ├─ secrets                           the key log
//!            └─ refused, alert                    what went wrong, in plain words
//! ```

mod alert;
mod certificate;
mod client;
mod file;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod fuzz;
mod handshake;
mod identity;
mod pkcs12;
mod refused;
mod roots;
mod secrets;
mod signature;
mod verify;

pub(crate) use self::{
    alert::{after_handshake, closed_early, rustls_error},
    handshake::start_tls,
};
use super::{ServerCertificate, Verification};

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
    /// Whether the server asked who we are, and what we said.
    pub client: ClientAuth,
    /// The session's secrets were written to a file, all of them.
    pub key_logged: bool,
}

impl std::fmt::Display for TlsInfo {
    /// Version and cipher suite.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.version, self.cipher)
    }
}

/// Whether a server asked for the client's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ClientAuth {
    /// It did not.
    #[default]
    NotAsked,
    /// It did, and there was none to send: it may go on all the same.
    Unanswered(Box<ClientAuthRequest>),
    /// It did, and was sent one.
    Sent(Box<ClientAuthRequest>),
}

/// What a server asks of a client's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientAuthRequest {
    /// Distinguished names of the authorities it takes certificates of; empty when it does not say.
    pub issuers: Vec<String>,
}
