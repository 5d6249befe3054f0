//! Whether a body fits its type, for the marks in the editor: in the frame, or on another thread.

use std::sync::atomic::{AtomicBool, Ordering};

use prost_reflect::MessageDescriptor;

use super::{Diagnostic, Document, Scope, encode::encode_until, validate::validate};
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
