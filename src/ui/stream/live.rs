//! The box below the messages of a stream that is open: send one, the next, all of them, one again and
//! again, and close the sending side.

use egui::{Align, Frame, Layout, Margin, Popup, RichText, Stroke, Ui};
use stubless_core::{
    call::{Failure, Fix},
    engine::RepeatEnd,
};

use super::super::{
    address::shortcut_tip,
    menu::choice_item,
    theme::{Icon, Tokens, font, icon, space},
    widgets::{ButtonStyle, IconButton, PushButton, TextField, prose_job, prose_with},
    words,
};
use crate::app::{Action, Exchange, Repeat, Tab, TabId, UiCommand};

/// Height of the buttons.
const BUTTON: f32 = 28.0;
/// A pane narrower than this has the words of the buttons shortened.
const NARROW: f32 = 470.0;
/// And one wider than this has room for all of it in one row.
const ONE_ROW: f32 = 690.0;
/// Characters of a reason; the rest is in the tooltip.
const REASON_CHARS: usize = 240;

/// Whether there is something to do to the call of a tab, or something to be told of what was done.
pub(in crate::ui) fn is_live(tab: &Tab) -> bool {
    tab.call.takes_messages() || note_of(tab).is_some()
}

/// Draws the box over the whole width; in one row where the pane is `low`, and wide enough for that.
pub(in crate::ui) fn live_ui(ui: &mut Ui, tab: &mut Tab, low: bool, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let margin = Margin {
        left: 14,
        right: 14,
        top: 8,
        bottom: 8,
    };
    let frame = Frame::NONE.fill(tokens.surface.side).inner_margin(margin);
    let shown = frame.show(ui, |ui| {
        ui.spacing_mut().item_spacing = egui::vec2(space::S, 6.0);
        if let Some(note) = note_of(tab) {
            note_ui(ui, tab.id, &note, out);
        }
        if !tab.call.takes_messages() {
            return;
        }
        let short = ui.available_width() < NARROW;
        if low && ui.available_width() > ONE_ROW {
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.horizontal(|ui| {
                send_buttons(ui, tab, true, out);
                with_half_close(ui, tab.id, out, |ui, out| repeat_ui(ui, tab, true, out));
            });
        } else {
            ui.horizontal(|ui| {
                send_buttons(ui, tab, short, out);
                with_half_close(ui, tab.id, out, |_, _| {});
            });
            ui.horizontal(|ui| repeat_ui(ui, tab, short, out));
        }
    });
    let rect = shown.response.rect;
    let line = Stroke::new(1.0, tokens.line.weak);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, line);
}

fn send_buttons(ui: &mut Ui, tab: &Tab, narrow: bool, out: &mut Vec<Action>) {
    let count = tab.draft.messages.len();
    let tip = shortcut_tip(UiCommand::SendMessage);
    let send = PushButton::primary(if narrow { "Send" } else { "Send message" })
        .icon(icon::PAPER_PLANE_RIGHT_FILL)
        .height(BUTTON)
        .min_width(0.0)
        .tooltip(&tip)
        .name("Send message");
    if ui.add(send).clicked() {
        out.push(Action::Push(tab.id));
    }
    if count > 1 {
        let tip = shortcut_tip(UiCommand::SendNext);
        let next = format!("Next: {}", tab.next_message() + 1);
        let next = plain(&next, icon::SKIP_FORWARD)
            .tooltip(&tip)
            .name("Send next message");
        if ui.add(next).clicked() {
            out.push(Action::PushNext(tab.id));
        }
        let all = if narrow {
            "All".to_owned()
        } else {
            format!("All {}", words::count(count))
        };
        let all = plain(&all, icon::LIST_BULLETS)
            .tooltip("Send all messages in order")
            .name("Send all messages");
        if ui.add(all).clicked() {
            out.push(Action::PushAll(tab.id));
        }
    }
}

/// Half-close at the right, and something in the room before it.
fn with_half_close(
    ui: &mut Ui,
    tab: TabId,
    out: &mut Vec<Action>,
    before: impl FnOnce(&mut Ui, &mut Vec<Action>),
) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let tip = shortcut_tip(UiCommand::HalfClose);
        let close = plain("Half-close", icon::ARROW_FAT_LINES_RIGHT).tooltip(&tip);
        if ui.add(close).clicked() {
            out.push(Action::HalfClose(tab));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| before(ui, out));
    });
}

fn plain(text: &str, icon: Icon) -> PushButton<'_> {
    PushButton::new(text).icon(icon).height(BUTTON)
}

fn repeat_ui(ui: &mut Ui, tab: &mut Tab, short: bool, out: &mut Vec<Action>) {
    let running = tab.call.repeats();
    let tip = shortcut_tip(UiCommand::Repeat);
    let button = if running {
        plain("Stop", icon::STOP_FILL)
            .style(ButtonStyle::Danger)
            .name("Stop repeating")
    } else {
        plain("Repeat", icon::REPEAT).name("Start repeating")
    };
    let form = &tab.view.repeat;
    let ready = running || (form.every().is_ok() && form.count().is_ok());
    if ui.add_enabled(ready, button.tooltip(&tip)).clicked() {
        out.push(Action::ToggleRepeat(tab.id));
    }
    match tab.call.exchange().and_then(|it| it.repeat.as_ref()) {
        Some(repeat) if running => progress_ui(ui, tab, repeat),
        _ => form_ui(ui, tab, short),
    }
}

/// What is repeated and how often, before it begins.
fn form_ui(ui: &mut Ui, tab: &mut Tab, short: bool) {
    let tokens = Tokens::of(ui);
    let word = |ui: &mut Ui, text: &str| {
        ui.label(RichText::new(text).color(tokens.text.weak));
    };
    if tab.draft.messages.len() > 1 {
        what_ui(ui, tab);
    }
    let form = &mut tab.view.repeat;
    ui.spacing_mut().item_spacing.x = 6.0;
    if !short {
        word(ui, "every");
    }
    let wrong = form.every().err();
    let names = ("Milliseconds between messages", "1000");
    field(ui, &mut form.every, names, wrong, 64.0);
    word(ui, "ms");
    let wrong = form.count().err();
    let names = ("Number of messages to repeat", "∞");
    if short {
        word(ui, "×");
    }
    field(ui, &mut form.count, names, wrong, 54.0);
    if !short {
        word(ui, "times");
    }
}

fn field(
    ui: &mut Ui,
    text: &mut String,
    (name, hint): (&str, &str),
    wrong: Option<&'static str>,
    width: f32,
) {
    let response = TextField::new(text, name)
        .hint(hint)
        .code()
        .select_all(true)
        .error(wrong.is_some())
        .width(width)
        .height(BUTTON)
        .show(ui);
    response.on_hover_text(wrong.unwrap_or(name));
}

/// This message, or all in turn.
fn what_ui(ui: &mut Ui, tab: &mut Tab) {
    let this = format!("message {}", tab.view.message + 1);
    let words = if tab.view.repeat.all {
        "all in turn"
    } else {
        &this
    };
    let button = PushButton::new(words)
        .style(ButtonStyle::Quiet)
        .caret()
        .height(BUTTON)
        .name("What is repeated");
    let response = ui.add(button);
    let all = &mut tab.view.repeat.all;
    Popup::menu(&response).show(|ui| {
        ui.set_width(200.0);
        if choice_item(ui, !*all, "The message shown", "") {
            *all = false;
        }
        if choice_item(ui, *all, "All messages in turn", "") {
            *all = true;
        }
    });
}

/// How a repetition that runs goes.
fn progress_ui(ui: &mut Ui, tab: &Tab, repeat: &Repeat) {
    let tokens = Tokens::of(ui);
    let messages = &tab.draft.messages;
    let what = match repeat.only {
        None => "All in turn".to_owned(),
        Some(only) => match messages.iter().position(|it| it.id() == only) {
            Some(index) if messages.len() > 1 => format!("Message {}", index + 1),
            _ => "The message".to_owned(),
        },
    };
    let every = match u64::try_from(repeat.every.as_millis()) {
        Ok(millis) if millis % 1000 == 0 => format!("{} s", millis / 1000),
        Ok(millis) => format!("{millis} ms"),
        Err(_) => words::span(repeat.every),
    };
    let sent = sent_words(repeat);
    let text = format!("{what} every {every} · {sent}");
    let held = repeat.progress.is_held();
    let skipped = repeat.progress.skipped();
    let (glyph, color) = if held {
        (icon::PAUSE, tokens.warn.text)
    } else {
        (icon::BROADCAST, tokens.accent.text)
    };
    ui.label(glyph.rich(15.0, color));
    let mut job = prose_job(&text, &font::body(), tokens.text.normal);
    if held {
        let more = " · held by flow control";
        job.append(more, 0.0, format_of(tokens.warn.text));
    } else if skipped > 0 {
        let more = format!(" · {} skipped", words::count(clamped(skipped)));
        job.append(&more, 0.0, format_of(tokens.text.weak));
    }
    let tip = if held {
        "The messages before it have not left: the server does not read, or the connection is slow. \
         Turns that pass meanwhile are skipped; nothing is queued"
    } else {
        "Turns that passed while an earlier message could not leave are skipped; nothing is queued"
    };
    ui.add(egui::Label::new(job).truncate()).on_hover_text(tip);
}

fn format_of(color: egui::Color32) -> egui::TextFormat {
    egui::TextFormat::simple(font::body(), color)
}

fn sent_words(repeat: &Repeat) -> String {
    let sent = words::count(clamped(repeat.progress.sent()));
    match repeat.count {
        Some(count) => format!("{sent} of {} sent", words::count(clamped(count))),
        None => format!("{sent} sent"),
    }
}

fn clamped(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// What is told of something that was done before.
#[derive(Debug)]
struct Note {
    bad: bool,
    text: String,
    reason: String,
    /// A message that can be brought to the front.
    place: bool,
    /// It may be sent all the same.
    anyway: bool,
}

fn note_of(tab: &Tab) -> Option<Note> {
    let exchange = tab.call.exchange()?;
    if let Some(failure) = &exchange.push_failure {
        return Some(failed(failure, ""));
    }
    let repeat = exchange.repeat.as_ref()?;
    let sent = || words::counted(clamped(repeat.progress.sent()), "message");
    match repeat.end.as_ref()? {
        RepeatEnd::Failed(failure) => {
            let before = format!("Repeating stopped after {}: ", sent());
            Some(failed(failure, &before))
        }
        RepeatEnd::Counted => Some(done(format!("Repeated: {} sent", sent()))),
        RepeatEnd::HalfClosed => ended_with(exchange, || {
            format!("Repeating ended with the half-close: {} sent", sent())
        }),
        RepeatEnd::CallEnded => Some(done(format!(
            "Repeating ended with the call: {} sent",
            sent()
        ))),
        // The person did it, and sees it.
        RepeatEnd::Stopped => None,
    }
}

fn ended_with(exchange: &Exchange, words: impl FnOnce() -> String) -> Option<Note> {
    exchange.half_closed.then(|| done(words()))
}

fn done(text: String) -> Note {
    Note {
        bad: false,
        text,
        reason: String::new(),
        place: false,
        anyway: false,
    }
}

fn failed(failure: &Failure, before: &str) -> Note {
    let mut reason = failure.reason.clone();
    if !failure.hint.is_empty() {
        if !reason.is_empty() {
            reason.push_str(". ");
        }
        reason.push_str(&failure.hint);
    }
    Note {
        bad: true,
        text: format!("{before}{}", failure.summary),
        reason,
        place: failure.place.is_some(),
        anyway: failure.fixes.contains(&Fix::SendAnyway),
    }
}

fn note_ui(ui: &mut Ui, tab: TabId, note: &Note, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let (glyph, tone) = if note.bad {
        (icon::WARNING_CIRCLE_FILL, tokens.bad)
    } else {
        (icon::CHECK_CIRCLE, tokens.neutral)
    };
    ui.horizontal(|ui| {
        ui.label(glyph.rich(15.0, tone.text));
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            let close = IconButton::new(icon::X, "Put this note away").small();
            if ui.add(close).clicked() {
                out.push(Action::LeavePushFailure(tab, false));
            }
            if note.anyway {
                let send = PushButton::new("Send anyway").height(24.0);
                if ui.add(send).clicked() {
                    out.push(Action::PushAnyway(tab));
                }
            }
            if note.place {
                let show = PushButton::new("Show")
                    .style(ButtonStyle::Quiet)
                    .height(24.0)
                    .name("Show the message");
                if ui.add(show).clicked() {
                    out.push(Action::LeavePushFailure(tab, true));
                }
            }
            ui.with_layout(
                Layout::left_to_right(Align::Min).with_main_wrap(true),
                |ui| {
                    let color = if note.bad {
                        tokens.text.strong
                    } else {
                        tokens.text.normal
                    };
                    ui.vertical(|ui| {
                        prose_with(ui, &note.text, &font::body(), color);
                        if note.reason.is_empty() {
                            return;
                        }
                        let cut: String = note.reason.chars().take(REASON_CHARS).collect();
                        let label = prose_with(ui, &cut, &font::body(), tokens.text.weak);
                        if note.reason.chars().count() > REASON_CHARS {
                            label.on_hover_text(&note.reason);
                        }
                    });
                },
            );
        });
    });
}
