//! How a call is made: deadline, plaintext or TLS, certificates, names.

use std::path::PathBuf;

use egui::{CornerRadius, Frame, Id, Label, Margin, RichText, Stroke, Ui};
use stubless_core::workspace::TargetSettings;

use super::deadline;
use crate::ui::{
    theme::{Tokens, font, icon, radius, space},
    widgets::{Check, IconButton, Segmented, TextField, prose, section_label},
};

/// A file of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsFile {
    /// Further roots.
    CaCert,
    /// The client's certificate chain.
    ClientCert,
    /// The client's key.
    ClientKey,
}

/// What the person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SettingsOutput {
    /// Something changed.
    pub changed: bool,
    /// A file is to be chosen in a dialog.
    pub browse: Option<SettingsFile>,
}

/// The settings of a request or of a workspace.
#[derive(Debug)]
pub struct SettingsView<'a> {
    settings: &'a mut TargetSettings,
    deadline_ms: Option<&'a mut Option<u64>>,
    inherited: Option<&'a TargetSettings>,
}

impl<'a> SettingsView<'a> {
    /// Settings of a target.
    pub fn new(settings: &'a mut TargetSettings) -> Self {
        Self {
            settings,
            deadline_ms: None,
            inherited: None,
        }
    }

    /// With a deadline, in milliseconds.
    #[must_use]
    pub fn deadline(mut self, deadline_ms: &'a mut Option<u64>) -> Self {
        self.deadline_ms = Some(deadline_ms);
        self
    }

    /// What holds where these say nothing; `None` when they stand alone.
    #[must_use]
    pub fn inherited(mut self, inherited: Option<&'a TargetSettings>) -> Self {
        self.inherited = inherited;
        self
    }

    /// Draws it over the whole width.
    pub fn show(mut self, ui: &mut Ui) -> SettingsOutput {
        let mut output = SettingsOutput::default();
        ui.spacing_mut().item_spacing.y = space::S;
        if let Some(deadline_ms) = self.deadline_ms.take() {
            section_label(ui, "CALL");
            output.changed |= deadline_ui(ui, deadline_ms);
            ui.add_space(space::S);
        }
        section_label(ui, "CONNECTION");
        output.changed |= self.transport_ui(ui);
        if self.effective_tls() != Some(false) {
            self.files_ui(ui, &mut output);
            let inherited = self.inherited.and_then(|i| i.server_name.as_deref());
            output.changed |= name_ui(
                ui,
                "Server name",
                inherited.unwrap_or("the target's host"),
                "Name to expect in the certificate, and to ask for",
                &mut self.settings.server_name,
            );
        }
        let inherited = self.inherited.and_then(|i| i.authority.as_deref());
        output.changed |= name_ui(
            ui,
            "Authority",
            inherited.unwrap_or("the target"),
            "The `:authority` the call carries",
            &mut self.settings.authority,
        );
        if self.effective_tls() != Some(false) {
            output.changed |= self.verify_ui(ui);
        }
        output
    }

    fn effective_tls(&self) -> Option<bool> {
        self.settings.tls.or(self.inherited.and_then(|i| i.tls))
    }

    fn transport_ui(&mut self, ui: &mut Ui) -> bool {
        let mut changed = false;
        line(ui, "Transport", |ui| {
            let first = if self.inherited.is_some() {
                "Inherit"
            } else {
                "Automatic"
            };
            let parts = [
                (None, None, first),
                (Some(false), Some(icon::LOCK_SIMPLE_OPEN), "Plaintext"),
                (Some(true), Some(icon::LOCK_SIMPLE), "TLS"),
            ];
            changed = Segmented::new("Transport", &parts)
                .show(ui, &mut self.settings.tls)
                .changed();
        });
        let note = match (self.settings.tls, self.inherited.and_then(|i| i.tls)) {
            (Some(true), _) => "TLS with HTTP/2; never falls back to plaintext",
            (Some(false), _) => "Nothing is encrypted: anyone on the way can read the call",
            (None, Some(true)) => "The workspace says TLS",
            (None, Some(false)) => "The workspace says plaintext",
            (None, None) => "Plaintext on this machine, TLS everywhere else",
        };
        below(ui, note);
        changed
    }

    fn files_ui(&mut self, ui: &mut Ui, output: &mut SettingsOutput) {
        let inherited = self.inherited;
        for (file, name, note, path, from) in [
            (
                SettingsFile::CaCert,
                "CA file",
                "only the system's roots",
                &mut self.settings.ca_cert,
                inherited.and_then(|i| i.ca_cert.as_ref()),
            ),
            (
                SettingsFile::ClientCert,
                "Client certificate",
                "none",
                &mut self.settings.client_cert,
                inherited.and_then(|i| i.client_cert.as_ref()),
            ),
            (
                SettingsFile::ClientKey,
                "Client key",
                "none",
                &mut self.settings.client_key,
                inherited.and_then(|i| i.client_key.as_ref()),
            ),
        ] {
            let hint = from.map_or_else(|| note.to_owned(), |p| p.display().to_string());
            let mut text = path
                .as_ref()
                .map(|p| p.display().to_string())
                .unwrap_or_default();
            line(ui, name, |ui| {
                let width = ui.available_width() - 38.0;
                let field = TextField::new(&mut text, name).hint(&hint).code();
                if field.width(width).show(ui).changed() {
                    *path = (!text.is_empty()).then(|| PathBuf::from(&text));
                    output.changed = true;
                }
                let browse = format!("Choose {}…", name.to_lowercase());
                if ui
                    .add(IconButton::new(icon::FOLDER_OPEN, &browse))
                    .clicked()
                {
                    output.browse = Some(file);
                }
            });
        }
        below(ui, "PEM files; a path is relative to the workspace");
    }

    fn verify_ui(&mut self, ui: &mut Ui) -> bool {
        let tokens = Tokens::of(ui);
        let mut changed = false;
        line(ui, "", |ui| {
            let skip = &mut self.settings.insecure_skip_verify;
            let check = Check::new(skip, "Do not check certificates").with_word();
            changed = ui.add(check).changed();
        });
        if self.settings.insecure_skip_verify {
            Frame::NONE
                .fill(tokens.warn.soft)
                .stroke(Stroke::new(1.0, tokens.warn.line))
                .corner_radius(CornerRadius::same(radius::L))
                .inner_margin(Margin::symmetric(10, 8))
                .show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.horizontal_top(|ui| {
                        ui.label(icon::SHIELD_WARNING.rich(17.0, tokens.warn.text));
                        ui.vertical(|ui| {
                            prose(
                                ui,
                                "Anyone on the way can pose as the server, read the call and \
                                 change it. Give a CA file instead where you can.",
                            );
                        });
                    });
                });
        }
        changed
    }
}

/// A name at the left, its control at the right; the control below where there is little room.
fn line<R>(ui: &mut Ui, name: &str, control: impl FnOnce(&mut Ui) -> R) -> R {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(egui::vec2(130.0, 30.0), egui::Sense::hover());
        let text = crate::ui::widgets::elided(ui, name, font::body(), tokens.text.normal, 126.0);
        crate::ui::widgets::line_text(ui, rect.left(), rect.center().y, text);
        control(ui)
    })
    .inner
}

/// A remark on the control above it.
fn below(ui: &mut Ui, note: &str) {
    let color = Tokens::of(ui).text.faint;
    remark(ui, note, color);
}

fn remark(ui: &mut Ui, note: &str, color: egui::Color32) {
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 14.0;
        ui.add_space(-space::XS);
        ui.horizontal(|ui| {
            ui.add_space(138.0);
            let text = RichText::new(note).font(font::small()).color(color);
            ui.add(Label::new(text).wrap());
        });
    });
}

fn name_ui(ui: &mut Ui, name: &str, hint: &str, tooltip: &str, value: &mut Option<String>) -> bool {
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

/// The text waits here while it is no deadline yet, so that nothing typed is lost.
fn deadline_ui(ui: &mut Ui, deadline_ms: &mut Option<u64>) -> bool {
    let key: Id = ui.make_persistent_id("deadline");
    let known: Option<(String, Option<u64>)> = ui.data(|data| data.get_temp(key));
    let mut text = match known {
        Some((text, over)) if over == *deadline_ms => text,
        _ => deadline::format(*deadline_ms),
    };
    let parsed = deadline::parse(&text);
    let response = line(ui, "Deadline", |ui| {
        TextField::new(&mut text, "Deadline")
            .hint("none: wait for ever")
            .error(parsed.is_err())
            .code()
            .width(170.0)
            .show(ui)
    });
    let mut changed = false;
    if response.changed()
        && let Ok(value) = deadline::parse(&text)
    {
        changed = *deadline_ms != value;
        *deadline_ms = value;
    }
    match deadline::parse(&text) {
        Ok(_) => below(
            ui,
            "250ms, 5s, 2m; the server is told, and the call ends then",
        ),
        Err(reason) => remark(ui, reason, Tokens::of(ui).bad.text),
    }
    ui.data_mut(|data| data.insert_temp(key, (text, *deadline_ms)));
    changed
}
