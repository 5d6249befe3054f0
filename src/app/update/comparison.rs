//! Comparing the workspace's files with the server at hand.

use stubless_core::{
    call::Failure,
    engine::{Command, CompareId, Compared},
    schema::{
        Schema,
        drift::{Change, ChangeKind, Drift, Side},
    },
};

use super::{schema::reflect_spec, tab};
use crate::app::{
    AppState, BodyView, Comparison, ComparisonSlot, Dialog, Differences, DocsPlace, DriftView,
    ReflectKey, RequestPane, SchemaGroup, SchemaSlot,
};

/// Asks the server at hand, and shows what comes of it.
pub(super) fn open(state: &mut AppState) -> Vec<Command> {
    let Some(key) = state.current_key() else {
        return Vec::new();
    };
    if !matches!(state.dialog, Some(Dialog::Drift(_))) {
        state.dialog = Some(Dialog::Drift(DriftView::default()));
    }
    ask(state, key)
}

/// The files are others now, or what the server told: what differs may be, too. The server is not asked
/// again if it answered.
pub(crate) fn again(state: &mut AppState) -> Vec<Command> {
    let Some(comparison) = &state.comparison else {
        return Vec::new();
    };
    let key = comparison.key.clone();
    let told = state.schemas.target(&key).and_then(SchemaSlot::schema);
    let server = comparison
        .differences()
        .map(|known| told.unwrap_or(&known.server).clone());
    match server.filter(|_| !comparison.is_running()) {
        Some(server) => begin(state, key, Compared::Known(server)),
        None if comparison.is_running() => ask(state, key),
        None => Vec::new(),
    }
}

fn ask(state: &mut AppState, key: ReflectKey) -> Vec<Command> {
    match reflect_spec(state, state.active, &key) {
        Some(spec) => begin(state, key, Compared::Asked(Box::new(spec))),
        None => Vec::new(),
    }
}

fn begin(state: &mut AppState, key: ReflectKey, with: Compared) -> Vec<Command> {
    let Some(here) = state.schemas.files.schema().cloned() else {
        return Vec::new();
    };
    let id = CompareId(state.fresh());
    let before = state
        .comparison
        .take()
        .filter(|before| before.key == key)
        .and_then(Comparison::into_before);
    state.comparison = Some(Comparison {
        key,
        slot: ComparisonSlot::Running { id, before },
        revision: state.fresh(),
    });
    vec![Command::Compare(id, here, with)]
}

/// The comparison that waits for this answer.
fn awaiting(state: &mut AppState, id: CompareId) -> Option<&mut Comparison> {
    let revision = state.fresh();
    let comparison = state.comparison.as_mut().filter(|comparison| {
        matches!(&comparison.slot, ComparisonSlot::Running { id: asked, .. } if *asked == id)
    })?;
    comparison.revision = revision;
    Some(comparison)
}

/// Takes a result.
pub(crate) fn compared(state: &mut AppState, id: CompareId, drift: Drift, server: Schema) {
    if let Some(comparison) = awaiting(state, id) {
        comparison.slot = ComparisonSlot::Ready(Box::new(Differences { drift, server }));
    }
}

/// Takes a failure.
pub(crate) fn failed(state: &mut AppState, id: CompareId, failure: Box<Failure>) {
    if let Some(comparison) = awaiting(state, id) {
        let before = match &mut comparison.slot {
            ComparisonSlot::Running { before, .. } => before.take(),
            ComparisonSlot::Ready(_) | ComparisonSlot::Failed { .. } => None,
        };
        comparison.slot = ComparisonSlot::Failed { failure, before };
    }
}

/// Goes to a difference: a request's field in the form, anything else in Docs.
pub(super) fn show(state: &mut AppState, method: &str, change: Option<&Change>) -> Vec<Command> {
    state.dialog = None;
    let front = state.active_tab().filter(|tab| tab.draft.method == method);
    let open = front.or_else(|| state.tabs.iter().find(|tab| tab.draft.method == method));
    let commands = match open.map(|tab| tab.id) {
        Some(id) => tab::activate(state, id),
        None => {
            let files = state.schemas.files.schema();
            let group = match files.and_then(|schema| schema.catalogue().method(method)) {
                Some(_) => SchemaGroup::Files,
                None => SchemaGroup::Target,
            };
            tab::open_method(state, method, group)
        }
    };
    if let (Some(change), Some(tab)) = (change, state.active.and_then(|id| state.tab_mut(id))) {
        // A field that the server alone has stands in no form.
        if change.side == Side::Request && change.kind != ChangeKind::Added {
            tab.view.request = RequestPane::Message;
            tab.view.body = BodyView::Form;
            tab.view.reveal = Some(change.path.clone()).filter(|path| !path.is_empty());
        } else {
            tab.view.request = RequestPane::Docs;
            let symbol = Some(change.message.clone()).filter(|name| !name.is_empty());
            if let Some(symbol) = symbol {
                tab.view.docs.go_to(DocsPlace {
                    symbol,
                    group: None,
                });
            }
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use stubless_core::{
        engine::{Event, SchemaId},
        schema::{
            Loaded,
            drift::{MethodDrift, Presence, Verdict},
        },
        workspace::{Recent, SourceSpec, Workspace, WorkspaceFile},
    };

    use super::*;
    use crate::app::{Action, RequestPane, UiCommand, on_event, update};

    const HELLO: &str = "demo.v1.Greeter/SayHello";

    fn loaded() -> Box<Loaded> {
        let pool = prost_reflect::DescriptorPool::decode(stubless_core::demo::DESCRIPTOR_SET);
        Box::new(Loaded {
            schema: Schema::from_pool(pool.unwrap()),
            problems: Vec::new(),
        })
    }

    fn workspace(sources: Vec<SourceSpec>) -> Workspace {
        Workspace {
            root: "/ws".into(),
            file: WorkspaceFile {
                sources,
                target: Some("localhost:1".to_owned()),
                ..WorkspaceFile::default()
            },
            entries: Vec::new(),
            folders: Default::default(),
            environments: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn protos() -> Vec<SourceSpec> {
        vec![SourceSpec::Protos {
            files: vec!["api".into()],
            roots: Vec::new(),
            exclude: Vec::new(),
        }]
    }

    fn opened(state: &mut AppState, sources: Vec<SourceSpec>) -> Vec<Command> {
        let workspace = Box::new(workspace(sources));
        on_event(state, Event::WorkspaceOpened(workspace, Recent::default()))
    }

    fn loading(commands: &[Command]) -> SchemaId {
        let id = commands.iter().find_map(|command| match command {
            Command::LoadSchema(id, _) => Some(*id),
            _ => None,
        });
        id.expect("files are loaded")
    }

    /// A window over files that are loaded.
    fn ready() -> AppState {
        let mut state = AppState::default();
        let commands = opened(&mut state, protos());
        let id = loading(&commands);
        let commands = on_event(&mut state, Event::SchemaLoaded(id, loaded(), None));
        assert!(
            commands.is_empty(),
            "nothing is compared unasked: {commands:?}"
        );
        state
    }

    fn compare(state: &mut AppState) -> (CompareId, Compared) {
        let commands = update(state, Action::Run(UiCommand::CompareSchema));
        comparing(commands)
    }

    fn comparing(commands: Vec<Command>) -> (CompareId, Compared) {
        let found = commands.into_iter().find_map(|command| match command {
            Command::Compare(id, _, with) => Some((id, with)),
            _ => None,
        });
        found.expect("a comparison is asked for")
    }

    fn drift() -> Box<Drift> {
        Box::new(Drift {
            methods: vec![MethodDrift {
                path: HELLO.to_owned(),
                presence: Presence::Both,
                changes: vec![change(Side::Request, ChangeKind::Type)],
                omitted: 0,
                verdict: Verdict::BreaksWire,
            }],
            ..Drift::default()
        })
    }

    fn change(side: Side, kind: ChangeKind) -> Change {
        Change {
            side,
            path: "language".to_owned(),
            message: "demo.v1.HelloRequest".to_owned(),
            kind,
            verdict: Verdict::BreaksWire,
            text: String::new(),
        }
    }

    #[test]
    fn changed_files_are_loaded_again_unless_that_is_under_way() {
        let mut state = ready();
        let again = on_event(&mut state, Event::SchemaFilesChanged);
        let id = loading(&again);
        // The schema before stays in use meanwhile.
        assert!(state.schemas.files.is_loading());
        assert!(state.schemas.files.schema().is_some());
        assert!(on_event(&mut state, Event::SchemaFilesChanged).is_empty());
        on_event(&mut state, Event::SchemaLoaded(id, loaded(), None));
        loading(&on_event(&mut state, Event::SchemaFilesChanged));
    }

    #[test]
    fn a_workspace_without_files_ends_the_watch_of_the_one_before_once() {
        let mut state = ready();
        let unload = |commands: &[Command]| {
            let found = commands
                .iter()
                .filter(|c| matches!(c, Command::UnloadSchema));
            found.count()
        };
        let commands = opened(&mut state, vec![SourceSpec::Reflection]);
        assert_eq!(unload(&commands), 1);
        let commands = opened(&mut state, vec![SourceSpec::Reflection]);
        assert_eq!(unload(&commands), 0);
        // What was told before the end is of no concern.
        assert!(on_event(&mut state, Event::SchemaFilesChanged).is_empty());
    }

    #[test]
    fn a_result_is_kept_up_to_date_and_forgotten_with_its_workspace() {
        let mut state = ready();
        let (old, _) = compare(&mut state);
        assert!(matches!(state.dialog, Some(Dialog::Drift(_))));
        let (id, with) = compare(&mut state);
        assert!(matches!(with, Compared::Asked(spec) if spec.target == "localhost:1"));

        // An answer to the question before is dropped
        on_event(&mut state, Event::Compared(old, drift(), loaded().schema));
        assert!(
            state
                .comparison
                .as_ref()
                .is_some_and(Comparison::is_running)
        );
        on_event(&mut state, Event::Compared(id, drift(), loaded().schema));
        let known = state.comparison.as_ref().and_then(Comparison::drift);
        assert_eq!(known, Some(&*drift()));

        // When files change, the server's answer is compared again, and what was known stays meanwhile
        let files = loading(&on_event(&mut state, Event::SchemaFilesChanged));
        let commands = on_event(&mut state, Event::SchemaLoaded(files, loaded(), None));
        let (id, with) = comparing(commands);
        assert!(matches!(with, Compared::Known(_)));
        assert!(
            state
                .comparison
                .as_ref()
                .and_then(Comparison::drift)
                .is_some()
        );

        // When the server is gone, it is said, and what was known stays
        let failure = Box::new(Failure::default());
        on_event(&mut state, Event::CompareFailed(id, failure));
        let comparison = state.comparison.as_ref().expect("it was asked for");
        assert!(comparison.failure().is_some() && comparison.drift().is_some());

        opened(&mut state, protos());
        assert!(state.comparison.is_none());
    }

    #[test]
    fn a_result_follows_what_the_server_told_last() {
        let mut state = ready();
        let mut sources = protos();
        sources.push(SourceSpec::Reflection);
        let id = loading(&opened(&mut state, sources));
        on_event(&mut state, Event::SchemaLoaded(id, loaded(), None));
        let (id, _) = compare(&mut state);
        on_event(&mut state, Event::Compared(id, drift(), loaded().schema));

        let refresh = update(&mut state, Action::Run(UiCommand::RefreshSchema));
        let asked = refresh.into_iter().find_map(|command| match command {
            Command::Reflect(id, _) => Some(id),
            _ => None,
        });
        let told = loaded();
        let schema = told.schema.clone();
        let asked = asked.expect("the server is asked again");
        let (_, with) = comparing(on_event(&mut state, Event::SchemaLoaded(asked, told, None)));
        assert!(matches!(with, Compared::Known(server) if server.is_same(&schema)));
    }

    #[test]
    fn a_difference_leads_to_the_form_or_to_the_docs() {
        for (side, kind, pane) in [
            (Side::Request, ChangeKind::Type, RequestPane::Message),
            (Side::Request, ChangeKind::Added, RequestPane::Docs),
            (Side::Response, ChangeKind::Type, RequestPane::Docs),
        ] {
            let mut state = ready();
            let change = Some(Box::new(change(side, kind)));
            let method = HELLO.to_owned();
            update(&mut state, Action::ShowChange { method, change });
            let tab = state.active_tab().expect("the method is open");
            assert_eq!(tab.draft.method, HELLO);
            assert_eq!(tab.view.request, pane, "{side:?} {kind:?}");
            let (field, symbol) = match pane {
                RequestPane::Message => (Some("language"), None),
                _ => (None, Some("demo.v1.HelloRequest")),
            };
            assert_eq!(tab.view.reveal.as_deref(), field);
            let shown = tab.view.docs.shown();
            assert_eq!(shown.map(|place| place.symbol.as_str()), symbol);

            // Once more: the tab that is open is used
            let change = None;
            let method = HELLO.to_owned();
            update(&mut state, Action::ShowChange { method, change });
            assert_eq!(state.tabs.len(), 1);
        }
    }
}
