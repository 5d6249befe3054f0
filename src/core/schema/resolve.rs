//! Type names of a parsed file, made full: `Item` becomes `.shop.v1.Item`.
//!
//! prost-reflect would look them up itself, but in all files of a pool: a package of a file that is not
//! imported hides another one there (`config.core.v3.Metadata`, written in `envoy.extensions.filters`,
//! stands for `envoy.config.core.v3.Metadata` until some file declares `envoy.extensions.config`). So names
//! are looked up here, as protoc does: innermost scope first, in the files that a file can see. What a
//! name stands for is written beside it, since a delimited field of an imported enum is no group. Names
//! that are not found stay as they are, for prost-reflect to complain about.
//!
//! Works on wire bytes, since prost's types would lose custom options.
//! Spec: `DescriptorBuilder::LookupSymbolNoPlaceholder` of protobuf's `descriptor.cc`.

use std::collections::HashMap;

use prost::Message as _;
use prost_types::UninterpretedOption;

use super::{
    scan::{TokenKind, Tokens},
    wire::{Fields, Value, put_bytes, put_varint},
};

/// Nesting of messages in a descriptor; the decoders behind stop at the same depth.
const MAX_DEPTH: usize = 100;

/// What a full name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    Package,
    Message,
    Enum,
    /// A service: as a package it holds names, but is no type.
    Service,
    /// An extension, a field, a value: nothing is inside.
    Leaf,
}

impl Symbol {
    fn has_names_inside(self) -> bool {
        !matches!(self, Self::Leaf)
    }

    fn is_type(self) -> bool {
        matches!(self, Self::Message | Self::Enum)
    }
}

/// Looks up a full name, without a leading dot, in the files that a file imports.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<Symbol>;

/// The serialized file with full names; `None` where it has none that are not.
///
/// # Errors
/// The reason, when the bytes are no file descriptor.
pub(super) fn resolve(file: &[u8], lookup: Lookup<'_>) -> Result<Option<Vec<u8>>, String> {
    let mut package = String::new();
    for field in Fields::new(file) {
        let field = field?;
        if let (tag::file::PACKAGE, Value::Bytes(text)) = (field.tag, field.value) {
            package = String::from_utf8_lossy(text).into_owned();
        }
    }
    let mut own = HashMap::new();
    let mut outer = package.as_str();
    while !outer.is_empty() {
        own.insert(outer.to_owned(), Symbol::Package);
        outer = outer.rsplit_once('.').map_or("", |(outer, _)| outer);
    }
    collect(file, &package, Kind::File, 0, &mut own)?;
    let resolver = Resolver { own, lookup };
    let resolved = resolver.rewrite(file, &package, Kind::File, 0)?;
    Ok((resolved != file).then_some(resolved))
}

/// Field numbers of the descriptors.
mod tag {
    pub(crate) mod file {
        pub(crate) const PACKAGE: u32 = 2;
    }
    pub(crate) const NAME: u32 = 1;
    pub(crate) mod field {
        pub(crate) const EXTENDEE: u32 = 2;
        pub(crate) const TYPE: u32 = 5;
        pub(crate) const TYPE_NAME: u32 = 6;
    }
    pub(crate) mod method {
        pub(crate) const INPUT: u32 = 2;
        pub(crate) const OUTPUT: u32 = 3;
    }
    /// In options of every kind.
    pub(crate) const UNINTERPRETED_OPTION: u32 = 999;
}

const TYPE_GROUP: u64 = 10;
const TYPE_MESSAGE: u64 = 11;
const TYPE_ENUM: u64 = 14;

/// What a serialized part of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Message,
    Field,
    Oneof,
    Range,
    Enum,
    Value,
    Service,
    Method,
    Options,
}

impl Kind {
    /// What the field `tag` holds.
    fn inside(self, tag: u32) -> Option<Self> {
        Some(match (self, tag) {
            (Self::File, 4) | (Self::Message, 3) => Self::Message,
            (Self::File, 5) | (Self::Message, 4) => Self::Enum,
            (Self::File, 7) | (Self::Message, 2 | 6) => Self::Field,
            (Self::File, 6) => Self::Service,
            (Self::Message, 5) => Self::Range,
            (Self::Message, 8) => Self::Oneof,
            (Self::Enum, 2) => Self::Value,
            (Self::Service, 2) => Self::Method,
            (Self::File | Self::Field, 8)
            | (Self::Message, 7)
            | (Self::Oneof, 2)
            | (Self::Range | Self::Enum | Self::Value | Self::Service, 3)
            | (Self::Method, 4) => Self::Options,
            _ => return None,
        })
    }

    /// Where it has its extensions.
    fn extensions(self) -> Option<u32> {
        match self {
            Self::File => Some(7),
            Self::Message => Some(6),
            _ => None,
        }
    }

    /// Whether its name is a scope of what is inside.
    fn is_scope(self) -> bool {
        matches!(self, Self::Message | Self::Service | Self::Enum)
    }
}

/// Lists what a part of a file defines.
fn collect(
    bytes: &[u8],
    scope: &str,
    kind: Kind,
    depth: usize,
    own: &mut HashMap<String, Symbol>,
) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    for field in Fields::new(bytes) {
        let field = field?;
        let (Value::Bytes(inner), Some(part)) = (field.value, kind.inside(field.tag)) else {
            continue;
        };
        let symbol = match part {
            Kind::Message => Symbol::Message,
            Kind::Enum => Symbol::Enum,
            Kind::Service => Symbol::Service,
            Kind::Field if kind.extensions() == Some(field.tag) => Symbol::Leaf,
            _ => continue,
        };
        let full_name = join(scope, &name_of(inner)?);
        if part == Kind::Message {
            collect(inner, &full_name, part, depth + 1, own)?;
        }
        own.insert(full_name, symbol);
    }
    Ok(())
}

fn too_deep() -> String {
    format!("messages are nested more than {MAX_DEPTH} levels deep")
}

struct Resolver<'a> {
    /// What the file itself defines.
    own: HashMap<String, Symbol>,
    lookup: Lookup<'a>,
}

impl Resolver<'_> {
    fn symbol(&self, full_name: &str) -> Option<Symbol> {
        let own = self.own.get(full_name).copied();
        own.or_else(|| (self.lookup)(full_name))
    }

    /// Copies a part of a file with the names in it made full.
    fn rewrite(
        &self,
        bytes: &[u8],
        scope: &str,
        kind: Kind,
        depth: usize,
    ) -> Result<Vec<u8>, String> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        match kind {
            Kind::Field => return self.field(bytes, scope),
            Kind::Options => return self.options(bytes, scope),
            _ => {}
        }
        let inner_scope = match kind {
            kind if kind.is_scope() => join(scope, &name_of(bytes)?),
            _ => scope.to_owned(),
        };
        let mut copy = Vec::with_capacity(bytes.len() + 16);
        for field in Fields::new(bytes) {
            let field = field?;
            let Value::Bytes(inner) = field.value else {
                copy.extend_from_slice(field.raw);
                continue;
            };
            if let Some(part) = kind.inside(field.tag) {
                let part = self.rewrite(inner, &inner_scope, part, depth + 1)?;
                put_bytes(field.tag, &part, &mut copy);
            } else if kind == Kind::Method
                && matches!(field.tag, tag::method::INPUT | tag::method::OUTPUT)
                && !inner.starts_with(b".")
                && let Some((full_name, _)) = self.type_named(inner, scope)
            {
                put_bytes(field.tag, full_name.as_bytes(), &mut copy);
            } else {
                copy.extend_from_slice(field.raw);
            }
        }
        Ok(copy)
    }

    fn field(&self, bytes: &[u8], scope: &str) -> Result<Vec<u8>, String> {
        let mut written = 0;
        let mut named = None;
        for field in Fields::new(bytes) {
            let field = field?;
            match (field.tag, field.value) {
                (tag::field::TYPE, Value::Varint(number)) => written = number,
                (tag::field::TYPE_NAME, Value::Bytes(name)) => named = Some(name),
                _ => {}
            }
        }
        // Of a full name with its kind nothing is left to say.
        let named = named.filter(|name| written == 0 || !name.starts_with(b"."));
        let named = named.and_then(|name| self.type_named(name, scope));
        let kind = match (named.as_ref().map(|(_, symbol)| symbol), written) {
            (Some(Symbol::Enum), 0 | TYPE_GROUP | TYPE_MESSAGE) => TYPE_ENUM,
            (Some(Symbol::Message), 0) => TYPE_MESSAGE,
            _ => written,
        };
        let mut copy = Vec::with_capacity(bytes.len() + 16);
        for field in Fields::new(bytes) {
            let field = field?;
            match (field.tag, field.value) {
                (tag::field::TYPE, _) => put_varint(field.tag, kind, &mut copy),
                (tag::field::TYPE_NAME, _) if named.is_some() => {
                    let full_name = named.as_ref().map_or("", |(name, _)| name);
                    put_bytes(field.tag, full_name.as_bytes(), &mut copy);
                }
                (tag::field::EXTENDEE, Value::Bytes(name)) if !name.starts_with(b".") => {
                    match self.type_named(name, scope) {
                        Some((full_name, _)) => {
                            put_bytes(field.tag, full_name.as_bytes(), &mut copy);
                        }
                        None => copy.extend_from_slice(field.raw),
                    }
                }
                (_, Value::Bytes(inner)) if Kind::Field.inside(field.tag).is_some() => {
                    put_bytes(field.tag, &self.options(inner, scope)?, &mut copy);
                }
                _ => copy.extend_from_slice(field.raw),
            }
        }
        if written == 0 && kind != 0 {
            put_varint(tag::field::TYPE, kind, &mut copy);
        }
        Ok(copy)
    }

    /// Extensions that options name, which a parser leaves to others.
    fn options(&self, bytes: &[u8], scope: &str) -> Result<Vec<u8>, String> {
        let mut copy = Vec::with_capacity(bytes.len() + 16);
        for field in Fields::new(bytes) {
            let field = field?;
            match (field.tag, field.value) {
                (tag::UNINTERPRETED_OPTION, Value::Bytes(inner)) => {
                    let mut option = UninterpretedOption::decode(inner)
                        .map_err(|error| format!("the bytes are no option: {error}"))?;
                    for part in option.name.iter_mut().filter(|part| part.is_extension) {
                        if let Some((full_name, _)) = self.find(&part.name_part, scope, |_| true) {
                            part.name_part = format!(".{full_name}");
                        }
                    }
                    if let Some(text) = &option.aggregate_value {
                        option.aggregate_value = Some(self.aggregate(text, scope));
                    }
                    put_bytes(field.tag, &option.encode_to_vec(), &mut copy);
                }
                _ => copy.extend_from_slice(field.raw),
            }
        }
        Ok(copy)
    }

    /// `{ [Item.ext]: 1 }` with full names, which the text format has to have; `[host/a.b]` is an Any, and a
    /// list begins behind a colon.
    fn aggregate(&self, text: &str, scope: &str) -> String {
        let tokens: Vec<_> = Tokens::new(text).collect();
        let mut copy = String::with_capacity(text.len());
        let mut copied = 0;
        for (index, open) in tokens.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| tokens.get(before));
            let is_list = before.is_some_and(|it| it.kind == TokenKind::Symbol(b':'));
            if open.kind != TokenKind::Symbol(b'[') || is_list {
                continue;
            }
            let inside = tokens.iter().skip(index + 1);
            let parts: Vec<_> = inside
                .take_while(|it| matches!(it.kind, TokenKind::Word | TokenKind::Symbol(b'.')))
                .collect();
            let close = tokens.get(index + 1 + parts.len());
            let Some(close) = close.filter(|it| it.kind == TokenKind::Symbol(b']')) else {
                continue;
            };
            let name: String = parts.iter().map(|part| part.text).collect();
            if let Some((full_name, _)) = self.find(&name, scope, |_| true) {
                copy.push_str(text.get(copied..=open.start).unwrap_or_default());
                copy.push_str(&full_name);
                copied = close.start;
            }
        }
        copy.push_str(text.get(copied..).unwrap_or_default());
        copy
    }

    /// The full name of a type, with its leading dot, and what it is; `None` where it is not found.
    fn type_named(&self, name: &[u8], scope: &str) -> Option<(String, Symbol)> {
        let name = std::str::from_utf8(name).ok()?;
        let (full_name, symbol) = self.find(name, scope, Symbol::is_type)?;
        symbol.is_type().then(|| (format!(".{full_name}"), symbol))
    }

    /// Looks a name up, innermost scope first. Of a compound name the first part decides: where it is
    /// found, the rest has to be inside.
    fn find(
        &self,
        name: &str,
        scope: &str,
        fits: impl Fn(Symbol) -> bool,
    ) -> Option<(String, Symbol)> {
        let found = |full_name: String| {
            let symbol = self.symbol(&full_name)?;
            Some((full_name, symbol))
        };
        if let Some(full_name) = name.strip_prefix('.') {
            return found(full_name.to_owned());
        }
        let first = name.split('.').next().unwrap_or_default();
        let mut scope = scope;
        loop {
            match self.symbol(&join(scope, first)) {
                Some(symbol) if first.len() < name.len() && symbol.has_names_inside() => {
                    return found(join(scope, name));
                }
                Some(symbol) if first.len() == name.len() && fits(symbol) => {
                    return Some((join(scope, name), symbol));
                }
                _ => {}
            }
            scope = match scope.rsplit_once('.') {
                Some((outer, _)) => outer,
                None if scope.is_empty() => return None,
                None => "",
            };
        }
    }
}

/// The name of a message, an enum or a service; all have it in the same field.
fn name_of(bytes: &[u8]) -> Result<String, String> {
    let mut name = String::new();
    for field in Fields::new(bytes) {
        let field = field?;
        if let (tag::NAME, Value::Bytes(text)) = (field.tag, field.value) {
            name = String::from_utf8_lossy(text).into_owned();
        }
    }
    Ok(name)
}

/// A name inside a scope.
fn join(scope: &str, name: &str) -> String {
    match scope {
        "" => name.to_owned(),
        scope => format!("{scope}.{name}"),
    }
}

#[cfg(test)]
mod tests;
