//! Sentences with values in them: what stands between backticks is drawn in monospace.

use std::sync::Arc;

use egui::{
    Color32, FontId, Galley, Label, Response, Ui,
    text::{LayoutJob, TextFormat},
};

use super::json_syntax::elided_job;
use crate::ui::theme::{Tokens, font};

/// Lays out a sentence; the backticks themselves are not shown.
pub fn prose_job(text: &str, font_id: &FontId, color: Color32) -> LayoutJob {
    let plain = TextFormat::simple(font_id.clone(), color);
    let code = TextFormat::simple(FontId::new(font_id.size - 0.5, font::code().family), color);
    let mut job = LayoutJob::default();
    let mut rest = text;
    while let Some((before, value, after)) = next_value(rest) {
        job.append(before, 0.0, plain.clone());
        job.append(value, 0.0, code.clone());
        rest = after;
    }
    job.append(rest, 0.0, plain);
    job
}

/// A wrapped sentence that can be selected and copied: people paste error messages.
pub fn prose(ui: &mut Ui, text: &str) -> Response {
    let color = Tokens::of(ui).text.normal;
    prose_with(ui, text, &font::body(), color)
}

/// As [`prose`], in a font and colour of one's own.
pub fn prose_with(ui: &mut Ui, text: &str, font_id: &FontId, color: Color32) -> Response {
    let job = prose_job(text, font_id, color);
    ui.add(Label::new(job).wrap().selectable(true))
}

/// As [`prose_job`], laid out on one line and cut with `…` at a width.
pub fn elided_prose(
    ui: &Ui,
    text: &str,
    font_id: &FontId,
    color: Color32,
    max_width: f32,
) -> Arc<Galley> {
    let mut job = prose_job(text, font_id, color);
    job.break_on_newline = false;
    elided_job(ui, job, max_width)
}

/// What is before the next value, the value, and what is after it. A lone backtick is text.
fn next_value(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (value, after) = rest.split_once('`')?;
    Some((before, value, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_set_apart_and_lone_backticks_stay() {
        for (text, shown, pieces) in [
            ("Cannot reach `a:1` now", "Cannot reach a:1 now", 3),
            ("`a`", "a", 2),
            ("a ` b", "a ` b", 1),
            ("", "", 0),
        ] {
            let job = prose_job(text, &font::body(), Color32::PLACEHOLDER);
            let visible = job.sections.iter().filter(|s| !s.byte_range.is_empty());
            assert_eq!(job.text, shown);
            assert!(visible.count() <= pieces.max(1), "{text}");
        }
    }
}
