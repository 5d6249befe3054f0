//! What a level of settings says, over what the level above says.
//!
//! Most members are inherited one by one. Two groups are inherited as one value, since a mixture of
//! two levels would mean what neither of them says: how certificates are checked (a pin, not at all,
//! in full), and who the client is (PEM files, a PKCS#12 file, nobody).

use super::request::{CallSettings, TargetSettings};

impl TargetSettings {
    /// What a request or folder that names `own_target` gets from the level above.
    ///
    /// Certificate files, proxy, timeouts and keepalive are inherited always. What belongs to one
    /// server (whether it has TLS, its name, which certificate is trusted, what it is asked for its schema
    /// with, and above all that no certificate is checked) is not carried over to another.
    #[must_use]
    pub fn over(&self, above: &Self, own_target: bool) -> Self {
        let same_server = (!own_target).then_some(above);
        let checked = if self.says_verification() {
            Some(self)
        } else {
            same_server
        };
        let client = if self.names_client() { self } else { above };
        // A level may hold the password alone, of the file that is named above.
        let password = self
            .client_p12_password
            .as_ref()
            .or(client.client_p12_password.as_ref());
        Self {
            tls: self.tls.or(same_server.and_then(|it| it.tls)),
            ca_cert: self.ca_cert.clone().or_else(|| above.ca_cert.clone()),
            client_cert: client.client_cert.clone(),
            client_key: client.client_key.clone(),
            client_p12: client.client_p12.clone(),
            client_p12_password: password.cloned(),
            server_name: own_or(&self.server_name, same_server.map(|it| &it.server_name)),
            authority: own_or(&self.authority, same_server.map(|it| &it.authority)),
            insecure_skip_verify: checked.and_then(|it| it.insecure_skip_verify),
            pinned_certificate: checked.and_then(|it| it.pinned_certificate.clone()),
            accept_missing_alpn: self
                .accept_missing_alpn
                .or(same_server.and_then(|it| it.accept_missing_alpn)),
            key_log: own_or(&self.key_log, same_server.map(|it| &it.key_log)),
            // Credentials of one server, as far as they are any.
            reflection_metadata: own_or(
                &self.reflection_metadata,
                same_server.map(|it| &it.reflection_metadata),
            ),
            connect_to: own_or(&self.connect_to, same_server.map(|it| &it.connect_to)),
            proxy: self.proxy.clone().or_else(|| above.proxy.clone()),
            connect_timeout_ms: self.connect_timeout_ms.or(above.connect_timeout_ms),
            keepalive_ms: self.keepalive_ms.or(above.keepalive_ms),
            keepalive_timeout_ms: self.keepalive_timeout_ms.or(above.keepalive_timeout_ms),
        }
    }

    /// Whether these say how certificates are checked; then nothing of that is inherited.
    pub fn says_verification(&self) -> bool {
        self.insecure_skip_verify.is_some() || self.pinned_certificate.is_some()
    }

    /// Whether these name files for the client's certificate, or (by an empty path) that there is
    /// none; then nothing of that is inherited.
    pub fn names_client(&self) -> bool {
        self.client_cert.is_some() || self.client_key.is_some() || self.client_p12.is_some()
    }

    /// Whether certificates are not checked at all. A pinned certificate is the stricter rule and
    /// wins where both are set.
    pub fn skips_verification(&self) -> bool {
        self.insecure_skip_verify == Some(true) && self.pinned_certificate.is_none()
    }
}

fn own_or<T: Clone>(own: &Option<T>, above: Option<&Option<T>>) -> Option<T> {
    own.clone().or_else(|| above.cloned().flatten())
}

impl CallSettings {
    /// The deadline of a request that says `own`: its own, else the inherited one; 0 is none.
    pub fn deadline_for(&self, own: Option<u64>) -> Option<u64> {
        own.or(self.deadline_ms).filter(|&limit| limit > 0)
    }

    /// Whether messages are held against the rules of their schema before they are sent.
    pub fn checks_rules(&self) -> bool {
        self.check_rules != Some(false)
    }

    /// These, and where they say nothing, what the level above says.
    #[must_use]
    pub fn over(&self, above: &Self) -> Self {
        Self {
            deadline_ms: self.deadline_ms.or(above.deadline_ms),
            compression: self
                .compression
                .clone()
                .or_else(|| above.compression.clone()),
            max_receive_bytes: self.max_receive_bytes.or(above.max_receive_bytes),
            max_send_bytes: self.max_send_bytes.or(above.max_send_bytes),
            wait_for_ready: self.wait_for_ready.or(above.wait_for_ready),
            check_rules: self.check_rules.or(above.check_rules),
        }
    }
}
