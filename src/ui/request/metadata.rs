//! The metadata of a request: its own rows, and below them what it inherits.

use std::cell::RefCell;

use egui::{Label, RichText, Ui};
use stubless_core::{grpc::Metadata, workspace::MetadataRow};

use crate::ui::{
    theme::{Tokens, font, space},
    widgets::{Pair, PairParts, PairTable, Variables, prose_job, section_label},
};

impl Pair for MetadataRow {
    fn empty() -> Self {
        Self {
            enabled: true,
            ..Self::default()
        }
    }

    fn parts(&mut self) -> PairParts<'_> {
        PairParts {
            key: &mut self.key,
            value: &mut self.value,
            enabled: Some(&mut self.enabled),
            secret: false,
        }
    }
}

/// Draws the table; `inherited` are the workspace's rows, shown but not edited here. Gives whether
/// anything changed.
pub fn metadata_ui(ui: &mut Ui, rows: &mut Vec<MetadataRow>, inherited: &[MetadataRow]) -> bool {
    let problems = problems(rows);
    let table = PairTable::new("Metadata").problems(&problems);
    table_ui(ui, table, rows, &problems, inherited)
}

/// The same with help for `{{ … }}`; gives a name that is to be defined.
pub(in crate::ui) fn metadata_with_variables_ui(
    ui: &mut Ui,
    rows: &mut Vec<MetadataRow>,
    inherited: &[MetadataRow],
    variables: Variables<'_>,
) -> Option<String> {
    let problems = problems(rows);
    let define = RefCell::new(None);
    let table = PairTable::new("Metadata")
        .problems(&problems)
        .templates(variables, &define);
    table_ui(ui, table, rows, &problems, inherited);
    define.into_inner()
}

fn table_ui(
    ui: &mut Ui,
    table: PairTable<'_>,
    rows: &mut Vec<MetadataRow>,
    problems: &[(usize, String)],
    inherited: &[MetadataRow],
) -> bool {
    let tokens = Tokens::of(ui);
    let changed = table
        .hints("key", "value, or base64 for a -bin key")
        .show(ui, rows);
    problem_rows_ui(ui, problems);
    let own = |key: &str| rows.iter().any(|row| row.key.eq_ignore_ascii_case(key));
    let shown: Vec<&MetadataRow> = inherited
        .iter()
        .filter(|row| row.enabled && !own(&row.key))
        .collect();
    if !shown.is_empty() {
        ui.add_space(space::S);
        section_label(ui, "FROM THE WORKSPACE");
        for row in shown {
            ui.horizontal_wrapped(|ui| {
                let key = RichText::new(&row.key).font(font::small_code());
                ui.label(key.color(tokens.text.normal));
                let value = RichText::new(&row.value).font(font::small_code());
                ui.label(value.color(tokens.text.weak));
            });
        }
    }
    changed
}

/// What is wrong with rows, below their table.
pub(super) fn problem_rows_ui(ui: &mut Ui, problems: &[(usize, String)]) {
    let color = Tokens::of(ui).bad.text;
    for (index, reason) in problems {
        let text = format!("Row {}: {reason}", index + 1);
        let job = prose_job(&text, &font::small(), color);
        ui.add(Label::new(job).wrap());
    }
}

/// What gRPC would not send, by row. Values with templates are known only when the call is made.
pub(super) fn problems(rows: &[MetadataRow]) -> Vec<(usize, String)> {
    rows.iter()
        .enumerate()
        .filter(|(_, row)| row.enabled && !(row.key.is_empty() && row.value.is_empty()))
        .filter_map(|(index, row)| {
            let open = row.key.contains("{{") || row.value.contains("{{");
            if open {
                return None;
            }
            let error = Metadata::new().push(&row.key, &row.value).err()?;
            Some((index, error.to_string()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_that_would_be_sent_are_checked() {
        let row = |key: &str, value: &str, enabled| MetadataRow {
            key: key.to_owned(),
            value: value.to_owned(),
            enabled,
        };
        let rows = [
            row("x-good", "1", true),
            row("bad key", "1", true),
            row("bad key", "1", false),
            row("x-bin", "{{ token }}", true),
            row("x-bin", "%%", true),
            row("", "", true),
        ];
        let wrong: Vec<usize> = problems(&rows).into_iter().map(|(at, _)| at).collect();
        assert_eq!(wrong, [1, 4]);
    }
}
