//! What a field's rules are in words, and as values.

use prost_reflect::DescriptorPool;

use super::{
    super::{KindRules, Number, field_rules, rules_of, rules_of_message, rules_of_oneof},
    field, message,
};

#[test]
fn rules_are_told_in_a_few_words() {
    let before = r#"
        enum Color { COLOR_UNSPECIFIED = 0; RED = 1; GREEN = 2; }
        extend buf.validate.StringRules {
          optional bool shout = 80048952 [(buf.validate.predefined).cel = {id: "s" expression: "true"}];
        }"#;
    let cases: &[(&str, &str, &[&str])] = &[
        ("string", "required = true", &["required"]),
        (
            "string",
            "string.min_len = 3; string.max_len = 64",
            &["length 3–64"],
        ),
        ("string", "string.len = 3", &["length 3"]),
        ("string", "string.max_bytes = 9", &["bytes at most 9"]),
        (
            "string",
            r#"string.pattern = "^[a-z]+$""#,
            &["matches ^[a-z]+$"],
        ),
        (
            "string",
            r#"string.in = "A", string.in = "B""#,
            &[r#"in ["A", "B"]"#],
        ),
        ("string", "string.email = true", &["email address"]),
        ("string", "string.(t.shout) = true", &["shout true"]),
        ("int32", "int32.gt = 0; int32.lte = 10", &["> 0 and ≤ 10"]),
        ("int32", "int32.gt = 10; int32.lt = 0", &["< 0 or > 10"]),
        (
            "uint64",
            "uint64.const = 18446744073709551615",
            &["must be 18446744073709551615"],
        ),
        (
            "double",
            "double.finite = true; double.gte = 0.5",
            &["≥ 0.5", "finite"],
        ),
        ("bool", "bool.const = true", &["must be true"]),
        (
            "bytes",
            "bytes.prefix = \"\\x01\\xff\"",
            &["begins with 0x01ff"],
        ),
        (
            "Color",
            "enum.defined_only = true; enum.not_in = 0",
            &["a defined value", "not in [COLOR_UNSPECIFIED]"],
        ),
        (
            "repeated Color",
            "repeated.items.enum.in = 1; repeated.unique = true",
            &["no item twice", "each item: in [RED]"],
        ),
        (
            "map<string, Color>",
            "map.min_pairs = 1; map.keys.string.min_len = 2; map.values.enum.const = 2",
            &[
                "entries at least 1",
                "each key: length at least 2",
                "each value: must be GREEN",
            ],
        ),
        (
            "google.protobuf.Duration",
            "duration.lt = {seconds: 1, nanos: 500000000}",
            &["< 1.5s"],
        ),
        (
            "google.protobuf.Timestamp",
            "timestamp.gt_now = true; timestamp.within = {seconds: 60}",
            &["in the future", "within 60s of now"],
        ),
        (
            "google.protobuf.Any",
            r#"any.in = "type.googleapis.com/a.B""#,
            &["in [type.googleapis.com/a.B]"],
        ),
        (
            "google.protobuf.FieldMask",
            r#"field_mask.in = "a""#,
            &["in [a]"],
        ),
        (
            "string",
            r#"cel = {id: "x", message: "has to shout", expression: "true"}"#,
            &["has to shout"],
        ),
        (
            "string",
            r#"cel_expression = "this != 'x'""#,
            &["this != 'x'"],
        ),
        (
            "string",
            "ignore = IGNORE_ALWAYS; required = true",
            &["rules are ignored"],
        ),
        (
            "string",
            "ignore = IGNORE_IF_ZERO_VALUE; string.len = 2",
            &["length 2", "or left at its zero"],
        ),
    ];
    for (kind, rules, expected) in cases {
        let rules = rules.replace(", string.in", "; string.in");
        assert_eq!(
            rules_of(&field(before, kind, &rules)),
            *expected,
            "{kind}, {rules}"
        );
    }
    assert!(rules_of(&message("", "string f = 1;").get_field_by_name("f").unwrap()).is_empty());
}

#[test]
fn rules_of_messages_and_oneofs() {
    let message = message(
        "",
        r#"option (buf.validate.message).cel = {id: "a" message: "b before a" expression: "true"};
        option (buf.validate.message).oneof = {fields: ["a", "b"], required: true};
        string a = 1; string b = 2;
        oneof choice { option (buf.validate.oneof).required = true; string c = 3; }"#,
    );
    assert_eq!(
        rules_of_message(&message),
        ["b before a", "exactly one of a, b"]
    );
    let oneof = message.oneofs().next().unwrap();
    assert_eq!(rules_of_oneof(&oneof), ["required"]);
}

#[test]
fn a_schema_without_the_rules_own_file_keeps_the_rules() {
    // As from reflection of a server that leaves options' files out: the bytes of the options are all there is.
    let with = message("", "int32 f = 1 [(buf.validate.field).int32.gte = 7];");
    let mut file = with.parent_file().file_descriptor_proto().clone();
    let options = with.get_field_by_name("f").unwrap().options();
    file.dependency.clear();
    // prost's own types drop what they do not know, so the options are put back as bytes.
    let field = {
        let mut field = Vec::new();
        let own = prost::Message::encode_to_vec(&{
            let mut own = file.message_type[0].field[0].clone();
            own.options = None;
            own
        });
        field.extend_from_slice(&own);
        let options = prost::Message::encode_to_vec(&options);
        prost::encoding::encode_key(8, prost::encoding::WireType::LengthDelimited, &mut field);
        prost::encoding::encode_varint(options.len() as u64, &mut field);
        field.extend_from_slice(&options);
        field
    };
    let mut message_bytes = vec![0x0a, 1, b'M'];
    length_delimited(2, &field, &mut message_bytes);
    let mut file_bytes = Vec::new();
    length_delimited(1, b"only.proto", &mut file_bytes);
    length_delimited(2, b"t", &mut file_bytes);
    length_delimited(4, &message_bytes, &mut file_bytes);
    length_delimited(12, b"proto3", &mut file_bytes);
    let mut pool = DescriptorPool::new();
    pool.decode_file_descriptor_proto(file_bytes.as_slice())
        .unwrap();
    let field = pool
        .get_message_by_name("t.M")
        .unwrap()
        .get_field_by_name("f")
        .unwrap();
    assert_eq!(rules_of(&field), ["≥ 7"]);
}

fn length_delimited(tag: u32, bytes: &[u8], to: &mut Vec<u8>) {
    prost::encoding::encode_key(tag, prost::encoding::WireType::LengthDelimited, to);
    prost::encoding::encode_varint(bytes.len() as u64, to);
    to.extend_from_slice(bytes);
}

#[test]
fn rules_are_values_for_those_who_make_examples() {
    let rules = field_rules(&field("", "uint32", "uint32.gte = 5; required = true")).unwrap();
    assert!(rules.required);
    let Some(KindRules::Number(number)) = rules.kind else {
        panic!("{rules:?}");
    };
    let lower = number.order.lower.unwrap();
    assert_eq!((lower.value, lower.inclusive), (Number::Uint(5), true));
    assert!(number.order.upper.is_none());
}
