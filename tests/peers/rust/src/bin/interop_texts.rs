//! What Stubless copies and pastes, for programs that know it otherwise.
//!
//! `interop_texts text SCHEMA`: lines of standard input are `parse TYPE BASE64` (text format to wire
//! bytes) or `print TYPE BASE64` (wire bytes to text format, as protoc prints it); each is answered by
//! a line of base64, or `! reason`.
//! `interop_texts bash`: lines are base64 of a text; each is answered by a command of grpcurl for bash
//! that carries it in a header and in the body, as base64.

use std::{
    collections::BTreeSet,
    error::Error,
    io::{self, BufRead, Write},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use stubless_core::{
    interop::{CopyForm, Outgoing, Shell, copy, text_format},
    message::Scope,
    schema::{Schema, compile, load_descriptor_set},
    workspace::{MessageText, MetadataRow, RequestFile},
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().ok_or("interop_texts text SCHEMA | bash")?;
    let schema = match mode.as_str() {
        "text" => load(Path::new(&arguments.next().ok_or("which schema?")?))?,
        _ => Schema::empty(),
    };
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let answer = match mode.as_str() {
            "text" => text(&schema, &line),
            _ => bash(&line),
        };
        match answer {
            Ok(bytes) => writeln!(output, "{}", STANDARD.encode(bytes))?,
            Err(reason) => writeln!(output, "! {}", reason.replace('\n', " "))?,
        }
        output.flush()?;
    }
    Ok(())
}

fn load(path: &Path) -> io::Result<Schema> {
    if path.is_dir() {
        let folder: PathBuf = path.to_owned();
        return Ok(compile(&[folder.clone()], &[folder]).schema);
    }
    let bytes = std::fs::read(path)?;
    Ok(load_descriptor_set(&path.display().to_string(), &bytes).schema)
}

fn decoded(text: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(text).map_err(|error| error.to_string())
}

fn text(schema: &Schema, line: &str) -> Result<Vec<u8>, String> {
    let mut parts = line.split(' ');
    let mut part = || parts.next().unwrap_or_default();
    let (mode, name, bytes) = (part(), part(), decoded(part())?);
    let message = schema.message(name);
    let message = message.ok_or_else(|| format!("no message {name}"))?;
    if mode == "print" {
        return Ok(text_format::print_as_protoc(&message, &bytes).into_bytes());
    }
    let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    text_format::parse(&text, &message, Some(schema))
        .map_err(|error| format!("{}:{}: {}", error.line, error.column, error.message))
}

fn bash(line: &str) -> Result<Vec<u8>, String> {
    let text = String::from_utf8(decoded(line)?).map_err(|error| error.to_string())?;
    // Nothing of it is a template.
    let literal = text.replace("{{", "{{ \"{{\" }}");
    let body = format!("{{\"text\": {}}}", quoted(&literal));
    let outgoing = Outgoing {
        request: RequestFile {
            method: "a.B/C".to_owned(),
            target: Some("localhost:1".to_owned()),
            metadata: vec![MetadataRow {
                key: "x-text".to_owned(),
                value: literal,
                enabled: true,
            }],
            messages: vec![MessageText(body)],
            ..RequestFile::default()
        },
        shown: 0,
        scope: Scope::default(),
        secrets: BTreeSet::new(),
        schema: None,
        sources: Vec::new(),
    };
    let copied = copy(&outgoing, CopyForm::Grpcurl(Shell::Bash), true);
    copied
        .map(|copied| copied.text.into_bytes())
        .map_err(|problem| problem.message)
}

/// A string of JSON.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => {
                out.push('\\');
                out.push(letter);
            }
            letter if letter < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}
