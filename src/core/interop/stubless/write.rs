//! A request as a command of `stubless call`, which can say all that a request holds.

use std::path::Path;

use crate::{
    interop::{
        copy::{CopyProblem, Resolved},
        import::{Note, literal, literal_json},
        shell::{Shell, Writer},
    },
    workspace::SourceSpec,
};

/// Writes the command.
///
/// # Errors
/// None so far; the other writers have some.
pub(in crate::interop) fn write(
    resolved: &Resolved,
    writer: &Writer<'_>,
    notes: &mut Vec<Note>,
) -> Result<String, CopyProblem> {
    let mut groups = vec![vec![
        "stubless".to_owned(),
        "call".to_owned(),
        literal(&resolved.target),
        resolved.method.clone(),
    ]];
    for (key, value) in &resolved.metadata {
        flag(&mut groups, "-H", literal(&format!("{key}: {value}")));
    }
    for (key, value) in resolved.reflection.iter().flatten() {
        let row = literal(&format!("{key}: {value}"));
        flag(&mut groups, "--reflect-header", row);
    }
    settings(resolved, &mut groups, notes);
    sources(resolved, &mut groups, notes);
    let messages: Vec<_> = resolved.messages.iter().map(|m| literal_json(m)).collect();
    if writer.shell == Shell::PowerShell && !messages.is_empty() {
        let body = crate::interop::grpcurl::ascii(&messages.join("\n"), writer);
        flag(&mut groups, "-d", "@-");
        return Ok(format!("{} | {}", writer.word(&body), writer.line(&groups)));
    }
    for message in messages {
        flag(&mut groups, "-d", message);
    }
    Ok(writer.line(&groups))
}

fn flag(groups: &mut Vec<Vec<String>>, name: &str, value: impl Into<String>) {
    groups.push(vec![name.to_owned(), value.into()]);
}

fn settings(resolved: &Resolved, groups: &mut Vec<Vec<String>>, notes: &mut Vec<Note>) {
    let settings = &resolved.settings;
    let call = &resolved.call;
    for (name, on) in [
        ("--plaintext", settings.tls == Some(false)),
        ("--tls", settings.tls == Some(true)),
        (
            "--insecure-skip-verify",
            settings.insecure_skip_verify == Some(true),
        ),
        (
            "--accept-missing-alpn",
            settings.accept_missing_alpn == Some(true),
        ),
        ("--wait-for-ready", call.wait_for_ready == Some(true)),
        ("--validate", call.check_rules == Some(true)),
    ] {
        if on {
            groups.push(vec![name.to_owned()]);
        }
    }
    for (name, path) in [
        ("--cacert", &settings.ca_cert),
        ("--cert", &settings.client_cert),
        ("--key", &settings.client_key),
        ("--p12", &settings.client_p12),
        ("--key-log", &settings.key_log),
    ] {
        if let Some(path) = path.as_deref().filter(|path| !path.as_os_str().is_empty()) {
            flag(groups, name, shown(path));
        }
    }
    if settings.client_p12.is_some() {
        notes.push(Note::secret(
            "The password of the PKCS#12 file is read from STUBLESS_P12_PASSWORD",
        ));
    }
    for (name, text) in [
        ("--server-name", &settings.server_name),
        ("--authority", &settings.authority),
        ("--pin", &settings.pinned_certificate),
        ("--connect-to", &settings.connect_to),
        ("--proxy", &settings.proxy),
        ("--compress", &call.compression),
    ] {
        if let Some(text) = text {
            flag(groups, name, literal(text));
        }
    }
    for (name, millis) in [
        ("--deadline", resolved.deadline_ms),
        ("--connect-timeout", settings.connect_timeout_ms),
        ("--keepalive", settings.keepalive_ms),
        ("--keepalive-timeout", settings.keepalive_timeout_ms),
    ] {
        if let Some(millis) = millis.filter(|ms| *ms > 0) {
            flag(groups, name, time(millis));
        }
    }
    for (name, bytes) in [
        ("--max-receive", call.max_receive_bytes),
        ("--max-send", call.max_send_bytes),
    ] {
        if let Some(bytes) = bytes {
            flag(groups, name, bytes.to_string());
        }
    }
}

fn time(millis: u64) -> String {
    if millis.is_multiple_of(1000) {
        format!("{}s", millis / 1000)
    } else {
        format!("{millis}ms")
    }
}

fn sources(resolved: &Resolved, groups: &mut Vec<Vec<String>>, notes: &mut Vec<Note>) {
    let mut files = false;
    for source in &resolved.sources {
        match source {
            SourceSpec::Protos {
                files: given,
                roots,
                exclude,
            } => {
                files = true;
                for path in given {
                    flag(groups, "--proto", shown(path));
                }
                for root in roots {
                    flag(groups, "-I", shown(root));
                }
                if !exclude.is_empty() {
                    notes.push(Note::lost(
                        "`stubless call` has no option for proto files that are left out",
                    ));
                }
            }
            SourceSpec::DescriptorSet(path) => {
                files = true;
                flag(groups, "--descriptor-set", shown(path));
            }
            SourceSpec::Reflection => {}
        }
    }
    if files {
        notes.push(Note::info(
            "Paths are as in the workspace: run the command in its folder",
        ));
        if resolved.sources.contains(&SourceSpec::Reflection) {
            groups.push(vec!["--reflect".to_owned()]);
        }
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
