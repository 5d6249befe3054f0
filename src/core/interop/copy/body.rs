//! Messages in their forms: JSON, text format, wire bytes in letters.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use prost_reflect::MessageDescriptor;

use super::{Copied, CopyForm, CopyProblem, Outgoing};
use crate::{
    interop::{frames, import::Note, text_format},
    message::{Document, JsonOptions, NodeKind, Printer, Scope, ValueRef, encode_within, expand},
    schema::Schema,
};

/// Writes the message that is shown, or all of them where they are framed.
pub(super) fn write(outgoing: &Outgoing, form: CopyForm) -> Result<Copied, CopyProblem> {
    let messages = &outgoing.request.messages;
    let shown = messages.get(outgoing.shown);
    let shown = shown.map_or("", |message| message.0.as_str());
    let wire = || {
        let (schema, input) = input(outgoing)?;
        encoded(shown, &input, &outgoing.scope, schema)
    };
    let text = match form {
        CopyForm::JsonPretty => json(outgoing, shown, &outgoing.scope, true)?,
        CopyForm::JsonLine => json(outgoing, shown, &outgoing.scope, false)?,
        CopyForm::Base64 => STANDARD.encode(wire()?),
        CopyForm::Hex => hex(&wire()?),
        CopyForm::TextFormat => {
            let (schema, input) = input(outgoing)?;
            let wire = encoded(shown, &input, &outgoing.scope, schema)?;
            text_format::print(&input, &wire, Some(schema))
        }
        CopyForm::FramedHex => {
            let (schema, input) = input(outgoing)?;
            let mut bytes = Vec::new();
            for message in messages {
                let wire = encoded(&message.0, &input, &outgoing.scope, schema)?;
                frames::write(&wire, &mut bytes);
            }
            hex(&bytes)
        }
        CopyForm::Grpcurl(_) | CopyForm::Stubless => String::new(),
    };
    let notes = held_secrets(outgoing, shown);
    Ok(Copied { text, notes })
}

/// The secrets whose values are in a copied message.
fn held_secrets(outgoing: &Outgoing, text: &str) -> Vec<Note> {
    if !text.contains("{{") {
        return Vec::new();
    }
    let named = outgoing.secrets.iter().filter(|name| text.contains(*name));
    named
        .map(|name| Note::secret(format!("The copy holds the value of the secret `{name}`")))
        .collect()
}

/// The type of the request and the schema it is in.
fn input(outgoing: &Outgoing) -> Result<(&Schema, MessageDescriptor), CopyProblem> {
    let unknown = || {
        CopyProblem::new(format!(
            "The type of the message is not known: no schema has `{}`",
            outgoing.request.method
        ))
        .hint("Refresh the schema, or add the proto files")
    };
    let schema = outgoing.schema.as_ref().ok_or_else(unknown)?;
    let method = schema.method(&outgoing.request.method);
    Ok((schema, method.ok_or_else(unknown)?.input()))
}

fn encoded(
    text: &str,
    input: &MessageDescriptor,
    scope: &Scope,
    schema: &Schema,
) -> Result<Bytes, CopyProblem> {
    let document = Document::new(text);
    encode_within(&document, input, scope, schema).map_err(|diagnostics| {
        let first = diagnostics.into_iter().next();
        let words = first.as_ref().map_or("it does not encode", |d| &d.message);
        let problem = CopyProblem::new(format!("The message cannot be encoded: {words}"));
        match first.and_then(|d| d.hint) {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    })
}

/// A message as JSON that every reader takes: through the wire where its type is known, so that it is
/// what a call sends; else as it is written, without comments.
pub(super) fn json(
    outgoing: &Outgoing,
    text: &str,
    scope: &Scope,
    pretty: bool,
) -> Result<String, CopyProblem> {
    if let Ok((schema, input)) = input(outgoing) {
        let wire = encoded(text, &input, scope, schema)?;
        let options = JsonOptions {
            pretty,
            defaults: false,
            max_bytes: 0,
        };
        return Ok(Printer::within(&input, schema).to_json(&wire, options).text);
    }
    let document = Document::new(text);
    if let Some(error) = document.syntax_error() {
        return Err(CopyProblem::new(format!(
            "The message is no JSON: {}",
            error.message
        )));
    }
    let mut out = String::with_capacity(text.len());
    match document.root() {
        Some(root) => strict(root, scope, &mut out)?,
        None => out.push_str("{}"),
    }
    if pretty {
        let mut laid_out = Document::new(out);
        laid_out.format();
        return Ok(laid_out.text().to_owned());
    }
    Ok(out)
}

/// JSON without comments and layout. The document's limit on nesting bounds the recursion.
fn strict(value: ValueRef<'_>, scope: &Scope, out: &mut String) -> Result<(), CopyProblem> {
    let (open, close) = match value.kind() {
        NodeKind::Object => ('{', '}'),
        NodeKind::Array => ('[', ']'),
        NodeKind::String => {
            let text = value.string().unwrap_or_default();
            let text = expand(&text, scope)
                .map_err(|error| CopyProblem::new(format!("The message: {}", error.message)))?;
            out.push_str(&serde_json::Value::from(text).to_string());
            return Ok(());
        }
        NodeKind::Number | NodeKind::Bool | NodeKind::Null => {
            out.push_str(value.text());
            return Ok(());
        }
    };
    out.push(open);
    for (position, child) in value.children().enumerate() {
        if position > 0 {
            out.push(',');
        }
        if let Some(key) = child.key() {
            out.push_str(&serde_json::Value::from(key.as_ref()).to_string());
            out.push(':');
        }
        strict(child, scope, out)?;
    }
    out.push(close);
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}
