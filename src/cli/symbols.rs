//! `stubless list`, `stubless describe` and `stubless example`.

use std::{
    collections::BTreeSet,
    io::{self, Write as _},
};

use stubless_core::{
    message::generate,
    schema::{self, Query, Searched, SymbolSearch},
    workspace::MetadataRow,
};

use super::{
    Exit, Stop,
    args::{DescribeArgs, ExampleArgs, ListArgs, SchemaArgs, TargetArgs},
    session::Session,
    source::Schemas,
};

/// Symbols that a search prints.
const MAX_FOUND: usize = 50;

/// Prints services, or the methods of one.
pub(super) async fn list(args: ListArgs) -> Result<Exit, Stop> {
    let (target, service) = match (args.schema.reflects(), args.names.as_slice()) {
        (true, [target]) => (Some(target), None),
        (true, [target, service]) => (Some(target), Some(service)),
        (false, []) => (None, None),
        (false, [service]) => (None, Some(service)),
        (true, _) => return Err(no_target("list TARGET [pkg.Service]")),
        (false, _) => return Err(needless_target("list --proto FILE [pkg.Service]")),
    };
    if args.search.is_some() && service.is_some() {
        return Err(
            Stop::new(Exit::Usage, "A search goes over all services: name none").hint(
                "stubless list [TARGET] --search WORDS, where the service may be one of the words",
            ),
        );
    }
    let schemas = load(&args.schema, target, &args.tls, &args.metadata).await?;
    if let Some(words) = &args.search {
        return search(&schemas, words);
    }
    let Some(service) = service else {
        let services = schemas.iter().flat_map(|s| &s.catalogue().services);
        let names: BTreeSet<_> = services.map(|service| service.full_name.as_str()).collect();
        return print(names);
    };
    let found = schemas.find(|schema| {
        let mut services = schema.catalogue().services.iter();
        services.find(|s| s.full_name == *service).cloned()
    });
    let Some((_, found)) = found else {
        return Err(schemas.not_found("service", service));
    };
    let methods = found.methods.iter();
    print(methods.map(|method| format!("{}.{}", found.full_name, method.name)))
}

/// Prints the symbols that fit, the best first.
fn search(schemas: &Schemas, words: &str) -> Result<Exit, Stop> {
    let query = Query::new(words);
    let mut found = Vec::new();
    for schema in schemas.iter() {
        let mut search = SymbolSearch::default();
        search.run(schema, &query, Searched::All);
        let best = search.best(MAX_FOUND).into_iter();
        let symbols = best.filter_map(|(id, score)| Some((score, schema.symbol(id)?.path())));
        found.extend(symbols.map(|(score, path)| (score, path.replace('/', "."))));
    }
    found.sort_by_key(|(score, _)| *score);
    let mut seen = BTreeSet::new();
    found.retain(|(_, path)| seen.insert(path.clone()));
    if found.is_empty() {
        return Err(schemas.not_found("symbol", words));
    }
    print(found.into_iter().take(MAX_FOUND).map(|(_, path)| path))
}

/// Prints a symbol as proto source.
pub(super) async fn describe(args: DescribeArgs) -> Result<Exit, Stop> {
    let (target, symbol) = match (args.schema.reflects(), args.names.as_slice()) {
        (true, [target, symbol]) => (Some(target), symbol),
        (false, [symbol]) => (None, symbol),
        (true, _) => return Err(no_target("describe TARGET SYMBOL")),
        (false, _) => return Err(needless_target("describe --proto FILE SYMBOL")),
    };
    let schemas = load(&args.schema, target, &args.tls, &args.metadata).await?;
    let symbol = symbol.trim_start_matches('.');
    match schemas.find(|schema| schema::describe(schema, symbol)) {
        Some((_, source)) => print([source.trim_end()]),
        None => Err(schemas.not_found("symbol", symbol)),
    }
}

/// Prints a body for a method's request, or for a message.
pub(super) async fn example(args: ExampleArgs) -> Result<Exit, Stop> {
    let (target, symbol) = match (args.schema.reflects(), args.names.as_slice()) {
        (true, [target, symbol]) => (Some(target), symbol),
        (false, [symbol]) => (None, symbol),
        (true, _) => return Err(no_target("example TARGET SYMBOL")),
        (false, _) => return Err(needless_target("example --proto FILE SYMBOL")),
    };
    let schemas = load(&args.schema, target, &args.tls, &args.metadata).await?;
    let symbol = symbol.trim_start_matches('.');
    let message = schemas.find(|schema| {
        let method = schema.method(symbol).map(|method| method.input());
        method.or_else(|| schema.message(symbol))
    });
    match message {
        Some((_, message)) => print([generate(&message, args.style, args.seed)]),
        None => Err(schemas.not_found("method or message", symbol)),
    }
}

pub(super) async fn load(
    args: &SchemaArgs,
    target: Option<&String>,
    tls: &TargetArgs,
    metadata: &[MetadataRow],
) -> Result<Schemas, Stop> {
    let mut schemas = Schemas::from_files(args)?;
    if let Some(target) = target {
        let metadata = args.reflection_metadata(metadata);
        let session = Session::start(target, tls, metadata).await?;
        schemas.add_reflection(&session).await?;
    }
    Ok(schemas)
}

pub(super) fn no_target(usage: &str) -> Stop {
    Stop::new(
        Exit::Usage,
        "Without files the schema comes from a server: name it",
    )
    .hint(format!("stubless {usage}"))
}

pub(super) fn needless_target(usage: &str) -> Stop {
    Stop::new(
        Exit::Usage,
        "With files no server is asked: leave TARGET out",
    )
    .hint(format!("stubless {usage}, or add --reflect"))
}

fn print(lines: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Exit, Stop> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in lines {
        writeln!(out, "{}", line.as_ref()).map_err(|error| Stop::output(&error))?;
    }
    out.flush().map_err(|error| Stop::output(&error))?;
    Ok(Exit::Ok)
}
