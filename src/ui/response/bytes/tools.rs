//! Above the bytes what the message is and the way to places in it; below them what is marked, in words.

use egui::{Align, Key, Layout, Response, RichText, Ui, vec2};
use stubless_core::message::wire_tree::{BytesForm, Weight, WireTree, parse_pattern};

use super::{
    super::message::find_pressed,
    Sent,
    state::{BytesState, Found},
    tree::choices_ui,
};
use crate::{
    app::Action,
    ui::{
        menu::plain_item,
        theme::{Tokens, font, icon, size},
        widgets::{IconButton, TextField, elided, keep_escape_from},
        words,
    },
};

/// Height below which the words are one line.
const LOW: f32 = 220.0;

/// Height of the words below the bytes, where this much is left for both.
pub(super) fn status_height(all: f32) -> f32 {
    if all < LOW { 20.0 } else { 62.0 }
}
/// Bytes that are copied at once; more belong into a file.
const COPIED: usize = 8 << 20;

/// The line above the bytes.
pub(super) fn head_ui(
    ui: &mut Ui,
    tree: &WireTree,
    sent: &Sent,
    state: &mut BytesState,
    out: &mut Vec<Action>,
) {
    let width = ui.available_width();
    ui.allocate_ui_with_layout(
        vec2(width, 30.0),
        Layout::right_to_left(Align::Center),
        |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            copy_menu(ui, state, out);
            find_ui(ui, state);
            offset_ui(ui, state);
            problems_ui(ui, tree, state);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                about_ui(ui, tree, sent);
            });
        },
    );
}

/// What the message is, and the five bytes before it.
fn about_ui(ui: &mut Ui, tree: &WireTree, sent: &Sent) {
    let tokens = Tokens::of(ui);
    let len = tree.bytes().len();
    let type_name = match tree.message() {
        Some(message) => message.name().to_owned(),
        None => "No schema: types are guessed".to_owned(),
    };
    let prefix = match (sent, u32::try_from(len)) {
        (Sent::Plain, Ok(short)) => {
            let [a, b, c, d] = short.to_be_bytes();
            format!(" · after the prefix 00 {a:02X} {b:02X} {c:02X} {d:02X}")
        }
        (Sent::Compressed(encoding), _) => format!(" · inflated; {encoding} on the wire"),
        (Sent::Plain | Sent::Unknown, _) => String::new(),
    };
    let room = ui.available_width();
    let text = format!("{type_name} · {}{prefix}", words::bytes(len as u64));
    let galley = elided(ui, text, font::small(), tokens.text.weak, room);
    let said = match sent {
        Sent::Unknown => words::counted(len, "byte"),
        Sent::Plain => format!(
            "gRPC sends five bytes before a message: 00 says that it is not compressed, the other four that {} follow.",
            words::counted(len, "byte")
        ),
        Sent::Compressed(encoding) => format!(
            "The call's messages may be compressed with {encoding}: their prefix of five bytes then begins with 01 and has the compressed length. These are the bytes as they are after inflating."
        ),
    };
    ui.label(galley).on_hover_text(said);
}

/// How many problems there are, and the way from one to the next.
fn problems_ui(ui: &mut Ui, tree: &WireTree, state: &mut BytesState) {
    let Some(survey) = tree.survey() else {
        return;
    };
    let Some(worst) = survey.worst() else {
        return;
    };
    let tokens = Tokens::of(ui);
    let more = if survey.more { " or more" } else { "" };
    let text = format!("{}{more}", words::counted(survey.findings.len(), "problem"));
    let color = match worst {
        Weight::Note => tokens.info.text,
        Weight::Warning => tokens.warn.text,
        Weight::Error => tokens.bad.text,
    };
    let next = IconButton::new(icon::CARET_DOWN, "Next problem").small();
    let before = IconButton::new(icon::CARET_UP, "Previous problem").small();
    // From right to left.
    if ui.add(next).clicked() {
        state.next_problem(false);
    }
    if ui.add(before).clicked() {
        state.next_problem(true);
    }
    let label = RichText::new(text).font(font::small_strong()).color(color);
    let first = survey
        .findings
        .iter()
        .take(8)
        .map(|it| format!("Byte {}: {}", it.range.start, it.problem));
    let first: Vec<String> = first.collect();
    ui.label(label).on_hover_text(first.join("\n"));
}

fn entered(ui: &Ui, response: &Response) -> bool {
    response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter))
}

fn offset_ui(ui: &mut Ui, state: &mut BytesState) {
    let offset = parse_offset(&state.offset);
    let wrong = !state.offset.trim().is_empty()
        && offset.is_none_or(|offset| offset >= state.view.tree().bytes().len());
    let response = TextField::new(&mut state.offset, "Go to byte")
        .hint("Offset")
        .code()
        .width(92.0)
        .height(size::SMALL_CONTROL)
        .error(wrong)
        .show(ui)
        .on_hover_text("Go to a byte by its offset, decimal or 0x…");
    if response.has_focus() {
        keep_escape_from(ui.ctx());
    }
    if entered(ui, &response)
        && !wrong
        && let Some(offset) = offset
    {
        state.go_to(offset, false);
    }
}

/// An offset as people type it.
fn parse_offset(text: &str) -> Option<usize> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => usize::from_str_radix(hex, 16).ok(),
        None => text.replace([',', '_'], "").parse().ok(),
    }
}

fn find_ui(ui: &mut Ui, state: &mut BytesState) {
    let pattern = parse_pattern(&state.pattern);
    let none = state.found == Found::None;
    let next = IconButton::new(icon::ARROW_DOWN, "Next match").small();
    let previous = IconButton::new(icon::ARROW_UP, "Previous match").small();
    // From right to left.
    let next = ui.add_enabled(pattern.is_some(), next).clicked();
    let previous = ui.add_enabled(pattern.is_some(), previous).clicked();
    let response = TextField::search(&mut state.pattern, "Find bytes")
        .hint("Hex or text")
        .width(150.0)
        .height(size::SMALL_CONTROL)
        .error(none)
        .show(ui)
        .on_hover_text(match state.found {
            Found::None => "Not in this message",
            Found::Around => "Found over the end of the message",
            _ => "Ctrl+F. Pairs of hex digits are bytes; other words, or what stands in quotes, are text",
        });
    if find_pressed(ui) {
        response.request_focus();
    }
    if response.changed() {
        state.found = Found::Nothing;
    }
    let enter = entered(ui, &response);
    let back = ui.input(|i| i.modifiers.shift);
    if enter {
        response.request_focus();
    }
    if let Some(pattern) = pattern
        && (next || previous || enter)
    {
        state.find(pattern, previous || enter && back);
    }
}

/// The marked bytes, or all, in the forms of other programs.
fn copy_menu(ui: &mut Ui, state: &BytesState, out: &mut Vec<Action>) {
    let selected = state.selection();
    let (range, what) = if selected.is_empty() {
        (0..state.bytes().len(), "Message")
    } else {
        (selected, "Marked bytes")
    };
    let fits = range.len() <= COPIED;
    let button = IconButton::new(icon::COPY, "Copy bytes as").small();
    let button = ui.add_enabled(fits, button);
    egui::Popup::menu(&button).show(|ui| {
        let note = format!("{what}, {}", words::bytes(range.len() as u64));
        let color = Tokens::of(ui).text.weak;
        ui.label(RichText::new(note).font(font::small()).color(color));
        for form in BytesForm::ALL {
            if plain_item(ui, None, form.name()) {
                let bytes = state.bytes().get(range.clone()).unwrap_or_default();
                out.push(Action::Copy {
                    what,
                    text: form.write(bytes),
                });
            }
        }
    });
}

/// The words below the bytes: the marked byte, and what the node around it may mean.
pub(super) fn status_ui(ui: &mut Ui, height: f32, state: &mut BytesState) {
    let tokens = Tokens::of(ui);
    let width = ui.available_width();
    ui.allocate_ui_with_layout(vec2(width, height), Layout::top_down(Align::Min), |ui| {
        ui.set_min_size(vec2(width, height));
        ui.spacing_mut().item_spacing.y = 2.0;
        let Some(caret) = state.caret() else {
            let hint = "Press a byte or a field: each marks the other. Arrow keys go on, Tab changes the side.";
            ui.label(RichText::new(hint).font(font::small()).color(tokens.text.faint));
            return;
        };
        let selected = state.selection();
        let described = state.described();
        let words = match &described {
            // A node is marked whole.
            Some(described) if selected == described.range && selected.len() > 1 => format!(
                "Bytes {} to {}: {}",
                selected.start,
                selected.end - 1,
                super::tree::label_of(described)
            ),
            _ if selected.len() > 1 => format!(
                "{} marked, {} to {}",
                words::counted(selected.len(), "byte"),
                selected.start,
                selected.end - 1
            ),
            _ => state.view.explain(caret),
        };
        let words = RichText::new(words).font(font::body()).color(tokens.text.strong);
        if height < 40.0 {
            ui.add(egui::Label::new(words).truncate());
            return;
        }
        ui.add(egui::Label::new(words).wrap());
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            details_ui(ui, state);
        });
    });
}

/// Path, problem or meanings of the marked node, and how else it can be read.
fn details_ui(ui: &mut Ui, state: &mut BytesState) {
    let tokens = Tokens::of(ui);
    let (Some(node), Some(described)) = (state.node(), state.described()) else {
        return;
    };
    let small = |text: String, color| RichText::new(text).font(font::small()).color(color);
    if described.choosable {
        let button = IconButton::new(icon::CARET_UP_DOWN, "Read as").small();
        let button = ui.add(button);
        egui::Popup::menu(&button).show(|ui| choices_ui(ui, state, node, &described));
    }
    let path = state
        .view
        .path_text(&state.view.fields_at(described.range.start));
    if !path.is_empty() {
        ui.label(small(path, tokens.text.weak));
    }
    let text = match described.findings.first() {
        Some(finding) => {
            let color = match finding.problem.weight() {
                Weight::Note => tokens.info.text,
                Weight::Warning => tokens.warn.text,
                Weight::Error => tokens.bad.text,
            };
            small(finding.problem.to_string(), color)
        }
        None => {
            let all = described.meanings.iter();
            let all: Vec<String> = all.map(|(name, value)| format!("{name} {value}")).collect();
            small(all.join("  ·  "), tokens.text.faint)
        }
    };
    ui.add(egui::Label::new(text).truncate());
}
