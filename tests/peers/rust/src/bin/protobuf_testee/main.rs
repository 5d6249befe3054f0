//! The program under test of protobuf's conformance suite: our schema, our JSON and our text format.
//!
//! `protobuf_testee SCHEMA`, a folder of `.proto` files or a descriptor set. Standard input holds
//! requests, standard output gets the answers, each a message with its length in four little-endian
//! bytes before it. Only what there is in the program is tested: JSON and text format to the wire and
//! back. What goes from the wire to the wire takes the way over JSON, and is skipped where JSON loses
//! something; unknown fields are always printed in text format, so that it is skipped where they must
//! not be.
//! Every message in wire format is compared with prost-reflect's JSON, too, where `STUBLESS_BESIDE` asks for it.
//! Spec: `conformance.proto` of protobuf's `conformance` folder.

mod beside;

use std::{
    error::Error,
    io::{self, BufReader, BufWriter, ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use prost::Message;
use prost_reflect::MessageDescriptor;
use stubless_core::{
    interop::text_format,
    message::{Document, JsonOptions, JsonText, Scope, Severity, encode, to_json},
    schema::{Loaded, compile, load_descriptor_set},
};

#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(oneof = "Payload", tags = "1, 2, 7, 8")]
    payload: Option<Payload>,
    #[prost(int32, tag = "3")]
    requested_output_format: i32,
    #[prost(string, tag = "4")]
    message_type: String,
    #[prost(int32, tag = "5")]
    test_category: i32,
    #[prost(bool, tag = "9")]
    print_unknown_fields: bool,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Payload {
    #[prost(bytes = "bytes", tag = "1")]
    Protobuf(Bytes),
    #[prost(string, tag = "2")]
    Json(String),
    #[prost(string, tag = "7")]
    Jspb(String),
    #[prost(string, tag = "8")]
    Text(String),
}

/// Of `WireFormat`.
const PROTOBUF: i32 = 1;
const JSON: i32 = 2;
const TEXT: i32 = 4;
/// Of `TestCategory`.
const JSON_IGNORE_UNKNOWN: i32 = 3;

#[derive(Clone, PartialEq, Message)]
struct Response {
    #[prost(oneof = "Answer", tags = "1, 2, 3, 4, 5, 6, 8")]
    result: Option<Answer>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Answer {
    #[prost(string, tag = "1")]
    ParseError(String),
    #[prost(string, tag = "2")]
    RuntimeError(String),
    #[prost(bytes = "bytes", tag = "3")]
    Protobuf(Bytes),
    #[prost(string, tag = "4")]
    Json(String),
    #[prost(string, tag = "5")]
    Skipped(String),
    #[prost(string, tag = "6")]
    SerializeError(String),
    #[prost(string, tag = "8")]
    Text(String),
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os()
        .nth(1)
        .ok_or("protobuf_testee SCHEMA: a folder of .proto files or a descriptor set")?;
    let loaded = load(Path::new(&path))?;
    if !loaded.problems.is_empty() {
        return Err(format!("{:#?}", loaded.problems).into());
    }
    let mut beside = beside::Beside::from_env()?;
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = BufWriter::new(io::stdout().lock());
    while let Some(bytes) = next(&mut input)? {
        let request = Request::decode(bytes.as_slice())?;
        let result = match loaded.schema.message(&request.message_type) {
            Some(message) => {
                if let Some(Payload::Protobuf(wire)) = &request.payload {
                    beside.compare(&message, wire)?;
                }
                answer(&message, &request)
            }
            None => Answer::RuntimeError(format!("no message {}", request.message_type)),
        };
        let response = Response {
            result: Some(result),
        };
        output.write_all(&u32::try_from(response.encoded_len())?.to_le_bytes())?;
        output.write_all(&response.encode_to_vec())?;
        output.flush()?;
    }
    Ok(())
}

fn load(path: &Path) -> io::Result<Loaded> {
    if path.is_dir() {
        let folder: PathBuf = path.to_owned();
        return Ok(compile(&[folder.clone()], &[folder]));
    }
    let bytes = std::fs::read(path)?;
    Ok(load_descriptor_set(&path.display().to_string(), &bytes))
}

/// The next request; `None` when there are no more.
fn next(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
    input.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}

fn answer(message: &MessageDescriptor, request: &Request) -> Answer {
    let output = request.requested_output_format;
    if ![PROTOBUF, JSON, TEXT].contains(&output) {
        return skipped("only protobuf, JSON and text format are written");
    }
    match &request.payload {
        Some(Payload::Protobuf(wire)) if output == TEXT => wire_to_text(message, wire, request),
        Some(Payload::Text(text)) => match text_format::parse(text, message, None) {
            Ok(wire) if output == PROTOBUF => Answer::Protobuf(wire.into()),
            Ok(wire) if output == TEXT => wire_to_text(message, &wire, request),
            Ok(wire) => wire_to_json(message, &wire),
            Err(error) => Answer::ParseError(error.message),
        },
        Some(Payload::Protobuf(wire)) if output == JSON => wire_to_json(message, wire),
        Some(Payload::Protobuf(wire)) => wire_to_wire(message, wire),
        Some(Payload::Json(_)) if request.test_category == JSON_IGNORE_UNKNOWN => {
            skipped("a body with a field that the schema does not have is never sent")
        }
        Some(Payload::Json(text)) => match from_json(message, text) {
            Ok(wire) if output == PROTOBUF => Answer::Protobuf(wire),
            Ok(wire) if output == TEXT => wire_to_text(message, &wire, request),
            Ok(wire) => wire_to_json(message, &wire),
            Err(error) => Answer::ParseError(error),
        },
        Some(Payload::Jspb(_)) | None => skipped("only protobuf, JSON and text format are read"),
    }
}

fn skipped(why: &str) -> Answer {
    Answer::Skipped(why.to_owned())
}

/// A body as it is sent, or everything that is wrong with it.
fn from_json(message: &MessageDescriptor, text: &str) -> Result<Bytes, String> {
    encode(&Document::new(text), message, &Scope::default()).map_err(|diagnostics| {
        let lines: Vec<String> = diagnostics
            .into_iter()
            .map(|it| format!("{}: {}", it.path, it.message))
            .collect();
        lines.join("; ")
    })
}

/// A message as it is shown. What others refuse is refused here, though the program shows it.
fn shown(message: &MessageDescriptor, wire: &[u8]) -> Result<JsonText, Answer> {
    let options = JsonOptions {
        pretty: false,
        defaults: false,
        max_bytes: 0,
    };
    let json = to_json(message, wire, options);
    let problems = || json.problems.join("; ");
    match json.worst {
        Some(Severity::Malformed) => Err(Answer::ParseError(problems())),
        Some(Severity::NoJson) => Err(Answer::SerializeError(problems())),
        Some(Severity::Unknown) | None => Ok(json),
    }
}

fn wire_to_json(message: &MessageDescriptor, wire: &[u8]) -> Answer {
    match shown(message, wire) {
        Ok(json) => Answer::Json(json.text),
        Err(answer) => answer,
    }
}

fn wire_to_text(message: &MessageDescriptor, wire: &[u8], request: &Request) -> Answer {
    match shown(message, wire) {
        Err(answer @ Answer::ParseError(_)) => answer,
        Ok(json) if json.worst.is_some() && !request.print_unknown_fields => {
            skipped("unknown fields are always printed")
        }
        Ok(_) | Err(_) => Answer::Text(text_format::print(message, wire, None)),
    }
}

/// There and back over JSON.
fn wire_to_wire(message: &MessageDescriptor, wire: &[u8]) -> Answer {
    match shown(message, wire) {
        Ok(json) if json.worst.is_some() => skipped("JSON has no place for unknown fields"),
        Ok(json) => match from_json(message, &json.text) {
            Ok(wire) => Answer::Protobuf(wire),
            Err(error) => Answer::RuntimeError(error),
        },
        Err(Answer::SerializeError(_)) => skipped("JSON has no form for a value"),
        Err(answer) => answer,
    }
}
