//! Why a connection could not be made, or stopped being usable.
//!
//! One variant for each thing a person can do something about; the hints are written in `call`.

use std::time::Duration;

use super::{Fingerprint, ProxyVariable, Transport};

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
        /// Host and port with the address that is told of, or the socket's path.
        address: String,
        /// What the system said, of the address whose answer says most.
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
        /// What would make it usable.
        wants: FileWants,
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
        /// What went wrong, for people: rustls' words where ours do not say more.
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
        /// Web servers answer so where a port for TLS is reached in plaintext.
        transport: Transport,
        /// Its HTTP status, where that was read.
        status: Option<u16>,
    },
    /// Plaintext was asked for, and the peer answered in HTTP/1.x that it wants TLS.
    #[error("the server wants TLS on this port, as it says in HTTP/1.1")]
    WantsHttps,
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
    /// `:authority` holds a user name or password, which RFC 9113, section 8.3.1, forbids. The text is
    /// left out.
    #[error("a user name or password cannot be sent in :authority")]
    AuthorityUserinfo,
    /// The proxy did not open a tunnel.
    #[error("the proxy {proxy} did not open a tunnel: {problem}")]
    Proxy {
        /// Host and port of the proxy.
        proxy: String,
        /// Why.
        #[source]
        problem: ProxyProblem,
    },
    /// The environment names a proxy that cannot be used; nothing was dialled.
    #[error(transparent)]
    ProxyVariable(ProxyVariable),
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

impl ConnectError {
    /// Whether connecting may work a while later though nobody changes a setting: a server that is
    /// not there yet, or a network that is down. To ask again in vain does no harm then.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Resolve { .. }
            | Self::Refused { .. }
            | Self::TimedOut { .. }
            | Self::TlsUnanswered
            | Self::ClosedEarly { .. }
            | Self::BrokenEarly { .. }
            | Self::GoingAway { .. } => true,
            Self::Proxy { problem, .. } => problem.may_pass(),
            Self::TlsFile { .. }
            | Self::Certificate { .. }
            | Self::Tls { .. }
            | Self::NotTls
            | Self::WantsTls
            | Self::TlsAlert { .. }
            | Self::ClientCertificate { .. }
            | Self::NoAlpn { .. }
            | Self::Http1 { .. }
            | Self::WantsHttps
            | Self::NotHttp2 { .. }
            | Self::Authority { .. }
            | Self::AuthorityUserinfo
            | Self::ProxyVariable(_)
            | Self::Broken { .. } => false,
        }
    }
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

/// What would make a file of certificates or keys usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileWants {
    /// Another file in its place, or other content.
    Other,
    /// Its password, which was not given.
    Password,
    /// Another password than the one given.
    OtherPassword,
    /// A client certificate beside this key.
    ClientCertificate,
    /// A client key beside this certificate.
    ClientKey,
}

/// Why a proxy opened no tunnel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyProblem {
    /// It could not be reached.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
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
        /// The reason phrase, printable; its body is not read.
        reason: String,
    },
    /// It refused over SOCKS5, in the words of RFC 1928.
    #[error("it refused: {0}")]
    Socks5(String),
    /// Its credentials were refused, or it wants some.
    #[error("{}", wants_credentials(*given))]
    Credentials {
        /// Some were given.
        given: bool,
        /// The scheme of the proxy's address.
        scheme: &'static str,
    },
    /// The credentials cannot be sent over SOCKS5 (RFC 1929); nothing was.
    #[error("SOCKS5 takes a user name and a password of 1 to 255 bytes each")]
    CredentialsLength,
    /// What it said is neither HTTP nor SOCKS5.
    #[error("it does not speak {0}")]
    NotAProxy(&'static str),
    /// The target is a socket or a pipe of this machine; nothing was sent to the proxy.
    #[error("a proxy reaches hosts, and the target is a socket of this machine")]
    OutOfReach,
}

fn wants_credentials(given: bool) -> &'static str {
    match given {
        true => "it wants other credentials",
        false => "it wants credentials",
    }
}

impl ProxyProblem {
    /// Whether the proxy works, and only could not, or would not, reach this target.
    pub(crate) fn is_about_the_target(&self) -> bool {
        match self {
            Self::Http { .. } | Self::Socks5(_) => true,
            Self::Unreachable(_)
            | Self::Silent { .. }
            | Self::Credentials { .. }
            | Self::CredentialsLength
            | Self::NotAProxy(_)
            | Self::OutOfReach => false,
        }
    }

    /// Whether it may open a tunnel a while later. Credentials that were refused are not shown again:
    /// an account may be locked for it.
    fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Silent { .. } | Self::Socks5(_) => true,
            // Timed out, too many requests, or something behind the proxy.
            Self::Http { status, .. } => matches!(status, 408 | 429 | 500..),
            Self::Credentials { .. }
            | Self::CredentialsLength
            | Self::NotAProxy(_)
            | Self::OutOfReach => false,
        }
    }
}
