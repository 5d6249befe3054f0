//! What each style makes, as texts and as properties of every type there is.

mod rules;

use prost_reflect::{DynamicMessage, MessageDescriptor, prost::Message as _};

use super::*;
use crate::{
    message::{
        JsonOptions, Scope, check, encode,
        fixture::{compile, pool},
        to_json,
    },
    schema::bundled_schema,
};

const STYLES: [Style; 4] = [Style::Minimal, Style::Full, Style::Example, Style::Random];

/// All of `wire.proto`, `wire2.proto` and what comes with the program, but what stands for map entries.
fn types() -> Vec<MessageDescriptor> {
    let bundled = bundled_schema(&[
        "google/rpc/error_details.proto",
        "google/longrunning/operations.proto",
        "google/api/service.proto",
        "google/logging/v2/logging_metrics.proto",
        "google/iam/v1/policy.proto",
        "google/protobuf/api.proto",
        "google/protobuf/compiler/plugin.proto",
        "grpc/channelz/v1/channelz.proto",
        "grpc/binlog/v1/binarylog.proto",
        "buf/validate/validate.proto",
    ]);
    let bundled = bundled.whole_pool().clone();
    let all = [pool(), bundled];
    let all = all
        .iter()
        .flat_map(|pool| pool.all_messages().collect::<Vec<_>>());
    all.filter(|message| !message.is_map_entry()).collect()
}

fn order() -> MessageDescriptor {
    let pool = compile(
        r#"syntax = "proto3";
        import "google/protobuf/field_mask.proto";
        import "google/protobuf/struct.proto";
        import "google/protobuf/timestamp.proto";
        import "google/protobuf/wrappers.proto";
        message Order {
          string id = 5;
          int64 total = 1;
          Kind kind = 2;
          optional string note = 3;
          Customer customer = 4;
          repeated Line lines = 6;
          map<string, Line> extra = 7;
          repeated string tags = 8;
          oneof pay { Line line = 9; string card = 10; bool cash = 11; }
          google.protobuf.Timestamp at = 12;
          google.protobuf.StringValue alias = 13;
          bool gone = 14 [deprecated = true];
          google.protobuf.FieldMask update_mask = 15;
          google.protobuf.Value free = 16;
          string page_token = 17;
        }
        enum Kind { KIND_UNSPECIFIED = 0; KIND_ONE = 1; }
        message Customer { string display_name = 1; Customer parent = 2; string email = 3; }
        message Line { int32 count = 1; string sku = 2; }"#,
    );
    pool.get_message_by_name("Order").unwrap()
}

#[test]
fn a_new_request_shows_its_fields_and_sends_none_of_them() {
    let want = r#"{
  "id": "",
  "total": 0,
  "kind": "KIND_UNSPECIFIED",
  "note": null,
  "customer": null,
  "lines": [],
  "extra": {},
  "tags": [],
  "card": null,
  "at": null,
  "alias": null,
  "updateMask": null,
  "pageToken": ""
}"#;
    assert_eq!(starting_body(&order()), want);
}

#[test]
fn a_starting_body_sends_what_is_required_and_nothing_else() {
    let mut required = 0;
    for message in types() {
        let name = message.full_name();
        if name == "google.protobuf.Value" {
            // Even `null` says something as a value.
            continue;
        }
        let text = starting_body(&message);
        let document = Document::new(text.as_str());
        let wire = encode(&document, &message, &Scope::default());
        let wire = wire.unwrap_or_else(|it| panic!("{name}: {it:?}\n{text}"));
        let minimal = generate(&message, Style::Minimal, 0);
        let minimal = encode(&Document::new(minimal), &message, &Scope::default());
        assert_eq!(wire, minimal.unwrap(), "{name}: {text}");
        required += usize::from(!wire.is_empty());
    }
    assert!(required > 0, "no type with a required field was looked at");
}

#[test]
fn a_full_body_has_every_field_once_and_is_cut_where_it_recurs() {
    let want = r#"{
  "id": "",
  "total": 0,
  "kind": "KIND_UNSPECIFIED",
  "note": "",
  "customer": {
    "displayName": "",
    "parent": null,
    "email": ""
  },
  "lines": [
    {
      "count": 0,
      "sku": ""
    }
  ],
  "extra": {
    "key": {
      "count": 0,
      "sku": ""
    }
  },
  "tags": [""],
  "card": "",
  "at": "1970-01-01T00:00:00Z",
  "alias": "",
  "gone": false,
  "updateMask": "",
  "free": null,
  "pageToken": ""
}"#;
    assert_eq!(generate(&order(), Style::Full, 0), want);
}

#[test]
fn an_example_has_values_that_fit_their_names() {
    let text = generate(&order(), Style::Example, 1);
    let document = Document::new(text.as_str());
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let is_text = |pointer: &str, fits: fn(&str) -> bool| {
        let value = json.pointer(pointer).and_then(serde_json::Value::as_str);
        assert!(value.is_some_and(fits), "{pointer}: {value:?} in {text}");
    };
    is_text("/id", |it| it.starts_with("order-"));
    is_text("/kind", |it| it == "KIND_ONE");
    is_text("/note", |it| it.ends_with('.'));
    is_text("/customer/email", |it| it.ends_with("@example.com"));
    is_text("/customer/displayName", |it| it.contains(' '));
    is_text("/lines/0/sku", |it| it.starts_with("SKU-"));
    is_text("/at", |it| it.starts_with("2026-03-"));
    is_text("/updateMask", |it| it == "displayName,parent");
    for left_out in ["/gone", "/pageToken", "/customer/parent"] {
        assert_eq!(json.pointer(left_out), None, "{text}");
    }
    let arms = ["line", "card", "cash"].map(|arm| json.get(arm).is_some());
    assert_eq!(arms.iter().filter(|is_set| **is_set).count(), 1, "{text}");
    assert_eq!(check(&document, &order(), &Scope::default()), []);
}

#[test]
fn a_seed_gives_the_same_body_and_another_seed_another_one() {
    for style in [Style::Example, Style::Random] {
        let first = generate(&order(), style, 7);
        assert_eq!(generate(&order(), style, 7), first);
        assert_ne!(generate(&order(), style, 8), first);
    }
    let arms: std::collections::HashSet<bool> = (0..20)
        .map(|seed| generate(&order(), Style::Example, seed).contains("\"cash\""))
        .collect();
    assert_eq!(arms.len(), 2, "every arm has its turn");
}

#[test]
fn a_field_that_is_added_changes_no_other_value() {
    let of = |more: &str| {
        let source = format!(
            "syntax = \"proto3\"; message M {{ {more} string city = 1; repeated int32 counts = 2; }}"
        );
        let message = compile(&source).get_message_by_name("M").unwrap();
        let text = generate(&message, Style::Example, 3);
        let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json.as_object_mut().unwrap().remove("email");
        json
    };
    assert_eq!(of("string email = 9;"), of(""));
}

/// Every body is one that can be sent, and means the same to prost-reflect; what we show of it gives the
/// same bytes again, but for the order of what stood in another one.
#[test]
fn bodies_of_every_type_encode_and_come_back() {
    let options = JsonOptions {
        pretty: false,
        defaults: false,
        max_bytes: 0,
    };
    let all = types();
    assert!(all.len() > 200, "{}", all.len());
    for message in &all {
        let name = message.full_name();
        for style in STYLES {
            let seeds = match name {
                "wire.All" | "wire2.Old" => 300,
                _ => 6,
            };
            for seed in 0..if style == Style::Random { seeds } else { 2 } {
                let text = generate(message, style, seed);
                let at = || format!("{name}, {style:?}, seed {seed}");
                let wire = encode(&Document::new(text.as_str()), message, &Scope::default());
                let wire = wire.unwrap_or_else(|it| panic!("{}: {it:?}\n{text}", at()));
                let shown = to_json(message, &wire, options);
                assert_eq!(shown.problems, Vec::<String>::new(), "{}", at());
                let again = encode(
                    &Document::new(shown.text.as_str()),
                    message,
                    &Scope::default(),
                );
                let again = again.unwrap_or_else(|it| panic!("{}: {it:?}\n{}", at(), shown.text));
                // The text that is shown is in the order of field numbers, and so are its bytes.
                let second = to_json(message, &again, options);
                assert_eq!(second.text, shown.text, "{}", at());
                let third = encode(&Document::new(second.text), message, &Scope::default());
                assert!(third.unwrap() == again, "{}", at());
                let of = |wire: &[u8]| DynamicMessage::decode(message.clone(), wire).unwrap();
                assert!(
                    same(&of(&wire), &of(&again)),
                    "{}\n{text}\n{}",
                    at(),
                    shown.text
                );
            }
        }
    }
}

/// Equal as prost-reflect writes them: a NaN equals no NaN, and its maps are in no order.
fn same(a: &DynamicMessage, b: &DynamicMessage) -> bool {
    a == b || sorted(a) == sorted(b)
}

fn sorted(message: &DynamicMessage) -> Vec<u8> {
    let mut bytes = message.encode_to_vec();
    bytes.sort_unstable();
    bytes
}

#[test]
fn a_type_with_very_many_fields_stays_bounded() {
    let fields = |kind: &str, count: usize| -> String {
        (1..=count)
            .map(|i| format!("{kind} f{i} = {i};\n"))
            .collect()
    };
    let pool = compile(&format!(
        "syntax = \"proto3\"; message Wide {{ {} }} message Many {{ {} }} message Leaf {{ {} }}
         message A {{ {} }} message B {{ {} }} message C {{ {} }}",
        fields("int32", 10_000),
        fields("Leaf", 50),
        fields("int32", 50),
        fields("B", 40),
        fields("C", 40),
        fields("repeated Leaf", 40),
    ));
    for (name, style, least, most) in [
        ("Wide", Style::Full, MAX_VALUES, MAX_VALUES + 2),
        ("Wide", Style::Example, MAX_VALUES, MAX_VALUES + 2),
        ("Many", Style::Full, 2_500, 3_000),
        ("A", Style::Full, 40, 5_000),
        ("A", Style::Random, 1, 2_500),
    ] {
        let message = pool.get_message_by_name(name).unwrap();
        let text = generate(&message, style, 0);
        let lines = text.lines().count();
        assert!(
            (least..=most).contains(&lines),
            "{name} {style:?}: {lines} lines"
        );
        assert_eq!(check(&Document::new(text), &message, &Scope::default()), []);
    }
    let wide = pool.get_message_by_name("Wide").unwrap();
    assert_eq!(starting_body(&wide).lines().count(), 202);
}

#[test]
fn types_that_require_themselves_end() {
    let pool = compile(
        r#"syntax = "proto2";
        message Never { required Never again = 1; required Wide wide = 2; }
        message Wide { required Wide a = 1; required Wide b = 2; }
        message Holder { optional Never never = 1; repeated Never list = 2; oneof one { Never arm = 3; string text = 4; } }
        message Some { required string name = 1; optional Some more = 2; required Level level = 3; }
        enum Level { HIGH = 7; LOW = 3; }"#,
    );
    let some = pool.get_message_by_name("Some").unwrap();
    let want = "{\n  \"name\": \"\",\n  \"level\": \"HIGH\"\n}";
    assert_eq!(generate(&some, Style::Minimal, 0), want);
    for style in STYLES {
        let never = pool.get_message_by_name("Never").unwrap();
        assert!(generate(&never, style, 0).len() < 2 << 20, "{style:?}");
    }
    let holder = pool.get_message_by_name("Holder").unwrap();
    assert_eq!(generate(&holder, Style::Full, 0), "{\n  \"text\": \"\"\n}");
    assert!(starting_body(&pool.get_message_by_name("Never").unwrap()).len() < 2 << 20);
}
