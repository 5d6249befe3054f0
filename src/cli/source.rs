//! The schemas a command looks symbols up in: files first, then what the server says.

use std::path::Path;

use stubless_core::schema::{Loaded, Schema, compile, load_descriptor_set};

use super::{Exit, Stop, args::SchemaArgs, report, session::Session};

/// Schemas in the order they are asked.
#[derive(Debug, Default)]
pub(super) struct Schemas(Vec<Schema>);

impl Schemas {
    /// Reads the files that were named. What cannot be used is reported; the rest is usable.
    pub(super) fn from_files(args: &SchemaArgs) -> Result<Self, Stop> {
        let mut schemas = Vec::new();
        if !args.proto.is_empty() {
            for path in args.proto.iter().chain(&args.roots) {
                check_readable(path)?;
            }
            schemas.push(usable(compile(&args.proto, &args.roots)));
        }
        for path in &args.descriptor_set {
            let bytes = std::fs::read(path).map_err(|error| cannot_read(path, &error))?;
            schemas.push(usable(load_descriptor_set(
                &path.display().to_string(),
                &bytes,
            )));
        }
        Ok(Self(schemas))
    }

    /// Asks the server too.
    pub(super) async fn add_reflection(&mut self, session: &Session) -> Result<(), Stop> {
        self.0.push(session.reflect().await?);
        Ok(())
    }

    /// The first schema that has what is looked for, and what it gave.
    pub(super) fn find<T>(&self, look: impl Fn(&Schema) -> Option<T>) -> Option<(&Schema, T)> {
        self.0
            .iter()
            .find_map(|schema| Some((schema, look(schema)?)))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Schema> {
        self.0.iter()
    }

    /// A name that was not found, with names that come close.
    pub(super) fn not_found(&self, what: &str, name: &str) -> Stop {
        let stop = Stop::new(Exit::Invalid, format!("There is no {what} `{name}`"));
        let wanted = last_part(name).to_lowercase();
        let services = self.iter().flat_map(|schema| &schema.catalogue().services);
        let mut near: Vec<&str> = Vec::new();
        for service in services {
            let methods = service.methods.iter().map(|m| m.path.as_str());
            for candidate in methods.chain([service.full_name.as_str()]) {
                if last_part(candidate).to_lowercase() == wanted && !near.contains(&candidate) {
                    near.push(candidate);
                }
            }
        }
        if near.is_empty() {
            stop.hint("`stubless list` shows what there is")
        } else {
            stop.hint(format!("did you mean {}?", near.join(" or ")))
        }
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit(['/', '.']).next().unwrap_or(name)
}

fn usable(loaded: Loaded) -> Schema {
    report::problems(&loaded.problems);
    loaded.schema
}

/// A path that is not there is a slip of the person's, told apart from a file that does not compile.
fn check_readable(path: &Path) -> Result<(), Stop> {
    std::fs::metadata(path)
        .map(|_| ())
        .map_err(|error| cannot_read(path, &error))
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Stop {
    Stop::new(Exit::Invalid, format!("Cannot read `{}`", path.display())).reason(error)
}
