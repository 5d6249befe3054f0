//! Why a connection could not be made, or stopped being usable.
//!
//! One variant for each thing a person can do something about; the hints are written in `call`.

use std::time::Duration;

use super::{Fingerprint, Transport};

/// The step of making a connection that was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Phase {
    /// Looking the host name up.
    #[error("looking the host name up")]
    Resolve,
    /// Opening the socket.
    #[error("opening the connection")]
    Connect,
    /// TLS handshake.
    #[error("the TLS handshake")]
    Tls,
    /// Waiting for the server's SETTINGS frame.
    #[error("waiting for the server to speak HTTP/2")]
    Settings,
}

/// Why no connection could be made. The variants are what a person can act on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The host name has no address.
    #[error("looking up `{host}`")]
    Resolve {
        /// The name looked up.
        host: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// No address of the host took the connection.
    #[error("connecting to {address}")]
    Refused {
        /// Host and port, or the socket's path.
        address: String,
        /// What the system said, of the last address tried.
        #[source]
        source: std::io::Error,
    },
    /// A step did not end in time.
    #[error("{phase} took longer than {limit:?}")]
    TimedOut {
        /// The step.
        phase: Phase,
        /// Its limit.
        limit: Duration,
    },
    /// A certificate or key file could not be used.
    #[error("reading `{file}`")]
    TlsFile {
        /// The file.
        file: std::path::PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server's certificate was not accepted. The text says why and, for a wrong name, which
    /// names are valid.
    #[error("the server's certificate was not accepted: {reason}")]
    Certificate {
        /// The verifier's words.
        reason: String,
        /// What is wrong with it, where that is known.
        problem: CertificateProblem,
        /// The certificate itself, where it could be read.
        certificate: Option<Box<ServerCertificate>>,
    },
    /// The handshake failed for another reason (an alert, a missing client certificate …).
    #[error("TLS handshake failed: {reason}")]
    Tls {
        /// rustls' words.
        reason: String,
    },
    /// TLS was asked for and the peer answered with something else.
    #[error("the server does not speak TLS on this port")]
    NotTls,
    /// TLS was asked for, and the peer closed the connection before it said anything.
    #[error("the server closed the connection without answering the TLS handshake")]
    TlsUnanswered,
    /// Plaintext was asked for and the peer answered with a TLS record.
    #[error("the server wants TLS on this port")]
    WantsTls,
    /// The server ended the handshake with an alert.
    #[error("TLS handshake failed: the server sent the alert {alert}")]
    TlsAlert {
        /// The alert's name in RFC 8446, as `internal_error`.
        alert: String,
    },
    /// The server asked for a client certificate, and ended the connection with what it got.
    #[error("the server {} the client's certificate", if *.sent { "refused" } else { "wants" })]
    ClientCertificate {
        /// The alert's name in RFC 8446; `None` where it only closed the connection.
        alert: Option<String>,
        /// It was sent one.
        sent: bool,
        /// Distinguished names of the authorities it takes certificates of; empty when it does not
        /// say.
        issuers: Vec<String>,
    },
    /// TLS works, but the server did not choose `h2` by ALPN.
    #[error("the server did not agree to HTTP/2 (ALPN)")]
    NoAlpn {
        /// It wants another protocol; otherwise it said nothing at all.
        chose_other: bool,
    },
    /// The peer answered in HTTP/1.x.
    #[error("the server speaks HTTP/1.1, not HTTP/2")]
    Http1 {
        /// In plaintext: some web servers answer so at ports that want TLS.
        transport: Transport,
    },
    /// The peer closed the connection before its SETTINGS frame.
    #[error("the server closed the connection before speaking HTTP/2")]
    ClosedEarly {
        /// Whether TLS was spoken by then: a missing client certificate looks like this, too.
        transport: Transport,
    },
    /// The peer began to speak HTTP/2 and broke it, or broke off, before any call was sent.
    #[error("the server broke off before the first call: {reason}")]
    BrokenEarly {
        /// What ended it.
        reason: String,
    },
    /// The peer's first bytes are not HTTP/2.
    #[error("the server does not speak HTTP/2: {reason}")]
    NotHttp2 {
        /// What came instead.
        reason: String,
    },
    /// `:authority` holds characters that no authority has.
    #[error("`{authority}` cannot be sent as :authority")]
    Authority {
        /// What was asked for.
        authority: String,
    },
    /// The proxy did not open a tunnel.
    #[error("the proxy {proxy} did not open a tunnel: {problem}")]
    Proxy {
        /// Host and port of the proxy.
        proxy: String,
        /// Why.
        #[source]
        problem: ProxyProblem,
    },
    /// The server is closing the connection and did not look at this call: repeating it is safe.
    #[error("the server is closing the connection: {reason}")]
    GoingAway {
        /// The text of GOAWAY.
        reason: String,
    },
    /// The connection broke later: the text of GOAWAY, an I/O error …
    #[error("the connection broke: {reason}")]
    Broken {
        /// What ended it.
        reason: String,
    },
}

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateProblem {
    /// Nobody this system trusts signed it.
    UnknownIssuer,
    /// It signed itself.
    SelfSigned,
    /// It is for other names.
    WrongName {
        /// The name that was expected.
        expected: String,
    },
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// It was revoked.
    Revoked,
    /// It is not the one that was pinned.
    NotPinned,
    /// This system has no roots to check it by, and the target has no CA file.
    NoRoots,
    /// Something else; the verifier's words say what.
    Other,
}

/// A server's certificate, for people and for pinning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCertificate {
    /// What it is pinned by.
    pub fingerprint: Fingerprint,
    /// Distinguished name of its owner.
    pub subject: String,
    /// Distinguished name of its signer.
    pub issuer: String,
    /// Names and addresses it is valid for, in its order.
    pub names: Vec<String>,
    /// Its common name, where it has no alternative names at all. It counts only where the person
    /// chose the certificate itself.
    pub common_name: Option<String>,
    /// Not valid before, RFC 3339 in UTC.
    pub not_before: String,
    /// Not valid after, RFC 3339 in UTC.
    pub not_after: String,
}

/// Why a proxy opened no tunnel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyProblem {
    /// It could not be reached.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// What names it is no address of a proxy that can be used.
    #[error("it cannot be used: {0}")]
    Unusable(String),
    /// It took the connection and said nothing.
    #[error("it did not answer within {limit:?}: it may not speak {protocol}")]
    Silent {
        /// What was spoken to it.
        protocol: &'static str,
        /// How long its answer was waited for.
        limit: Duration,
    },
    /// It answered CONNECT with another status than 2xx.
    #[error("it answered HTTP {status} {reason}")]
    Http {
        /// HTTP status; 407 wants credentials.
        status: u16,
        /// The reason phrase, and the start of the body.
        reason: String,
    },
    /// It refused over SOCKS5, in the words of RFC 1928.
    #[error("it refused: {0}")]
    Socks5(String),
    /// Its credentials were refused, or it wants some.
    #[error("it wants other credentials")]
    Credentials,
    /// What it said is neither HTTP nor SOCKS5.
    #[error("it does not speak {0}")]
    NotAProxy(&'static str),
}
