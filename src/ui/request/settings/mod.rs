//! Settings of a request or of a workspace: how the call is made, how the target is reached, what TLS
//! trusts. What a level says nothing of shows what it inherits.

mod amount;
mod call;
mod connection;
mod reflection;
mod rows;
mod tls;

use egui::Ui;
use stubless_core::{
    grpc::Transport,
    workspace::{CallSettings, TargetSettings},
};

use crate::{
    app::{SettingsFile, Unread},
    ui::{theme::space, widgets::section_label},
};

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
    call: &'a mut CallSettings,
    unread: &'a mut Unread,
    deadline_ms: Option<&'a mut Option<u64>>,
    inherited: Option<(&'a TargetSettings, &'a CallSettings)>,
    transport: Option<Transport>,
}

impl<'a> SettingsView<'a> {
    /// Settings of a target and of calls; a text that is no value goes into `unread`.
    pub fn new(
        settings: &'a mut TargetSettings,
        call: &'a mut CallSettings,
        unread: &'a mut Unread,
    ) -> Self {
        Self {
            settings,
            call,
            unread,
            deadline_ms: None,
            inherited: None,
            transport: None,
        }
    }

    /// The deadline, in milliseconds, where it is not part of the settings.
    #[must_use]
    pub fn deadline(mut self, deadline_ms: &'a mut Option<u64>) -> Self {
        self.deadline_ms = Some(deadline_ms);
        self
    }

    /// What holds where these say nothing.
    #[must_use]
    pub fn inherited(mut self, settings: &'a TargetSettings, call: &'a CallSettings) -> Self {
        self.inherited = Some((settings, call));
        self
    }

    /// Plaintext or TLS, as calls to the target would be; unknown where it is not given.
    #[must_use]
    pub fn transport(mut self, transport: Option<Transport>) -> Self {
        self.transport = transport;
        self
    }

    /// Draws it over the whole width.
    pub fn show(self, ui: &mut Ui) -> SettingsOutput {
        let nothing = CallSettings::default();
        let (above, call_above) = match self.inherited {
            Some((settings, call)) => (Some(settings), call),
            None => (None, &nothing),
        };
        ui.spacing_mut().item_spacing.y = space::S;
        section_label(ui, "CALL");
        let mut changed = call::call_ui(ui, self.deadline_ms, self.call, self.unread, call_above);
        ui.add_space(space::S);
        section_label(ui, "CONNECTION");
        changed |= connection::connection_ui(ui, self.settings, self.unread, above, self.transport);
        let mut browse = None;
        if self.transport != Some(Transport::Plaintext) {
            ui.add_space(space::S);
            section_label(ui, "CERTIFICATES");
            let (tls_changed, file) = tls::tls_ui(ui, self.settings, above);
            changed |= tls_changed;
            browse = file;
        }
        ui.add_space(space::S);
        section_label(ui, "REFLECTION");
        changed |= reflection::reflection_ui(ui, self.settings, above);
        SettingsOutput { changed, browse }
    }
}
