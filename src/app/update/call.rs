//! Calls: starting one from a draft, and what a person does to one that runs.

use std::time::{Duration, Instant};

use stubless_core::{
    call::{CallSpec, Failure, Fix, address_of},
    engine::{CallId, Command, RenderStyle},
    message::wire_tree::{LevelKey, WireTree},
    schema::{CallKind, Schema},
    workspace::CallSettings,
};

use super::schema;
use crate::app::{
    AppState, Asked, AskedHead, CallAbout, CallState, Dialog, Draft, Pick, Platform,
    RECEIVE_AT_MOST, ReflectKey, RequestPane, SchemaSlot, SettingsFile, SourceEditor, StreamStart,
    TabId,
};

/// Makes the call, or asks first where the environment says so.
pub(super) fn send(state: &mut AppState, id: TabId) -> Vec<Command> {
    if let Some(tab) = state.tab_mut(id) {
        tab.view.unchecked = false;
    }
    go_on(state, id)
}

fn go_on(state: &mut AppState, id: TabId) -> Vec<Command> {
    schema::drop_mended(state, id);
    let Some(tab) = state.tab(id) else {
        return Vec::new();
    };
    if tab.call.is_active() {
        return Vec::new();
    }
    if let Some(failure) = tab.draft.unread.refusal() {
        return reject(state, id, failure);
    }
    if let Some(environment) = state.environment().filter(|e| e.production) {
        let key = state.reflect_key(Some(&tab.draft));
        state.dialog = Some(Dialog::ConfirmSend {
            tab: id,
            environment: environment.name.clone(),
            target: key.map(|k| k.target).unwrap_or_default(),
            method: tab.draft.method.clone(),
        });
        return Vec::new();
    }
    start(state, id)
}

/// Makes the call. Without a schema for the method, the target is asked first and the call waits.
pub(crate) fn start(state: &mut AppState, id: TabId) -> Vec<Command> {
    let Some(tab) = state.tab(id) else {
        return Vec::new();
    };
    if tab.draft.method.trim().is_empty() {
        return reject(state, id, no_method());
    }
    // Typed since: while a schema was read, or behind the question.
    if let Some(failure) = tab.draft.unread.refusal() {
        return reject(state, id, failure);
    }
    let draft = &tab.draft;
    if target_of(state, draft).is_empty() {
        return reject(state, id, no_target());
    }
    let key = state.reflect_key(Some(draft));
    let known = match state.schemas.own_schema_of(&draft.method, key.as_ref()) {
        // Its own is on its way: that one is right, another target's might not be.
        None if is_loading(state, key.as_ref()) => None,
        None => state.schemas.schema_of(&draft.method, key.as_ref()),
        own => own,
    };
    let Some(schema) = known else {
        return without_schema(state, id);
    };
    let how = (tab.view.start, tab.view.unchecked);
    let Some((about, spec)) = spec_of(state, draft, schema, how) else {
        return Vec::new();
    };
    let call = CallId(state.fresh());
    let mut commands = Vec::new();
    if let Some(tab) = state.tab_mut(id) {
        commands.extend(tab.call.id().map(Command::Forget));
        tab.call = CallState::Starting(call, about);
        tab.view.picked = None;
        tab.view.follow = true;
        tab.view.stream.begin();
        tab.view.next = 0;
        tab.view.unchecked = false;
    }
    commands.push(Command::StartCall(call, Box::new(spec)));
    commands.extend(schema::reflect_for_call(state, id));
    commands
}

/// The target of a draft as written, its own or inherited.
fn target_of(state: &AppState, draft: &Draft) -> String {
    let effective = draft.effective(&state.above(Some(draft)));
    effective.target.unwrap_or_default().trim().to_owned()
}

/// The call of a draft: what it is asked to be, and what the engine is handed. `None` without a workspace.
fn spec_of(
    state: &AppState,
    draft: &Draft,
    schema: &Schema,
    (start, unchecked): (StreamStart, bool),
) -> Option<(CallAbout, CallSpec)> {
    let workspace = state.open_workspace()?;
    let effective = draft.effective(&state.above(Some(draft)));
    let target = target_of(state, draft);
    let kind = schema
        .catalogue()
        .method(&draft.method)
        .map_or(CallKind::Unary, |method| method.kind);
    let texts = draft.messages.iter().map(|m| m.text().to_owned());
    let about = CallAbout {
        method: draft.method.clone(),
        target: target.clone(),
        kind,
        keep_open: kind.client_streams() && start.keeps_open(),
        head: AskedHead::of(&effective, draft.deadline_ms),
    };
    let spec = CallSpec {
        method: draft.method.clone(),
        target,
        settings: effective.settings,
        metadata: effective.metadata,
        deadline: effective
            .call
            .deadline_for(draft.deadline_ms)
            .map(Duration::from_millis),
        call: CallSettings {
            check_rules: match unchecked {
                true => Some(false),
                false => effective.call.check_rules,
            },
            ..effective.call
        },
        messages: match (kind.client_streams(), start) {
            (false, _) => texts.take(1).collect(),
            (true, StreamStart::Open) => Vec::new(),
            (true, StreamStart::SendAndKeepOpen | StreamStart::SendAndClose) => texts.collect(),
        },
        keep_open: about.keep_open,
        scope: state.scope(),
        schema: schema.clone(),
        base: workspace.root.clone(),
        demo: state.demo,
    };
    Some((about, spec))
}

/// What a call of a draft will be, for showing that it is prepared.
pub(super) fn about_of(state: &AppState, draft: &Draft) -> CallAbout {
    let key = state.reflect_key(Some(draft));
    let kind = state.schemas.kind_of(&draft.method, key.as_ref());
    CallAbout {
        method: draft.method.clone(),
        target: target_of(state, draft),
        kind: kind.unwrap_or(CallKind::Unary),
        keep_open: false,
        head: AskedHead::of(
            &draft.effective(&state.above(Some(draft))),
            draft.deadline_ms,
        ),
    }
}

/// Prepares a call that belongs to no tab: all messages are sent, then the sending side is closed. `None`
/// while the schema of its target is being read, which is asked for where nobody did.
pub(super) fn prepare(
    state: &mut AppState,
    tab: TabId,
    draft: &Draft,
    commands: &mut Vec<Command>,
) -> Result<Option<(CallAbout, CallSpec)>, Box<Failure>> {
    if draft.method.trim().is_empty() {
        return Err(Box::new(no_method()));
    }
    if target_of(state, draft).is_empty() {
        return Err(Box::new(no_target()));
    }
    let key = state.reflect_key(Some(draft));
    let own = state.schemas.own_schema_of(&draft.method, key.as_ref());
    if own.is_none() {
        if is_loading(state, key.as_ref()) {
            return Ok(None);
        }
        if let Some(key) = key.as_ref().filter(|key| state.schemas.was_not_asked(key)) {
            let asked = schema::reflect(state, Some(tab), key);
            if !asked.is_empty() {
                commands.extend(asked);
                return Ok(None);
            }
        }
    }
    let known = state.schemas.schema_of(&draft.method, key.as_ref());
    let how = (StreamStart::SendAndClose, false);
    match known {
        Some(known) => Ok(spec_of(state, draft, known, how)),
        None => Err(Box::new(unknown_method_of(state, Some(draft)))),
    }
}

/// Whether a schema that might have the method is being read.
fn is_loading(state: &AppState, key: Option<&ReflectKey>) -> bool {
    let slot = key.and_then(|key| state.schemas.target(key));
    state.schemas.files.is_loading() || slot.is_some_and(SchemaSlot::is_loading)
}

fn reject(state: &mut AppState, id: TabId, failure: Failure) -> Vec<Command> {
    let Some(tab) = state.tab_mut(id) else {
        return Vec::new();
    };
    let forget = tab.call.id().map(Command::Forget);
    tab.call = CallState::Rejected(Box::new(failure));
    forget.into_iter().collect()
}

fn no_method() -> Failure {
    Failure {
        summary: "No method is chosen".to_owned(),
        hint: "Choose one in the address bar or in the list of services".to_owned(),
        ..Failure::default()
    }
}

fn no_target() -> Failure {
    Failure {
        summary: "No target is set".to_owned(),
        hint: "Type the server's host and port into the address bar, as localhost:50051".to_owned(),
        ..Failure::default()
    }
}

/// No schema has the method: waits for one that is on its way, asks for one, or says why not.
fn without_schema(state: &mut AppState, id: TabId) -> Vec<Command> {
    let key = state
        .tab(id)
        .and_then(|tab| state.reflect_key(Some(&tab.draft)));
    let slot = key.as_ref().and_then(|key| state.schemas.target(key));
    let loading = is_loading(state, key.as_ref());
    let ready = matches!(slot, Some(SchemaSlot::Ready { .. }));
    let mut commands = Vec::new();
    if !loading
        && !ready
        && let Some(key) = &key
    {
        commands = schema::reflect(state, Some(id), key);
    }
    if loading || !commands.is_empty() {
        let asked = asked_now(state, id);
        if let (Some(tab), Some(asked)) = (state.tab_mut(id), asked) {
            commands.extend(tab.call.id().map(Command::Forget));
            tab.call = CallState::AwaitingSchema(Box::new(asked), Instant::now());
        }
        return commands;
    }
    let failure = unknown_method(state, id);
    reject(state, id, failure)
}

/// What Send would be pressed for now.
fn asked_now(state: &AppState, id: TabId) -> Option<Asked> {
    let draft = &state.tab(id)?.draft;
    Some(Asked {
        request: draft.to_file(),
        environment: state.environment.clone(),
        target: state.reflect_key(Some(draft)),
    })
}

fn unknown_method(state: &AppState, id: TabId) -> Failure {
    unknown_method_of(state, state.tab(id).map(|tab| &tab.draft))
}

fn unknown_method_of(state: &AppState, draft: Option<&Draft>) -> Failure {
    let method = draft.map(|it| it.method.clone()).unwrap_or_default();
    let failed = draft
        .and_then(|draft| state.reflect_key(Some(draft)))
        .and_then(|key| state.schemas.target(&key)?.failure().cloned());
    if let Some(mut failure) = failed {
        if !failure.fixes.contains(&Fix::Retry) {
            failure.fixes.push(Fix::Retry);
        }
        return failure;
    }
    Failure {
        summary: format!("`{method}` is in no schema of this workspace"),
        reason: if state.reflects() {
            "neither the files nor the server's reflection has it".to_owned()
        } else {
            "the files do not have it, and the server is not asked".to_owned()
        },
        hint: "Choose another method, add its proto files, or refresh the schema".to_owned(),
        fixes: vec![Fix::AddProtos],
        ..Failure::default()
    }
}

/// The schema of a target could not be had: calls that waited for it go on or say why not.
pub(crate) fn resume_after_failure(
    state: &mut AppState,
    target: Option<&ReflectKey>,
) -> Vec<Command> {
    for id in waiting_tabs(state) {
        if unconnected_for(state, id, target) {
            let failure = unknown_method(state, id);
            // It never started, so that there is nothing to forget.
            reject(state, id, failure);
        }
    }
    resume_waiting(state)
}

/// Whether a tab's call would dial a target in vain that just could not be connected to. A call that
/// waits until its target is ready does not mind.
fn unconnected_for(state: &AppState, id: TabId, target: Option<&ReflectKey>) -> bool {
    let Some(tab) = state.tab(id) else {
        return false;
    };
    let CallState::AwaitingSchema(asked, _) = &tab.call else {
        return false;
    };
    let patient = tab
        .draft
        .effective(&state.above(Some(&tab.draft)))
        .call
        .wait_for_ready
        .unwrap_or_default();
    let failure = target.and_then(|key| state.schemas.target(key)?.failure());
    asked_now(state, id).as_ref() == Some(&**asked)
        && asked.target.as_ref() == target
        && failure.is_some_and(|failure| failure.unconnected)
        && !patient
}

fn waiting_tabs(state: &AppState) -> Vec<TabId> {
    let waiting = state
        .tabs
        .iter()
        .filter(|tab| matches!(tab.call, CallState::AwaitingSchema(..)));
    waiting.map(|tab| tab.id).collect()
}

/// A schema came or failed: calls that waited for it go on or say why not.
pub(crate) fn resume_waiting(state: &mut AppState) -> Vec<Command> {
    let mut commands = Vec::new();
    for id in waiting_tabs(state) {
        let now = asked_now(state, id);
        let Some(tab) = state.tab(id) else { continue };
        // Send was pressed for one request to one place; another is not sent unasked.
        if !matches!(&tab.call, CallState::AwaitingSchema(asked, _) if now.as_ref() == Some(&**asked))
        {
            if let Some(tab) = state.tab_mut(id) {
                tab.call = CallState::Idle;
            }
            state.notices.info(
                "Not sent: the request changed while the schema was read. Press Send again"
                    .to_owned(),
            );
            continue;
        }
        let key = state.reflect_key(Some(&tab.draft));
        let known = state
            .schemas
            .schema_of(&tab.draft.method, key.as_ref())
            .is_some();
        let loading = is_loading(state, key.as_ref());
        if known && !loading {
            commands.extend(start(state, id));
        } else if !loading {
            let failure = unknown_method(state, id);
            commands.extend(reject(state, id, failure));
        }
    }
    commands
}

/// Cancels in any phase. The engine tells the end; a call that only waits ends here.
pub(super) fn cancel(state: &mut AppState, id: TabId) -> Vec<Command> {
    let Some(tab) = state.tab_mut(id) else {
        return Vec::new();
    };
    if matches!(tab.call, CallState::AwaitingSchema(..)) {
        tab.call = CallState::Idle;
        return Vec::new();
    }
    let active = tab.call.is_active();
    let call = tab.call.id().filter(|_| active);
    call.map(Command::Cancel).into_iter().collect()
}

/// Does what the button of an error card says, and goes on where the error stopped.
pub(super) fn apply_fix(state: &mut AppState, id: TabId, fix: Fix) -> Vec<Command> {
    let inherited = state
        .tab(id)
        .and_then(|tab| state.above(Some(&tab.draft)).target);
    note_mended(state, id, &fix);
    let Some(tab) = state.tab_mut(id) else {
        return Vec::new();
    };
    match fix {
        Fix::UseTls => use_transport(tab, inherited.as_deref(), true),
        Fix::UsePlaintext => use_transport(tab, inherited.as_deref(), false),
        Fix::TrustCertificate(fingerprint) => {
            tab.draft.settings.pinned_certificate = Some(fingerprint.to_string());
            tab.draft.settings.insecure_skip_verify = None;
        }
        Fix::UseServerName(name) => tab.draft.settings.server_name = Some(name),
        Fix::SkipVerification => {
            tab.draft.settings.insecure_skip_verify = Some(true);
            tab.draft.settings.pinned_certificate = None;
        }
        Fix::AcceptMissingAlpn => tab.draft.settings.accept_missing_alpn = Some(true),
        Fix::ConnectDirectly => tab.draft.settings.proxy = Some("none".to_owned()),
        Fix::RaiseReceiveLimit(bytes) => {
            tab.draft.call.max_receive_bytes = Some(bytes);
            tab.draft.unread.remove(RECEIVE_AT_MOST);
        }
        Fix::SendUncompressed => tab.draft.call.compression = Some("identity".to_owned()),
        Fix::SendAnyway => tab.view.unchecked = true,
        Fix::Retry => {}
        Fix::ChooseClientCertificate => {
            tab.view.request = RequestPane::Settings;
            state.platform.push(Platform::Browse(Pick::Settings(
                SettingsFile::ClientCert,
                Some(id),
            )));
            return Vec::new();
        }
        Fix::ChooseCa => {
            tab.view.request = RequestPane::Settings;
            state.platform.push(Platform::Browse(Pick::Settings(
                SettingsFile::CaCert,
                Some(id),
            )));
            return Vec::new();
        }
        Fix::AddProtos => {
            if let Some(file) = state.workspace_file() {
                state.dialog = Some(Dialog::Sources(SourceEditor::of(&file.sources)));
            }
            return Vec::new();
        }
    }
    let stopped = matches!(tab.call, CallState::Rejected(_) | CallState::Ended(..));
    let mut commands = schema::commit_target(state, id);
    if stopped {
        commands.extend(go_on(state, id));
    }
    commands
}

/// Remembers which server a button about its certificate is for: the one that was called.
fn note_mended(state: &mut AppState, id: TabId, fix: &Fix) {
    if !matches!(
        fix,
        Fix::TrustCertificate(_) | Fix::UseServerName(_) | Fix::SkipVerification
    ) {
        return;
    }
    let scope = state.scope();
    let Some(tab) = state.tab(id) else { return };
    let called = tab.call.exchange().map(|it| it.about.target.clone());
    let key = || state.reflect_key(Some(&tab.draft)).map(|key| key.target);
    let target = called.or_else(key).unwrap_or_default();
    if let (Some(address), Some(tab)) = (address_of(&target, &scope), state.tab_mut(id)) {
        tab.draft.note_mended(address, &target, fix.clone());
    }
}

/// Chooses TLS or plaintext where that is decided: in the address if it has a scheme, else in the
/// settings.
fn use_transport(tab: &mut crate::app::Tab, inherited: Option<&str>, tls: bool) {
    let (old, new) = match tls {
        true => ("http://", "https://"),
        false => ("https://", "http://"),
    };
    let address = tab
        .draft
        .target
        .as_deref()
        .or(inherited)
        .unwrap_or_default();
    let address = address.trim();
    let start = address.get(..old.len()).unwrap_or_default();
    if start.eq_ignore_ascii_case(old) {
        let rest = address.get(old.len()..).unwrap_or_default();
        tab.draft.target = Some(format!("{new}{rest}"));
    } else {
        tab.draft.settings.tls = Some(tls);
    }
}

/// Asks for a message as a tree of its fields, once.
pub(super) fn want_bytes(state: &mut AppState, id: TabId, index: usize) -> Vec<Command> {
    let exchange = state.tab_mut(id).and_then(|tab| tab.call.exchange_mut());
    let Some(exchange) = exchange else {
        return Vec::new();
    };
    let call = exchange.id;
    if exchange.trees.ask(index) {
        vec![Command::OpenBytes { call, index }]
    } else {
        Vec::new()
    }
}

/// Asks for levels of a tree, each once.
pub(super) fn want_levels(tree: WireTree, levels: &[LevelKey]) -> Vec<Command> {
    let levels = tree.ask(levels);
    if levels.is_empty() {
        return Vec::new();
    }
    vec![Command::ReadLevels(tree, levels)]
}

/// Asks for texts that are neither there nor asked for.
pub(super) fn want_texts(
    state: &mut AppState,
    id: TabId,
    wanted: Vec<(usize, RenderStyle)>,
) -> Vec<Command> {
    let exchange = state.tab_mut(id).and_then(|tab| tab.call.exchange_mut());
    let Some(exchange) = exchange else {
        return Vec::new();
    };
    let wanted = exchange.texts.ask(wanted);
    if wanted.is_empty() {
        return Vec::new();
    }
    vec![Command::Render {
        call: exchange.id,
        wanted,
    }]
}
