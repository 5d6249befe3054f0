//! What is done to a stream that is looked at: held, counted, filtered, grouped, sent again.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use stubless_core::{
    call::{CallEvent, Direction, Failure, MessageLog},
    engine::{RenderStyle, ScanId, ScanRefusal},
    message::JsonText,
};

use super::*;
use crate::app::{FilterKind, Place, Refusal, refused};

/// A stream of both directions that is open and empty.
fn open() -> (AppState, TabId, CallId, MessageLog) {
    let mut state = ready();
    let group = SchemaGroup::Target;
    let method = "demo.v1.Atlas/Converse".to_owned();
    update(&mut state, Action::OpenMethod { method, group });
    let id = front(&state).id;
    state.tab_mut(id).unwrap().view.start = StreamStart::Open;
    let call = started(&update(&mut state, Action::Send(id))).unwrap();
    let log = MessageLog::default();
    on_event(&mut state, Event::CallStarted(call, log.clone()));
    (state, id, call, log)
}

fn put(log: &MessageLog, direction: Direction) {
    let message = [Bytes::from_static(b"\x0a\x01x")];
    assert!(log.append(direction, Duration::ZERO, &message));
}

fn exchange(state: &AppState) -> &Exchange {
    front(state).call.exchange().unwrap()
}

fn scans(commands: &[Command]) -> Vec<ScanId> {
    let scan = |command: &Command| match command {
        Command::Scan(id, ..) => Some(*id),
        _ => None,
    };
    commands.iter().filter_map(scan).collect()
}

fn stops(commands: &[Command]) -> Vec<ScanId> {
    let stop = |command: &Command| match command {
        Command::StopScan(id) => Some(*id),
        _ => None,
    };
    commands.iter().filter_map(stop).collect()
}

#[test]
fn reading_is_held_as_asked_for_until_the_call_ends() {
    let (mut state, id, call, _) = open();
    let commands = update(&mut state, Action::HoldReading(id, true));
    assert!(matches!(commands[..], [Command::HoldReading(it, true)] if it == call));
    assert!(exchange(&state).hold.asked && !exchange(&state).hold.holds);
    on_event(&mut state, Event::CallChanged(call, CallEvent::Held(true)));
    assert!(exchange(&state).hold.holds);

    // The engine had no room for the way back: it is held as before.
    update(&mut state, Action::Run(UiCommand::HoldReading));
    assert!(!exchange(&state).hold.asked);
    refused(&mut state, Refusal::Hold(call));
    assert!(exchange(&state).hold.asked);
}

#[test]
fn messages_are_counted_once_at_a_time() {
    let (mut state, id, _, log) = open();
    assert!(
        update(&mut state, Action::CountMessages(id)).is_empty(),
        "nothing new"
    );
    put(&log, Direction::Received);
    let commands = update(&mut state, Action::CountMessages(id));
    let [Command::CountMessages(_, stats)] = &commands[..] else {
        panic!("{commands:?}");
    };
    assert!(
        update(&mut state, Action::CountMessages(id)).is_empty(),
        "at it"
    );
    // What the engine did not take is asked for again.
    refused(&mut state, Refusal::Count(stats.clone()));
    assert_eq!(update(&mut state, Action::CountMessages(id)).len(), 1);
    stats.count(&log);
    assert!(
        update(&mut state, Action::CountMessages(id)).is_empty(),
        "done"
    );
}

#[test]
fn a_filter_is_begun_once_and_takes_the_place_of_the_one_before() {
    let (mut state, id, _, _) = open();
    let type_text = |state: &mut AppState, text: &str| {
        let filter = &mut state.tab_mut(id).unwrap().view.stream.filter;
        text.clone_into(&mut filter.text);
        update(state, Action::Filter(id))
    };
    assert!(
        type_text(&mut state, "").is_empty(),
        "of all there is nothing to look for"
    );
    let first = scans(&type_text(&mut state, "a"));
    assert_eq!(first.len(), 1);
    assert!(type_text(&mut state, "a").is_empty(), "the same");
    let commands = type_text(&mut state, "ab");
    assert_eq!(stops(&commands), first);
    let second = scans(&commands);

    // An answer to the one before is of no use; the refusal of this one is shown.
    let refusal = || {
        Box::new(ScanRefusal {
            failure: Failure::default(),
            place: None,
        })
    };
    on_event(&mut state, Event::ScanRefused(first[0], refusal()));
    assert!(exchange(&state).scan.filter.refusal.is_none());
    on_event(&mut state, Event::ScanRefused(second[0], refusal()));
    assert!(exchange(&state).scan.filter.refusal.is_some());
    assert_eq!(stops(&type_text(&mut state, "")), second);
    assert!(exchange(&state).scan.filter.refusal.is_none());
}

#[test]
fn groups_are_counted_while_they_are_open() {
    let (mut state, id, call, _) = open();
    let group = |state: &mut AppState, open: bool, path: &str| {
        let form = &mut state.tab_mut(id).unwrap().view.stream.group;
        form.open = open;
        path.clone_into(&mut form.path);
        update(state, Action::Group(id))
    };
    assert!(group(&mut state, true, " ").is_empty());
    let commands = group(&mut state, true, "text");
    let [Command::Group(first, it, spec)] = &commands[..] else {
        panic!("{commands:?}");
    };
    assert_eq!((*it, spec.path.as_str()), (call, "text"));
    assert!(group(&mut state, true, "text").is_empty());
    // A press on a group filters by it, and the groups stay what they are.
    let filter = &mut state.tab_mut(id).unwrap().view.stream.filter;
    filter.by_value("text", Some("x"));
    assert_eq!(filter.kind, FilterKind::Field);
    let commands = update(&mut state, Action::Filter(id));
    assert!(matches!(commands[..], [Command::Scan(..)]), "{commands:?}");
    assert_eq!(stops(&group(&mut state, false, "text")), [*first]);
}

#[test]
fn what_was_sent_is_sent_again_as_it_was() {
    let (mut state, id, call, log) = open();
    put(&log, Direction::Sent);
    assert!(
        update(&mut state, Action::SendAgain(id, 0)).is_empty(),
        "no text yet"
    );
    let text = Arc::new(JsonText {
        text: r#"{"text":"{{ no template }}"}"#.to_owned(),
        problems: Vec::new(),
        worst: None,
        cut: false,
    });
    let texts = vec![(0, RenderStyle::Full, text)];
    on_event(&mut state, Event::Rendered { call, texts });
    let commands = update(&mut state, Action::SendAgain(id, 0));
    let [Command::Push(_, messages)] = &commands[..] else {
        panic!("{commands:?}");
    };
    assert_eq!(&*messages[0].text, r#"{"text":"{\u007b no template }}"}"#);
}

#[test]
fn a_jump_beyond_a_paused_view_lets_it_go_on() {
    let (mut state, id, _, log) = open();
    (0..20).for_each(|_| put(&log, Direction::Received));
    update(&mut state, Action::Run(UiCommand::PauseView));
    (0..20).for_each(|_| put(&log, Direction::Received));
    update(&mut state, Action::JumpTo(id, Place::Number(5)));
    let view = &front(&state).view;
    assert_eq!((view.picked, view.stream.reveal), (Some(4), Some(4)));
    assert_eq!(view.stream.paused_at, Some(20), "it is in view");
    update(&mut state, Action::JumpTo(id, Place::Number(30)));
    let view = &front(&state).view;
    assert_eq!((view.picked, view.stream.paused_at), (Some(29), None));
    assert!(!view.follow);
}
