//! Whether a body fits its type, for the marks in the editor: that of a small one in the frame, rules and
//! large ones on another thread.

use std::{
    ops::Range,
    sync::atomic::{AtomicBool, Ordering},
};

use prost_reflect::MessageDescriptor;

use super::{
    Diagnostic, Document, Scope,
    encode::encode_until,
    validate::{has_rules, validate},
};
use crate::schema::Schema;

/// A body to be checked. Cheap to make and to hand over.
#[derive(Debug, Clone)]
pub struct BodyCheck {
    /// A [snapshot](Document::snapshot) of the body.
    pub document: Document,
    /// Its type.
    pub message: MessageDescriptor,
    /// Variables.
    pub scope: Scope,
    /// What an Any may hold.
    pub schema: Schema,
}

/// The size of the encoded message, in bytes, or what does not fit.
pub type Fit = Result<usize, Vec<Diagnostic>>;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyReport {
    /// Whether it can be encoded.
    pub fit: Fit,
    /// Rules of the schema that are broken, and those that cannot be checked: it can be sent all the same.
    pub rules: Vec<Diagnostic>,
}

impl BodyCheck {
    /// Encodes the body and leaves the rules alone: for a small one that is work for a frame.
    pub fn fit(&self) -> Fit {
        let stop = AtomicBool::new(false);
        let wire = encode_until(
            &self.document,
            &self.message,
            &self.scope,
            &self.schema,
            &stop,
        );
        wire.map(|wire| wire.len())
    }

    /// Whether there are rules to look at. What they cost is up to who wrote them, half a second where
    /// they are in CEL: no work for a thread that draws, however small the body.
    pub fn has_rules(&self) -> bool {
        has_rules(&self.message)
    }

    /// Encodes the body and looks at the rules. `None` when `stop` was set meanwhile.
    pub fn run(&self, stop: &AtomicBool) -> Option<BodyReport> {
        let stopped = || stop.load(Ordering::Relaxed);
        let (document, message) = (&self.document, &self.message);
        let encoded = encode_until(document, message, &self.scope, &self.schema, stop);
        if stopped() {
            return None;
        }
        let mut rules = Vec::new();
        if let Ok(wire) = &encoded {
            let found = validate(document, message, wire);
            rules = [found.broken, found.notes].concat();
        }
        (!stopped()).then(|| BodyReport {
            fit: encoded.map(|wire| wire.len()),
            rules,
        })
    }
}

/// Moves what was found at a revision to where it stands now: what was touched since is no longer known and
/// goes, as does all of it when that is too many changes ago or `revision` is `None`.
pub fn follow(found: &mut Vec<Diagnostic>, document: &Document, revision: Option<u64>) {
    let followed = |range: &Range<usize>| document.followed(range.clone(), revision?);
    found.retain_mut(|diagnostic| {
        if let Some(fix) = &mut diagnostic.fix {
            match followed(&fix.range) {
                Some(range) => fix.range = range,
                None => diagnostic.fix = None,
            }
        }
        let range = followed(&diagnostic.range);
        range.is_some_and(|range| {
            diagnostic.range = range;
            true
        })
    });
}
