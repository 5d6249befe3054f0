//! Pasted texts: read by the engine, put into a request or opened as one.

use stubless_core::interop::{Expected, detect};

use super::*;

const COMMAND: &str =
    "grpcurl -plaintext -d '{\"name\": \"Ada\"}' there:1 demo.v1.Greeter/SayHello";

/// Pastes a text over the request in front and takes its likeliest reading "here".
fn paste_here(state: &mut AppState, text: &str) {
    let commands = update(state, Action::Paste(text.to_owned()));
    let asked = commands.iter().find_map(|command| match command {
        Command::ReadPaste { id, .. } => Some(*id),
        _ => None,
    });
    let candidates = detect(text, &Expected::default());
    on_event(state, Event::PasteRead(asked.unwrap(), candidates));
    update(state, Action::UsePaste { anew: false });
}

#[test]
fn a_pasted_command_takes_the_place_of_a_request_with_one_message() {
    let mut state = ready();
    let id = front(&state).id;
    paste_here(&mut state, COMMAND);
    assert_eq!(front(&state).id, id);
    assert_eq!(front(&state).draft.target.as_deref(), Some("there:1"));
    assert_eq!(state.dialog, None);
}

#[test]
fn prepared_messages_are_not_lost_to_a_pasted_command() {
    let mut state = ready();
    let id = front(&state).id;
    let prepared = &mut state.tab_mut(id).unwrap().draft.messages;
    prepared.push(Document::new("{\"name\": \"second\"}"));
    paste_here(&mut state, COMMAND);
    assert_ne!(front(&state).id, id, "opened as a new request");
    assert_eq!(front(&state).draft.target.as_deref(), Some("there:1"));
    let kept = &state.tab(id).unwrap().draft.messages;
    assert_eq!(kept[1].text(), "{\"name\": \"second\"}");
}

#[test]
fn one_text_is_read_at_a_time_and_the_newest_last() {
    let mut state = ready();
    let asked = |commands: &[Command]| {
        commands.iter().find_map(|command| match command {
            Command::ReadPaste { id, text, .. } => Some((*id, text.clone())),
            _ => None,
        })
    };
    let (first, _) = asked(&update(&mut state, Action::Paste("{".to_owned()))).unwrap();
    for typed in ["{\"", "{\"name\": \"Ada\"}"] {
        let Some(Dialog::Paste(editor)) = &mut state.dialog else {
            panic!("no dialog");
        };
        editor.text = typed.to_owned();
        assert_eq!(
            asked(&update(&mut state, Action::ReadPaste)),
            None,
            "{typed}"
        );
    }
    let commands = on_event(&mut state, Event::PasteRead(first, Vec::new()));
    let (second, text) = asked(&commands).unwrap();
    assert_eq!(text, "{\"name\": \"Ada\"}");
    let commands = on_event(&mut state, Event::PasteRead(second, Vec::new()));
    assert_eq!(asked(&commands), None);
}
