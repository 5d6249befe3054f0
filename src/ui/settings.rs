//! The lock of the address bar: plaintext or TLS, and whether certificates are checked.

use egui::{RichText, Ui};
use stubless_core::{grpc::Transport, workspace::TargetSettings};

use super::{
    theme::{Tokens, font, icon, space},
    widgets::{Check, Segmented},
};

/// Plaintext, TLS, or by the rule. Gives whether it changed.
pub(super) fn transport_ui(
    ui: &mut Ui,
    settings: &mut TargetSettings,
    above: &TargetSettings,
    transport: Option<Transport>,
) -> bool {
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
    let note = match settings.tls.or(above.tls) {
        Some(tls) if said_by_scheme(tls, transport) => scheme_words(tls),
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
    if transport == Some(Transport::Plaintext) {
        return changed;
    }
    changed |= skip_ui(ui, "Do not check the certificate", settings, Some(above));
    if settings.over(above, false).skips_verification() {
        ui.label(
            RichText::new("Anyone on the way can read and change these calls")
                .font(font::small())
                .color(tokens.warn.text),
        );
    }
    changed
}

/// Whether the call would not be what the settings say: the target's scheme decides.
pub(super) fn said_by_scheme(tls: bool, transport: Option<Transport>) -> bool {
    let chosen = match tls {
        true => Transport::Tls,
        false => Transport::Plaintext,
    };
    transport.is_some_and(|transport| transport != chosen)
}

/// What to say then.
pub(super) fn scheme_words(tls: bool) -> &'static str {
    match tls {
        true => "The target itself says plaintext, whatever is chosen here",
        false => "The target says https://: it is TLS, whatever is chosen here",
    }
}

/// The box that turns the check of certificates off, or on again where it is inherited that it is
/// off. Gives whether it changed.
pub(super) fn skip_ui(
    ui: &mut Ui,
    name: &str,
    settings: &mut TargetSettings,
    above: Option<&TargetSettings>,
) -> bool {
    let inherited = above.is_some_and(TargetSettings::skips_verification);
    let mut skip = match settings.says_verification() {
        true => settings.insecure_skip_verify == Some(true),
        false => inherited,
    };
    let changed = ui.add(Check::new(&mut skip, name).with_word()).changed();
    if changed {
        // A pin of its own is no reason to say that it is not skipped.
        let unsaid = inherited && settings.pinned_certificate.is_none();
        settings.insecure_skip_verify = (skip != unsaid).then_some(skip);
    }
    changed
}

/// The name of a setting, at the left of it.
pub(super) fn label(ui: &mut Ui, name: &str) {
    let color = Tokens::of(ui).text.weak;
    ui.label(RichText::new(name).color(color));
}
