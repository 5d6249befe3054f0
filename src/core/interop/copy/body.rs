//! Messages in their forms: JSON, text format, wire bytes in letters.

use std::{cell::RefCell, collections::BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use prost_reflect::MessageDescriptor;

use super::{Copied, CopyForm, CopyProblem, Outgoing};
use crate::{
    interop::{frames, import::Note, text_format},
    message::{
        Document, JsonOptions, NodeKind, Printer, Scope, ValueRef, encode_within, expand, preview,
    },
    schema::Schema,
    workspace::MessageText,
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
    let copied: &[MessageText] = match form {
        CopyForm::FramedHex => messages.as_slice(),
        _ => messages
            .get(outgoing.shown)
            .map_or(&[][..], std::slice::from_ref),
    };
    let notes = used_secrets(outgoing, copied).into_iter().map(|name| {
        let words = format!("The copy holds the value of the secret `{name}`");
        Note::secret(words)
    });
    let notes = notes.collect();
    Ok(Copied { text, notes })
}

/// The secrets that expressions of some messages name.
pub(super) fn used_secrets(outgoing: &Outgoing, messages: &[MessageText]) -> BTreeSet<String> {
    let used = RefCell::new(BTreeSet::new());
    // Asked of every variable that an expression names.
    let note = |name: &str| {
        if outgoing.secrets.contains(name) {
            used.borrow_mut().insert(name.to_owned());
        }
        false
    };
    for text in messages.iter().filter(|text| text.0.contains("{{")) {
        let document = Document::new(text.0.as_str());
        let mut open: Vec<ValueRef<'_>> = document.root().into_iter().collect();
        while let Some(value) = open.pop() {
            for text in value.string().into_iter().chain(value.key()) {
                preview(&text, &outgoing.scope, note);
            }
            open.extend(value.children());
        }
    }
    used.into_inner()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{interop::copy, workspace::RequestFile};

    const SCHEMA: &str = r#"
        syntax = "proto3";
        package shop;
        message Item { string name = 1; }
        service Shop { rpc Buy(stream Item) returns (Item); }
    "#;

    fn outgoing(messages: &[&str], secrets: &[(&str, &str)]) -> Outgoing {
        let pool = crate::message::compile_for_tests(SCHEMA);
        let texts = messages.iter().map(|text| MessageText((*text).to_owned()));
        let named = secrets.iter().map(|(name, _)| (*name).to_owned());
        let values = secrets
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Outgoing {
            request: RequestFile {
                method: "shop.Shop/Buy".to_owned(),
                target: Some("shop.example:443".to_owned()),
                messages: texts.collect(),
                ..RequestFile::default()
            },
            shown: 0,
            scope: Scope {
                variables: values.collect(),
            },
            secrets: named.collect(),
            schema: Some(Schema::from_pool(pool)),
            sources: Vec::new(),
        }
    }

    fn notes(outgoing: &Outgoing, form: CopyForm, credentials: bool) -> Vec<String> {
        let copied = copy(outgoing, form, credentials).unwrap();
        copied.notes.into_iter().map(|note| note.text).collect()
    }

    #[test]
    fn a_copy_tells_the_secrets_of_the_messages_that_are_in_it() {
        let outgoing = outgoing(
            &[
                r#"{"name": "guid {{ to\u006ben ~ '' }}"}"#,
                r#"{"name": "{{ pin|upper }}"}"#,
            ],
            &[("token", "a"), ("pin", "b"), ("id", "c")],
        );
        let words = |name: &str| format!("The copy holds the value of the secret `{name}`");
        assert_eq!(notes(&outgoing, CopyForm::Hex, true), [words("token")]);
        assert_eq!(
            notes(&outgoing, CopyForm::FramedHex, true),
            [words("pin"), words("token")]
        );
    }

    #[test]
    fn a_secret_that_must_be_escaped_in_json_is_told_where_a_variable_stands_for_it() {
        for (value, body, told) in [
            ("x\"y", r#"{"name": "{{ token }}"}"#, true),
            ("x\\y", r#"{"name": "{{ token }}"}"#, true),
            ("x\ny", r#"{"name": "{{ token }}"}"#, true),
            ("x'y é", r#"{"name": "{{ token }}"}"#, false),
            ("x\"y", r#"{"name": "token"}"#, false),
        ] {
            let outgoing = outgoing(&[body], &[("token", value)]);
            for form in [
                CopyForm::Grpcurl(crate::interop::Shell::Bash),
                CopyForm::Stubless,
            ] {
                for (credentials, told) in [(false, told), (true, false)] {
                    let notes = notes(&outgoing, form, credentials);
                    let found = notes.iter().any(|note| note.contains("must be escaped"));
                    assert_eq!(found, told, "{value} {form:?} {credentials}: {notes:?}");
                }
            }
        }
    }
}
