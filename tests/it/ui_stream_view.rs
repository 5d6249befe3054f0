//! The table of a stream on screen: a million rows, follow and pause, bookmarks, jumps, plots.
//!
//! The stream is the sample's; what it brings beyond a tick a second is put into its log by the test, so
//! that no test waits for a million messages to be sent.

use std::time::Duration;

use bytes::{BufMut as _, BytesMut};
use egui::{Key, Modifiers, vec2};
use stubless::app::{Action, CallState, ColumnKind, Dialog, Which};
use stubless_core::call::{Direction, MessageLog};

use crate::ui_support::Screen;

const MILLION: usize = 1_000_000;

/// The sample's stream in front, reading held, so that its log is the test's alone.
fn stream(home: &std::path::Path) -> Screen {
    sized(home, vec2(1440.0, 900.0))
}

fn sized(home: &std::path::Path, size: egui::Vec2) -> Screen {
    let mut screen = Screen::sized(home, None, size);
    screen.until_ready();
    let path = "requests/ticker/a-tick-every-second.json";
    screen.act(Action::OpenRequest(path.into()));
    screen.until("the request", |state| {
        let title = state.active_tab().map(|tab| tab.draft.title().to_owned());
        title.as_deref() == Some("A tick every second")
    });
    screen.click("Send");
    screen.until_screen("the first tick", |screen| {
        screen.shows("Received message 2, ")
    });
    screen.click("Pause reading");
    screen.until("that reading is held", |state| {
        let exchange = state.active_tab().and_then(|tab| tab.call.exchange());
        exchange.is_some_and(|exchange| exchange.hold.holds)
    });
    screen
}

fn log(screen: &Screen) -> MessageLog {
    screen.tab().call.exchange().unwrap().log.clone()
}

/// Ticks from a number on, each a millisecond after the one before.
fn fill(log: &MessageLog, count: usize) {
    let begin = log.len();
    let mut batch = Vec::with_capacity(1000);
    for number in begin..begin + count {
        let mut tick = BytesMut::new();
        tick.put_u8(0x08);
        prost_varint(number as u64 + 1, &mut tick);
        batch.push(tick.freeze());
        if batch.len() == 1000 || number + 1 == begin + count {
            let at = Duration::from_secs(10) + Duration::from_millis(number as u64);
            assert!(log.append(Direction::Received, at, &batch));
            batch.clear();
        }
    }
}

fn prost_varint(mut value: u64, out: &mut BytesMut) {
    while value >= 0x80 {
        out.put_u8((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}

fn row(number: usize) -> String {
    format!("Received message {number}, ")
}

fn until_row(screen: &mut Screen, number: usize) {
    let name = row(number);
    screen.until_screen(&name, |screen| screen.shows(&name));
}

#[test]
fn a_million_messages_are_gone_through_from_the_first_to_the_last() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = stream(home.path());
    let log = log(&screen);
    fill(&log, MILLION);
    let last = log.len();
    until_row(&mut screen, last);
    assert!(screen.tab().view.follow);
    let rows = screen.words();
    let rows = rows
        .iter()
        .filter(|word| word.starts_with("Received message"));
    assert!(rows.count() < 80, "only what is in view is drawn");

    // The keyboard: no row is skipped and none comes twice, at the end as at the begin.
    screen.press(Modifiers::NONE, Key::Home);
    assert_eq!(screen.tab().view.picked, Some(0));
    screen.until_screen("the first row", |screen| screen.shows("Sent message 1, "));
    assert!(!screen.tab().view.follow, "looking at something");
    screen.press(Modifiers::NONE, Key::End);
    until_row(&mut screen, last);
    assert_eq!(screen.tab().view.picked, Some(last - 1));
    for back in 2..60 {
        screen.press(Modifiers::NONE, Key::ArrowUp);
        assert!(screen.shows(&row(last + 1 - back)), "{back} before the end");
    }
    // Neighbours are a row apart to the point, a million rows down.
    let above = screen.rect_of_part(&row(last - 58));
    let below = screen.rect_of_part(&row(last - 57));
    assert!(
        (below.top() - above.bottom()).abs() < 0.01,
        "{above} {below}"
    );

    // A page is what is in view, less a row.
    screen.press(Modifiers::NONE, Key::PageUp);
    let paged = screen.tab().view.picked.unwrap();
    assert!(
        (last - 140..last - 62).contains(&paged),
        "{paged} of {last}"
    );

    // Dragging the bar goes through all of it.
    let bar = screen.rect_of("Place in the stream");
    let middle = bar.center();
    screen.drag(bar.center_bottom() - vec2(0.0, 10.0), middle);
    let shown: Vec<usize> = screen
        .words()
        .iter()
        .filter_map(|word| {
            word.strip_prefix("Received message ")?
                .split(',')
                .next()?
                .parse()
                .ok()
        })
        .collect();
    let first = *shown.first().unwrap();
    assert!((MILLION / 3..MILLION * 2 / 3).contains(&first), "{first}");
}

#[test]
fn a_turn_of_the_wheel_is_three_rows_and_looking_back_ends_the_following() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = stream(home.path());
    let log = log(&screen);
    fill(&log, 5_000);
    let last = log.len();
    until_row(&mut screen, last);
    let at = screen.rect_of_part(&row(last)).center();
    let before = screen.rect_of_part(&row(last - 10)).top();
    screen.wheel(at, 1.0);
    assert!(!screen.tab().view.follow);
    let moved = screen.rect_of_part(&row(last - 10)).top() - before;
    let height = screen.rect_of_part(&row(last - 10)).height();
    assert!((moved - 3.0 * height).abs() < 1.5, "{moved} of {height}");

    // What comes now does not move it.
    fill(&log, 5_000);
    screen.frames(20);
    assert!(screen.shows(&row(last - 10)));

    screen.click("Stay at the newest message");
    assert!(screen.tab().view.follow);
    until_row(&mut screen, log.len());
}

#[test]
fn a_paused_view_stands_still_and_counts_what_is_new() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = stream(home.path());
    let log = log(&screen);
    fill(&log, 100);
    let shown = log.len();
    until_row(&mut screen, shown);
    screen.click("Pause the view");
    fill(&log, 1_204);
    screen.until_screen("how many are new", |screen| {
        screen.shows("Paused · 1\u{202f}204 new")
    });
    assert!(screen.shows(&row(shown)));
    assert!(!screen.shows(&row(shown + 1)));
    screen.click_part("Paused · ");
    until_row(&mut screen, log.len());
    assert!(screen.tab().view.follow);
}

#[test]
fn reading_is_held_by_hand_and_the_words_say_what_that_means() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = stream(home.path());
    let held = log(&screen).len();
    screen.until_screen("the note", |screen| {
        screen.shows("flow-control window") && screen.shows("Reading paused")
    });
    screen.click("Resume reading");
    screen.until("a further tick", |state| {
        let exchange = state.active_tab().and_then(|tab| tab.call.exchange());
        exchange.is_some_and(|exchange| exchange.log.len() > held && !exchange.hold.holds)
    });
    assert!(!screen.shows("flow-control window"));

    screen.click("Pause reading");
    screen.press(Modifiers::NONE, Key::Escape);
    screen.until_call_is_over();
    let CallState::Ended(exchange, _) = &screen.tab().call else {
        panic!("cancelled while held: {:?}", screen.tab().call);
    };
    assert!(!exchange.hold.asked, "nothing is held any more");
}

#[test]
fn a_message_is_opened_closed_and_bookmarked_by_keys() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = stream(home.path());
    let log = log(&screen);
    fill(&log, 300);
    until_row(&mut screen, log.len());
    screen.click_part(&row(290));
    screen.until_screen("the message", |screen| screen.has("Close message"));
    screen.press(Modifiers::NONE, Key::Escape);
    assert!(!screen.has("Close message"));
    assert_eq!(screen.tab().view.picked, Some(289), "still picked");
    assert!(screen.tab().call.is_active(), "and the call goes on");
    screen.press(Modifiers::NONE, Key::Enter);
    assert!(screen.has("Close message"));
    screen.press(Modifiers::NONE, Key::Escape);

    screen.press(Modifiers::NONE, Key::B);
    screen.until_screen("its mark", |screen| {
        screen.shows("Received message 290, ") && screen.shows(", bookmarked")
    });
    screen.press(Modifiers::NONE, Key::Home);
    screen.press(Modifiers::NONE, Key::B);
    for want in [289, 0, 289] {
        screen.press(Modifiers::NONE, Key::CloseBracket);
        assert_eq!(screen.tab().view.picked, Some(want));
    }
    screen.press(Modifiers::NONE, Key::OpenBracket);
    assert_eq!(screen.tab().view.picked, Some(0));

    screen.click("Bookmarks");
    screen.type_into("Name of bookmark #290", "the odd one");
    screen.click("Go to bookmark #290");
    assert_eq!(screen.tab().view.picked, Some(289));
    screen.click("Remove bookmark #1");
    screen.press(Modifiers::NONE, Key::Escape);
    screen.until_screen("the name", |screen| {
        screen.shows(", bookmarked as the odd one")
    });
    assert_eq!(screen.tab().view.stream.bookmarks.len(), 1);
}

#[test]
fn a_number_or_a_time_is_jumped_to() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = stream(home.path());
    let log = log(&screen);
    fill(&log, 200_000);
    until_row(&mut screen, log.len());
    let jump = |screen: &mut Screen, text: &str| {
        screen.press(Modifiers::COMMAND, Key::G);
        screen.type_into("Jump to message or time", text);
        screen.press(Modifiers::NONE, Key::Enter);
    };
    jump(&mut screen, "#123456");
    assert_eq!(screen.tab().view.picked, Some(123_455));
    until_row(&mut screen, 123_456);
    assert!(!screen.has("Jump to message or time"), "the field closes");

    // The batch that was appended at a minute and a half.
    jump(&mut screen, "00:01:30");
    let picked = screen.tab().view.picked.unwrap();
    let at = log.entry(picked).unwrap().at;
    let before = log.entry(picked - 1).unwrap().at;
    assert!(before < Duration::from_secs(90) && at >= Duration::from_secs(90));
    until_row(&mut screen, picked + 1);

    // What is no place stays to be mended.
    jump(&mut screen, "next week");
    assert!(screen.has("Jump to message or time"));
    assert_eq!(screen.tab().view.picked, Some(picked));
}

#[test]
fn messages_are_selected_with_shift_and_all_of_them() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = stream(home.path());
    let log = log(&screen);
    fill(&log, 1_000);
    until_row(&mut screen, log.len());
    screen.press(Modifiers::NONE, Key::Home);
    for _ in 0..4 {
        screen.press(Modifiers::SHIFT, Key::ArrowDown);
    }
    assert_eq!(
        screen.tab().view.stream.selection.ranges().to_vec(),
        vec![std::ops::Range { start: 0, end: 5 }]
    );
    screen.until_screen("how many", |screen| screen.shows("5 selected"));
    // They can be saved and copied.
    screen.click("Save or copy the selected messages…");
    let Some(Dialog::SaveMessages(draft)) = &screen.state().dialog else {
        panic!("{:?}", screen.state().dialog);
    };
    assert_eq!(draft.which, Which::Selection);
    screen.act(Action::CloseDialog);
    screen.press(Modifiers::COMMAND, Key::A);
    assert_eq!(screen.tab().view.stream.selection.len(), log.len());
    screen.press(Modifiers::NONE, Key::Escape);
    assert!(screen.tab().view.stream.selection.is_empty());
}

#[test]
fn columns_are_hidden_widened_and_shown_again() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = stream(home.path());
    assert!(screen.has("Column Gap"));
    screen.click("Columns");
    screen.click("Gap");
    screen.press(Modifiers::NONE, Key::Escape);
    assert!(!screen.has("Column Gap"));
    screen.click("Columns");
    screen.click("Gap");
    screen.press(Modifiers::NONE, Key::Escape);
    let before = screen.rect_of("Column Time").width();
    let edge = screen.rect_of("Width of column Time").center();
    screen.drag(edge, edge + vec2(40.0, 0.0));
    let after = screen.rect_of("Column Time").width();
    assert!((after - before - 40.0).abs() < 3.0, "{before} {after}");
    let columns = screen.tab().view.stream.columns.clone();
    let time = columns.all().iter().find(|it| it.kind == ColumnKind::Time);
    assert!(time.unwrap().width > 100);
}

#[test]
fn the_pace_is_plotted_and_a_press_on_it_goes_there() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = stream(home.path());
    let log = log(&screen);
    fill(&log, 100_000);
    until_row(&mut screen, log.len());
    screen.click("Plots");
    screen.until_screen("all of it counted", |screen| {
        let exchange = screen.tab().call.exchange().unwrap();
        exchange.stats.picture().seen == exchange.log.len()
    });
    screen.until_screen("the plots", |screen| {
        screen.shows("Throughput, at most ") && screen.shows("Gaps between messages, p50 ")
    });
    let plot = screen.rect_of_part("Throughput, at most ");
    screen.press_at(
        plot.left_center() + vec2(plot.width() * 0.75, 0.0),
        egui::PointerButton::Primary,
    );
    let picked = screen.tab().view.picked.expect("a message of that time");
    let part = log.entry(picked).unwrap().at.as_secs_f64()
        / log.entry(log.len() - 1).unwrap().at.as_secs_f64();
    assert!((part - 0.75).abs() < 0.03, "{part}");
    until_row(&mut screen, picked + 1);
}

/// The numbers of the messages that have a row.
fn shown(screen: &Screen) -> Vec<usize> {
    let words = screen.words();
    let rows = words.iter().filter_map(|word| {
        let number = word.strip_prefix("Received message ")?.split(',').next()?;
        number.parse().ok()
    });
    rows.collect()
}

#[test]
fn a_text_is_looked_for_in_all_of_the_stream_and_in_what_comes() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = stream(home.path());
    let log = log(&screen);
    fill(&log, 20_000);
    until_row(&mut screen, log.len());
    // The slash leads to the filter, and is not written into it.
    screen.press(Modifiers::NONE, Key::Slash);
    screen.type_into("Filter messages by text", "7777");
    screen.until_screen("what matches", |screen| shown(screen) == [7_777, 17_777]);
    let words = format!("2 of {} match", grouped(log.len()));
    screen.until_screen(&words, |screen| screen.shows(&words));

    // It goes on with the stream, and all keys go by its rows.
    fill(&log, 10_000);
    screen.until_screen("the third", |screen| {
        shown(screen) == [7_777, 17_777, 27_777]
    });
    screen.click_part(&row(7_777));
    for (key, picked) in [
        (Key::ArrowDown, 17_777),
        (Key::End, 27_777),
        (Key::ArrowUp, 17_777),
    ] {
        screen.press(Modifiers::NONE, key);
        assert_eq!(screen.tab().view.picked, Some(picked - 1), "{key:?}");
    }
    screen.press(Modifiers::COMMAND, Key::A);
    assert_eq!(screen.tab().view.stream.selection.len(), 3);

    screen.click("Clear the filter");
    screen.until_screen("all around what was picked", |screen| {
        shown(screen).contains(&17_776) && shown(screen).contains(&17_777)
    });
}

/// As counts are written.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let (thousands, rest) = digits.split_at(digits.len() - 3);
    format!("{thousands}\u{202f}{rest}")
}

#[test]
fn a_field_is_compared_and_a_filter_that_is_wrong_says_where() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = stream(home.path());
    let log = log(&screen);
    fill(&log, 5_000);
    until_row(&mut screen, log.len());
    screen.click("How messages are looked for");
    screen.click("Field");
    // The beginning of a name offers it, and Tab takes it.
    screen.type_into("Field path of the filter", "seq");
    screen.until_screen("the name", |screen| screen.has("sequence"));
    screen.press(Modifiers::NONE, Key::Tab);
    assert_eq!(screen.tab().view.stream.filter.path, "sequence");
    screen.click("How the value compares");
    screen.click(">");
    screen.type_into("Value of the filter", "4995");
    let last = log.len();
    screen.until_screen("those above", |screen| {
        shown(screen) == (4_996..=last).collect::<Vec<_>>()
    });

    screen.type_into("Value of the filter", "many");
    screen.until_screen("what is wrong", |screen| screen.shows("does not fit"));
    screen.click("How messages are looked for");
    screen.click("CEL");
    screen.type_into("Filter messages by CEL expression", "message.sequence = 5");
    screen.until_screen("what is wrong", |screen| {
        screen.shows("The expression cannot be used")
    });
    screen.click("Clear the filter");
    screen.until_screen("all of them", |screen| shown(screen).len() > 5);
    screen.type_into(
        "Filter messages by CEL expression",
        "message.sequence == 5u",
    );
    screen.until_screen("the fifth", |screen| shown(screen) == [5]);
}

#[test]
fn a_field_has_a_column_and_its_values_are_counted() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = stream(home.path());
    let log = log(&screen);
    fill(&log, 3_000);
    until_row(&mut screen, log.len());
    screen.click("Columns");
    screen.type_into("Field path of a new column", "sequence");
    screen.click("Add column");
    screen.press(Modifiers::NONE, Key::Escape);
    assert!(screen.has("Column sequence"));
    let last = log.len();
    screen.until("its cells", |state| {
        let exchange = state.active_tab().and_then(|tab| tab.call.exchange());
        let cell = exchange.and_then(|it| it.scan.cells.get(last - 1, "sequence"));
        cell.flatten()
            .is_some_and(|cell| cell.contains(&last.to_string()))
    });

    // No tick that the test put there has a time; the server's have one each of their own.
    screen.click("Group by a field");
    screen.type_into("Field path to group by", "time");
    screen.until_screen("the groups", |screen| {
        screen.shows("Group not set, 3\u{202f}00")
    });
    screen.click_part("Group not set, ");
    screen.until_screen("those alone", |screen| {
        screen.shows("match") && !shown(screen).contains(&2) && !shown(screen).is_empty()
    });
    let form = &screen.tab().view.stream.filter;
    assert_eq!(
        (form.path.as_str(), form.op.label()),
        ("time", "is not set")
    );
}

#[test]
fn the_table_has_room_in_the_smallest_window_whatever_is_open() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = sized(home.path(), vec2(1024.0, 640.0));
    let log = log(&screen);
    fill(&log, 500);
    let last = log.len();
    until_row(&mut screen, last);
    screen.click("Plots");
    screen.click("Group by a field");
    assert!(screen.shows("No room for groups and plots here"));
    screen.press(Modifiers::COMMAND, Key::G);
    screen.type_into("Jump to message or time", "250");
    screen.press(Modifiers::NONE, Key::Enter);
    until_row(&mut screen, 250);
    let row = screen.rect_of_part(&row(250));
    assert!(row.bottom() < 640.0 && row.height() > 20.0, "{row}");
    screen.press(Modifiers::NONE, Key::Enter);
    assert!(screen.has("Close message"));
}

#[test]
fn escape_does_one_thing_that_of_what_has_the_keyboard() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = stream(home.path());
    let log = log(&screen);
    fill(&log, 300);
    until_row(&mut screen, log.len());
    let escape = |screen: &mut Screen| screen.press(Modifiers::NONE, Key::Escape);
    screen.click_part(&row(290));
    screen.until_screen("the message", |screen| screen.has("Close message"));

    // The search of the message, which Ctrl+F opens although the table has the keyboard.
    screen.press(Modifiers::COMMAND, Key::F);
    screen.until_screen("the search", |screen| screen.has("Search in message"));
    escape(&mut screen);
    assert!(!screen.has("Search in message"));
    assert!(screen.has("Close message"), "the message stays");

    // The field that jumps, and the filter.
    screen.press(Modifiers::COMMAND, Key::G);
    screen.until_screen("the field", |screen| screen.has("Jump to message or time"));
    escape(&mut screen);
    assert!(!screen.has("Jump to message or time"));
    assert!(screen.has("Close message"), "the message stays");
    screen.type_into("Filter messages by text", "word");
    escape(&mut screen);
    assert_eq!(screen.tab().view.stream.filter.text, "", "cleared");
    assert!(screen.has("Close message"), "the message stays");

    // Then the message, what is selected, and at last the call.
    screen.frames(3);
    escape(&mut screen);
    assert!(!screen.has("Close message"));
    screen.press(Modifiers::COMMAND, Key::A);
    assert!(!screen.tab().view.stream.selection.is_empty());
    escape(&mut screen);
    assert!(screen.tab().view.stream.selection.is_empty());
    assert!(screen.tab().call.is_active(), "and the call goes on");
    escape(&mut screen);
    screen.until_call_is_over();
}

#[test]
fn escape_in_another_text_leaves_the_message_and_is_the_calls() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = stream(home.path());
    let log = log(&screen);
    fill(&log, 300);
    until_row(&mut screen, log.len());
    screen.click_part(&row(290));
    screen.until_screen("the message", |screen| screen.has("Close message"));
    screen.focus("Target");
    screen.press(Modifiers::NONE, Key::Escape);
    screen.until_call_is_over();
    assert!(screen.has("Close message"), "the message stays");
}

#[test]
fn a_stopped_filter_goes_on_when_it_is_asked_again() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = stream(home.path());
    let log = log(&screen);
    fill(&log, 2_000);
    let tab = screen.tab().id;
    screen.type_into("Filter messages by text", "1234");
    screen.until_screen("the match", |screen| screen.shows(" match"));
    screen.act(Action::StopFilter(tab));
    screen.until_screen("that it stopped", |screen| screen.shows("Stopped: "));
    fill(&log, 2_000);
    screen.click("Filter again");
    let all = format!("of 4\u{202f}{:03} match", log.len() - 4_000);
    screen.until_screen("that all are looked at", |screen| screen.shows(&all));
    assert!(!screen.shows("Stopped: "));
}
