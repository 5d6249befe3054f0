//! `stubless export`: a schema, from files or a server, as a descriptor set or as `.proto` files.

use std::path::Path;

use stubless_core::{
    call::save_failure,
    schema::{Existing, SaveError, SaveForm, Schema, save},
};

use super::{Exit, Stop, args::ExportArgs, report, symbols};

/// Saves the schema; what was written is told on standard error.
pub(super) async fn export(args: ExportArgs) -> Result<Exit, Stop> {
    let target = match (args.schema.reflects(), args.target.as_ref()) {
        (true, Some(target)) => Some(target),
        (false, None) => None,
        (true, None) => return Err(symbols::no_target("export TARGET --proto-out DIR")),
        (false, Some(_)) => {
            return Err(symbols::needless_target(
                "export --proto FILE --descriptor-set-out FILE",
            ));
        }
    };
    let schemas = symbols::load(&args.schema, target, &args.tls, &args.metadata).await?;
    let schema = schemas.merged().schema;
    if schema.file_names().is_empty() {
        return Err(Stop::new(Exit::Invalid, "There is nothing to save")
            .reason("Nothing that was read can be used"));
    }
    let existing = if args.force {
        Existing::Replace
    } else {
        Existing::Keep
    };
    let mut exit = Exit::Ok;
    let outputs = [
        (SaveForm::DescriptorSet, &args.descriptor_set_out),
        (SaveForm::ProtoFiles, &args.proto_out),
    ];
    for (form, path) in outputs {
        if let Some(path) = path {
            exit = exit.max(write(&schema, form, path, existing)?);
        }
    }
    Ok(exit)
}

fn write(schema: &Schema, form: SaveForm, path: &Path, existing: Existing) -> Result<Exit, Stop> {
    let saved = save(schema, form, path, existing).map_err(|error| {
        let stop = Stop::Failed(Exit::Invalid, Box::new(save_failure(&error)));
        match error {
            SaveError::Exists(_) => stop.hint("--force overwrites them"),
            SaveError::Link(_) | SaveError::Io { .. } => stop,
        }
    })?;
    let shown = path.display();
    match form {
        SaveForm::DescriptorSet => report::line(&format!("{shown}: a descriptor set")),
        SaveForm::ProtoFiles => report::line(&format!(
            "{shown}: {} files, {} of them written",
            saved.count(),
            saved.written
        )),
    }
    for name in &saved.refused {
        report::line(&format!("not saved: `{name}` leads out of {shown}"));
    }
    Ok(if saved.refused.is_empty() {
        Exit::Ok
    } else {
        Exit::Invalid
    })
}
