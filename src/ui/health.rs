//! The health of the target at hand in the status bar: a dot and a word, and what changed on a press.

use egui::{
    Align, Align2, Color32, Frame, Id, Layout, Popup, PopupCloseBehavior, Response, RichText,
    ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, vec2,
};
use stubless_core::{
    call::Failure,
    engine::{HealthState, Serving},
};

use super::{
    theme::{Tokens, fade, font, icon, space},
    widgets::{PushButton, Switch, elided, focus_ring, hover_fade, line_text, section_label},
    words,
};
use crate::app::{Action, AppState, HealthWatch, ReflectKey};

const WIDTH: f32 = 380.0;

/// Room around what the popup holds.
const PADDING: f32 = 6.0;

/// What the picker calls the server as a whole.
const WHOLE: &str = "The whole server";

/// A state in a word, its colour, and what it means.
struct Shown {
    color: Color32,
    word: String,
    meaning: String,
}

fn shown(state: &HealthState, asking: bool, tokens: &Tokens) -> Shown {
    let said = |color, word: &str, meaning: &str| Shown {
        color,
        word: word.to_owned(),
        meaning: meaning.to_owned(),
    };
    match state {
        HealthState::Asking => said(
            tokens.text.faint,
            "Asking…",
            "The watch is begun, and the server has not answered yet",
        ),
        HealthState::Said(serving) => match serving {
            Serving::Serving => said(
                tokens.good.text,
                "Serving",
                "The server says SERVING: calls are taken",
            ),
            Serving::NotServing => said(
                tokens.bad.text,
                "Not serving",
                "The server says NOT_SERVING: it runs, and wants no calls. Load balancers send it none",
            ),
            Serving::ServiceUnknown => said(
                tokens.warn.text,
                "Service unknown",
                "The server does not know this service, or says nothing of its health. It may later: the \
                 watch stands",
            ),
            Serving::Unknown => said(
                tokens.warn.text,
                "Unknown",
                "The server says UNKNOWN: it has not decided yet",
            ),
            Serving::Other(number) => said(
                tokens.warn.text,
                &format!("Status {number}"),
                "health.proto has no such status",
            ),
        },
        HealthState::Unsupported => said(
            tokens.text.faint,
            "No health service",
            "The server does not implement grpc.health.v1.Health (UNIMPLEMENTED): the watch is over",
        ),
        HealthState::Refused(failure) => said(tokens.bad.text, "Cannot be asked", &why(failure)),
        HealthState::Lost { why: failure, .. } => {
            let word = if asking {
                "Trying again…"
            } else {
                "Unreachable"
            };
            said(tokens.bad.text, word, &why(failure))
        }
    }
}

fn why(failure: &Failure) -> String {
    let parts = [&failure.summary, &failure.reason, &failure.hint];
    let parts: Vec<_> = parts.into_iter().filter(|it| !it.is_empty()).collect();
    let parts: Vec<&str> = parts.into_iter().map(String::as_str).collect();
    parts.join("\n")
}

/// Draws the entry of the status bar, and below it what belongs to it.
pub(super) fn health_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<Action>) {
    let Some(key) = state.current_key() else {
        return;
    };
    let watch = state.health.of(&key);
    let response = entry_ui(ui, watch);
    Popup::menu(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .width(WIDTH)
        .show(|ui| {
            ui.set_width(WIDTH);
            // A menu stretches what it holds; this is text.
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                Frame::NONE.inner_margin(PADDING).show(ui, |ui| {
                    popup_ui(ui, state, &key, watch, out);
                });
            });
        });
}

fn entry_ui(ui: &mut Ui, watch: Option<&HealthWatch>) -> Response {
    let tokens = Tokens::of(ui);
    let (color, word, name) = match watch {
        None => (
            tokens.text.faint,
            "Health not watched".to_owned(),
            "Health: not watched".to_owned(),
        ),
        Some(watch) => {
            let shown = shown(&watch.state, watch.asking, tokens);
            let since = match watch.since.as_str() {
                "" => String::new(),
                since => format!(" since {since}"),
            };
            let service = match watch.service.rsplit('.').next() {
                None | Some("") => String::new(),
                Some(name) => format!("{name}: "),
            };
            let word = format!("Health: {service}{}{since}", shown.word);
            (shown.color, word.clone(), word)
        }
    };
    let text = elided(ui, word, font::small(), tokens.text.weak, 260.0);
    let size = vec2(14.0 + text.size().x, 20.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name.as_str()));
    let center = rect.left_center() + vec2(4.0, 0.0);
    if watch.is_some() {
        ui.painter().circle_filled(center, 4.0, color);
    } else {
        let stroke = egui::Stroke::new(1.5, color);
        ui.painter().circle_stroke(center, 3.5, stroke);
    }
    line_text(ui, rect.left() + 14.0, rect.center().y, text);
    let under = hover_fade(ui, &response);
    if under > 0.0 {
        let line = egui::Stroke::new(1.0, fade(tokens.text.weak, under));
        let x = egui::Rangef::new(rect.left() + 14.0, rect.right());
        ui.painter().hline(x, rect.bottom() - 2.0, line);
    }
    focus_ring(ui, &response, rect.expand2(vec2(4.0, 0.0)), 4);
    response
}

fn popup_ui(
    ui: &mut Ui,
    state: &AppState,
    key: &ReflectKey,
    watch: Option<&HealthWatch>,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    ui.spacing_mut().item_spacing.y = space::S;
    ui.horizontal(|ui| {
        let title = elided(
            ui,
            format!("Health of {}", key.target),
            font::strong(),
            tokens.text.strong,
            WIDTH - 60.0,
        );
        ui.label(title);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let mut on = watch.is_some();
            if ui.add(Switch::new(&mut on, "Watch health")).changed() {
                out.push(match watch {
                    Some(watch) => Action::StopHealth(watch.id),
                    None => Action::WatchHealth(String::new()),
                });
            }
        });
    });
    let Some(watch) = watch else {
        let text = "A standing grpc.health.v1 Watch on this target's connection, until you switch it off or \
                    close the window. Nothing is asked before.";
        ui.label(
            RichText::new(text)
                .font(font::small())
                .color(tokens.text.weak),
        );
        others_ui(ui, state, key, out);
        return;
    };
    service_ui(ui, state, watch, out);
    state_ui(ui, watch, out);
    history_ui(ui, watch);
    others_ui(ui, state, key, out);
}

/// Which service is asked about.
fn service_ui(ui: &mut Ui, state: &AppState, watch: &HealthWatch, out: &mut Vec<Action>) {
    let current = match watch.service.as_str() {
        "" => WHOLE,
        service => service,
    };
    let mut services = Vec::new();
    let schemas = [
        state.schemas.files.schema(),
        state.current_slot().and_then(|slot| slot.schema()),
    ];
    for schema in schemas.into_iter().flatten() {
        for service in &schema.catalogue().services {
            let name = service.full_name.clone();
            let own = name.starts_with("grpc.health.") || name.starts_with("grpc.reflection.");
            if !own && !services.contains(&name) {
                services.push(name);
            }
        }
    }
    // Not a popup of its own: that would close this one.
    let open_id = Id::unique("health-services");
    let mut open: bool = ui.data(|data| data.get_temp(open_id)).unwrap_or_default();
    let button = PushButton::new(current)
        .caret()
        .min_width(WIDTH - 2.0 * PADDING)
        .name("Service whose health is watched");
    open ^= ui.add(button).clicked();
    if open && let Some(service) = services_ui(ui, &services, &watch.service) {
        open = false;
        if service != watch.service {
            out.push(Action::WatchHealth(service.to_owned()));
        }
    }
    ui.data_mut(|data| data.insert_temp(open_id, open));
}

/// The services to choose from, the whole server first; gives the one that was pressed.
fn services_ui<'a>(ui: &mut Ui, services: &'a [String], current: &str) -> Option<&'a str> {
    let tokens = Tokens::of(ui);
    let mut chosen = None;
    ScrollArea::vertical()
        .id_salt("health-services")
        .max_height(170.0)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for service in std::iter::once("").chain(services.iter().map(String::as_str)) {
                let name = if service.is_empty() { WHOLE } else { service };
                let size = vec2(ui.available_width(), 24.0);
                let (rect, response) = ui.allocate_exact_size(size, Sense::click());
                let selected = service == current;
                response.widget_info(|| {
                    WidgetInfo::selected(Role::ListBoxOption, true, selected, name)
                });
                let over = fade(tokens.surface.hover, hover_fade(ui, &response));
                let back = if selected {
                    tokens.surface.selected
                } else {
                    over
                };
                ui.painter().rect_filled(rect, 4.0, back);
                let text = elided(ui, name, font::small(), tokens.text.normal, size.x - 16.0);
                line_text(ui, rect.left() + 8.0, rect.center().y, text);
                if response.clicked() {
                    chosen = Some(service);
                }
            }
        });
    chosen
}

fn state_ui(ui: &mut Ui, watch: &HealthWatch, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let shown = shown(&watch.state, watch.asking, tokens);
    ui.horizontal(|ui| {
        let (dot, _) = ui.allocate_exact_size(vec2(12.0, 12.0), Sense::hover());
        ui.painter().circle_filled(dot.center(), 5.0, shown.color);
        ui.label(
            RichText::new(&shown.word)
                .font(font::strong())
                .color(tokens.text.strong),
        );
        if !watch.since.is_empty() {
            let since = format!("since {}", watch.since);
            ui.label(
                RichText::new(since)
                    .font(font::small())
                    .color(tokens.text.weak),
            );
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let check = PushButton::new(if watch.checking {
                "Checking…"
            } else {
                "Check now"
            })
            .icon(icon::ARROW_CLOCKWISE)
            .height(26.0)
            .name("Check now");
            let able = watch.is_running() && !watch.checking;
            if ui.add_enabled(able, check).clicked() {
                out.push(Action::CheckHealth(watch.id));
            }
        });
    });
    let small = |ui: &mut Ui, text: &str, color| {
        ui.add(egui::Label::new(RichText::new(text).font(font::small()).color(color)).wrap());
    };
    small(ui, &shown.meaning, tokens.text.weak);
    if let (Some(next), false) = (&watch.next, watch.asking) {
        small(ui, &format!("Next attempt at {next}"), tokens.text.weak);
    }
    if let Some(check) = &watch.check {
        let took = words::span(check.took);
        let clock = &check.clock;
        match &check.said {
            Ok(said) => {
                let text = format!("Checked at {clock}: {} in {took}", said.name());
                small(ui, &text, tokens.text.normal);
            }
            Err(failure) => {
                let text = format!("Checked at {clock}: {}", failure.summary);
                small(ui, &text, tokens.bad.text);
            }
        }
    }
}

/// What changed in this run, the newest first.
fn history_ui(ui: &mut Ui, watch: &HealthWatch) {
    if watch.history.is_empty() {
        return;
    }
    let tokens = Tokens::of(ui);
    ui.separator();
    section_label(ui, "Changes in this run");
    ScrollArea::vertical()
        .id_salt("health-history")
        .max_height(180.0)
        .auto_shrink([false, true])
        .show_rows(ui, 22.0, watch.history.len(), |ui, rows| {
            for (clock, state) in watch.history.range(rows) {
                let shown = shown(state, false, tokens);
                let size = vec2(ui.available_width(), 22.0);
                let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
                let words = format!("{clock} {}", shown.word);
                response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, words.as_str()));
                let y = rect.center().y;
                ui.painter().text(
                    rect.left_center(),
                    Align2::LEFT_CENTER,
                    clock,
                    font::small_code(),
                    tokens.text.faint,
                );
                let dot = rect.left_center() + vec2(78.0, 0.0);
                ui.painter().circle_filled(dot, 4.0, shown.color);
                let room = rect.width() - 96.0;
                let first = shown.meaning.lines().next().unwrap_or_default();
                let text = match state {
                    HealthState::Lost { .. } | HealthState::Refused(_) => {
                        format!("{}: {first}", shown.word)
                    }
                    _ => shown.word.clone(),
                };
                let text = elided(ui, text, font::small(), tokens.text.normal, room);
                line_text(ui, rect.left() + 90.0, y, text);
                response.on_hover_text(&shown.meaning);
            }
        });
}

/// Watches of targets that are not in front go on: here they can be ended.
fn others_ui(ui: &mut Ui, state: &AppState, key: &ReflectKey, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let others = state.health.all().iter().filter(|it| it.key != *key);
    let mut first = true;
    for watch in others {
        if std::mem::take(&mut first) {
            ui.separator();
            section_label(ui, "Other targets that are watched");
        }
        ui.horizontal(|ui| {
            let shown = shown(&watch.state, watch.asking, tokens);
            let (dot, _) = ui.allocate_exact_size(vec2(12.0, 12.0), Sense::hover());
            ui.painter().circle_filled(dot.center(), 4.0, shown.color);
            let text = format!("{} · {}", watch.key.target, shown.word);
            let text = elided(ui, text, font::small(), tokens.text.normal, WIDTH - 80.0);
            ui.label(text);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let name = format!("Stop watching {}", watch.key.target);
                let stop = PushButton::new("Stop").height(24.0).name(&name);
                if ui.add(stop).clicked() {
                    out.push(Action::StopHealth(watch.id));
                }
            });
        });
    }
}
