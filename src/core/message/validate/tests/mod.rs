//! Rules of schemas that import `buf/validate/validate.proto`, as it is bundled.

mod body;
mod form;
mod standard;
mod words;

use prost_reflect::{FieldDescriptor, MessageDescriptor};

pub(super) use crate::message::fixture::compile;

/// Message `M` with these members, in package `t`, and what stands before it.
pub(super) fn message(before: &str, members: &str) -> MessageDescriptor {
    let pool = compile(&format!(
        r#"syntax = "proto3";
        package t;
        import "buf/validate/validate.proto";
        import "google/protobuf/any.proto";
        import "google/protobuf/descriptor.proto";
        import "google/protobuf/duration.proto";
        import "google/protobuf/field_mask.proto";
        import "google/protobuf/timestamp.proto";
        import "google/protobuf/wrappers.proto";
        {before}
        message M {{ {members} }}"#
    ));
    pool.get_message_by_name("t.M").unwrap()
}

/// A field `f` with rules.
pub(super) fn field(before: &str, kind: &str, rules: &str) -> FieldDescriptor {
    let rules = rules
        .split(';')
        .map(|rule| format!("(buf.validate.field).{rule}"));
    let rules = rules.collect::<Vec<_>>().join(", ");
    let message = message(before, &format!("{kind} f = 1 [{rules}];"));
    message.get_field_by_name("f").unwrap()
}
