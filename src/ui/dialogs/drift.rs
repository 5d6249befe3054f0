//! What the files and the server say differently: methods with their changes, the worst first, a filter,
//! and a way to each field.

use egui::{
    Align2, CornerRadius, Rect, Response, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    accesskit::Role, pos2, vec2,
};
use stubless_core::schema::drift::{Change, Drift, MethodDrift, Presence, Verdict};

use super::buttons_ui;
use crate::{
    app::{Action, AppState, Comparison, DriftView, UiCommand},
    ui::{
        sidebar::virtual_rows,
        theme::{Tokens, Tone, font, icon, radius, size, space},
        widgets::{
            Check, Chip, EmptyPane, FailureCard, PushButton, TextField, elided, elided_prose,
            focus_ring, hover_fade, line_text, loading_pane, prose,
        },
        words,
    },
};

/// Width of the badge before a change.
const BADGE: f32 = 82.0;

/// Rows, and what they were made from.
#[derive(Debug, Default)]
pub(super) struct DriftCache {
    made_from: Option<(u64, DriftView)>,
    rows: Vec<Row>,
    /// Changes of each verdict, all of them: breaking, JSON, compatible.
    counts: [usize; 3],
}

/// A row: what it is, and where it stands in the result.
#[derive(Debug, Clone, Copy)]
enum Row {
    Missing(usize),
    Method(usize),
    Change(usize, usize),
    /// Number of changes that were not kept.
    More(usize),
    Added(usize),
}

impl DriftCache {
    fn refresh(&mut self, comparison: &Comparison, drift: &Drift, view: &DriftView) {
        let now = (comparison.revision, view.clone());
        if self.made_from.as_ref() == Some(&now) {
            return;
        }
        self.counts = counts(drift);
        self.rows = rows(drift, view);
        self.made_from = Some(now);
    }
}

/// How many of each verdict there are; a service or method that is missing counts once.
fn counts(drift: &Drift) -> [usize; 3] {
    let mut counts = [drift.only_here.len(), 0, drift.only_server.len()];
    let mut count = |verdict: Verdict| match verdict {
        Verdict::BreaksWire => counts[0] += 1,
        Verdict::BreaksJson => counts[1] += 1,
        Verdict::Compatible => counts[2] += 1,
    };
    for method in &drift.methods {
        match method.presence {
            Presence::Both => method.changes.iter().for_each(|c| count(c.verdict)),
            Presence::Here | Presence::Server | Presence::Unresolved => count(method.verdict),
        }
    }
    counts
}

fn rows(drift: &Drift, view: &DriftView) -> Vec<Row> {
    let filter = view.filter.trim().to_lowercase();
    let named = |name: &str| name.to_lowercase().contains(&filter);
    let shown = |verdict: Verdict| !view.breaking || verdict != Verdict::Compatible;
    let mut rows = Vec::new();
    let missing = drift.only_here.iter().enumerate();
    rows.extend(
        missing
            .filter(|(_, name)| named(name))
            .map(|(at, _)| Row::Missing(at)),
    );
    for (at, method) in drift.methods.iter().enumerate() {
        if !shown(method.verdict) {
            continue;
        }
        let whole = named(&method.path);
        let changes = method
            .changes
            .iter()
            .enumerate()
            .filter(|(_, change)| shown(change.verdict) && (whole || named(&change.place())));
        let changes: Vec<_> = changes.map(|(index, _)| Row::Change(at, index)).collect();
        if !whole && changes.is_empty() {
            continue;
        }
        rows.push(Row::Method(at));
        rows.extend(changes);
        if method.omitted > 0 {
            rows.push(Row::More(method.omitted));
        }
    }
    let added = drift.only_server.iter().enumerate();
    let added = added.filter(|(_, name)| shown(Verdict::Compatible) && named(name));
    rows.extend(added.map(|(at, _)| Row::Added(at)));
    rows
}

/// Draws the dialog.
pub(super) fn drift_ui(
    ui: &mut Ui,
    state: &AppState,
    view: &mut DriftView,
    cache: &mut DriftCache,
    out: &mut Vec<Action>,
) {
    let height = (ui.ctx().content_rect().height() - 260.0).clamp(200.0, 560.0);
    if let Some(comparison) = &state.comparison {
        let target = &comparison.key.target;
        prose(
            ui,
            &format!("What the workspace's files say, and what `{target}` says of itself."),
        );
        ui.add_space(space::S);
        if let Some(failure) = comparison.failure() {
            let mut failure = failure.clone();
            failure.fixes.clear();
            let _ = FailureCard::new(&failure).show(ui);
            ui.add_space(space::S);
        }
        match comparison.drift() {
            Some(drift) => {
                cache.refresh(comparison, drift, view);
                result_ui(ui, drift, view, cache, height, out);
            }
            None if comparison.is_running() => {
                ui.allocate_ui(vec2(ui.available_width(), 160.0), |ui| {
                    loading_pane(ui, "Asking the server…");
                });
            }
            None => {}
        }
    }
    let running = state
        .comparison
        .as_ref()
        .is_some_and(Comparison::is_running);
    let pressed = buttons_ui(ui, ("Close", true), |ui| {
        let again = PushButton::new(if running {
            "Comparing…"
        } else {
            "Compare again"
        });
        let again = again.icon(icon::ARROWS_CLOCKWISE);
        if ui.add_enabled(!running, again).clicked() {
            out.push(Action::Run(UiCommand::CompareSchema));
        }
    });
    if pressed {
        out.push(Action::CloseDialog);
    }
}

fn result_ui(
    ui: &mut Ui,
    drift: &Drift,
    view: &mut DriftView,
    cache: &DriftCache,
    height: f32,
    out: &mut Vec<Action>,
) {
    if drift.verdict().is_none() {
        let methods = words::counted(drift.compared, "method");
        let text = format!("{methods} of the files are as the server has them.");
        ui.allocate_ui(vec2(ui.available_width(), 180.0), |ui| {
            EmptyPane::new(icon::CHECK_CIRCLE, "No difference", &text).show(ui);
        });
        return;
    }
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let width = (ui.available_width() - 480.0).max(160.0);
        TextField::search(&mut view.filter, "Filter methods and fields")
            .width(width)
            .show(ui);
        ui.add(Check::new(&mut view.breaking, "Only what breaks").with_word());
        let verdicts = [
            Verdict::BreaksWire,
            Verdict::BreaksJson,
            Verdict::Compatible,
        ];
        for (verdict, count) in verdicts.into_iter().zip(cache.counts) {
            if count > 0 {
                let text = format!("{count} {}", word(verdict));
                ui.add(Chip::new(&text, tone(tokens, verdict)));
            }
        }
    });
    ui.add_space(space::S);
    ScrollArea::vertical()
        .max_height(height)
        // Else it stays as small as the dialog was while it waited.
        .min_scrolled_height(height)
        .auto_shrink([false, true])
        .content_margin(space::BESIDE_BAR)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            if cache.rows.is_empty() {
                ui.label(egui::RichText::new("Nothing matches").color(tokens.text.weak));
            }
            virtual_rows(ui, cache.rows.len(), |ui, index| {
                if let Some(row) = cache.rows.get(index) {
                    row_ui(ui, drift, *row, out);
                }
            });
        });
}

fn row_ui(ui: &mut Ui, drift: &Drift, row: Row, out: &mut Vec<Action>) {
    match row {
        Row::Missing(at) => {
            if let Some(name) = drift.only_here.get(at) {
                let text = "The server does not have this service";
                head_ui(ui, name, Some((Verdict::BreaksWire, text)));
            }
        }
        Row::Added(at) => {
            if let Some(name) = drift.only_server.get(at) {
                let text = "The server alone has this service";
                head_ui(ui, name, Some((Verdict::Compatible, text)));
            }
        }
        Row::Method(at) => {
            let Some(method) = drift.methods.get(at) else {
                return;
            };
            if head_ui(ui, &method.path, about(method)).clicked() {
                out.push(Action::ShowChange {
                    method: method.path.clone(),
                    change: None,
                });
            }
        }
        Row::Change(at, index) => {
            let Some(method) = drift.methods.get(at) else {
                return;
            };
            if let Some(change) = method.changes.get(index)
                && change_ui(ui, change).clicked()
            {
                out.push(Action::ShowChange {
                    method: method.path.clone(),
                    change: Some(Box::new(change.clone())),
                });
            }
        }
        Row::More(count) => {
            let (rect, _) = line(ui, Sense::hover());
            let color = Tokens::of(ui).text.weak;
            let text = format!("and {count} more");
            let galley = elided(ui, text, font::small(), color, rect.width());
            line_text(ui, rect.left() + 28.0, rect.center().y, galley);
        }
    }
}

/// What is said of a method as a whole.
fn about(method: &MethodDrift) -> Option<(Verdict, &'static str)> {
    let text = match method.presence {
        Presence::Both => return None,
        Presence::Here => "The server does not have this method",
        Presence::Server => "The server alone has this method",
        Presence::Unresolved => "Its types cannot be resolved on both sides",
    };
    Some((method.verdict, text))
}

fn line(ui: &mut Ui, sense: Sense) -> (Rect, Response) {
    ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), sense)
}

/// A service or method.
fn head_ui(ui: &mut Ui, name: &str, about: Option<(Verdict, &str)>) -> Response {
    let tokens = Tokens::of(ui);
    let (rect, response) = line(ui, Sense::click());
    response.widget_info(|| {
        let text = match about {
            Some((_, text)) => format!("{name}: {text}"),
            None => name.to_owned(),
        };
        WidgetInfo::labeled(Role::Button, ui.is_enabled(), text)
    });
    back(ui, &response, rect);
    let y = rect.center().y;
    let mut x = rect.left() + 8.0;
    let room = (rect.right() - x - 8.0) * if about.is_some() { 0.55 } else { 1.0 };
    let galley = elided(ui, name, font::code(), tokens.text.strong, room);
    let end = x + galley.size().x;
    line_text(ui, x, y, galley);
    if let Some((verdict, text)) = about {
        x = end + 12.0;
        x = badge(ui, x, y, verdict) + 10.0;
        let room = rect.right() - x - 8.0;
        let galley = elided(ui, text, font::body(), tokens.text.weak, room);
        line_text(ui, x, y, galley);
    }
    response
}

fn change_ui(ui: &mut Ui, change: &Change) -> Response {
    let tokens = Tokens::of(ui);
    let (rect, response) = line(ui, Sense::click());
    let place = change.place();
    response.widget_info(|| {
        let text = format!("{}, {place}: {}", word(change.verdict), change.text);
        WidgetInfo::labeled(Role::Button, ui.is_enabled(), text)
    });
    back(ui, &response, rect);
    let y = rect.center().y;
    let x = badge(ui, rect.left() + 24.0, y, change.verdict) + 10.0;
    let room = (rect.width() * 0.3).max(120.0);
    let galley = elided(ui, &place, font::small_code(), tokens.text.normal, room);
    let cut = galley.elided;
    line_text(ui, x, y, galley);
    let x = x + room + 10.0;
    let room = rect.right() - x - 8.0;
    let galley = elided_prose(ui, &change.text, &font::small(), tokens.text.weak, room);
    let cut = cut || galley.elided;
    line_text(ui, x, y, galley);
    if !cut {
        return response;
    }
    response.on_hover_ui(|ui| {
        prose(ui, &format!("`{place}`"));
        prose(ui, &change.text);
    })
}

fn back(ui: &Ui, response: &Response, rect: Rect) {
    let tokens = Tokens::of(ui);
    let fill = crate::ui::theme::fade(tokens.surface.raised, hover_fade(ui, response));
    let corner = CornerRadius::same(radius::M);
    ui.painter().rect_filled(rect, corner, fill);
    focus_ring(ui, response, rect, radius::M);
}

/// Paints a verdict; gives where it ends.
fn badge(ui: &Ui, x: f32, y: f32, verdict: Verdict) -> f32 {
    let tone = tone(Tokens::of(ui), verdict);
    let rect = Rect::from_min_size(pos2(x, y - 9.0), vec2(BADGE, 18.0));
    ui.painter().rect(
        rect,
        CornerRadius::same(radius::S),
        tone.soft,
        Stroke::new(1.0, tone.line),
        StrokeKind::Inside,
    );
    let color = tone.text;
    let text = word(verdict);
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        text,
        font::small(),
        color,
    );
    rect.right()
}

fn tone(tokens: &Tokens, verdict: Verdict) -> Tone {
    match verdict {
        Verdict::BreaksWire => tokens.bad,
        Verdict::BreaksJson => tokens.warn,
        Verdict::Compatible => tokens.neutral,
    }
}

/// A verdict on screen.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::BreaksWire => "breaking",
        Verdict::BreaksJson => "JSON only",
        Verdict::Compatible => "compatible",
    }
}
