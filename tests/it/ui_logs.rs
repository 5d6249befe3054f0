//! A log on screen: saved, opened as a tab of its own, replayed, sent again; and what all may take.

use stubless::app::{Action, CallState, Dialog, Pace, ReplayStep, UiCommand};
use stubless_core::{
    call::{Direction, LogFacts, save_log},
    engine::RenderStyle,
};

use crate::ui_support::Screen;

/// The sample's ticker, ended: 20 ticks, with its log saved to `name`.
fn saved(home: &std::path::Path, name: &str) -> (Screen, std::path::PathBuf) {
    let mut screen = Screen::open(home, None);
    screen.until_ready();
    screen.act(Action::OpenMethod {
        method: "demo.v1.Ticker/Watch".to_owned(),
        group: stubless::app::SchemaGroup::Target,
    });
    let body = "{\"count\": 20, \"intervalMs\": 2}";
    let tab = screen.tab().id;
    screen.type_json(body);
    screen.act(Action::Send(tab));
    screen.until("the end", |state| {
        matches!(
            state.active_tab().map(|tab| &tab.call),
            Some(CallState::Ended(..))
        )
    });
    let path = home.join(name);
    screen.click("More about this response");
    screen.click_part("Save log, ");
    screen.until("the dialog", |state| {
        matches!(state.dialog, Some(Dialog::SaveLog { .. }))
    });
    screen.type_into("File", &path.display().to_string());
    screen.click("Save");
    screen.until("the notice", |state| {
        state
            .notices
            .iter()
            .any(|notice| notice.text.contains("messages saved to"))
    });
    (screen, home.join("ticks.stublesslog"))
}

#[test]
fn a_saved_log_opens_as_a_tab_with_its_texts_and_its_end() {
    let home = tempfile::tempdir().unwrap();
    // Without an extension it gets ours.
    let (mut screen, path) = saved(home.path(), "ticks");
    assert!(path.is_file());
    let tabs = screen.state().tabs.len();
    screen.act(Action::Run(UiCommand::OpenLog));
    screen.until("the dialog", |state| {
        matches!(state.dialog, Some(Dialog::OpenLog { .. }))
    });
    screen.type_into("File", &path.display().to_string());
    screen.click("Open");
    screen.until("its tab", |state| state.tabs.len() > tabs);
    assert_eq!(screen.tab().draft.name, "ticks.stublesslog");
    assert!(!screen.tab().draft.is_dirty());
    screen.until_screen("its rows", |screen| {
        screen.shows("From a file") && screen.shows("0 OK") && screen.shows("Received message 2, ")
    });
    let exchange = screen.tab().call.exchange().unwrap();
    assert_eq!(exchange.log.count(Direction::Received), 20);
    assert_eq!(exchange.log.count(Direction::Sent), 1);

    // A file that was cut short says so, above what it has.
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 60]).unwrap();
    screen.act(Action::OpenLog(path));
    screen.until_screen("the note", |screen| {
        screen.shows("The file ends in the middle of message")
    });
}

#[test]
fn a_log_is_replayed_and_what_was_sent_becomes_a_request() {
    let home = tempfile::tempdir().unwrap();
    let (mut screen, _) = saved(home.path(), "ticks");
    let tab = screen.tab().id;
    screen.click("More about this response");
    screen.click_part("Replay log, or leave the replay");
    // It took some milliseconds, and is over.
    screen.until_screen("its end", |screen| screen.has("Play the log as it came"));
    // At a moment, only what had come by then is there.
    screen.act(Action::Replay(
        tab,
        ReplayStep::Seek(std::time::Duration::ZERO),
    ));
    let shown = |screen: &Screen| {
        let exchange = screen.tab().call.exchange().unwrap();
        exchange.shown_len(std::time::Instant::now())
    };
    screen.until_screen("the beginning", |screen| shown(screen) < 5);
    screen.act(Action::Replay(tab, ReplayStep::Pace(Pace::Whole)));
    screen.act(Action::Replay(tab, ReplayStep::PlayOrPause));
    screen.until_screen("its end", |screen| {
        shown(screen) == 21 && screen.has("Play the log as it came")
    });
    screen.click("Leave the replay: show the whole log");
    screen.until_screen("all of it", |screen| !screen.has("Play the log as it came"));

    let tabs = screen.state().tabs.len();
    screen.act(Action::Run(UiCommand::SendAgain));
    screen.until("the new request", |state| state.tabs.len() > tabs);
    let draft = &screen.tab().draft;
    assert_eq!(draft.method, "demo.v1.Ticker/Watch");
    assert_eq!(draft.messages.len(), 1);
    assert!(draft.messages[0].text().contains("\"count\": 20"));
}

#[test]
fn the_memory_of_messages_is_a_setting_with_a_range() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    screen.act(Action::Run(UiCommand::MessageMemory));
    screen.until_screen("the dialog", |screen| screen.shows("Message memory"));
    screen.type_into("In memory, MiB (16 to 65536)", "8");
    screen.until_screen("what is wrong", |screen| {
        screen.shows("A whole number of MiB from 16 to 65536")
    });
    screen.type_into("In memory, MiB (16 to 65536)", "32");
    screen.click("Apply");
    screen.until("the limit", |state| {
        let limits = state.log_budget.as_ref().map(|budget| budget.limits());
        limits.is_some_and(|limits| limits.memory_bytes == 32 << 20)
    });
}

#[test]
fn a_replay_in_the_smallest_window_leaves_the_table_drawn() {
    let home = tempfile::tempdir().unwrap();
    let (screen, path) = saved(home.path(), "ticks");
    drop(screen);
    let size = egui::vec2(1024.0, 640.0);
    let mut screen = Screen::sized(home.path(), None, size);
    screen.until_ready();
    screen.act(Action::OpenLog(path));
    screen.until_screen("its tab", |screen| screen.shows("From a file"));
    screen.act(Action::Run(UiCommand::ReplayLog));
    screen.until_screen("its controls", |screen| {
        screen.has("Leave the replay: show the whole log")
    });
    screen.frames(5);
    assert!(screen.has("Moment of the replay"));
}

#[test]
fn a_replay_shows_of_a_filter_only_what_had_come_and_goes_where_a_jump_leads() {
    let home = tempfile::tempdir().unwrap();
    let (mut screen, _) = saved(home.path(), "ticks");
    let tab = screen.tab().id;
    screen.type_into("Filter messages by text", "sequence");
    screen.until_screen("the matches", |screen| screen.shows("20 of 21 match"));
    screen.act(Action::Run(UiCommand::ReplayLog));
    screen.until_screen("its end", |screen| screen.has("Play the log as it came"));
    screen.until_screen("the last", |screen| screen.shows("Received message 21, "));
    let zero = ReplayStep::Seek(std::time::Duration::ZERO);
    screen.act(Action::Replay(tab, zero));
    screen.until_screen("the beginning", |screen| {
        !screen.shows("Received message 21, ")
    });

    // A bookmark or a jump is gone to, not forgotten.
    let place = stubless::app::Place::Number(21);
    screen.act(Action::JumpTo(tab, place));
    screen.until_screen("the message", |screen| {
        screen.shows("Received message 21, ")
    });
    assert_eq!(screen.tab().view.picked, Some(20));
}

#[test]
fn a_log_without_descriptors_shows_fields_by_their_numbers_and_the_window_rests() {
    let home = tempfile::tempdir().unwrap();
    let (mut screen, _) = saved(home.path(), "ticks");
    let exchange = screen.tab().call.exchange().unwrap();
    let facts = LogFacts {
        method: exchange.about.method.clone(),
        kind: exchange.about.kind,
        target: exchange.about.target.clone(),
        began: None,
        head: None,
        end: None,
    };
    let path = home.path().join("bare.stublesslog");
    save_log(&exchange.log, &facts, &[], &path, &mut |_| true).unwrap();
    screen.act(Action::OpenLog(path));
    screen.until_screen("the note", |screen| {
        screen.shows("The file has no descriptors of the method")
    });
    let preview = |screen: &Screen| {
        let texts = &screen.tab().call.exchange().unwrap().texts;
        let text = texts.get(1, RenderStyle::Preview);
        text.is_some_and(|text| text.text.starts_with("1: 1 2: {"))
    };
    screen.until_screen("the first tick", preview);
    screen.frames(60);
    assert!(screen.rests(), "nothing happens any more");
    screen.click_part("Received message 2, ");
    screen.until_screen("the message", |screen| screen.has("Response message"));
    screen.click("Tree");
    screen.until_screen("fields without a name", |screen| {
        screen
            .value_of("Response message")
            .contains("unknown fields")
    });
}
