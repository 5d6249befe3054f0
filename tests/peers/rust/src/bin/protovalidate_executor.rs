//! Stubless as an executor of protovalidate's conformance suite: schemas and messages on standard input,
//! what the messages break on standard output.
//! Spec: `buf/validate/conformance/harness/harness.proto`.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
};

use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, MapKey, MessageDescriptor,
    prost_types::FieldDescriptorProto,
};
use stubless_core::{
    message::validate::{self, FieldStep, Subscript, Violation},
    schema::{Schema, load_descriptor_set},
};

#[derive(Clone, PartialEq, Message)]
struct Request {
    /// A `FileDescriptorSet`.
    #[prost(bytes = "vec", tag = "2")]
    fdset: Vec<u8>,
    #[prost(btree_map = "string, message", tag = "3")]
    cases: BTreeMap<String, Any>,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Response {
    #[prost(btree_map = "string, message", tag = "1")]
    results: BTreeMap<String, TestResult>,
}

#[derive(Clone, PartialEq, Message)]
struct TestResult {
    #[prost(oneof = "Outcome", tags = "1, 2, 3, 4, 5")]
    result: Option<Outcome>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Outcome {
    #[prost(bool, tag = "1")]
    Success(bool),
    #[prost(message, tag = "2")]
    ValidationError(Violations),
    #[prost(string, tag = "3")]
    CompilationError(String),
    #[prost(string, tag = "4")]
    RuntimeError(String),
    #[prost(string, tag = "5")]
    UnexpectedError(String),
}

#[derive(Clone, PartialEq, Message)]
struct Violations {
    #[prost(message, repeated, tag = "1")]
    violations: Vec<WireViolation>,
}

#[derive(Clone, PartialEq, Message)]
struct WireViolation {
    #[prost(message, optional, tag = "5")]
    field: Option<FieldPath>,
    #[prost(message, optional, tag = "6")]
    rule: Option<FieldPath>,
    #[prost(string, optional, tag = "2")]
    rule_id: Option<String>,
    #[prost(string, optional, tag = "3")]
    message: Option<String>,
    #[prost(bool, optional, tag = "4")]
    for_key: Option<bool>,
}

#[derive(Clone, PartialEq, Message)]
struct FieldPath {
    #[prost(message, repeated, tag = "1")]
    elements: Vec<Element>,
}

#[derive(Clone, PartialEq, Message)]
struct Element {
    #[prost(int32, optional, tag = "1")]
    field_number: Option<i32>,
    #[prost(string, optional, tag = "2")]
    field_name: Option<String>,
    #[prost(int32, optional, tag = "3")]
    field_type: Option<i32>,
    #[prost(int32, optional, tag = "4")]
    key_type: Option<i32>,
    #[prost(int32, optional, tag = "5")]
    value_type: Option<i32>,
    #[prost(oneof = "At", tags = "6, 7, 8, 9, 10")]
    subscript: Option<At>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum At {
    #[prost(uint64, tag = "6")]
    Index(u64),
    #[prost(bool, tag = "7")]
    BoolKey(bool),
    #[prost(int64, tag = "8")]
    IntKey(i64),
    #[prost(uint64, tag = "9")]
    UintKey(u64),
    #[prost(string, tag = "10")]
    StringKey(String),
}

fn main() {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).expect("a request");
    let request = Request::decode(input.as_slice()).expect("a request");
    let loaded = load_descriptor_set("suite", &request.fdset);
    for problem in &loaded.problems {
        eprintln!("{problem:?}");
    }
    let results = request.cases.into_iter().map(|(name, any)| {
        let result = Some(outcome(&loaded.schema, &any));
        (name, TestResult { result })
    });
    let response = Response {
        results: results.collect(),
    };
    let bytes = response.encode_to_vec();
    std::io::stdout().write_all(&bytes).expect("the answer");
}

fn outcome(schema: &Schema, any: &Any) -> Outcome {
    let name = any.type_url.rsplit('/').next().unwrap_or_default();
    let Some(descriptor) = schema.message(name) else {
        return Outcome::UnexpectedError(format!("no message `{name}`"));
    };
    let message = match DynamicMessage::decode(descriptor.clone(), any.value.as_slice()) {
        Ok(message) => message,
        Err(error) => return Outcome::UnexpectedError(error.to_string()),
    };
    let findings = validate::check(&message);
    let told = |by_schema| {
        let mut unchecked = findings.unchecked.iter();
        let first = unchecked.find(|it| it.by_schema == by_schema)?;
        Some(format!("{}: {}", first.rule, first.reason))
    };
    if let Some(reason) = told(true) {
        return Outcome::CompilationError(reason);
    }
    if let Some(reason) = told(false) {
        return Outcome::RuntimeError(reason);
    }
    if findings.violations.is_empty() {
        return Outcome::Success(true);
    }
    let violations = findings.violations.iter();
    Outcome::ValidationError(Violations {
        violations: violations.map(|it| wire(it, &descriptor)).collect(),
    })
}

fn wire(violation: &Violation, descriptor: &MessageDescriptor) -> WireViolation {
    let field: Vec<Element> = violation.field.iter().map(field_element).collect();
    let rule = rule_elements(&violation.rule, descriptor.parent_pool());
    let path = |elements: Vec<Element>| (!elements.is_empty()).then_some(FieldPath { elements });
    WireViolation {
        field: path(field),
        rule: path(rule),
        rule_id: Some(violation.id.clone()),
        message: Some(violation.message.clone()),
        for_key: violation.for_key.then_some(true),
    }
}

fn field_type(field: &FieldDescriptorProto) -> Option<i32> {
    field.r#type
}

fn element(field: &FieldDescriptor) -> Element {
    Element {
        field_number: i32::try_from(field.number()).ok(),
        field_name: Some(field.name().to_owned()),
        field_type: field_type(field.field_descriptor_proto()),
        ..Element::default()
    }
}

fn field_element(step: &FieldStep) -> Element {
    let Some(field) = &step.field else {
        return Element {
            field_name: Some(step.name.clone()),
            ..Element::default()
        };
    };
    let mut element = element(field);
    element.subscript = step.subscript.as_ref().map(|subscript| match subscript {
        Subscript::Index(index) => At::Index(*index as u64),
        Subscript::Key(MapKey::Bool(flag)) => At::BoolKey(*flag),
        Subscript::Key(MapKey::I32(number)) => At::IntKey((*number).into()),
        Subscript::Key(MapKey::I64(number)) => At::IntKey(*number),
        Subscript::Key(MapKey::U32(number)) => At::UintKey((*number).into()),
        Subscript::Key(MapKey::U64(number)) => At::UintKey(*number),
        Subscript::Key(MapKey::String(text)) => At::StringKey(text.clone()),
    });
    if matches!(step.subscript, Some(Subscript::Key(_)))
        && let Some(entry) = field.kind().as_message()
    {
        let kind = |field: FieldDescriptor| field_type(field.field_descriptor_proto());
        element.key_type = kind(entry.map_entry_key_field());
        element.value_type = kind(entry.map_entry_value_field());
    }
    element
}

/// `repeated.items.cel[0]`, `string.[pkg.rule]`: the path of a rule in `FieldRules`.
fn rule_elements(path: &str, pool: &DescriptorPool) -> Vec<Element> {
    let mut elements = Vec::new();
    let mut message = pool.get_message_by_name("buf.validate.FieldRules");
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(name) = rest.strip_prefix('[') {
            let name = name.trim_end_matches(']');
            let extension = pool.get_extension_by_name(name).expect("the rule");
            elements.push(Element {
                field_number: i32::try_from(extension.number()).ok(),
                field_name: Some(format!("[{name}]")),
                field_type: field_type(extension.field_descriptor_proto()),
                ..Element::default()
            });
            break;
        }
        let (step, after) = rest.split_once('.').unwrap_or((rest, ""));
        let (name, index) = match step.split_once('[') {
            Some((name, index)) => (name, index.trim_end_matches(']').parse::<u64>().ok()),
            None => (step, None),
        };
        let field = message.as_ref().and_then(|it| it.get_field_by_name(name));
        let field = field.unwrap_or_else(|| panic!("no rule `{name}` in {path}"));
        elements.push(Element {
            subscript: index.map(At::Index),
            ..element(&field)
        });
        message = field.kind().as_message().cloned();
        rest = after;
    }
    elements
}
