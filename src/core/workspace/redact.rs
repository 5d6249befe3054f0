//! How settings and metadata are written for programmers: without what must not be in a log.

use std::fmt;

use super::request::{MetadataRow, TargetSettings};

/// What stands in place of a secret.
pub(super) const HIDDEN: &str = "…";

impl fmt::Debug for MetadataRow {
    /// Values are credentials often enough.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetadataRow")
            .field("key", &self.key)
            .field("value_bytes", &self.value.len())
            .field("enabled", &self.enabled)
            .finish()
    }
}

impl fmt::Debug for TargetSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // All written out: a new member has to be thought about.
        let Self {
            tls,
            ca_cert,
            client_cert,
            client_key,
            server_name,
            authority,
            insecure_skip_verify,
            client_p12,
            client_p12_password,
            pinned_certificate,
            accept_missing_alpn,
            key_log,
            reflection_metadata,
            connect_to,
            proxy,
            connect_timeout_ms,
            keepalive_ms,
            keepalive_timeout_ms,
        } = self;
        f.debug_struct("TargetSettings")
            .field("tls", tls)
            .field("ca_cert", ca_cert)
            .field("client_cert", client_cert)
            .field("client_key", client_key)
            .field("server_name", server_name)
            .field("authority", authority)
            .field("insecure_skip_verify", insecure_skip_verify)
            .field("client_p12", client_p12)
            .field(
                "client_p12_password",
                &client_p12_password.as_ref().map(|_| HIDDEN),
            )
            .field("pinned_certificate", pinned_certificate)
            .field("accept_missing_alpn", accept_missing_alpn)
            .field("key_log", key_log)
            .field("reflection_metadata", reflection_metadata)
            .field("connect_to", connect_to)
            .field("proxy", &proxy.as_deref().map(without_credentials))
            .field("connect_timeout_ms", connect_timeout_ms)
            .field("keepalive_ms", keepalive_ms)
            .field("keepalive_timeout_ms", keepalive_timeout_ms)
            .finish()
    }
}

/// `http://user:password@host:port` without what stands before the `@`.
fn without_credentials(proxy: &str) -> String {
    match proxy.rsplit_once('@') {
        Some((_, host)) => format!("{HIDDEN}@{host}"),
        None => proxy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{EnvironmentFile, Variable};
    use super::*;

    #[test]
    fn nothing_secret_is_written_for_programmers() {
        let secret = "hunter2";
        let settings = TargetSettings {
            client_p12: Some("me.p12".into()),
            client_p12_password: Some(secret.to_owned()),
            proxy: Some(format!("http://me:{secret}@gate:3128")),
            reflection_metadata: Some(vec![MetadataRow {
                key: "x-asked".to_owned(),
                value: secret.to_owned(),
                enabled: true,
            }]),
            ..TargetSettings::default()
        };
        let row = MetadataRow {
            key: "authorization".to_owned(),
            value: secret.to_owned(),
            enabled: true,
        };
        let environment = EnvironmentFile {
            variables: vec![Variable {
                name: "token".to_owned(),
                value: secret.to_owned(),
                secret: true,
            }],
            ..EnvironmentFile::default()
        };
        let text = format!("{settings:?} {row:?} {environment:?}");
        assert!(!text.contains(secret), "{text}");
        for shown in ["me.p12", "gate:3128", "authorization", "token", "x-asked"] {
            assert!(text.contains(shown), "{shown}: {text}");
        }
    }
}
