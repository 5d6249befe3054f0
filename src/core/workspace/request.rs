//! A request as saved.

use std::path::{Path, PathBuf};

use super::{
    compare::CompareSettings,
    edit::{Editor, Step},
    json::{self, Members},
    message,
};

/// One row of metadata. A disabled row is kept and not sent.
#[derive(Clone, PartialEq, Eq, Default)]
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
#[derive(Clone, PartialEq, Eq, Default)]
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
    /// `Some(true)`: certificates are not checked; `Some(false)`: they are, whatever is inherited.
    pub insecure_skip_verify: Option<bool>,
    /// PKCS#12 file with the client's chain and key, in place of the PEM files.
    pub client_p12: Option<PathBuf>,
    /// Its password; meant to hold a `{{ variable }}`.
    pub client_p12_password: Option<String>,
    /// SHA-256 fingerprint of the one certificate to trust, in hexadecimal.
    pub pinned_certificate: Option<String>,
    /// Go on where the server chooses nothing by ALPN.
    pub accept_missing_alpn: Option<bool>,
    /// File that the session's TLS secrets are appended to.
    pub key_log: Option<PathBuf>,
    /// What the target is asked for its schema with, in place of the calls' metadata; absent: with that.
    /// A list of rows that are all disabled sends none.
    pub reflection_metadata: Option<Vec<MetadataRow>>,
    /// Target whose address is dialled in place of the request's own.
    pub connect_to: Option<String>,
    /// `http://…`, `socks5://…`, or `none`; absent: as the environment says.
    pub proxy: Option<String>,
    /// How long each step of connecting may take, in milliseconds.
    pub connect_timeout_ms: Option<u64>,
    /// Time between keepalive pings in milliseconds; absent or 0: none.
    pub keepalive_ms: Option<u64>,
    /// How long the answer to a ping may take, in milliseconds; 20,000 where absent.
    pub keepalive_timeout_ms: Option<u64>,
}

/// How a call is made, besides its target. All optional: absent means inherited from folder, then
/// workspace. In the same `settings` object of a file as [`TargetSettings`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallSettings {
    /// Deadline in milliseconds for requests that name none; 0: none. In folders and the workspace
    /// only: a request has its own member.
    pub deadline_ms: Option<u64>,
    /// `identity`, `gzip`, `deflate` or `zstd`: how the request's messages are compressed.
    pub compression: Option<String>,
    /// Largest message to accept, in bytes.
    pub max_receive_bytes: Option<u64>,
    /// Largest message to send, in bytes.
    pub max_send_bytes: Option<u64>,
    /// Go on trying to connect until the deadline.
    pub wait_for_ready: Option<bool>,
    /// `false`: messages that break the rules of their schema (protovalidate) are sent without asking.
    pub check_rules: Option<bool>,
}

impl CallSettings {
    /// Reads the part of `settings` that is about calls. A request's own deadline is no part of it.
    pub(super) fn parse(file: &Members<'_>) -> Result<Self, String> {
        let Some(settings) = file.object("settings")? else {
            return Ok(Self::default());
        };
        let compression = settings.string("compression")?;
        if let Some(name) = &compression
            && !COMPRESSIONS.contains(&name.as_str())
        {
            return Err(settings.error(&format!(
                "`compression` is `{name}`; it can be {}",
                COMPRESSIONS.join(", ")
            )));
        }
        Ok(Self {
            deadline_ms: settings.count("deadline_ms")?,
            compression,
            max_receive_bytes: settings.count("max_receive_bytes")?,
            max_send_bytes: settings.count("max_send_bytes")?,
            wait_for_ready: settings.boolean("wait_for_ready")?,
            check_rules: settings.boolean("check_rules")?,
        })
    }

    /// Writes what differs into `settings` of a file.
    pub(super) fn edit(
        editor: &mut Editor,
        old: &Self,
        new: &Self,
        order: &[&str],
    ) -> Result<(), String> {
        if old == new {
            return Ok(());
        }
        let at = begin_settings(editor, order)?;
        for (key, old, new) in [
            ("deadline_ms", old.deadline_ms, new.deadline_ms),
            (
                "max_receive_bytes",
                old.max_receive_bytes,
                new.max_receive_bytes,
            ),
            ("max_send_bytes", old.max_send_bytes, new.max_send_bytes),
        ] {
            edit_plain(editor, &at, key, old, new)?;
        }
        let names = (old.compression.as_deref(), new.compression.as_deref());
        edit_optional(editor, &at, "compression", names.0, names.1, &SETTINGS_KEYS)?;
        for (key, old, new) in [
            ("wait_for_ready", old.wait_for_ready, new.wait_for_ready),
            ("check_rules", old.check_rules, new.check_rules),
        ] {
            edit_plain(editor, &at, key, old, new)?;
        }
        end_settings(editor, &at)
    }
}

/// Where the workspace's schema comes from; paths relative to the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceSpec {
    /// `{"protos": […], "roots": […], "exclude": […]}`
    Protos {
        /// Files or folders.
        files: Vec<PathBuf>,
        /// Import roots; empty: inferred.
        roots: Vec<PathBuf>,
        /// Files that are left out although they are in a folder given or are imported: of two that
        /// define the same symbol, the one that does not count.
        exclude: Vec<PathBuf>,
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
    /// How the call is made.
    pub call: CallSettings,
    /// How responses of it are compared.
    pub compare: CompareSettings,
    /// Metadata to send.
    pub metadata: Vec<MetadataRow>,
    /// Deadline in milliseconds; `None` waits for ever.
    pub deadline_ms: Option<u64>,
    /// Messages, one for a unary call. A text that is not JSON is saved as `{"text": "…"}`.
    pub messages: Vec<MessageText>,
    /// Notes, Markdown.
    pub docs: String,
}

/// Order of the members in a new file; unknown ones keep their place.
const KEYS: [&str; 10] = [
    "name",
    "method",
    "target",
    "settings",
    "metadata",
    "deadline_ms",
    "messages",
    "expect",
    "capture",
    "docs",
];

/// Order of the members of `settings`.
const SETTINGS_KEYS: [&str; 25] = [
    "tls",
    "ca_cert",
    "client_cert",
    "client_key",
    "client_p12",
    "client_p12_password",
    "server_name",
    "authority",
    "insecure_skip_verify",
    "pinned_certificate",
    "accept_missing_alpn",
    "key_log",
    "reflection_metadata",
    "connect_to",
    "proxy",
    "connect_timeout_ms",
    "keepalive_ms",
    "keepalive_timeout_ms",
    "deadline_ms",
    "compression",
    "max_receive_bytes",
    "max_send_bytes",
    "wait_for_ready",
    "check_rules",
    "compare",
];

/// What `compression` may say.
const COMPRESSIONS: [&str; 4] = ["identity", "gzip", "deflate", "zstd"];

impl RequestFile {
    /// Reads a request. `stem` is its name where the file gives none.
    ///
    /// # Errors
    /// `line:column: reason`.
    pub(super) fn parse(text: &str, stem: &str) -> Result<Self, String> {
        let root = json::parse(text)?;
        let file = Members::of(text, &root, "the request")?;
        Ok(Self {
            name: file.string("name")?.unwrap_or_else(|| stem.to_owned()),
            method: file.string("method")?.unwrap_or_default(),
            target: file.string("target")?,
            settings: TargetSettings::parse(&file)?,
            call: CallSettings::parse(&file)?,
            compare: CompareSettings::parse(&file)?,
            metadata: parse_metadata(&file)?,
            deadline_ms: file.count("deadline_ms")?,
            messages: message::parse_all(text, &file)?,
            docs: file.string("docs")?.unwrap_or_default(),
        })
    }

    /// Writes what differs between `old` (what the text holds) and `new` into the text.
    ///
    /// # Errors
    /// When the text cannot be edited; it parsed before, so this names a defect of ours.
    pub(super) fn edit(text: String, old: &Self, new: &Self) -> Result<String, String> {
        let mut editor = Editor::new(text);
        let e = &mut editor;
        if old.name != new.name {
            e.set(&[], "name", &json::quoted(&new.name), &KEYS)?;
        }
        edit_text(e, &[], "method", &old.method, &new.method, &KEYS)?;
        edit_optional(
            e,
            &[],
            "target",
            old.target.as_deref(),
            new.target.as_deref(),
            &KEYS,
        )?;
        TargetSettings::edit(e, &old.settings, &new.settings, &KEYS)?;
        CallSettings::edit(e, &old.call, &new.call, &KEYS)?;
        CompareSettings::edit(e, &old.compare, &new.compare, &KEYS, &SETTINGS_KEYS)?;
        edit_metadata(e, &old.metadata, &new.metadata, &KEYS)?;
        if old.deadline_ms != new.deadline_ms {
            let value = new.deadline_ms.map(|ms| ms.to_string());
            edit_value(e, &[], "deadline_ms", value.as_deref(), &KEYS)?;
        }
        message::edit_all(e, &old.messages, &new.messages, &KEYS)?;
        edit_text(e, &[], "docs", &old.docs, &new.docs, &KEYS)?;
        Ok(editor.into_text())
    }

    /// As it reads back after a save: white space around a message carries no meaning, and its lines
    /// end with `\n`.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let messages = self.messages.iter().map(message::normalized).collect();
        Self {
            messages,
            ..self.clone()
        }
    }
}

impl TargetSettings {
    /// Reads `settings` of a file.
    pub(super) fn parse(file: &Members<'_>) -> Result<Self, String> {
        let Some(settings) = file.object("settings")? else {
            return Ok(Self::default());
        };
        Ok(Self {
            tls: settings.boolean("tls")?,
            ca_cert: settings.path("ca_cert")?,
            client_cert: settings.path("client_cert")?,
            client_key: settings.path("client_key")?,
            server_name: settings.string("server_name")?,
            authority: settings.string("authority")?,
            insecure_skip_verify: settings.boolean("insecure_skip_verify")?,
            client_p12: settings.path("client_p12")?,
            client_p12_password: settings.string("client_p12_password")?,
            pinned_certificate: settings.string("pinned_certificate")?,
            accept_missing_alpn: settings.boolean("accept_missing_alpn")?,
            key_log: settings.path("key_log")?,
            reflection_metadata: parse_reflection_metadata(&settings)?,
            connect_to: settings.string("connect_to")?,
            proxy: settings.string("proxy")?,
            connect_timeout_ms: settings.count("connect_timeout_ms")?,
            keepalive_ms: settings.count("keepalive_ms")?,
            keepalive_timeout_ms: settings.count("keepalive_timeout_ms")?,
        })
    }

    /// Writes what differs into `settings` of a file.
    pub(super) fn edit(
        editor: &mut Editor,
        old: &Self,
        new: &Self,
        order: &[&str],
    ) -> Result<(), String> {
        if old == new {
            return Ok(());
        }
        let at = begin_settings(editor, order)?;
        let keys = &SETTINGS_KEYS;
        for (key, old, new) in [
            ("tls", old.tls, new.tls),
            (
                "insecure_skip_verify",
                old.insecure_skip_verify,
                new.insecure_skip_verify,
            ),
            (
                "accept_missing_alpn",
                old.accept_missing_alpn,
                new.accept_missing_alpn,
            ),
        ] {
            edit_plain(editor, &at, key, old, new)?;
        }
        for (key, old, new) in [
            (
                "connect_timeout_ms",
                old.connect_timeout_ms,
                new.connect_timeout_ms,
            ),
            ("keepalive_ms", old.keepalive_ms, new.keepalive_ms),
            (
                "keepalive_timeout_ms",
                old.keepalive_timeout_ms,
                new.keepalive_timeout_ms,
            ),
        ] {
            edit_plain(editor, &at, key, old, new)?;
        }
        for (key, old, new) in [
            ("ca_cert", &old.ca_cert, &new.ca_cert),
            ("client_cert", &old.client_cert, &new.client_cert),
            ("client_key", &old.client_key, &new.client_key),
            ("client_p12", &old.client_p12, &new.client_p12),
            ("key_log", &old.key_log, &new.key_log),
        ] {
            let old = old.as_deref().map(slashed);
            let new = new.as_deref().map(slashed);
            edit_optional(editor, &at, key, old.as_deref(), new.as_deref(), keys)?;
        }
        for (key, old, new) in [
            ("server_name", &old.server_name, &new.server_name),
            ("authority", &old.authority, &new.authority),
            (
                "client_p12_password",
                &old.client_p12_password,
                &new.client_p12_password,
            ),
            (
                "pinned_certificate",
                &old.pinned_certificate,
                &new.pinned_certificate,
            ),
            ("connect_to", &old.connect_to, &new.connect_to),
            ("proxy", &old.proxy, &new.proxy),
        ] {
            edit_optional(editor, &at, key, old.as_deref(), new.as_deref(), keys)?;
        }
        edit_reflection_metadata(editor, &at, old, new)?;
        end_settings(editor, &at)
    }
}

/// Makes sure that there is a `settings` object to write into; its place.
pub(super) fn begin_settings(
    editor: &mut Editor,
    order: &[&str],
) -> Result<[Step<'static>; 1], String> {
    let at = [Step::Key("settings")];
    if editor.members(&at).is_none() {
        editor.set(&[], "settings", "{}", order)?;
    }
    Ok(at)
}

/// Removes a `settings` object that holds nothing.
pub(super) fn end_settings(editor: &mut Editor, at: &[Step<'_>]) -> Result<(), String> {
    if editor.members(at) == Some(0) {
        editor.remove(&[], "settings")?;
    }
    Ok(())
}

/// Writes a number or a boolean of `settings` that differs.
fn edit_plain<T: Copy + PartialEq + ToString>(
    editor: &mut Editor,
    at: &[Step<'_>],
    key: &str,
    old: Option<T>,
    new: Option<T>,
) -> Result<(), String> {
    if old == new {
        return Ok(());
    }
    let value = new.map(|value| value.to_string());
    edit_value(editor, at, key, value.as_deref(), &SETTINGS_KEYS)
}

/// Reads `metadata` of a file.
pub(super) fn parse_metadata(file: &Members<'_>) -> Result<Vec<MetadataRow>, String> {
    parse_rows(file, "metadata")
}

/// The name of the list in `settings`.
const REFLECTION_METADATA: &str = "reflection_metadata";

fn parse_reflection_metadata(settings: &Members<'_>) -> Result<Option<Vec<MetadataRow>>, String> {
    match settings.get(REFLECTION_METADATA)? {
        Some(_) => parse_rows(settings, REFLECTION_METADATA).map(Some),
        None => Ok(None),
    }
}

fn edit_reflection_metadata(
    editor: &mut Editor,
    at: &[Step<'_>],
    old: &TargetSettings,
    new: &TargetSettings,
) -> Result<(), String> {
    let (old, new) = (&old.reflection_metadata, &new.reflection_metadata);
    match (old, new) {
        (old, new) if old == new => Ok(()),
        (_, None) => editor.remove(at, REFLECTION_METADATA),
        // Rows are few, and have no comments that anything else would keep.
        (_, Some(rows)) => {
            let rows: Vec<_> = rows.iter().map(format_row).collect();
            let value = format!("[{}]", rows.join(", "));
            editor.set(at, REFLECTION_METADATA, &value, &SETTINGS_KEYS)
        }
    }
}

fn parse_rows(file: &Members<'_>, list: &str) -> Result<Vec<MetadataRow>, String> {
    let row = |item: Members<'_>| {
        Ok(MetadataRow {
            key: item
                .string("key")?
                .ok_or_else(|| item.error("`key` is missing"))?,
            value: item.string("value")?.unwrap_or_default(),
            enabled: item.boolean("enabled")?.unwrap_or(true),
        })
    };
    file.objects(list)?.into_iter().map(row).collect()
}

/// Writes what differs into `metadata` of a file.
pub(super) fn edit_metadata(
    editor: &mut Editor,
    old: &[MetadataRow],
    new: &[MetadataRow],
    order: &[&str],
) -> Result<(), String> {
    let keys = &["key", "value", "enabled"];
    let patch = |e: &mut Editor, at: &[Step<'_>], old: &MetadataRow, new: &MetadataRow| {
        if old.key != new.key {
            e.set(at, "key", &json::quoted(&new.key), keys)?;
        }
        edit_text(e, at, "value", &old.value, &new.value, keys)?;
        if old.enabled != new.enabled {
            let value = (!new.enabled).then_some("false");
            edit_value(e, at, "enabled", value, keys)?;
        }
        Ok(())
    };
    edit_list(editor, "metadata", old, new, order, format_row, patch)
}

fn format_row(row: &MetadataRow) -> String {
    let key = json::quoted(&row.key);
    let value = json::quoted(&row.value);
    let enabled = if row.enabled {
        ""
    } else {
        ", \"enabled\": false"
    };
    format!("{{ \"key\": {key}, \"value\": {value}{enabled} }}")
}

/// Writes a list: the items that are the same keep their text, with its comments and unknown keys;
/// where only contents changed, `patch` edits the item in place.
pub(super) fn edit_list<T: PartialEq>(
    editor: &mut Editor,
    key: &str,
    old: &[T],
    new: &[T],
    order: &[&str],
    format: impl Fn(&T) -> String,
    patch: impl Fn(&mut Editor, &[Step<'_>], &T, &T) -> Result<(), String>,
) -> Result<(), String> {
    if old == new {
        return Ok(());
    }
    if new.is_empty() {
        return editor.remove(&[], key);
    }
    if old.len() == new.len() {
        for (index, (old, new)) in old.iter().zip(new).enumerate() {
            if old != new {
                patch(editor, &[Step::Key(key), Step::Index(index)], old, new)?;
            }
        }
        return Ok(());
    }
    let texts = editor.items(&[Step::Key(key)]);
    let mut unused: Vec<(&T, String)> = old.iter().zip(texts).collect();
    let mut items = Vec::with_capacity(new.len());
    for item in new {
        match unused.iter().position(|(old, _)| *old == item) {
            Some(at) => items.push(unused.remove(at).1),
            None => items.push(format(item)),
        }
    }
    let list = editor.list(&items);
    editor.set(&[], key, &list, order)
}

/// Writes a text member; an empty one is left out.
pub(super) fn edit_text(
    editor: &mut Editor,
    at: &[Step<'_>],
    key: &str,
    old: &str,
    new: &str,
    order: &[&str],
) -> Result<(), String> {
    let some = |text| Some(text).filter(|text: &&str| !text.is_empty());
    edit_optional(editor, at, key, some(old), some(new), order)
}

/// Writes an optional text member.
pub(super) fn edit_optional(
    editor: &mut Editor,
    at: &[Step<'_>],
    key: &str,
    old: Option<&str>,
    new: Option<&str>,
    order: &[&str],
) -> Result<(), String> {
    if old == new {
        return Ok(());
    }
    edit_value(editor, at, key, new.map(json::quoted).as_deref(), order)
}

/// Sets a member, or removes it.
pub(super) fn edit_value(
    editor: &mut Editor,
    at: &[Step<'_>],
    key: &str,
    value: Option<&str>,
    order: &[&str],
) -> Result<(), String> {
    match value {
        Some(value) => editor.set(at, key, value, order),
        None => editor.remove(at, key),
    }
}

/// A path as it is written to a file, on every system.
pub(super) fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
