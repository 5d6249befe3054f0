//! Where a call goes, as the person typed it, and how its connection is secured.

use std::path::PathBuf;

/// A place that can be dialled.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// A host name or an IP literal (without brackets) and a port.
    Tcp {
        /// Host name, IPv4 or IPv6 literal.
        host: String,
        /// TCP port, 1 ..= 65535.
        port: u16,
    },
    /// A Unix domain socket.
    Unix(PathBuf),
}

/// Whether the connection is encrypted. There is no fallback from one to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// HTTP/2 with prior knowledge on a bare socket.
    Plaintext,
    /// TLS with ALPN `h2`.
    Tls,
}

/// How far a server's certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Verification {
    /// Chain, name and dates.
    #[default]
    Full,
    /// Nothing is checked: anyone on the path can read and change the call.
    Skip,
}

/// TLS settings of a target. Files are read when the connection is made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct TlsSettings {
    /// PEM file with further root certificates, beside the system's.
    pub ca_cert: Option<PathBuf>,
    /// PEM file with the client's certificate chain.
    pub client_cert: Option<PathBuf>,
    /// PEM file with the client's private key.
    pub client_key: Option<PathBuf>,
    /// Name to expect in the certificate (and to send as SNI) in place of the host.
    pub server_name: Option<String>,
    /// How far the certificate is checked.
    pub verification: Verification,
}

/// Everything that makes two calls share, or not share, a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// What is dialled.
    pub address: Address,
    /// Plaintext or TLS.
    pub transport: Transport,
    /// Path before `/pkg.Service/Method`, empty or starting with `/`, without a trailing one.
    pub path_prefix: String,
    /// TLS settings; without meaning for plaintext.
    pub tls: TlsSettings,
    /// `:authority` in place of the address.
    pub authority: Option<String>,
}

/// Why a target's text is not an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Nothing was typed.
    #[error("the target is empty")]
    Empty,
    /// The port is missing or is not a number in 1 ..= 65535.
    #[error("`{0}` has no valid port")]
    Port(String),
    /// A scheme other than http, https, unix.
    #[error("`{0}:` is not a kind of target Stubless knows")]
    Scheme(String),
    /// The host is empty or holds characters that no host has.
    #[error("`{0}` is not a host name")]
    Host(String),
}

impl Endpoint {
    /// Reads a target as typed: `host:port`, `[::1]:port`, `unix:PATH`, `http://…`, `https://…`.
    ///
    /// `transport` is the person's explicit choice; without it and without a scheme, a loopback
    /// host or a Unix socket is plaintext and everything else is TLS.
    ///
    /// # Errors
    /// [`EndpointError`] says which part could not be read.
    pub fn parse(target: &str, transport: Option<Transport>) -> Result<Self, EndpointError> {
        let _ = (target, transport);
        unimplemented!()
    }

    /// The `:authority` a call carries: the override, else the host and port as typed; `localhost`
    /// for a Unix socket.
    pub fn authority(&self) -> String {
        unimplemented!()
    }
}
