//! What screen readers and tests are told: a text input of many lines, the rows that are seen as runs of
//! text, where the cursor is in them. And what they ask for.

use egui::{
    Id, Response, Ui, WidgetInfo, accesskit,
    accesskit::{Action, ActionData, ActionRequest, Role},
    emath::TSTransform,
    text::{CCursor, LayoutJob, TextFormat},
    text_selection::{CCursorRange, accesskit_text::update_accesskit_for_text_widget},
};
use stubless_core::message::Document;

use super::{
    core::Selection,
    input::Work,
    seen::{Painted, View},
};
use crate::ui::theme::{Tokens, font, size};

/// Texts up to this are told whole, larger ones as far as they are seen.
const TOLD_BYTES: usize = 64 * 1024;

/// Characters of a run of text, as egui cuts them.
const RUN_CHARS: usize = 255;

/// Tells the name, the role and the text.
pub(super) fn tell(
    ui: &Ui,
    response: &Response,
    name: &str,
    document: &Document,
    selection: Selection,
    view: &View,
    rows: &[Painted],
) {
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::MultilineTextInput, ui.is_enabled(), name);
        info.current_text_value = Some(if is_told_whole(document) {
            document.text().to_owned()
        } else {
            seen_text(document, rows)
        });
        info
    });
    let id = response.id;
    let told = ui.ctx().accesskit_node_builder(id, |node| {
        node.set_role(Role::MultilineTextInput);
        node.set_label(name);
        if is_told_whole(document) {
            node.add_action(Action::SetValue);
        }
        node.add_action(Action::ReplaceSelectedText);
    });
    if told.is_none() || rows.is_empty() {
        return;
    }
    let format = TextFormat {
        line_height: Some(size::CODE_LINE),
        ..TextFormat::simple(font::code(), Tokens::of(ui).text.normal)
    };
    let job = LayoutJob::single_section(seen_text(document, rows), format);
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let cursor = |place| CCursor::new(char_of(document, rows, place));
    let range = CCursorRange::two(cursor(selection.anchor), cursor(selection.head));
    let top = rows.first().map_or(view.rect.top(), |row| row.top);
    let transform = TSTransform::from_translation(egui::vec2(view.text_left(), top));
    update_accesskit_for_text_widget(ui.ctx(), id, Some(range), transform, &galley);
}

/// Whether the value that is told is the whole text. Who sets a value read it before and changed a part of
/// it: of a text that is told in part, the rest would be lost.
fn is_told_whole(document: &Document) -> bool {
    document.text().len() <= TOLD_BYTES
}

/// The pieces of the rows that are seen, one a line.
fn seen_text(document: &Document, rows: &[Painted]) -> String {
    let pieces = rows.iter().map(|row| piece(document, row));
    pieces.collect::<Vec<_>>().join("\n")
}

fn piece<'d>(document: &'d Document, row: &Painted) -> &'d str {
    let range = row.piece.range.clone();
    document.text().get(range).unwrap_or_default()
}

/// Character of the seen text at a place of the text; its nearest end for a place that is not seen.
fn char_of(document: &Document, rows: &[Painted], place: usize) -> usize {
    let mut chars = 0;
    for (index, row) in rows.iter().enumerate() {
        let range = &row.piece.range;
        let next = rows.get(index + 1).map(|next| next.piece.range.start);
        if place <= range.end || next.is_some_and(|next| place < next) {
            let end = place.clamp(range.start, range.end);
            let before = document.text().get(range.start..end).unwrap_or_default();
            return chars + before.chars().count();
        }
        chars += piece(document, row).chars().count() + 1;
    }
    chars.saturating_sub(1)
}

/// The value that was asked for, with or without the keyboard; `None` of a text that is not told whole,
/// for those who ask without looking at what is offered.
pub(super) fn wanted_value(ui: &Ui, id: Id, document: &Document) -> Option<String> {
    if !is_told_whole(document) {
        return None;
    }
    ui.input(|input| {
        let requests = input.accesskit_action_requests(id, Action::SetValue);
        let value = |request: &ActionRequest| match &request.data {
            Some(ActionData::Value(value)) => Some(value.to_string()),
            _ => None,
        };
        requests.filter_map(value).last()
    })
}

/// Does what was asked for; `false` when it is not for this editor.
pub(super) fn request(work: &mut Work<'_, '_>, id: Id, request: &ActionRequest) -> bool {
    match (&request.action, &request.data) {
        (Action::ReplaceSelectedText, Some(ActionData::Value(text)))
            if request.target_node == id.accesskit_id() =>
        {
            work.state.core.insert(work.document, text);
            true
        }
        (Action::SetTextSelection, Some(ActionData::SetTextSelection(wanted)))
            if request.target_node == id.accesskit_id() =>
        {
            let place = |position| place_of(work, id, position);
            let (Some(anchor), Some(head)) = (place(&wanted.anchor), place(&wanted.focus)) else {
                return false;
            };
            let selection = Selection { anchor, head };
            work.state.core.select(work.document, selection);
            true
        }
        _ => false,
    }
}

/// The place of the text that a run and a character in it name.
fn place_of(work: &Work<'_, '_>, id: Id, position: &accesskit::TextPosition) -> Option<usize> {
    let text = work.document.text();
    work.state.seen.iter().enumerate().find_map(|(row, range)| {
        let piece = text.get(range.clone())?;
        let chars = piece.chars().count();
        let run = (0..=chars / RUN_CHARS)
            .find(|run| id.with(row).with(*run).accesskit_id() == position.node)?;
        let column = run * RUN_CHARS + position.character_index;
        let before: usize = piece.chars().take(column).map(char::len_utf8).sum();
        Some(range.start + before)
    })
}
