//! The menu of a line: copies, and rules made from it.

use egui::Ui;
use stubless_core::engine::MessageTask;

use super::line::Content;
use crate::{
    app::{Action, DiffAction, DiffLine, DiffPage, is_cut, key_of_path},
    ui::{menu::plain_item, theme::icon},
};

/// Draws the menu.
pub(super) fn menu_ui(
    ui: &mut Ui,
    page: &DiffPage,
    line: DiffLine,
    content: &Content,
    out: &mut Vec<Action>,
) {
    copies_ui(ui, page, line, content, out);
    match line {
        DiffLine::Row(at) => row_menu_ui(ui, page, at, out),
        DiffLine::Fact(at) => {
            let key = page
                .result()
                .and_then(|it| it.facts.get(at))
                .map(|it| it.key.clone());
            if let Some(key) = key.filter(|key| !key.is_empty())
                && plain_item(ui, Some(icon::EYE_SLASH), "Ignore this metadata")
            {
                let mut rules = page.rules.clone();
                let mut keys = super::rules::ignored_metadata(&rules);
                if !keys.contains(&key) {
                    keys.push(key);
                }
                rules.ignore_metadata = Some(keys);
                out.push(Action::Diff(DiffAction::SetRules(Box::new(rules))));
            }
        }
        DiffLine::CallTitle | DiffLine::MessageTitle | DiffLine::LeftOut(_) => {}
    }
}

/// Copies of the values as far as they are at hand, and of the whole messages.
fn copies_ui(
    ui: &mut Ui,
    page: &DiffPage,
    line: DiffLine,
    content: &Content,
    out: &mut Vec<Action>,
) {
    let row = match line {
        DiffLine::Row(at) => page.message().and_then(|message| message.row(at)),
        _ => None,
    };
    let (left, right) = match &row {
        Some(row) => (row.left, row.right),
        None => (content.left.as_deref(), content.right.as_deref()),
    };
    for (name, value) in [("Copy left value", left), ("Copy right value", right)] {
        let Some(value) = value else { continue };
        let (name, what) = match row.is_some() && is_cut(value) {
            true => (format!("{name} (its beginning)"), "Beginning of the value"),
            false => (name.to_owned(), "Value"),
        };
        if plain_item(ui, Some(icon::COPY), &name) {
            let text = value.to_owned();
            out.push(Action::Copy { what, text });
        }
    }
    let Some(pair) = page.shown_pair().filter(|_| row.is_some()) else {
        return;
    };
    for (name, call, message) in [
        ("Copy left message", page.left, pair.left),
        ("Copy right message", page.right, pair.right),
    ] {
        if let (Some(call), Some(message)) = (call, message)
            && plain_item(ui, Some(icon::COPY), name)
        {
            let task = MessageTask::CopyAll(call, message);
            out.push(Action::Message(Box::new(task)));
        }
    }
}

fn row_menu_ui(ui: &mut Ui, page: &DiffPage, at: usize, out: &mut Vec<Action>) {
    let Some(message) = page.message() else {
        return;
    };
    if plain_item(ui, Some(icon::COPY), "Copy path") {
        out.push(Action::Copy {
            what: "Path",
            text: message.path(at),
        });
    }
    ui.separator();
    let general = message.general_path(at);
    let label = message
        .row(at)
        .map(|row| row.label.to_owned())
        .unwrap_or_default();
    let named = !label.is_empty() && !label.starts_with(['[', '#']);
    let mut ignore = |rule: String| {
        let mut rules = page.rules.clone();
        if !rules.ignore.contains(&rule) {
            rules.ignore.push(rule);
        }
        out.push(Action::Diff(DiffAction::SetRules(Box::new(rules))));
    };
    if label.starts_with('#') {
        if plain_item(ui, Some(icon::EYE_SLASH), "Ignore unknown fields") {
            ignore("@unknown".to_owned());
        }
    } else if !general.is_empty() && plain_item(ui, Some(icon::EYE_SLASH), "Ignore this field") {
        ignore(general.clone());
    }
    if named && plain_item(ui, Some(icon::EYE_SLASH), "Ignore this field everywhere") {
        ignore(format!("**.{label}"));
    }
    if !named {
        return;
    }
    let (list, key) = key_of_path(&general);
    let mut rules = page.rules.clone();
    match list {
        Some(list) => {
            let name = format!("Use as key of {list}");
            if plain_item(ui, Some(icon::KEY), &name) {
                rules.keys.retain(|(path, _)| *path != list);
                rules.keys.push((list, key));
                out.push(Action::Diff(DiffAction::SetRules(Box::new(rules))));
            }
        }
        None if page.is_stream() && plain_item(ui, Some(icon::KEY), "Use as key of the stream") => {
            rules.stream_key = Some(key);
            out.push(Action::Diff(DiffAction::SetRules(Box::new(rules))));
        }
        None => {}
    }
}
