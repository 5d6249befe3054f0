//! What counts as a difference: fields and kinds that are ignored, how lists and streams are aligned,
//! tolerances. Each rule says how much it hid.

use egui::{Frame, RichText, ScrollArea, Ui};
use stubless_core::{
    call::VOLATILE_METADATA, message::IgnoreRule, message::PathPattern, workspace::CompareSettings,
};

use crate::{
    app::{Action, DiffAction, DiffPage},
    ui::{
        settings::label,
        theme::{Tokens, font, icon, radius, space},
        widgets::{Check, Chip, IconButton, PushButton, TextField, prose, section_label},
        words,
    },
};

/// Kinds that have a switch.
const KINDS: [(&str, &str); 4] = [
    ("@unset", "Unset equals default"),
    ("@order", "Order of lists"),
    ("@unknown", "Unknown fields"),
    ("@types", "Types of fields"),
];

/// Keys of metadata that are ignored now.
pub(super) fn ignored_metadata(rules: &CompareSettings) -> Vec<String> {
    let volatile = || VOLATILE_METADATA.map(str::to_owned).to_vec();
    rules.ignore_metadata.clone().unwrap_or_else(volatile)
}

/// Draws the pane; `is_kept`: the request whose rules these are is open.
pub(super) fn rules_ui(ui: &mut Ui, page: &mut DiffPage, is_kept: bool, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let mut rules = page.rules.clone();
    Frame::NONE
        .fill(tokens.surface.side)
        .corner_radius(f32::from(radius::L))
        .inner_margin(10)
        .show(ui, |ui| {
            ScrollArea::vertical()
                .id_salt("rules")
                .auto_shrink(false)
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 6.0;
                    // Room for the scroll bar, which stands over what it scrolls.
                    ui.set_max_width((ui.available_width() - 14.0).max(120.0));
                    fields_ui(ui, page, &mut rules);
                    ui.add_space(space::S);
                    kinds_ui(ui, page, &mut rules);
                    ui.add_space(space::S);
                    lists_ui(ui, &mut rules);
                    stream_ui(ui, page, &mut rules);
                    tolerances_ui(ui, &mut rules);
                    ui.add_space(space::S);
                    metadata_ui(ui, page, &mut rules);
                    ui.add_space(space::S);
                    let kept = if is_kept {
                        "Kept with the request, under settings.compare of its file."
                    } else {
                        "The request is not open: these rules go with this page."
                    };
                    prose(ui, kept);
                });
        });
    if rules != page.rules {
        out.push(Action::Diff(DiffAction::SetRules(Box::new(rules))));
    }
}

/// How many differences a rule hid.
fn hid(page: &DiffPage, rule: &str) -> usize {
    let Some(result) = page.result() else {
        return 0;
    };
    let at = result.rules.iter().position(|known| known == rule.trim());
    at.and_then(|at| result.stream.hidden.get(at))
        .copied()
        .unwrap_or(0)
}

fn hid_ui(ui: &mut Ui, count: usize) {
    let tokens = Tokens::of(ui);
    let text = format!("hides {}", words::count(count));
    let color = if count == 0 {
        tokens.text.faint
    } else {
        tokens.text.weak
    };
    ui.label(RichText::new(text).font(font::small()).color(color));
}

fn fields_ui(ui: &mut Ui, page: &mut DiffPage, rules: &mut CompareSettings) {
    section_label(ui, "Ignored fields");
    let tokens = Tokens::of(ui);
    let mut gone = None;
    for (at, rule) in rules.ignore.iter().enumerate() {
        if KINDS.iter().any(|(kind, _)| kind == rule) {
            continue;
        }
        ui.horizontal(|ui| {
            let name = format!("Remove rule {rule}");
            if ui.add(IconButton::new(icon::X, &name).side(22.0)).clicked() {
                gone = Some(at);
            }
            ui.label(
                RichText::new(rule)
                    .font(font::small_code())
                    .color(tokens.text.strong),
            );
            if let Err(error) = IgnoreRule::parse(rule) {
                ui.add(Chip::new("Not a path", tokens.bad))
                    .on_hover_text(error.to_string());
            } else {
                hid_ui(ui, hid(page, rule));
            }
        });
    }
    if let Some(gone) = gone {
        rules.ignore.remove(gone);
    }
    let typed = page.new_rule.trim().to_owned();
    let wrong = !typed.is_empty() && IgnoreRule::parse(&typed).is_err();
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 76.0).max(80.0);
        let field = TextField::new(&mut page.new_rule, "New ignore rule")
            .hint("items[*].updated_at")
            .code()
            .error(wrong)
            .width(width)
            .show(ui);
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let can = !typed.is_empty() && !wrong;
        let pressed = ui
            .add_enabled(can, PushButton::new("Ignore").name("Add ignore rule"))
            .clicked();
        if can && (pressed || entered) {
            page.new_rule.clear();
            if !rules.ignore.contains(&typed) {
                rules.ignore.push(typed);
            }
        }
    });
}

fn kinds_ui(ui: &mut Ui, page: &DiffPage, rules: &mut CompareSettings) {
    section_label(ui, "Ignored kinds");
    for (kind, name) in KINDS {
        ui.horizontal(|ui| {
            let mut on = rules.ignore.iter().any(|rule| rule == kind);
            if ui.add(Check::new(&mut on, name).with_word()).changed() {
                rules.ignore.retain(|rule| rule != kind);
                if on {
                    rules.ignore.push(kind.to_owned());
                }
            }
            if on {
                hid_ui(ui, hid(page, kind));
            }
        });
    }
}

fn lists_ui(ui: &mut Ui, rules: &mut CompareSettings) {
    if rules.keys.is_empty() {
        return;
    }
    section_label(ui, "Lists");
    let tokens = Tokens::of(ui);
    let mut gone = None;
    for (at, (path, key)) in rules.keys.iter().enumerate() {
        ui.horizontal(|ui| {
            let name = format!("Remove key of {path}");
            if ui.add(IconButton::new(icon::X, &name).side(22.0)).clicked() {
                gone = Some(at);
            }
            let text = match key.as_str() {
                "@set" => format!("{path} as a set"),
                "@position" => format!("{path} by position"),
                key => format!("{path} by {key}"),
            };
            ui.label(
                RichText::new(text)
                    .font(font::small_code())
                    .color(tokens.text.strong),
            );
            if let Err(error) = PathPattern::parse(path) {
                ui.add(Chip::new("Not a path", tokens.bad))
                    .on_hover_text(error.to_string());
            }
        });
    }
    if let Some(gone) = gone {
        rules.keys.remove(gone);
    }
    ui.add_space(space::S);
}

fn stream_ui(ui: &mut Ui, page: &mut DiffPage, rules: &mut CompareSettings) {
    if !page.is_stream() {
        return;
    }
    section_label(ui, "Messages of the streams");
    label(ui, "Aligned by the key at");
    let mut text = page
        .new_key
        .clone()
        .unwrap_or_else(|| rules.stream_key.clone().unwrap_or_default());
    let field = TextField::new(&mut text, "Key of the stream")
        .hint("by position")
        .code()
        .show(ui);
    if field.changed() {
        page.new_key = Some(text.clone());
    }
    if field.lost_focus() && page.new_key.take().is_some() {
        let text = text.trim();
        rules.stream_key = (!text.is_empty()).then(|| text.to_owned());
    }
    let without = page.result().map_or(0, |it| it.stream.without_key);
    if rules.stream_key.is_some() && without > 0 {
        let count = words::counted(without, "message");
        prose(
            ui,
            &format!("{count} without a value there: aligned in their order"),
        );
    }
    ui.add_space(space::S);
}

fn tolerances_ui(ui: &mut Ui, rules: &mut CompareSettings) {
    section_label(ui, "Tolerances");
    let tokens = Tokens::of(ui);
    egui::Grid::new("tolerances")
        .num_columns(2)
        .spacing([space::M, 6.0])
        .show(ui, |ui| {
            let names = [
                ("Floats", "Float tolerance"),
                ("Times, ms", "Time tolerance in milliseconds"),
            ];
            for (row, (name, accessible)) in names.into_iter().enumerate() {
                ui.label(RichText::new(name).color(tokens.text.normal));
                let now = if row == 0 {
                    rules.float_tolerance.map(|it| it.to_string())
                } else {
                    rules.time_tolerance_ms.map(|it| it.to_string())
                };
                if let Some(text) = amount_ui(ui, accessible, now.unwrap_or_default()) {
                    if row == 0 {
                        let number: Option<f64> = text.parse().ok();
                        rules.float_tolerance = number.filter(|it| it.is_finite() && *it > 0.0);
                    } else {
                        rules.time_tolerance_ms = text.parse().ok().filter(|it| *it > 0);
                    }
                }
                ui.end_row();
            }
        });
}

/// A number that is taken when the field is left.
fn amount_ui(ui: &mut Ui, name: &str, now: String) -> Option<String> {
    let id = ui.make_persistent_id(name);
    let typed: Option<String> = ui.data(|data| data.get_temp(id));
    let mut text = typed.clone().unwrap_or(now);
    let wrong = !text.trim().is_empty() && text.trim().parse::<f64>().is_err();
    let field = TextField::new(&mut text, name)
        .hint("exact")
        .code()
        .error(wrong)
        .width(110.0)
        .show(ui);
    if field.changed() {
        ui.data_mut(|data| data.insert_temp(id, text.clone()));
    }
    let left = field.lost_focus() && typed.is_some();
    if left {
        ui.data_mut(|data| data.remove::<String>(id));
    }
    left.then(|| text.trim().to_owned())
}

fn metadata_ui(ui: &mut Ui, page: &DiffPage, rules: &mut CompareSettings) {
    section_label(ui, "Ignored metadata");
    let tokens = Tokens::of(ui);
    let ignored = ignored_metadata(rules);
    let facts = page.result().map_or(&[][..], |it| &it.facts);
    let hides = |key: &String| {
        let own = facts.iter().filter(|it| it.key == *key);
        own.filter(|it| it.state == stubless_core::call::FactState::Ignored)
            .count()
    };
    let mut gone = None;
    for key in &ignored {
        ui.horizontal(|ui| {
            let name = format!("Remove metadata {key}");
            if ui.add(IconButton::new(icon::X, &name).side(22.0)).clicked() {
                gone = Some(key.clone());
            }
            ui.label(
                RichText::new(key)
                    .font(font::small_code())
                    .color(tokens.text.normal),
            );
            let count = hides(key);
            if count > 0 {
                hid_ui(ui, count);
            }
        });
    }
    if let Some(gone) = gone {
        rules.ignore_metadata = Some(ignored.into_iter().filter(|key| *key != gone).collect());
    } else if rules.ignore_metadata.is_some()
        && ui.add(PushButton::new("Back to the usual list")).clicked()
    {
        rules.ignore_metadata = None;
    }
}
