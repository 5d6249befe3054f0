//! How the target is reached: plaintext or TLS, names, proxy, limits, keepalive.

use egui::Ui;
use stubless_core::{call::TextSetting, grpc::Transport, workspace::TargetSettings};

use super::{
    amount,
    call::SPAN,
    rows::{Amount, amount_row, below, line, text_row},
};
use crate::{
    app::Unread,
    ui::{
        settings::{said_by_scheme, scheme_words},
        theme::icon,
        widgets::Segmented,
    },
};

/// A span between pings.
const KEEPALIVE: Amount = Amount {
    parse: |text| match amount::parse(text)? {
        Some(millis) if millis < 10_000 => {
            Err("At least 10s: servers end connections that ping more often")
        }
        read => Ok(read),
    },
    format: amount::format,
};

pub(super) fn connection_ui(
    ui: &mut Ui,
    settings: &mut TargetSettings,
    unread: &mut Unread,
    above: Option<&TargetSettings>,
    transport: Option<Transport>,
) -> bool {
    let tls_above = above.and_then(|above| above.tls);
    let mut changed = transport_ui(ui, settings, tls_above, transport);
    let hint = |text: Option<&str>, none: &str| {
        text.map_or_else(|| none.to_owned(), |text| format!("inherited: {text}"))
    };
    let authority = hint(above.and_then(|it| it.authority.as_deref()), "the target");
    changed |= text_row(
        ui,
        "Authority",
        &authority,
        "The `:authority` the call carries",
        Some(TextSetting::Authority),
        &mut settings.authority,
    );
    let connect_to = hint(above.and_then(|it| it.connect_to.as_deref()), "the target");
    changed |= text_row(
        ui,
        "Connect to",
        &connect_to,
        "Another address to connect to; authority and certificate are still the target's",
        Some(TextSetting::ConnectTo),
        &mut settings.connect_to,
    );
    let proxy = hint(
        above.and_then(|it| it.proxy.as_deref()),
        "as the environment says",
    );
    changed |= text_row(
        ui,
        "Proxy",
        &proxy,
        "`http://host:port`, `socks5://host:port`, or `none` for a direct connection",
        Some(TextSetting::Proxy),
        &mut settings.proxy,
    );
    let span = |value: Option<u64>, none: &str| {
        value.map_or_else(
            || none.to_owned(),
            |_| format!("inherited: {}", amount::format(value)),
        )
    };
    let limit = span(above.and_then(|it| it.connect_timeout_ms), "20s");
    changed |= amount_row(
        ui,
        "Connect within",
        (&limit, "Each of look-up, connect, TLS and HTTP/2 settings"),
        &SPAN,
        unread,
        &mut settings.connect_timeout_ms,
    );
    let interval = span(above.and_then(|it| it.keepalive_ms), "no pings");
    changed |= amount_row(
        ui,
        "Keepalive",
        (
            &interval,
            "Ping after so long without a byte from the server, while a call runs; 10s at least",
        ),
        &KEEPALIVE,
        unread,
        &mut settings.keepalive_ms,
    );
    let pings = settings
        .keepalive_ms
        .or(above.and_then(|it| it.keepalive_ms));
    let answer_unread = unread.text("Ping answered in").is_some();
    if pings.is_some_and(|interval| interval > 0) || answer_unread {
        let answer = span(above.and_then(|it| it.keepalive_timeout_ms), "20s");
        changed |= amount_row(
            ui,
            "Ping answered in",
            (
                &answer,
                "Without an answer by then the connection is given up",
            ),
            &SPAN,
            unread,
            &mut settings.keepalive_timeout_ms,
        );
    }
    changed
}

fn transport_ui(
    ui: &mut Ui,
    settings: &mut TargetSettings,
    above: Option<bool>,
    transport: Option<Transport>,
) -> bool {
    let mut changed = false;
    line(ui, "Transport", |ui| {
        let first = match above {
            Some(true) => "Inherit: TLS",
            Some(false) => "Inherit: plaintext",
            None => "Automatic",
        };
        let parts = [
            (None, None, first),
            (Some(false), Some(icon::LOCK_SIMPLE_OPEN), "Plaintext"),
            (Some(true), Some(icon::LOCK_SIMPLE), "TLS"),
        ];
        changed = Segmented::new("Transport", &parts)
            .show(ui, &mut settings.tls)
            .changed();
    });
    let note = match settings.tls.or(above) {
        Some(tls) if said_by_scheme(tls, transport) => scheme_words(tls),
        Some(true) => {
            "TLS with HTTP/2; never falls back to plaintext. A target with http:// stays so"
        }
        Some(false) => {
            "Nothing is encrypted: anyone on the way can read the call. A target with https:// stays TLS"
        }
        None => {
            "Plaintext on this machine, TLS everywhere else; http:// and https:// say it themselves"
        }
    };
    below(ui, note);
    changed
}
