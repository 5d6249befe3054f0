//! A symbol as proto source text, comments included.
//!
//! What is printed compiles again to the same descriptor (tests hold this), except that names of
//! types are full and nested types follow the fields.

mod field;

use std::collections::HashSet;

use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, EnumValueDescriptor, ExtensionDescriptor,
    FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, OneofDescriptor, ServiceDescriptor,
};

use super::{
    Schema,
    catalogue::{fields_in_order, kind_name},
    is_closed,
    option_text::{option_entries, quote},
};
use field::{
    details, edition_details, group_types, is_extension_written_as_group, is_written_as_group,
    label, range_text,
};

pub(super) use field::{extension_groups, is_unsayable};

/// Describes a service, method (`pkg.S/M` or `pkg.S.M`), message, enum, enum value, field, oneof or
/// extension by full name.
pub fn describe(schema: &Schema, symbol: &str) -> Option<String> {
    let symbol = symbol.trim().trim_start_matches(['.', '/']);
    describe_in(schema, &schema.pool_of(symbol)?, symbol)
}

/// The same, from a pool of the schema that has the symbol.
pub(super) fn describe_in(schema: &Schema, pool: &DescriptorPool, symbol: &str) -> Option<String> {
    let mut printer = Printer::new(schema, pool.clone());
    if let Some(service) = pool.get_service_by_name(symbol) {
        printer.service(&service);
    } else if let Some(message) = pool.get_message_by_name(symbol) {
        printer.message(&message);
    } else if let Some(enumeration) = pool.get_enum_by_name(symbol) {
        printer.enumeration(&enumeration);
    } else if let Some(extension) = pool.get_extension_by_name(symbol) {
        printer.extension(&extension);
    } else if let Some(method) = method_in(pool, symbol) {
        printer.method(&method);
    } else {
        printer.member(symbol)?;
    }
    Some(printer.out)
}

fn method_in(pool: &DescriptorPool, symbol: &str) -> Option<MethodDescriptor> {
    let (service, name) = symbol.rsplit_once(['/', '.'])?;
    let service = pool.get_service_by_name(service)?;
    service.methods().find(|method| method.name() == name)
}

/// Prints descriptors, each at the depth it stands at.
pub(super) struct Printer<'a> {
    schema: &'a Schema,
    pool: DescriptorPool,
    pub(super) out: String,
    depth: usize,
    /// What is printed is the body of a file of edition 2023.
    edition: bool,
    /// Names that hide the first part of a full name: such a name is written with a dot before it.
    hiding: HashSet<String>,
}

impl<'a> Printer<'a> {
    pub(super) fn new(schema: &'a Schema, pool: DescriptorPool) -> Self {
        Self {
            schema,
            pool,
            out: String::new(),
            depth: 0,
            edition: false,
            hiding: HashSet::new(),
        }
    }

    /// A printer for the body of a file: names mean what they say wherever they stand.
    pub(super) fn for_file(
        schema: &'a Schema,
        pool: DescriptorPool,
        edition: bool,
        hiding: HashSet<String>,
    ) -> Self {
        Self {
            edition,
            hiding,
            ..Self::new(schema, pool)
        }
    }
}

impl Printer<'_> {
    pub(super) fn line(&mut self, text: &str) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    pub(super) fn comment(&mut self, file: &str, path: &[i32]) {
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
    pub(super) fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("{\n") && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// A full name as it can be written here.
    fn full<'n>(&self, name: &'n str) -> std::borrow::Cow<'n, str> {
        let first = name.split('.').next().unwrap_or(name);
        if self.hiding.contains(first) {
            format!(".{name}").into()
        } else {
            name.into()
        }
    }

    fn kind(&self, kind: &Kind) -> String {
        match kind {
            Kind::Message(message) => self.full(message.full_name()).into_owned(),
            Kind::Enum(enumeration) => self.full(enumeration.full_name()).into_owned(),
            scalar => kind_name(scalar),
        }
    }

    /// Options as they are written; features of editions are printed where they are needed.
    pub(super) fn entries(&self, options: &DynamicMessage) -> Vec<String> {
        let mut entries = option_entries(options);
        entries.retain(|entry| {
            let name = entry.split(' ').next().unwrap_or_default();
            name != "features" && !(self.edition && name == "packed")
        });
        for entry in &mut entries {
            let hidden = entry.strip_prefix('(').is_some_and(|name| {
                let first = name.split(['.', ')']).next().unwrap_or_default();
                self.hiding.contains(first)
            });
            if hidden {
                entry.insert(1, '.');
            }
        }
        entries
    }

    pub(super) fn options(&mut self, entries: &[String]) {
        for entry in entries {
            self.line(&format!("option {entry};"));
        }
    }

    pub(super) fn service(&mut self, service: &ServiceDescriptor) {
        self.comment(service.parent_file().name(), service.path());
        self.block(&format!("service {}", service.name()), |printer| {
            printer.options(&printer.entries(&service.options()));
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
            self.full(method.input().full_name()),
            stream(method.is_server_streaming()),
            self.full(method.output().full_name()),
        );
        self.comment(method.parent_file().name(), method.path());
        let options = self.entries(&method.options());
        if options.is_empty() {
            self.line(&format!("{head};"));
        } else {
            self.block(&head, |printer| printer.options(&options));
        }
    }

    pub(super) fn message(&mut self, message: &MessageDescriptor) {
        self.comment(message.parent_file().name(), message.path());
        self.block(&format!("message {}", message.name()), |printer| {
            printer.message_body(message);
        });
    }

    /// Recurses once a nested type; descriptors nest at most 100 deep (their decoder's limit).
    fn message_body(&mut self, message: &MessageDescriptor) {
        self.options(&self.entries(&message.options()));
        let ranges: Vec<_> = message.reserved_ranges().map(range_text).collect();
        self.listed("reserved", &ranges);
        self.reserved_names(message.reserved_names());
        self.extension_ranges(message);
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
        let groups = if self.edition {
            Vec::new()
        } else {
            group_types(message)
        };
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

    fn extension_ranges(&mut self, message: &MessageDescriptor) {
        let ranges = &message.descriptor_proto().extension_range;
        if ranges.is_empty() {
            return;
        }
        let options = field::range_options(message);
        for (i, range) in ranges.iter().enumerate() {
            let number = |n: Option<i32>| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
            let range = range_text(number(range.start)..number(range.end));
            let options = options.get(i).map(|it| self.entries(it));
            let options = options.filter(|it| !it.is_empty());
            let options = options.map(|it| format!(" [{}]", it.join(", ")));
            self.line(&format!(
                "extensions {range}{};",
                options.unwrap_or_default()
            ));
        }
    }

    /// Editions write names as they are, the syntaxes before as strings.
    fn reserved_names<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        let names: Vec<_> = if self.edition {
            names.map(str::to_owned).collect()
        } else {
            names.map(quote).collect()
        };
        self.listed("reserved", &names);
    }

    fn listed(&mut self, word: &str, items: &[String]) {
        if !items.is_empty() {
            self.line(&format!("{word} {};", items.join(", ")));
        }
    }

    fn oneof(&mut self, oneof: &OneofDescriptor) {
        self.comment(oneof.parent_file().name(), oneof.path());
        self.block(&format!("oneof {}", oneof.name()), |printer| {
            printer.options(&printer.entries(&oneof.options()));
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
            label(proto, file.syntax(), self.edition)
        } else {
            ""
        };
        self.comment(file.name(), field.path());
        let mut options = self.entries(&field.options());
        if self.edition {
            let implicit = labelled && !field.supports_presence();
            options.extend(edition_details(proto, field.is_packed(), implicit));
        }
        let details = details(proto, options);
        let number = field.number();
        match field.kind() {
            Kind::Message(body) if !self.edition && is_written_as_group(field, &body) => {
                let head = format!("{label}group {} = {number}{details}", body.name());
                self.block(&head, |printer| printer.message_body(&body));
            }
            Kind::Message(entry) if field.is_map() => {
                let key = kind_name(&entry.map_entry_key_field().kind());
                let value = self.kind(&entry.map_entry_value_field().kind());
                let name = field.name();
                self.line(&format!("map<{key}, {value}> {name} = {number}{details};"));
            }
            kind => {
                let kind = self.kind(&kind);
                self.line(&format!(
                    "{label}{kind} {} = {number}{details};",
                    field.name()
                ));
            }
        }
    }

    pub(super) fn extension(&mut self, extension: &ExtensionDescriptor) {
        let extendee = extension.containing_message();
        let head = format!("extend {}", self.full(extendee.full_name()));
        self.block(&head, |printer| {
            let file = extension.parent_file();
            let proto = extension.field_descriptor_proto();
            printer.comment(file.name(), extension.path());
            let label = label(proto, file.syntax(), printer.edition);
            let mut options = printer.entries(&extension.options());
            if printer.edition {
                options.extend(edition_details(proto, extension.is_packed(), false));
            }
            let details = details(proto, options);
            let number = extension.number();
            match extension.kind() {
                Kind::Message(body)
                    if !printer.edition && is_extension_written_as_group(extension, &body) =>
                {
                    let head = format!("{label}group {} = {number}{details}", body.name());
                    printer.block(&head, |printer| printer.message_body(&body));
                }
                kind => {
                    let kind = printer.kind(&kind);
                    let name = extension.name();
                    printer.line(&format!("{label}{kind} {name} = {number}{details};"));
                }
            }
        });
    }

    pub(super) fn enumeration(&mut self, enumeration: &EnumDescriptor) {
        self.comment(enumeration.parent_file().name(), enumeration.path());
        self.block(&format!("enum {}", enumeration.name()), |printer| {
            printer.options(&printer.entries(&enumeration.options()));
            if printer.edition && is_closed(enumeration) {
                printer.line("option features.enum_type = CLOSED;");
            }
            let ranges = enumeration.reserved_ranges().map(|range| {
                let end = *range.end();
                match *range.start() {
                    start if start == end => start.to_string(),
                    start if end == i32::MAX => format!("{start} to max"),
                    start => format!("{start} to {end}"),
                }
            });
            printer.listed("reserved", &ranges.collect::<Vec<_>>());
            printer.reserved_names(enumeration.reserved_names());
            // In the order of the file, where `values()` goes by number.
            let names = enumeration.enum_descriptor_proto().value.iter();
            for value in names.filter_map(|v| enumeration.get_value_by_name(v.name())) {
                printer.enum_value(&value);
            }
        });
    }

    fn enum_value(&mut self, value: &EnumValueDescriptor) {
        self.comment(value.parent_file().name(), value.path());
        let options = self.entries(&value.options());
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

#[cfg(test)]
mod tests;
