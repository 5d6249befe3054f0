//! Where a call goes, as the person typed it, and how its connection is secured.
//!
//! Pure: reads text, touches neither files nor sockets. Host and path keep the case they were
//! typed in. Spec: the `host:port` and `unix:` forms of
//! <https://github.com/grpc/grpc/blob/master/doc/naming.md>, and RFC 3986 for URLs.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

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
    pub interval: Duration,
    /// How long an answer may take before the connection counts as dead.
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
    /// The part after the host cannot stand before a method's path.
    #[error("`{0}` is not a path")]
    Path(String),
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
        let target = target.trim();
        if target.is_empty() {
            return Err(EndpointError::Empty);
        }
        if let Some(path) = strip_prefix_ignore_case(target, "unix:") {
            return Ok(Self::with_prefix(
                Address::Unix(parse_unix_path(target, path)?),
                transport.unwrap_or(Transport::Plaintext),
                String::new(),
            ));
        }
        let Some((scheme, rest)) = target.split_once("://") else {
            let (host, port) = split_host_port(target)?;
            let port = port.ok_or_else(|| EndpointError::Port(target.to_owned()))?;
            let transport = transport.unwrap_or(if is_loopback(&host) {
                Transport::Plaintext
            } else {
                Transport::Tls
            });
            return Ok(Self::with_prefix(
                Address::Tcp { host, port },
                transport,
                String::new(),
            ));
        };
        let (by_scheme, default_port) = if scheme.eq_ignore_ascii_case("http") {
            (Transport::Plaintext, 80)
        } else if scheme.eq_ignore_ascii_case("https") {
            (Transport::Tls, 443)
        } else {
            return Err(EndpointError::Scheme(scheme.to_owned()));
        };
        let (host_port, path) = match rest.find(['/', '?', '#']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (host, port) = split_host_port(host_port)?;
        Ok(Self::with_prefix(
            Address::Tcp {
                host,
                port: port.unwrap_or(default_port),
            },
            transport.unwrap_or(by_scheme),
            parse_path_prefix(path)?,
        ))
    }

    /// An address with everything else at its default.
    pub fn new(address: Address, transport: Transport) -> Self {
        Self::with_prefix(address, transport, String::new())
    }

    fn with_prefix(address: Address, transport: Transport, path_prefix: String) -> Self {
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
            Address::Tcp { host, port } if host.contains(':') => {
                format!("[{}]:{port}", without_zone(host))
            }
            Address::Tcp { host, port } => format!("{host}:{port}"),
            Address::Literals(addresses) => addresses
                .first()
                .map_or_else(String::new, SocketAddr::to_string),
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

fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// `unix:relative`, `unix:/absolute` or `unix:///absolute`; a URL's host part must be empty.
fn parse_unix_path(target: &str, path: &str) -> Result<PathBuf, EndpointError> {
    let path = match path.strip_prefix("//") {
        Some(absolute) if absolute.starts_with('/') => absolute,
        Some(_) => return Err(EndpointError::Host(target.to_owned())),
        None => path,
    };
    if path.is_empty() || path.contains('\0') {
        return Err(EndpointError::Path(target.to_owned()));
    }
    Ok(PathBuf::from(path))
}

/// Splits `host`, `host:port`, `[v6]` or `[v6]:port`; the host comes without brackets.
fn split_host_port(text: &str) -> Result<(String, Option<u16>), EndpointError> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest
            .split_once(']')
            .ok_or_else(|| EndpointError::Host(text.to_owned()))?;
        if without_zone(host).parse::<Ipv6Addr>().is_err() {
            return Err(EndpointError::Host(text.to_owned()));
        }
        match after.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if after.is_empty() => (host, None),
            None => return Err(EndpointError::Host(text.to_owned())),
        }
    } else {
        match text.rsplit_once(':') {
            // A colon left in the host is an IPv6 address without brackets: nobody can say
            // where its port begins.
            Some((host, port)) if is_host_name(host) => (host, Some(port)),
            None if is_host_name(text) => (text, None),
            Some((host, _)) => return Err(EndpointError::Host(host.to_owned())),
            None => return Err(EndpointError::Host(text.to_owned())),
        }
    };
    let port = match port {
        None => None,
        Some(digits) => match digits.parse::<u16>() {
            // `parse` would take a leading `+`.
            Ok(port) if port != 0 && digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(port),
            _ => return Err(EndpointError::Port(text.to_owned())),
        },
    };
    Ok((host.to_owned(), port))
}

fn is_host_name(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= 253
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// `fe80::1%eth0` names an interface of this machine, which means nothing to the peer.
fn without_zone(host: &str) -> &str {
    host.split_once('%').map_or(host, |(address, _)| address)
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
        || host
            .parse::<Ipv6Addr>()
            .is_ok_and(|address| address.is_loopback())
}

fn parse_path_prefix(path: &str) -> Result<String, EndpointError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@%".contains(&byte);
    if !path.bytes().all(allowed) {
        return Err(EndpointError::Path(path.to_owned()));
    }
    Ok(path.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16, transport: Transport, prefix: &str) -> Endpoint {
        let address = Address::Tcp {
            host: host.to_owned(),
            port,
        };
        Endpoint::with_prefix(address, transport, prefix.to_owned())
    }

    #[test]
    fn targets_are_read_as_typed() {
        use Transport::{Plaintext, Tls};
        let unix = |path: &str| {
            Endpoint::with_prefix(Address::Unix(PathBuf::from(path)), Plaintext, String::new())
        };
        let cases = [
            ("localhost:50051", tcp("localhost", 50051, Plaintext, "")),
            (" LocalHost:1 ", tcp("LocalHost", 1, Plaintext, "")),
            ("127.9.9.9:80", tcp("127.9.9.9", 80, Plaintext, "")),
            ("[::1]:50051", tcp("::1", 50051, Plaintext, "")),
            ("[2001:db8::1]:443", tcp("2001:db8::1", 443, Tls, "")),
            ("[fe80::1%eth0]:5", tcp("fe80::1%eth0", 5, Tls, "")),
            ("10.0.0.1:65535", tcp("10.0.0.1", 65535, Tls, "")),
            ("my_svc.ns:9000", tcp("my_svc.ns", 9000, Tls, "")),
            ("http://example.com", tcp("example.com", 80, Plaintext, "")),
            ("HTTPS://Example.com/", tcp("Example.com", 443, Tls, "")),
            ("https://h:8443/Api/V1/", tcp("h", 8443, Tls, "/Api/V1")),
            ("http://[::1]/x", tcp("::1", 80, Plaintext, "/x")),
            ("unix:run/app.sock", unix("run/app.sock")),
            ("unix:/run/App.sock", unix("/run/App.sock")),
            ("unix:///run/app.sock", unix("/run/app.sock")),
        ];
        for (target, expected) in cases {
            assert_eq!(Endpoint::parse(target, None), Ok(expected), "{target}");
        }
    }

    #[test]
    fn an_explicit_transport_wins_over_host_and_scheme() {
        for (target, asked) in [
            ("localhost:1", Transport::Tls),
            ("example.com:1", Transport::Plaintext),
            ("http://example.com", Transport::Tls),
            ("unix:/s", Transport::Tls),
        ] {
            let endpoint = Endpoint::parse(target, Some(asked)).unwrap();
            assert_eq!(endpoint.transport, asked, "{target}");
        }
    }

    #[test]
    fn what_is_no_target_says_which_part() {
        use EndpointError::{Empty, Host, Path, Port, Scheme};
        let cases = [
            ("  ", Empty),
            ("localhost", Port("localhost".into())),
            ("localhost:", Port("localhost:".into())),
            ("localhost:0", Port("localhost:0".into())),
            ("localhost:+1", Port("localhost:+1".into())),
            ("localhost:65536", Port("localhost:65536".into())),
            ("h:1/path", Port("h:1/path".into())),
            ("[::1]", Port("[::1]".into())),
            ("http://h:x/", Port("h:x".into())),
            (":50051", Host(String::new())),
            ("::1:50051", Host("::1".into())),
            ("[::1:50051", Host("[::1:50051".into())),
            ("[nonsense]:1", Host("[nonsense]:1".into())),
            ("[::1]x:1", Host("[::1]x:1".into())),
            ("a b:1", Host("a b".into())),
            ("http://user@h:1", Host("user@h".into())),
            ("http://", Host(String::new())),
            ("ftp://h:1", Scheme("ftp".into())),
            ("http://h/a b", Path("/a b".into())),
            ("http://h?x=1", Path("?x=1".into())),
            ("unix:", Path("unix:".into())),
            ("unix://host/path", Host("unix://host/path".into())),
        ];
        for (target, expected) in cases {
            assert_eq!(Endpoint::parse(target, None), Err(expected), "{target}");
        }
    }

    #[test]
    fn authority_is_the_override_or_the_address() {
        let mut endpoint = Endpoint::parse("[fe80::1%eth0]:5", None).unwrap();
        assert_eq!(endpoint.authority(), "[fe80::1]:5");
        assert_eq!(endpoint.certificate_name(), "fe80::1");
        endpoint.authority = Some("api.example".into());
        assert_eq!(endpoint.authority(), "api.example");
        endpoint.tls.server_name = Some("cert.example".into());
        assert_eq!(endpoint.certificate_name(), "cert.example");
        let unix = Endpoint::parse("unix:/s", None).unwrap();
        assert_eq!(unix.authority(), "localhost");
    }
}
