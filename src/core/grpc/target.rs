//! Reads a target as a person types it.
//!
//! Pure: touches neither files nor sockets, and takes any text. Host and path keep the case they
//! were typed in. Spec: <https://github.com/grpc/grpc/blob/master/doc/naming.md> (`dns:`, `unix:`,
//! `unix-abstract:`, `ipv4:`, `ipv6:`), RFC 3986 for URLs, and pipes as Windows names them.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    path::PathBuf,
};

use super::{Address, Endpoint, Transport, endpoint::without_zone};

/// The port of a target that names none, in the forms that may (naming.md).
const DEFAULT_PORT: u16 = 443;

/// Why a target's text is not an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Nothing was typed.
    #[error("the target is empty")]
    Empty,
    /// The port is missing or is not a number in 1 ..= 65535.
    #[error("`{0}` has no valid port")]
    Port(String),
    /// A scheme that no target has.
    #[error("`{0}:` is not a kind of target Stubless knows")]
    Scheme(String),
    /// The host is empty or holds characters that no host has.
    #[error("`{0}` is not a host name")]
    Host(String),
    /// The host holds letters outside ASCII, as of an internationalised name (IDNA).
    #[error("`{0}` holds letters outside ASCII")]
    NotAscii(String),
    /// A user name or a password stands before the host. The text is left out: it may hold a password.
    #[error("a user name or password stands before the host (`@`)")]
    Userinfo,
    /// `dns://SERVER/…` names a name server of its own.
    #[error("`{0}` names a name server, and Stubless always asks the system's")]
    NameServer(String),
    /// The part after the host cannot stand before a method's path.
    #[error("`{0}` is not a path")]
    Path(String),
}

impl Endpoint {
    /// Reads a target: `host:port`, `[::1]:port`, `http://…`, `https://…`, `unix:PATH`,
    /// `unix-abstract:NAME`, `pipe:NAME`, `dns:host:port`, `ipv4:1.2.3.4:port`, `ipv6:[::1]:port`.
    ///
    /// `transport` is the person's choice for targets that do not say it themselves: the scheme of a
    /// URL wins, so that `https` is never less than TLS. Without either, a loopback host or a socket
    /// of this machine is plaintext and everything else is TLS.
    ///
    /// # Errors
    /// [`EndpointError`] says which part could not be read.
    pub fn parse(target: &str, transport: Option<Transport>) -> Result<Self, EndpointError> {
        let target = target.trim();
        let url = [
            ("http://", Transport::Plaintext, 80),
            ("https://", Transport::Tls, 443),
        ]
        .into_iter()
        .find_map(|(scheme, transport, port)| {
            let rest = strip_prefix_ignore_case(target, scheme)?;
            Some(parse_url(rest, transport, port))
        });
        if let Some(endpoint) = url {
            return endpoint.map_err(|error| error.explained(target));
        }
        let address = Address::parse(target)?;
        let transport = transport.unwrap_or(if is_local(&address) {
            Transport::Plaintext
        } else {
            Transport::Tls
        });
        Ok(Self::new(address, transport))
    }
}

impl Address {
    /// Reads a target that is no URL.
    ///
    /// # Errors
    /// As [`Endpoint::parse`].
    pub fn parse(target: &str) -> Result<Self, EndpointError> {
        let target = target.trim();
        parse_address(target).map_err(|error| error.explained(target))
    }
}

impl EndpointError {
    /// Says what is behind a part that could not be read, and repeats nothing that may be a password.
    fn explained(self, target: &str) -> Self {
        match self {
            Self::Host(_) | Self::Port(_) | Self::NameServer(_) if target.contains('@') => {
                Self::Userinfo
            }
            Self::Host(host) if !host.is_ascii() => Self::NotAscii(host),
            other => other,
        }
    }
}

fn parse_address(target: &str) -> Result<Address, EndpointError> {
    if target.is_empty() {
        return Err(EndpointError::Empty);
    }
    let scheme = |name: &str| strip_prefix_ignore_case(target, name);
    if let Some(path) = scheme("unix:") {
        return Ok(Address::Unix(parse_unix_path(target, path)?));
    }
    if let Some(name) = scheme("unix-abstract:") {
        return parse_abstract(target, name);
    }
    if let Some(name) = scheme(r"\\.\pipe\").or_else(|| scheme("pipe:")) {
        return parse_pipe(target, name);
    }
    if let Some(name) = scheme("npipe:") {
        let name = name.replace('/', "\\");
        let name = strip_prefix_ignore_case(&name, r"\\.\pipe\")
            .or_else(|| strip_prefix_ignore_case(&name, r"\\\\.\pipe\"))
            .ok_or_else(|| EndpointError::Path(target.to_owned()))?;
        return parse_pipe(target, name);
    }
    if let Some(rest) = scheme("dns:") {
        return parse_dns(target, rest);
    }
    if let Some(list) = scheme("ipv4:") {
        return parse_literals(list, |text| {
            let port = |ip| SocketAddrV4::new(ip, DEFAULT_PORT);
            let with_port = text.parse::<SocketAddrV4>().ok();
            with_port
                .or_else(|| text.parse().ok().map(port))
                .map(Into::into)
        });
    }
    if let Some(list) = scheme("ipv6:") {
        return parse_literals(list, |text| {
            let port = |ip| SocketAddrV6::new(ip, DEFAULT_PORT, 0, 0);
            let bare = text
                .strip_prefix('[')
                .and_then(|text| text.strip_suffix(']'));
            let with_port = text.parse::<SocketAddrV6>().ok();
            let ip = || bare.unwrap_or(text).parse::<Ipv6Addr>().ok();
            with_port.or_else(|| ip().map(port)).map(Into::into)
        });
    }
    if let Some((scheme, _)) = target.split_once("://") {
        return Err(EndpointError::Scheme(scheme.to_owned()));
    }
    let (host, port) = split_host_port(target)?;
    let port = port.ok_or_else(|| EndpointError::Port(target.to_owned()))?;
    Ok(Address::Tcp { host, port })
}

fn parse_url(
    rest: &str,
    transport: Transport,
    default_port: u16,
) -> Result<Endpoint, EndpointError> {
    let (host_port, path) = match rest.find(['/', '?', '#']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let (host, port) = split_host_port(host_port)?;
    let address = Address::Tcp {
        // In a URL the sign before a zone is escaped (RFC 6874).
        host: match host.split_once("%25") {
            Some((address, zone)) if !zone.is_empty() => format!("{address}%{zone}"),
            _ => host,
        },
        port: port.unwrap_or(default_port),
    };
    Ok(Endpoint::with_prefix(
        address,
        transport,
        parse_path_prefix(path)?,
    ))
}

/// `dns:host[:port]` or `dns:///host[:port]`.
fn parse_dns(target: &str, rest: &str) -> Result<Address, EndpointError> {
    let name = match rest.strip_prefix("//") {
        Some(with_server) => match with_server.split_once('/') {
            Some(("", name)) => name,
            _ => return Err(EndpointError::NameServer(target.to_owned())),
        },
        None => rest,
    };
    let (host, port) = split_host_port(name)?;
    Ok(Address::Tcp {
        host,
        port: port.unwrap_or(DEFAULT_PORT),
    })
}

fn parse_literals(
    list: &str,
    parse: impl Fn(&str) -> Option<SocketAddr>,
) -> Result<Address, EndpointError> {
    let one = |text: &str| {
        let address = parse(text.trim()).ok_or_else(|| EndpointError::Host(text.to_owned()))?;
        match address.port() {
            0 => Err(EndpointError::Port(text.to_owned())),
            _ => Ok(address),
        }
    };
    let addresses = list.split(',').map(one).collect::<Result<_, _>>()?;
    Ok(Address::Literals(addresses))
}

fn parse_abstract(target: &str, name: &str) -> Result<Address, EndpointError> {
    /// `sun_path` has 108 bytes, and the first is zero.
    const MAX_BYTES: usize = 107;
    if name.is_empty() || name.len() > MAX_BYTES {
        return Err(EndpointError::Path(target.to_owned()));
    }
    Ok(Address::UnixAbstract(name.to_owned()))
}

fn parse_pipe(target: &str, name: &str) -> Result<Address, EndpointError> {
    /// The system's limit for the whole name is 256 characters.
    const MAX_CHARS: usize = 247;
    let refused =
        name.is_empty() || name.chars().count() > MAX_CHARS || name.contains(['\0', '\\', '/']);
    if refused {
        return Err(EndpointError::Path(target.to_owned()));
    }
    Ok(Address::Pipe(format!(r"\\.\pipe\{name}")))
}

fn is_local(address: &Address) -> bool {
    match address {
        Address::Tcp { host, .. } => is_this_machine(host),
        Address::Literals(addresses) => addresses.iter().all(|address| is_loopback(address.ip())),
        Address::Unix(_) | Address::UnixAbstract(_) | Address::Pipe(_) => true,
    }
}

/// Whether a host is this machine: a loopback address, or a name that is kept for it (RFC 6761,
/// section 6.3).
pub(super) fn is_this_machine(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    name.eq_ignore_ascii_case("localhost")
        || is_below_localhost(name)
        || without_zone(host).parse().is_ok_and(is_loopback)
}

/// Whether a name is `something.localhost`.
pub(super) fn is_below_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.to_ascii_lowercase().ends_with(".localhost")
}

/// As itself, or as an IPv4 address inside of IPv6.
fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

pub(super) fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
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
pub(super) fn split_host_port(text: &str) -> Result<(String, Option<u16>), EndpointError> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest
            .split_once(']')
            .ok_or_else(|| EndpointError::Host(text.to_owned()))?;
        if !is_ipv6_host(host) {
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

/// An address, and perhaps the interface it is reached by: `fe80::1%eth0`. What a system may call an
/// interface is not told by its address, but nothing that ends a line of a proxy's request.
fn is_ipv6_host(host: &str) -> bool {
    let (address, zone) = match host.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (host, None),
    };
    let is_zone = |zone: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
        !zone.is_empty() && zone.bytes().all(fits)
    };
    address.parse::<Ipv6Addr>().is_ok() && zone.is_none_or(is_zone)
}

fn is_host_name(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= 253
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
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
            ("[::1%lo]:5", tcp("::1%lo", 5, Plaintext, "")),
            ("[2001:db8::1]:443", tcp("2001:db8::1", 443, Tls, "")),
            ("[fe80::1%eth0]:5", tcp("fe80::1%eth0", 5, Tls, "")),
            ("10.0.0.1:65535", tcp("10.0.0.1", 65535, Tls, "")),
            ("my_svc.ns:9000", tcp("my_svc.ns", 9000, Tls, "")),
            ("http://example.com", tcp("example.com", 80, Plaintext, "")),
            ("HTTPS://Example.com/", tcp("Example.com", 443, Tls, "")),
            ("https://h:8443/Api/V1/", tcp("h", 8443, Tls, "/Api/V1")),
            ("http://[::1]/x", tcp("::1", 80, Plaintext, "/x")),
            (
                "https://[fe80::1%25eth0]:5/",
                tcp("fe80::1%eth0", 5, Tls, ""),
            ),
            ("[fe80::1%25]:5", tcp("fe80::1%25", 5, Tls, "")),
            ("localhost.:1", tcp("localhost.", 1, Plaintext, "")),
            ("Api.LocalHost:1", tcp("Api.LocalHost", 1, Plaintext, "")),
            ("notlocalhost:1", tcp("notlocalhost", 1, Tls, "")),
            (
                "[::ffff:127.0.0.1]:1",
                tcp("::ffff:127.0.0.1", 1, Plaintext, ""),
            ),
            ("[::ffff:192.0.2.1]:1", tcp("::ffff:192.0.2.1", 1, Tls, "")),
            ("unix:run/app.sock", unix("run/app.sock")),
            ("unix:/run/App.sock", unix("/run/App.sock")),
            ("unix:///run/app.sock", unix("/run/app.sock")),
        ];
        for (target, expected) in cases {
            assert_eq!(Endpoint::parse(target, None), Ok(expected), "{target}");
        }
    }

    #[test]
    fn a_choice_of_transport_wins_over_the_host_but_not_over_a_scheme() {
        for (target, asked, expected) in [
            ("localhost:1", Transport::Tls, Transport::Tls),
            ("example.com:1", Transport::Plaintext, Transport::Plaintext),
            ("unix:/s", Transport::Tls, Transport::Tls),
            ("http://example.com", Transport::Tls, Transport::Plaintext),
            ("https://example.com", Transport::Plaintext, Transport::Tls),
        ] {
            let endpoint = Endpoint::parse(target, Some(asked)).unwrap();
            assert_eq!(endpoint.transport, expected, "{target}");
        }
    }

    #[test]
    fn what_is_no_target_says_which_part() {
        use EndpointError::{Empty, Host, NotAscii, Path, Port, Scheme, Userinfo};
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
            ("[::1%a\r\nb]:1", Host("[::1%a\r\nb]:1".into())),
            ("[::1%]:1", Host("[::1%]:1".into())),
            ("[nonsense]:1", Host("[nonsense]:1".into())),
            ("[::1]x:1", Host("[::1]x:1".into())),
            ("a b:1", Host("a b".into())),
            ("http://user@h:1", Userinfo),
            ("https://me:hunter2@h", Userinfo),
            ("https://me:hun/ter2@h", Userinfo),
            ("me:hunter2@h:1", Userinfo),
            ("dns://me:hunter2@ns/h", Userinfo),
            ("ipv4:me:hunter2@192.0.2.1", Userinfo),
            ("bücher.example:1", NotAscii("bücher.example".into())),
            ("https://bücher.example", NotAscii("bücher.example".into())),
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
    fn the_forms_of_naming_md_and_of_windows_are_read() {
        use Transport::{Plaintext, Tls};
        let literals = |list: &[&str], transport| {
            let addresses = list.iter().map(|text| text.parse().unwrap()).collect();
            Endpoint::new(Address::Literals(addresses), transport)
        };
        let pipe = || Endpoint::new(Address::Pipe(r"\\.\pipe\docker".into()), Plaintext);
        let cases = [
            ("dns:api.example:50051", tcp("api.example", 50051, Tls, "")),
            ("DNS:///api.example", tcp("api.example", 443, Tls, "")),
            ("dns:localhost:1", tcp("localhost", 1, Plaintext, "")),
            (
                "ipv4:127.0.0.1:1,127.0.0.2:2",
                literals(&["127.0.0.1:1", "127.0.0.2:2"], Plaintext),
            ),
            ("ipv4:192.0.2.1", literals(&["192.0.2.1:443"], Tls)),
            ("ipv6:[::1]:5", literals(&["[::1]:5"], Plaintext)),
            ("ipv6:2001:db8::1", literals(&["[2001:db8::1]:443"], Tls)),
            ("ipv6:[2001:db8::1]", literals(&["[2001:db8::1]:443"], Tls)),
            (
                "unix-abstract:App",
                Endpoint::new(Address::UnixAbstract("App".into()), Plaintext),
            ),
            ("pipe:docker", pipe()),
            (r"\\.\pipe\docker", pipe()),
            ("npipe:////./pipe/docker", pipe()),
        ];
        for (target, expected) in cases {
            assert_eq!(Endpoint::parse(target, None), Ok(expected), "{target}");
        }
        use EndpointError::{Host, NameServer, Path, Port};
        for (target, expected) in [
            (
                "dns://8.8.8.8/api.example",
                NameServer("dns://8.8.8.8/api.example".into()),
            ),
            ("dns:", Host(String::new())),
            ("ipv4:localhost:1", Host("localhost:1".into())),
            ("ipv4:127.0.0.1:0", Port("127.0.0.1:0".into())),
            ("ipv4:127.0.0.1:1,", Host(String::new())),
            ("ipv6:127.0.0.1:1", Host("127.0.0.1:1".into())),
            ("unix-abstract:", Path("unix-abstract:".into())),
            ("pipe:a/b", Path("pipe:a/b".into())),
            ("npipe:docker", Path("npipe:docker".into())),
        ] {
            assert_eq!(Endpoint::parse(target, None), Err(expected), "{target}");
        }
    }
}
