//! A symbol as proto source text, comments included.

use super::Schema;

/// Describes a service, method (`pkg.S/M` or `pkg.S.M`), message, enum or field by full name.
pub fn describe(schema: &Schema, symbol: &str) -> Option<String> {
    let _ = (schema, symbol);
    unimplemented!()
}
