//! Where a call goes, as people and environments write it.

use std::str;

use http::uri::{Authority, PathAndQuery};

use crate::{
    fuzz::Input,
    grpc::{
        Address, Endpoint, Proxy, ProxyEnvironment, ProxyKind, Transport, target::split_host_port,
    },
};

/// Stands where a password may stand.
const SECRET: &str = "hunter2";

/// A target: what it is read as can be sent, and written down it is read as the same again.
pub fn target(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    if let Ok(address) = Address::parse(text) {
        assert_eq!(Address::parse(&address_text(&address)), Ok(address));
    }
    for choice in [None, Some(Transport::Plaintext), Some(Transport::Tls)] {
        let endpoint = match Endpoint::parse(text, choice) {
            Ok(endpoint) => endpoint,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        let path = format!("{}/pkg.Service/Method", endpoint.path_prefix);
        assert!(PathAndQuery::try_from(path.as_str()).is_ok(), "{path}");
        let authority = endpoint.authority();
        assert!(
            Authority::try_from(authority.as_str()).is_ok(),
            "{authority}"
        );
        assert!(!endpoint.certificate_name().is_empty());
        match &endpoint.address {
            Address::Tcp { host, port } => {
                assert!(*port > 0 && !host.is_empty() && !host.contains(char::is_control));
            }
            Address::Literals(addresses) => {
                assert!(!addresses.is_empty() && addresses.iter().all(|it| it.port() > 0));
            }
            Address::Unix(_) | Address::UnixAbstract(_) | Address::Pipe(_) => {}
        }
        let again = Endpoint::parse(&endpoint_text(&endpoint), Some(endpoint.transport));
        assert_eq!(again, Ok(endpoint));
    }
}

fn endpoint_text(endpoint: &Endpoint) -> String {
    let Address::Tcp { host, port } = &endpoint.address else {
        return address_text(&endpoint.address);
    };
    let scheme = match endpoint.transport {
        Transport::Plaintext => "http",
        Transport::Tls => "https",
    };
    // In a URL the zone of an address begins with an escape (RFC 6874).
    let host_port = host_port(&host.replacen('%', "%25", 1), *port);
    format!("{scheme}://{host_port}{}", endpoint.path_prefix)
}

fn host_port(host: &str, port: u16) -> String {
    match host.contains(':') {
        true => format!("[{host}]:{port}"),
        false => format!("{host}:{port}"),
    }
}

fn address_text(address: &Address) -> String {
    match address {
        // A host may have the name of a scheme.
        Address::Tcp { host, port } => format!("dns:{}", host_port(host, *port)),
        Address::Literals(addresses) => {
            let family = match addresses.first() {
                Some(first) if first.is_ipv6() => "ipv6",
                _ => "ipv4",
            };
            let list: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            format!("{family}:{}", list.join(","))
        }
        Address::Unix(path) if path.is_absolute() => format!("unix://{}", path.display()),
        Address::Unix(path) => format!("unix:{}", path.display()),
        Address::UnixAbstract(name) => format!("unix-abstract:{name}"),
        Address::Pipe(name) => name.clone(),
    }
}

/// A proxy and the environment that names it: written down it is read as the same, a password is told
/// to nobody, what is meant for this machine stays here, and a host that is excepted goes directly.
pub fn proxy(data: &[u8]) {
    let mut input = Input::new(data);
    let texts = [input.part(), input.part(), input.part(), input.rest()];
    let [Ok(before), Ok(user), Ok(after), Ok(exceptions)] = texts.map(str::from_utf8) else {
        return;
    };
    let text = format!("{before}{user}:{SECRET}@{after}");
    match Proxy::parse(&text) {
        Ok(proxy) => assert!(!format!("{proxy:?}").contains(SECRET)),
        Err(error) => assert!(!format!("{error:?} {error}").contains(SECRET), "{text}"),
    }
    if let Ok(proxy) = Proxy::parse(after) {
        assert_eq!(Proxy::parse(&proxy_text(&proxy)), Ok(proxy));
    }

    let variables = |no_proxy: &str| {
        let pairs = [("all_proxy", after), ("no_proxy", no_proxy)];
        ProxyEnvironment::from_pairs(pairs.map(|(name, text)| (name.to_owned(), text.to_owned())))
    };
    let environment = variables(exceptions);
    for transport in [Transport::Plaintext, Transport::Tls] {
        let goes = |host: &str| environment.choose(host, 443, transport);
        for here in ["localhost", "LOCALHOST", "127.8.8.8", "::1"] {
            assert_eq!(goes(here), Ok(None), "{here}");
        }
        assert_eq!(variables("*").choose(user, 443, transport), Ok(None));
        for entry in exceptions.split([',', ' ']).map(str::trim) {
            let Ok((host, port)) = split_host_port(entry) else {
                continue;
            };
            if !host.starts_with('.') && port.is_none_or(|port| port == 443) {
                assert_eq!(goes(&host), Ok(None), "{host} by {entry}");
            }
        }
        // Without exceptions nothing is kept from the proxy by mistake.
        let all = variables("");
        let proxied = all.choose("api.example", 443, transport);
        assert_eq!(matches!(proxied, Ok(None)), after.trim().is_empty());
    }
}

fn proxy_text(proxy: &Proxy) -> String {
    let scheme = match proxy.kind {
        ProxyKind::Http => "http",
        ProxyKind::Socks5 => "socks5",
    };
    let escaped = |text: &str| {
        text.bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect::<String>()
    };
    let credentials = proxy
        .credentials
        .as_ref()
        .map_or_else(String::new, |(user, password)| {
            format!("{}:{}@", escaped(user), escaped(password))
        });
    format!("{scheme}://{credentials}{}", proxy.name())
}
