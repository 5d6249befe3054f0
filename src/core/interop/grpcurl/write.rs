//! A request as a command of grpcurl.

use std::path::{Path, PathBuf};

use crate::{
    grpc::{Address, Endpoint, Transport},
    interop::{
        copy::{CopyProblem, Resolved},
        grpcurl::host_of,
        import::Note,
        shell::{Shell, Writer},
    },
    workspace::SourceSpec,
};

/// Longest argument of a program on Linux, less than `MAX_ARG_STRLEN`: what is longer goes through
/// standard input.
const MAX_ARGUMENT: usize = 100 << 10;
/// Longest line the prompt of Windows takes.
const MAX_CMD: usize = 8191;
/// A message longer than this is laid out, where a shell allows it.
const ONE_LINE: usize = 72;

/// Writes the command.
///
/// # Errors
/// For a target that grpcurl cannot name.
pub(in crate::interop) fn write(
    resolved: &Resolved,
    writer: &Writer<'_>,
    notes: &mut Vec<Note>,
) -> Result<String, CopyProblem> {
    let mut groups = vec![vec!["grpcurl".to_owned()]];
    let transport = resolved.settings.tls.map(|tls| match tls {
        true => Transport::Tls,
        false => Transport::Plaintext,
    });
    if resolved.target == "demo:" {
        return Err(CopyProblem::new("The demo server is inside of Stubless")
            .hint("Run `stubless demo` and use the address it prints"));
    }
    let endpoint = Endpoint::parse(&resolved.target, transport)
        .map_err(|error| CopyProblem::new(format!("The target cannot be used: {error}")))?;
    let address = address(&endpoint, &mut groups, notes)?;
    security(resolved, &endpoint, &mut groups, notes);
    limits(resolved, &mut groups);
    metadata(resolved, &mut groups);
    schema(resolved, &mut groups, notes);
    note_settings(resolved, notes);
    let tail = vec![address, resolved.method.clone()];
    let text = with_body(resolved, writer, groups, tail);
    if writer.shell == Shell::Cmd && text.len() > MAX_CMD {
        notes.push(Note::lost(format!(
            "The command is longer than the {MAX_CMD} letters that cmd takes: copy it for PowerShell"
        )));
    }
    Ok(text)
}

fn flag(groups: &mut Vec<Vec<String>>, name: &str, value: impl Into<String>) {
    groups.push(vec![name.to_owned(), value.into()]);
}

/// The address as grpcurl takes it.
fn address(
    endpoint: &Endpoint,
    groups: &mut Vec<Vec<String>>,
    notes: &mut Vec<Note>,
) -> Result<String, CopyProblem> {
    if endpoint.transport == Transport::Plaintext {
        groups.push(vec!["-plaintext".to_owned()]);
    }
    if !endpoint.path_prefix.is_empty() {
        notes.push(Note::lost(format!(
            "grpcurl cannot put `{}` before the method's path",
            endpoint.path_prefix
        )));
    }
    match &endpoint.address {
        Address::Tcp { host, port } if host.contains(':') => Ok(format!("[{host}]:{port}")),
        Address::Tcp { host, port } => Ok(format!("{host}:{port}")),
        Address::Literals(addresses) => {
            if addresses.len() > 1 {
                notes.push(Note::lost(
                    "grpcurl takes one address: the first of the list is in the command",
                ));
            }
            let first = addresses.first();
            Ok(first.map(ToString::to_string).unwrap_or_default())
        }
        Address::Unix(path) => {
            groups.push(vec!["-unix".to_owned()]);
            Ok(path.display().to_string())
        }
        Address::UnixAbstract(name) => Ok(format!("unix-abstract:{name}")),
        Address::Pipe(_) => Err(CopyProblem::new("grpcurl cannot connect to a named pipe")),
    }
}

fn security(
    resolved: &Resolved,
    endpoint: &Endpoint,
    groups: &mut Vec<Vec<String>>,
    notes: &mut Vec<Note>,
) {
    let settings = &resolved.settings;
    let tls = endpoint.transport == Transport::Tls;
    if tls {
        if settings.insecure_skip_verify == Some(true) {
            groups.push(vec!["-insecure".to_owned()]);
        }
        for (name, path) in [
            ("-cacert", &settings.ca_cert),
            ("-cert", &settings.client_cert),
            ("-key", &settings.client_key),
        ] {
            if let Some(path) = path.as_deref().filter(|path| !path.as_os_str().is_empty()) {
                flag(groups, name, shown(path));
            }
        }
    }
    let name = settings.server_name.as_deref().filter(|_| tls);
    match (&settings.authority, name) {
        (Some(authority), name) => {
            flag(groups, "-authority", authority);
            let checked = host_of(authority);
            if tls && name != Some(checked) {
                notes.push(Note::lost(format!(
                    "grpcurl checks the certificate for the authority, `{checked}`, and takes no other name beside it"
                )));
            }
        }
        (None, Some(name)) => flag(groups, "-servername", name),
        (None, None) => {}
    }
}

fn limits(resolved: &Resolved, groups: &mut Vec<Vec<String>>) {
    for (name, millis) in [
        ("-max-time", resolved.deadline_ms),
        ("-connect-timeout", resolved.settings.connect_timeout_ms),
        ("-keepalive-time", resolved.settings.keepalive_ms),
    ] {
        if let Some(millis) = millis.filter(|ms| *ms > 0) {
            flag(groups, name, seconds(millis));
        }
    }
    if let Some(bytes) = resolved.call.max_receive_bytes {
        flag(groups, "-max-msg-sz", bytes.to_string());
    }
}

/// Seconds with the parts that are not zero.
fn seconds(millis: u64) -> String {
    let (whole, part) = (millis / 1000, millis % 1000);
    if part == 0 {
        return whole.to_string();
    }
    let text = format!("{whole}.{part:03}");
    text.trim_end_matches('0').to_owned()
}

fn metadata(resolved: &Resolved, groups: &mut Vec<Vec<String>>) {
    let header = |(key, value): &(String, String)| format!("{key}: {value}");
    let own = if resolved.reflection.is_some() {
        "-rpc-header"
    } else {
        "-H"
    };
    for row in &resolved.metadata {
        flag(groups, own, header(row));
    }
    for row in resolved.reflection.iter().flatten() {
        flag(groups, "-reflect-header", header(row));
    }
}

fn schema(resolved: &Resolved, groups: &mut Vec<Vec<String>>, notes: &mut Vec<Note>) {
    let mut files = false;
    for source in &resolved.sources {
        match source {
            SourceSpec::Protos {
                files: given,
                roots,
                ..
            } => {
                files = true;
                for root in import_paths(given, roots) {
                    flag(groups, "-import-path", shown(&root));
                }
                match &resolved.file {
                    Some(file) => flag(groups, "-proto", file),
                    None => {
                        let protos = given.iter().filter(|path| is_proto(path));
                        for path in protos {
                            flag(groups, "-proto", shown(path));
                        }
                    }
                }
            }
            SourceSpec::DescriptorSet(path) => {
                files = true;
                flag(groups, "-protoset", shown(path));
            }
            SourceSpec::Reflection => {}
        }
    }
    if files {
        notes.push(Note::info(
            "Paths are as in the workspace: run the command in its folder",
        ));
    }
    // grpcurl asks the server by itself where no files are given.
    if files && resolved.sources.contains(&SourceSpec::Reflection) {
        groups.push(vec!["-use-reflection".to_owned()]);
    }
}

/// Roots as given; else the folders that were given, and those that the files are in.
fn import_paths(files: &[PathBuf], roots: &[PathBuf]) -> Vec<PathBuf> {
    if !roots.is_empty() {
        return roots.to_vec();
    }
    let mut found: Vec<PathBuf> = Vec::new();
    for path in files {
        let folder = if is_proto(path) {
            path.parent().map(Path::to_owned).unwrap_or_default()
        } else {
            path.clone()
        };
        if !folder.as_os_str().is_empty() && !found.contains(&folder) {
            found.push(folder);
        }
    }
    found
}

fn is_proto(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "proto")
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Settings that grpcurl has no option for.
fn note_settings(resolved: &Resolved, notes: &mut Vec<Note>) {
    let settings = &resolved.settings;
    let compression = resolved.call.compression.as_deref();
    for (set, what) in [
        (settings.client_p12.is_some(), "a PKCS#12 file"),
        (
            settings.pinned_certificate.is_some(),
            "a pinned certificate",
        ),
        (
            settings.accept_missing_alpn == Some(true),
            "a server without ALPN",
        ),
        (settings.key_log.is_some(), "a key log"),
        (
            settings.connect_to.is_some(),
            "another address to connect to",
        ),
        (settings.proxy.is_some(), "a proxy of its own"),
        (
            settings.keepalive_timeout_ms.is_some(),
            "a time limit for pings",
        ),
        (
            compression.is_some_and(|name| name != "identity"),
            "compression of requests",
        ),
        (
            resolved.call.max_send_bytes.is_some(),
            "a limit for what is sent",
        ),
        (
            resolved.call.wait_for_ready == Some(true),
            "waiting until the server is ready",
        ),
    ] {
        if set {
            notes.push(Note::lost(format!("grpcurl has no option for {what}")));
        }
    }
}

/// Puts the messages in, as the shell lets them through.
fn with_body(
    resolved: &Resolved,
    writer: &Writer<'_>,
    mut groups: Vec<Vec<String>>,
    tail: Vec<String>,
) -> String {
    if resolved.messages.is_empty() {
        groups.push(tail);
        return writer.line(&groups);
    }
    let body = body(&resolved.messages, writer.shell);
    let plain = !writer.placeholders.stand_in(&body);
    match writer.shell {
        // Older PowerShells drop quotes from arguments. What goes through a pipe arrives whole, and in
        // ASCII whatever the encoding of the pipe is.
        Shell::PowerShell => {
            let body = writer.word(&ascii(&body, writer));
            flag(&mut groups, "-d", "@");
            groups.push(tail);
            format!("{body} | {}", writer.line(&groups))
        }
        Shell::Bash if plain && body.len() > MAX_ARGUMENT => {
            flag(&mut groups, "-d", "@");
            groups.push(tail);
            let end = end_mark(&body);
            format!("{} <<'{end}'\n{body}\n{end}\n", writer.line(&groups))
        }
        Shell::Bash | Shell::Cmd => {
            flag(&mut groups, "-d", body);
            groups.push(tail);
            writer.line(&groups)
        }
    }
}

/// All messages; laid out where that is easier to read and the shell takes line breaks.
fn body(messages: &[String], shell: Shell) -> String {
    let texts: Vec<_> = messages
        .iter()
        .map(|message| {
            if shell == Shell::Cmd || message.len() <= ONE_LINE {
                return message.clone();
            }
            let mut document = crate::message::Document::new(message.as_str());
            document.format();
            document.text().trim_end().to_owned()
        })
        .collect();
    texts.join(if shell == Shell::Cmd { " " } else { "\n" })
}

/// JSON in ASCII; marks stay.
pub(in crate::interop) fn ascii(json: &str, writer: &Writer<'_>) -> String {
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_ascii() || writer.placeholders.variable(letter).is_some() {
            out.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    out
}

/// A line that the body does not have.
fn end_mark(body: &str) -> String {
    let mut mark = "EOF".to_owned();
    while body.lines().any(|line| line == mark) {
        mark.push('_');
    }
    mark
}
