//! The rows settings are made of: a name at the left, a control at the right, a remark below.

use std::path::PathBuf;

use egui::{Color32, Id, Label, RichText, Ui};
use stubless_core::call::TextSetting;

use crate::{
    app::{SettingsFile, Unread},
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

/// A text that may be absent. One that cannot be used is marked, and said why.
pub(super) fn text_row(
    ui: &mut Ui,
    name: &str,
    hint: &str,
    tooltip: &str,
    rules: Option<TextSetting>,
    value: &mut Option<String>,
) -> bool {
    let mut text = value.clone().unwrap_or_default();
    let problem = rules.and_then(|rules| rules.problem(&text));
    let response = line(ui, name, |ui| {
        let field = TextField::new(&mut text, name).hint(hint).code();
        field.error(problem.is_some()).show(ui)
    });
    let changed = response.changed();
    if changed {
        *value = (!text.is_empty()).then_some(text);
    }
    if let Some(problem) = &problem {
        fault(ui, problem);
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

/// The text of an amount between two frames.
#[derive(Clone)]
struct Kept {
    text: String,
    /// The value it stands for.
    over: Option<u64>,
    /// The value when the keyboard came: it holds again while the text is none.
    before: Option<u64>,
}

/// An amount with its unit. A text that is none is kept in `unread`, and none of what it began with
/// is taken for the value: the one from before the typing is.
pub(super) fn amount_row(
    ui: &mut Ui,
    name: &'static str,
    (hint, note): (&str, &str),
    amount: &Amount,
    unread: &mut Unread,
    value: &mut Option<u64>,
) -> bool {
    let key: Id = ui.make_persistent_id(("amount", name));
    let known = *value;
    let kept: Option<Kept> = ui.data(|data| data.get_temp(key));
    let kept = kept.filter(|kept| kept.over == known);
    let mut text = match (unread.text(name), &kept) {
        (Some(text), _) => text.to_owned(),
        (None, Some(kept)) if (amount.parse)(&kept.text) == Ok(known) => kept.text.clone(),
        _ => (amount.format)(known),
    };
    let response = line(ui, name, |ui| {
        TextField::new(&mut text, name)
            .hint(hint)
            .error(unread.text(name).is_some())
            .code()
            .width(230.0)
            .show(ui)
    });
    let before = match kept {
        Some(kept) if response.has_focus() && !response.gained_focus() => kept.before,
        _ => known,
    };
    if response.changed() {
        match (amount.parse)(&text) {
            Ok(read) => {
                *value = read;
                unread.remove(name);
            }
            Err(reason) => {
                *value = before;
                unread.keep(name, text.clone(), reason);
            }
        }
    }
    // A file may hold what would not be typed: 0 for none, or less than the least.
    let odd = || {
        let stored = value.filter(|&value| value > 0)?;
        (amount.parse)(&(amount.format)(Some(stored))).err()
    };
    if let Some(reason) = unread.reason(name) {
        fault(ui, reason);
    } else if let Some(reason) = odd() {
        warning(ui, reason);
    } else if !note.is_empty() {
        below(ui, note);
    }
    let over = *value;
    let kept = Kept { text, over, before };
    ui.data_mut(|data| data.insert_temp(key, kept));
    *value != known
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
