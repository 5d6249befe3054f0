//! Whether the messages of open requests fit their schemas. The one in view is checked in the frame that
//! shows it; the others after a schema changed, one a frame, so that their tabs can be marked.

use std::collections::HashMap;

use stubless_core::message::{
    Diagnostic, Document, DocumentId, Scope, encode_within, validate::validate,
};

use crate::app::{AppState, Tab, TabId};

/// The size of the encoded message, or what does not fit.
pub(super) type Fit = Result<usize, Vec<Diagnostic>>;

/// What is known of every open request.
#[derive(Debug, Default)]
pub(super) struct Fits {
    tabs: HashMap<TabId, TabFits>,
}

#[derive(Debug, Default)]
struct TabFits {
    made_from: (u64, String, Scope),
    messages: Vec<MessageFit>,
}

/// `fit` is `None` where no schema knows the method.
#[derive(Debug, Default)]
struct MessageFit {
    /// The document that was checked and its revision then; `None` when that is to be done again.
    checked: Option<(DocumentId, u64)>,
    fit: Option<Fit>,
    /// Rules of the schema that are broken, and those that cannot be checked: the message can be sent.
    rules: Vec<Diagnostic>,
    /// The first of what does not fit the schema; a variable without a value is no matter of the schema.
    unfit: Option<String>,
}

impl Fits {
    /// Checks the message in view and at most one other; `true` when more are left for the next frame.
    pub(super) fn refresh(&mut self, state: &AppState) -> bool {
        let (book, scope) = (state.schemas.revision(), state.scope());
        self.tabs.retain(|id, _| state.tab(*id).is_some());
        for tab in &state.tabs {
            self.tabs
                .entry(tab.id)
                .or_default()
                .begin(tab, book, &scope);
        }
        if let Some(tab) = state.active_tab()
            && let Some(fits) = self.tabs.get_mut(&tab.id)
            && fits.is_stale(tab, tab.view.message)
        {
            fits.check(state, tab, tab.view.message, &scope);
        }
        let mut stale = state.tabs.iter().flat_map(|tab| {
            let messages = 0..tab.draft.messages.len();
            messages.map(move |index| (tab, index))
        });
        let mut checked = false;
        stale.any(|(tab, index)| {
            let Some(fits) = self.tabs.get_mut(&tab.id) else {
                return false;
            };
            if !fits.is_stale(tab, index) {
                return false;
            }
            if !checked {
                fits.check(state, tab, index, &scope);
                checked = true;
                return false;
            }
            true
        })
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
}

impl TabFits {
    /// Makes the list as long as the tab's; what a changed schema or scope concerns is to be checked again.
    fn begin(&mut self, tab: &Tab, book: u64, scope: &Scope) {
        let (known_book, method, known_scope) = &self.made_from;
        let same = *known_book == book && *method == tab.draft.method && known_scope == scope;
        if !same {
            self.made_from = (book, tab.draft.method.clone(), scope.clone());
            // What was known stays in view until then.
            for message in &mut self.messages {
                message.checked = None;
            }
        }
        let count = tab.draft.messages.len();
        self.messages.resize_with(count, MessageFit::default);
    }

    fn is_stale(&self, tab: &Tab, index: usize) -> bool {
        let known = self.messages.get(index).map(|message| message.checked);
        let documents = &tab.draft.messages;
        let now = documents.get(index).map(|d| Some((d.id(), d.revision())));
        known != now
    }

    fn check(&mut self, state: &AppState, tab: &Tab, index: usize, scope: &Scope) {
        let (Some(known), Some(document)) =
            (self.messages.get_mut(index), tab.draft.messages.get(index))
        else {
            return;
        };
        let key = state.reflect_key(Some(&tab.draft));
        let method = &tab.draft.method;
        known.checked = Some((document.id(), document.revision()));
        // What is not built yet is checked once it is: the book's revision says so.
        let schema = state.schemas.schema_of(method, key.as_ref());
        let built = schema.filter(|schema| schema.is_ready(method));
        known.rules = Vec::new();
        known.fit = built.and_then(|schema| {
            let input = schema.method(method)?.input();
            let encoded = encode_within(document, &input, scope, schema);
            if let Ok(wire) = &encoded {
                let found = validate(document, &input, wire);
                known.rules = [found.broken, found.notes].concat();
            }
            Some(encoded.map(|bytes| bytes.len()))
        });
        known.unfit = match &known.fit {
            Some(Err(diagnostics)) => first_unfit(document, diagnostics),
            Some(Ok(_)) | None => None,
        };
    }
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
