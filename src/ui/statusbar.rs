//! The bar at the lower edge, and notices above it.

use std::collections::HashMap;

use egui::{Align, Layout, RichText, Sense, Ui, UiBuilder, vec2};

use stubless_core::grpc::Verification;

use super::{
    theme::{Icon, Tokens, font, icon, space},
    widgets::{Toast, ToastEvent, toasts_ui},
    words,
};
use crate::app::{Action, AppState, CallState, Notice, NoticeId, SchemaSlot, UiCommand};

/// A notice without a failure goes by itself after this many seconds; one that can be taken back stays longer.
const STAYS_SECS: f64 = 6.0;
const UNDO_STAYS_SECS: f64 = 15.0;
/// No more than this many notices are over the window at once.
const SHOWN: usize = 4;

/// When each notice was first shown.
#[derive(Debug, Default)]
pub(super) struct ToastClock {
    born: HashMap<NoticeId, f64>,
}

/// Draws the bar.
pub(super) fn statusbar_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let area = ui.max_rect();
    ui.painter().hline(
        area.x_range(),
        area.top() + 0.5,
        egui::Stroke::new(1.0, tokens.line.weak),
    );
    let inner = area.shrink2(vec2(space::M, 0.0));
    let mut left = ui.new_child(
        UiBuilder::new()
            .id_salt("left")
            .max_rect(inner)
            .layout(Layout::left_to_right(Align::Center)),
    );
    left.spacing_mut().item_spacing.x = space::L;
    connection(&mut left, state);
    schema(&mut left, state, out);
    super::health::health_ui(&mut left, state, out);

    let mut right = ui.new_child(
        UiBuilder::new()
            .id_salt("right")
            .max_rect(inner)
            .layout(Layout::right_to_left(Align::Center)),
    );
    right.spacing_mut().item_spacing.x = space::L;
    fact(
        &mut right,
        None,
        concat!("v", env!("CARGO_PKG_VERSION")),
        tokens.text.faint,
    );
    let zoom = (ui.ctx().zoom_factor() * 100.0).round();
    if (zoom - 100.0).abs() > 0.5 {
        let zoom = format!("{zoom} %");
        fact(&mut right, None, &zoom, tokens.text.faint);
    }
    super::progress::jobs_ui(&mut right, state, out);
    let calls = state.calls_running();
    if calls > 0 {
        let text = format!("{} running", words::counted(calls, "call"));
        fact(&mut right, Some(icon::BROADCAST), &text, tokens.accent.text);
    }
    let problems = state.open_workspace().map_or(0, |w| w.problems.len());
    if problems > 0 {
        let text = words::counted(problems, "broken file");
        if fact_button(&mut right, icon::WARNING, &text, tokens.warn.text) {
            out.push(Action::Run(UiCommand::ShowProblems));
        }
    }
}

fn connection(ui: &mut Ui, state: &AppState) {
    let tokens = Tokens::of(ui);
    let exchange = state.active_tab().and_then(|tab| tab.call.exchange());
    let info = exchange.and_then(|e| e.connection.as_ref());
    let broken = matches!(
        state.active_tab().map(|tab| &tab.call),
        Some(CallState::Ended(_, end)) if end.finished.outcome.cause.is_some()
    );
    let (color, text) = match info {
        _ if broken => (tokens.bad.text, "Not connected"),
        Some(_) => (tokens.good.text, "Connected"),
        None => (tokens.text.faint, "No connection yet"),
    };
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let (dot, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
        ui.painter().circle_filled(dot.center(), 4.0, color);
        fact(ui, None, text, tokens.text.weak);
    });
    if let Some((info, _)) = info.filter(|_| !broken) {
        let transport = match &info.tls {
            Some(tls) => tls.to_string(),
            None => "plaintext".to_owned(),
        };
        let lock = if info.tls.is_some() {
            icon::LOCK_SIMPLE
        } else {
            icon::LOCK_SIMPLE_OPEN
        };
        let color = if info.is_unverified() {
            tokens.warn.text
        } else {
            tokens.text.weak
        };
        fact(ui, Some(lock), &transport, color);
        if info.is_unverified() {
            fact(
                ui,
                Some(icon::SHIELD_WARNING),
                "certificate not checked",
                tokens.warn.text,
            );
        }
        if let Some(tls) = &info.tls {
            if matches!(tls.verification, Verification::Pinned(_)) {
                fact(ui, Some(icon::CERTIFICATE), "pinned", tokens.text.weak);
            }
            if tls.key_logged {
                let text = "TLS secrets written to a file";
                fact(ui, Some(icon::SHIELD_WARNING), text, tokens.warn.text);
            }
        }
    }
}

fn schema(ui: &mut Ui, state: &AppState, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let files = &state.schemas.files;
    let target = state.current_slot();
    if files.is_loading() || target.is_some_and(SchemaSlot::is_loading) {
        fact(
            ui,
            Some(icon::CIRCLE_NOTCH),
            "Reading schema…",
            tokens.text.weak,
        );
        return;
    }
    let count = |slot: &SchemaSlot| {
        slot.schema()
            .map_or(0, |schema| schema.catalogue().services.len())
    };
    let mut parts = Vec::new();
    if files.schema().is_some() {
        parts.push(format!(
            "Files · {}",
            words::counted(count(files), "service")
        ));
    }
    if let Some(slot) = target.filter(|slot| slot.schema().is_some()) {
        parts.push(format!(
            "Reflection · {}",
            words::counted(count(slot), "service")
        ));
    }
    if !parts.is_empty() {
        fact(
            ui,
            Some(icon::TREE_STRUCTURE),
            &parts.join(" · "),
            tokens.text.weak,
        );
    }
    let problems = files.problems().len() + target.map_or(0, |slot| slot.problems().len());
    if problems > 0 {
        let text = words::counted(problems, "schema problem");
        if fact_button(ui, icon::WARNING, &text, tokens.warn.text) {
            out.push(Action::Run(UiCommand::ShowProblems));
        }
    }
    if target.is_some_and(|slot| slot.failure().is_some())
        && fact_button(ui, icon::WARNING, "Schema not read", tokens.warn.text)
    {
        out.push(Action::Run(UiCommand::ShowProblems));
    }
}

fn fact(ui: &mut Ui, glyph: Option<Icon>, text: &str, color: egui::Color32) {
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let label = RichText::new(text).font(font::small()).color(color);
        if ui.layout().prefer_right_to_left() {
            ui.label(label);
        }
        if let Some(glyph) = glyph {
            ui.label(glyph.rich(13.0, color));
        }
        if !ui.layout().prefer_right_to_left() {
            ui.label(RichText::new(text).font(font::small()).color(color));
        }
    });
}

fn fact_button(ui: &mut Ui, glyph: Icon, text: &str, color: egui::Color32) -> bool {
    let response = ui.add(
        egui::Button::new((
            glyph.rich(13.0, color),
            RichText::new(text).font(font::small()).color(color),
        ))
        .frame(false),
    );
    response.clicked()
}

/// Draws the newest notices.
pub(super) fn notices_ui(ui: &Ui, state: &AppState, clock: &mut ToastClock, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let now = ui.input(|input| input.time);
    clock
        .born
        .retain(|id, _| state.notices.iter().any(|notice| notice.id == *id));
    let mut toasts = Vec::new();
    let mut next: Option<f64> = None;
    for notice in state.notices.iter().rev().take(SHOWN) {
        let born = *clock.born.entry(notice.id).or_insert(now);
        let stays = match (&notice.failure, &notice.undo) {
            (Some(_), _) => None,
            (None, None) if notice.offer.is_some() => Some(UNDO_STAYS_SECS),
            (None, Some(_)) => Some(UNDO_STAYS_SECS),
            (None, None) => Some(STAYS_SECS),
        };
        if let Some(stays) = stays {
            let left = born + stays - now;
            if left <= 0.0 {
                out.push(Action::Dismiss(notice.id));
                continue;
            }
            next = Some(next.map_or(left, |n| n.min(left)));
        }
        let (tone, glyph) = match (&notice.failure, &notice.undo) {
            (Some(_), _) => (tokens.bad, icon::WARNING_CIRCLE_FILL),
            (None, Some(_)) => (tokens.neutral, icon::TRASH),
            (None, None) => (tokens.good, icon::CHECK_CIRCLE_FILL),
        };
        let mut text = notice.text.clone();
        if let Some(failure) = &notice.failure {
            for more in [&failure.reason, &failure.hint] {
                if !more.is_empty() {
                    text.push('\n');
                    text.push_str(more);
                }
            }
        }
        toasts.push(Toast {
            id: notice.id.0,
            text,
            tone,
            icon: glyph,
            action: match (&notice.undo, &notice.offer) {
                (Some(_), _) => Some("Undo".to_owned()),
                (None, Some(_)) => Some("Open it…".to_owned()),
                (None, None) => None,
            },
        });
    }
    if let Some(next) = next {
        ui.ctx()
            .request_repaint_after(std::time::Duration::from_secs_f64(next.max(0.05)));
    }
    toasts.reverse();
    match toasts_ui(ui, &toasts) {
        Some(ToastEvent::Action(id)) => {
            let offers = |notice: &Notice| notice.id.0 == id && notice.offer.is_some();
            out.push(if state.notices.iter().any(offers) {
                Action::TakeOffer(NoticeId(id))
            } else {
                Action::Undo(NoticeId(id))
            });
        }
        Some(ToastEvent::Dismissed(id)) => out.push(Action::Dismiss(NoticeId(id))),
        None => {}
    }
}
