//! Which messages are saved or copied, how, and where.

use egui::{Align, Layout, RichText, Ui};
use stubless_core::call::Direction;

use super::{
    buttons_ui, cancel_ui,
    small::{existing, path_field_ui, replace_ui},
};
use crate::{
    app::{Action, AppState, FormChoice, Pick, SaveDraft, Which},
    ui::{
        settings::label,
        theme::{Tokens, font, space},
        widgets::{Check, Picker, PickerItem, PushButton, Segmented, TextField},
        words,
    },
};

/// What can stand among the columns.
const COLUMN_WORDS: &str = "number, direction, time, size, and paths of fields, as user.name, items[0].price or labels[\"k\"]";

/// Draws it.
pub(super) fn save_messages_ui(
    ui: &mut Ui,
    state: &AppState,
    draft: &mut SaveDraft,
    first: bool,
    out: &mut Vec<Action>,
) {
    let before = (draft.which, draft.form);
    which_ui(ui, state, draft);
    form_ui(ui, draft);
    if before != (draft.which, draft.form) {
        draft.settle();
        out.push(Action::CheckSave);
    }
    match draft.form {
        FormChoice::JsonLines => {
            ui.add(
                Check::new(&mut draft.facts, "With number, direction, time and size").with_word(),
            );
            ui.add_space(space::S);
        }
        FormChoice::Csv => columns_ui(ui, draft, out),
        _ => {}
    }
    let pick = Pick::SaveMessages(draft.file_name());
    let hint = format!("path of the file, as {}", draft.file_name());
    path_field_ui(ui, "File", &mut draft.path, &hint, pick, first, out);
    replace_ui(ui, &mut draft.replace);
    let file = draft.file(|| directories::UserDirs::new().map(|dirs| dirs.home_dir().to_owned()));
    let ready = file.is_some() && draft.is_ready();
    let saved = buttons_ui(ui, ("Save", ready), |ui| {
        cancel_ui(ui, out);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let copy = PushButton::new("Copy").tooltip("As text, up to 16 MiB; bytes as base64");
            if ui.add_enabled(draft.is_ready(), copy).clicked() {
                out.push(Action::CopyMessages {
                    tab: draft.tab,
                    spec: Box::new(draft.spec()),
                });
            }
        });
    });
    if let Some(path) = file.filter(|_| saved) {
        out.push(Action::SaveMessages {
            tab: draft.tab,
            spec: Box::new(draft.spec()),
            path,
            existing: existing(draft.replace),
        });
    }
}

fn which_ui(ui: &mut Ui, state: &AppState, draft: &mut SaveDraft) {
    let exchange = state.tab(draft.tab).and_then(|tab| tab.call.exchange());
    let Some(log) = exchange.map(|exchange| &exchange.log) else {
        return;
    };
    let (sent, received) = (log.count(Direction::Sent), log.count(Direction::Received));
    let offered = draft.offered();
    if offered.len() > 1 {
        let names: Vec<(Which, String)> = offered
            .into_iter()
            .map(|which| (which, which_name(draft, which, sent + received)))
            .collect();
        let parts: Vec<_> = names
            .iter()
            .map(|(which, name)| (*which, None, &**name))
            .collect();
        label(ui, "Which messages");
        Segmented::new("Which messages", &parts).show(ui, &mut draft.which);
        ui.add_space(space::S);
    }
    if draft.which == Which::Message {
        return;
    }
    let names = [
        "Both".to_owned(),
        format!("Received ({})", words::count(received)),
        format!("Sent ({})", words::count(sent)),
    ];
    let [both, received, sent] = &names;
    let parts = [
        (None, None, &**both),
        (Some(Direction::Received), None, &**received),
        (Some(Direction::Sent), None, &**sent),
    ];
    label(ui, "Direction");
    Segmented::new("Direction", &parts).show(ui, &mut draft.direction);
    ui.add_space(space::S);
}

fn which_name(draft: &SaveDraft, which: Which, all: usize) -> String {
    let counted = |count: usize| words::count(count);
    match which {
        Which::Message => "This message".to_owned(),
        Which::Selection => {
            let count = draft
                .selection
                .as_ref()
                .map_or(0, crate::app::Selection::len);
            format!("Selected ({})", counted(count))
        }
        Which::Matches => {
            let count = draft
                .matches
                .as_ref()
                .map_or(0, stubless_core::call::scan::Scan::len);
            format!("Filtered ({})", counted(count))
        }
        Which::All => format!("All ({})", counted(all)),
    }
}

fn form_ui(ui: &mut Ui, draft: &mut SaveDraft) {
    label(ui, "Format");
    let forms = draft.forms();
    let chosen = Picker::new("File format", draft.form.name()).show(ui, || {
        let item = |form: &FormChoice| PickerItem::new(form.name(), format!(".{}", form.ending()));
        forms.iter().map(item).collect()
    });
    if let Some(form) = chosen.and_then(|at| forms.get(at)) {
        draft.set_form(*form);
    }
    let tokens = Tokens::of(ui);
    let words = RichText::new(draft.form.words()).font(font::small());
    ui.add(egui::Label::new(words.color(tokens.text.weak)).wrap());
    ui.add_space(space::S);
}

fn columns_ui(ui: &mut Ui, draft: &mut SaveDraft, out: &mut Vec<Action>) {
    let before = draft.columns.clone();
    let hint = "number, time, user.name, items[0].price";
    label(ui, "Columns");
    TextField::new(&mut draft.columns, "Table columns")
        .hint(hint)
        .code()
        .show(ui);
    if before != draft.columns {
        out.push(Action::CheckSave);
    }
    let tokens = Tokens::of(ui);
    let (words, color) = match &draft.problem {
        Some(problem) => (&**problem, tokens.bad.text),
        None => (COLUMN_WORDS, tokens.text.weak),
    };
    let words = RichText::new(words).font(font::small());
    ui.add(egui::Label::new(words.color(color)).wrap());
    ui.add_space(space::S);
}
