//! Symbol search: what is found and in which order, and what it costs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::{Duration, Instant};

use prost::Message as _;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FileDescriptorProto,
    FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto,
};

use super::*;
use crate::schema::load_descriptor_set;

fn message(name: &str) -> DescriptorProto {
    DescriptorProto {
        name: Some(name.to_owned()),
        ..DescriptorProto::default()
    }
}

fn service(name: &str, package: &str, methods: &[&str]) -> ServiceDescriptorProto {
    let method = |name: &&str| MethodDescriptorProto {
        name: Some((*name).to_owned()),
        input_type: Some(format!(".{package}.Book")),
        output_type: Some(format!(".{package}.Book")),
        ..MethodDescriptorProto::default()
    };
    ServiceDescriptorProto {
        name: Some(name.to_owned()),
        method: methods.iter().map(method).collect(),
        ..ServiceDescriptorProto::default()
    }
}

fn schema_of(files: Vec<FileDescriptorProto>) -> Schema {
    let set = FileDescriptorSet { file: files };
    let loaded = load_descriptor_set("test", &set.encode_to_vec());
    assert_eq!(loaded.problems, []);
    loaded.schema
}

fn library() -> Schema {
    let package = "library.v1";
    schema_of(vec![FileDescriptorProto {
        name: Some("library.proto".to_owned()),
        package: Some(package.to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: ["Book", "BookList", "Handbook", "Shelf"]
            .map(message)
            .into(),
        enum_type: vec![EnumDescriptorProto {
            name: Some("Binding".to_owned()),
            value: vec![EnumValueDescriptorProto {
                name: Some("UNKNOWN".to_owned()),
                number: Some(0),
                ..EnumValueDescriptorProto::default()
            }],
            ..EnumDescriptorProto::default()
        }],
        service: vec![service("Library", package, &["GetBook", "DeleteShelf"])],
        ..FileDescriptorProto::default()
    }])
}

fn best(schema: &Schema, typed: &str, searched: Searched) -> Vec<String> {
    let mut search = SymbolSearch::default();
    search.run(schema, &Query::new(typed), searched);
    let found = search.best(4).into_iter();
    let symbols = found.filter_map(|(id, _)| schema.symbol(id));
    symbols.map(|symbol| symbol.label().to_owned()).collect()
}

#[test]
fn symbols_of_every_kind_are_found_the_best_first() {
    let schema = library();
    let rows: [(&str, Searched, &[&str]); 6] = [
        (
            "book",
            Searched::All,
            &["Book", "BookList", "Library/GetBook", "Handbook"],
        ),
        ("book", Searched::Calls, &["Library/GetBook"]),
        ("binding", Searched::All, &["Binding"]),
        (
            "library.v1.Library/GetBook",
            Searched::All,
            &["Library/GetBook"],
        ),
        (
            "lib shelf",
            Searched::All,
            &["Shelf", "Library/DeleteShelf"],
        ),
        ("", Searched::All, &[]),
    ];
    for (typed, searched, expected) in rows {
        assert_eq!(best(&schema, typed, searched), expected, "{typed:?}");
    }
}

#[test]
fn typing_on_and_back_finds_what_a_new_search_finds() {
    let schema = library();
    let other = Schema::empty();
    let mut typing = SymbolSearch::default();
    for typed in ["b", "bo", "boo", "bo", "bo sh", "x", "", "sh", "she"] {
        let query = Query::new(typed);
        typing.run(&schema, &query, Searched::All);
        let mut anew = SymbolSearch::default();
        anew.run(&schema, &query, Searched::All);
        assert_eq!(typing.best(9), anew.best(9), "{typed}");
    }
    typing.run(&other, &Query::new("she"), Searched::All);
    assert_eq!(typing.best(9), []);
}

#[test]
fn a_filter_keeps_what_was_typed_and_the_merely_similar_only_in_its_absence() {
    let schema = library();
    let kept = |typed: &str| {
        let mut search = SymbolSearch::default();
        search.run(&schema, &Query::new(typed), Searched::All);
        let symbols = search.plain().filter_map(|id| schema.symbol(id));
        let labels: Vec<_> = symbols.map(|it| it.label().to_owned()).collect();
        let kept = search.kept(&schema);
        let catalogue = schema.catalogue();
        let messages = (0..catalogue.messages.len()).filter(|&at| kept.message(at));
        let methods = (0..2).filter(|&nth| kept.method(0, nth));
        let counted = usize::from(kept.service(0))
            + usize::from(kept.enumeration(0))
            + methods.count()
            + messages.count();
        assert_eq!(counted, labels.len(), "{typed}");
        labels
    };
    assert_eq!(kept("shelf"), ["Library/DeleteShelf", "Shelf"]);
    assert_eq!(kept("bklst"), ["BookList"]);
    assert_eq!(kept("v1").len(), 8);
}

#[test]
fn symbols_are_found_by_their_full_name() {
    let schema = library();
    for (name, kind) in [
        ("library.v1.Library", Some("service")),
        ("library.v1.Library/GetBook", Some("method")),
        ("library.v1.Library.GetBook", Some("method")),
        ("library.v1.Book", Some("message")),
        ("library.v1.Binding", Some("enum")),
        ("library.v1.Library/Nothing", None),
        ("library.v1", None),
    ] {
        let found = schema.find(name).map(|symbol| symbol.kind().word());
        assert_eq!(found, kind, "{name}");
    }
}

const NOUNS: [&str; 20] = [
    "Book", "Shelf", "Order", "Invoice", "Account", "User", "Policy", "Instance", "Cluster",
    "Volume", "Snapshot", "Image", "Network", "Route", "Topic", "Message", "Document", "Index",
    "Campaign", "Budget",
];

/// 60,000 symbols: 500 packages with 4 services of 9 methods, 70 messages and 10 enums.
fn large() -> Schema {
    let verbs = ["Get", "List", "Create", "Update", "Delete", "Watch"];
    let file = |at: usize| {
        let noun = |n: usize| NOUNS[n % NOUNS.len()];
        let package = format!(
            "corp.{}.{}{}.v{}",
            noun(at).to_lowercase(),
            noun(at / 20).to_lowercase(),
            at / 40,
            at % 3 + 1
        );
        let methods: Vec<String> = (0..9)
            .map(|n| format!("{}{}", verbs[n % 6], noun(at + n / 6)))
            .collect();
        let methods: Vec<&str> = methods.iter().map(String::as_str).collect();
        let mut messages = vec![message("Book")];
        messages.extend((1..70).map(|n| {
            let verb = verbs[(at + n) % 6];
            message(&format!("{verb}{}{}{n}", noun(n), noun(at + n * 7)))
        }));
        let services =
            (0..4).map(|n| service(&format!("{}Service{n}", noun(at + n)), &package, &methods));
        FileDescriptorProto {
            name: Some(format!("file{at}.proto")),
            syntax: Some("proto3".to_owned()),
            message_type: messages,
            enum_type: (0..10)
                .map(|n| EnumDescriptorProto {
                    name: Some(format!("{}State{n}", noun(at + n))),
                    value: vec![EnumValueDescriptorProto {
                        name: Some(format!("UNKNOWN_{n}")),
                        number: Some(0),
                        ..EnumValueDescriptorProto::default()
                    }],
                    ..EnumDescriptorProto::default()
                })
                .collect(),
            service: services.collect(),
            package: Some(package),
            ..FileDescriptorProto::default()
        }
    };
    schema_of((0..500).map(file).collect())
}

/// Prints what a keystroke costs: `cargo test --release -p stubless_core --lib symbol_search -- --ignored --nocapture`.
#[test]
#[ignore = "a benchmark: it prints figures and asserts none"]
#[allow(clippy::print_stdout, reason = "it is what a benchmark is for")]
fn benchmark_of_symbol_search() {
    let schema = large();
    let started = Instant::now();
    schema.prepare();
    let prepared = started.elapsed();
    println!(
        "{} symbols, made ready in {prepared:?}",
        schema.symbols().len()
    );
    for typed in ["getbook", "corp.inv", "create invoice", "gisv", "zzz", "e"] {
        let mut keystrokes: Vec<Vec<Duration>> = vec![Vec::new(); typed.len()];
        let mut found = 0;
        for _ in 0..15 {
            let mut search = SymbolSearch::default();
            for (at, times) in keystrokes.iter_mut().enumerate() {
                let started = Instant::now();
                let query = Query::new(&typed[..=at]);
                search.run(&schema, &query, Searched::All);
                found = search.best(100).len();
                times.push(started.elapsed());
            }
        }
        let medians = keystrokes.iter_mut().map(|times| {
            times.sort_unstable();
            times[times.len() / 2].as_micros()
        });
        let medians: Vec<_> = medians.collect();
        println!("{typed:?}: {medians:?} µs a keystroke, {found} shown");
    }
}

/// Prints what a real tree costs; `STUBLESS_TREE` is its folder, `STUBLESS_SYMBOLS` are names in it.
#[test]
#[ignore = "a benchmark: it prints figures and asserts none"]
#[allow(clippy::print_stdout, reason = "it is what a benchmark is for")]
fn benchmark_of_a_tree() {
    let Some(tree) = std::env::var_os("STUBLESS_TREE").map(std::path::PathBuf::from) else {
        println!("STUBLESS_TREE names no folder");
        return;
    };
    let tree = std::slice::from_ref(&tree);
    let schema = crate::schema::compile(tree, tree).schema;
    let timed = |what: &str, work: &mut dyn FnMut() -> String| {
        let started = Instant::now();
        let told = work();
        println!("{what}: {:?}, {told}", started.elapsed());
    };
    timed("made ready", &mut || {
        schema.prepare();
        let packages = schema.packages(Searched::All).all().len();
        format!("{} symbols, {packages} packages", schema.symbols().len())
    });
    for typed in ["timestamp", "google.cloud.vis", "list clusters"] {
        let mut search = SymbolSearch::default();
        for end in 1..=typed.len() {
            timed(&typed[..end], &mut || {
                search.run(&schema, &Query::new(&typed[..end]), Searched::All);
                format!("{} shown", search.best(100).len())
            });
        }
    }
    let symbols = std::env::var("STUBLESS_SYMBOLS").unwrap_or_default();
    for symbol in symbols.split_whitespace() {
        timed(&format!("uses of {symbol}"), &mut || {
            format!("{} places", schema.uses_of(symbol, 2000).total)
        });
        timed(&format!("page of {symbol}"), &mut || {
            let page = schema.page_of(symbol);
            format!("{:?}", page.map(|page| page.definition.text.len()))
        });
    }
}
