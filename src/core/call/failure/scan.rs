//! Words for a filter that cannot be used.

use super::{Failure, card};
use crate::call::scan::{FilterError, FilterPart};

/// A filter that is not right.
pub fn filter_failure(error: &FilterError) -> Failure {
    let summary = match error.part {
        FilterPart::Text => "The text cannot be looked for",
        FilterPart::Path => "The path leads nowhere",
        FilterPart::Value => "The value does not fit the field",
        FilterPart::Expression => "The expression cannot be used",
    };
    card(summary, error.message.clone(), &error.hint, &[])
}
