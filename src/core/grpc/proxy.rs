//! Proxies: which one stands before a target, and the tunnel through it.
//!
//! Choosing is pure: the environment is read once by whoever makes a [`ProxyEnvironment`]. Names are
//! looked up by the proxy. Invariant: of what a proxy says, at most [`MAX_HEAD_BYTES`] are read, and
//! not one byte of the tunnel.
//! Spec: RFC 9110, section 9.3.6 (CONNECT); RFC 1928 and 1929 (SOCKS5); the variables as curl and
//! grpc-core read them; `no_proxy` as Go's `httpproxy` does, which never sends what is meant for this
//! machine elsewhere.

use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_socks::tcp::Socks5Stream;

use super::{
    Proxy, ProxyKind, ProxyProblem, Transport,
    dial::Io,
    endpoint::{host_port, without_zone},
    percent::decode_percent,
    printable::printable,
    target::{is_this_machine, split_host_port, strip_prefix_ignore_case},
};

/// Status line and headers of an answer to CONNECT.
pub(super) const MAX_HEAD_BYTES: usize = 16 * 1024;

/// How much of a proxy's refusal is shown.
const EXCERPT_CHARS: usize = 200;

/// Why a text names no proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// TLS to the proxy itself.
    #[error("TLS to a proxy is not supported; the tunnel through it can be TLS: write http://")]
    Https,
    /// Another scheme than http and socks5.
    #[error("`{0}:` is not a kind of proxy Stubless knows: use http:// or socks5://")]
    Scheme(String),
    /// The host or the port cannot be read. The text is left out: it may hold a password.
    #[error("its host and port cannot be read")]
    HostPort,
}

/// A variable of the environment that names a proxy which cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the variable `{name}` names no proxy that can be used: {error}")]
pub struct ProxyVariable {
    /// Its name, as `https_proxy`.
    pub name: String,
    /// Why not.
    pub error: ProxyError,
}

impl Proxy {
    /// Reads `http://[user:password@]host:port`, `socks5://…` or `socks5h://…`; without a scheme it
    /// is HTTP. The port is 80 or 1080 where none is given; a path is not looked at.
    ///
    /// # Errors
    /// [`ProxyError`] says what cannot be used, without repeating a password.
    pub fn parse(text: &str) -> Result<Self, ProxyError> {
        let text = text.trim();
        let (kind, rest, default_port) =
            if let Some(rest) = strip_prefix_ignore_case(text, "http://") {
                (ProxyKind::Http, rest, 80)
            } else if let Some(rest) = ["socks5://", "socks5h://"]
                .into_iter()
                .find_map(|scheme| strip_prefix_ignore_case(text, scheme))
            {
                (ProxyKind::Socks5, rest, 1080)
            } else if strip_prefix_ignore_case(text, "https://").is_some() {
                return Err(ProxyError::Https);
            } else if let Some((scheme, _)) = text.split_once("://") {
                // What is none may hold a password.
                return Err(match is_scheme(scheme) {
                    true => ProxyError::Scheme(scheme.to_owned()),
                    false => ProxyError::HostPort,
                });
            } else {
                (ProxyKind::Http, text, 80)
            };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (credentials, host_port) = match authority.rsplit_once('@') {
            Some((user, host_port)) => {
                let (name, password) = user.split_once(':').unwrap_or((user, ""));
                (
                    Some((
                        decode_percent(name.as_bytes()),
                        decode_percent(password.as_bytes()),
                    )),
                    host_port,
                )
            }
            None => (None, authority),
        };
        let (host, port) = split_host_port(host_port).map_err(|_| ProxyError::HostPort)?;
        Ok(Self {
            kind,
            host,
            port: port.unwrap_or(default_port),
            credentials,
        })
    }

    /// Host and port, for people.
    pub(crate) fn name(&self) -> String {
        host_port(&self.host, self.port)
    }
}

/// RFC 3986, section 3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|char: char| char.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// What the environment says about proxies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyEnvironment {
    plaintext: Option<Result<Proxy, ProxyVariable>>,
    tls: Option<Result<Proxy, ProxyVariable>>,
    exceptions: Vec<Exception>,
}

/// An entry of `no_proxy`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Exception {
    Everything,
    Address(IpAddr, Option<u16>),
    /// Network and the length of its prefix.
    Network(IpAddr, u32),
    /// A domain: itself, unless a dot came first, and everything below it.
    Domain {
        suffix: String,
        itself: bool,
        port: Option<u16>,
    },
}

impl ProxyEnvironment {
    /// Reads the variables of this process.
    pub fn from_env() -> Self {
        Self::from_pairs(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }))
    }

    /// Reads variables: `grpc_proxy`, then `https_proxy` for TLS and `http_proxy` for plaintext, then
    /// `all_proxy`; `no_grpc_proxy`, then `no_proxy`. Lower case comes before upper case, and
    /// `HTTP_PROXY` is not read, because a web server may set it for a request.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let pairs: Vec<(String, String)> = pairs.into_iter().collect();
        let find = |names: &[&str]| {
            names.iter().find_map(|name| {
                let mut found = pairs.iter().filter(|(key, _)| key == name);
                found.find_map(|(name, value)| {
                    (!value.trim().is_empty()).then_some((name.as_str(), value.trim()))
                })
            })
        };
        let proxy = |names: &[&str]| {
            let (name, value) = find(names)?;
            Some(Proxy::parse(value).map_err(|error| ProxyVariable {
                name: name.to_owned(),
                error,
            }))
        };
        let tls = [
            "grpc_proxy",
            "https_proxy",
            "HTTPS_PROXY",
            "all_proxy",
            "ALL_PROXY",
        ];
        let plaintext = ["grpc_proxy", "http_proxy", "all_proxy", "ALL_PROXY"];
        let exceptions = find(&["no_grpc_proxy", "no_proxy", "NO_PROXY"]);
        Self {
            plaintext: proxy(&plaintext),
            tls: proxy(&tls),
            exceptions: exceptions
                .map_or("", |(_, value)| value)
                .split([',', ' '])
                .filter_map(|entry| Exception::parse(entry.trim()))
                .collect(),
        }
    }

    /// The proxy for a host (a name or an address without brackets), if there is one.
    ///
    /// # Errors
    /// [`ProxyVariable`] when the variable that applies cannot be used: going round a proxy that was
    /// asked for would be a surprise.
    pub fn choose(
        &self,
        host: &str,
        port: u16,
        transport: Transport,
    ) -> Result<Option<&Proxy>, &ProxyVariable> {
        let proxy = match transport {
            Transport::Plaintext => &self.plaintext,
            Transport::Tls => &self.tls,
        };
        let Some(proxy) = proxy else {
            return Ok(None);
        };
        let address = without_zone(host).parse::<IpAddr>().ok();
        let address = address.map(|address| address.to_canonical());
        let excepted = |exception: &Exception| exception.covers(host, address, port);
        if is_this_machine(host) || self.exceptions.iter().any(excepted) {
            return Ok(None);
        }
        proxy.as_ref().map(Some)
    }
}

impl Exception {
    fn parse(entry: &str) -> Option<Self> {
        if entry.is_empty() {
            return None;
        }
        if entry == "*" {
            return Some(Self::Everything);
        }
        if let Some((network, prefix)) = entry.split_once('/') {
            let network: IpAddr = network.parse().ok()?;
            let prefix = prefix.parse().ok()?;
            let bits = if network.is_ipv4() { 32 } else { 128 };
            return (prefix <= bits).then_some(Self::Network(network, prefix));
        }
        let address = |text: &str| {
            let address = without_zone(text.trim_matches(['[', ']']));
            let address = address.parse::<IpAddr>().ok()?;
            Some(address.to_canonical())
        };
        if let Some(address) = address(entry) {
            return Some(Self::Address(address, None));
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (entry, None),
        };
        if let Some(address) = address(host) {
            return Some(Self::Address(address, port));
        }
        let host = host.trim_end_matches('.');
        // `*.name` is `.name`; any other star stands for nothing.
        let host = match host.strip_prefix('*') {
            Some(rest) if rest.starts_with('.') => rest,
            _ => host,
        };
        let suffix = host.strip_prefix('.').unwrap_or(host).to_ascii_lowercase();
        (!suffix.is_empty() && !suffix.contains('*')).then_some(Self::Domain {
            itself: !host.starts_with('.'),
            suffix,
            port,
        })
    }

    fn covers(&self, host: &str, address: Option<IpAddr>, port: u16) -> bool {
        match self {
            Self::Everything => true,
            Self::Address(own, own_port) => {
                address == Some(*own) && own_port.is_none_or(|own| own == port)
            }
            Self::Network(network, prefix) => match (network, address) {
                (IpAddr::V4(network), Some(IpAddr::V4(address))) => {
                    let differing = u32::from(*network) ^ u32::from(address);
                    differing.leading_zeros() >= *prefix
                }
                (IpAddr::V6(network), Some(IpAddr::V6(address))) => {
                    let differing = u128::from(*network) ^ u128::from(address);
                    differing.leading_zeros() >= *prefix
                }
                _ => false,
            },
            Self::Domain {
                suffix,
                itself,
                port: own_port,
            } => {
                let host = host.trim_end_matches('.').to_ascii_lowercase();
                let below = host
                    .strip_suffix(suffix.as_str())
                    .is_some_and(|rest| rest.ends_with('.'));
                let named = below || (*itself && host == *suffix);
                named && own_port.is_none_or(|own| own == port)
            }
        }
    }
}

/// Opens a tunnel to a host through a connection to a proxy.
pub(crate) async fn tunnel(
    mut io: Box<dyn Io>,
    proxy: &Proxy,
    host: &str,
    port: u16,
) -> Result<Box<dyn Io>, ProxyProblem> {
    // A zone names an interface of this machine.
    let host = without_zone(host);
    match proxy.kind {
        ProxyKind::Http => {
            connect(&mut io, proxy, host, port).await?;
            Ok(io)
        }
        ProxyKind::Socks5 => {
            let target = (host, port);
            let opened = match &proxy.credentials {
                None => Socks5Stream::connect_with_socket(io, target).await,
                Some((user, password)) => {
                    Socks5Stream::connect_with_password_and_socket(io, target, user, password).await
                }
            };
            match opened {
                Ok(stream) => Ok(stream.into_inner()),
                Err(error) => Err(socks5_problem(error, proxy.credentials.is_some())),
            }
        }
    }
}

fn socks5_problem(error: tokio_socks::Error, given: bool) -> ProxyProblem {
    use tokio_socks::Error;
    match error {
        Error::Io(error) => ProxyProblem::Unreachable(error.to_string()),
        Error::InvalidResponseVersion | Error::UnknownAuthMethod | Error::InvalidReservedByte => {
            ProxyProblem::NotAProxy("SOCKS5")
        }
        Error::NoAcceptableAuthMethods
        | Error::PasswordAuthFailure(_)
        | Error::AuthorizationRequired => ProxyProblem::Credentials {
            given,
            scheme: "socks5",
        },
        // Found before anything was sent.
        Error::InvalidAuthValues(_) => ProxyProblem::CredentialsLength,
        other => ProxyProblem::Socks5(other.to_string()),
    }
}

async fn connect(
    io: &mut Box<dyn Io>,
    proxy: &Proxy,
    host: &str,
    port: u16,
) -> Result<(), ProxyProblem> {
    let broken = |error: std::io::Error| ProxyProblem::Unreachable(error.to_string());
    let authority = host_port(host, port);
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
    if let Some((user, password)) = &proxy.credentials {
        let credentials = STANDARD.encode(format!("{user}:{password}"));
        request.push_str(&format!("Proxy-Authorization: Basic {credentials}\r\n"));
    }
    request.push_str("\r\n");
    io.write_all(request.as_bytes()).await.map_err(broken)?;
    io.flush().await.map_err(broken)?;

    let mut head = Vec::new();
    // One byte at a time: what follows the head belongs to the tunnel.
    while !head.ends_with(b"\r\n\r\n") && !head.ends_with(b"\n\n") {
        if head.len() >= MAX_HEAD_BYTES || (head.len() >= 5 && !head.starts_with(b"HTTP/")) {
            return Err(ProxyProblem::NotAProxy("HTTP"));
        }
        match io.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) if head.is_empty() => return Err(broken(error)),
            Err(_) => return Err(ProxyProblem::NotAProxy("HTTP")),
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut line = head.lines().next().unwrap_or_default().splitn(3, ' ');
    // `parse` would take a leading `+`.
    let digits = |status: &&str| status.len() == 3 && status.bytes().all(|it| it.is_ascii_digit());
    let status = line.nth(1).filter(digits);
    match status.and_then(|status| status.parse::<u16>().ok()) {
        Some(200..=299) => Ok(()),
        Some(407) => Err(ProxyProblem::Credentials {
            given: proxy.credentials.is_some(),
            scheme: "http",
        }),
        Some(status) => {
            let reason = line.next().unwrap_or_default();
            Err(ProxyProblem::Http {
                status,
                reason: printable(reason, EXCERPT_CHARS),
            })
        }
        None => Err(ProxyProblem::NotAProxy("HTTP")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> ProxyEnvironment {
        let owned = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        ProxyEnvironment::from_pairs(owned)
    }

    #[test]
    fn proxies_are_read_as_urls() {
        let proxy = |kind, host: &str, port, credentials: Option<(&str, &str)>| Proxy {
            kind,
            host: host.to_owned(),
            port,
            credentials: credentials.map(|(name, word)| (name.to_owned(), word.to_owned())),
        };
        use ProxyKind::{Http, Socks5};
        for (text, expected) in [
            ("http://p:3128", Ok(proxy(Http, "p", 3128, None))),
            ("p:3128", Ok(proxy(Http, "p", 3128, None))),
            ("HTTP://p/", Ok(proxy(Http, "p", 80, None))),
            ("http://[::1]:1", Ok(proxy(Http, "::1", 1, None))),
            (
                "http://me:a%40b@p:1",
                Ok(proxy(Http, "p", 1, Some(("me", "a@b")))),
            ),
            (
                "http://me:a%+1@p:1",
                Ok(proxy(Http, "p", 1, Some(("me", "a%+1")))),
            ),
            ("socks5://p", Ok(proxy(Socks5, "p", 1080, None))),
            (
                "socks5h://u:w@p:9",
                Ok(proxy(Socks5, "p", 9, Some(("u", "w")))),
            ),
            (
                "http://%+1:%@p",
                Ok(proxy(Http, "p", 80, Some(("%+1", "%")))),
            ),
            ("https://p:1", Err(ProxyError::Https)),
            ("ftp://p:1", Err(ProxyError::Scheme("ftp".into()))),
            ("http://", Err(ProxyError::HostPort)),
            ("http://p:x", Err(ProxyError::HostPort)),
        ] {
            assert_eq!(Proxy::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let proxy = Proxy::parse("http://me:hunter2@p:1").unwrap();
        assert!(!format!("{proxy:?} {}", proxy.name()).contains("hunter2"));
        for text in [
            "http://me:hunter2@p:port",
            "me:hunter2@p:1/x://",
            "hunter2@://p",
        ] {
            let error = Proxy::parse(text).unwrap_err();
            assert!(!format!("{error:?} {error}").contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn the_variable_for_the_transport_is_taken() {
        let all = environment(&[
            ("https_proxy", "s:1"),
            ("http_proxy", "h:2"),
            ("all_proxy", "a:3"),
        ]);
        let host = |environment: &ProxyEnvironment, transport| {
            let proxy = environment.choose("api.example", 443, transport).unwrap();
            proxy.map(|proxy| proxy.host.clone())
        };
        assert_eq!(host(&all, Transport::Tls).as_deref(), Some("s"));
        assert_eq!(host(&all, Transport::Plaintext).as_deref(), Some("h"));
        let grpc = environment(&[("grpc_proxy", "g:1"), ("https_proxy", "s:1")]);
        assert_eq!(host(&grpc, Transport::Tls).as_deref(), Some("g"));
        let upper = environment(&[("HTTPS_PROXY", "u:1"), ("HTTP_PROXY", "evil:1")]);
        assert_eq!(host(&upper, Transport::Tls).as_deref(), Some("u"));
        assert_eq!(host(&upper, Transport::Plaintext), None);
        assert_eq!(
            host(&environment(&[("https_proxy", " ")]), Transport::Tls),
            None
        );
        let bad = environment(&[("http_proxy", "h:1"), ("ALL_PROXY", "ftp://x")]);
        let error = bad.choose("api.example", 443, Transport::Tls).unwrap_err();
        assert_eq!(error.name, "ALL_PROXY");
        assert_eq!(error.error, ProxyError::Scheme("ftp".into()));
    }

    #[test]
    fn exceptions_are_hosts_suffixes_networks_and_ports() {
        let cases = [
            ("*", "any.example", true),
            ("api.example", "api.example", true),
            ("api.example", "API.Example.", true),
            ("api.example", "v1.api.example", true),
            ("api.example", "myapi.example", false),
            (".api.example", "api.example", false),
            (".api.example", "v1.api.example", true),
            ("*.api.example", "v1.api.example", true),
            ("api.example.", "api.example", true),
            ("api.example.", "v1.api.example.", true),
            ("api.example..", "api.example", true),
            ("other, api.example", "api.example", true),
            ("api.example:443", "api.example", true),
            ("api.example:80", "api.example", false),
            ("10.0.0.0/8", "10.200.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "11.0.0.1", true),
            ("2001:db8::/32", "2001:db8::5", true),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1:443", "192.0.2.1", true),
            ("[2001:db8::1]", "2001:db8::1", true),
            ("fe80::/10", "fe80::1%eth0", true),
            ("[fe80::1%eth0]", "fe80::1%eth0", true),
            ("10.0.0.0/99", "10.0.0.1", false),
            ("api.example.", "api.example", true),
            ("api.example.", "v1.api.example.", true),
            (".api.example.:443", "v1.api.example", true),
            ("*api.example", "api.example", false),
            ("*api.example", "v1.api.example", false),
            ("fe80::/10", "fe80::1%eth0", true),
            ("fe80::1", "fe80::1%eth0", true),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("::ffff:10.0.0.1", "10.0.0.1", true),
            ("", "api.example", false),
        ];
        for (exceptions, host, direct) in cases {
            let environment = environment(&[("https_proxy", "p:1"), ("no_proxy", exceptions)]);
            let chosen = environment.choose(host, 443, Transport::Tls).unwrap();
            assert_eq!(chosen.is_none(), direct, "{exceptions} {host}");
        }
        let environment = environment(&[("https_proxy", "p:1")]);
        for here in [
            "localhost",
            "LocalHost.",
            "api.localhost",
            "127.0.0.1",
            "::1",
            "::1%lo",
            "::ffff:127.0.0.1",
        ] {
            assert_eq!(
                environment.choose(here, 1, Transport::Tls),
                Ok(None),
                "{here}"
            );
        }
    }
}
