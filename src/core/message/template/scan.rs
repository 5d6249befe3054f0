//! Finds `{{ … }}` in a text.

use std::ops::Range;

use super::TemplateError;

/// Where the next `{{ … }}` stands; an error when it is never closed. Braces and quotes inside the
/// expression are respected.
pub(super) fn next_expression(
    text: &str,
    from: usize,
) -> Option<Result<Range<usize>, TemplateError>> {
    let start = from + text.get(from..)?.find("{{")?;
    let bytes = text.as_bytes();
    let mut at = start + 2;
    let mut quote = None;
    let mut braces = 0usize;
    while let Some(&byte) = bytes.get(at) {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'{') => braces += 1,
            (None, b'}') if braces > 0 => braces -= 1,
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(Ok(start..at + 2)),
            (None, _) => {}
        }
        at += 1;
    }
    Some(Err(TemplateError {
        message: "`{{` is never closed".to_owned(),
        undefined: None,
        range: start..text.len(),
        hint: Some("close it with `}}`; literal braces are written {{ \"{{\" }}".to_owned()),
    }))
}
