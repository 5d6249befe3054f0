//! What a target is asked for its schema with.

use egui::Ui;
use stubless_core::workspace::TargetSettings;

use super::rows::below;
use crate::ui::{
    request::metadata::{problem_rows_ui, problems},
    widgets::PairTable,
};

pub(super) fn reflection_ui(
    ui: &mut Ui,
    settings: &mut TargetSettings,
    above: Option<&TargetSettings>,
) -> bool {
    let mut rows = settings.reflection_metadata.clone().unwrap_or_default();
    let wrong = problems(&rows);
    let changed = PairTable::new("Reflection metadata")
        .hints("key", "value, or base64 for a -bin key")
        .problems(&wrong)
        .show(ui, &mut rows);
    problem_rows_ui(ui, &wrong);
    let inherited = above.and_then(|it| it.reflection_metadata.as_ref());
    let note = match (rows.is_empty(), inherited) {
        (false, _) => {
            "The server is asked for its schema with these, and not with the call's metadata"
        }
        (true, Some(_)) => "Inherited: the server is asked for its schema with metadata of its own",
        (true, None) => "The server is asked for its schema with the metadata of the call",
    };
    below(ui, note);
    if changed {
        settings.reflection_metadata = (!rows.is_empty()).then_some(rows);
    }
    changed
}
