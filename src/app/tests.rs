//! `update` and `on_event`: what a person does, what the engine answers, what follows.

mod diff;
mod generate;
mod paste;
mod stream;
mod stream_view;

use std::path::{Path, PathBuf};

use prost_reflect::DescriptorPool;
use stubless_core::{
    call::{Failure, Fix, MessageLog},
    engine::{CallId, Command, Event, RenderStyle, SchemaId, Ticket, WorkspaceEdit},
    grpc::Fingerprint,
    message::{Document, JsonText},
    schema::{Fix as SourceFix, Loaded, Problem, Schema, SymbolSearch},
    workspace::{
        Entry, EntryKind, EnvironmentFile, MessageText, MetadataRow, Recent, RequestFile,
        SourceSpec, TargetSettings, Undo, Variable, WindowState, Workspace, WorkspaceFile,
    },
};

use super::*;

const HELLO: &str = "demo.v1.Greeter/SayHello";

#[test]
fn a_draft_is_clean_whenever_its_text_is_that_of_the_file() {
    let mut draft = Draft::of_file("requests/a.json".into(), &request("A", HELLO));
    // Each twice: the answer is kept for texts that did not change.
    let is_dirty = |draft: &Draft, want| draft.is_dirty() == want && draft.is_dirty() == want;
    assert!(is_dirty(&draft, false));
    draft.messages[0].replace(1..1, " ");
    assert!(is_dirty(&draft, true));
    draft.messages[0].replace(1..2, "");
    assert!(is_dirty(&draft, false));
    draft.messages[0].set_text("{\"name\": \"x\"}");
    assert!(is_dirty(&draft, true));
    draft.set_base(draft.to_file());
    assert!(is_dirty(&draft, false));
    draft.messages.push(Document::new("{}"));
    assert!(is_dirty(&draft, true));
    draft.messages.pop();
    draft.messages[0] = Document::new("{\"name\": \"y\"}");
    assert!(is_dirty(&draft, true));
}

fn schema() -> Schema {
    let pool = DescriptorPool::decode(stubless_core::demo::DESCRIPTOR_SET).unwrap();
    Schema::from_pool(pool)
}

fn loaded() -> Box<Loaded> {
    Box::new(Loaded {
        schema: schema(),
        problems: Vec::new(),
    })
}

fn request(name: &str, method: &str) -> RequestFile {
    RequestFile {
        name: name.to_owned(),
        method: method.to_owned(),
        messages: vec![MessageText("{}".to_owned())],
        ..RequestFile::default()
    }
}

fn entry(path: &str, request: RequestFile) -> Entry {
    Entry {
        path: path.into(),
        name: request.name.clone(),
        kind: EntryKind::Request(Box::new(request)),
    }
}

/// A workspace with two requests in a folder, reflection, and two environments.
fn workspace() -> Workspace {
    let hello = entry("requests/a/hello.json", request("Hello", HELLO));
    let other = entry(
        "requests/a/other.json",
        request("Other", "demo.v1.Ticker/Watch"),
    );
    Workspace {
        root: "/ws".into(),
        file: WorkspaceFile {
            name: "Test".to_owned(),
            sources: vec![SourceSpec::Reflection],
            target: Some("localhost:1".to_owned()),
            ..WorkspaceFile::default()
        },
        entries: vec![Entry {
            path: "requests/a".into(),
            name: "a".to_owned(),
            kind: EntryKind::Folder(vec![hello, other]),
        }],
        environments: vec![
            EnvironmentFile {
                name: "dev".to_owned(),
                variables: vec![variable("host", "localhost:2", false)],
                ..EnvironmentFile::default()
            },
            EnvironmentFile {
                name: "live".to_owned(),
                production: true,
                variables: vec![variable("token", "", true)],
                ..EnvironmentFile::default()
            },
        ],
        ..Workspace::default()
    }
}

fn variable(name: &str, value: &str, secret: bool) -> Variable {
    Variable {
        name: name.to_owned(),
        value: value.to_owned(),
        secret,
    }
}

/// The workspace open with its first request in front, and the commands that gave.
fn opened() -> (AppState, Vec<Command>) {
    let mut state = AppState::new(WindowState::default());
    let event = Event::WorkspaceOpened(Box::new(workspace()), Recent::default());
    let commands = on_event(&mut state, event);
    (state, commands)
}

/// The same with the schema of the target there.
fn ready() -> AppState {
    let (mut state, commands) = opened();
    let id = asked(&commands).expect("the target was asked");
    let none = on_event(&mut state, Event::SchemaLoaded(id, loaded(), None));
    assert!(none.is_empty());
    state
}

fn asked(commands: &[Command]) -> Option<SchemaId> {
    commands.iter().find_map(|command| match command {
        Command::Reflect(id, _) => Some(*id),
        _ => None,
    })
}

fn started(commands: &[Command]) -> Option<CallId> {
    commands.iter().find_map(|command| match command {
        Command::StartCall(id, _) => Some(*id),
        _ => None,
    })
}

fn edit(commands: &[Command]) -> (Ticket, &WorkspaceEdit) {
    let found = commands.iter().find_map(|command| match command {
        Command::Edit(ticket, edit) => Some((*ticket, edit)),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no edit in {commands:?}"))
}

fn front(state: &AppState) -> &Tab {
    state.active_tab().expect("a tab is in front")
}

fn changed(ticket: Ticket, workspace: Workspace, path: Option<&str>) -> Event {
    Event::WorkspaceChanged {
        ticket,
        workspace: Box::new(workspace),
        path: path.map(PathBuf::from),
        undo: None,
    }
}

fn failure(summary: &str) -> Box<Failure> {
    Box::new(Failure {
        summary: summary.to_owned(),
        ..Failure::default()
    })
}

#[test]
fn opening_a_workspace_opens_its_first_request_and_asks_its_target_once() {
    let (state, commands) = opened();
    assert_eq!(
        front(&state).draft.path.as_deref(),
        Some(Path::new("requests/a/hello.json"))
    );
    let reflections = commands
        .iter()
        .filter(|c| matches!(c, Command::Reflect(..)))
        .count();
    assert_eq!(reflections, 1);
    assert!(state.current_slot().unwrap().is_loading());
}

#[test]
fn opening_a_workspace_brings_back_what_was_open() {
    let mut state = AppState::default();
    let recent = Recent {
        path: "/ws".into(),
        open: vec![
            "requests/a/other.json".into(),
            "requests/a/hello.json".into(),
            "requests/gone.json".into(),
        ],
        active: 0,
        environment: Some("dev".to_owned()),
    };
    on_event(
        &mut state,
        Event::WorkspaceOpened(Box::new(workspace()), recent),
    );
    assert_eq!(state.tabs.len(), 2);
    assert_eq!(front(&state).draft.name, "Other");
    assert_eq!(state.environment.as_deref(), Some("dev"));
}

#[test]
fn the_embedded_server_is_asked_when_it_listens() {
    let mut state = AppState::default();
    let mut demo = workspace();
    demo.file.target = Some("demo:".to_owned());
    let commands = on_event(
        &mut state,
        Event::WorkspaceOpened(Box::new(demo), Recent::default()),
    );
    assert_eq!(asked(&commands), None);
    let address = "127.0.0.1:9".parse().unwrap();
    let commands = on_event(&mut state, Event::DemoStarted(address));
    assert!(asked(&commands).is_some());
}

#[test]
fn a_method_opens_as_a_draft_with_a_generated_body_and_makes_room_for_the_next() {
    let mut state = ready();
    let open = |state: &mut AppState, method: &str| {
        update(
            state,
            Action::OpenMethod {
                method: method.to_owned(),
                group: SchemaGroup::Target,
            },
        );
    };
    open(&mut state, HELLO);
    let draft = &front(&state).draft;
    assert!(draft.path.is_none() && !draft.is_dirty());
    assert!(draft.messages[0].text().contains("name"), "{draft:?}");

    // Only looked at: the next method takes its place.
    open(&mut state, "demo.v1.Atlas/GetPlace");
    assert_eq!(state.tabs.len(), 2);

    // Typed in: it stays.
    let id = front(&state).id;
    state.tab_mut(id).unwrap().draft.messages[0].set_text("{ }");
    open(&mut state, HELLO);
    assert_eq!(state.tabs.len(), 3);
}

#[test]
fn another_method_generates_only_a_body_that_was_never_touched() {
    let mut state = ready();
    let id = front(&state).id;
    let typed = "{\"name\": \"typed\"}";
    state.tab_mut(id).unwrap().draft.messages[0].set_text(typed);
    update(
        &mut state,
        Action::SetMethod(id, "demo.v1.Atlas/GetPlace".to_owned()),
    );
    assert_eq!(front(&state).draft.messages[0].text(), typed);

    state.tab_mut(id).unwrap().draft.messages[0].set_text("");
    update(&mut state, Action::SetMethod(id, HELLO.to_owned()));
    assert!(front(&state).draft.messages[0].text().contains("name"));
}

#[test]
fn a_call_goes_through_its_life() {
    let mut state = ready();
    let id = front(&state).id;
    let commands = update(&mut state, Action::Send(id));
    let call = started(&commands).expect("a call was started");
    assert!(matches!(front(&state).call, CallState::Starting(..)));

    // Sending again while it runs does nothing.
    assert!(update(&mut state, Action::Send(id)).is_empty());

    on_event(&mut state, Event::CallStarted(call, MessageLog::default()));
    assert!(matches!(front(&state).call, CallState::Running(_)));
    assert_eq!(state.calls_running(), 1);

    let commands = update(&mut state, Action::Run(UiCommand::Cancel));
    assert!(matches!(commands.as_slice(), [Command::Cancel(c)] if *c == call));

    // An event of a call that is not this tab's changes nothing.
    on_event(&mut state, Event::CallFailed(CallId(999), failure("other")));
    assert!(matches!(front(&state).call, CallState::Running(_)));

    // Closing the tab cancels and forgets.
    let commands = update(&mut state, Action::CloseTab(id));
    assert!(
        commands
            .iter()
            .any(|c| matches!(c, Command::Cancel(c) if *c == call))
    );
    assert!(
        commands
            .iter()
            .any(|c| matches!(c, Command::Forget(c) if *c == call))
    );
}

#[test]
fn a_mistake_brings_the_message_with_the_place_to_the_front() {
    let mut state = ready();
    let id = front(&state).id;
    let tab = state.tab_mut(id).unwrap();
    tab.view.request = RequestPane::Docs;
    let call = started(&update(&mut state, Action::Send(id))).unwrap();
    let mut mistake = failure("does not fit");
    mistake.place = Some((0, stubless_core::message::Path::root(), 0..1));
    on_event(&mut state, Event::CallFailed(call, mistake));
    assert!(matches!(front(&state).call, CallState::Rejected(_)));
    assert_eq!(front(&state).view.request, RequestPane::Message);
}

#[test]
fn a_call_waits_for_the_schema_and_goes_on_when_it_comes() {
    let (mut state, commands) = opened();
    let schema = asked(&commands).unwrap();
    let id = front(&state).id;
    assert!(started(&update(&mut state, Action::Send(id))).is_none());
    assert!(matches!(front(&state).call, CallState::AwaitingSchema(..)));
    let commands = on_event(&mut state, Event::SchemaLoaded(schema, loaded(), None));
    assert!(started(&commands).is_some());
}

#[test]
fn a_call_to_a_target_that_was_never_asked_asks_it_too() {
    let mut state = ready();
    let id = front(&state).id;
    state.tab_mut(id).unwrap().draft.target = Some("127.0.0.1:7".to_owned());
    assert!(state.schemas.was_not_asked(&state.current_key().unwrap()));
    let commands = update(&mut state, Action::Send(id));
    assert!(started(&commands).is_some());
    assert!(asked(&commands).is_some(), "{commands:?}");
    assert!(state.current_slot().unwrap().is_loading());

    // The field is left after that: nothing is asked twice.
    assert!(update(&mut state, Action::CommitTarget(id)).is_empty());
}

#[test]
fn a_waiting_call_is_never_sent_to_a_target_that_was_typed_later() {
    let (mut state, commands) = opened();
    let schema = asked(&commands).unwrap();
    let id = front(&state).id;
    update(&mut state, Action::Send(id));
    assert!(matches!(front(&state).call, CallState::AwaitingSchema(..)));

    state.tab_mut(id).unwrap().draft.target = Some("127.0.0.1:7".to_owned());
    let commands = update(&mut state, Action::CommitTarget(id));
    assert!(started(&commands).is_none());
    assert!(matches!(front(&state).call, CallState::Idle));
    if let Some(later) = asked(&commands) {
        let commands = on_event(&mut state, Event::SchemaLoaded(later, loaded(), None));
        assert!(started(&commands).is_none());
    }
    let commands = on_event(&mut state, Event::SchemaLoaded(schema, loaded(), None));
    assert!(started(&commands).is_none());
}

#[test]
fn a_call_whose_schema_cannot_be_had_says_why_and_a_retry_asks_again() {
    let (mut state, commands) = opened();
    let schema = asked(&commands).unwrap();
    let id = front(&state).id;
    update(&mut state, Action::Send(id));
    on_event(
        &mut state,
        Event::SchemaFailed(schema, failure("nobody there")),
    );
    let CallState::Rejected(rejected) = &front(&state).call else {
        panic!("{:?}", front(&state).call);
    };
    assert_eq!(rejected.summary, "nobody there");
    assert!(rejected.fixes.contains(&Fix::Retry));

    let commands = update(&mut state, Action::ApplyFix(id, Fix::UseTls));
    assert_eq!(front(&state).draft.settings.tls, Some(true));
    assert!(asked(&commands).is_some(), "{commands:?}");
}

#[test]
fn a_target_that_cannot_be_connected_to_for_its_schema_is_not_dialled_again_for_the_call() {
    let unconnected = || {
        Box::new(Failure {
            unconnected: true,
            ..*failure("silent")
        })
    };
    // Another target's schema has the method, so that the call could be made.
    for (name, failure, wait_for_ready, made) in [
        ("no connection", unconnected(), None, false),
        ("no reflection", failure("not offered"), None, true),
        (
            "a call that waits for ready",
            unconnected(),
            Some(true),
            true,
        ),
    ] {
        let mut state = ready();
        let id = front(&state).id;
        let tab = state.tab_mut(id).unwrap();
        tab.draft.target = Some("127.0.0.1:7".to_owned());
        tab.draft.call.wait_for_ready = wait_for_ready;
        let schema = asked(&update(&mut state, Action::CommitTarget(id))).unwrap();
        assert!(started(&update(&mut state, Action::Send(id))).is_none());
        assert!(front(&state).call.is_active(), "it can be cancelled");
        let commands = on_event(&mut state, Event::SchemaFailed(schema, failure));
        assert_eq!(started(&commands).is_some(), made, "{name}");
        if !made {
            assert_eq!(front(&state).call.failure().unwrap().summary, "silent");
            // Trying again asks again, once.
            let commands = update(&mut state, Action::ApplyFix(id, Fix::Retry));
            assert!(asked(&commands).is_some());
            assert!(started(&commands).is_none());
        }
    }
}

#[test]
fn an_answer_to_a_question_asked_anew_is_dropped() {
    let (mut state, commands) = opened();
    let old = asked(&commands).unwrap();
    let commands = update(&mut state, Action::Run(UiCommand::RefreshSchema));
    let new = asked(&commands).unwrap();
    on_event(&mut state, Event::SchemaFailed(old, failure("late")));
    assert!(state.current_slot().unwrap().is_loading());
    on_event(&mut state, Event::SchemaLoaded(new, loaded(), None));
    assert!(state.current_slot().unwrap().schema().is_some());
}

#[test]
fn the_target_is_asked_when_typing_is_done_and_not_before() {
    let mut state = ready();
    let id = front(&state).id;
    state.tab_mut(id).unwrap().draft.target = Some(" {{ host }} ".to_owned());
    update(&mut state, Action::SelectEnvironment(None));
    let cases = [
        ("no value yet", None, false),
        ("a value", Some("dev"), true),
    ];
    for (name, environment, expected) in cases {
        update(
            &mut state,
            Action::SelectEnvironment(environment.map(str::to_owned)),
        );
        let commands = update(&mut state, Action::CommitTarget(id));
        let now_known = state.current_slot().is_some();
        assert_eq!(asked(&commands).is_some() || now_known, expected, "{name}");
    }
    assert_eq!(state.current_key().unwrap().target, "localhost:2");

    // Typed to be the workspace's: it follows the workspace.
    state.tab_mut(id).unwrap().draft.target = Some("localhost:1".to_owned());
    update(&mut state, Action::CommitTarget(id));
    assert_eq!(front(&state).draft.target, None);
}

#[test]
fn production_asks_before_a_call() {
    let mut state = ready();
    let id = front(&state).id;
    update(
        &mut state,
        Action::SelectEnvironment(Some("live".to_owned())),
    );
    assert!(update(&mut state, Action::Send(id)).is_empty());
    assert!(matches!(state.dialog, Some(Dialog::ConfirmSend { .. })));
    let commands = update(&mut state, Action::SendConfirmed(id));
    assert!(started(&commands).is_some());
    assert!(state.dialog.is_none());
}

#[test]
fn settings_of_the_workspace_do_not_reach_another_target() {
    let mut above = workspace().inherited(Path::new("requests/x.json"));
    above.settings = TargetSettings {
        insecure_skip_verify: Some(true),
        tls: Some(true),
        ..TargetSettings::default()
    };
    let mut draft = Draft::unsaved(&request("", HELLO));
    assert!(draft.effective(&above).settings.skips_verification());
    draft.target = Some("elsewhere:1".to_owned());
    let settings = draft.effective(&above).settings;
    assert!(!settings.skips_verification());
    assert_eq!(settings.tls, None);
}

/// A state whose workspace says `above`.
fn ready_below(above: TargetSettings) -> AppState {
    let mut state = ready();
    let WorkspaceState::Open(workspace) = &mut state.workspace else {
        panic!("a workspace");
    };
    workspace.file.settings = above;
    state
}

/// The settings that count for the tab in front.
fn in_force(state: &AppState) -> TargetSettings {
    let draft = &front(state).draft;
    draft.effective(&state.above(Some(draft))).settings
}

#[test]
fn skipping_the_check_works_below_a_pinned_certificate() {
    let mut state = ready_below(TargetSettings {
        pinned_certificate: Some("AB".repeat(32)),
        ..TargetSettings::default()
    });
    let id = front(&state).id;
    assert_eq!(in_force(&state).pinned_certificate, Some("AB".repeat(32)));
    update(&mut state, Action::ApplyFix(id, Fix::SkipVerification));
    assert!(in_force(&state).skips_verification());
    // And trusting one again works below a check that is skipped.
    let fingerprint = Fingerprint([0xcd; 32]);
    let fix = Fix::TrustCertificate(fingerprint);
    update(&mut state, Action::ApplyFix(id, fix));
    let settings = in_force(&state);
    assert_eq!(settings.pinned_certificate, Some(fingerprint.to_string()));
    assert_eq!(settings.insecure_skip_verify, None);
}

#[test]
fn a_chosen_client_certificate_takes_the_place_of_an_inherited_or_own_file() {
    let mut state = ready_below(TargetSettings {
        client_p12: Some("above.p12".into()),
        client_p12_password: Some("{{ p12 }}".to_owned()),
        ..TargetSettings::default()
    });
    let id = front(&state).id;
    let choose = |state: &mut AppState, file, path: &str| {
        let pick = Pick::Settings(file, Some(id));
        update(state, Action::Picked(pick, vec![path.into()]));
    };
    update(
        &mut state,
        Action::ApplyFix(id, Fix::ChooseClientCertificate),
    );
    choose(&mut state, SettingsFile::ClientCert, "me.pem");
    let settings = in_force(&state);
    assert_eq!(settings.client_cert, Some("me.pem".into()));
    assert_eq!(settings.client_p12, None);
    assert_eq!(settings.client_p12_password, None);
    choose(&mut state, SettingsFile::ClientP12, "me.p12");
    let settings = in_force(&state);
    assert_eq!((settings.client_cert, settings.client_key), (None, None));
    assert_eq!(settings.client_p12, Some("me.p12".into()));
}

#[test]
fn the_content_of_a_file_goes_into_its_field() {
    let mut state = ready_below(TargetSettings::default());
    let tab = front(&state).id;
    let place = BytesPlace {
        tab,
        message: front(&state).draft.messages[0].id(),
        path: stubless_core::message::Path::root().key("payload"),
    };
    let pick = Pick::Bytes(place.clone());
    update(&mut state, Action::Picked(pick, vec!["/x.bin".into()]));
    let asked = Platform::ReadBytes(place.clone(), "/x.bin".into());
    assert_eq!(state.platform, [asked]);
    update(
        &mut state,
        Action::BytesRead(place.clone(), Ok("AQI=".to_owned())),
    );
    let text = |state: &AppState| front(state).draft.messages[0].text().to_owned();
    let plain = text(&state).replace(char::is_whitespace, "");
    assert!(plain.contains(r#""payload":"AQI=""#), "{plain}");
    let before = text(&state);
    for (read, said) in [
        (Err("Cannot read it".to_owned()), "Cannot read it"),
        (
            Ok("AQI=".to_owned()),
            "no place for the file at `payload.x`",
        ),
    ] {
        let place = BytesPlace {
            path: match read {
                Ok(_) => place.path.key("x"),
                Err(_) => place.path.clone(),
            },
            ..place.clone()
        };
        update(&mut state, Action::BytesRead(place, read));
        assert_eq!(text(&state), before);
        let told = format!("{:?}", state.notices);
        assert!(told.contains(said), "{told}");
    }
    let gone = BytesPlace {
        message: stubless_core::message::Document::new("").id(),
        ..place
    };
    update(&mut state, Action::BytesRead(gone, Ok(String::new())));
    assert_eq!(text(&state), before);
}

#[test]
fn a_request_overrides_the_metadata_of_the_workspace() {
    let row = |key: &str, value: &str| MetadataRow {
        key: key.to_owned(),
        value: value.to_owned(),
        enabled: true,
    };
    let mut above = workspace().inherited(Path::new("requests/x.json"));
    above.metadata = vec![row("a", "1"), row("b", "2")];
    let mut draft = Draft::unsaved(&request("", HELLO));
    draft.metadata = vec![row("B", "own"), row("", "")];
    let sent = draft.effective(&above).metadata;
    assert_eq!(sent, [row("a", "1"), row("B", "own")]);
}

#[test]
fn saving_keeps_what_is_typed_meanwhile() {
    let mut state = ready();
    let id = front(&state).id;
    state.tab_mut(id).unwrap().draft.docs = "first".to_owned();
    let commands = update(&mut state, Action::Save(id));
    let (ticket, _) = edit(&commands);
    state.tab_mut(id).unwrap().draft.docs = "first and more".to_owned();

    let mut on_disk = workspace();
    set_docs(&mut on_disk, "first");
    on_event(&mut state, changed(ticket, on_disk, None));
    assert_eq!(front(&state).draft.docs, "first and more");
    assert_eq!(front(&state).draft.base().docs, "first");
    assert!(front(&state).draft.is_dirty());
    assert!(front(&state).outside.is_none());
}

/// Changes the first request's notes.
fn set_docs(workspace: &mut Workspace, docs: &str) {
    let EntryKind::Folder(entries) = &mut workspace.entries[0].kind else {
        panic!("a folder");
    };
    let EntryKind::Request(request) = &mut entries[0].kind else {
        panic!("a request");
    };
    request.docs = docs.to_owned();
}

#[test]
fn a_file_that_changed_outside_is_taken_or_offered() {
    for (name, typed, expected) in [
        ("nothing typed", None, "outside"),
        ("something typed", Some("mine"), "mine"),
    ] {
        let mut state = ready();
        let id = front(&state).id;
        if let Some(typed) = typed {
            state.tab_mut(id).unwrap().draft.docs = typed.to_owned();
        }
        let commands = update(&mut state, Action::Run(UiCommand::ReloadWorkspace));
        let (ticket, _) = edit(&commands);
        let mut on_disk = workspace();
        set_docs(&mut on_disk, "outside");
        on_event(&mut state, changed(ticket, on_disk, None));
        assert_eq!(front(&state).draft.docs, expected, "{name}");
        assert_eq!(front(&state).outside.is_some(), typed.is_some(), "{name}");
        if typed.is_some() {
            update(&mut state, Action::KeepTyped(id));
            assert_eq!(front(&state).draft.base().docs, "outside", "{name}");
            assert_eq!(front(&state).draft.docs, "mine", "{name}");
        }
    }
}

#[test]
fn a_save_that_failed_keeps_the_draft_dirty_and_the_window_open() {
    let mut state = ready();
    let id = front(&state).id;
    state.tab_mut(id).unwrap().draft.docs = "typed".to_owned();
    assert!(update(&mut state, Action::CloseWindow).is_empty());
    assert!(matches!(state.dialog, Some(Dialog::Unsaved { .. })));
    let commands = update(&mut state, Action::SaveAndGoOn);
    let (ticket, _) = edit(&commands);
    on_event(&mut state, Event::EditFailed(ticket, failure("read-only")));
    assert!(state.platform.is_empty());
    assert!(front(&state).draft.is_dirty());
    assert_eq!(state.notices.iter().count(), 1);
}

#[test]
fn closing_the_window_saves_everything_first() {
    let mut state = ready();
    let id = front(&state).id;
    state.tab_mut(id).unwrap().draft.docs = "typed".to_owned();
    update(&mut state, Action::CloseWindow);
    let commands = update(&mut state, Action::SaveAndGoOn);
    let (ticket, _) = edit(&commands);
    assert!(state.platform.is_empty());
    let mut on_disk = workspace();
    set_docs(&mut on_disk, "typed");
    on_event(&mut state, changed(ticket, on_disk, None));
    assert_eq!(state.platform, [Platform::Close]);
}

#[test]
fn a_renamed_folder_takes_its_open_requests_along() {
    let mut state = ready();
    let commands = update(
        &mut state,
        Action::Rename {
            path: "requests/a".into(),
            name: "b".to_owned(),
        },
    );
    let (ticket, _) = edit(&commands);
    let mut moved = workspace();
    moved.entries[0].path = "requests/b".into();
    let EntryKind::Folder(entries) = &mut moved.entries[0].kind else {
        panic!("a folder");
    };
    entries[0].path = "requests/b/hello.json".into();
    entries[1].path = "requests/b/other.json".into();
    on_event(&mut state, changed(ticket, moved, Some("requests/b")));
    assert_eq!(
        front(&state).draft.path.as_deref(),
        Some(Path::new("requests/b/hello.json"))
    );
}

#[test]
fn a_deletion_leaves_the_text_and_undo_ties_it_to_its_file_again() {
    let mut state = ready();
    let path = PathBuf::from("requests/a/hello.json");
    let commands = update(&mut state, Action::Delete(path.clone()));
    let (ticket, _) = edit(&commands);
    let mut without = workspace();
    let EntryKind::Folder(entries) = &mut without.entries[0].kind else {
        panic!("a folder");
    };
    entries.remove(0);
    let undo = Undo {
        path: path.clone(),
        kept: "/kept".into(),
        position: None,
    };
    on_event(
        &mut state,
        Event::WorkspaceChanged {
            ticket,
            workspace: Box::new(without),
            path: None,
            undo: Some(undo),
        },
    );
    assert_eq!(front(&state).deleted.as_ref(), Some(&path));
    assert!(state.notices.can_undo());

    let commands = update(&mut state, Action::Run(UiCommand::Undo));
    let (ticket, what) = edit(&commands);
    assert!(matches!(what, WorkspaceEdit::Restore { .. }));
    on_event(&mut state, changed(ticket, workspace(), None));
    assert_eq!(front(&state).draft.path.as_ref(), Some(&path));
    assert!(front(&state).deleted.is_none());
}

#[test]
fn a_secret_stays_in_memory() {
    let mut state = ready();
    update(
        &mut state,
        Action::SelectEnvironment(Some("live".to_owned())),
    );
    let environment = EnvironmentFile {
        name: "live".to_owned(),
        variables: vec![variable("token", "s3cret", true)],
        ..EnvironmentFile::default()
    };
    let commands = update(
        &mut state,
        Action::SaveEnvironment {
            old: Some("live".to_owned()),
            environment,
        },
    );
    let (_, what) = edit(&commands);
    let WorkspaceEdit::SaveEnvironment { environment } = what else {
        panic!("{what:?}");
    };
    assert_eq!(environment.variables[0].value, "");
    assert_eq!(state.scope().variables["token"], "s3cret");
}

#[test]
fn a_refused_command_leaves_nothing_waiting() {
    let mut state = ready();
    let id = front(&state).id;
    let call = started(&update(&mut state, Action::Send(id))).unwrap();
    refused(&mut state, Refusal::Start(call));
    assert!(matches!(front(&state).call, CallState::Rejected(_)));

    let commands = update(&mut state, Action::Run(UiCommand::RefreshSchema));
    refused(&mut state, Refusal::Schema(asked(&commands).unwrap()));
    let slot = state.current_slot().unwrap();
    assert!(slot.failure().is_some() && slot.schema().is_some());
}

#[test]
fn the_memo_asks_once_and_keeps_within_its_bounds() {
    let mut memo = TextMemo::default();
    let key = (0, RenderStyle::Preview);
    assert_eq!(memo.ask(vec![key, key]), [key]);
    assert!(memo.ask(vec![key]).is_empty());
    memo.forget_asked(&[key]);
    assert_eq!(memo.ask(vec![key]), [key]);

    let text = |bytes: usize| {
        std::sync::Arc::new(JsonText {
            text: "x".repeat(bytes),
            problems: Vec::new(),
            worst: None,
            cut: false,
        })
    };
    for index in 0..10_000 {
        memo.put(index, RenderStyle::Preview, text(10));
    }
    assert!(memo.len() <= 4096, "{}", memo.len());
    // One text larger than the whole budget is what is being looked at: it alone stays.
    memo.put(1, RenderStyle::Full, text(30 << 20));
    assert_eq!(memo.len(), 1);
    assert!(memo.get(1, RenderStyle::Full).is_some());
}

#[test]
fn every_command_has_one_line_and_no_shortcut_twice() {
    for (index, info) in COMMANDS.iter().enumerate() {
        assert_eq!(info.id.info().label, info.label);
        let again = COMMANDS.iter().skip(index + 1).find(|other| {
            other.id == info.id || (other.shortcut.is_some() && other.shortcut == info.shortcut)
        });
        // A first send and a further message share a key, as do a tab and the comparison, which is in front
        // while no tab is: only one of them is ever enabled.
        let shared = [
            (UiCommand::SendMessage, UiCommand::Send),
            (UiCommand::CloseTab, UiCommand::CloseComparison),
        ];
        if let Some(other) = again {
            let pair = (info.id, other.id);
            assert!(shared.contains(&pair), "{pair:?}");
        }
    }
}

#[test]
fn the_palette_finds_a_method_by_a_few_letters() {
    let mut state = ready();
    update(&mut state, Action::Run(UiCommand::OpenPalette));
    let palette = state.palette.as_mut().unwrap();
    palette.query = "sayhel".to_owned();
    update(&mut state, Action::Search);
    let first = state.palette.as_ref().unwrap().results[0].clone();
    assert_eq!(first.label, "Greeter/SayHello");
    assert!(!first.hits.is_empty());
    update(&mut state, Action::Choose(first.item));
    assert_eq!(front(&state).draft.method, HELLO);
    assert!(state.palette.is_none());
}

#[test]
fn the_filter_keeps_what_matches_and_what_leads_there() {
    let schema = schema();
    let none = std::collections::HashSet::new();
    let sidebar = Sidebar {
        filter: "sayh".to_owned(),
        ..Sidebar::default()
    };
    let mut search = SymbolSearch::default();
    let rows = service_rows(SchemaGroup::Files, &schema, &sidebar, &mut search);
    let labels: Vec<&str> = rows.iter().map(ServiceRow::label).collect();
    assert_eq!(labels, ["demo.v1", "Greeter", "SayHello"]);

    let rows = request_rows(&workspace().entries, "other", &none);
    let labels: Vec<&str> = rows.iter().map(|row| row.label.as_str()).collect();
    assert_eq!(labels, ["a", "Other"]);
}

#[test]
fn types_are_listed_when_they_are_wanted_and_rows_open_and_close() {
    let schema = schema();
    let mut sidebar = Sidebar::default();
    let labels = |sidebar: &Sidebar| {
        let mut search = SymbolSearch::default();
        let rows = service_rows(SchemaGroup::Files, &schema, sidebar, &mut search);
        let labels = rows
            .iter()
            .map(|row| format!("{} {}", row.depth, row.label()));
        labels.collect::<Vec<_>>()
    };
    let calls = labels(&sidebar);
    assert!(calls.contains(&"2 SayHello".to_owned()), "{calls:?}");
    assert!(!calls.iter().any(|label| label.contains("HelloRequest")));

    sidebar.show_types(true);
    let all = labels(&sidebar);
    assert!(all.contains(&"1 HelloRequest".to_owned()), "{all:?}");
    sidebar.filter = "hellorequest".to_owned();
    assert_eq!(labels(&sidebar), ["0 demo.v1", "1 HelloRequest"]);

    sidebar.filter.clear();
    sidebar.toggle("Files/demo.v1");
    assert!(!labels(&sidebar).contains(&"1 Greeter".to_owned()));
    sidebar.toggle("Files/demo.v1");
    sidebar.toggle("Files/demo.v1.Greeter");
    let closed = labels(&sidebar);
    assert!(closed.contains(&"1 Greeter".to_owned()));
    assert!(!closed.contains(&"2 SayHello".to_owned()));
}

#[test]
fn a_method_found_in_the_palette_is_shown_in_the_tree() {
    let mut state = ready();
    for key in ["Target/demo.v1", "Target/demo.v1.Greeter"] {
        state.sidebar.toggle(key);
    }
    let rows = |state: &AppState| {
        let schema = state.current_slot().and_then(|slot| slot.schema()).unwrap();
        let mut search = SymbolSearch::default();
        service_rows(SchemaGroup::Target, schema, &state.sidebar, &mut search)
    };
    let has = |rows: &[ServiceRow]| rows.iter().any(|row| row.symbol() == HELLO);
    assert!(!has(&rows(&state)));
    let kind = stubless_core::schema::CallKind::Unary;
    let method = PaletteItem::Method(HELLO.to_owned(), SchemaGroup::Target, kind);
    for _ in 0..2 {
        // Once more closes nothing.
        update(&mut state, Action::Choose(method.clone()));
        assert!(has(&rows(&state)));
    }
}

#[test]
fn a_type_found_in_the_palette_is_shown_in_docs_and_links_lead_back() {
    let mut state = ready();
    update(&mut state, Action::Run(UiCommand::OpenPalette));
    state.palette.as_mut().unwrap().query = "HelloRequest".to_owned();
    update(&mut state, Action::Search);
    let first = state.palette.as_ref().unwrap().results[0].clone();
    let PaletteItem::Symbol(symbol, group, _) = &first.item else {
        panic!("{first:?}");
    };
    assert_eq!(symbol, "demo.v1.HelloRequest");
    let place = DocsPlace {
        symbol: symbol.clone(),
        group: Some(*group),
    };
    update(&mut state, Action::Choose(first.item.clone()));
    assert_eq!(front(&state).view.docs.shown(), Some(&place));
    assert_eq!(front(&state).view.request, RequestPane::Docs);

    let id = front(&state).id;
    let link = Action::ShowSymbol(id, "demo.v1.Greeter".to_owned());
    update(&mut state, link);
    let docs = &mut state.tab_mut(id).unwrap().view.docs;
    assert_eq!(docs.shown().unwrap().symbol, "demo.v1.Greeter");
    docs.back();
    assert_eq!(docs.shown(), Some(&place));
    docs.back();
    assert_eq!((docs.shown(), docs.has_back()), (None, false));
    docs.forward();
    assert_eq!(docs.shown(), Some(&place));
    // A new step forgets what was ahead.
    docs.go_to(DocsPlace {
        symbol: "x".to_owned(),
        group: None,
    });
    assert!(!docs.has_forward());
}

#[test]
fn sources_survive_their_editor() {
    let sources = vec![
        SourceSpec::Protos {
            files: vec!["a.proto".into(), "b".into()],
            roots: vec!["root".into()],
            exclude: vec!["b/old.proto".into()],
        },
        SourceSpec::DescriptorSet("x.binpb".into()),
        SourceSpec::Reflection,
    ];
    assert_eq!(SourceEditor::of(&sources).to_sources(), sources);
}

#[test]
fn a_button_mends_the_source_a_problem_came_from() {
    let protos = |roots: &[&str], exclude: &[&str]| SourceSpec::Protos {
        files: vec!["protos".into()],
        roots: roots.iter().map(PathBuf::from).collect(),
        exclude: exclude.iter().map(PathBuf::from).collect(),
    };
    let mut state = ready();
    let WorkspaceState::Open(workspace) = &mut state.workspace else {
        panic!("a workspace");
    };
    let set = SourceSpec::DescriptorSet("x.binpb".into());
    workspace.file.sources = vec![
        SourceSpec::Reflection,
        set.clone(),
        protos(&["protos"], &["old.proto"]),
    ];
    let root = |path: &str| SourceFix::AddRoot(path.into());
    let prefer = |drop: &str| SourceFix::Prefer {
        keep: "a.proto".to_owned(),
        drop: drop.into(),
    };
    // The engine counts the sources that are files.
    let rows = [
        (
            "inside",
            root("/ws/deps"),
            protos(&["protos", "deps"], &["old.proto"]),
        ),
        (
            "outside",
            root("/far"),
            protos(&["protos", "/far"], &["old.proto"]),
        ),
        (
            "left out",
            prefer("/ws/protos/b.proto"),
            protos(&["protos"], &["old.proto", "protos/b.proto"]),
        ),
    ];
    for (name, fix, expected) in rows {
        let commands = update(&mut state, Action::MendSource(1, fix));
        let (_, what) = edit(&commands);
        let WorkspaceEdit::SaveFile { file } = what else {
            panic!("{name}: {what:?}");
        };
        let sources = [SourceSpec::Reflection, set.clone(), expected];
        assert_eq!(file.sources, sources, "{name}");
    }
    let nothing = [
        ("there already", 1, root("/ws/protos")),
        ("no proto files", 0, root("/ws/deps")),
        ("no such source", 2, root("/ws/deps")),
    ];
    for (name, source, fix) in nothing {
        let commands = update(&mut state, Action::MendSource(source, fix));
        assert!(commands.is_empty(), "{name}");
    }
}

#[test]
fn roots_nobody_gave_are_looked_for_once_and_shown() {
    let mut state = ready();
    let picked = Action::Picked(Pick::ProtoFolder, vec!["/p".into()]);
    assert!(update(&mut state, picked).is_empty());
    let editor = |state: &AppState| match &state.dialog {
        Some(Dialog::Sources(editor)) => editor.clone(),
        other => panic!("{other:?}"),
    };
    let root = Path::new("/ws");
    let files = editor(&state).unasked(root).unwrap();
    assert_eq!(files, [PathBuf::from("/p")]);
    let commands = update(&mut state, Action::FindRoots(files.clone()));
    assert!(matches!(&commands[..], [Command::FindRoots(asked)] if *asked == files));
    assert_eq!(editor(&state).unasked(root), None, "asked once");
    let roots = vec![PathBuf::from("/p/deps")];
    let answer = Event::RootsFound {
        files: files.clone(),
        roots: roots.clone(),
    };
    assert!(on_event(&mut state, answer).is_empty());
    assert_eq!(editor(&state).found, [(files, Some(roots))]);
}

#[test]
fn dropped_sources_are_kept_relative_and_once() {
    let mut state = ready();
    let source = |path: &str| SourceSpec::DescriptorSet(path.into());
    let action = Action::AddSources(vec![source("/ws/x.binpb"), source("x.binpb")]);
    let commands = update(&mut state, action);
    let (_, what) = edit(&commands);
    let WorkspaceEdit::SaveFile { file } = what else {
        panic!("{what:?}");
    };
    assert_eq!(file.sources, [SourceSpec::Reflection, source("x.binpb")]);
}

#[test]
fn a_target_without_an_answer_borrows_the_schema_of_another() {
    let mut state = ready();
    let id = front(&state).id;
    state.tab_mut(id).unwrap().draft.target = Some("elsewhere:1".to_owned());
    let commands = update(&mut state, Action::CommitTarget(id));
    let question = asked(&commands).unwrap();
    // While it is asked, the form stays and a call waits for the answer.
    assert!(state.kind_of(front(&state)).is_some());
    assert!(started(&update(&mut state, Action::Send(id))).is_none());
    let commands = on_event(
        &mut state,
        Event::SchemaFailed(question, failure("no reflection")),
    );
    assert!(started(&commands).is_some(), "{commands:?}");
}

#[test]
fn a_dialog_whose_edit_failed_is_open_again_with_what_was_typed() {
    let mut state = ready();
    let typed = Dialog::NewFolder {
        parent: "requests".into(),
        name: "a".to_owned(),
    };
    let create = |state: &mut AppState| {
        state.dialog = Some(typed.clone());
        let action = Action::CreateFolder {
            parent: "requests".into(),
            name: "a".to_owned(),
        };
        edit(&update(state, action)).0
    };
    let ticket = create(&mut state);
    assert_eq!(state.dialog, None);
    on_event(&mut state, Event::EditFailed(ticket, failure("disk full")));
    assert_eq!(state.dialog.as_ref(), Some(&typed));

    let ticket = create(&mut state);
    state.dialog = Some(Dialog::About);
    on_event(&mut state, Event::EditFailed(ticket, failure("disk full")));
    assert_eq!(state.dialog, Some(Dialog::About), "another one is open");
}

#[test]
fn a_method_of_files_goes_where_the_workspace_says_or_the_request_in_front() {
    let mut state = ready();
    let open = |state: &mut AppState, method: &str| {
        let method = method.to_owned();
        let group = SchemaGroup::Files;
        update(state, Action::OpenMethod { method, group });
        front(state).draft.target.clone()
    };
    let id = front(&state).id;
    state.tab_mut(id).unwrap().draft.target = Some("here:1".to_owned());
    assert_eq!(open(&mut state, "demo.v1.Ticker/Watch"), None);

    update(&mut state, Action::Activate(id));
    let WorkspaceState::Open(workspace) = &mut state.workspace else {
        panic!("no workspace");
    };
    workspace.file.target = None;
    let taken = open(&mut state, "demo.v1.Greeter/SayHello");
    assert_eq!(taken.as_deref(), Some("here:1"));
}

#[test]
fn a_form_stays_while_its_file_is_half_written() {
    let mut state = ready();
    let front = front(&state).draft.method.clone();
    let load = |state: &mut AppState, schema: Schema, problems: Vec<Problem>| {
        let id = SchemaId(state.fresh());
        state.schemas.files.begin(id);
        let loaded = Box::new(Loaded { schema, problems });
        assert!(state.schemas.loaded(id, loaded));
    };
    let broken = || vec![Problem::new("greeter.proto", "expected `;`")];
    // No server was asked: only the files know the method.
    state.schemas.clear();
    let known = |state: &AppState| state.schemas.schema_of(&front, None).is_some();

    load(&mut state, schema(), Vec::new());
    load(&mut state, Schema::empty(), broken());
    assert!(known(&state));
    load(&mut state, Schema::empty(), broken());
    assert!(known(&state), "saved again, still broken");
    load(&mut state, Schema::empty(), Vec::new());
    assert!(!known(&state), "the service was taken out");
}

#[test]
fn a_setting_that_cannot_be_read_is_neither_sent_nor_saved() {
    let mut state = ready();
    let id = front(&state).id;
    let unread = &mut state.tab_mut(id).unwrap().draft.unread;
    unread.keep(RECEIVE_AT_MOST, "12parsecs".to_owned(), "Write a number");

    let commands = update(&mut state, Action::Send(id));
    assert_eq!(started(&commands), None);
    let CallState::Rejected(failure) = &front(&state).call else {
        panic!("{:?}", front(&state).call);
    };
    assert_eq!(
        failure.summary,
        "`Receive at most` cannot be used: `12parsecs`"
    );

    let commands = update(&mut state, Action::Save(id));
    let (_, WorkspaceEdit::SaveRequest { new, .. }) = edit(&commands) else {
        panic!("{commands:?}");
    };
    assert_eq!(new.call.max_receive_bytes, None);
    assert!(front(&state).draft.is_dirty(), "the dot stays");
    let told = state.notices.iter().next_back().map(|it| it.text.clone());
    assert!(told.unwrap().contains("`Receive at most`"));

    // A button of a card that sets the field mends it.
    let fix = Action::ApplyFix(id, Fix::RaiseReceiveLimit(1 << 20));
    assert!(started(&update(&mut state, fix)).is_some());
}

#[test]
fn what_a_card_set_for_one_certificate_does_not_follow_to_another_server() {
    let mut state = ready();
    let id = front(&state).id;
    let pin = Fingerprint([7; 32]);
    let set = |state: &mut AppState, target: &str| {
        state.tab_mut(id).unwrap().draft.target = Some(target.to_owned());
        update(state, Action::CommitTarget(id));
        front(state).draft.settings.clone()
    };
    set(&mut state, "a.example:1");
    update(&mut state, Action::ApplyFix(id, Fix::TrustCertificate(pin)));
    let name = Fix::UseServerName("b".to_owned());
    update(&mut state, Action::ApplyFix(id, name));

    // The same server in other words, and one that is half typed, change nothing.
    for same in ["https://a.example:1", "a.exam"] {
        let settings = set(&mut state, same);
        assert_eq!(settings.pinned_certificate, Some(pin.to_string()), "{same}");
    }
    let settings = set(&mut state, "a.example:2");
    assert_eq!(settings.pinned_certificate, None);
    assert_eq!(settings.server_name, None);
    let told = state.notices.iter().next_back().map(|it| it.text.clone());
    assert!(told.unwrap().contains("`a.example:1`"));

    // One that the person typed stays.
    let typed = &mut state.tab_mut(id).unwrap().draft.settings;
    typed.pinned_certificate = Some(pin.to_string());
    let settings = set(&mut state, "c.example:1");
    assert_eq!(settings.pinned_certificate, Some(pin.to_string()));
}

#[test]
fn files_that_come_later_fill_the_gaps_of_what_the_target_told() {
    let gap = || {
        let mut loaded = loaded();
        let reason = "import `b.proto` was not found";
        loaded
            .problems
            .push(stubless_core::schema::Problem::new("a.proto", reason));
        loaded
    };
    let rows = [("with gaps", gap(), true), ("complete", loaded(), false)];
    for (name, answer, again) in rows {
        let (mut state, commands) = opened();
        let id = asked(&commands).expect("the target was asked");
        on_event(&mut state, Event::SchemaLoaded(id, answer, None));
        let files = stubless_core::engine::SchemaId(4_711);
        state.schemas.files.begin(files);

        let commands = on_event(&mut state, Event::SchemaLoaded(files, loaded(), None));

        assert_eq!(asked(&commands).is_some(), again, "{name}");
        for command in &commands {
            let Command::Reflect(_, spec) = command else {
                continue;
            };
            assert!(spec.filling.is_some(), "{name}");
        }
    }
}
