//! The editor of an enum: names with search, aliases, numbers that have no name.

use egui::Ui;
use stubless_core::message::{EnumInfo, FormRow, NodeKind};

use super::{
    edit::Edit,
    editors::{CONTROL, Cell},
    presence,
    value::json_string,
};
use crate::ui::widgets::{Picker, PickerItem, ranked};

/// What an entry of the list puts into the document.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    Name(String),
    /// A number that no name has, or a variable.
    Json(String),
}

pub(super) fn enum_ui(ui: &mut Ui, cell: &Cell<'_>, info: &EnumInfo) -> Option<Edit> {
    let row = cell.row;
    let current = shown(row, info);
    let (filter, index) = Picker::new(cell.name, &current)
        .height(CONTROL)
        .error(cell.error)
        .unset(row.present.is_none())
        .list_width(320.0)
        .id_salt(cell.id)
        .focus(cell.focus)
        .show_ranked(ui, |filter| {
            choices(info, filter)
                .into_iter()
                .map(|(_, item)| item)
                .collect()
        })?;
    let (choice, _) = choices(info, &filter).into_iter().nth(index)?;
    let json = match choice {
        Choice::Name(name) => json_string(&name),
        Choice::Json(json) => json,
    };
    Some(Edit::Set(row.path.clone(), json))
}

/// What stands in the button: a name as it is, a number with the name it has.
fn shown(row: &FormRow, info: &EnumInfo) -> String {
    match row.present {
        None => {
            let hint = presence::hint(row);
            if !hint.is_empty() {
                return hint;
            }
            let first = info.values.first();
            first.map_or_else(String::new, |value| value.name.clone())
        }
        Some(NodeKind::Number) => {
            let number = row.value.parse::<i32>().ok();
            let names: Vec<&str> = number
                .map(|n| info.names_of(n).collect())
                .unwrap_or_default();
            match names.first() {
                Some(name) => format!("{}  {name}", row.value),
                None => format!("{}  no name", row.value),
            }
        }
        Some(_) => row.value.clone(),
    }
}

/// The list for a filter, the best first.
fn choices(info: &EnumInfo, filter: &str) -> Vec<(Choice, PickerItem)> {
    let items: Vec<PickerItem> = info
        .values
        .iter()
        .map(|value| {
            let twin = info.names_of(value.number).find(|name| *name != value.name);
            let mut detail = format!("{}", value.number);
            if let Some(twin) = twin {
                detail = format!("{detail} = {twin}");
            }
            if value.deprecated {
                detail = format!("deprecated  {detail}");
            }
            PickerItem::new(value.name.as_str(), detail)
                .note(first_sentence(&value.comment))
                .quiet(value.deprecated)
        })
        .collect();
    let mut list: Vec<(Choice, PickerItem)> = ranked(filter, &items)
        .into_iter()
        .filter_map(|index| {
            let name = info.values.get(index)?.name.clone();
            Some((Choice::Name(name), items.get(index)?.clone()))
        })
        .collect();
    let typed = filter.trim();
    if let Ok(number) = typed.parse::<i32>() {
        let named = info.names_of(number).next().is_some();
        if !named && !info.closed {
            let item = PickerItem::new(format!("Use number {number}"), "no name");
            list.insert(0, (Choice::Json(number.to_string()), item));
        } else if named {
            let item = PickerItem::new(format!("Use number {number}"), "kept as a number");
            list.push((Choice::Json(number.to_string()), item));
        }
    } else if typed.starts_with("{{") {
        let item = PickerItem::new(format!("Use {typed}"), "variable");
        list.insert(0, (Choice::Json(json_string(typed)), item));
    }
    list
}

fn first_sentence(comment: &str) -> String {
    let line = comment.trim().lines().next().unwrap_or_default();
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use stubless_core::message::EnumValue;

    fn info(closed: bool) -> EnumInfo {
        let value = |name: &str, number, deprecated| EnumValue {
            name: name.to_owned(),
            number,
            comment: String::new(),
            deprecated,
        };
        EnumInfo {
            name: "pkg.Kind".to_owned(),
            values: vec![
                value("NONE", 0, false),
                value("ONE", 1, false),
                value("EINS", 1, false),
                value("OLD", 2, true),
            ],
            closed,
        }
    }

    fn listed(filter: &str, closed: bool) -> Vec<String> {
        let list = choices(&info(closed), filter);
        let line = |item: &PickerItem| format!("{} | {}", item.text, item.detail);
        list.iter().map(|(_, item)| line(item)).collect()
    }

    #[test]
    fn names_aliases_and_marks_are_listed_in_the_order_of_the_file() {
        let want = [
            "NONE | 0",
            "ONE | 1 = EINS",
            "EINS | 1 = ONE",
            "OLD | deprecated  2",
        ];
        assert_eq!(listed("", false), want);
        assert_eq!(
            listed("eins", false).first().map(String::as_str),
            Some("EINS | 1 = ONE")
        );
    }

    #[test]
    fn a_number_without_a_name_is_for_open_enums() {
        assert_eq!(listed("42", false), ["Use number 42 | no name"]);
        assert!(listed("42", true).is_empty());
        assert_eq!(
            listed("2", false),
            ["OLD | deprecated  2", "Use number 2 | kept as a number"]
        );
        assert_eq!(listed("{{ kind }}", true), ["Use {{ kind }} | variable"]);
    }
}
