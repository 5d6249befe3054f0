//! One line: a step of the path, what each side has there, and how they stand to each other.

use egui::{
    Align2, Color32, CornerRadius, Galley, Rect, Response, Sense, Ui, WidgetInfo,
    accesskit::Role,
    pos2,
    text::{LayoutJob, TextFormat, TextWrapping},
    vec2,
};
use std::sync::Arc;
use stubless_core::{
    call::FactState,
    message::{DiffKind, RowState},
};

use super::{LINES, list, underline};
use crate::{
    app::{Action, DiffAction, DiffLine, DiffPage, fact_name},
    ui::{
        menu::{context_menu, menu_key},
        theme::{Icon, Tokens, Tone, fade, font, icon, radius, size},
        widgets::{elided, hover_fade, line_text},
    },
};

/// Room for the mark at the left.
const MARK: f32 = 26.0;
/// Indentation of a level.
const INDENT: f32 = 14.0;
/// Of a common beginning, what is kept before the place that differs, in characters.
const KEPT: usize = 24;
/// Text of a value that is laid out, in characters.
const SHOWN: usize = 400;

/// How a line looks.
#[derive(Clone, Copy)]
struct Look {
    word: &'static str,
    glyph: Option<Icon>,
    left: Option<Tone>,
    right: Option<Tone>,
    mark: Color32,
    faint: bool,
}

/// What a line says.
pub(super) struct Content {
    name: String,
    depth: usize,
    pub(super) left: Option<String>,
    pub(super) right: Option<String>,
    look: Look,
}

/// Right edges of the name's and the left value's column.
fn columns(rect: Rect) -> (f32, f32) {
    let inner = rect.width() - MARK;
    let name = (inner * 0.3).clamp(120.0, 420.0);
    let value = (inner - name) / 2.0;
    (rect.left() + MARK + name, rect.left() + MARK + name + value)
}

/// The row over the lines.
pub(super) fn header_ui(ui: &mut Ui, page: &DiffPage) {
    let tokens = Tokens::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::hover());
    let (name, left) = columns(rect);
    let titles = [
        (
            rect.left() + MARK,
            if page.call_shown { "Call" } else { "Field" },
        ),
        (name + 8.0, "Left"),
        (left + 8.0, "Right"),
    ];
    for (x, title) in titles {
        let galley = elided(ui, title, font::small_strong(), tokens.text.weak, 200.0);
        line_text(ui, x, rect.center().y, galley);
    }
    underline(ui, rect);
}

/// Draws a line.
pub(super) fn line_ui(ui: &mut Ui, page: &mut DiffPage, index: usize, out: &mut Vec<Action>) {
    let Some(line) = page.lines.get(index).copied() else {
        return;
    };
    let tokens = Tokens::of(ui);
    let Some(content) = content(tokens, page, line) else {
        return;
    };
    let title = matches!(line, DiffLine::CallTitle | DiffLine::MessageTitle);
    let (rect, response) = ui.allocate_exact_size(
        vec2(ui.available_width(), size::ROW),
        if title { Sense::hover() } else { Sense::CLICK },
    );
    let chosen = page.at == Some(index);
    let words = words(page, line, &content);
    let role = if title { Role::Label } else { Role::ListItem };
    response.widget_info(|| WidgetInfo::selected(role, ui.is_enabled(), chosen, &words));
    if !ui.is_rect_visible(rect) {
        return;
    }
    if title {
        let galley = elided(
            ui,
            &content.name,
            font::small_strong(),
            tokens.text.weak,
            300.0,
        );
        line_text(ui, rect.left() + 8.0, rect.center().y, galley);
        underline(ui, rect);
        return;
    }
    let cut = paint(ui, tokens, &response, (rect, chosen), &content);
    if response.clicked() {
        out.push(Action::Diff(DiffAction::Pick(index)));
        ui.memory_mut(|memory| memory.request_focus(list::List::id(LINES)));
    }
    // Over what is read in whole it would only stand in the way.
    let response = if cut {
        response.on_hover_ui(|ui| hover_ui(ui, &words, &content))
    } else {
        response
    };
    let own = list::List::id(LINES);
    let by_key = chosen && list::has_keys(ui, own, true) && menu_key(ui.ctx());
    let at = by_key.then(|| rect.left_bottom() + vec2(MARK, 0.0));
    context_menu(&response, at, |ui| {
        super::menu::menu_ui(ui, page, line, &content, out);
    });
}

fn content(tokens: &Tokens, page: &DiffPage, line: DiffLine) -> Option<Content> {
    let plain = Look {
        word: "",
        glyph: None,
        left: None,
        right: None,
        mark: tokens.text.faint,
        faint: false,
    };
    Some(match line {
        DiffLine::CallTitle | DiffLine::MessageTitle => Content {
            name: match line {
                DiffLine::CallTitle => "Call".to_owned(),
                _ => "Message".to_owned(),
            },
            depth: 0,
            left: None,
            right: None,
            look: plain,
        },
        DiffLine::Fact(at) => {
            let fact = page.result()?.facts.get(at)?;
            let look = match fact.state {
                FactState::Equal | FactState::Told => plain,
                FactState::Ignored => ignored(tokens),
                FactState::Differs => match (&fact.left, &fact.right) {
                    (_, None) => look(tokens, DiffKind::OnlyLeft),
                    (None, _) => look(tokens, DiffKind::OnlyRight),
                    _ => look(tokens, DiffKind::Changed),
                },
            };
            Content {
                name: fact_name(fact.place, &fact.key),
                depth: 0,
                left: fact.left.clone(),
                right: fact.right.clone(),
                look,
            }
        }
        DiffLine::Row(at) => {
            let row = page.message()?.row(at)?;
            let look = match row.state {
                RowState::Equal | RowState::Inner => plain,
                RowState::Ignored(..) => ignored(tokens),
                RowState::Differs(kind) => look(tokens, kind),
            };
            let shown = |text: &str| text.chars().take(SHOWN * 10).collect();
            Content {
                name: if row.label.is_empty() {
                    "(message)".to_owned()
                } else {
                    row.label.to_owned()
                },
                depth: row.depth,
                left: row.left.map(shown),
                right: row.right.map(shown),
                look,
            }
        }
        DiffLine::LeftOut(count) => Content {
            name: format!("… and {} more differences", crate::ui::words::count(count)),
            depth: 0,
            left: None,
            right: None,
            look: look(tokens, DiffKind::Changed),
        },
    })
}

fn ignored(tokens: &Tokens) -> Look {
    Look {
        word: "ignored",
        glyph: Some(icon::EYE_SLASH),
        left: None,
        right: None,
        mark: tokens.text.faint,
        faint: true,
    }
}

fn look(tokens: &Tokens, kind: DiffKind) -> Look {
    let (word, glyph, left, right, mark) = match kind {
        DiffKind::OnlyLeft => ("only left", icon::MINUS, Some(tokens.bad), None, tokens.bad),
        DiffKind::OnlyRight => (
            "only right",
            icon::PLUS,
            None,
            Some(tokens.good),
            tokens.good,
        ),
        DiffKind::Changed => (
            "changed",
            icon::PENCIL_SIMPLE,
            Some(tokens.bad),
            Some(tokens.good),
            tokens.warn,
        ),
        DiffKind::TypeChanged => (
            "another type",
            icon::TEXT_T,
            Some(tokens.purple),
            Some(tokens.purple),
            tokens.purple,
        ),
        DiffKind::Moved => (
            "moved",
            icon::ARROWS_LEFT_RIGHT,
            Some(tokens.info),
            Some(tokens.info),
            tokens.info,
        ),
    };
    Look {
        word,
        glyph: Some(glyph),
        left,
        right,
        mark: mark.text,
        faint: false,
    }
}

/// What a screen reader says, and the tests look for: path, state, values.
fn words(page: &DiffPage, line: DiffLine, content: &Content) -> String {
    let mut words = match line {
        DiffLine::Row(at) => page.message().map_or_else(String::new, |it| it.path(at)),
        _ => content.name.clone(),
    };
    if !content.look.word.is_empty() {
        words += &format!(", {}", content.look.word);
    }
    if content.left == content.right {
        if let Some(value) = &content.left {
            words += &format!(", {value}");
        }
        return words;
    }
    for (side, value) in [("left", &content.left), ("right", &content.right)] {
        if let Some(value) = value {
            words += &format!(", {side} {value}");
        }
    }
    words
}

/// Paints a line; `true` when something of it does not fit.
fn paint(
    ui: &Ui,
    tokens: &Tokens,
    response: &Response,
    (rect, chosen): (Rect, bool),
    content: &Content,
) -> bool {
    let square = CornerRadius::ZERO;
    let painter = ui.painter();
    if chosen {
        painter.rect_filled(rect, square, tokens.surface.selected);
        let bar = Rect::from_min_size(rect.min, vec2(2.0, rect.height()));
        painter.rect_filled(bar, square, tokens.accent.text);
    } else {
        let t = hover_fade(ui, response);
        painter.rect_filled(rect, square, fade(tokens.surface.raised, t));
    }
    underline(ui, rect);
    let y = rect.center().y;
    let look = content.look;
    if let Some(glyph) = look.glyph {
        let at = pos2(rect.left() + 14.0, y);
        let font = glyph.font(13.0);
        painter.text(at, Align2::CENTER_CENTER, glyph.text(), font, look.mark);
    }
    let (name_right, left_right) = columns(rect);
    let x = rect.left() + MARK + INDENT * (content.depth.min(16) as f32);
    let color = if look.faint {
        tokens.text.faint
    } else {
        tokens.syntax.key
    };
    let name = elided(
        ui,
        &content.name,
        font::small_code(),
        color,
        name_right - x - 6.0,
    );
    let mut cut = name.elided;
    line_text(ui, x, y, name);
    let (left, right) = (content.left.as_deref(), content.right.as_deref());
    let cells = [
        (name_right, left_right, left, look.left, right),
        (left_right, rect.right(), right, look.right, left),
    ];
    for (from, to, value, tone, other) in cells {
        let cell = Rect::from_x_y_ranges(from + 2.0..=to - 2.0, rect.y_range().shrink(2.0));
        if let Some(tone) = tone.filter(|_| value.is_some()) {
            painter.rect_filled(cell, CornerRadius::same(radius::S), tone.soft);
        }
        let Some(value) = value else { continue };
        let color = if look.faint {
            tokens.text.faint
        } else {
            tone.map_or(tokens.text.normal, |tone| tone.text)
        };
        let other = other.filter(|_| tone.is_some());
        let galley = value_galley(ui, value, other, (color, tone), cell.width() - 12.0);
        cut |= galley.elided || value.chars().nth(SHOWN).is_some();
        line_text(ui, cell.left() + 6.0, y, galley);
    }
    cut
}

/// A value in one line; what it has not in common with the other one is underlaid.
fn value_galley(
    ui: &Ui,
    value: &str,
    other: Option<&str>,
    (color, tone): (Color32, Option<Tone>),
    width: f32,
) -> Arc<Galley> {
    let (start, end) = other.map_or((0, value.len()), |other| changed_part(value, other));
    let plain = TextFormat::simple(font::small_code(), color);
    let mut marked = plain.clone();
    if let Some(tone) = tone.filter(|_| other.is_some() && (start > 0 || end < value.len())) {
        marked.background = tone.line;
        marked.color = Tokens::of(ui).text.strong;
    }
    let mut job = LayoutJob::default();
    let before = value.get(..start).unwrap_or_default();
    let kept = before.char_indices().rev().nth(KEPT);
    match kept {
        Some((from, _)) if from > 0 => {
            job.append("…", 0.0, plain.clone());
            job.append(before.get(from..).unwrap_or_default(), 0.0, plain.clone());
        }
        _ => job.append(before, 0.0, plain.clone()),
    }
    let middle: String = value
        .get(start..end)
        .unwrap_or_default()
        .chars()
        .take(SHOWN)
        .collect();
    job.append(&middle, 0.0, marked);
    let after: String = value
        .get(end..)
        .unwrap_or_default()
        .chars()
        .take(SHOWN)
        .collect();
    job.append(&after, 0.0, plain);
    job.wrap = TextWrapping {
        max_rows: 1,
        break_anywhere: true,
        ..TextWrapping::wrap_at_width(width.max(0.0))
    };
    job.break_on_newline = false;
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// The part of a text between what it has in common with another at both ends, in bytes.
fn changed_part(text: &str, other: &str) -> (usize, usize) {
    let same = text.chars().zip(other.chars()).take_while(|(a, b)| a == b);
    let start: usize = same.map(|(c, _)| c.len_utf8()).sum();
    let (rest, others) = (
        text.get(start..).unwrap_or_default(),
        other.get(start..).unwrap_or_default(),
    );
    let same = rest.chars().rev().zip(others.chars().rev());
    let tail: usize = same
        .take_while(|(a, b)| a == b)
        .map(|(c, _)| c.len_utf8())
        .sum();
    (start, text.len() - tail)
}

fn hover_ui(ui: &mut Ui, words: &str, content: &Content) {
    let tokens = Tokens::of(ui);
    ui.set_max_width(560.0);
    let name = words.split(", ").next().unwrap_or_default();
    ui.label(
        egui::RichText::new(name)
            .font(font::small_code())
            .color(tokens.syntax.key),
    );
    let mut value = |title: &str, value: &Option<String>| {
        let text = value.as_deref().unwrap_or("not set");
        let text: String = text.chars().take(1_000).collect();
        ui.label(
            egui::RichText::new(title)
                .font(font::small())
                .color(tokens.text.weak),
        );
        ui.label(egui::RichText::new(text).font(font::small_code()));
    };
    if content.left == content.right {
        value("Both", &content.left);
    } else {
        value("Left", &content.left);
        value("Right", &content.right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_texts_have_not_in_common_is_between_their_ends() {
        for (text, other, wanted) in [
            ("abc", "axc", "b"),
            ("abc", "abc", ""),
            ("aaa", "aa", "a"),
            ("aa", "aaa", ""),
            ("äöü", "äßü", "ö"),
            ("x", "", "x"),
        ] {
            let (start, end) = changed_part(text, other);
            assert_eq!(&text[start..end], wanted, "{text} {other}");
        }
    }
}
