//! `buf curl https://host/pkg.Service/Method` to a request.
//! Source: the reference of `buf curl`, its options.

use super::{
    command::input_text,
    flags::{Argument, Flag, Style, parse, switch, value},
    import::{CommandProblem, Gathering, Import, Note, Program},
    shell::{Input, Word},
    stubless::read_time,
};
use crate::workspace::MetadataRow;

const FLAGS: [Flag; 30] = [
    value("data").short('d'),
    value("header").short('H'),
    value("reflect-header"),
    value("protocol"),
    value("schema"),
    switch("reflect"),
    value("reflect-protocol"),
    switch("http2-prior-knowledge"),
    switch("http3"),
    switch("insecure").short('k'),
    value("cacert"),
    value("cert").short('E'),
    value("key"),
    value("servername"),
    value("unix-socket"),
    value("user-agent").short('A'),
    value("user").short('u'),
    switch("netrc").short('n'),
    value("netrc-file"),
    value("connect-timeout"),
    value("keepalive-time"),
    switch("no-keepalive"),
    value("output").short('o'),
    switch("emit-defaults"),
    switch("verbose").short('v'),
    value("timeout"),
    switch("debug"),
    value("log-format"),
    switch("list-services"),
    switch("list-methods"),
];

/// Reads the arguments.
///
/// # Errors
/// When there is no URL of a method.
pub(super) fn read(words: &[Word], input: Option<&Input>) -> Result<Import, CommandProblem> {
    let mut all = Gathering::default();
    let (mut url, mut data, mut socket) = (None, None, None);
    let mut protocol = "connect".to_owned();
    let mut reflection: Vec<MetadataRow> = Vec::new();
    for argument in parse(words, &FLAGS, Style::Gnu) {
        match argument {
            Argument::Operand(word) => url = url.or(Some(word)),
            Argument::Unknown(text) => all
                .notes
                .push(Note::lost(format!("The option `{text}` is not taken"))),
            Argument::Value(name, None) => all.notes.push(Note::lost(format!(
                "`--{name}` has no value: it is left out"
            ))),
            Argument::Value("data", Some(word)) => data = Some(word),
            Argument::Value("unix-socket", Some(word)) => {
                socket = Some(all.take("`--unix-socket`", &word));
            }
            Argument::Value("protocol", Some(word)) => protocol = word.text,
            Argument::Value("header", Some(word)) => {
                let row = all.header(&word);
                all.request.metadata.push(row);
            }
            Argument::Value("reflect-header", Some(word)) => {
                let row = all.header(&word);
                reflection.push(row);
            }
            Argument::Value(name, Some(word)) => setting(&mut all, name, &word),
            Argument::Switch(name, on) => switched(&mut all, name, on)?,
        }
    }
    if !reflection.is_empty() {
        all.request.settings.reflection_metadata = Some(reflection);
    }
    take_url(&mut all, url.as_ref(), socket)?;
    if protocol != "grpc" {
        all.notes.push(Note::lost(format!(
            "The command speaks {protocol}; Stubless makes the call by gRPC"
        )));
    }
    body(&mut all, data, input);
    all.note_output("buf");
    let sources = all.sources();
    Ok(Import {
        program: Program::BufCurl,
        request: all.request,
        sources,
        text_format: None,
        notes: all.notes,
    })
}

fn setting(all: &mut Gathering, name: &str, word: &Word) {
    let text = all.take(&format!("`--{name}`"), word);
    let millis = || read_time(&text).and_then(|time| u64::try_from(time.as_millis()).ok());
    let settings = &mut all.request.settings;
    match name {
        "cacert" => settings.ca_cert = Some(text.into()),
        "cert" => settings.client_cert = Some(text.into()),
        "key" => settings.client_key = Some(text.into()),
        "servername" => settings.server_name = Some(text),
        "connect-timeout" => settings.connect_timeout_ms = millis(),
        "keepalive-time" => settings.keepalive_ms = millis(),
        "timeout" => all.request.deadline_ms = millis(),
        "schema" if text.ends_with(".proto") => all.protos.push(text.into()),
        "schema"
            if [".binpb", ".bin", ".pb"]
                .iter()
                .any(|end| text.ends_with(end)) =>
        {
            all.sets.push(text.into());
        }
        "schema" => {
            all.protos.push(text.clone().into());
            all.notes.push(Note::info(format!(
                "The schema `{text}` is taken as a folder of proto files"
            )));
        }
        "user" => all.notes.push(Note::secret(
            "`--user` is not taken: write an `authorization` row for it",
        )),
        "output" | "log-format" => all.output.push(format!("--{name}")),
        _ => all
            .notes
            .push(Note::lost(format!("`--{name}` is not taken"))),
    }
}

fn switched(all: &mut Gathering, name: &str, on: bool) -> Result<(), CommandProblem> {
    match name {
        "insecure" => all.request.settings.insecure_skip_verify = on.then_some(true),
        "reflect" => all.reflect = on,
        "list-services" | "list-methods" => {
            return Err(CommandProblem::new(
                format!("`buf curl --{name}` asks for the schema; it makes no call"),
                "Services and messages are in the sidebar once the target is set",
            ));
        }
        "emit-defaults" | "verbose" | "debug" => all.output.push(format!("--{name}")),
        "http3" => all.notes.push(Note::lost(
            "`--http3` is not taken: the call goes by HTTP/2",
        )),
        "netrc" => all.notes.push(Note::lost("`--netrc` is not taken")),
        _ => {}
    }
    Ok(())
}

fn take_url(
    all: &mut Gathering,
    url: Option<&Word>,
    socket: Option<String>,
) -> Result<(), CommandProblem> {
    let wrong = || {
        CommandProblem::new(
            "The command names no URL of a method",
            "It goes on with https://host:port/pkg.Service/Method",
        )
    };
    let url = all.setting("the URL", url.ok_or_else(wrong)?);
    let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
    let mut parts = rest.rsplitn(3, '/');
    let (Some(method), Some(service), Some(base)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(wrong());
    };
    all.request.method = format!("{service}/{method}");
    all.request.settings.tls = Some(scheme == "https");
    all.request.target = Some(match socket {
        Some(path) => format!("unix:{path}"),
        None => format!("{scheme}://{base}"),
    });
    Ok(())
}

fn body(all: &mut Gathering, data: Option<Word>, input: Option<&Input>) {
    let Some(word) = data else { return };
    let word = match word.text.strip_prefix('@') {
        Some("-") => match input_text(input, &mut all.notes) {
            Some(word) => word,
            None => return,
        },
        Some(file) => {
            all.notes.push(Note::lost(format!(
                "The messages come from the file `{file}`: open it and paste what is in it"
            )));
            return;
        }
        None => word,
    };
    let text = all.take("the message", &word);
    all.body(&text);
}
