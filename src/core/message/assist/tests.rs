//! Completions and explanations, at the `|` of a text.

use std::collections::BTreeSet;

use prost_reflect::MessageDescriptor;

use super::{Assist, Completion, Completions, Hover};
use crate::{
    message::{Document, MASK, Scope, fixture::compile},
    schema::Schema,
};

const SOURCE: &str = r#"syntax = "proto3";
import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
// An order.
message Order {
  // Who it is for.
  string customer_name = 1;
  int64 total = 2;
  Kind kind = 3;
  repeated Line lines = 4;
  map<string, Line> extra = 5;
  oneof pay { string card = 6; bool cash = 7; }
  google.protobuf.Any detail = 8;
  google.protobuf.Struct free = 9;
  google.protobuf.Timestamp at = 10;
  google.protobuf.BoolValue gift = 11;
  map<bool, string> flags = 12;
  string old = 13 [deprecated = true];
  bytes raw = 14;
  optional double weight = 15;
}
enum Kind {
  KIND_NONE = 0;
  // The usual one.
  KIND_ONE = 1;
}
message Line { string name = 1; int32 count = 2; Order order = 3; }
"#;

struct Fixture {
    schema: Schema,
    message: MessageDescriptor,
    scope: Scope,
    secrets: BTreeSet<String>,
}

impl Fixture {
    fn new() -> Self {
        let schema = Schema::from_pool(compile(SOURCE));
        let message = schema.message("Order").unwrap();
        let mut scope = Scope::default();
        scope
            .variables
            .insert("host".to_owned(), "local".to_owned());
        Self {
            schema,
            message,
            scope,
            secrets: BTreeSet::new(),
        }
    }

    fn assist(&self) -> Assist<'_> {
        Assist {
            message: &self.message,
            schema: Some(&self.schema),
            scope: &self.scope,
            secrets: &self.secrets,
        }
    }

    fn complete(&self, marked: &str) -> Option<(Completions, String)> {
        let at = marked.find('|').unwrap();
        let text = marked.replacen('|', "", 1);
        let found = self.assist().complete(&Document::new(text.as_str()), at)?;
        assert!(found.range.start <= at && at <= found.range.end, "{marked}");
        for item in &found.items {
            assert!(item.insert.is_char_boundary(item.cursor), "{item:?}");
        }
        Some((found, text))
    }

    fn labels(&self, marked: &str) -> Vec<String> {
        let items = self.complete(marked).map(|(found, _)| found.items);
        let items = items.unwrap_or_default();
        items.into_iter().map(|item| item.label).collect()
    }

    fn item(&self, marked: &str, label: &str) -> Completion {
        let (found, _) = self.complete(marked).unwrap();
        let mut items = found.items.into_iter();
        items.find(|item| item.label == label).unwrap()
    }

    /// The text once a completion is taken, with the cursor as `|`.
    fn taken(&self, marked: &str, label: &str) -> String {
        let (found, mut text) = self.complete(marked).unwrap();
        let item = found.items.iter().find(|item| item.label == label);
        let item = item.unwrap_or_else(|| panic!("{label} in {:?}", found.items));
        let mut insert = item.insert.clone();
        insert.insert(item.cursor, '|');
        text.replace_range(found.range, &insert);
        text
    }

    fn hover(&self, marked: &str) -> Option<Hover> {
        let at = marked.find('|').unwrap();
        let text = marked.replacen('|', "", 1);
        self.assist().hover(&Document::new(text), at)
    }
}

#[test]
fn a_key_is_completed_with_a_value_of_its_type_and_the_cursor_in_it() {
    let fixture = Fixture::new();
    for (text, label, wanted) in [
        ("{|", "customerName", r#"{"customerName": "|""#),
        ("{cust|}", "customerName", r#"{"customerName": "|"}"#),
        ("{\"cust|\"}", "customerName", r#"{"customerName": "|"}"#),
        ("{\"|\": 3}", "total", r#"{"total"|: 3}"#),
        ("{\"t|", "total", r#"{"total": |"#),
        ("{\"li|\"}", "lines", r#"{"lines": [|]}"#),
        ("{\"ex|\"}", "extra", r#"{"extra": {|}}"#),
        ("{\"kin|\"}", "kind", r#"{"kind": "|"}"#),
        ("{| \"total\": 1}", "kind", r#"{"kind": "|", "total": 1}"#),
        (
            "{\"lines\": [{|}]}",
            "count",
            r#"{"lines": [{"count": |}]}"#,
        ),
        (
            "{\"extra\": {\"k\": {|}}}",
            "name",
            r#"{"extra": {"k": {"name": "|"}}}"#,
        ),
        ("{\"flags\": {|}}", "true", r#"{"flags": {"true": |}}"#),
        (
            "{\"detail\": {|}}",
            "@type",
            r#"{"detail": {"@type": "type.googleapis.com/|"}}"#,
        ),
    ] {
        assert_eq!(fixture.taken(text, label), wanted, "{text}");
    }
}

#[test]
fn keys_that_stand_already_are_not_offered_and_other_arms_come_last() {
    let fixture = Fixture::new();
    let labels = fixture.labels("{\"total\": 1, |, \"kind\": 0, \"card\": \"\"}");
    assert!(
        !labels
            .iter()
            .any(|it| ["total", "kind", "card"].contains(&it.as_str()))
    );
    let place = |name: &str| labels.iter().position(|it| it == name).unwrap();
    assert!(place("cash") > place("raw"), "{labels:?}");
    assert!(place("old") > place("raw"), "deprecated");
    assert_eq!(fixture.item("{|", "customerName").comment, "Who it is for.");
    assert!(fixture.item("{|", "card").detail.contains("oneof pay"));
}

#[test]
fn values_are_those_of_the_field() {
    let fixture = Fixture::new();
    for (text, wanted) in [
        (
            "{\"kind\": |}",
            &["KIND_NONE", "KIND_ONE", "{{ host }}"][..],
        ),
        ("{\"kind\": \"KIND_O|\"}", &["KIND_ONE", "KIND_NONE"]),
        ("{\"kind\": one|}", &["KIND_ONE", "KIND_NONE"]),
        ("{\"cash\": |}", &["true", "false", "null", "{{ host }}"]),
        ("{\"gift\": t|}", &["true", "{{ host }}"]),
        (
            "{\"weight\": n|}",
            &["NaN", "null", "Infinity", "-Infinity"],
        ),
        ("{\"lines\": |}", &["[]"]),
        ("{\"lines\": [|]}", &["{}"]),
        ("{\"free\": {|}}", &[]),
        ("{\"nothing\": |}", &[]),
        ("{ // {|", &[]),
    ] {
        assert_eq!(fixture.labels(text), wanted, "{text}");
    }
    assert_eq!(
        fixture.item("{\"kind\": |", "KIND_ONE").comment,
        "The usual one."
    );
    assert_eq!(
        fixture.taken("{\"kind\": \"KI|\" \"total\": 1}", "KIND_ONE"),
        r#"{"kind": "KIND_ONE",| "total": 1}"#.replace(",|", "|,")
    );
}

#[test]
fn an_any_is_completed_over_the_whole_schema_and_then_by_its_type() {
    let fixture = Fixture::new();
    let typed = "{\"detail\": {\"@type\": \"type.googleapis.com/Li|\"}}";
    assert_eq!(
        fixture.labels(typed).first().map(String::as_str),
        Some("type.googleapis.com/Line")
    );
    let inside = "{\"detail\": {\"@type\": \"type.googleapis.com/Line\", |}}";
    assert_eq!(fixture.labels(inside), ["name", "count", "order"]);
    let boxed = "{\"detail\": {\"@type\": \"t/google.protobuf.BoolValue\", |}}";
    assert_eq!(fixture.labels(boxed), ["value"]);
}

#[test]
fn expressions_are_completed_and_closed() {
    let fixture = Fixture::new();
    for (text, label, wanted) in [
        ("{\"card\": \"{{|\"}", "host", r#"{"card": "{{ host }}|"}"#),
        (
            "{\"card\": \"{{ ho|\"}",
            "host",
            r#"{"card": "{{ host }}|"}"#,
        ),
        (
            "{\"card\": \"a{{ ho| }}\"}",
            "host",
            r#"{"card": "a{{ host| }}"}"#,
        ),
        (
            "{\"card\": \"{{ uu|\"}",
            "uuid()",
            r#"{"card": "{{ uuid() }}|"}"#,
        ),
        (
            "{\"card\": \"{{ rand| }}\"}",
            "random_int()",
            r#"{"card": "{{ random_int(|) }}"}"#,
        ),
    ] {
        assert_eq!(fixture.taken(text, label), wanted, "{text}");
    }
    assert_eq!(fixture.labels("{\"card\": \"{{ host }} |\"}"), [""; 0]);
}

#[test]
fn a_place_is_explained() {
    let fixture = Fixture::new();
    for (text, title, comment) in [
        (
            "{\"cust|omerName\": 1}",
            "string customer_name = 1",
            "Who it is for.",
        ),
        ("{|\"total\": 1}", "int64 total = 2", ""),
        (
            "{\"kind\": \"KIND|_ONE\"}",
            "Kind.KIND_ONE = 1",
            "The usual one.",
        ),
        ("{\"kind\": 1|1}", "", ""),
        ("{\"kind\": |1}", "Kind.KIND_ONE = 1", "The usual one."),
        ("{\"lines\": [{\"na|me\": \"\"}]}", "string name = 1", ""),
        ("{\"card\": \"x{{ h|ost }}\"}", "{{ host }}", ""),
        (
            "{\"detail\": {\"@type\": \"t/Or|der\"}}",
            "message Order",
            "An order.",
        ),
        ("{\"c|ash\": true}", "bool cash = 7  (oneof pay)", ""),
        ("{\"raw\": \"aGk|=\"}", "2 bytes in base64", ""),
        ("{\"total\": | 1}", "", ""),
    ] {
        let found = fixture.hover(text);
        let got = found
            .as_ref()
            .map_or(("", ""), |it| (&it.title, &it.comment));
        assert_eq!(got, (title, comment), "{text}");
    }
    let expression = fixture.hover("{\"card\": \"{{ host|}}\"}").unwrap();
    assert_eq!(expression.value.as_deref(), Some("local"));
    let undefined = fixture.hover("{\"card\": \"{{ no|pe }}\"}").unwrap();
    assert!(undefined.value.unwrap().contains("`nope`"));
}

#[test]
fn hostile_texts_have_no_completion_and_do_no_harm() {
    let fixture = Fixture::new();
    for text in [
        "[".repeat(100_000),
        "{\"lines\":[{\"order\":".repeat(20_000),
        "{\"a\\".to_owned(),
        "\"{{".repeat(1000),
    ] {
        let document = Document::new(text.as_str());
        let _ = fixture.assist().complete(&document, text.len());
        let _ = fixture.assist().hover(&document, text.len() / 2);
        let _ = fixture.assist().complete(&document, usize::MAX);
    }
}

#[test]
fn a_secret_is_not_shown_on_hover() {
    let mut fixture = Fixture::new();
    let token = ("token".to_owned(), "hunter2".to_owned());
    fixture.scope.variables.extend([token]);
    fixture.secrets.insert("token".to_owned());
    for (expression, value) in [
        ("{{ token }}", MASK),
        ("{{ token[:4] ~ host }}", MASK),
        ("{{ \\u0074oken }}", MASK),
        (
            "{{ [1]|map(token)|list }}",
            "the expression fails with the value of a secret",
        ),
        ("{{ token ~ tokn }}", "`tokn` is not defined"),
        ("{{ host }}", "local"),
    ] {
        let document = Document::new(format!("{{\"name\": \"a {expression}\"}}"));
        let at = document.text().find("en").or(document.text().find("ho"));
        let hover = fixture.assist().hover(&document, at.unwrap()).unwrap();
        assert_eq!(hover.value.as_deref(), Some(value), "{expression}");
    }
}
