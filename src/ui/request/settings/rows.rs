//! The rows settings are made of: a name at the left, a control at the right, a remark below.

use std::path::PathBuf;

use egui::{Color32, Id, Label, RichText, Ui};

use crate::{
    app::SettingsFile,
    ui::{
        theme::{Tokens, font, icon, space},
        widgets::{IconButton, Segmented, TextField, elided, line_text, prose},
    },
};

/// Width of the column of names.
const NAMES: f32 = 138.0;

/// A name at the left, its control at the right.
pub(super) fn line<R>(ui: &mut Ui, name: &str, control: impl FnOnce(&mut Ui) -> R) -> R {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let size = egui::vec2(NAMES - 8.0, 30.0);
        let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
        let text = elided(ui, name, font::body(), tokens.text.normal, NAMES - 12.0);
        line_text(ui, rect.left(), rect.center().y, text);
        control(ui)
    })
    .inner
}

/// A remark on the control above it.
pub(super) fn below(ui: &mut Ui, note: &str) {
    let color = Tokens::of(ui).text.faint;
    remark(ui, note, color);
}

/// A remark that says what is wrong.
pub(super) fn fault(ui: &mut Ui, note: &str) {
    let color = Tokens::of(ui).bad.text;
    remark(ui, note, color);
}

/// A remark on something that weakens the call's safety.
pub(super) fn warning(ui: &mut Ui, note: &str) {
    let color = Tokens::of(ui).warn.text;
    remark(ui, note, color);
}

fn remark(ui: &mut Ui, note: &str, color: Color32) {
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 14.0;
        ui.add_space(-space::XS);
        ui.horizontal(|ui| {
            ui.add_space(NAMES);
            let text = RichText::new(note).font(font::small()).color(color);
            ui.add(Label::new(text).wrap());
        });
    });
}

/// A text that may be absent.
pub(super) fn text_row(
    ui: &mut Ui,
    name: &str,
    hint: &str,
    tooltip: &str,
    value: &mut Option<String>,
) -> bool {
    let mut text = value.clone().unwrap_or_default();
    let response = line(ui, name, |ui| {
        TextField::new(&mut text, name).hint(hint).code().show(ui)
    });
    let changed = response.changed();
    if changed {
        *value = (!text.is_empty()).then_some(text);
    }
    response.on_hover_ui(|ui| {
        prose(ui, tooltip);
    });
    changed
}

/// How an amount is read and written.
pub(super) struct Amount {
    pub(super) parse: fn(&str) -> Result<Option<u64>, &'static str>,
    pub(super) format: fn(Option<u64>) -> String,
}

/// An amount with its unit. The text waits here while it is none yet, so that nothing typed is lost.
pub(super) fn amount_row(
    ui: &mut Ui,
    name: &str,
    hint: &str,
    note: &str,
    amount: &Amount,
    value: &mut Option<u64>,
) -> bool {
    let key: Id = ui.make_persistent_id(("amount", name));
    let known: Option<(String, Option<u64>)> = ui.data(|data| data.get_temp(key));
    let mut text = match known {
        Some((text, over)) if over == *value => text,
        _ => (amount.format)(*value),
    };
    let wrong = (amount.parse)(&text).is_err();
    let response = line(ui, name, |ui| {
        TextField::new(&mut text, name)
            .hint(hint)
            .error(wrong)
            .code()
            .width(230.0)
            .show(ui)
    });
    let mut changed = false;
    match (amount.parse)(&text) {
        Ok(read) => {
            if response.changed() {
                changed = *value != read;
                *value = read;
            }
            if !note.is_empty() {
                below(ui, note);
            }
        }
        Err(reason) => fault(ui, reason),
    }
    ui.data_mut(|data| data.insert_temp(key, (text, *value)));
    changed
}

/// Yes, no, or what is inherited.
pub(super) fn choice_row(
    ui: &mut Ui,
    name: &str,
    inherited: Option<bool>,
    value: &mut Option<bool>,
) -> bool {
    let first = match inherited {
        Some(true) => "Inherit: yes",
        Some(false) => "Inherit: no",
        None => "No",
    };
    let mut changed = false;
    line(ui, name, |ui| {
        let mut parts = vec![(None, None, first)];
        if inherited.is_some() || *value == Some(false) {
            parts.push((Some(false), None, "No"));
        }
        parts.push((Some(true), None, "Yes"));
        changed = Segmented::new(name, &parts).show(ui, value).changed();
    });
    changed
}

/// A file; gives which one is to be chosen in a dialog, and whether its path was changed.
pub(super) fn file_row(
    ui: &mut Ui,
    file: SettingsFile,
    hint: &str,
    path: &mut Option<PathBuf>,
) -> (bool, Option<SettingsFile>) {
    let name = file.name();
    let mut text = path
        .as_ref()
        .map(|path| path.display().to_string())
        .unwrap_or_default();
    let mut changed = false;
    let mut browse = None;
    line(ui, name, |ui| {
        let width = ui.available_width() - 38.0;
        let field = TextField::new(&mut text, name).hint(hint).code();
        if field.width(width).show(ui).changed() {
            *path = (!text.is_empty()).then(|| PathBuf::from(&text));
            changed = true;
        }
        let words = format!("Choose {name}…");
        if ui.add(IconButton::new(icon::FOLDER_OPEN, &words)).clicked() {
            browse = Some(file);
        }
    });
    (changed, browse)
}
