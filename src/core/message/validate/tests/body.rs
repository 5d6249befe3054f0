//! Bodies: custom rules, where a broken one is in the text, and what cannot be checked.

use prost_reflect::MessageDescriptor;

use super::{super::validate, message};
use crate::message::{Document, Scope, encode, validate::Validation};

fn run(message: &MessageDescriptor, text: &str) -> Validation {
    let document = Document::new(text);
    let wire = encode(&document, message, &Scope::default()).unwrap();
    validate(&document, message, &wire)
}

/// Path, text, id and sentence of each broken rule.
fn broken(message: &MessageDescriptor, text: &str) -> Vec<(String, String, String, String)> {
    let found = run(message, text);
    assert!(found.notes.is_empty(), "{:?}", found.notes);
    let told = found.broken.into_iter().map(|it| {
        let place = text[it.range.clone()].to_owned();
        (it.path.to_string(), place, it.rule.unwrap(), it.message)
    });
    told.collect()
}

fn places(message: &MessageDescriptor, text: &str) -> Vec<(String, String)> {
    let found = broken(message, text).into_iter();
    found.map(|(path, place, ..)| (path, place)).collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = list.iter();
    pairs
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

#[test]
fn a_broken_rule_is_told_at_its_value_or_where_that_is_missing() {
    let message = message(
        "message In { string name = 1 [(buf.validate.field).string.min_len = 2]; }",
        r#"In one_in = 1 [(buf.validate.field).required = true];
        repeated In many = 2;
        map<string, In> by_key = 3 [(buf.validate.field).map.keys.string.max_len = 3];
        repeated int32 numbers = 4 [(buf.validate.field).repeated.items.int32.gt = 0];
        oneof choice { option (buf.validate.oneof).required = true; string a = 5; }"#,
    );
    assert_eq!(
        places(&message, r#"{}"#),
        pairs(&[("", "{"), ("oneIn", "{")])
    );
    assert_eq!(
        places(
            &message,
            r#"{"a": "", "one_in": {}, "many": [{"name": "ok"}, {"name": "x"}],
            "byKey": {"long key": {"name": "y"}}, "numbers": [1, -7]}"#
        ),
        pairs(&[
            ("one_in.name", "{"),
            ("many[1].name", "\"x\""),
            ("byKey.long key", "\"long key\""),
            ("byKey.long key.name", "\"y\""),
            ("numbers[1]", "-7"),
        ])
    );
}

#[test]
fn an_empty_text_is_an_empty_message() {
    let message = message(
        "",
        "string f = 1 [(buf.validate.field).string = {min_len: 2, suffix: 'x'}];",
    );
    let found = run(&message, "");
    assert_eq!(found.broken.len(), 2);
    assert_eq!(found.broken[0].range, 0..0);
    assert_eq!(found.broken[0].path.to_string(), "f");
    assert_eq!(
        found.broken[0].hint.as_deref(),
        Some("wanted: length at least 2; ends with x")
    );
}

#[test]
fn custom_rules_see_the_message_and_the_field() {
    let message = message(
        "",
        r#"option (buf.validate.message).cel = {
            id: "range.order"
            expression: "this.low <= this.high ? '' : '%d is above %d'.format([this.low, this.high])"
        };
        option (buf.validate.message).cel_expression = "has(this.at) || this.low != 7";
        int32 low = 1; int64 high = 2;
        google.protobuf.Timestamp at = 3 [(buf.validate.field).cel = {
            id: "at.past", message: "has to be past", expression: "this < now"
        }];
        repeated string names = 4 [(buf.validate.field).cel_expression = "this.all(it, it.startsWith('x')) && this.unique()"];
        google.protobuf.StringValue wrapped = 5 [(buf.validate.field).cel = {id: "w", expression: "this.size() == 2"}];"#,
    );
    assert!(
        broken(
            &message,
            r#"{"low": 1, "high": "2", "names": ["x", "xy"], "wrapped": "ab"}"#
        )
        .is_empty()
    );
    let found = broken(
        &message,
        r#"{"low": 7, "names": ["x", "x"], "wrapped": "a"}"#,
    );
    let found: Vec<_> = found
        .iter()
        .map(|(path, _, id, words)| (path.as_str(), id.as_str(), words.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (
                "",
                "has(this.at) || this.low != 7",
                "\"has(this.at) || this.low != 7\" returned false"
            ),
            ("", "range.order", "7 is above 0"),
            (
                "names",
                "this.all(it, it.startsWith('x')) && this.unique()",
                "\"this.all(it, it.startsWith('x')) && this.unique()\" returned false"
            ),
            ("wrapped", "w", "\"this.size() == 2\" returned false"),
        ]
    );
    let found = broken(&message, r#"{"at": "9000-01-01T00:00:00Z"}"#);
    assert_eq!(found[0].2, "at.past");
    assert_eq!(found[0].3, "has to be past");
}

#[test]
fn predefined_rules_are_extensions_of_the_rules() {
    let message = message(
        r#"extend buf.validate.Int32Rules {
          optional int32 multiple_of = 80048952 [(buf.validate.predefined).cel = {
            id: "int32.multiple_of"
            expression: "this % rule != 0 ? 'must be a multiple of %d'.format([rule]) : ''"
          }];
        }"#,
        "int32 f = 1 [(buf.validate.field).int32.(t.multiple_of) = 5];",
    );
    assert!(broken(&message, r#"{"f": 10}"#).is_empty());
    let found = broken(&message, r#"{"f": 11}"#);
    assert_eq!(found[0].2, "int32.multiple_of");
    assert_eq!(found[0].3, "must be a multiple of 5");
}

#[test]
fn at_most_one_of_some_fields() {
    let message = message(
        "",
        r#"option (buf.validate.message).oneof = {fields: ["a", "b"], required: true};
        string a = 1 [(buf.validate.field).string.min_len = 2]; string b = 2;"#,
    );
    assert!(broken(&message, r#"{"b": "x"}"#).is_empty());
    let sentence = |text| broken(&message, text)[0].3.clone();
    assert_eq!(
        sentence(r#"{"a": "xx", "b": "x"}"#),
        "only one of a, b can be set"
    );
    assert_eq!(sentence("{}"), "one of a, b must be set");
}

#[test]
fn what_cannot_be_checked_is_a_note_and_the_rest_is_checked() {
    let message = message(
        "",
        r#"option (buf.validate.message).oneof = {fields: ["nowhere"]};
        string a = 1 [(buf.validate.field).cel = {id: "bad", expression: "this =="}];
        string b = 2 [(buf.validate.field).string.pattern = "("];
        int32 c = 3 [(buf.validate.field).string.min_len = 3];
        string d = 4 [(buf.validate.field).cel = {id: "number", expression: "1 + 1"}];
        string e = 5 [(buf.validate.field).string.min_len = 3];"#,
    );
    let found = run(&message, r#"{"a": "x"}"#);
    let broken: Vec<_> = found.broken.iter().map(|it| it.path.to_string()).collect();
    assert_eq!(broken, ["e"]);
    let notes: Vec<_> = found
        .notes
        .iter()
        .map(|it| it.rule.clone().unwrap())
        .collect();
    assert_eq!(
        notes,
        ["message.oneof", "bad", "string.pattern", "string", "number"]
    );
    for note in &found.notes {
        assert!(
            note.message.starts_with("the rule cannot be checked: "),
            "{note:?}"
        );
    }
}

#[test]
fn a_message_that_holds_itself_is_checked_at_every_level() {
    let message = message(
        "",
        "M next = 1; int32 n = 2 [(buf.validate.field).int32.lt = 3];",
    );
    assert_eq!(
        places(&message, r#"{"next": {"n": 1, "next": {"n": 5}}}"#),
        pairs(&[("next.next.n", "5")])
    );
}

#[test]
fn a_body_of_many_items_is_checked_in_time_and_told_in_part() {
    let message = message(
        "message Item { string name = 1 [(buf.validate.field).string = {min_len: 1, max_len: 9, pattern: '^[a-z0-9]+$'}]; int32 n = 2 [(buf.validate.field).cel = {id: 'n', expression: 'this >= 0'}]; }",
        "repeated Item items = 1;",
    );
    let text = |name: &str| {
        format!(
            "{{\"items\": [{}{{}}]}}",
            format!("{{\"name\": \"{name}\", \"n\": 1}},").repeat(20_000)
        )
    };
    let found = run(&message, &text("abc123"));
    // The empty item's name is too short, and no match.
    assert_eq!(found.broken.len(), 2);
    assert!(found.notes.is_empty(), "{:?}", found.notes);
    assert_eq!(run(&message, &text("TOO LONG A NAME")).broken.len(), 200);
}
