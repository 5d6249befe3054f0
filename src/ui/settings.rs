//! How a target is reached: TLS, certificates, authority. Shared by a request and the workspace.

use std::path::PathBuf;

use egui::{Grid, RichText, Ui};
use stubless_core::workspace::TargetSettings;

use super::{
    theme::{Tokens, font, icon, space},
    widgets::{Check, IconButton, Segmented, TextField},
};
use crate::app::{Action, Pick, TabId};

/// Plaintext, TLS, or by the rule. Gives whether it changed.
pub(super) fn transport_ui(ui: &mut Ui, settings: &mut TargetSettings) -> bool {
    let tokens = Tokens::of(ui);
    let parts = [
        (None, None, "Automatic"),
        (Some(false), Some(icon::LOCK_SIMPLE_OPEN), "Plaintext"),
        (Some(true), Some(icon::LOCK_SIMPLE), "TLS"),
    ];
    let mut changed = Segmented::new("Transport", &parts)
        .show(ui, &mut settings.tls)
        .changed();
    ui.add_space(space::XS);
    let note = match settings.tls {
        None => "Plaintext on this machine, TLS everywhere else, or as the scheme says",
        Some(false) => "Nothing is encrypted",
        Some(true) => "Encrypted; the server must agree to HTTP/2",
    };
    ui.label(
        RichText::new(note)
            .font(font::small())
            .color(tokens.text.faint),
    );
    ui.add_space(space::XS);
    let skip = Check::new(
        &mut settings.insecure_skip_verify,
        "Do not check the certificate",
    )
    .with_word();
    changed |= ui.add(skip).changed();
    if settings.insecure_skip_verify {
        ui.label(
            RichText::new("Anyone on the way can read and change these calls")
                .font(font::small())
                .color(tokens.warn.text),
        );
    }
    changed
}

/// Everything about how a target is reached. Gives whether something was committed.
pub(super) fn target_settings_ui(
    ui: &mut Ui,
    settings: &mut TargetSettings,
    tab: Option<TabId>,
    out: &mut Vec<Action>,
) -> bool {
    let mut committed = transport_ui(ui, settings);
    ui.add_space(space::S);
    Grid::new("target settings")
        .num_columns(2)
        .spacing([space::M, space::S])
        .show(ui, |ui| {
            let files = [
                ("CA certificates", Pick::CaCert(tab)),
                ("Client certificate", Pick::ClientCert(tab)),
                ("Client key", Pick::ClientKey(tab)),
            ];
            for (name, pick) in files {
                let value = match pick {
                    Pick::CaCert(_) => &mut settings.ca_cert,
                    Pick::ClientCert(_) => &mut settings.client_cert,
                    _ => &mut settings.client_key,
                };
                label(ui, name);
                committed |= path_ui(ui, name, value, pick, out);
                ui.end_row();
            }
            let names = [
                (
                    "Server name",
                    &mut settings.server_name,
                    "as in the certificate",
                ),
                (
                    "Authority",
                    &mut settings.authority,
                    ":authority, in place of the target",
                ),
            ];
            for (name, value, hint) in names {
                label(ui, name);
                committed |= text_ui(ui, name, value, hint);
                ui.end_row();
            }
        });
    committed
}

/// The name of a setting, at the left of it.
pub(super) fn label(ui: &mut Ui, name: &str) {
    let color = Tokens::of(ui).text.weak;
    ui.label(RichText::new(name).color(color));
}

fn path_ui(
    ui: &mut Ui,
    name: &str,
    value: &mut Option<PathBuf>,
    pick: Pick,
    out: &mut Vec<Action>,
) -> bool {
    let mut text = value
        .as_ref()
        .map(|path| path.display().to_string())
        .unwrap_or_default();
    let mut committed = false;
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 40.0).clamp(140.0, 420.0);
        let response = TextField::new(&mut text, name)
            .hint("PEM file")
            .code()
            .width(width)
            .show(ui);
        if response.changed() {
            *value = (!text.trim().is_empty()).then(|| PathBuf::from(text.trim()));
        }
        committed = response.lost_focus();
        let browse = format!("Browse: {name}");
        if ui
            .add(IconButton::new(icon::FOLDER_OPEN, &browse))
            .clicked()
        {
            out.push(Action::Browse(pick));
        }
    });
    committed
}

fn text_ui(ui: &mut Ui, name: &str, value: &mut Option<String>, hint: &str) -> bool {
    let mut text = value.clone().unwrap_or_default();
    let width = ui.available_width().clamp(140.0, 460.0);
    let response = TextField::new(&mut text, name)
        .hint(hint)
        .code()
        .width(width)
        .show(ui);
    if response.changed() {
        *value = (!text.trim().is_empty()).then(|| text.trim().to_owned());
    }
    response.lost_focus()
}
