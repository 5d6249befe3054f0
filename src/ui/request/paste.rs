//! The dialog that takes many items or entries at once.

use egui::{Id, Key, Label, Modal, RichText, Ui};
use stubless_core::message::{Bulk, FieldKind, FormRow, Path, RowKind, bulk_entries, bulk_items};

use super::{edit::Edit, state::BodyState};
use crate::ui::{
    theme::{Tokens, font, space},
    widgets::{ButtonStyle, JsonField, PushButton},
};

/// Problems that have a line in the dialog.
const SHOWN: usize = 4;

/// What is being pasted, and where.
#[derive(Debug, Clone)]
pub(super) struct Paste {
    path: Path,
    name: String,
    /// Of a map: how its keys are typed.
    key: Option<FieldKind>,
    kind: FieldKind,
    text: String,
    read: Bulk,
    fresh: bool,
}

impl Paste {
    /// A dialog for a list or a map.
    pub(super) fn of(row: &FormRow) -> Option<Self> {
        let (key, kind) = match &row.kind {
            RowKind::List { item, .. } => (None, item),
            RowKind::Map { key, value, .. } => (Some(key.clone()), value),
            _ => return None,
        };
        Some(Self {
            path: row.path.clone(),
            name: row.name.clone(),
            key,
            kind: kind.clone(),
            text: String::new(),
            read: Bulk::default(),
            fresh: true,
        })
    }

    /// With something in it.
    pub(super) fn with_text(mut self, text: String) -> Self {
        self.text = text;
        self.read();
        self
    }

    fn read(&mut self) {
        self.read = match &self.key {
            Some(key) => bulk_entries(&self.text, key, &self.kind),
            None => bulk_items(&self.text, &self.kind),
        };
    }

    fn edit(&self) -> Edit {
        let values = self.read.values.clone();
        match self.key {
            Some(_) => Edit::AddEntries(self.path.clone(), values),
            None => {
                let items = values.into_iter().map(|(_, json)| json).collect();
                Edit::AddItems(self.path.clone(), items)
            }
        }
    }
}

/// Draws the dialog while there is one; gives the edit when it is done.
pub(super) fn show(ui: &Ui, state: &mut BodyState) -> Option<Edit> {
    let mut paste = state.paste.take()?;
    let mut edit = None;
    let mut open = true;
    let shown = Modal::new(Id::unique("paste-many")).show(ui.ctx(), |ui| {
        ui.set_width(440.0_f32.min(ui.ctx().content_rect().width() - 60.0));
        let tokens = Tokens::of(ui);
        let title = format!("Add many to {}", paste.name);
        ui.label(
            RichText::new(title)
                .font(font::title())
                .color(tokens.text.strong),
        );
        ui.add_space(space::XS);
        let hint = if paste.key.is_some() {
            "A JSON object, or a line each: key: value, key=value"
        } else {
            "A JSON array, one item a line, or one line with commas"
        };
        ui.label(
            RichText::new(hint)
                .font(font::small())
                .color(tokens.text.weak),
        );
        ui.add_space(space::S);
        let field = JsonField::new(&mut paste.text, "Items to add")
            .height(180.0)
            .show(ui);
        if std::mem::take(&mut paste.fresh) {
            field.request_focus();
        }
        if field.changed() {
            paste.read();
        }
        ui.add_space(space::S);
        summary_ui(ui, &paste);
        ui.add_space(space::S);
        ui.horizontal(|ui| {
            let word = match (paste.read.values.len(), paste.key.is_some()) {
                (1, false) => "Add 1 item".to_owned(),
                (n, false) => format!("Add {n} items"),
                (1, true) => "Add 1 entry".to_owned(),
                (n, true) => format!("Add {n} entries"),
            };
            let some = !paste.read.values.is_empty();
            let add = ui.add_enabled(some, PushButton::new(&word).style(ButtonStyle::Primary));
            let keys =
                some && ui.input_mut(|i| i.consume_key(egui::Modifiers::COMMAND, Key::Enter));
            if add.clicked() || keys {
                edit = Some(paste.edit());
                open = false;
            }
            if ui.add(PushButton::new("Cancel")).clicked() {
                open = false;
            }
        });
    });
    if open && !shown.should_close() {
        state.paste = Some(paste);
    }
    edit
}

fn summary_ui(ui: &mut Ui, paste: &Paste) {
    let tokens = Tokens::of(ui);
    let note = |ui: &mut Ui, text: String, color| {
        ui.add(Label::new(RichText::new(text).font(font::small()).color(color)).wrap());
    };
    for (line, why) in paste.read.problems.iter().take(SHOWN) {
        note(ui, format!("Line {line}: {why}"), tokens.warn.text);
    }
    let more = paste.read.problems.len().saturating_sub(SHOWN);
    if more > 0 {
        note(ui, format!("and {more} more"), tokens.warn.text);
    }
    if let Some((key, json)) = paste.read.values.first() {
        let json: String = json.chars().take(80).collect();
        let first = match paste.key {
            Some(_) => format!("First: {key} → {json}"),
            None => format!("First: {json}"),
        };
        note(ui, first, tokens.text.faint);
    }
}
