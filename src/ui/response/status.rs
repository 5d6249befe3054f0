//! How a call stands: the row of facts over the response, and the cards of an end that needs words.

use std::time::{Duration, Instant};

use egui::{Align, Frame, Label, Layout, Margin, RichText, Stroke, Ui};
use stubless_core::{
    call::{Direction, code_meaning},
    engine::CallEnd,
    grpc::{Code, ConnectInfo, Origin, Outcome, Verification, printable, printable_lines},
};

use super::MessageCache;
use crate::{
    app::{Action, Exchange, TabId, WaitingFor},
    ui::{
        theme::{Icon, Tokens, Tone, font, icon, radius, space},
        widgets::{Chip, FailureCard, TextViewer},
        words,
    },
};

/// Of a status message, what is shown here, in characters.
const MESSAGE_CHARS: usize = 2_000;

/// Of the reason of an attempt that failed.
const REASON_CHARS: usize = 300;

/// The row: where the call stands, the status, time, counts and sizes; `tools` at the right.
pub(super) fn status_row_ui(
    ui: &mut Ui,
    exchange: &Exchange,
    end: Option<&CallEnd>,
    tools: impl FnOnce(&mut Ui),
) {
    let tokens = Tokens::of(ui);
    ui.allocate_ui_with_layout(
        egui::vec2(ui.available_width(), 34.0),
        Layout::right_to_left(Align::Center),
        |ui| {
            tools(ui);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = space::S;
                file_badge_ui(ui, exchange);
                match end {
                    Some(end) => {
                        let outcome = &end.finished.outcome;
                        let (tone, glyph) = tone_of(tokens, outcome);
                        let text = words::code(outcome.status.code);
                        let meaning = code_meaning(outcome.status.code);
                        let (text, tone, glyph) = match &exchange.file {
                            // How it ended nobody saw.
                            Some(file) if file.unfinished => {
                                let text = "Under way when saved".to_owned();
                                (text, tokens.neutral, icon::HOURGLASS)
                            }
                            _ => (text, tone, glyph),
                        };
                        let chip = ui.add(Chip::new(&text, tone).icon(glyph));
                        if !meaning.is_empty() {
                            chip.on_hover_text(meaning);
                        }
                        fact(
                            ui,
                            icon::TIMER,
                            &words::span(end.finished.timings.total),
                            "Time from Send to the end",
                        );
                    }
                    None => {
                        let (words_, glyph) = phase(exchange);
                        let tone = if exchange.waiting.is_some() || exchange.hold.holds {
                            tokens.warn
                        } else {
                            tokens.accent
                        };
                        ui.add(Chip::new(words_, tone).icon(glyph));
                        clock_ui(ui, exchange.since);
                    }
                }
                if let Some((info, _)) = &exchange.connection {
                    badges_ui(ui, info);
                }
                counts_ui(ui, exchange);
            });
        },
    );
}

/// That a call is one of a file, with when and where it was made.
fn file_badge_ui(ui: &mut Ui, exchange: &Exchange) {
    let tokens = Tokens::of(ui);
    let Some(file) = &exchange.file else {
        return;
    };
    let began = file.began.map(words::moment);
    let tip = format!(
        "Read from {}\nCalled {}{}",
        file.path.display(),
        exchange.about.target,
        began.map_or_else(String::new, |began| format!(" at {began}"))
    );
    ui.add(Chip::new("From a file", tokens.info).icon(icon::FILE))
        .on_hover_text(tip);
}

/// The time since Send, which moves on; ten pictures a second are enough for that.
fn clock_ui(ui: &mut Ui, since: Instant) {
    let text = words::span(since.elapsed());
    fact(ui, icon::TIMER, &text, "Time since Send");
    ui.ctx().request_repaint_after(Duration::from_millis(100));
}

/// The row over a call that is not made yet: the schema is read first.
pub(super) fn schema_row_ui(ui: &mut Ui, since: Instant) {
    let tokens = Tokens::of(ui);
    ui.allocate_ui_with_layout(
        egui::vec2(ui.available_width(), 34.0),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            ui.add(Chip::new("Reading the schema", tokens.accent).icon(icon::HOURGLASS));
            clock_ui(ui, since);
        },
    );
}

/// What a person must know of the connection whenever they look at what came over it.
fn badges_ui(ui: &mut Ui, info: &ConnectInfo) {
    let tokens = Tokens::of(ui);
    let mut badge = |text: &str, tone, glyph, tip: &str| {
        ui.add(Chip::new(text, tone).icon(glyph)).on_hover_text(tip);
    };
    let Some(tls) = &info.tls else {
        let local = info.peer.is_none_or(|peer| peer.ip().is_loopback());
        if !local || info.proxy.is_some() {
            badge(
                "Plaintext",
                tokens.warn,
                icon::LOCK_SIMPLE_OPEN,
                "Nothing was encrypted: anyone on the way can read this call",
            );
        }
        return;
    };
    match tls.verification {
        Verification::Full => {}
        Verification::Pinned(_) => badge(
            "Pinned",
            tokens.info,
            icon::CERTIFICATE,
            "This very certificate is trusted for this target; its name and dates were checked",
        ),
        Verification::Skip => badge(
            "Unverified",
            tokens.warn,
            icon::SHIELD_WARNING,
            "The server's certificate was not checked: anyone on the way may have answered",
        ),
    }
    if tls.key_logged {
        badge(
            "Key log",
            tokens.warn,
            icon::WARNING,
            "The TLS secrets were written to a file: who has it can read this connection",
        );
    }
    if tls.alpn.is_none() {
        badge(
            "No ALPN",
            tokens.warn,
            icon::WARNING,
            "The server chose no protocol by ALPN; HTTP/2 was spoken all the same",
        );
    }
}

/// What a call that seems to stand still waits for: a line above the response.
pub(super) fn waiting_note_ui(ui: &mut Ui, exchange: &Exchange) {
    let text = match &exchange.waiting {
        None => return,
        Some(WaitingFor::Peer(waiting)) => format!("Waiting for {waiting}"),
        Some(WaitingFor::NextAttempt { pause, since }) => {
            let failed = exchange.attempts.last().map_or("", |it| it.reason.as_str());
            let failed = printable(failed, REASON_CHARS);
            let left = pause.saturating_sub(since.elapsed());
            let number = exchange.attempts.len() + 1;
            if left.is_zero() {
                format!("Attempt {number}, after: {failed}")
            } else {
                format!("Attempt {number} in {}, after: {failed}", words::span(left))
            }
        }
    };
    note_ui(ui, &text);
    ui.add_space(space::S);
}

fn counts_ui(ui: &mut Ui, exchange: &Exchange) {
    let log = &exchange.log;
    let sides = [
        (Direction::Sent, icon::ARROW_UP, "sent"),
        (Direction::Received, icon::ARROW_DOWN, "received"),
    ];
    for (direction, glyph, word) in sides {
        let count = log.count(direction);
        let bytes = log.bytes(direction);
        let short = ui.available_width() < 120.0;
        let text = if short {
            words::count(count)
        } else {
            format!("{} · {}", words::count(count), words::bytes(bytes))
        };
        let tip = format!(
            "{} {word}, {} on the wire",
            words::counted(count, "message"),
            words::bytes(bytes)
        );
        fact(ui, glyph, &text, &tip);
    }
}

fn fact(ui: &mut Ui, glyph: Icon, text: &str, tip: &str) {
    let tokens = Tokens::of(ui);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        ui.label(glyph.rich(15.0, tokens.text.weak));
        ui.label(RichText::new(text).color(tokens.text.normal));
    })
    .response
    .on_hover_text(tip);
}

/// What a running call does now.
fn phase(exchange: &Exchange) -> (&'static str, Icon) {
    if exchange.log_full {
        ("Stopped reading", icon::PAUSE)
    } else if exchange.hold.holds {
        ("Reading paused", icon::HAND_PALM)
    } else if matches!(exchange.waiting, Some(WaitingFor::NextAttempt { .. })) {
        ("Trying again", icon::ARROW_CLOCKWISE)
    } else if matches!(exchange.waiting, Some(WaitingFor::Peer(_))) {
        ("Stalled", icon::HOURGLASS)
    } else if exchange.connection.is_none() {
        ("Connecting", icon::PLUGS)
    } else if exchange.log.count(Direction::Received) > 0 || exchange.head.is_some() {
        ("Streaming", icon::BROADCAST)
    } else {
        ("Waiting", icon::HOURGLASS)
    }
}

fn tone_of(tokens: &Tokens, outcome: &Outcome) -> (Tone, Icon) {
    match outcome.status.code {
        Code::OK => (tokens.good, icon::CHECK_CIRCLE),
        Code::CANCELLED => (tokens.neutral, icon::PROHIBIT),
        _ => (tokens.bad, icon::X_CIRCLE),
    }
}

/// Whether an end needs more than its chip: an error with words, details, or a card.
pub(super) fn needs_words(end: &CallEnd) -> bool {
    let outcome = &end.finished.outcome;
    end.failure.is_some()
        || !end.details.is_empty()
        || (outcome.status.code != Code::OK && !matches!(outcome.origin, Origin::Cancelled))
        || !outcome.status.message.is_empty() && !matches!(outcome.origin, Origin::Cancelled)
}

/// The cards of an end: what went wrong here, or the server's own words and details.
pub(super) fn end_ui(
    ui: &mut Ui,
    tab: TabId,
    end: &CallEnd,
    cache: &mut MessageCache,
    out: &mut Vec<Action>,
) {
    let outcome = &end.finished.outcome;
    if let Some(failure) = &end.failure {
        if let Some(fix) = FailureCard::new(failure).show(ui) {
            out.push(Action::ApplyFix(tab, fix));
        }
    } else {
        server_words_ui(ui, outcome);
    }
    if let Origin::Http {
        content_type,
        body,
        cut,
        ..
    } = &outcome.origin
    {
        super::foreign::body_ui(ui, content_type.as_deref(), body, *cut, cache);
    }
    for (index, detail) in end.details.iter().enumerate() {
        ui.add_space(space::S);
        detail_ui(ui, index, detail, cache);
    }
}

/// A status that is the server's own word.
fn server_words_ui(ui: &mut Ui, outcome: &Outcome) {
    let tokens = Tokens::of(ui);
    let (tone, glyph) = tone_of(tokens, outcome);
    Frame::NONE
        .fill(tone.soft)
        .stroke(Stroke::new(1.0, tone.line))
        .corner_radius(f32::from(radius::L))
        .inner_margin(Margin::same(12))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.label(glyph.rich(18.0, tone.text));
                ui.label(
                    RichText::new(words::code(outcome.status.code))
                        .font(font::strong())
                        .color(tokens.text.strong),
                );
            });
            let message = &outcome.status.message;
            let shown = match message.as_str() {
                "" => "The server gave no message".to_owned(),
                message => printable_lines(message, MESSAGE_CHARS),
            };
            ui.add(
                Label::new(RichText::new(shown).color(tokens.text.normal))
                    .wrap()
                    .selectable(true),
            );
            let meaning = code_meaning(outcome.status.code);
            if !meaning.is_empty() {
                let meaning = RichText::new(meaning)
                    .font(font::small())
                    .color(tokens.text.weak);
                ui.add(Label::new(meaning).wrap());
            }
            if message.chars().nth(MESSAGE_CHARS).is_some() {
                let size = words::bytes(u64::try_from(message.len()).unwrap_or(u64::MAX));
                let note = format!("The beginning of {size}: the trailers hold all of it");
                ui.label(
                    RichText::new(note)
                        .font(font::small())
                        .color(tokens.text.weak),
                );
            }
        });
}

fn detail_ui(
    ui: &mut Ui,
    index: usize,
    detail: &stubless_core::call::StatusDetail,
    cache: &mut MessageCache,
) {
    let tokens = Tokens::of(ui);
    let name = detail.type_url.rsplit('/').next().unwrap_or_default();
    let name = printable(name, 200);
    let problems = printable_lines(&detail.problems.join("\n"), MESSAGE_CHARS);
    ui.horizontal(|ui| {
        ui.label(
            RichText::new(name)
                .font(font::code())
                .color(tokens.text.strong),
        );
        if !detail.problems.is_empty() {
            ui.add(Chip::new("Not as the type says", tokens.warn))
                .on_hover_text(&problems);
        } else if !detail.decoded {
            ui.add(Chip::new("Unknown type", tokens.warn))
                .on_hover_text("The schema does not know this type; its bytes are shown in base64");
        }
    });
    if !problems.is_empty() {
        let problems = RichText::new(problems)
            .font(font::small())
            .color(tokens.warn.text);
        ui.add(Label::new(problems).wrap().selectable(true));
    }
    let lines = cache.lines_of_text(&detail.json);
    let height = TextViewer::height_of(lines.len().min(12));
    TextViewer::new(&lines, "Status detail")
        .without_numbers()
        .height(height)
        .id_salt(("detail", index))
        .show(ui);
    if let Some(raw) = &detail.raw {
        ui.label(
            RichText::new("All of its bytes, in base64")
                .font(font::small())
                .color(tokens.text.weak),
        );
        let lines = cache.lines_of_text(raw);
        TextViewer::new(&lines, "Bytes of the status detail")
            .plain()
            .without_numbers()
            .height(TextViewer::height_of(1))
            .id_salt(("detail bytes", index))
            .show(ui);
    }
}

/// A note that needs a look.
pub(super) fn note_ui(ui: &mut Ui, text: &str) {
    let tokens = Tokens::of(ui);
    Frame::NONE
        .fill(tokens.warn.soft)
        .stroke(Stroke::new(1.0, tokens.warn.line))
        .corner_radius(f32::from(radius::M))
        .inner_margin(Margin::symmetric(10, 6))
        .show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.label(icon::WARNING_FILL.rich(15.0, tokens.warn.text));
                ui.label(RichText::new(text).color(tokens.text.strong));
            });
        });
}
