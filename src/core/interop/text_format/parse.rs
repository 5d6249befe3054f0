//! Text format to wire bytes.

use std::collections::HashSet;

use prost_reflect::{Kind, MessageDescriptor};

use super::{
    Fault, MAX_DEPTH, TextError,
    lexer::{Lexer, Token, TokenKind},
    scalar,
};
use crate::{
    message::raw::{
        Field, Scalar, closest,
        wire::{Wire, WireType},
    },
    schema::Schema,
};

/// Reads a message. An `Any` may be written out with its type, which is looked up in the message's own
/// pool and in a schema.
///
/// # Errors
/// The first mistake.
pub fn parse(
    text: &str,
    message: &MessageDescriptor,
    schema: Option<&Schema>,
) -> Result<Vec<u8>, TextError> {
    let mut parser = Parser {
        lexer: Lexer::new(text),
        schema,
        out: Wire::with_capacity(text.len()),
        depth: 0,
    };
    match parser.message(message, None) {
        Ok(()) => Ok(parser.out.into_bytes()),
        Err(fault) => Err(fault.located(text)),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    schema: Option<&'a Schema>,
    out: Wire,
    depth: usize,
}

/// What of a message was given, to find what was given twice.
#[derive(Default)]
struct Given {
    fields: HashSet<u32>,
    oneofs: HashSet<String>,
}

impl Parser<'_> {
    /// Fields up to a closing bracket, or to the end.
    fn message(&mut self, message: &MessageDescriptor, close: Option<char>) -> Result<(), Fault> {
        let mut given = Given::default();
        loop {
            let token = self.lexer.next()?;
            match (token.kind, close) {
                (TokenKind::End, None) => return Ok(()),
                (TokenKind::Symbol(symbol), Some(close)) if symbol == close => return Ok(()),
                (TokenKind::End, Some(close)) => {
                    let text = format!("the text ends where `{close}` is missing");
                    return Err(Fault::new(token.at, text));
                }
                (TokenKind::Symbol('['), _) => self.bracketed(message, &mut given)?,
                (TokenKind::Name(name), _) => self.named(message, token.at, name, &mut given)?,
                (TokenKind::Number(number), _) => self.numbered(message, token.at, number)?,
                (TokenKind::Text(_), _) => {
                    return Err(
                        Fault::new(token.at, "expected a field's name, found a string")
                            .hint("in text format names stand without quotes"),
                    );
                }
                (kind @ TokenKind::Symbol(_), _) => {
                    let text = format!("expected a field's name, found {}", kind.describe());
                    return Err(Fault::new(token.at, text));
                }
            }
            self.lexer.take(",;")?;
        }
    }

    /// A field by its name.
    fn named(
        &mut self,
        message: &MessageDescriptor,
        at: usize,
        name: &str,
        given: &mut Given,
    ) -> Result<(), Fault> {
        let field = field_of(message, name);
        match field {
            Some(field) => self.field(message, &field, at, given),
            None if message.reserved_names().any(|reserved| reserved == name) => self.skip(),
            None => Err(unknown_field(message, at, name)),
        }
    }

    /// `[pkg.extension]`, or `[type.googleapis.com/pkg.Type]` in an `Any`.
    fn bracketed(&mut self, message: &MessageDescriptor, given: &mut Given) -> Result<(), Fault> {
        let (at, name) = self.lexer.bracketed()?;
        if name.contains('/') {
            return self.any(message, at, &name);
        }
        match message.get_extension_by_full_name(&name) {
            Some(extension) => {
                let field = Field::Extension(extension);
                self.field(message, &field, at, given)
            }
            None => Err(Fault::new(
                at,
                format!("`{}` has no extension `{name}`", message.full_name()),
            )
            .hint("extensions are known from the files that define them")),
        }
    }

    fn field(
        &mut self,
        message: &MessageDescriptor,
        field: &Field,
        at: usize,
        given: &mut Given,
    ) -> Result<(), Fault> {
        let twice = |what: String| {
            Fault::new(at, what).hint("only a repeated field may be given more than once")
        };
        if !field.is_repeated() && !given.fields.insert(field.number()) {
            return Err(twice(format!("{} is given twice", shown(message, field))));
        }
        if let Some(oneof) = field.oneof()
            && !given.oneofs.insert(oneof.clone())
        {
            return Err(Fault::new(
                at,
                format!("of the fields of the oneof `{oneof}` only one can be set"),
            ));
        }
        let colon = self.lexer.take(":")?.is_some();
        if let Kind::Message(inner) = field.kind() {
            return self.messages(field, &inner);
        }
        if !colon {
            let token = self.lexer.peek()?;
            let found = token.kind.describe();
            return Err(Fault::new(token.at, format!("expected `:`, found {found}")));
        }
        if self.lexer.peek()?.kind == TokenKind::Symbol('[') {
            return self.list(field);
        }
        let packed = field.is_packed();
        self.scalars(field, packed, |parser, field| {
            parser.scalar(field).map(|value| vec![value])
        })
    }

    /// `[1, 2]`
    fn list(&mut self, field: &Field) -> Result<(), Fault> {
        let open = self.lexer.next()?;
        if !field.is_repeated() {
            return Err(Fault::new(
                open.at,
                "a list is given where one value belongs",
            ));
        }
        let packed = field.is_packed();
        self.scalars(field, packed, |parser, field| {
            let mut values = Vec::new();
            if parser.lexer.take("]")?.is_some() {
                return Ok(values);
            }
            loop {
                values.push(parser.scalar(field)?);
                let token = parser.lexer.next()?;
                match token.kind {
                    TokenKind::Symbol(',') => {}
                    TokenKind::Symbol(']') => return Ok(values),
                    other => {
                        let text = format!("expected `,` or `]`, found {}", other.describe());
                        return Err(Fault::new(token.at, text));
                    }
                }
            }
        })
    }

    /// Writes scalars, behind one tag where they are packed.
    fn scalars(
        &mut self,
        field: &Field,
        packed: bool,
        read: impl FnOnce(&mut Self, &Field) -> Result<Vec<Scalar<'static>>, Fault>,
    ) -> Result<(), Fault> {
        let values = read(self, field)?;
        if packed && !values.is_empty() {
            self.out.tag(field.number(), WireType::Length);
            let mark = self.out.begin();
            for value in &values {
                value.write(&mut self.out);
            }
            self.out.end(mark);
            return Ok(());
        }
        let keeps_default = field.is_repeated() || field.has_presence();
        for value in values {
            if keeps_default || !value.is_default() {
                self.out.tag(field.number(), value.wire_type());
                value.write(&mut self.out);
            }
        }
        Ok(())
    }

    fn scalar(&mut self, field: &Field) -> Result<Scalar<'static>, Fault> {
        let negative = self.lexer.take("-")?.is_some();
        let mut token = self.lexer.next()?;
        // Literals that stand side by side are one.
        if let TokenKind::Text(bytes) = &mut token.kind {
            while let TokenKind::Text(more) = &self.lexer.peek()?.kind {
                bytes.extend_from_slice(more);
                self.lexer.next()?;
            }
        }
        scalar::read(&field.kind(), negative, token)
    }

    /// `{ … }`, or a list of them.
    fn messages(&mut self, field: &Field, inner: &MessageDescriptor) -> Result<(), Fault> {
        let open = self.lexer.next()?;
        if open.kind != TokenKind::Symbol('[') {
            return self.submessage(field, inner, &open);
        }
        if !field.is_repeated() {
            return Err(Fault::new(
                open.at,
                "a list is given where one value belongs",
            ));
        }
        if self.lexer.take("]")?.is_some() {
            return Ok(());
        }
        loop {
            let open = self.lexer.next()?;
            self.submessage(field, inner, &open)?;
            let token = self.lexer.next()?;
            match token.kind {
                TokenKind::Symbol(',') => {}
                TokenKind::Symbol(']') => return Ok(()),
                other => {
                    let text = format!("expected `,` or `]`, found {}", other.describe());
                    return Err(Fault::new(token.at, text));
                }
            }
        }
    }

    fn submessage(
        &mut self,
        field: &Field,
        inner: &MessageDescriptor,
        open: &Token<'_>,
    ) -> Result<(), Fault> {
        let close = closing(open).ok_or_else(|| {
            let found = open.kind.describe();
            Fault::new(open.at, format!("expected `{{`, found {found}"))
                .hint(format!("it is a message, `{}`", inner.full_name()))
        })?;
        self.descend(open.at)?;
        let number = field.number();
        if field.is_group() {
            self.out.tag(number, WireType::GroupStart);
            self.message(inner, Some(close))?;
            self.out.tag(number, WireType::GroupEnd);
        } else if field.is_item() {
            self.out.tag(1, WireType::GroupStart);
            self.out.tag(2, WireType::Varint);
            self.out.varint(u64::from(number));
            self.out.tag(3, WireType::Length);
            let mark = self.out.begin();
            self.message(inner, Some(close))?;
            self.out.end(mark);
            self.out.tag(1, WireType::GroupEnd);
        } else {
            self.out.tag(number, WireType::Length);
            let mark = self.out.begin();
            self.message(inner, Some(close))?;
            self.out.end(mark);
        }
        self.depth -= 1;
        Ok(())
    }

    fn descend(&mut self, at: usize) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let text = format!("messages are nested deeper than {MAX_DEPTH}");
            return Err(Fault::new(at, text));
        }
        Ok(())
    }

    /// What an `Any` holds, written out.
    fn any(&mut self, message: &MessageDescriptor, at: usize, url: &str) -> Result<(), Fault> {
        if message.full_name() != "google.protobuf.Any" {
            return Err(Fault::new(
                at,
                format!(
                    "a type in brackets stands in an Any alone, not in `{}`",
                    message.full_name()
                ),
            ));
        }
        let name = url.rsplit('/').next().unwrap_or(url);
        let pool = message.parent_pool();
        let known = pool
            .get_message_by_name(name)
            .or_else(|| self.schema?.message(name));
        let inner = known.ok_or_else(|| {
            Fault::new(at, format!("the type `{name}` is not known"))
                .hint("add the proto file that defines it")
        })?;
        self.lexer.take(":")?;
        let open = self.lexer.next()?;
        let close = closing(&open).ok_or_else(|| {
            let found = open.kind.describe();
            Fault::new(open.at, format!("expected `{{`, found {found}"))
        })?;
        self.descend(open.at)?;
        self.out.tag(1, WireType::Length);
        self.out.length_prefixed(url.as_bytes());
        let begin = self.out.len();
        self.out.tag(2, WireType::Length);
        let mark = self.out.begin();
        let inside = self.out.len();
        self.message(&inner, Some(close))?;
        if self.out.len() == inside {
            // Without presence, an empty value is none.
            self.out.truncate(begin);
        } else {
            self.out.end(mark);
        }
        self.depth -= 1;
        Ok(())
    }

    /// A field by its number, as unknown ones are printed.
    fn numbered(
        &mut self,
        message: &MessageDescriptor,
        at: usize,
        number: &str,
    ) -> Result<(), Fault> {
        let wrong = || {
            Fault::new(
                at,
                format!("expected a field's name, found the number {number}"),
            )
        };
        let number: u32 = number.parse().map_err(|_| wrong())?;
        if number == 0 || number > 0x1fff_ffff {
            return Err(wrong().hint("field numbers go from 1 to 536870911"));
        }
        if let Some(field) = message.get_field(number) {
            let text = format!(
                "the field {number} is written by its name, `{}`",
                field.name()
            );
            return Err(Fault::new(at, text));
        }
        let colon = self.lexer.take(":")?.is_some();
        let token = self.lexer.next()?;
        if let Some(close) = closing(&token) {
            self.descend(token.at)?;
            self.out.tag(number, WireType::Length);
            let mark = self.out.begin();
            self.unknown_fields(close)?;
            self.out.end(mark);
            self.depth -= 1;
            return Ok(());
        }
        if !colon {
            let found = token.kind.describe();
            return Err(Fault::new(token.at, format!("expected `:`, found {found}")));
        }
        let value = scalar::unknown(token)?;
        self.out.tag(number, value.wire_type());
        value.write(&mut self.out);
        Ok(())
    }

    fn unknown_fields(&mut self, close: char) -> Result<(), Fault> {
        loop {
            let token = self.lexer.next()?;
            match token.kind {
                TokenKind::Symbol(symbol) if symbol == close => return Ok(()),
                TokenKind::Number(number) => self.numbered_unknown(token.at, number)?,
                other => {
                    let text = format!("expected a field's number, found {}", other.describe());
                    return Err(Fault::new(token.at, text));
                }
            }
            self.lexer.take(",;")?;
        }
    }

    fn numbered_unknown(&mut self, at: usize, number: &str) -> Result<(), Fault> {
        let parsed = number.parse::<u32>().ok();
        let Some(number) = parsed.filter(|n| (1..=0x1fff_ffff).contains(n)) else {
            return Err(Fault::new(at, format!("{number} is no field's number")));
        };
        self.lexer.take(":")?;
        let token = self.lexer.next()?;
        let Some(close) = closing(&token) else {
            let value = scalar::unknown(token)?;
            self.out.tag(number, value.wire_type());
            value.write(&mut self.out);
            return Ok(());
        };
        self.descend(token.at)?;
        self.out.tag(number, WireType::Length);
        let mark = self.out.begin();
        self.unknown_fields(close)?;
        self.out.end(mark);
        self.depth -= 1;
        Ok(())
    }

    /// Skips the value of a field whose name is reserved.
    fn skip(&mut self) -> Result<(), Fault> {
        self.lexer.take(":")?;
        let mut open = 0_usize;
        loop {
            let token = self.lexer.next()?;
            match token.kind {
                TokenKind::Symbol('{' | '<' | '[') => open += 1,
                TokenKind::Symbol('}' | '>' | ']') => open = open.saturating_sub(1),
                TokenKind::Symbol('-') => continue,
                TokenKind::End => {
                    return Err(Fault::new(
                        token.at,
                        "the text ends in the middle of a field",
                    ));
                }
                _ => {}
            }
            let joined = matches!(self.lexer.peek()?.kind, TokenKind::Text(_));
            if open == 0 && !joined {
                return Ok(());
            }
        }
    }
}

fn closing(token: &Token<'_>) -> Option<char> {
    match token.kind {
        TokenKind::Symbol('{') => Some('}'),
        TokenKind::Symbol('<') => Some('>'),
        _ => None,
    }
}

/// A field by its name. A group goes by the name of its type.
fn field_of(message: &MessageDescriptor, name: &str) -> Option<Field> {
    let own = message.get_field_by_name(name);
    let group = || {
        let lower = name.to_ascii_lowercase();
        let field = message.get_field_by_name(&lower)?;
        let is_type = |kind: Kind| matches!(kind, Kind::Message(inner) if inner.name() == name);
        (field.is_group() && is_type(field.kind())).then_some(field)
    };
    own.or_else(group).map(Field::Own)
}

fn shown(message: &MessageDescriptor, field: &Field) -> String {
    let own = message.get_field(field.number());
    match (field, own) {
        (Field::Own(_), Some(own)) => format!("`{}`", own.name()),
        (Field::Extension(extension), _) => format!("`[{}]`", extension.full_name()),
        (Field::Own(_), None) => format!("field {}", field.number()),
    }
}

fn unknown_field(message: &MessageDescriptor, at: usize, name: &str) -> Fault {
    let fault = Fault::new(
        at,
        format!("`{}` has no field `{name}`", message.full_name()),
    );
    if let Some(field) = message.get_field_by_json_name(name) {
        return fault.hint(format!("in text format it is `{}`", field.name()));
    }
    let names: Vec<String> = message.fields().map(|f| f.name().to_owned()).collect();
    match closest(name, names.iter().map(String::as_str)) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None => fault,
    }
}
