//! Where a call goes, and how its connection is made and secured.
//!
//! Pure data; `target` reads it from text. What is dialled, what the call names as its authority,
//! and the name a certificate has to carry are three things that follow from the address unless a
//! person sets them apart.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use super::stamp::FileStamps;

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
    /// Addresses given as literals (`ipv4:…`, `ipv6:…`); at least one, tried in order.
    Literals(Vec<SocketAddr>),
    /// A Unix domain socket.
    Unix(PathBuf),
    /// A Unix domain socket in Linux's abstract namespace; the name without its leading zero byte.
    UnixAbstract(String),
    /// A named pipe of Windows, as `\\\\.\\pipe\\NAME`.
    Pipe(String),
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
    /// The server's own certificate has this fingerprint; its name and dates are checked, and who
    /// signed it is not.
    Pinned(Fingerprint),
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
    /// The client's certificate chain and key in one PKCS#12 file, in place of the two above.
    pub client_pkcs12: Option<Pkcs12>,
    /// Name to expect in the certificate (and to send as SNI) in place of the host.
    pub server_name: Option<String>,
    /// How far the certificate is checked.
    pub verification: Verification,
    /// Go on when the server chooses no protocol by ALPN. One that chooses another is always refused.
    pub accept_missing_alpn: bool,
    /// File to append the session's secrets to, in the format of `SSLKEYLOGFILE`: whoever has it can
    /// read the recorded connection.
    pub key_log: Option<PathBuf>,
    /// How the files to read stood when the endpoint was resolved. A renewed one makes it another
    /// endpoint, so that the next call gets a connection that was made with it.
    pub stamps: FileStamps,
}

/// A PKCS#12 file (`.p12`, `.pfx`).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pkcs12 {
    /// The file.
    pub file: PathBuf,
    /// Its password; empty for none.
    pub password: String,
}

impl fmt::Debug for Pkcs12 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs12")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// SHA-256 of a certificate's DER.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    /// As OpenSSL prints it: `AB:CD:…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(":")?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    /// Reads 64 hexadecimal digits, with or without colons, in either case.
    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let digits: Vec<u32> = text
            .trim()
            .chars()
            .filter(|&char| char != ':')
            .map(|char| char.to_digit(16).ok_or(FingerprintError))
            .collect::<Result<_, _>>()?;
        let bytes: Vec<u8> = digits
            .chunks(2)
            .map(|pair| match *pair {
                [high, low] => u8::try_from(high << 4 | low).map_err(|_| FingerprintError),
                _ => Err(FingerprintError),
            })
            .collect::<Result<_, _>>()?;
        bytes.try_into().map(Self).map_err(|_| FingerprintError)
    }
}

/// The text is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 fingerprint has 64 hexadecimal digits")]
pub struct FingerprintError;

/// How the server is reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum ProxyChoice {
    /// As `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy` say.
    #[default]
    Environment,
    /// Directly, whatever the environment says.
    Direct,
    /// Through this one.
    Via(Proxy),
}

/// A proxy that opens a tunnel: HTTP CONNECT or SOCKS5.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Proxy {
    /// What is spoken to it.
    pub kind: ProxyKind,
    /// Its host name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// User name and password, where it wants them.
    pub credentials: Option<(String, String)>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("kind", &self.kind)
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// What is spoken to a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyKind {
    /// `CONNECT` of HTTP/1.1 (RFC 9110, section 9.3.6).
    Http,
    /// SOCKS5 (RFC 1928); the proxy looks the host up.
    Socks5,
}

/// Pings that keep a connection alive and notice when it is dead. Off unless asked for: servers
/// end connections that ping more often than they allow (5 minutes by default).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Keepalive {
    /// Time between pings; doubled when the server says it is too short.
    /// Range: 10 s ..= 30 days; what lies outside is taken as the nearer end.
    pub interval: Duration,
    /// How long an answer may take before the connection counts as dead; 30 days at most.
    pub timeout: Duration,
    /// Ping while no call runs, too.
    pub while_idle: bool,
}

/// Everything that makes two calls share, or not share, a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// What the person named: it gives authority and certificate name, and is dialled unless
    /// `connect_to` says otherwise.
    pub address: Address,
    /// What is dialled in place of `address`.
    pub connect_to: Option<Address>,
    /// Whether a proxy stands in between.
    pub proxy: ProxyChoice,
    /// Plaintext or TLS.
    pub transport: Transport,
    /// Path before `/pkg.Service/Method`, empty or starting with `/`, without a trailing one.
    pub path_prefix: String,
    /// TLS settings; without meaning for plaintext.
    pub tls: TlsSettings,
    /// `:authority` in place of the address.
    pub authority: Option<String>,
    /// Pings, where asked for.
    pub keepalive: Option<Keepalive>,
    /// How long resolve, connect, TLS and SETTINGS may each take, in place of the pool's limits.
    pub connect_timeout: Option<Duration>,
}

impl Endpoint {
    /// An address with everything else at its default.
    pub fn new(address: Address, transport: Transport) -> Self {
        Self::with_prefix(address, transport, String::new())
    }

    pub(super) fn with_prefix(address: Address, transport: Transport, path_prefix: String) -> Self {
        Self {
            address,
            connect_to: None,
            proxy: ProxyChoice::default(),
            transport,
            path_prefix,
            tls: TlsSettings::default(),
            authority: None,
            keepalive: None,
            connect_timeout: None,
        }
    }

    /// The `:authority` a call carries: the override, else the host as typed and the port;
    /// `localhost` for a Unix socket.
    pub fn authority(&self) -> String {
        if let Some(authority) = &self.authority {
            return authority.clone();
        }
        match &self.address {
            Address::Tcp { host, port } => host_port(without_zone(host), *port),
            Address::Literals(addresses) => addresses.first().map_or_else(String::new, |first| {
                // Without the zone, which `SocketAddr` would print.
                host_port(&first.ip().to_string(), first.port())
            }),
            Address::Unix(_) | Address::UnixAbstract(_) | Address::Pipe(_) => {
                "localhost".to_owned()
            }
        }
    }

    /// The name the server's certificate has to carry.
    pub(crate) fn certificate_name(&self) -> String {
        match (&self.tls.server_name, &self.address) {
            (Some(name), _) => name.clone(),
            (None, Address::Tcp { host, .. }) => without_zone(host).to_owned(),
            (None, Address::Literals(addresses)) => addresses
                .first()
                .map_or_else(String::new, |address| address.ip().to_string()),
            (None, Address::Unix(_) | Address::UnixAbstract(_) | Address::Pipe(_)) => {
                "localhost".to_owned()
            }
        }
    }
}

/// A host (without brackets) and a port as one text.
pub(super) fn host_port(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// `fe80::1%eth0` names an interface of this machine, which means nothing to the peer.
pub(super) fn without_zone(host: &str) -> &str {
    host.split_once('%').map_or(host, |(address, _)| address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authority_is_the_override_or_the_address() {
        let mut endpoint = Endpoint::parse("[fe80::1%eth0]:5", None).unwrap();
        assert_eq!(endpoint.authority(), "[fe80::1]:5");
        assert_eq!(endpoint.certificate_name(), "fe80::1");
        endpoint.authority = Some("api.example".into());
        assert_eq!(endpoint.authority(), "api.example");
        endpoint.tls.server_name = Some("cert.example".into());
        assert_eq!(endpoint.certificate_name(), "cert.example");
        for (target, expected) in [
            ("api.example:443", "api.example:443"),
            ("ipv4:192.0.2.1:1,192.0.2.2:2", "192.0.2.1:1"),
            ("ipv6:[2001:db8::1]:1", "[2001:db8::1]:1"),
            ("ipv6:[fe80::1%2]:1", "[fe80::1]:1"),
        ] {
            let endpoint = Endpoint::parse(target, None).unwrap();
            assert_eq!(endpoint.authority(), expected, "{target}");
        }
        let literal = Endpoint::parse("ipv6:[fe80::1%5]:6", None).unwrap();
        assert_eq!(literal.authority(), "[fe80::1]:6");
        let unix = Endpoint::parse("unix:/s", None).unwrap();
        assert_eq!(unix.authority(), "localhost");
    }
}
