//! Well-known types as a person edits them: times, spans of time, masks of fields.
//!
//! Pure text and arithmetic, exact to the nanosecond. What is written is ProtoJSON; whether it fits is
//! for the encoder to say.

mod any;
mod mask;
mod span;
mod time;

pub use any::{new_any, type_of_url};
pub use mask::{Checked, Mask, MaskField, MaskTarget, mask_fields, mask_owner, mask_targets};
pub use span::{MAX_SPAN_SECONDS, Span, SpanParts};
pub use time::{Clock, Moment, Shift, Zone};
