//! Whether the messages of open requests fit their schemas.
//!
//! Small ones are encoded in the frame: the one in view in the frame that shows it, the others after a
//! schema changed, one a frame, so that their tabs can be marked. Those above [`SMALL_BYTES`], and the
//! rules of all, are checked by the engine, one message at a time, once typing pauses; until then what was
//! found stays where it is not touched, moved along with the edits.

use std::{collections::HashMap, time::Duration};

use stubless_core::{
    engine::CheckId,
    message::{BodyCheck, BodyReport, Diagnostic, Document, DocumentId, Fit, Scope, follow},
};

use crate::app::{Action, AppState, Tab, TabId};

/// A text up to this size is encoded in the frame: well below a millisecond.
pub(super) const SMALL_BYTES: usize = 64 << 10;
/// Typing pauses when nothing was typed for so long.
const PAUSE: Duration = Duration::from_millis(200);

/// A document at a revision.
type TextId = (DocumentId, u64);

/// What is known of every open request.
#[derive(Debug, Default)]
pub(super) struct Fits {
    tabs: HashMap<TabId, TabFits>,
    /// The check that runs.
    asked: Option<Asked>,
    last_id: u64,
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    id: CheckId,
    tab: TabId,
    message: usize,
    /// What is checked.
    text: TextId,
}

#[derive(Debug, Default)]
struct TabFits {
    made_from: (u64, String, Scope),
    messages: Vec<MessageFit>,
}

/// `fit` is `None` where no schema knows the method.
#[derive(Debug, Default)]
struct MessageFit {
    /// What was checked; `None` when that is to be done again.
    checked: Option<TextId>,
    /// What `fit` is of while its rules are still to be looked at.
    encoded: Option<TextId>,
    fit: Option<Fit>,
    /// Rules of the schema that are broken, and those that cannot be checked: the message can be sent.
    rules: Vec<Diagnostic>,
    /// The text that the places in `fit` and `rules` are of.
    places: Option<TextId>,
    /// The first of what does not fit the schema; a variable without a value is no matter of the schema.
    unfit: Option<String>,
    /// What was seen last, and when it was new, in seconds of the window's clock.
    seen: Option<(TextId, f64)>,
}

/// When there is more to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Again {
    /// In the next frame.
    Now,
    /// When typing may have paused.
    After(Duration),
}

impl Fits {
    /// Checks the message in view and at most one other, at `now` seconds of the window's clock. When to
    /// do so again; `None` when there is nothing left to be done but for what the engine was asked.
    pub(super) fn refresh(
        &mut self,
        state: &AppState,
        now: f64,
        out: &mut Vec<Action>,
    ) -> Option<Again> {
        let (book, scope) = (state.schemas.revision(), state.scope());
        self.tabs.retain(|id, _| state.tab(*id).is_some());
        for tab in &state.tabs {
            let fits = self.tabs.entry(tab.id).or_default();
            if fits.begin(tab, book, &scope) {
                self.drop_asked(|asked| asked.tab == tab.id, out);
            }
        }
        self.take_answer(state);
        self.drop_asked(|asked| text_of(state, asked) != Some(asked.text), out);
        let mut again = None;
        if let Some(tab) = state.active_tab() {
            again = self.check(state, tab, tab.view.message, &scope, now, out).1;
        }
        let mut checked = false;
        for tab in &state.tabs {
            for message in 0..tab.draft.messages.len() {
                let in_view = state.active == Some(tab.id) && tab.view.message == message;
                if in_view || !self.is_stale(tab, message) {
                    continue;
                }
                if checked {
                    return Some(Again::Now);
                }
                let (worked, next) = self.check(state, tab, message, &scope, now, out);
                again = again.into_iter().chain(next).min();
                checked = worked;
            }
        }
        again
    }

    /// What is to be told of one message: why it does not fit, or the rules it breaks.
    pub(super) fn diagnostics(&self, tab: TabId, message: usize) -> &[Diagnostic] {
        let tab = self.tabs.get(&tab);
        match tab.and_then(|fits| fits.messages.get(message)) {
            Some(known) => match &known.fit {
                Some(Err(diagnostics)) => diagnostics,
                Some(Ok(_)) | None => &known.rules,
            },
            None => &[],
        }
    }

    /// The first thing in a tab that does not fit its schema, with its place.
    pub(super) fn unfit(&self, tab: TabId) -> Option<&str> {
        let mut messages = self.tabs.get(&tab)?.messages.iter();
        messages.find_map(|message| message.unfit.as_deref())
    }

    /// Whether one message of a tab does not fit.
    pub(super) fn is_unfit(&self, tab: TabId, message: usize) -> bool {
        let messages = self.tabs.get(&tab).map(|fits| &fits.messages);
        messages.is_some_and(|all| all.get(message).is_some_and(|m| m.unfit.is_some()))
    }

    /// Whether all there is to say of a message as it stands is said; not while it is still checked, and
    /// not where no schema knows it.
    pub(super) fn is_checked(&self, tab: &Tab, message: usize) -> bool {
        let fits = self.tabs.get(&tab.id);
        let known = fits.and_then(|fits| fits.messages.get(message));
        known.is_some_and(|known| known.fit.is_some()) && !self.is_stale(tab, message)
    }

    fn is_stale(&self, tab: &Tab, message: usize) -> bool {
        let fits = self.tabs.get(&tab.id);
        let known = fits.and_then(|fits| fits.messages.get(message));
        let now = tab.draft.messages.get(message).map(|d| Some(text_id(d)));
        known.map(|known| known.checked) != now
    }

    /// Checks one message if it changed, or has it checked. Whether that was work in this frame, and when
    /// to go on.
    fn check(
        &mut self,
        state: &AppState,
        tab: &Tab,
        message: usize,
        scope: &Scope,
        now: f64,
        out: &mut Vec<Action>,
    ) -> (bool, Option<Again>) {
        if !self.is_stale(tab, message) {
            return (false, None);
        }
        let document = tab.draft.messages.get(message);
        let fits = self.tabs.get_mut(&tab.id);
        let known = fits.and_then(|fits| fits.messages.get_mut(message));
        let (Some(document), Some(known)) = (document, known) else {
            return (false, None);
        };
        let text = text_id(document);
        let mut worked = false;
        if known.encoded != Some(text) {
            // Reads the text, which the snapshot then shares.
            let error = document.syntax_error();
            let job = job(state, tab, document, scope);
            worked = known.encode(document, error, job.as_ref());
            if known.checked == Some(text) {
                return (worked, None);
            }
        }
        let left = known.pause_left(text, now);
        if left > 0.0 {
            let pause = Duration::from_secs_f64(left);
            return (worked, Some(Again::After(pause)));
        }
        if self.asked.is_none()
            && let Some(job) = job(state, tab, document, scope)
        {
            self.last_id += 1;
            let id = CheckId(self.last_id);
            self.asked = Some(Asked {
                id,
                tab: tab.id,
                message,
                text,
            });
            out.push(Action::Check(id, Box::new(job)));
        }
        (worked, None)
    }

    /// Takes what the engine found.
    fn take_answer(&mut self, state: &AppState) {
        let Some((id, report)) = &state.checked else {
            return;
        };
        let Some(asked) = self.asked.take_if(|asked| asked.id == *id) else {
            return;
        };
        let document = state
            .tab(asked.tab)
            .and_then(|tab| tab.draft.messages.get(asked.message))
            .filter(|document| text_id(document) == asked.text);
        let known = self
            .tabs
            .get_mut(&asked.tab)
            .and_then(|fits| fits.messages.get_mut(asked.message));
        if let (Some(report), Some(document), Some(known)) = (report, document, known) {
            known.set(document, Some((**report).clone()));
        }
    }

    /// Stops the check that runs if it is of no use any more.
    fn drop_asked(&mut self, is_useless: impl Fn(&Asked) -> bool, out: &mut Vec<Action>) {
        if self.asked.take_if(|asked| is_useless(asked)).is_some() {
            out.push(Action::StopCheck);
        }
    }
}

impl TabFits {
    /// Makes the list as long as the tab's; what a changed schema or scope concerns is to be checked again.
    /// Whether one did.
    fn begin(&mut self, tab: &Tab, book: u64, scope: &Scope) -> bool {
        let (known_book, method, known_scope) = &self.made_from;
        let same = *known_book == book && *method == tab.draft.method && known_scope == scope;
        if !same {
            self.made_from = (book, tab.draft.method.clone(), scope.clone());
            // What was known stays in view until then.
            for message in &mut self.messages {
                (message.checked, message.encoded) = (None, None);
            }
        }
        let count = tab.draft.messages.len();
        self.messages.resize_with(count, MessageFit::default);
        !same
    }
}

impl MessageFit {
    /// Finds out in the frame what can be found there; the rest is the engine's. Whether there was work.
    fn encode(
        &mut self,
        document: &Document,
        syntax: Option<&Diagnostic>,
        job: Option<&BodyCheck>,
    ) -> bool {
        let told = |fit: Fit| BodyReport {
            fit,
            rules: Vec::new(),
        };
        match (job, syntax) {
            (None, _) => self.set(document, None),
            // Known without a check.
            (Some(_), Some(error)) => self.set(document, Some(told(Err(vec![error.clone()])))),
            (Some(job), None) if document.text().len() <= SMALL_BYTES => {
                let fit = job.fit();
                if fit.is_err() || !job.has_rules() {
                    self.set(document, Some(told(fit)));
                } else {
                    self.follow(document);
                    (self.fit, self.unfit) = (Some(fit), None);
                    self.encoded = Some(text_id(document));
                }
            }
            (Some(_), None) => {
                self.follow(document);
                return false;
            }
        }
        true
    }

    /// How long typing has to rest until a text is checked, in seconds; it may be negative.
    fn pause_left(&mut self, text: TextId, now: f64) -> f64 {
        let since = match self.seen {
            Some((seen, since)) if seen == text => since,
            // What was opened was not typed.
            None => f64::NEG_INFINITY,
            Some(_) => now,
        };
        self.seen = Some((text, since));
        PAUSE.as_secs_f64() - (now - since)
    }

    fn set(&mut self, document: &Document, report: Option<BodyReport>) {
        let text = text_id(document);
        let (fit, rules) = report.map_or((None, Vec::new()), |it| (Some(it.fit), it.rules));
        self.unfit = match &fit {
            Some(Err(diagnostics)) => first_unfit(document, diagnostics),
            Some(Ok(_)) | None => None,
        };
        (self.fit, self.rules) = (fit, rules);
        self.checked = Some(text);
        self.places = Some(text);
        self.seen = Some((text, f64::NEG_INFINITY));
    }

    /// Moves what was found along with the edits made since; what they touched is no longer known.
    fn follow(&mut self, document: &Document) {
        let now = text_id(document);
        let before = self.places.replace(now);
        if before == Some(now) {
            return;
        }
        let revision = before.filter(|(id, _)| *id == now.0).map(|it| it.1);
        follow(&mut self.rules, document, revision);
        self.fit = match self.fit.take() {
            Some(Err(mut diagnostics)) => {
                follow(&mut diagnostics, document, revision);
                (!diagnostics.is_empty()).then_some(Err(diagnostics))
            }
            // Its size is another now.
            Some(Ok(_)) | None => None,
        };
    }
}

fn text_id(document: &Document) -> TextId {
    (document.id(), document.revision())
}

/// What is to be checked; `None` while no schema knows the method, or its types are not built.
fn job(state: &AppState, tab: &Tab, document: &Document, scope: &Scope) -> Option<BodyCheck> {
    let key = state.reflect_key(Some(&tab.draft));
    let method = &tab.draft.method;
    // What is not built yet is checked once it is: the book's revision says so.
    let schema = state.schemas.schema_of(method, key.as_ref());
    let schema = schema.filter(|schema| schema.is_ready(method))?;
    Some(BodyCheck {
        document: document.snapshot(),
        message: schema.method(method)?.input(),
        scope: scope.clone(),
        schema: schema.clone(),
    })
}

fn text_of(state: &AppState, asked: &Asked) -> Option<TextId> {
    let tab = state.tab(asked.tab)?;
    tab.draft.messages.get(asked.message).map(text_id)
}

fn first_unfit(document: &Document, diagnostics: &[Diagnostic]) -> Option<String> {
    let of_schema = |diagnostic: &&Diagnostic| {
        let text = document.text().get(diagnostic.range.clone());
        text.is_none_or(|text| !text.contains("{{"))
    };
    let first = diagnostics.iter().find(of_schema)?;
    let place = first.path.to_string();
    Some(if place.is_empty() {
        first.message.clone()
    } else {
        format!("{place}: {}", first.message)
    })
}
