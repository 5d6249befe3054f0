//! A symbol as proto source text, comments included.
//!
//! What is printed compiles again to the same descriptor (tests hold this), except that names of
//! types are full and nested types follow the fields.

use prost_reflect::{
    DescriptorPool, EnumDescriptor, EnumValueDescriptor, ExtensionDescriptor, FieldDescriptor,
    Kind, MessageDescriptor, MethodDescriptor, OneofDescriptor, ServiceDescriptor, Syntax,
};
use prost_types::{FieldDescriptorProto, field_descriptor_proto::Label};

use super::{
    Schema,
    catalogue::{fields_in_order, kind_name, type_name},
    option_text::{option_entries, quote},
};

/// One past the largest field number, which files write as `max`.
const END_OF_FIELD_NUMBERS: u32 = 536_870_912;

/// Describes a service, method (`pkg.S/M` or `pkg.S.M`), message, enum, enum value, field, oneof or
/// extension by full name.
pub fn describe(schema: &Schema, symbol: &str) -> Option<String> {
    let symbol = symbol.trim().trim_start_matches(['.', '/']);
    let pool = schema.pool_of(symbol)?;
    let mut printer = Printer {
        schema,
        pool: pool.clone(),
        out: String::new(),
        depth: 0,
    };
    if let Some(service) = pool.get_service_by_name(symbol) {
        printer.service(&service);
    } else if let Some(message) = pool.get_message_by_name(symbol) {
        printer.message(&message);
    } else if let Some(enumeration) = pool.get_enum_by_name(symbol) {
        printer.enumeration(&enumeration);
    } else if let Some(extension) = pool.get_extension_by_name(symbol) {
        printer.extension(&extension);
    } else if let Some(method) = schema.method(symbol) {
        printer.method(&method);
    } else {
        printer.member(symbol)?;
    }
    Some(printer.out)
}

struct Printer<'a> {
    schema: &'a Schema,
    pool: DescriptorPool,
    out: String,
    depth: usize,
}

impl Printer<'_> {
    fn line(&mut self, text: &str) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn comment(&mut self, file: &str, path: &[i32]) {
        let schema = self.schema;
        for line in schema.comment(file, path).lines() {
            let text = format!("// {line}");
            self.line(text.trim_end());
        }
    }

    fn block(&mut self, head: &str, body: impl FnOnce(&mut Self)) {
        self.line(&format!("{head} {{"));
        let start = self.out.len();
        self.depth += 1;
        body(self);
        self.depth -= 1;
        if self.out.len() == start {
            self.out.truncate(start - 1);
            self.out.push_str("}\n");
        } else {
            self.line("}");
        }
    }

    /// An empty line, unless a block or the text has just begun.
    fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("{\n") && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn options(&mut self, entries: &[String]) {
        for entry in entries {
            self.line(&format!("option {entry};"));
        }
    }

    fn service(&mut self, service: &ServiceDescriptor) {
        self.comment(service.parent_file().name(), service.path());
        self.block(&format!("service {}", service.name()), |printer| {
            printer.options(&option_entries(&service.options()));
            for method in service.methods() {
                printer.gap();
                printer.method(&method);
            }
        });
    }

    fn method(&mut self, method: &MethodDescriptor) {
        let stream = |streams: bool| if streams { "stream " } else { "" };
        let head = format!(
            "rpc {}({}{}) returns ({}{})",
            method.name(),
            stream(method.is_client_streaming()),
            method.input().full_name(),
            stream(method.is_server_streaming()),
            method.output().full_name(),
        );
        self.comment(method.parent_file().name(), method.path());
        let options = option_entries(&method.options());
        if options.is_empty() {
            self.line(&format!("{head};"));
        } else {
            self.block(&head, |printer| printer.options(&options));
        }
    }

    fn message(&mut self, message: &MessageDescriptor) {
        self.comment(message.parent_file().name(), message.path());
        self.block(&format!("message {}", message.name()), |printer| {
            printer.message_body(message);
        });
    }

    /// Recurses once a nested type; descriptors nest at most 100 deep (their decoder's limit).
    fn message_body(&mut self, message: &MessageDescriptor) {
        self.options(&option_entries(&message.options()));
        let ranges: Vec<_> = message.reserved_ranges().map(range_text).collect();
        self.listed("reserved", &ranges);
        let names: Vec<_> = message.reserved_names().map(quote).collect();
        self.listed("reserved", &names);
        for range in &message.descriptor_proto().extension_range {
            let text = |n: Option<i32>| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
            let range = range_text(text(range.start)..text(range.end));
            self.listed("extensions", &[range]);
        }
        let mut shown_oneofs = Vec::new();
        for field in fields_in_order(message) {
            match field.containing_oneof().filter(|o| !o.is_synthetic()) {
                None => self.field(&field, true),
                Some(oneof) if !shown_oneofs.contains(&oneof.name().to_owned()) => {
                    shown_oneofs.push(oneof.name().to_owned());
                    self.oneof(&oneof);
                }
                Some(_) => {}
            }
        }
        let groups = group_types(message);
        for enumeration in message.child_enums() {
            self.gap();
            self.enumeration(&enumeration);
        }
        for nested in message.child_messages() {
            if !nested.is_map_entry() && !groups.contains(&nested) {
                self.gap();
                self.message(&nested);
            }
        }
        for extension in message.child_extensions() {
            self.gap();
            self.extension(&extension);
        }
    }

    fn listed(&mut self, word: &str, items: &[String]) {
        if !items.is_empty() {
            self.line(&format!("{word} {};", items.join(", ")));
        }
    }

    fn oneof(&mut self, oneof: &OneofDescriptor) {
        self.comment(oneof.parent_file().name(), oneof.path());
        self.block(&format!("oneof {}", oneof.name()), |printer| {
            printer.options(&option_entries(&oneof.options()));
            let message = oneof.parent_message();
            for field in fields_in_order(message) {
                if field.containing_oneof().as_ref() == Some(oneof) {
                    printer.field(&field, false);
                }
            }
        });
    }

    fn field(&mut self, field: &FieldDescriptor, labelled: bool) {
        let file = field.parent_file();
        let proto = field.field_descriptor_proto();
        let label = if labelled && !field.is_map() {
            label(proto, file.syntax())
        } else {
            ""
        };
        self.comment(file.name(), field.path());
        let details = details(proto, option_entries(&field.options()));
        match field.kind() {
            Kind::Message(body) if is_written_as_group(field, &body) => {
                let head = format!("{label}group {} = {}{details}", body.name(), field.number());
                self.block(&head, |printer| printer.message_body(&body));
            }
            _ => {
                let name = type_name(field);
                let kind = name.strip_prefix("repeated ").unwrap_or(&name);
                let number = field.number();
                self.line(&format!(
                    "{label}{kind} {} = {number}{details};",
                    field.name()
                ));
            }
        }
    }

    fn extension(&mut self, extension: &ExtensionDescriptor) {
        let extendee = extension.containing_message();
        self.block(&format!("extend {}", extendee.full_name()), |printer| {
            let file = extension.parent_file();
            let proto = extension.field_descriptor_proto();
            printer.comment(file.name(), extension.path());
            let label = label(proto, file.syntax());
            let details = details(proto, option_entries(&extension.options()));
            let number = extension.number();
            match extension.kind() {
                Kind::Message(body) if is_extension_written_as_group(extension, &body) => {
                    let head = format!("{label}group {} = {number}{details}", body.name());
                    printer.block(&head, |printer| printer.message_body(&body));
                }
                kind => printer.line(&format!(
                    "{label}{} {} = {number}{details};",
                    kind_name(&kind),
                    extension.name(),
                )),
            }
        });
    }

    fn enumeration(&mut self, enumeration: &EnumDescriptor) {
        self.comment(enumeration.parent_file().name(), enumeration.path());
        self.block(&format!("enum {}", enumeration.name()), |printer| {
            printer.options(&option_entries(&enumeration.options()));
            let ranges = enumeration.reserved_ranges().map(|range| {
                let end = *range.end();
                match *range.start() {
                    start if start == end => start.to_string(),
                    start if end == i32::MAX => format!("{start} to max"),
                    start => format!("{start} to {end}"),
                }
            });
            printer.listed("reserved", &ranges.collect::<Vec<_>>());
            let names: Vec<_> = enumeration.reserved_names().map(quote).collect();
            printer.listed("reserved", &names);
            // In the order of the file, where `values()` goes by number.
            let names = enumeration.enum_descriptor_proto().value.iter();
            for value in names.filter_map(|v| enumeration.get_value_by_name(v.name())) {
                printer.enum_value(&value);
            }
        });
    }

    fn enum_value(&mut self, value: &EnumValueDescriptor) {
        self.comment(value.parent_file().name(), value.path());
        let options = option_entries(&value.options());
        let options = match options.len() {
            0 => String::new(),
            _ => format!(" [{}]", options.join(", ")),
        };
        self.line(&format!("{} = {}{options};", value.name(), value.number()));
    }

    /// A field, oneof or enum value, by the full name of what holds it and its own.
    fn member(&mut self, symbol: &str) -> Option<()> {
        let (parent, name) = symbol.rsplit_once(['.', '/'])?;
        let pool = self.pool.clone();
        if let Some(message) = pool.get_message_by_name(parent) {
            if let Some(field) = message
                .get_field_by_name(name)
                .or_else(|| message.get_field_by_json_name(name))
            {
                let in_oneof = field.containing_oneof().is_some_and(|o| !o.is_synthetic());
                self.field(&field, !in_oneof);
                return Some(());
            }
            if let Some(oneof) = message.oneofs().find(|oneof| oneof.name() == name) {
                self.oneof(&oneof);
                return Some(());
            }
        }
        // A value's full name is beside its enum; people write it inside.
        let inside = pool
            .get_enum_by_name(parent)
            .and_then(|enumeration| enumeration.get_value_by_name(name));
        let value = inside.or_else(|| {
            pool.all_enums()
                .find_map(|e| e.values().find(|value| value.full_name() == symbol))
        })?;
        self.enum_value(&value);
        Some(())
    }
}

fn label(field: &FieldDescriptorProto, syntax: Syntax) -> &'static str {
    match (field.label(), syntax) {
        (Label::Repeated, _) => "repeated ",
        (Label::Required, _) => "required ",
        (Label::Optional, Syntax::Proto2) => "optional ",
        (Label::Optional, Syntax::Proto3) if field.proto3_optional() => "optional ",
        (Label::Optional, Syntax::Proto3) => "",
    }
}

/// What stands in brackets after a field's number.
fn details(field: &FieldDescriptorProto, options: Vec<String>) -> String {
    let mut entries = Vec::new();
    if let Some(default) = &field.default_value {
        use prost_types::field_descriptor_proto::Type;
        entries.push(match field.r#type() {
            Type::String => format!("default = {}", quote(default)),
            // The descriptor holds bytes already escaped.
            Type::Bytes => format!("default = \"{default}\""),
            _ => format!("default = {default}"),
        });
    }
    if let Some(json_name) = &field.json_name
        && *json_name != usual_json_name(field.name())
        // An extension's is its full name in brackets, and cannot be written.
        && field.extendee.is_none()
    {
        entries.push(format!("json_name = {}", quote(json_name)));
    }
    entries.extend(options);
    match entries.len() {
        0 => String::new(),
        _ => format!(" [{}]", entries.join(", ")),
    }
}

/// The JSON name protoc gives a field: underscores dropped, the letter after each in upper case.
fn usual_json_name(name: &str) -> String {
    let mut json_name = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            json_name.push(c.to_ascii_uppercase());
        } else {
            json_name.push(c);
        }
    }
    json_name
}

fn range_text(range: std::ops::Range<u32>) -> String {
    let last = range.end.saturating_sub(1);
    match range.start {
        start if start == last => start.to_string(),
        start if range.end >= END_OF_FIELD_NUMBERS => format!("{start} to max"),
        start => format!("{start} to {last}"),
    }
}

/// Types that groups of this message define; they are printed with their field.
fn group_types(message: &MessageDescriptor) -> Vec<MessageDescriptor> {
    let of_fields = message.fields().filter_map(|field| match field.kind() {
        Kind::Message(body) if is_written_as_group(&field, &body) => Some(body),
        _ => None,
    });
    let of_extensions = message
        .child_extensions()
        .filter_map(|extension| match extension.kind() {
            Kind::Message(body) if is_extension_written_as_group(&extension, &body) => Some(body),
            _ => None,
        });
    of_fields.chain(of_extensions).collect()
}

/// Whether a field defines its type in its place, as groups do. A field of an edition may be delimited and
/// have any message as its type, also the one it stands in.
fn is_written_as_group(field: &FieldDescriptor, body: &MessageDescriptor) -> bool {
    field.is_group()
        && body.parent_message().as_ref() == Some(field.parent_message())
        && field.name() == body.name().to_lowercase()
}

fn is_extension_written_as_group(
    extension: &ExtensionDescriptor,
    body: &MessageDescriptor,
) -> bool {
    extension.is_group()
        && body.parent_message() == extension.parent_message()
        && extension.name() == body.name().to_lowercase()
}

#[cfg(test)]
mod tests;
