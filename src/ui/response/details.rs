//! What the wire told: the connection, when each step happened, where the status came from.

use std::time::Duration;

use egui::{Grid, Label, RichText, ScrollArea, Sense, Ui, vec2};
use stubless_core::{
    call::Direction,
    engine::CallEnd,
    grpc::{ConnectInfo, Origin, TlsInfo, Verification, printable},
};

use crate::{
    app::Exchange,
    ui::{
        theme::{Tokens, font, radius, space},
        widgets::section_label,
        words,
    },
};

/// Draws the pane.
pub(super) fn details_ui(ui: &mut Ui, exchange: &Exchange, end: Option<&CallEnd>) {
    ScrollArea::vertical()
        .id_salt("details")
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.add_space(space::XS);
            timing_ui(ui, exchange, end);
            section(ui, "CONNECTION", |ui| connection_rows(ui, exchange));
            section(ui, "CALL", |ui| call_rows(ui, exchange, end));
            if !exchange.attempts.is_empty() {
                section(ui, "ATTEMPTS", |ui| attempt_rows(ui, exchange));
            }
        });
}

fn section(ui: &mut Ui, name: &str, rows: impl FnOnce(&mut Ui)) {
    ui.add_space(space::M);
    section_label(ui, name);
    ui.add_space(space::XS);
    Grid::new(name)
        .num_columns(2)
        .min_col_width(116.0)
        .spacing([space::M, 6.0])
        .show(ui, rows);
}

fn row(ui: &mut Ui, name: &str, value: &str) {
    let tokens = Tokens::of(ui);
    ui.label(RichText::new(name).color(tokens.text.weak));
    let text = RichText::new(value)
        .font(font::small_code())
        .color(tokens.text.strong);
    ui.add(Label::new(text).wrap().selectable(true));
    ui.end_row();
}

fn connection_rows(ui: &mut Ui, exchange: &Exchange) {
    let Some((info, reused)) = &exchange.connection else {
        let state = match &exchange.file {
            Some(_) => "not kept in the file of a log",
            None => "there was no connection",
        };
        row(ui, "Target", &exchange.about.target);
        row(ui, "State", state);
        return;
    };
    row(ui, "Target", &exchange.about.target);
    if let Some(proxy) = &info.proxy {
        row(ui, "Proxy", proxy);
    } else {
        let peer = match info.peer {
            Some(address) => address.to_string(),
            None => "a socket of this machine".to_owned(),
        };
        row(ui, "Peer", &peer);
    }
    match &info.tls {
        None => row(ui, "Encryption", "none, plaintext"),
        Some(tls) => tls_rows(ui, tls),
    }
    let state = if *reused {
        "was open before this call"
    } else {
        "made for this call"
    };
    row(ui, "Connection", state);
}

fn tls_rows(ui: &mut Ui, tls: &TlsInfo) {
    row(ui, "Encryption", &tls.to_string());
    row(ui, "ALPN", tls.alpn.as_deref().unwrap_or("none chosen"));
    let checked = match tls.verification {
        Verification::Full => "checked: signer, name and dates",
        Verification::Pinned(_) => "pinned: this very one; name and dates checked",
        Verification::Skip => "not checked",
    };
    row(ui, "Certificate", checked);
    if let Some(certificate) = &tls.certificate {
        row(ui, "Subject", &certificate.subject);
        row(ui, "Signed by", &certificate.issuer);
        row(ui, "Valid for", &certificate.names.join(", "));
        let dates = format!("{} to {}", certificate.not_before, certificate.not_after);
        row(ui, "Valid", &dates);
        row(ui, "SHA-256", &certificate.fingerprint.to_string());
    }
    if tls.key_logged {
        row(
            ui,
            "TLS secrets",
            "written to a file: who has it can read this connection",
        );
    }
}

fn call_rows(ui: &mut Ui, exchange: &Exchange, end: Option<&CallEnd>) {
    row(ui, "Method", &exchange.about.method);
    if let Some(head) = &exchange.head {
        row(ui, "HTTP status", &head.http_status.to_string());
    }
    for (direction, name) in [(Direction::Sent, "Sent"), (Direction::Received, "Received")] {
        let text = format!(
            "{}, {}",
            words::counted(exchange.log.count(direction), "message"),
            words::bytes(exchange.log.bytes(direction))
        );
        row(ui, name, &text);
    }
    let kept = format!(
        "{} in memory, {} on disk",
        words::bytes(exchange.log.memory_bytes() as u64),
        words::bytes(exchange.log.disk_bytes())
    );
    row(ui, "Kept", &kept);
    if let Some(file) = &exchange.file {
        row(ui, "Read from", &file.path.display().to_string());
        if let Some(began) = file.began {
            row(ui, "Began", &words::moment(began));
        }
    }
    let Some(end) = end else {
        return;
    };
    let outcome = &end.finished.outcome;
    row(ui, "Status", &words::code(outcome.status.code));
    row(ui, "It came from", &origin(&outcome.origin));
    if !outcome.status.message.is_empty() {
        row(ui, "Message", &outcome.status.message);
    }
    if let Some(cause) = &outcome.cause {
        row(ui, "Cause", &cause.to_string());
    }
}

/// The attempts before the one that counted.
fn attempt_rows(ui: &mut Ui, exchange: &Exchange) {
    for (number, attempt) in (1..).zip(&exchange.attempts) {
        let took = attempt.ended.saturating_sub(attempt.began);
        let text = format!(
            "{}, {} long: {}, {}",
            words::since(attempt.began),
            words::span(took),
            words::code(attempt.code),
            printable(&attempt.reason, 300)
        );
        row(ui, &format!("Attempt {number}"), &text);
    }
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Trailers => "the server's trailers".to_owned(),
        Origin::TrailersOnly => "the server, in one HEADERS frame".to_owned(),
        Origin::Http { status, .. } => format!("HTTP status {status}: the answer was not gRPC"),
        Origin::Reset(code) => format!("RST_STREAM with HTTP/2 error {code}"),
        Origin::Connection => "the connection, which broke".to_owned(),
        Origin::Deadline => "here: the deadline passed".to_owned(),
        Origin::Cancelled => "here: the call was cancelled".to_owned(),
        Origin::Local => "here: a message could not be sent".to_owned(),
        Origin::TooLarge { .. } => "here: a message was larger than the limit".to_owned(),
        Origin::NoMemory => "here: a message did not fit into memory".to_owned(),
        Origin::NoStatus => "here: the stream ended without a status".to_owned(),
        Origin::Protocol => "here: the server broke a rule of gRPC".to_owned(),
    }
}

/// What a step is part of; each has its colour.
#[derive(Clone, Copy)]
enum Phase {
    Connecting,
    Waiting,
    Answering,
}

/// One step of a call: from when to when.
struct Step {
    name: &'static str,
    phase: Phase,
    from: Duration,
    to: Duration,
}

fn steps(exchange: &Exchange, end: Option<&CallEnd>) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = Duration::ZERO;
    let mut push = |name, phase, to: Duration, at: &mut Duration| {
        let from = *at;
        *at = to.max(from);
        steps.push(Step {
            name,
            phase,
            from,
            to: *at,
        });
    };
    if let Some((ConnectInfo { timings, .. }, false)) = &exchange.connection {
        let parts = [
            ("Name lookup", timings.resolve),
            ("Connect", timings.connect),
            ("Proxy tunnel", timings.proxy),
            ("TLS handshake", timings.tls),
            ("HTTP/2 settings", timings.settings),
        ];
        for (name, span) in parts {
            if !span.is_zero() {
                let to = at + span;
                push(name, Phase::Connecting, to, &mut at);
            }
        }
    }
    let Some(end) = end else {
        return steps;
    };
    let timings = &end.finished.timings;
    if let Some(connected) = timings.connected {
        at = at.max(connected);
    }
    if let Some(head) = timings.head {
        push("Waiting for headers", Phase::Waiting, head, &mut at);
    }
    if let Some(first) = timings.first_message {
        push("To first message", Phase::Waiting, first, &mut at);
    }
    push("To the end", Phase::Answering, timings.total, &mut at);
    steps
}

/// The steps as bars on one time line.
fn timing_ui(ui: &mut Ui, exchange: &Exchange, end: Option<&CallEnd>) {
    let tokens = Tokens::of(ui);
    let steps = steps(exchange, end);
    let total = steps.iter().map(|s| s.to).max().unwrap_or_default();
    if total.is_zero() {
        return;
    }
    section_label(ui, "TIMING");
    ui.add_space(space::XS);
    for step in &steps {
        let color = match step.phase {
            Phase::Connecting => tokens.info.text,
            Phase::Waiting => tokens.purple.text,
            Phase::Answering => tokens.good.text,
        };
        ui.horizontal(|ui| {
            ui.allocate_ui(vec2(130.0, 18.0), |ui| {
                ui.set_min_width(130.0);
                ui.label(RichText::new(step.name).color(tokens.text.weak));
            });
            let width = (ui.available_width() - 76.0).max(40.0);
            let (rect, response) = ui.allocate_exact_size(vec2(width, 12.0), Sense::hover());
            let scale = |at: Duration| {
                rect.left() + rect.width() * (at.as_secs_f32() / total.as_secs_f32())
            };
            ui.painter()
                .rect_filled(rect, f32::from(radius::S), tokens.surface.side);
            let (from, to) = (scale(step.from), scale(step.to));
            let bar = egui::Rect::from_x_y_ranges(from..=to.max(from + 2.0), rect.y_range());
            ui.painter().rect_filled(bar, f32::from(radius::S), color);
            let span = words::span(step.to.saturating_sub(step.from));
            response.on_hover_text(format!(
                "{}: from {} to {}",
                step.name,
                words::since(step.from),
                words::since(step.to)
            ));
            ui.label(
                RichText::new(span)
                    .font(font::small_code())
                    .color(tokens.text.strong),
            );
        });
    }
}
