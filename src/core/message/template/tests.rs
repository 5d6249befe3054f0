//! Expressions: what they give, how they fail, and that hostile ones end.

use super::*;
use crate::message::{Document, JsonOptions, encode, fixture::compile, to_json};

fn scope() -> Scope {
    Scope {
        variables: [
            ("host", "localhost"),
            ("port", "50051"),
            ("tricky", "{{ host }} {% if %}"),
            ("user.name", "dotted"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
    }
}

#[test]
fn expressions_are_expanded_and_the_rest_is_literal() {
    for (name, text, want) in [
        (
            "no expression",
            "plain { } {% if x %} {# note #} }}",
            "plain { } {% if x %} {# note #} }}",
        ),
        ("a variable", "{{ host }}:{{port}}", "localhost:50051"),
        ("a literal", r#"{{ "{{" }} and {{ "}}" }}"#, "{{ and }}"),
        ("quotes hold braces", r#"{{ '}}' ~ host }}"#, "}}localhost"),
        ("an escaped quote", r#"{{ "a\"}}" }}"#, "a\"}}"),
        ("a dictionary", r#"{{ {"a": {"b": 7}}["a"]["b"] }}"#, "7"),
        ("a filter", "{{ host|upper }}", "LOCALHOST"),
        ("arithmetic", "{{ port|int + 1 }}", "50052"),
        ("a default", "{{ missing|default('x') }}", "x"),
        (
            "a condition",
            "{{ 'a' if host == 'localhost' else 'b' }}",
            "a",
        ),
        (
            "values are not expanded again",
            "{{ tricky }}",
            "{{ host }} {% if %}",
        ),
        (
            "replace",
            "{{ host|replace('local', 'remote') }}",
            "remotehost",
        ),
        ("join", "{{ [1, 2]|join('-') }}", "1-2"),
        (
            "words of JSON",
            "{{ 1 < 2 }} {{ none }} {{ 1.0 }}",
            "true null 1.0",
        ),
        ("nothing", "", ""),
        ("other characters", "é{{ host }}😀", "élocalhost😀"),
    ] {
        assert_eq!(expand(text, &scope()).as_deref(), Ok(want), "{name}");
    }
}

#[test]
fn faults_name_their_place_and_reason() {
    for (name, text, range, message, hint) in [
        (
            "undefined",
            "ab {{ hots }}",
            3..13,
            "`hots` is not defined",
            "did you mean `host`?",
        ),
        (
            "far from any",
            "{{ zzzzz }}",
            0..11,
            "`zzzzz` is not defined",
            "define `zzzzz` in the environment",
        ),
        (
            "attribute of undefined",
            "{{ zzzzz.a }}",
            0..13,
            "`zzzzz` is not defined",
            "",
        ),
        (
            "never closed",
            "x{{ host }",
            1..10,
            "`{{` is never closed",
            "close it",
        ),
        (
            "open quote",
            "{{ 'host }}",
            0..11,
            "`{{` is never closed",
            "",
        ),
        ("empty", "{{  }}", 0..6, "the expression is empty", ""),
        ("syntax", "{{ host host }}", 0..15, "cannot be read", ""),
        (
            "a function without call",
            "{{ uuid }}",
            0..10,
            "`uuid` is a function",
            "uuid()",
        ),
        (
            "unknown function",
            "{{ env('HOME') }}",
            0..17,
            "unknown function",
            "uuid()",
        ),
        (
            "wrong order",
            "{{ random_int(2, 1) }}",
            0..22,
            "2 is more than 1",
            "",
        ),
    ] {
        let error = expand(text, &scope()).expect_err(name);
        assert_eq!(error.range, range, "{name}");
        assert!(error.message.contains(message), "{name}: {}", error.message);
        assert!(error.hint.unwrap_or_default().contains(hint), "{name}");
    }
}

#[test]
fn the_words_of_a_fault_hold_no_value_of_a_variable() {
    let mut scope = scope();
    let variables = [
        ("token", "hunter2"),
        ("pin", "170141183460469231731687303715884105727"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    scope.variables.extend(variables);
    for text in [
        "{{ [1]|map(token)|list }}",
        "{{ [1]|map(token|upper)|list }}",
        "{{ [1]|select(token)|list }}",
        "{{ pin|int * 3 }}",
        "{{ random_int(pin[:5]|int, 1) }}",
        "{{ token|int }}",
        "{{ token.a }}",
        "{{ token() }}",
        "{{ {}[token] }}",
    ] {
        let error = expand(text, &scope).expect_err(text);
        let words = format!("{} / {:?}", error.message, error.hint).to_lowercase();
        for value in ["hunter2", "17014"] {
            assert!(!words.contains(value), "{text}: {words}");
        }
    }
    // What the person wrote is told.
    for (text, words) in [
        ("{{ host|nothing }}", "filter nothing is unknown"),
        ("{{ host|round }}", "cannot round value (string)"),
    ] {
        let error = expand(text, &scope).expect_err(text);
        assert_eq!(error.message, words);
    }
}

#[test]
fn a_secret_is_masked_wherever_it_stands_in_an_expression() {
    let mut scope = scope();
    let token = ("token".to_owned(), "hunter2".to_owned());
    scope.variables.extend([token]);
    for text in [
        "{{ token }}",
        "{{ token[:4] }}",
        "{{ host[:token|length] }}",
        "{{ token|upper }}",
        "{{ [token] }}",
        "{{ 'a' if token == 'x' else 'b' }}",
        "{{ {token: 1} }}",
        "{{ host|default(token) }}",
        "{{ token is startingwith(token) }}",
    ] {
        let parts = preview(text, &scope, |name| name == "token");
        let masked = PreviewPart::Value {
            range: 0..text.len(),
            text: MASK.to_owned(),
            secret: true,
        };
        assert_eq!(parts, [masked], "{text}");
    }
    // It would write all variables.
    assert!(expand("{{ debug() }}", &scope).is_err());
}

#[test]
fn a_secret_comes_through_where_it_stands_for_itself() {
    let variables = |token: &str| {
        let token = ("token".to_owned(), token.to_owned());
        Scope {
            variables: scope().variables.into_iter().chain([token]).collect(),
        }
    };
    let marks = [('\u{F0000}', "token".to_owned())].into();
    let (plain, marked) = (variables("a%7 b"), variables("\u{F0000}"));
    let stand_ins = StandIns::new(&plain, &marked, &marks);
    for (text, comes) in [
        ("no expression", true),
        ("{{ host|upper }}", true),
        ("Bearer {{ token }}", true),
        ("{{ token ~ '-' ~ token }}", true),
        ("{{ token|trim }}", true),
        ("{{ token if token else 'none' }}", true),
        ("{{ token == 'x' }}", true),
        ("{{ uuid() ~ token }}", true),
        ("{{ uuid() ~ token|length }}", false),
        ("{{ 'it\\'s a token' }}", true),
        ("{{ 'it\\'s ' ~ token|length }}", false),
        ("{{ token|replace('%', '%25') }}", false),
        ("{{ token|upper }}", false),
        ("{{ token|length }}", false),
        ("{{ token[:2] }}", false),
        ("{{ token[0] }}", false),
        ("{{ token == 'a%7 b' }}", false),
        ("{{ 'a' if token == 'a%7 b' else 'b' }}", false),
        ("{{ token }} {{ token|reverse }}", false),
        // It fails both ways.
        ("{{ token|int }}", true),
    ] {
        assert_eq!(stand_ins.come_through(text), comes, "{text}");
        let body = Document::new(format!("{{\"a\": [1, {{\"b\": {text:?}}}]}}"));
        assert_eq!(stand_ins.come_through_body(&body), comes, "{text}");
        let body = Document::new(format!("{{{text:?}: 1}}"));
        assert_eq!(stand_ins.come_through_body(&body), comes, "{text}");
    }
}

#[test]
fn hostile_expressions_end() {
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(10_000), ")".repeat(10_000));
    let deep_list = format!("{{{{ {}1{} }}}}", "[".repeat(10_000), "]".repeat(10_000));
    let long = format!("{{{{ '{}' }}}}", "a".repeat(1 << 20));
    for (name, text) in [
        ("deep", deep.as_str()),
        (
            "a long loop",
            "{{ range(100000)|map('upper')|list|length }}",
        ),
        (
            "growth by replace",
            "{{ ('a' * 100000)|replace('a', 'b' * 100000) }}",
        ),
        ("growth by join", "{{ range(90000)|join('b' * 100000) }}"),
        ("growth by indent", "{{ 'a'|indent(4000000000) }}"),
        ("growth by multiplication", "{{ 'a' * 4000000000 }}"),
        ("deep lists", deep_list.as_str()),
        ("a text of its own", long.as_str()),
    ] {
        assert!(expand(text, &scope()).is_err(), "{name}");
    }
}

#[test]
fn one_expression_keeps_its_type() {
    let scope = scope();
    let evaluator = Evaluator::new(&scope);
    for (text, want) in [
        ("{{ 1 + 1 }}", Some(Resolved::Number("2".into()))),
        ("{{ 1 < 2 }}", Some(Resolved::Bool(true))),
        ("{{ none }}", Some(Resolved::Null)),
        ("{{ port }}", Some(Resolved::Text("50051".into()))),
        (
            "{{ 9223372036854775807 }}",
            Some(Resolved::Number("9223372036854775807".into())),
        ),
        (" {{ 1 }}", None),
        ("{{ 1 }}{{ 2 }}", None),
        ("plain", None),
    ] {
        assert_eq!(
            evaluator.expression(text).map(Result::unwrap),
            want,
            "{text}"
        );
    }
}

#[test]
fn functions_give_what_they_say() {
    let scope = Scope::default();
    let uuid = expand("{{ uuid() }}", &scope).unwrap();
    assert_eq!(uuid::Uuid::parse_str(&uuid).unwrap().get_version_num(), 4);
    let now = expand("{{ now() }}", &scope).unwrap();
    assert!(
        now.ends_with('Z') && now.parse::<jiff::Timestamp>().is_ok(),
        "{now}"
    );
    let millis: i64 = expand("{{ now_ms() }}", &scope).unwrap().parse().unwrap();
    let seconds: i64 = expand("{{ timestamp() }}", &scope)
        .unwrap()
        .parse()
        .unwrap();
    assert!((millis / 1000 - seconds).abs() <= 1);
    for _ in 0..200 {
        let die: i64 = expand("{{ random_int(1, 6) }}", &scope)
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=6).contains(&die));
    }
    let any = "{{ random_int(-9223372036854775807, 9223372036854775807) }}";
    assert!(expand(any, &scope).unwrap().parse::<i64>().is_ok());
}

/// The parts of a preview in few words: `text`, `=value`, `*` for a secret, `!` for a fault.
fn words(text: &str) -> Vec<String> {
    let mut scope = scope();
    scope
        .variables
        .insert("token".to_owned(), "s3cret".to_owned());
    let parts = preview(text, &scope, |name| name == "token");
    let mut at = 0;
    let mut words = Vec::new();
    for part in parts {
        let (range, word) = match part {
            PreviewPart::Literal(range) => {
                let word = text[range.clone()].to_owned();
                (range, word)
            }
            PreviewPart::Value {
                range,
                text,
                secret,
            } => (range, format!("{}{text}", if secret { "*" } else { "=" })),
            PreviewPart::Failed(error) => (error.range.clone(), format!("!{}", error.message)),
        };
        assert_eq!(range.start, at, "nothing is left out: {text}");
        at = range.end;
        words.push(word);
    }
    assert_eq!(at, text.len());
    words
}

#[test]
fn a_preview_shows_every_expression_and_no_secret() {
    for (text, want) in [
        ("", vec![]),
        ("plain", vec!["plain"]),
        (
            "{{ host }}:{{ port }}/x",
            vec!["=localhost", ":", "=50051", "/x"],
        ),
        (
            "{{ nope }} {{ host }}",
            vec!["!`nope` is not defined", " ", "=localhost"],
        ),
        ("a {{ host", vec!["a ", "!`{{` is never closed"]),
        ("Bearer {{ token }}", vec!["Bearer ", "*••••••"]),
        ("{{ host ~ token|upper }}", vec!["*••••••"]),
        ("{{ 'token' }}", vec!["=token"]),
        (
            "{{ token / 2 }}",
            vec!["!the expression fails with the value of a secret"],
        ),
        ("{{ token ~ nope }}", vec!["!`nope` is not defined"]),
    ] {
        assert_eq!(words(text), want, "{text}");
    }
}

#[test]
fn what_secrets_became_is_taken_out_of_a_body_that_is_shown() {
    let message = compile(
        r#"syntax = "proto3";
        import "google/protobuf/any.proto";
        import "google/protobuf/struct.proto";
        import "google/protobuf/timestamp.proto";
        message M {
          string a_b = 1;
          bytes raw = 2;
          int32 number = 3 [json_name = "n"];
          google.protobuf.Timestamp at = 4;
          repeated string list = 5;
          map<string, M> named = 6;
          M inner = 7;
          google.protobuf.Any any = 8;
          google.protobuf.Struct free = 9;
          bool on = 10;
        }"#,
    )
    .get_message_by_name("M")
    .unwrap();
    // Each secret is written anew by the encoder, or short enough to stand elsewhere too.
    let values = [
        ("s", "a_b-"),
        ("n", "7"),
        ("t", "2024-01-01T02:00:00+02:00"),
    ];
    let scope = Scope {
        variables: values.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
    };
    let masked = |text: &str| {
        let body = Document::new(text);
        let wire = encode(&body, &message, &scope).unwrap();
        let options = JsonOptions {
            pretty: false,
            defaults: false,
            max_bytes: 0,
        };
        let json = to_json(&message, &wire, options).text;
        mask_secrets(json, &body, &message, &scope, |name| {
            values.iter().any(|(k, _)| *k == name)
        })
        .replace(MASK, "*")
    };
    for (body, want) in [
        (r#"{"a_b": "x {{ s|upper }}"}"#, r#"{"aB":"x *"}"#),
        (r#"{"a_b": "{{ s }} {{ uuid() }}"}"#, r#"{"aB":"*"}"#),
        (r#"{"raw": "{{ s }}"}"#, r#"{"raw":"*"}"#),
        (r#"{"number": "{{ n }}"}"#, r#"{"n":"*"}"#),
        (r#"{"at": "{{ t }}", "a_b": "7"}"#, r#"{"aB":"7","at":"*"}"#),
        (r#"{"list": ["7", "{{ n }}"]}"#, r#"{"list":["7","*"]}"#),
        (
            r#"{"named": {"k": {"a_b": "{{ s }}", "on": true}}}"#,
            r#"{"named":{"k":{"aB":"*","on":true}}}"#,
        ),
        (
            r#"{"named": {"{{ s }}": {}}, "on": true}"#,
            r#"{"named":"*","on":true}"#,
        ),
        (
            r#"{"inner": {"inner": {"raw": "{{ s }}"}}}"#,
            r#"{"inner":{"inner":{"raw":"*"}}}"#,
        ),
        (
            r#"{"any": {"@type": "t/M", "a_b": "{{ s }}"}}"#,
            r#"{"any":{"@type":"t/M","aB":"*"}}"#,
        ),
        (
            r#"{"any": {"@type": "t/M", "number": "{{ n }}"}}"#,
            r#"{"any":"*"}"#,
        ),
        (
            r#"{"free": {"x": ["{{ s }}", 1]}}"#,
            r#"{"free":{"x":["*",1.0]}}"#,
        ),
        (r#"{"on": "{{ n == '8' }}"}"#, "{}"),
        (r#"{"a_b": "{{ 's' }}"}"#, r#"{"aB":"s"}"#),
    ] {
        assert_eq!(masked(body), want, "{body}");
    }
}

#[test]
fn an_undefined_name_is_given_to_define_it() {
    for (text, name) in [
        ("{{ nope }}", Some("nope")),
        ("{{ host ~ nope.x }}", Some("nope")),
        ("{{ host.x.y }}", None),
        ("{{ 1 / 0 }}", None),
    ] {
        let error = expand(text, &scope()).unwrap_err();
        assert_eq!(error.undefined.as_deref(), name, "{text}: {error}");
    }
}

#[test]
fn every_function_is_told_of() {
    let functions: Vec<_> = template_functions().collect();
    assert_eq!(functions.len(), FUNCTIONS.len());
    for function in functions {
        assert!(function.call.starts_with(function.name) && !function.about.is_empty());
        let call = function.call.replace("low, high", "1, 6");
        let given = expand(&format!("{{{{ {call} }}}}"), &Scope::default());
        assert!(given.is_ok_and(|given| !given.is_empty()), "{call}");
    }
}

/// Every row of the tables in the page for people that has an expression and what it gives.
#[test]
fn the_page_about_expressions_tells_the_truth() {
    let page = include_str!("../../../../docs/templates.md");
    let mut rows = 0;
    for line in page.lines().filter(|line| line.starts_with("| `{{")) {
        let cells: Vec<&str> = line.split(" | ").collect();
        let code = |cell: &str| {
            let cell = cell.trim().trim_matches('|').trim();
            cell.trim_matches('`').replace("\\|", "|")
        };
        let [expression, gives, ..] = cells.as_slice() else {
            panic!("{line}");
        };
        let scope = Scope {
            variables: [("host", "localhost"), ("port", "50051"), ("name", "ada")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        };
        let given = expand(&code(expression), &scope).unwrap_or_else(|e| panic!("{line}: {e}"));
        // A word in italics describes what differs each time.
        if !gives.contains('*') {
            assert_eq!(given, code(gives), "{line}");
        }
        rows += 1;
    }
    assert!(rows > 25, "{rows} rows");
}
