//! `grpcurl [flags] address pkg.Service/Method` to a request.
//! Source: `cmd/grpcurl/grpcurl.go` of grpcurl 1.9, its flags and their help.

use crate::interop::{
    command::input_text,
    flags::{Argument, Flag, Style, parse, switch, value},
    import::{CommandProblem, Gathering, Import, Note, Program},
    shell::{Input, Word},
};
use crate::workspace::MetadataRow;

const FLAGS: [Flag; 38] = [
    switch("plaintext"),
    switch("insecure"),
    value("cacert"),
    value("cert"),
    value("key"),
    value("servername"),
    value("authority"),
    value("user-agent"),
    switch("alts"),
    value("alts-handshaker-service"),
    value("alts-target-service-account"),
    switch("expand-headers"),
    value("H"),
    value("rpc-header"),
    value("reflect-header"),
    value("d"),
    value("format"),
    switch("allow-unknown-fields"),
    value("connect-timeout"),
    switch("format-error"),
    value("keepalive-time"),
    value("max-time"),
    value("max-msg-sz"),
    switch("emit-defaults"),
    value("proto"),
    value("import-path"),
    value("protoset"),
    switch("use-reflection"),
    value("protoset-out"),
    value("proto-out-dir"),
    switch("msg-template"),
    switch("unix"),
    switch("v"),
    switch("vv"),
    switch("version"),
    switch("help"),
    switch("h"),
    value("reflect-version"),
];

/// What stands between flags and the request.
#[derive(Default)]
struct Reading {
    all: Gathering,
    plaintext: bool,
    unix: bool,
    text_format: bool,
    expands: bool,
    /// `-H`, `-rpc-header`, `-reflect-header`.
    headers: [Vec<MetadataRow>; 3],
    data: Option<Word>,
    authority: Option<String>,
    operands: Vec<Word>,
    late: bool,
}

/// Reads the arguments.
///
/// # Errors
/// When they make no call.
pub(in crate::interop) fn read(
    words: &[Word],
    input: Option<&Input>,
) -> Result<Import, CommandProblem> {
    let mut reading = Reading::default();
    for argument in parse(words, &FLAGS, Style::Go) {
        reading.argument(argument)?;
    }
    reading.finish(input)
}

impl Reading {
    fn argument(&mut self, argument: Argument) -> Result<(), CommandProblem> {
        match argument {
            Argument::Operand(word) => self.operands.push(word),
            Argument::Unknown(text) => {
                let note = format!("grpcurl has no option `{text}`: it is left out");
                self.all.notes.push(Note::lost(note));
            }
            Argument::Value(name, None) => {
                let note = format!("`-{name}` has no value: it is left out");
                self.all.notes.push(Note::lost(note));
            }
            Argument::Value(name, Some(word)) => {
                self.late |= !self.operands.is_empty();
                self.value(name, &word);
            }
            Argument::Switch(name, on) => {
                self.late |= !self.operands.is_empty();
                return self.switch(name, on);
            }
        }
        Ok(())
    }

    fn value(&mut self, name: &'static str, word: &Word) {
        let what = format!("`-{name}`");
        match name {
            "H" | "rpc-header" | "reflect-header" => {
                let row = self.all.header(word);
                let list = match name {
                    "H" => &mut self.headers[0],
                    "rpc-header" => &mut self.headers[1],
                    _ => &mut self.headers[2],
                };
                list.push(row);
            }
            "d" => self.data = Some(word.clone()),
            "format" => self.text_format = word.text == "text",
            "cacert" | "cert" | "key" => {
                let path = self.all.take(&what, word).into();
                let settings = &mut self.all.request.settings;
                let place = match name {
                    "cacert" => &mut settings.ca_cert,
                    "cert" => &mut settings.client_cert,
                    _ => &mut settings.client_key,
                };
                *place = Some(path);
            }
            "servername" => {
                let text = self.all.setting(&what, word);
                self.all.request.settings.server_name = Some(text);
            }
            "authority" => self.authority = Some(self.all.setting(&what, word)),
            "proto" | "import-path" | "protoset" => {
                let path = self.all.take(&what, word).into();
                let list = match name {
                    "proto" => &mut self.all.protos,
                    "import-path" => &mut self.all.roots,
                    _ => &mut self.all.sets,
                };
                list.push(path);
            }
            "max-time" | "connect-timeout" | "keepalive-time" => self.seconds(name, word),
            "max-msg-sz" => match word.text.trim().parse() {
                Ok(bytes) => self.all.request.call.max_receive_bytes = Some(bytes),
                Err(_) => self.unread(name, word),
            },
            "reflect-version" => {}
            // "user-agent", "alts-…", "protoset-out", "proto-out-dir"
            _ => {
                let note =
                    format!("`-{name}` is not taken: Stubless has nothing like it for a request");
                self.all.notes.push(Note::lost(note));
            }
        }
    }

    fn seconds(&mut self, name: &str, word: &Word) {
        let seconds = word.text.trim().parse::<f64>().ok();
        let Some(seconds) = seconds.filter(|s| s.is_finite() && *s >= 0.0) else {
            return self.unread(name, word);
        };
        // Beyond a u64 it saturates, which is as good as none.
        let millis = (seconds * 1000.0).ceil() as u64;
        let request = &mut self.all.request;
        let place = match name {
            "max-time" => &mut request.deadline_ms,
            "connect-timeout" => &mut request.settings.connect_timeout_ms,
            _ => &mut request.settings.keepalive_ms,
        };
        *place = (millis > 0).then_some(millis);
    }

    fn unread(&mut self, name: &str, word: &Word) {
        let note = format!(
            "`-{name}` is `{}`, which is no number: it is left out",
            word.text
        );
        self.all.notes.push(Note::lost(note));
    }

    fn switch(&mut self, name: &'static str, on: bool) -> Result<(), CommandProblem> {
        match name {
            "plaintext" => self.plaintext = on,
            "insecure" => self.all.request.settings.insecure_skip_verify = on.then_some(true),
            "unix" => self.unix = on,
            "use-reflection" => self.all.reflect = on,
            "expand-headers" => self.expands = on,
            "alts" if on => self.all.notes.push(Note::lost(
                "`-alts` is not taken: Stubless has no ALTS, so that the call goes by TLS",
            )),
            "allow-unknown-fields" if on => self.all.notes.push(Note::info(
                "`-allow-unknown-fields` is not taken: keys that are no field are marked in the body",
            )),
            "version" | "help" | "h" if on => {
                return Err(CommandProblem::new(
                    format!("`grpcurl -{name}` is not a call"),
                    "Paste a command with an address and a method",
                ));
            }
            "emit-defaults" | "format-error" | "v" | "vv" | "msg-template" if on => {
                self.all.output.push(format!("-{name}"));
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self, input: Option<&Input>) -> Result<Import, CommandProblem> {
        self.address_and_method()?;
        if self.late {
            self.all.notes.push(Note::info(
                "grpcurl takes options before the address alone: those after it are taken all the same",
            ));
        }
        self.security();
        self.metadata();
        let text_format = self.body(input);
        self.all.note_output("grpcurl");
        let sources = self.all.sources();
        Ok(Import {
            program: Program::Grpcurl,
            request: self.all.request,
            sources,
            text_format,
            notes: self.all.notes,
        })
    }

    fn address_and_method(&mut self) -> Result<(), CommandProblem> {
        let operands = std::mem::take(&mut self.operands);
        let verb = |word: &Word| matches!(word.text.as_str(), "list" | "describe");
        if let Some(verb) = operands.iter().take(2).find(|word| verb(word)) {
            return Err(CommandProblem::new(
                format!(
                    "`grpcurl {}` asks for the schema; it makes no call",
                    verb.text
                ),
                "Services and messages are in the sidebar once the target is set",
            ));
        }
        let (address, symbol) = match operands.as_slice() {
            [address, symbol, rest @ ..] => {
                if !rest.is_empty() {
                    let words: Vec<_> = rest.iter().map(|word| word.text.as_str()).collect();
                    self.all.notes.push(Note::lost(format!(
                        "`{}` after the method is left out",
                        words.join(" ")
                    )));
                }
                (Some(address), symbol)
            }
            [symbol] if is_method(&symbol.text) => (None, symbol),
            [address] => {
                let target = self.all.setting("the address", address);
                return Err(CommandProblem::new(
                    format!("The command names no method of `{target}`"),
                    "It goes on with pkg.Service/Method",
                ));
            }
            [] => {
                return Err(CommandProblem::new(
                    "The command has neither address nor method",
                    "It goes on with host:port pkg.Service/Method",
                ));
            }
        };
        match address {
            Some(address) => {
                let target = self.all.setting("the address", address);
                self.all.request.target = Some(target_of(&target, self.unix));
            }
            None => self
                .all
                .notes
                .push(Note::lost("The command names no address")),
        }
        let method = self.all.take("the method", symbol);
        self.all.request.method = with_slash(&method);
        Ok(())
    }

    fn security(&mut self) {
        let settings = &mut self.all.request.settings;
        settings.tls = Some(!self.plaintext);
        if let Some(authority) = self.authority.take() {
            // grpcurl has one word for both; Stubless checks the certificate by the target's host.
            if !self.plaintext && settings.server_name.is_none() {
                settings.server_name = Some(host_of(&authority).to_owned());
            }
            settings.authority = Some(authority);
        }
    }

    fn metadata(&mut self) {
        let [both, call, reflection] = std::mem::take(&mut self.headers);
        if !call.is_empty() || !reflection.is_empty() {
            let mut rows = both.clone();
            rows.extend(reflection);
            self.all.request.settings.reflection_metadata = Some(rows);
        }
        let mut rows = both;
        rows.extend(call);
        if self.expands {
            for row in &rows {
                if row.value.contains("${") {
                    self.all.notes.push(Note::lost(format!(
                        "`-expand-headers` would fill `${{…}}` in `{}` from the environment: it is kept as written",
                        row.key
                    )));
                }
            }
        }
        self.all.request.metadata = rows;
    }

    /// Takes the messages; gives the body where it is in text format.
    fn body(&mut self, input: Option<&Input>) -> Option<String> {
        let data = match self.data.take() {
            Some(word) if word.text == "@" => input_text(input, &mut self.all.notes)?,
            Some(word) => word,
            None => return None,
        };
        let text = self.all.take("the message", &data);
        if self.text_format {
            return Some(text);
        }
        self.all.body(&text);
        None
    }
}

/// `pkg.Service/Method` or `pkg.Service.Method`.
fn is_method(text: &str) -> bool {
    let name = |c: char| c.is_ascii_alphanumeric() || "._/".contains(c);
    text.chars().all(name) && (text.contains('/') || text.matches('.').count() >= 2)
}

/// `pkg.Service.Method` with the slash of the wire.
pub(in crate::interop) fn with_slash(method: &str) -> String {
    let method = method.trim().trim_start_matches('/');
    if method.contains('/') {
        return method.to_owned();
    }
    match method.rsplit_once('.') {
        Some((service, method)) => format!("{service}/{method}"),
        None => method.to_owned(),
    }
}

/// An address of grpc-go as a target.
fn target_of(address: &str, unix: bool) -> String {
    let rest = address.strip_prefix("passthrough:").map(|rest| {
        let rest = rest.strip_prefix("///").unwrap_or(rest);
        rest.to_owned()
    });
    let address = rest.unwrap_or_else(|| address.to_owned());
    if unix && !address.starts_with("unix:") {
        format!("unix:{address}")
    } else {
        address
    }
}

/// The host of `host:port`.
pub(in crate::interop) fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            host.trim_start_matches('[').trim_end_matches(']')
        }
        _ => authority,
    }
}
