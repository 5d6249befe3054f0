//! `stubless drift`: what of the files is not as the server has it.
//!
//! Standard output has a block for each method that differs, the worst change first; standard error
//! counts. Scripts read the exit code: [`Exit::Status`] when something breaks on the wire.

use std::io::{self, Write as _};

use stubless_core::schema::{
    Loaded, Schema,
    drift::{Change, Drift, MethodDrift, Part, Presence, Verdict, compare},
    merge,
};

use super::{Exit, Stop, args::DriftArgs, report, session::Session, source::Schemas};

/// Compares files with what the server says of itself.
pub(super) async fn drift(args: DriftArgs) -> Result<Exit, Stop> {
    if args.schema.proto.is_empty() && args.schema.descriptor_set.is_empty() {
        let stop = Stop::new(Exit::Usage, "There is nothing to compare the server with");
        return Err(stop.hint("Name files: stubless drift --proto FILE TARGET"));
    }
    let files = Schemas::from_files(&args.schema)?;
    let here = one(&files);
    let session = Session::start(&args.target, &args.tls, &args.metadata).await?;
    let mut server = Schemas::default();
    server.add_reflection(&session).await?;
    let server = one(&server);
    let part = match args
        .part
        .as_deref()
        .map(|name| name.trim_start_matches('.'))
    {
        None => Part::All,
        Some(name) if name.contains('/') => Part::Method(name),
        Some(name) => Part::Service(name),
    };
    if !is_known(&here, part) && !is_known(&server, part) {
        let what = match part {
            Part::Method(_) => "method",
            Part::All | Part::Service(_) => "service",
        };
        return Err(files.not_found(what, &part.to_string()));
    }
    // What only an unreadable file defines is not "on the server alone".
    if part != Part::All && !is_known(&here, part) && files.left_out() > 0 {
        let text = format!("`{part}` is in none of the files that can be used");
        return Err(Stop::new(Exit::Invalid, text).hint("Mend the files named above first"));
    }
    let drift = compare(&here, &server, part);
    print(&drift).map_err(|error| Stop::output(&error))?;
    report::line(&summary(&drift));
    Ok(match drift.verdict() {
        Some(Verdict::BreaksWire) => Exit::Status,
        _ if part == Part::All && files.left_out() > 0 => {
            report::line("What the files left out define was not compared");
            Exit::Invalid
        }
        Some(Verdict::BreaksJson | Verdict::Compatible) | None => Exit::Ok,
    })
}

/// All sources as one schema; the first one that has something counts.
fn one(schemas: &Schemas) -> Schema {
    let loaded = schemas.iter().map(|schema| Loaded {
        schema: schema.clone(),
        problems: Vec::new(),
    });
    // Reading them has told their problems; what is defined twice is no drift.
    merge(loaded.collect()).schema
}

fn is_known(schema: &Schema, part: Part<'_>) -> bool {
    let mut services = schema.catalogue().services.iter();
    match part {
        Part::All => true,
        Part::Service(name) => services.any(|service| service.full_name == name),
        Part::Method(path) => schema.catalogue().method(path).is_some(),
    }
}

fn print(drift: &Drift) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for service in &drift.only_here {
        writeln!(
            out,
            "{service}\n  {:<10}  not on the server",
            word(Verdict::BreaksWire)
        )?;
    }
    for method in &drift.methods {
        writeln!(out, "{}", method.path)?;
        write_method(&mut out, method)?;
    }
    for service in &drift.only_server {
        writeln!(
            out,
            "{service}\n  {:<10}  on the server alone",
            word(Verdict::Compatible)
        )?;
    }
    out.flush()
}

fn write_method(out: &mut impl io::Write, method: &MethodDrift) -> io::Result<()> {
    let whole = match method.presence {
        Presence::Both => None,
        Presence::Here => Some((word(method.verdict), "not on the server")),
        Presence::Server => Some((word(method.verdict), "on the server alone")),
        Presence::Unresolved => Some(("unknown", "its types cannot be resolved on both sides")),
    };
    if let Some((word, text)) = whole {
        writeln!(out, "  {word:<10}  {text}")?;
    }
    for change in &method.changes {
        let Change {
            verdict,
            kind,
            text,
            ..
        } = change;
        let (verdict, place, kind) = (word(*verdict), change.place(), kind.word());
        writeln!(out, "  {verdict:<10}  {place}  {kind}: {}", plain(text))?;
    }
    if method.omitted > 0 {
        writeln!(out, "  and {} more", method.omitted)?;
    }
    Ok(())
}

/// Values stand between backticks for the window; a terminal needs none.
fn plain(text: &str) -> String {
    stubless_core::grpc::printable_lines(&text.replace('`', ""), usize::MAX)
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Compatible => "compatible",
        Verdict::BreaksJson => "json",
        Verdict::BreaksWire => "breaking",
    }
}

fn summary(drift: &Drift) -> String {
    let both = drift
        .methods
        .iter()
        .filter(|m| m.presence == Presence::Both);
    let differ = both.count();
    let breaking = drift
        .methods
        .iter()
        .filter(|m| m.verdict == Verdict::BreaksWire);
    let breaking = breaking.count();
    let methods = match drift.compared {
        1 => "1 method".to_owned(),
        count => format!("{count} methods"),
    };
    let mut text = match differ {
        0 => format!("{methods} compared, no difference"),
        _ => format!("{methods} compared, {differ} differ"),
    };
    if breaking > 0 {
        text.push_str(&format!(", {breaking} break on the wire"));
    }
    let missing = drift.only_here.len();
    if missing > 0 {
        text.push_str(&format!(
            "; services that the server does not have: {missing}"
        ));
    }
    text
}
