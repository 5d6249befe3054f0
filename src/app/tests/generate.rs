//! Generated bodies, and requests for the methods of a service that have none.

use super::*;

fn text(state: &AppState) -> String {
    front(state).draft.messages[0].text().to_owned()
}

#[test]
fn a_generated_body_replaces_the_message_as_one_step() {
    let mut state = ready();
    let typed = "{\"name\": \"typed\"} // mine";
    let id = front(&state).id;
    state.tab_mut(id).unwrap().draft.messages[0].set_text(typed);
    update(&mut state, Action::Run(UiCommand::GenerateExample));
    let example = text(&state);
    assert!(
        example.contains("\"name\": \"") && example != typed,
        "{example}"
    );
    update(&mut state, Action::Run(UiCommand::GenerateExample));
    assert_eq!(
        text(&state),
        example,
        "the same until another one is asked for"
    );

    update(&mut state, Action::Run(UiCommand::GenerateAnother));
    assert_ne!(text(&state), example);
    update(&mut state, Action::Run(UiCommand::GenerateMinimal));
    assert_eq!(text(&state), "{}");
    update(&mut state, Action::Run(UiCommand::GenerateFull));
    assert!(text(&state).contains("\"name\": \"\""), "{}", text(&state));

    for _ in 0..4 {
        update(&mut state, Action::Run(UiCommand::Undo));
    }
    assert_eq!(text(&state), typed, "each was one step");
}

#[test]
fn nothing_is_generated_for_a_method_that_no_schema_knows() {
    let (mut state, _) = opened();
    let before = text(&state);
    assert!(!UiCommand::GenerateExample.info().is_enabled(&state));
    update(&mut state, Action::Run(UiCommand::GenerateExample));
    assert_eq!(text(&state), before);
}

fn push(state: &mut AppState, entry: Entry) {
    let WorkspaceState::Open(workspace) = &mut state.workspace else {
        panic!("a workspace");
    };
    workspace.entries.push(entry);
}

fn missing(state: &AppState) -> MissingRequests {
    match &state.dialog {
        Some(Dialog::Missing(missing)) => missing.clone(),
        other => panic!("{other:?}"),
    }
}

fn ask(state: &mut AppState, service: &str) -> MissingRequests {
    let group = SchemaGroup::Target;
    let service = service.to_owned();
    update(state, Action::AskMissing { service, group });
    missing(state)
}

#[test]
fn methods_without_a_request_get_one_in_a_folder_named_after_the_service() {
    let mut state = ready();
    // As reflection tools write it.
    let one = request("One", "demo.v1.Atlas.GetPlace");
    push(&mut state, entry("requests/one.json", one));
    let found = ask(&mut state, "demo.v1.Atlas");
    let names: Vec<&str> = found.methods.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["ListPlaces", "RecordTrip", "Converse"]);
    assert_eq!(found.all, 4);
    assert_eq!(found.folder, None);
    assert!(crate::app::missing_is_ready(&state, &found));

    let commands = update(&mut state, Action::CreateMissing(Box::new(found.clone())));
    assert_eq!(state.dialog, None);
    let (ticket, edit) = edit(&commands);
    let WorkspaceEdit::CreateRequests {
        folder,
        new_folder,
        requests,
    } = edit
    else {
        panic!("{edit:?}");
    };
    assert_eq!(folder, Path::new("requests"));
    assert_eq!(new_folder.as_deref(), Some("Atlas"));
    let made: Vec<_> = requests
        .iter()
        .map(|it| (it.name.as_str(), it.method.as_str()))
        .collect();
    let want: Vec<_> = found
        .methods
        .iter()
        .map(|it| (it.name.as_str(), it.path.as_str()))
        .collect();
    assert_eq!(made, want);
    for request in requests {
        let schema = schema();
        let method = schema.method(&request.method).unwrap();
        let document = stubless_core::message::Document::new(request.messages[0].0.as_str());
        let faults = stubless_core::message::check(&document, &method.input(), &Default::default());
        assert_eq!(faults, [], "{}", request.method);
    }

    on_event(
        &mut state,
        changed(ticket, workspace(), Some("requests/Atlas")),
    );
    let told = "3 requests made in “Atlas”";
    assert!(
        state.notices.iter().any(|it| it.text == told),
        "{:?}",
        state.notices
    );
}

#[test]
fn only_what_is_chosen_is_made_and_a_folder_of_the_name_is_used() {
    let mut state = ready();
    let atlas = Entry {
        path: "requests/b/Atlas".into(),
        name: "Atlas".to_owned(),
        kind: EntryKind::Folder(Vec::new()),
    };
    let above = Entry {
        path: "requests/b".into(),
        name: "b".to_owned(),
        kind: EntryKind::Folder(vec![atlas]),
    };
    push(&mut state, above);
    let mut found = ask(&mut state, "demo.v1.Atlas");
    assert_eq!(found.folder.as_deref(), Some(Path::new("requests/b/Atlas")));
    assert!(found.methods.len() > 1);
    for method in &mut found.methods[1..] {
        method.chosen = false;
    }
    let commands = update(&mut state, Action::CreateMissing(Box::new(found.clone())));
    let (
        _,
        WorkspaceEdit::CreateRequests {
            folder,
            new_folder,
            requests,
        },
    ) = edit(&commands)
    else {
        panic!("{commands:?}");
    };
    assert_eq!(
        (folder.as_path(), new_folder),
        (Path::new("requests/b/Atlas"), &None)
    );
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].method, found.methods[0].path);

    found.methods[0].chosen = false;
    let commands = update(&mut state, Action::CreateMissing(Box::new(found)));
    assert!(commands.is_empty(), "{commands:?}");
}

#[test]
fn the_palette_has_what_is_generated_and_what_is_missing() {
    let mut state = ready();
    update(&mut state, Action::Run(UiCommand::OpenPalette));
    let palette = state.palette.as_ref().unwrap();
    for command in [
        UiCommand::GenerateExample,
        UiCommand::GenerateAnother,
        UiCommand::GenerateMinimal,
        UiCommand::GenerateFull,
        UiCommand::CreateMissing,
    ] {
        let item = PaletteItem::Command(command);
        assert!(
            palette.results.iter().any(|it| it.item == item),
            "{command:?}"
        );
    }
    update(
        &mut state,
        Action::Choose(PaletteItem::Command(UiCommand::CreateMissing)),
    );
    // The one in front is `SayHello`, which is saved, and all there is.
    let found = missing(&state);
    assert_eq!(
        (found.service.as_str(), found.all, found.methods.len()),
        ("demo.v1.Greeter", 1, 0)
    );
}
