//! The wire: every frame of the call with its time and size, and how the connection was made.
//!
//! While the call runs the lines are made anew a few times a second; after its end once.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use egui::{
    Align, CornerRadius, Frame, Id, Layout, Rect, RichText, ScrollArea, Sense, Stroke, Ui,
    WidgetInfo, accesskit::Role, vec2,
};
use stubless_core::{
    engine::CallEnd,
    grpc::{FrameDirection, Totals, Trace, WireLine},
};

use crate::{
    app::Exchange,
    ui::{
        theme::{Tokens, fade, font, icon, radius, space},
        widgets::{EmptyPane, IconButton, elided, hover_fade, line_text, loading_pane},
        words,
    },
};

const ROW_HEIGHT: f32 = 24.0;

/// How old the lines of a running call may be.
const FRESH: Duration = Duration::from_millis(250);

/// What is drawn, made from a trace.
#[derive(Clone)]
struct Shown {
    made: Instant,
    ended: bool,
    lines: Arc<[WireLine]>,
    text: Arc<str>,
    totals: Arc<str>,
    stream: u32,
}

/// Draws the pane.
pub(super) fn wire_ui(ui: &mut Ui, exchange: &Exchange, end: Option<&CallEnd>) {
    let Some(shown) = shown(ui, exchange, end) else {
        if end.is_none() {
            loading_pane(ui, "Waiting for the connection…");
        } else {
            EmptyPane::new(
                icon::PLUGS,
                "No frames",
                "The call ended before there was a connection.",
            )
            .show(ui);
        }
        return;
    };
    let tokens = Tokens::of(ui);
    ui.allocate_ui_with_layout(
        vec2(ui.available_width(), 26.0),
        Layout::right_to_left(Align::Center),
        |ui| {
            let copy = IconButton::new(icon::COPY, "Copy all frames as text").small();
            if ui.add(copy).clicked() {
                ui.ctx().copy_text(shown.text.to_string());
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let text = RichText::new(&*shown.totals)
                    .font(font::small())
                    .color(tokens.text.weak);
                ui.add(egui::Label::new(text).truncate());
            });
        },
    );
    Frame::NONE
        .fill(tokens.surface.side)
        .stroke(Stroke::new(1.0, tokens.line.weak))
        .corner_radius(f32::from(radius::L))
        .inner_margin(1)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let columns = Columns::of(ui.available_width());
            heads_ui(ui, &columns);
            ScrollArea::vertical()
                .id_salt(("wire", exchange.id))
                .auto_shrink(false)
                .stick_to_bottom(!shown.ended)
                .show_rows(ui, ROW_HEIGHT, shown.lines.len(), |ui, rows| {
                    let lines = shown.lines.get(rows).unwrap_or_default();
                    for line in lines {
                        row_ui(ui, &columns, line, shown.stream);
                    }
                });
        });
}

/// The lines to draw; `None` where there is no trace.
fn shown(ui: &Ui, exchange: &Exchange, end: Option<&CallEnd>) -> Option<Shown> {
    let id = Id::unique(("wire", exchange.id));
    let known: Option<Shown> = ui.data(|data| data.get_temp(id));
    let ended = end.is_some();
    if !ended {
        ui.ctx().request_repaint_after(FRESH);
    }
    if let Some(known) = known
        && known.ended == ended
        && (ended || known.made.elapsed() < FRESH)
    {
        return Some(known);
    }
    let shown = match (end, &exchange.tap) {
        (Some(end), _) => made(end.finished.trace.as_ref()?, true),
        (None, Some((tap, began))) => made(&tap.trace(*began), false),
        (None, None) => return None,
    };
    ui.data_mut(|data| data.insert_temp(id, shown.clone()));
    Some(shown)
}

fn made(trace: &Trace, ended: bool) -> Shown {
    let side = |name: &str, totals: &Totals| {
        let all = totals.all();
        let mut text = format!(
            "{name} {}, {}",
            words::counted(usize::try_from(all.frames).unwrap_or(usize::MAX), "frame"),
            words::bytes(all.bytes)
        );
        if totals.header_bytes > 0 {
            text.push_str(&format!(
                " (metadata {} → {})",
                words::bytes(totals.header_bytes),
                words::bytes(totals.compressed_header_bytes())
            ));
        }
        text
    };
    let totals = format!(
        "{}   ·   {}",
        side("Sent", &trace.sent),
        side("Received", &trace.received)
    );
    Shown {
        made: Instant::now(),
        ended,
        lines: trace.lines().into(),
        text: trace.to_text().into(),
        totals: totals.into(),
        stream: trace.stream,
    }
}

/// Where the columns end or begin, from the left edge of a row.
struct Columns {
    time: f32,
    arrow: f32,
    name: f32,
    stream: f32,
    bytes: f32,
    note: f32,
}

impl Columns {
    fn of(width: f32) -> Self {
        // In a narrow pane the name gives way before the contents do.
        let name_width = if width < 560.0 { 120.0 } else { 168.0 };
        let name = 112.0;
        Self {
            time: 84.0,
            arrow: 92.0,
            name,
            stream: name + name_width + 44.0,
            bytes: name + name_width + 44.0 + 72.0,
            note: name + name_width + 44.0 + 72.0 + 16.0,
        }
    }
}

fn heads_ui(ui: &mut Ui, columns: &Columns) {
    let tokens = Tokens::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::hover());
    let y = rect.center().y;
    let text = |text: &str| elided(ui, text, font::small(), tokens.text.faint, 120.0);
    let ends_at = |x: f32, galley: Arc<egui::Galley>| {
        line_text(ui, rect.left() + x - galley.size().x, y, galley);
    };
    ends_at(columns.time, text("Time in ms"));
    line_text(ui, rect.left() + columns.name, y, text("Frame"));
    ends_at(columns.stream, text("Stream"));
    ends_at(columns.bytes, text("Bytes"));
    line_text(ui, rect.left() + columns.note, y, text("Contents"));
    ui.painter().hline(
        rect.x_range(),
        rect.bottom() - 0.5,
        Stroke::new(1.0, tokens.line.weak),
    );
}

fn row_ui(ui: &mut Ui, columns: &Columns, line: &WireLine, own_stream: u32) {
    let tokens = Tokens::of(ui);
    let size = vec2(ui.available_width(), ROW_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let (way, mark) = match line.direction {
        Some(FrameDirection::Sent) => ("sent", Some((icon::ARROW_UP, tokens.info.text))),
        Some(FrameDirection::Received) => ("received", Some((icon::ARROW_DOWN, tokens.good.text))),
        None => ("", None),
    };
    response.widget_info(|| {
        let name = [line.name.as_str(), way, line.note.as_str()];
        let parts: Vec<_> = name.into_iter().filter(|part| !part.is_empty()).collect();
        WidgetInfo::labeled(Role::ListItem, true, parts.join(", "))
    });
    if !ui.is_rect_visible(rect) {
        return;
    }
    let over = fade(tokens.surface.raised, hover_fade(ui, &response));
    ui.painter().rect_filled(rect, CornerRadius::ZERO, over);
    // Frames of the call stand out from those of the connection.
    let own = line
        .stream
        .is_some_and(|stream| stream == own_stream && stream > 0);
    let strong = if own {
        tokens.text.strong
    } else {
        tokens.text.weak
    };
    let y = rect.center().y;
    let left = rect.left();
    let code = |text: String, color, width| elided(ui, text, font::small_code(), color, width);
    let ends_at = |x: f32, galley: Arc<egui::Galley>| {
        line_text(ui, left + x - galley.size().x, y, galley);
    };
    ends_at(
        columns.time,
        code(line.millis(), tokens.text.weak, columns.time - 4.0),
    );
    if let Some((glyph, color)) = mark {
        ui.painter().text(
            Rect::from_min_max(rect.min, rect.max).left_center() + vec2(columns.arrow + 8.0, 0.0),
            egui::Align2::CENTER_CENTER,
            glyph.text(),
            glyph.font(13.0),
            color,
        );
    }
    let name_width = columns.stream - 44.0 - columns.name;
    line_text(
        ui,
        left + columns.name,
        y,
        code(line.name.clone(), strong, name_width),
    );
    if let Some(stream) = line.stream {
        ends_at(
            columns.stream,
            code(stream.to_string(), tokens.text.weak, 60.0),
        );
    }
    if let Some(bytes) = line.bytes {
        ends_at(
            columns.bytes,
            code(bytes.to_string(), tokens.text.normal, 72.0),
        );
    }
    let room = rect.right() - space::S - (left + columns.note);
    let note = elided(
        ui,
        line.note.as_str(),
        font::small_code(),
        tokens.text.normal,
        room,
    );
    let cut = note.elided;
    line_text(ui, left + columns.note, y, note);
    if cut {
        response.on_hover_text(&line.note);
    }
}
