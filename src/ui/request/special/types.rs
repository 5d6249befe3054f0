//! A message type, chosen from all of the schema by typing parts of its name.

use egui::Ui;
use stubless_core::schema::{Query, Schema, Searched, SymbolSearch};

use super::Around;
use crate::ui::{
    request::{
        editors::{CONTROL, Cell},
        state::BodyState,
    },
    widgets::{Picker, PickerItem},
};

/// Types that are listed; who looks for another types more of its name.
const LISTED: usize = 50;

/// What was looked for last; while a person types on, only what fitted is looked at again.
#[derive(Debug, Clone, Default)]
pub(super) struct TypeSearch {
    search: SymbolSearch,
}

/// The button that shows a type and its list, over all the width there is; gives the full name of another.
pub(super) fn type_picker(
    ui: &mut Ui,
    label: &str,
    current: Option<&str>,
    cell: &Cell<'_>,
    state: &mut BodyState,
) -> Option<String> {
    let short = current.map(|name| name.rsplit('.').next().unwrap_or(name));
    let mut names = Vec::new();
    let picker = Picker::new(label, short.unwrap_or("Choose a type…"))
        .list_width(340.0)
        .height(CONTROL)
        .unset(current.is_none())
        .id_salt(cell.id);
    let button = picker.button(ui);
    state.note_focus(&button, &cell.row.path);
    let (_, chosen) = picker.popup_ranked(ui, &button, |filter| {
        names = state.special.types.find(cell.around, filter);
        names.iter().map(|name| item(name)).collect()
    })?;
    names.into_iter().nth(chosen)
}

fn item(name: &str) -> PickerItem {
    let (scope, label) = name.rsplit_once('.').unwrap_or(("", name));
    PickerItem::new(label, scope)
}

impl TypeSearch {
    /// Full names, the best first.
    pub(super) fn find(&mut self, around: &Around<'_>, filter: &str) -> Vec<String> {
        match around.schema {
            Some(schema) if filter.trim().is_empty() => near(schema, around),
            Some(schema) => {
                let query = Query::new(filter);
                self.search.run(schema, &query, Searched::All);
                let found = self.search.best_messages(schema, LISTED).into_iter();
                let symbols = found.filter_map(|(id, _)| schema.symbol(id));
                symbols.map(|symbol| symbol.path().to_owned()).collect()
            }
            None => of_pool(around, filter),
        }
    }
}

/// Before anything is typed: the types of the body's own package, then others.
fn near(schema: &Schema, around: &Around<'_>) -> Vec<String> {
    let messages = &schema.catalogue().messages;
    let package = format!("{}.", around.root.package_name());
    let from = messages.partition_point(|entry| entry.full_name < package);
    let is_own = |name: &str| name.starts_with(&package);
    let own = messages.get(from..).unwrap_or_default().iter();
    let own = own.take_while(|entry| is_own(&entry.full_name));
    let others = messages.iter().filter(|entry| !is_own(&entry.full_name));
    let names = own.chain(others).take(LISTED);
    names.map(|entry| entry.full_name.clone()).collect()
}

/// Without a schema: what came with the body's type.
fn of_pool(around: &Around<'_>, filter: &str) -> Vec<String> {
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let mut names: Vec<String> = around
        .root
        .parent_pool()
        .all_messages()
        .filter(|message| !message.is_map_entry())
        .map(|message| message.full_name().to_owned())
        .filter(|name| {
            let lower = name.to_lowercase();
            words.iter().all(|word| lower.contains(word))
        })
        .collect();
    names.sort_unstable();
    names.truncate(LISTED);
    names
}
