//! `stubless call TARGET pkg.Service/Method` to a request. Its texts may hold templates, as ours do.

use std::time::Duration;

use crate::interop::{
    command::input_text,
    flags::{Argument, Flag, Style, parse, switch, value},
    grpcurl::with_slash,
    import::{CommandProblem, Gathering, Import, Note, Program},
    shell::{Input, Word},
};
use crate::workspace::MetadataRow;

const FLAGS: [Flag; 32] = [
    value("data").short('d'),
    value("header").short('H'),
    value("deadline"),
    switch("verbose").short('v'),
    value("compress"),
    value("max-receive"),
    value("max-send"),
    switch("wait-for-ready"),
    switch("validate"),
    value("proto"),
    value("import-path").short('I'),
    value("descriptor-set"),
    switch("reflect"),
    value("reflect-header"),
    switch("plaintext"),
    switch("tls"),
    value("cacert"),
    value("cert"),
    value("key"),
    value("server-name"),
    value("authority"),
    switch("insecure-skip-verify"),
    value("pin"),
    value("p12"),
    switch("accept-missing-alpn"),
    value("key-log"),
    value("connect-to"),
    value("proxy"),
    value("connect-timeout"),
    value("keepalive"),
    value("keepalive-timeout"),
    switch("help").short('h'),
];

/// Reads the arguments.
///
/// # Errors
/// When target or method are missing.
pub(in crate::interop) fn read(
    words: &[Word],
    input: Option<&Input>,
) -> Result<Import, CommandProblem> {
    let mut all = Gathering {
        templates: true,
        ..Gathering::default()
    };
    let mut operands = Vec::new();
    let mut data = Vec::new();
    let mut reflection: Vec<MetadataRow> = Vec::new();
    for argument in parse(words, &FLAGS, Style::Gnu) {
        match argument {
            Argument::Operand(word) => operands.push(word),
            Argument::Unknown(text) => all.notes.push(Note::lost(format!(
                "`stubless call` has no option `{text}`: it is left out"
            ))),
            Argument::Value(name, None) => all.notes.push(Note::lost(format!(
                "`--{name}` has no value: it is left out"
            ))),
            Argument::Value("data", Some(word)) => data.push(word),
            Argument::Value("header", Some(word)) => {
                let row = all.header(&word);
                all.request.metadata.push(row);
            }
            Argument::Value("reflect-header", Some(word)) => {
                let row = all.header(&word);
                reflection.push(row);
            }
            Argument::Value(name, Some(word)) => setting(&mut all, name, &word),
            Argument::Switch(name, _) => switched(&mut all, name),
        }
    }
    if !reflection.is_empty() {
        all.request.settings.reflection_metadata = Some(reflection);
    }
    let [target, method, rest @ ..] = operands.as_slice() else {
        return Err(CommandProblem::new(
            "The command names no target or no method",
            "It goes on with TARGET pkg.Service/Method",
        ));
    };
    if !rest.is_empty() {
        all.notes
            .push(Note::lost("More than a target and a method is given"));
    }
    let target = all.take("the target", target);
    all.request.target = Some(target);
    let method = all.take("the method", method);
    all.request.method = with_slash(&method);
    bodies(&mut all, &data, input);
    all.note_output("stubless");
    let sources = all.sources();
    Ok(Import {
        program: Program::Stubless,
        request: all.request,
        sources,
        text_format: None,
        notes: all.notes,
    })
}

fn bodies(all: &mut Gathering, data: &[Word], input: Option<&Input>) {
    let mut messages = Vec::new();
    for word in data {
        let word = match word.text.strip_prefix('@') {
            Some("-") => match input_text(input, &mut all.notes) {
                Some(word) => word,
                None => continue,
            },
            Some(file) => {
                all.notes.push(Note::lost(format!(
                    "The messages come from the file `{file}`: open it and paste what is in it"
                )));
                continue;
            }
            None => word.clone(),
        };
        let text = all.take("the message", &word);
        all.body(&text);
        messages.append(&mut all.request.messages);
    }
    all.request.messages = messages;
}

fn switched(all: &mut Gathering, name: &str) {
    let settings = &mut all.request.settings;
    match name {
        "plaintext" => settings.tls = Some(false),
        "tls" => settings.tls = Some(true),
        "insecure-skip-verify" => settings.insecure_skip_verify = Some(true),
        "accept-missing-alpn" => settings.accept_missing_alpn = Some(true),
        "wait-for-ready" => all.request.call.wait_for_ready = Some(true),
        "validate" => all.request.call.check_rules = Some(true),
        "reflect" => all.reflect = true,
        "verbose" => all.output.push("-v".to_owned()),
        _ => {}
    }
}

fn setting(all: &mut Gathering, name: &str, word: &Word) {
    let text = all.take(&format!("`--{name}`"), word);
    let millis =
        |time: Option<Duration>| time.and_then(|time| u64::try_from(time.as_millis()).ok());
    let mut unread = false;
    let mut time = |place: &mut Option<u64>| {
        *place = millis(read_time(&text));
        unread |= place.is_none();
    };
    let settings = &mut all.request.settings;
    let call = &mut all.request.call;
    match name {
        "deadline" => time(&mut all.request.deadline_ms),
        "connect-timeout" => time(&mut settings.connect_timeout_ms),
        "keepalive" => time(&mut settings.keepalive_ms),
        "keepalive-timeout" => time(&mut settings.keepalive_timeout_ms),
        "compress" => call.compression = Some(text.clone()),
        "max-receive" => {
            call.max_receive_bytes = read_size(&text);
            unread = call.max_receive_bytes.is_none();
        }
        "max-send" => {
            call.max_send_bytes = read_size(&text);
            unread = call.max_send_bytes.is_none();
        }
        "proto" => all.protos.push(text.clone().into()),
        "import-path" => all.roots.push(text.clone().into()),
        "descriptor-set" => all.sets.push(text.clone().into()),
        "cacert" => settings.ca_cert = Some(text.clone().into()),
        "cert" => settings.client_cert = Some(text.clone().into()),
        "key" => settings.client_key = Some(text.clone().into()),
        "p12" => settings.client_p12 = Some(text.clone().into()),
        "key-log" => settings.key_log = Some(text.clone().into()),
        "server-name" => settings.server_name = Some(text.clone()),
        "authority" => settings.authority = Some(text.clone()),
        "pin" => settings.pinned_certificate = Some(text.clone()),
        "connect-to" => settings.connect_to = Some(text.clone()),
        "proxy" => settings.proxy = Some(text.clone()),
        _ => {}
    }
    if name == "p12" {
        all.notes.push(Note::lost(
            "The password of the PKCS#12 file is in STUBLESS_P12_PASSWORD, which is not in the command",
        ));
    }
    if unread {
        all.notes.push(Note::lost(format!(
            "`--{name}` is `{text}`, which cannot be read: it is left out"
        )));
    }
}

/// `250ms`, `1.5s`, `2m`, `1h`.
pub(in crate::interop) fn read_time(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit);
    let secs = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let number: f64 = number.trim().parse().ok()?;
    let time = Duration::try_from_secs_f64(number * secs).ok()?;
    (!time.is_zero()).then_some(time)
}

/// `64MiB`, `4k`, or a number of bytes.
fn read_size(text: &str) -> Option<u64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim().to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let shift = match unit.strip_suffix('i').unwrap_or(unit) {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}
