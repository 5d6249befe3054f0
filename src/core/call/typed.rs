//! What a target and its settings mean while they are typed: by the rules and parsers of a call,
//! without files, sockets or failures.

use super::{
    failure::capitalized,
    target::{DEMO_TARGET, NO_PROXY},
};
use crate::{
    grpc::{Address, Endpoint, Fingerprint, Proxy, Transport, check_authority},
    message::{Scope, expand},
    workspace::TargetSettings,
};

/// Whether a call would be plaintext or TLS: a URL says it itself, then the settings, then the rule
/// for this machine. `None` where the target does not say it yet.
pub fn transport_of(target: &str, settings: &TargetSettings, scope: &Scope) -> Option<Transport> {
    let chosen = settings.tls.map(|tls| match tls {
        true => Transport::Tls,
        false => Transport::Plaintext,
    });
    let written = expand(target, scope).unwrap_or_else(|_| target.to_owned());
    let written = written.trim();
    if written == DEMO_TARGET {
        return Some(Transport::Plaintext);
    }
    if let Ok(endpoint) = Endpoint::parse(written, chosen) {
        return Some(endpoint.transport);
    }
    // Half typed, or with a variable nobody knows: its scheme counts all the same.
    let begins = |scheme: &str| {
        let start = written.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    if begins("https://") {
        Some(Transport::Tls)
    } else if begins("http://") {
        Some(Transport::Plaintext)
    } else {
        chosen
    }
}

/// Host and port, or the socket, that a target names; `None` while it names none.
pub fn address_of(target: &str, scope: &Scope) -> Option<Address> {
    let written = expand(target, scope).ok()?;
    let endpoint = Endpoint::parse(&written, None).ok()?;
    Some(endpoint.address)
}

/// A setting that is a text with rules of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields of `TargetSettings`")]
pub enum TextSetting {
    Authority,
    ConnectTo,
    Proxy,
    PinnedCertificate,
}

impl TextSetting {
    /// Why a text cannot be used; `None` also where it holds a variable, whose value is the call's to
    /// judge.
    pub fn problem(self, text: &str) -> Option<String> {
        let text = text.trim();
        if text.is_empty() || text.contains("{{") {
            return None;
        }
        let problem = match self {
            Self::Authority => check_authority(text).map_err(|error| error.to_string()),
            Self::ConnectTo => Address::parse(text)
                .map(drop)
                .map_err(|error| error.to_string()),
            Self::Proxy if text.eq_ignore_ascii_case(NO_PROXY) => Ok(()),
            Self::Proxy => Proxy::parse(text)
                .map(drop)
                .map_err(|error| error.to_string()),
            Self::PinnedCertificate => text
                .parse::<Fingerprint>()
                .map(drop)
                .map_err(|error| error.to_string()),
        };
        problem.err().map(|problem| capitalized(&problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transport_is_the_one_the_call_would_have() {
        let (plain, tls) = (Some(Transport::Plaintext), Some(Transport::Tls));
        for (target, chosen, expected) in [
            ("https://localhost:1", Some(false), tls),
            ("HTTPS://", Some(false), tls),
            ("http://far.example", Some(true), plain),
            ("localhost:1", None, plain),
            ("far.example:1", None, tls),
            ("far.example:1", Some(false), plain),
            ("localhost:1", Some(true), tls),
            ("demo:", Some(true), plain),
            ("unix:/run/it", None, plain),
            ("https://{{ host }}", None, tls),
            ("far.exam", None, None),
            ("far.exam", Some(true), tls),
            ("", None, None),
        ] {
            let settings = TargetSettings {
                tls: chosen,
                ..TargetSettings::default()
            };
            let found = transport_of(target, &settings, &Scope::default());
            assert_eq!(found, expected, "{target} {chosen:?}");
        }
    }

    #[test]
    fn texts_are_judged_by_the_parsers_of_the_call() {
        use TextSetting::{Authority, ConnectTo, PinnedCertificate, Proxy};
        for (setting, good, bad) in [
            (Authority, "api.example:443", "a b"),
            (Authority, "api", "me@api"),
            (ConnectTo, "10.0.0.7:443", "10.0.0.7"),
            (Proxy, "none", "ftp://p:1"),
            (Proxy, "socks5://p:1", "https://p:1"),
            (PinnedCertificate, "{{ pin }}", "abc"),
        ] {
            assert_eq!(setting.problem(good), None, "{good}");
            assert!(setting.problem(bad).is_some(), "{bad}");
            assert_eq!(setting.problem(""), None);
        }
    }
}
