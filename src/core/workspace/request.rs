//! A request as saved.

use std::path::PathBuf;

/// One row of metadata. A disabled row is kept and not sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetadataRow {
    /// Key as written.
    pub key: String,
    /// Value as written: text, or base64 for a `-bin` key; `{{ … }}` is expanded when sent.
    pub value: String,
    /// Whether it is sent.
    pub enabled: bool,
}

/// One request message: its text exactly as the person laid it out, valid JSON or not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessageText(pub String);

/// How a target is reached. All optional: absent means inherited from folder, then workspace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetSettings {
    /// `Some(true)` TLS, `Some(false)` plaintext, `None` by the rule for bare targets.
    pub tls: Option<bool>,
    /// PEM file with further roots, relative to the workspace.
    pub ca_cert: Option<PathBuf>,
    /// PEM file with the client's chain.
    pub client_cert: Option<PathBuf>,
    /// PEM file with the client's key.
    pub client_key: Option<PathBuf>,
    /// Name to expect in the certificate.
    pub server_name: Option<String>,
    /// `:authority`.
    pub authority: Option<String>,
    /// Certificates are not checked.
    pub insecure_skip_verify: bool,
}

/// Where the workspace's schema comes from; paths relative to the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceSpec {
    /// `{"protos": […], "roots": […]}`
    Protos {
        /// Files or folders.
        files: Vec<PathBuf>,
        /// Import roots; empty: inferred.
        roots: Vec<PathBuf>,
    },
    /// `{"descriptor_set": "x.binpb"}`
    DescriptorSet(PathBuf),
    /// `{"reflection": true}`: each target is asked.
    Reflection,
}

/// A request as saved: `requests/<folder>/<request>.json`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestFile {
    /// Name shown; the file's name follows it when the request is created or renamed.
    pub name: String,
    /// `pkg.Service/Method`.
    pub method: String,
    /// Target in place of the inherited one.
    pub target: Option<String>,
    /// How that target is reached.
    pub settings: TargetSettings,
    /// Metadata to send.
    pub metadata: Vec<MetadataRow>,
    /// Deadline in milliseconds; `None` waits for ever.
    pub deadline_ms: Option<u64>,
    /// Messages, one for a unary call. A text that is not JSON is saved as `{"text": "…"}`.
    pub messages: Vec<MessageText>,
    /// Notes, Markdown.
    pub docs: String,
}
