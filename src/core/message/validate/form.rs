//! The well-known forms of strings, as protovalidate defines them. Pure.
//!
//! Spec: RFC 3986 (URI), RFC 6874 (zones in URIs), RFC 1034 with protovalidate's limits (hostname),
//! the HTML standard's "valid e-mail address".

use std::net::{Ipv4Addr, Ipv6Addr};

use super::rules::StringFormat;

/// A version of IP, or either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Any,
    V4,
    V6,
}

impl Version {
    /// As CEL names it: 0 for either; `None` for a number that is no version.
    pub(super) fn of(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Any),
            4 => Some(Self::V4),
            6 => Some(Self::V6),
            _ => None,
        }
    }
}

/// Whether a text that is not empty has a form.
pub(super) fn has_form(format: StringFormat, text: &str) -> bool {
    match format {
        StringFormat::Email => is_email(text),
        StringFormat::Hostname => is_hostname(text),
        StringFormat::Ip => is_ip(text, Version::Any),
        StringFormat::Ipv4 => is_ip(text, Version::V4),
        StringFormat::Ipv6 => is_ip(text, Version::V6),
        StringFormat::Uri => is_uri(text),
        StringFormat::UriRef => is_uri_reference(text),
        StringFormat::Address => is_hostname(text) || is_ip(text, Version::Any),
        StringFormat::Uuid => is_uuid(text),
        StringFormat::Tuuid => text.len() == 32 && is_hex(text),
        StringFormat::IpWithPrefixlen => is_ip_prefix(text, Version::Any, false),
        StringFormat::Ipv4WithPrefixlen => is_ip_prefix(text, Version::V4, false),
        StringFormat::Ipv6WithPrefixlen => is_ip_prefix(text, Version::V6, false),
        StringFormat::IpPrefix => is_ip_prefix(text, Version::Any, true),
        StringFormat::Ipv4Prefix => is_ip_prefix(text, Version::V4, true),
        StringFormat::Ipv6Prefix => is_ip_prefix(text, Version::V6, true),
        StringFormat::HostAndPort => is_host_and_port(text, true),
        StringFormat::Ulid => is_ulid(text),
        StringFormat::ProtobufFqn => text.split('.').all(is_identifier),
        StringFormat::ProtobufDotFqn => text
            .strip_prefix('.')
            .is_some_and(|name| name.split('.').all(is_identifier)),
        StringFormat::HeaderName { strict: true } => is_header_name(text),
        StringFormat::HeaderValue { strict: true } => text
            .chars()
            .all(|c| c == '\t' || (c >= ' ' && c != '\u{7f}')),
        StringFormat::HeaderName { strict: false }
        | StringFormat::HeaderValue { strict: false } => !text.contains(['\0', '\n', '\r']),
    }
}

/// A format's rule, the id of what breaks it, and how its sentence names it.
pub(super) fn named(format: StringFormat) -> (&'static str, &'static str, &'static str) {
    match format {
        StringFormat::Email => ("email", "email", "email address"),
        StringFormat::Hostname => ("hostname", "hostname", "hostname"),
        StringFormat::Ip => ("ip", "ip", "IP address"),
        StringFormat::Ipv4 => ("ipv4", "ipv4", "IPv4 address"),
        StringFormat::Ipv6 => ("ipv6", "ipv6", "IPv6 address"),
        StringFormat::Uri => ("uri", "uri", "URI"),
        StringFormat::UriRef => ("uri_ref", "uri_ref", "URI Reference"),
        StringFormat::Address => ("address", "address", "hostname, or ip address"),
        StringFormat::Uuid => ("uuid", "uuid", "UUID"),
        StringFormat::Tuuid => ("tuuid", "tuuid", "trimmed UUID"),
        StringFormat::IpWithPrefixlen => ("ip_with_prefixlen", "ip_with_prefixlen", "IP prefix"),
        StringFormat::Ipv4WithPrefixlen => (
            "ipv4_with_prefixlen",
            "ipv4_with_prefixlen",
            "IPv4 address with prefix length",
        ),
        StringFormat::Ipv6WithPrefixlen => (
            "ipv6_with_prefixlen",
            "ipv6_with_prefixlen",
            "IPv6 address with prefix length",
        ),
        StringFormat::IpPrefix => ("ip_prefix", "ip_prefix", "IP prefix"),
        StringFormat::Ipv4Prefix => ("ipv4_prefix", "ipv4_prefix", "IPv4 prefix"),
        StringFormat::Ipv6Prefix => ("ipv6_prefix", "ipv6_prefix", "IPv6 prefix"),
        StringFormat::HostAndPort => (
            "host_and_port",
            "host_and_port",
            "host (hostname or IP address) and port pair",
        ),
        StringFormat::Ulid => ("ulid", "ulid", "ULID"),
        StringFormat::ProtobufFqn => (
            "protobuf_fqn",
            "protobuf_fqn",
            "fully-qualified Protobuf name",
        ),
        StringFormat::ProtobufDotFqn => (
            "protobuf_dot_fqn",
            "protobuf_dot_fqn",
            "fully-qualified Protobuf name with a leading dot",
        ),
        StringFormat::HeaderName { .. } => (
            "well_known_regex",
            "well_known_regex.header_name",
            "HTTP header name",
        ),
        StringFormat::HeaderValue { .. } => (
            "well_known_regex",
            "well_known_regex.header_value",
            "HTTP header value",
        ),
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.into_iter().all(is_hex)
}

/// Crockford's base 32 of 128 bits: the first digit holds three of them.
fn is_ulid(text: &str) -> bool {
    let is_digit = |byte: u8| {
        let byte = byte.to_ascii_uppercase();
        byte.is_ascii_digit() || (byte.is_ascii_uppercase() && !b"ILOU".contains(&byte))
    };
    text.len() == 26
        && matches!(text.as_bytes().first(), Some(b'0'..=b'7'))
        && text.bytes().all(is_digit)
}

fn is_identifier(text: &str) -> bool {
    let is_letter = |byte: u8| byte == b'_' || byte.is_ascii_alphabetic();
    text.bytes().next().is_some_and(is_letter)
        && text
            .bytes()
            .all(|byte| is_letter(byte) || byte.is_ascii_digit())
}

/// A token of HTTP, or a pseudo-header's name. protovalidate takes what stands between `+` and `.` too.
fn is_header_name(text: &str) -> bool {
    let name = text.strip_prefix(':').unwrap_or(text);
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+,-.^_|~`".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_atom =
        |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    !local.is_empty() && local.bytes().all(is_atom) && domain.split('.').all(is_label)
}

/// 1 to 63 letters, digits and hyphens, no hyphen at its ends.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

pub(super) fn is_hostname(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let last = name.rsplit('.').next().unwrap_or(name);
    name.len() <= 253
        && name.split('.').all(is_label)
        && !last.bytes().all(|byte| byte.is_ascii_digit())
}

/// A decimal number without a leading zero.
fn decimal(text: &str, most: u32) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.parse().ok().filter(|number| *number <= most)
}

pub(super) fn is_host_and_port(text: &str, port_required: bool) -> bool {
    let is_port = |port: &str| decimal(port, 65535).is_some();
    if let Some(rest) = text.strip_prefix('[') {
        let Some((host, port)) = rest.rsplit_once(']') else {
            return false;
        };
        return is_ip(host, Version::V6)
            && match port.strip_prefix(':') {
                Some(port) => is_port(port),
                None => port.is_empty() && !port_required,
            };
    }
    let is_host = |host| is_hostname(host) || is_ip(host, Version::V4);
    match text.rsplit_once(':') {
        Some((host, port)) => is_host(host) && is_port(port),
        None => !port_required && is_host(text),
    }
}

pub(super) fn is_ip(text: &str, version: Version) -> bool {
    let v4 = || text.parse::<Ipv4Addr>().is_ok();
    let v6 = || {
        let (address, zone) = match text.split_once('%') {
            Some((address, zone)) => (address, Some(zone)),
            None => (text, None),
        };
        zone != Some("") && address.parse::<Ipv6Addr>().is_ok()
    };
    match version {
        Version::V4 => v4(),
        Version::V6 => v6(),
        Version::Any => v4() || v6(),
    }
}

/// An address with the length of its network's part; `strict`: nothing but that part is set.
pub(super) fn is_ip_prefix(text: &str, version: Version, strict: bool) -> bool {
    let Some((address, length)) = text.split_once('/') else {
        return false;
    };
    let v4 = || {
        let (Ok(address), Some(length)) = (address.parse::<Ipv4Addr>(), decimal(length, 32)) else {
            return false;
        };
        let host = u32::MAX.checked_shr(length).unwrap_or(0);
        !strict || address.to_bits() & host == 0
    };
    let v6 = || {
        let (Ok(address), Some(length)) = (address.parse::<Ipv6Addr>(), decimal(length, 128))
        else {
            return false;
        };
        let host = u128::MAX.checked_shr(length).unwrap_or(0);
        !strict || address.to_bits() & host == 0
    };
    match version {
        Version::V4 => v4(),
        Version::V6 => v6(),
        Version::Any => v4() || v6(),
    }
}

/// `scheme ":" hier-part [ "?" query ] [ "#" fragment ]`
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let is_rest = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(is_rest)
        && is_hierarchy(rest, true)
}

/// A URI, or one relative to another.
pub(super) fn is_uri_reference(text: &str) -> bool {
    is_uri(text) || is_hierarchy(text, false)
}

/// What stands behind the scheme. Without one, the first segment of a path must not look like one.
fn is_hierarchy(text: &str, has_scheme: bool) -> bool {
    let (text, fragment) = split(text, '#');
    let (text, query) = split(text, '?');
    let is_tail = |tail: Option<&str>| tail.is_none_or(|tail| is_made_of(tail, b":@/?"));
    if !is_tail(fragment) || !is_tail(query) {
        return false;
    }
    if let Some(rest) = text.strip_prefix("//") {
        let end = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        return is_authority(authority) && is_made_of(path, b":@/");
    }
    let first = text.split('/').next().unwrap_or_default();
    is_made_of(text, b":@/") && (has_scheme || !first.contains(':'))
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// Whether a text is of `unreserved`, `sub-delims`, percent-encoded bytes, and some others.
fn is_made_of(text: &str, others: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let is_fine = match byte {
            b'%' => {
                let mut digit = || bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit());
                digit() && digit()
            }
            byte => {
                byte.is_ascii_alphanumeric()
                    || b"-._~!$&'()*+,;=".contains(&byte)
                    || others.contains(&byte)
            }
        };
        if !is_fine {
            return false;
        }
    }
    true
}

/// `[ userinfo "@" ] host [ ":" port ]`
fn is_authority(text: &str) -> bool {
    let host = match text.split_once('@') {
        Some((user, host)) if is_made_of(user, b":") => host,
        Some(_) => return false,
        None => text,
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(rest) = host.strip_prefix('[') {
        let Some((literal, port)) = rest.split_once(']') else {
            return false;
        };
        let port = port.strip_prefix(':').map_or(port.is_empty(), is_port);
        return port && is_ip_literal(literal);
    }
    let (name, port) = split(host, ':');
    port.is_none_or(is_port) && is_made_of(name, b"") && decodes_to_utf8(name)
}

fn is_ip_literal(text: &str) -> bool {
    if let Some(future) = text.strip_prefix(['v', 'V']) {
        return future.split_once('.').is_some_and(|(version, rest)| {
            let is_rest = !rest.contains('%') && is_made_of(rest, b":");
            !version.is_empty() && is_hex(version) && !rest.is_empty() && is_rest
        });
    }
    let is_plain = |address: &str| {
        let is_digit = |byte: u8| byte.is_ascii_hexdigit() || b":.".contains(&byte);
        address.bytes().all(is_digit) && is_ip(address, Version::V6)
    };
    match text.split_once("%25") {
        Some((address, zone)) => {
            let is_zone = !zone.is_empty()
                && !zone.contains(|c| "!$&'()*+,;=".contains(c))
                && is_made_of(zone, b"");
            is_plain(address) && is_zone && decodes_to_utf8(zone)
        }
        None => is_plain(text),
    }
}

/// RFC 3986: percent-encoding in a host only stands for UTF-8.
fn decodes_to_utf8(text: &str) -> bool {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, after)) = rest.split_once('%') {
        decoded.extend_from_slice(plain.as_bytes());
        let digits = after
            .get(..2)
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        let Some(byte) = digits else {
            return false;
        };
        decoded.push(byte);
        rest = after.get(2..).unwrap_or_default();
    }
    decoded.extend_from_slice(rest.as_bytes());
    std::str::from_utf8(&decoded).is_ok()
}
