//! Expressions on their own: what they give, what they may cost, and what is refused.

use std::thread;

use cel::common::{
    types::{CelList, CelString},
    value::Val,
};

use super::{CelFilter, Converter, MessageFacts, Program, STACK, Variables, Verdict, refill};

fn on_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = thread::Builder::new().stack_size(STACK);
    thread.spawn(run).unwrap().join().unwrap()
}

fn run(expression: &str, this: Box<dyn Val>) -> Result<Verdict, String> {
    let expression = expression.to_owned();
    on_stack(move || {
        refill();
        let program = Program::compile(&expression)?;
        program.run(Variables {
            this,
            rules: None,
            now: Converter::time(0)?,
        })
    })
}

fn text(text: &str) -> Box<dyn Val> {
    Box::new(CelString::from(text.to_owned()))
}

#[test]
fn functions_of_protovalidate() {
    let kept = [
        "'a@b.c'.isEmail() && !'a'.isEmail()",
        "'a.b'.isHostname() && 'a:1'.isHostAndPort(true) && 'a'.isHostAndPort(false)",
        "'::1'.isIp() && '::1'.isIp(6) && !'::1'.isIp(4) && !'::1'.isIp(5)",
        "'10.0.0.0/8'.isIpPrefix() && '10.0.0.0/8'.isIpPrefix(4, true) && !'10.0.0.1/8'.isIpPrefix(true)",
        "'http://a/b?c#d'.isUri() && '../a'.isUriRef() && !'../a'.isUri()",
        "[1, 2].unique() && !['a', 'a'].unique() && ![0.0, -0.0].unique()",
        "(0.0/0.0).isNan() && (1.0/0.0).isInf() && (1.0/0.0).isInf(1) && !(1.0/0.0).isInf(-1)",
        "b'abc'.startsWith(b'a') && b'abc'.endsWith(b'c') && b'abc'.contains(b'b')",
        "'%s is %d'.format(['x', 3]) == 'x is 3'",
        "now == timestamp('1970-01-01T00:00:00Z') && now + duration('1s') > now",
        "this == 'me' && this.matches('^m') && !has({'a': 1}.b)",
        "[1, 2, 3].map(x, x * 2).filter(x, x > 2) == [4, 6]",
        "'a,b'.split(',').join('-').upperAscii().replace('A', 'C') == 'C-B'",
        "",
    ];
    for expression in kept.iter().filter(|it| !it.is_empty()) {
        assert_eq!(
            run(expression, text("me")),
            Ok(Verdict::Kept),
            "{expression}"
        );
    }
    assert_eq!(run("this != 'me'", text("me")), Ok(Verdict::Broken(None)));
    let said = run("this == 'me' ? 'not ' + this : ''", text("me"));
    assert_eq!(said, Ok(Verdict::Broken(Some("not me".to_owned()))));
}

#[test]
fn what_cannot_be_used_has_a_reason() {
    let cases = [
        ("this ==", "Syntax error"),
        ("1 + 1", "neither a bool nor a string"),
        ("this.foo > 1", "no"),
        ("nothing(this)", "nothing"),
        ("this.matches('(')", "regex"),
        ("1 / 0 == 1", "ivision"),
    ];
    for (expression, reason) in cases {
        let error = run(expression, text("x")).unwrap_err();
        assert!(error.contains(reason), "{expression}: {error}");
    }
}

/// What a run says, or how its reason begins.
fn outcome(source: &str) -> String {
    let items: Vec<Box<dyn Val>> = (0..300).map(|n| text(&format!("x{n}"))).collect();
    match run(source, Box::new(CelList::from(items))) {
        Ok(verdict) => format!("{verdict:?}"),
        Err(reason) => reason,
    }
}

#[test]
fn hostile_expressions_are_refused_or_end() {
    let deep = |open: &str, close: &str, levels: usize| {
        format!("{}1{} == 1", open.repeat(levels), close.repeat(levels))
    };
    let nested = "nested too deeply";
    let cases = [
        (deep("(", ")", 40), "Kept"),
        (deep("(", ")", 4000), nested),
        (deep("[", "]", 40), "Broken"),
        (deep("-(", ")", 40), "Kept"),
        (format!("{}true", "!".repeat(8000)), "Kept"),
        (format!("{}true", "!(".repeat(4000)), nested),
        (format!("1{} == 1", " + 1".repeat(2000)), nested),
        (format!("this{} == 1", ".a".repeat(4000)), nested),
        (
            format!("true{}", " ? true : true".repeat(500)),
            "Recursion limit",
        ),
        (
            format!("{}true{}", "true ? ".repeat(400), " : true".repeat(400)),
            "Incomplete",
        ),
        ("[".repeat(8000), nested),
        ("a".repeat(100_000), "longer than"),
        ("{'a':".repeat(1000), nested),
        (String::new(), "mismatched input"),
    ];
    for (source, expected) in cases {
        let shown: String = source.chars().take(60).collect();
        let outcome = outcome(&source);
        assert!(outcome.contains(expected), "{shown}: {outcome}");
    }
}

#[test]
fn what_an_expression_costs_is_bounded() {
    let replace =
        |with: &str| format!("this.join(){} == ''", format!(".replace({with})").repeat(8));
    let double = ".map(a, a + a + a + a)".repeat(12);
    let sources = [
        "this.all(a, this.all(b, this.all(c, this.all(d, a + b + c + d != ''))))".to_owned(),
        "this.map(a, this.map(b, this.map(c, this.map(d, this)))).size() > 0".to_owned(),
        format!("[this]{double}.size() > 0"),
        replace("'x', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'"),
        replace("'', this.join()"),
        "!this.all(a, this.all(b, this.all(c, this.all(d, a != d + 'q')))) || true".to_owned(),
    ];
    for source in sources {
        assert_eq!(
            outcome(&source),
            "it costs more than a check may",
            "{source}"
        );
    }
}

#[test]
fn what_a_message_costs_is_bounded_before_it_is_converted() {
    let pool = crate::message::compile_for_tests(
        r#"syntax = "proto3"; package t; message M { int32 id = 1; bytes rest = 2; repeated M items = 3; }"#,
    );
    let message = pool.get_message_by_name("t.M").unwrap();
    let filter = |source: &str| CelFilter::compile(source, &message).unwrap();
    let ask = |source: &str, wire: &[u8]| {
        let facts = MessageFacts {
            wire,
            sent: false,
            index: 0,
            at: std::time::Duration::ZERO,
        };
        filter(source).holds(&facts)
    };
    // `rest` with five million bytes.
    let mut large = vec![0x08, 0x01, 0x12, 0xc0, 0x96, 0xb1, 0x02];
    large.resize(7 + 5_000_000, 0);
    let refused = ask("id == 1", &large).unwrap_err();
    assert!(refused.contains("larger than 4 MiB"), "{refused}");
    assert_eq!(ask("size > 5000000 && index == 0", &large), Ok(true));
    assert_eq!(ask("id == 1", &large[..2]), Ok(true));
    // Two million empty messages are below that size.
    let many = [0x1a, 0x00].repeat(2_000_000);
    let refused = ask("items.size() == 1", &many).unwrap_err();
    assert!(refused.contains("costs more"), "{refused}");
    assert_eq!(
        ask("id == 0", &many),
        Ok(true),
        "only what is named is converted"
    );
}

/// Pieces of expressions, right ones and others.
const TOKENS: [&str; 44] = [
    "this",
    "now",
    "rule",
    "a",
    "'x'",
    "b'x'",
    "r'\\d'",
    "1",
    "2u",
    "1.5",
    "-",
    "!",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ".",
    "?",
    ".?",
    "+",
    "*",
    "/",
    "%",
    "==",
    "<",
    "&&",
    "||",
    "in",
    "true",
    "null",
    "has(",
    ".all(a,",
    ".exists(a,",
    ".map(a,",
    ".filter(a,",
    ".size()",
    ".matches(",
    ".format(",
    "0x7fffffffffffffff",
    "\u{0}",
];

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(300))]
    #[test]
    fn any_tokens_give_a_verdict_or_a_reason(
        picked in proptest::collection::vec(0..TOKENS.len(), 0..40)
    ) {
        let source: String = picked.iter().filter_map(|at| TOKENS.get(*at)).copied().collect();
        proptest::prop_assert!(!outcome(&source).is_empty());
    }
}
