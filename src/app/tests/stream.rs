//! A stream fed by hand: how it begins, what is sent of its messages, and the list of them.

use stubless_core::engine::{Prepared, RepeatEnd, RepeatId, RepeatProgress};

use super::*;

const CONVERSE: &str = "demo.v1.Atlas/Converse";

/// A request of a stream in front with these messages, named by their texts.
fn with_messages(texts: &[&str]) -> (AppState, TabId) {
    let mut state = ready();
    let group = SchemaGroup::Target;
    let method = CONVERSE.to_owned();
    update(&mut state, Action::OpenMethod { method, group });
    let id = front(&state).id;
    let tab = state.tab_mut(id).unwrap();
    tab.draft.messages = texts
        .iter()
        .map(|&text| text.into())
        .map(document)
        .collect();
    (state, id)
}

fn document(text: String) -> stubless_core::message::Document {
    stubless_core::message::Document::new(text)
}

fn texts(state: &AppState) -> Vec<&str> {
    let messages = front(state).draft.messages.iter();
    messages
        .map(stubless_core::message::Document::text)
        .collect()
}

/// The same with the stream open.
fn open(texts: &[&str]) -> (AppState, TabId, CallId) {
    let (mut state, id) = with_messages(texts);
    state.tab_mut(id).unwrap().view.start = StreamStart::Open;
    let call = started(&update(&mut state, Action::Send(id))).unwrap();
    on_event(&mut state, Event::CallStarted(call, MessageLog::default()));
    (state, id, call)
}

fn pushed(commands: &[Command]) -> Vec<(Option<usize>, &str)> {
    let [Command::Push(_, messages)] = commands else {
        panic!("{commands:?}");
    };
    messages.iter().map(|it| (it.number, &*it.text)).collect()
}

fn prepared(messages: &[Prepared]) -> Vec<&str> {
    messages.iter().map(|it| &*it.text).collect()
}

#[test]
fn a_stream_begins_as_the_tab_says() {
    for (start, messages, keep_open) in [
        (StreamStart::Open, vec![], true),
        (StreamStart::SendAndKeepOpen, vec!["1", "2"], true),
        (StreamStart::SendAndClose, vec!["1", "2"], false),
    ] {
        let (mut state, id) = with_messages(&["1", "2"]);
        state.tab_mut(id).unwrap().view.start = start;
        let commands = update(&mut state, Action::Send(id));
        let spec = commands.iter().find_map(|command| match command {
            Command::StartCall(_, spec) => Some(spec),
            _ => None,
        });
        let spec = spec.unwrap();
        assert_eq!(
            (&spec.messages, spec.keep_open),
            (
                &messages.iter().map(|m| (*m).to_owned()).collect(),
                keep_open
            ),
            "{start:?}"
        );
    }
    assert_eq!(TabView::default().start, StreamStart::SendAndClose);
}

#[test]
fn the_shown_the_next_or_all_messages_are_sent_as_they_stand() {
    let (mut state, id, _) = open(&["a", "b", "c"]);
    state.tab_mut(id).unwrap().view.message = 1;
    let commands = update(&mut state, Action::Run(UiCommand::SendMessage));
    assert_eq!(pushed(&commands), [(Some(1), "b")]);

    // Next steps through the list, and begins again after its end.
    for want in [
        (Some(0), "a"),
        (Some(1), "edited"),
        (Some(2), "c"),
        (Some(0), "a"),
    ] {
        let commands = update(&mut state, Action::Run(UiCommand::SendNext));
        assert_eq!(pushed(&commands), [want]);
        let tab = state.tab_mut(id).unwrap();
        tab.draft.messages[1].set_text("edited");
    }
    let commands = update(&mut state, Action::Run(UiCommand::SendAll));
    let all = [(Some(0), "a"), (Some(1), "edited"), (Some(2), "c")];
    assert_eq!(pushed(&commands), all);
    assert_eq!(front(&state).next_message(), 0);

    // An only message has no number, and nothing is sent by hand to a stream that is not open.
    let (mut state, id, call) = open(&["a"]);
    let commands = update(&mut state, Action::Push(id));
    assert_eq!(pushed(&commands), [(None, "a")]);
    on_event(
        &mut state,
        Event::CallChanged(call, stubless_core::call::CallEvent::HalfClosed),
    );
    for action in [
        Action::Push(id),
        Action::PushNext(id),
        Action::PushAll(id),
        Action::ToggleRepeat(id),
        Action::HalfClose(id),
    ] {
        assert!(update(&mut state, action.clone()).is_empty(), "{action:?}");
    }
}

#[test]
fn messages_are_added_copied_moved_and_removed_and_what_is_shown_stays_shown() {
    let (mut state, id) = with_messages(&["a", "b", "c"]);
    state.tab_mut(id).unwrap().view.message = 1;
    update(&mut state, Action::DuplicateMessage(id, 0));
    assert_eq!(texts(&state), ["a", "a", "b", "c"]);
    assert_eq!(front(&state).view.message, 1, "the copy is shown");

    state.tab_mut(id).unwrap().view.message = 2;
    let (from, to) = (0, 3);
    update(&mut state, Action::MoveMessage { tab: id, from, to });
    assert_eq!(texts(&state), ["a", "b", "c", "a"]);
    assert_eq!(front(&state).view.message, 1, "`b` is still shown");
    update(&mut state, Action::Run(UiCommand::MoveMessageUp));
    update(&mut state, Action::Run(UiCommand::MoveMessageUp));
    assert_eq!(texts(&state), ["b", "a", "c", "a"]);
    assert_eq!(front(&state).view.message, 0);
    update(&mut state, Action::Run(UiCommand::NextMessage));
    update(&mut state, Action::Run(UiCommand::NextMessage));
    assert_eq!(front(&state).view.message, 2);
    update(&mut state, Action::Run(UiCommand::AddMessage));
    assert_eq!(front(&state).view.message, 3);
    assert!(texts(&state)[3].contains("place"), "a generated one");
    assert!(front(&state).draft.is_dirty());
    // Nonsense is refused.
    let (from, to) = (1, 99);
    update(&mut state, Action::MoveMessage { tab: id, from, to });
    update(&mut state, Action::RemoveMessage(id, 99));
    assert_eq!(front(&state).draft.messages.len(), 5);
}

#[test]
fn a_removed_message_comes_back_to_its_place_with_its_history() {
    let (mut state, id) = with_messages(&["a", "{\"place\": \"x\"}", "", "d"]);
    state.tab_mut(id).unwrap().draft.messages[1].set_text("{\"place\": \"y\"}");
    state.tab_mut(id).unwrap().view.message = 1;
    update(&mut state, Action::Run(UiCommand::RemoveMessage));
    assert_eq!(texts(&state), ["a", "", "d"]);
    update(&mut state, Action::Run(UiCommand::Undo));
    assert_eq!(texts(&state), ["a", "{\"place\": \"y\"}", "", "d"]);
    assert_eq!(front(&state).view.message, 1);
    update(&mut state, Action::Run(UiCommand::Undo));
    assert_eq!(texts(&state)[1], "{\"place\": \"x\"}");

    // An empty one goes without a word, the last one never.
    update(&mut state, Action::RemoveMessage(id, 2));
    assert!(!state.notices.can_undo());
    for _ in 0..5 {
        update(&mut state, Action::RemoveMessage(id, 0));
    }
    assert_eq!(texts(&state), ["d"]);
    // A notice that is gone takes the way back with it.
    let notice = state.notices.iter().last().unwrap().id;
    update(&mut state, Action::Dismiss(notice));
    assert_eq!(front(&state).removed.len(), 1);
    update(&mut state, Action::Run(UiCommand::Undo));
    assert_eq!(texts(&state).len(), 2);
}

/// Starts a repetition; gives its id and its messages.
fn repeated(state: &mut AppState) -> (RepeatId, Vec<Prepared>) {
    let commands = update(state, Action::Run(UiCommand::Repeat));
    match commands.as_slice() {
        [Command::Repeat(_, spec)] => (spec.id, spec.messages.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_repetition_follows_the_edits_of_its_messages() {
    const B: &str = "{\"place\": \"b\"}";
    const B2: &str = "{\"place\": \"b2\"}";
    let (mut state, id, call) = open(&["{}", B]);
    state.tab_mut(id).unwrap().view.message = 1;
    let (repeat, messages) = repeated(&mut state);
    assert_eq!(prepared(&messages), [B]);
    assert_eq!(messages[0].number, Some(1));
    let running = |state: &AppState| front(state).call.repeats();
    assert!(running(&state));
    assert!(
        update(&mut state, Action::RefreshRepeat(id)).is_empty(),
        "nothing new"
    );

    // Another message is of no concern; its own is, wherever it stands and whatever is shown.
    let tab = state.tab_mut(id).unwrap();
    tab.draft.messages[0].set_text("{ }");
    assert!(update(&mut state, Action::RefreshRepeat(id)).is_empty());
    update(
        &mut state,
        Action::MoveMessage {
            tab: id,
            from: 1,
            to: 0,
        },
    );
    state.tab_mut(id).unwrap().draft.messages[0].set_text(B2);
    let commands = update(&mut state, Action::RefreshRepeat(id));
    let [Command::ReplaceRepeated(_, of, messages)] = commands.as_slice() else {
        panic!("{commands:?}");
    };
    assert_eq!((*of, prepared(messages)), (repeat, vec![B2]));
    assert_eq!(messages[0].number, Some(0));

    // What the engine did not take is told again.
    refused(&mut state, Refusal::Repeated(call));
    assert_eq!(update(&mut state, Action::RefreshRepeat(id)).len(), 1);

    // Without its message it ends.
    update(&mut state, Action::RemoveMessage(id, 0));
    let commands = update(&mut state, Action::RefreshRepeat(id));
    assert!(matches!(commands.as_slice(), [Command::StopRepeat(_, of)] if *of == repeat));
    assert!(
        update(&mut state, Action::RefreshRepeat(id)).is_empty(),
        "said once"
    );
    on_event(
        &mut state,
        Event::RepeatEnded(call, repeat, RepeatEnd::Stopped),
    );
    assert!(!running(&state));
}

#[test]
fn a_repetition_goes_on_with_the_last_text_that_could_be_read_while_one_is_typed() {
    let (mut state, id, _) = open(&["{}", "{\"place\": 1}"]);
    state.tab_mut(id).unwrap().view.repeat.all = true;
    repeated(&mut state);
    let mut typed = |index: usize, text: &str| {
        state.tab_mut(id).unwrap().draft.messages[index].set_text(text);
        let commands = update(&mut state, Action::RefreshRepeat(id));
        assert!(
            update(&mut state, Action::RefreshRepeat(id)).is_empty(),
            "`{text}` is told once"
        );
        let [Command::ReplaceRepeated(_, _, messages)] = commands.as_slice() else {
            panic!("{commands:?}");
        };
        let messages = prepared(messages).into_iter().map(str::to_owned);
        messages.collect::<Vec<_>>()
    };
    for (index, text, want) in [
        (0, "{\"", ["{}", "{\"place\": 1}"]),
        (0, "{\"place\": ", ["{}", "{\"place\": 1}"]),
        (1, "{\"place\": 12}", ["{}", "{\"place\": 12}"]),
        (1, "{\"place\": 12", ["{}", "{\"place\": 12}"]),
        (0, "{\"place\": 2}", ["{\"place\": 2}", "{\"place\": 12}"]),
        // Whether it fits the schema is the engine's to say, and it ends a repetition.
        (
            1,
            "{\"nowhere\": 1}",
            ["{\"place\": 2}", "{\"nowhere\": 1}"],
        ),
    ] {
        assert_eq!(typed(index, text), want, "{text}");
    }
}

#[test]
fn a_tab_that_goes_takes_the_notices_of_its_removed_messages_with_it() {
    let (mut state, id) = with_messages(&["a", "b", "c"]);
    update(&mut state, Action::RemoveMessage(id, 0));
    update(&mut state, Action::RemoveMessage(id, 0));
    state.notices.info("something else");
    assert!(state.notices.can_undo());
    update(&mut state, Action::CloseTab(id));
    assert!(state.notices.can_undo(), "the tab is asked for first");
    update(&mut state, Action::DiscardAndGoOn);
    assert!(state.tab(id).is_none());
    assert!(!state.notices.can_undo());
    let left: Vec<_> = state.notices.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(left, ["something else"]);
}

#[test]
fn all_messages_are_repeated_in_turn_and_an_old_end_ends_nothing_new() {
    let (mut state, id, call) = open(&["a", "b"]);
    let form = &mut state.tab_mut(id).unwrap().view.repeat;
    form.all = true;
    form.every = "20".to_owned();
    form.count = "5".to_owned();
    let commands = update(&mut state, Action::ToggleRepeat(id));
    let [Command::Repeat(_, spec)] = commands.as_slice() else {
        panic!("{commands:?}");
    };
    assert_eq!(prepared(&spec.messages), ["a", "b"]);
    assert_eq!(spec.every, std::time::Duration::from_millis(20));
    assert_eq!(spec.count, Some(5));
    let first = spec.id;
    let progress = RepeatProgress::default();
    on_event(&mut state, Event::RepeatStarted(call, first, progress));

    // Pressed again it ends; and another may begin before the engine says so.
    let commands = update(&mut state, Action::ToggleRepeat(id));
    assert!(matches!(commands.as_slice(), [Command::StopRepeat(..)]));
    on_event(
        &mut state,
        Event::RepeatEnded(call, first, RepeatEnd::Stopped),
    );
    let (second, _) = repeated(&mut state);
    on_event(
        &mut state,
        Event::RepeatEnded(call, first, RepeatEnd::Stopped),
    );
    assert!(front(&state).call.repeats(), "the second goes on");
    on_event(
        &mut state,
        Event::RepeatEnded(call, second, RepeatEnd::Counted),
    );
    assert!(!front(&state).call.repeats());

    // What cannot be read is not begun.
    state.tab_mut(id).unwrap().view.repeat.every = "0".to_owned();
    assert!(!UiCommand::Repeat.info().is_enabled(&state));
    assert!(update(&mut state, Action::ToggleRepeat(id)).is_empty());
}

#[test]
fn a_message_that_was_not_sent_is_told_and_shown_on_demand() {
    let (mut state, id, call) = open(&["a", "b", "c"]);
    let mut mistake = failure("Message 3 does not fit");
    mistake.place = Some((2, stubless_core::message::Path::root(), 0..1));
    on_event(&mut state, Event::PushFailed(call, mistake.clone()));
    assert!(front(&state).call.takes_messages(), "the stream goes on");
    state.tab_mut(id).unwrap().view.request = RequestPane::Metadata;
    update(&mut state, Action::LeavePushFailure(id, true));
    assert_eq!(front(&state).view.message, 2);
    assert_eq!(front(&state).view.request, RequestPane::Message);
    assert!(
        front(&state)
            .call
            .exchange()
            .unwrap()
            .push_failure
            .is_none()
    );

    // So does what ended a repetition.
    state.tab_mut(id).unwrap().view.message = 0;
    let (repeat, _) = repeated(&mut state);
    let end = RepeatEnd::Failed(mistake);
    on_event(&mut state, Event::RepeatEnded(call, repeat, end));
    update(&mut state, Action::LeavePushFailure(id, true));
    assert_eq!(front(&state).view.message, 2);
    assert!(front(&state).call.exchange().unwrap().repeat.is_none());
}

#[test]
fn a_repetition_that_was_refused_says_so() {
    let (mut state, _, call) = open(&["a"]);
    repeated(&mut state);
    refused(&mut state, Refusal::Repeat(call));
    let exchange = front(&state).call.exchange().unwrap();
    let failure = exchange.repeat.as_ref().unwrap().failure().unwrap();
    assert!(failure.summary.contains("busy"), "{failure:?}");
}

#[test]
fn what_breaks_rules_is_sent_anyway_as_it_stands_then() {
    let (mut state, id, call) = open(&["a", "b", "c"]);
    update(&mut state, Action::PushAll(id));
    let mut broken = failure("Message 2 breaks a rule of its schema");
    broken.fixes = vec![Fix::SendAnyway];
    on_event(&mut state, Event::PushFailed(call, broken.clone()));
    update(&mut state, Action::RemoveMessage(id, 0));
    let commands = update(&mut state, Action::PushAnyway(id));
    assert!(matches!(&commands[0], Command::WaiveRules(of) if *of == call));
    assert_eq!(pushed(&commands[1..]), [(Some(0), "b"), (Some(1), "c")]);
    let exchange = front(&state).call.exchange().unwrap();
    assert!(exchange.push_failure.is_none());

    // A repetition is begun again.
    let (repeat, _) = repeated(&mut state);
    on_event(
        &mut state,
        Event::RepeatEnded(call, repeat, RepeatEnd::Failed(broken)),
    );
    let commands = update(&mut state, Action::PushAnyway(id));
    assert!(matches!(
        commands[..],
        [Command::WaiveRules(_), Command::Repeat(..)]
    ));
}
