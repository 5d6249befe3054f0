//! How a target is reached and how a call is made, from what a person set.
//!
//! Files are named here and read when the connection is made; of those for TLS the size and time are
//! looked at, which blocks for a moment and is why this runs off the window's thread. Every text may hold
//! variables; a value that cannot be used ends as a [`Failure`] that names the setting.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Failure, Fix, failure::capitalized, resolve::template};
use crate::{
    grpc::{
        Address, Compression, Endpoint, EndpointError, Keepalive, Pkcs12, Proxy, ProxyChoice,
        TlsSettings, Transport, Verification,
    },
    message::{Scope, expand},
    workspace::{CallSettings, TargetSettings},
};

/// The target of the embedded server.
pub(super) const DEMO_TARGET: &str = "demo:";

/// What `proxy` says for a direct connection.
pub(super) const NO_PROXY: &str = "none";

/// How long the answer to a keepalive ping may take where nothing is set (keepalive.md).
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Call settings with nothing left open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOptions {
    /// How the request's messages are compressed.
    pub compression: Compression,
    /// Largest message to accept, in bytes; a message above it is refused before it is buffered.
    pub max_receive_bytes: usize,
    /// Largest message to send, in bytes before compression.
    pub max_send_bytes: usize,
    /// Go on trying to connect, with growing pauses, until the deadline.
    pub wait_for_ready: bool,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            compression: Compression::Identity,
            max_receive_bytes: 1 << 30,
            max_send_bytes: 1 << 30,
            wait_for_ready: false,
        }
    }
}

/// Fills in what is left open.
///
/// # Errors
/// A [`Failure`] about the setting that cannot be used.
pub(super) fn resolve_options(settings: &CallSettings) -> Result<CallOptions, Box<Failure>> {
    let default = CallOptions::default();
    let bytes = |limit: Option<u64>, default: usize| {
        limit.map_or(default, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        })
    };
    let compression = match settings.compression.as_deref() {
        None => default.compression,
        Some(name) => Compression::of_name(name).ok_or_else(|| {
            unusable(
                "The compression",
                format!("`{name}` is none that Stubless knows"),
                "Choose identity, gzip, deflate or zstd",
            )
        })?,
    };
    Ok(CallOptions {
        compression,
        max_receive_bytes: bytes(settings.max_receive_bytes, default.max_receive_bytes),
        max_send_bytes: bytes(settings.max_send_bytes, default.max_send_bytes),
        wait_for_ready: settings.wait_for_ready.unwrap_or(default.wait_for_ready),
    })
}

fn unusable(what: &str, reason: impl Into<String>, hint: &str) -> Box<Failure> {
    Box::new(Failure {
        summary: format!("{what} cannot be used"),
        reason: reason.into(),
        hint: hint.to_owned(),
        ..Failure::default()
    })
}

/// The endpoint alone, for reflection. Looks at the files that TLS reads, so it may block for a moment.
///
/// # Errors
/// A [`Failure`] about the target.
pub fn resolve_endpoint(
    target: &str,
    settings: &TargetSettings,
    scope: &Scope,
    base: &Path,
    demo: Option<SocketAddr>,
) -> Result<Endpoint, Box<Failure>> {
    let written = expand(target, scope).map_err(|error| template("The target", &error))?;
    let written = written.trim();
    if written == DEMO_TARGET {
        return demo_endpoint(demo);
    }
    let transport = settings.tls.map(|tls| match tls {
        true => Transport::Tls,
        false => Transport::Plaintext,
    });
    let mut endpoint = Endpoint::parse(written, transport).map_err(|error| bad_target(&error))?;
    let text = |what: &str, text: &Option<String>| {
        let expanded = text.as_deref().map(|text| expand(text, scope)).transpose();
        let expanded = expanded.map_err(|error| template(what, &error))?;
        Ok::<_, Box<Failure>>(expanded.filter(|text| !text.trim().is_empty()))
    };
    let millis = |limit: Option<u64>| {
        let limit = limit.filter(|&limit| limit > 0);
        limit.map(Duration::from_millis)
    };
    endpoint.authority = text("The authority", &settings.authority)?;
    if let Some(instead) = text("The address to connect to", &settings.connect_to)? {
        let address = Address::parse(&instead).map_err(|error| {
            let mut failure = bad_target(&error);
            failure.summary = "The address to connect to cannot be used".to_owned();
            failure
        })?;
        endpoint.connect_to = Some(address);
    }
    if let Some(proxy) = text("The proxy", &settings.proxy)? {
        endpoint.proxy = if proxy.trim().eq_ignore_ascii_case(NO_PROXY) {
            ProxyChoice::Direct
        } else {
            ProxyChoice::Via(Proxy::parse(&proxy).map_err(|error| {
                let hint = "Write http://host:port, socks5://host:port, or none";
                unusable("The proxy", error.to_string(), hint)
            })?)
        };
    }
    endpoint.connect_timeout = millis(settings.connect_timeout_ms);
    endpoint.keepalive = millis(settings.keepalive_ms).map(|interval| Keepalive {
        interval,
        timeout: millis(settings.keepalive_timeout_ms).unwrap_or(KEEPALIVE_TIMEOUT),
        while_idle: false,
    });
    // Without meaning for plaintext: left out, so that it does not split the pool either.
    if endpoint.transport == Transport::Tls {
        let file = |path: &Option<PathBuf>| {
            let path = path.as_deref().filter(|path| !path.as_os_str().is_empty());
            path.map(|path| base.join(path))
        };
        let password = text(
            "The password of the PKCS#12 file",
            &settings.client_p12_password,
        )?;
        endpoint.tls = TlsSettings {
            ca_cert: file(&settings.ca_cert),
            client_cert: file(&settings.client_cert),
            client_key: file(&settings.client_key),
            client_pkcs12: file(&settings.client_p12).map(|file| Pkcs12 {
                file,
                password: password.unwrap_or_default(),
            }),
            server_name: text("The server name", &settings.server_name)?,
            verification: verification(
                settings.insecure_skip_verify == Some(true),
                text("The pinned certificate", &settings.pinned_certificate)?,
            )?,
            accept_missing_alpn: settings.accept_missing_alpn.unwrap_or(false),
            key_log: file(&settings.key_log),
            ..TlsSettings::default()
        }
        .stamped();
    }
    Ok(endpoint)
}

/// A pinned certificate is the stricter rule and wins.
fn verification(skip: bool, pinned: Option<String>) -> Result<Verification, Box<Failure>> {
    match pinned {
        Some(fingerprint) => {
            let parsed = fingerprint.parse().map(Verification::Pinned);
            parsed.map_err(|error| {
                unusable(
                    "The pinned certificate",
                    error.to_string(),
                    "Copy the SHA-256 fingerprint of the server's certificate, or remove it",
                )
            })
        }
        None if skip => Ok(Verification::Skip),
        None => Ok(Verification::Full),
    }
}

fn demo_endpoint(demo: Option<SocketAddr>) -> Result<Endpoint, Box<Failure>> {
    let address = demo.ok_or_else(|| {
        Box::new(Failure {
            summary: "The demo server is not running".to_owned(),
            reason: String::new(),
            hint: "It starts with the window; on the command line, run `stubless demo`".to_owned(),
            fixes: vec![Fix::Retry],
            place: None,
            unconnected: false,
        })
    })?;
    Ok(Endpoint::new(
        Address::Tcp {
            host: address.ip().to_string(),
            port: address.port(),
        },
        Transport::Plaintext,
    ))
}

fn bad_target(error: &EndpointError) -> Box<Failure> {
    let (summary, hint) = match error {
        EndpointError::Empty => (
            "No target is given",
            "Type host:port, for example localhost:50051",
        ),
        EndpointError::Port(_) => (
            "The target has no valid port",
            "A port is a number from 1 to 65535, as in localhost:50051",
        ),
        EndpointError::Scheme(_) => (
            "The target is of a kind Stubless does not know",
            "Use host:port, http://…, https://…, unix:PATH, unix-abstract:NAME, dns:…, ipv4:… or pipe:NAME",
        ),
        EndpointError::NameServer(_) => (
            "The target names a name server of its own",
            "Write the host alone, as dns:///host:port; the system's name servers are asked",
        ),
        EndpointError::Path(_) => (
            "The target's path cannot be used",
            "Use only what an address may hold: no spaces, `?` or `#`",
        ),
        EndpointError::NotAscii(_) => (
            "The target's host holds letters outside ASCII",
            "Write the name as DNS knows it, in its form that begins with xn--",
        ),
        EndpointError::Userinfo => (
            "The target holds a user name or password",
            "Write the host alone; credentials belong in the metadata, as authorization",
        ),
        EndpointError::Host(_) => (
            "The target's host cannot be used",
            "Use a host name or an address; IPv6 in brackets, as [::1]:50051",
        ),
    };
    Box::new(Failure {
        summary: summary.to_owned(),
        reason: capitalized(&error.to_string()),
        hint: hint.to_owned(),
        ..Failure::default()
    })
}
