//! What TLS trusts, and who we are to the server.

use std::path::PathBuf;

use egui::Ui;
use stubless_core::{call::TextSetting, workspace::TargetSettings};

use super::rows::{below, choice_row, file_row, line, text_row, warning};
use crate::{
    app::SettingsFile,
    ui::{
        settings::skip_ui,
        widgets::{Check, TextField},
    },
};

/// The rows; gives whether something changed, and which file is to be chosen.
pub(super) fn tls_ui(
    ui: &mut Ui,
    settings: &mut TargetSettings,
    above: Option<&TargetSettings>,
) -> (bool, Option<SettingsFile>) {
    let mut changed = false;
    let mut browse = None;
    let mut file = |ui: &mut Ui,
                    file: SettingsFile,
                    none: &str,
                    path: &mut Option<PathBuf>,
                    above: Option<&PathBuf>| {
        let hint = above.map_or_else(
            || none.to_owned(),
            |path| format!("inherited: {}", path.display()),
        );
        let (typed, chosen) = file_row(ui, file, &hint, path);
        changed |= typed;
        browse = browse.or(chosen);
    };
    let up = |pick: fn(&TargetSettings) -> Option<&PathBuf>| above.and_then(pick);
    // One value: what is named here takes the place of all of it.
    let client_above = above.filter(|_| !settings.names_client());
    let client = |pick: fn(&TargetSettings) -> Option<&PathBuf>| client_above.and_then(pick);
    file(
        ui,
        SettingsFile::CaCert,
        "only the system's roots",
        &mut settings.ca_cert,
        up(|it| it.ca_cert.as_ref()),
    );
    file(
        ui,
        SettingsFile::ClientCert,
        "none",
        &mut settings.client_cert,
        client(|it| it.client_cert.as_ref()),
    );
    file(
        ui,
        SettingsFile::ClientKey,
        "none",
        &mut settings.client_key,
        client(|it| it.client_key.as_ref()),
    );
    below(ui, "PEM files; a path is relative to the workspace");
    file(
        ui,
        SettingsFile::ClientP12,
        "none",
        &mut settings.client_p12,
        client(|it| it.client_p12.as_ref()),
    );
    let p12 = settings.client_p12.is_some() || client(|it| it.client_p12.as_ref()).is_some();
    if p12 {
        changed |= password_ui(ui, &mut settings.client_p12_password);
    }
    if above.is_some_and(TargetSettings::names_client) {
        changed |= nobody_ui(ui, settings);
    }
    let name = above.and_then(|it| it.server_name.as_deref()).map_or_else(
        || "the target's host".to_owned(),
        |it| format!("inherited: {it}"),
    );
    changed |= text_row(
        ui,
        "Server name",
        &name,
        "Name to expect in the certificate, and to ask for",
        None,
        &mut settings.server_name,
    );
    changed |= trust_ui(ui, settings, above);
    let alpn = above.and_then(|it| it.accept_missing_alpn);
    changed |= choice_row(
        ui,
        "Accept no ALPN",
        alpn,
        &mut settings.accept_missing_alpn,
    );
    below(
        ui,
        "Go on where the server chooses no protocol; some old proxies do not",
    );
    let mut log = |ui: &mut Ui| {
        let hint = up(|it| it.key_log.as_ref()).map_or_else(
            || "not written".to_owned(),
            |path| format!("inherited: {}", path.display()),
        );
        file_row(ui, SettingsFile::KeyLog, &hint, &mut settings.key_log)
    };
    let (typed, chosen) = log(ui);
    changed |= typed;
    browse = browse.or(chosen);
    if settings.key_log.is_some() || up(|it| it.key_log.as_ref()).is_some() {
        warning(
            ui,
            "TLS secrets are appended to this file, for Wireshark: who has it can read the connection",
        );
    }
    (changed, browse)
}

/// The box that shows no certificate though one is inherited: an empty path names none.
fn nobody_ui(ui: &mut Ui, settings: &mut TargetSettings) -> bool {
    let nobody = Some(PathBuf::new());
    let mut none = settings.client_cert == nobody;
    let changed = line(ui, "", |ui| {
        let check = Check::new(&mut none, "Send no client certificate").with_word();
        ui.add(check).changed()
    });
    if changed {
        settings.client_cert = nobody.filter(|_| none);
        settings.client_key = None;
        settings.client_p12 = None;
        settings.client_p12_password = None;
    }
    changed
}

fn password_ui(ui: &mut Ui, password: &mut Option<String>) -> bool {
    let mut text = password.clone().unwrap_or_default();
    let response = line(ui, "Its password", |ui| {
        TextField::new(&mut text, "Password of the PKCS#12 file")
            .hint("{{ p12_password }}")
            .secret(!text_is_template(password))
            .code()
            .show(ui)
    });
    let changed = response.changed();
    if changed {
        *password = (!text.is_empty()).then_some(text);
    }
    if password.is_some() && !text_is_template(password) {
        warning(
            ui,
            "This is saved as it stands: name a secret variable of the environment instead, {{ p12_password }}",
        );
    } else {
        below(
            ui,
            "Name a secret variable of the environment; its value is never saved",
        );
    }
    changed
}

fn text_is_template(text: &Option<String>) -> bool {
    text.as_deref().is_none_or(|text| text.contains("{{"))
}

/// One certificate alone, or none at all.
fn trust_ui(ui: &mut Ui, settings: &mut TargetSettings, above: Option<&TargetSettings>) -> bool {
    let pin = above
        .filter(|_| !settings.says_verification())
        .and_then(|it| it.pinned_certificate.as_deref())
        .map_or_else(
            || "none: any that is signed well".to_owned(),
            |it| format!("inherited: {it}"),
        );
    let mut changed = text_row(
        ui,
        "Pinned certificate",
        &pin,
        "SHA-256 fingerprint of the one certificate to trust, whoever signed it",
        Some(TextSetting::PinnedCertificate),
        &mut settings.pinned_certificate,
    );
    match &settings.pinned_certificate {
        Some(text) if TextSetting::PinnedCertificate.problem(text).is_some() => {}
        Some(text) if !text.contains("{{") => below(
            ui,
            "Only this certificate is trusted; its name and dates are checked",
        ),
        _ => below(
            ui,
            "SHA-256 in hexadecimal; a failed call offers to pin what the server showed",
        ),
    }
    changed |= line(ui, "", |ui| {
        skip_ui(ui, "Do not check certificates", settings, above)
    });
    let skip = settings.insecure_skip_verify == Some(true);
    if skip && settings.pinned_certificate.is_some() {
        below(
            ui,
            "The pinned certificate counts: it is still the only one that is trusted",
        );
    } else if above.map_or(skip, |above| {
        settings.over(above, false).skips_verification()
    }) {
        warning(
            ui,
            "Anyone on the way can pose as the server, read the call and change it. Pin the certificate \
             or give a CA file instead where you can",
        );
    }
    changed
}
