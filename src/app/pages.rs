//! Pages of symbols, as the engine wrote them.

use std::{collections::VecDeque, sync::Arc};

use stubless_core::{engine::PageId, schema::SymbolPage};

use super::{AppState, ReflectKey, SchemaGroup, Tab, TabId};

/// Pages kept: going back is instant.
const KEPT_PAGES: usize = 24;

/// What a page was written from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageKey {
    /// Full name of the symbol.
    pub symbol: String,
    /// The schema it was found in; `None` for that of the request's method.
    pub group: Option<SchemaGroup>,
    /// The target whose schema it may be.
    pub target: Option<ReflectKey>,
    /// [`super::SchemaBook::revision`].
    pub book: u64,
}

/// The pages that were read last. Each holds the text of a file.
#[derive(Debug, Default)]
pub struct Pages {
    asked: Option<(PageId, PageKey)>,
    read: VecDeque<(PageKey, Option<Arc<SymbolPage>>)>,
}

impl Pages {
    /// The answer to a question, if it came: a page, or that there is none.
    pub fn answer(&self, key: &PageKey) -> Option<&Option<Arc<SymbolPage>>> {
        let mut read = self.read.iter();
        read.find(|(known, _)| known == key).map(|(_, page)| page)
    }

    /// A page of the same symbol from before the schemas changed, to show until the answer comes.
    pub fn before(&self, key: &PageKey) -> Option<&Arc<SymbolPage>> {
        let mut read = self.read.iter().rev();
        let found = read.find(|(known, _)| known.symbol == key.symbol && known.group == key.group);
        found.and_then(|(_, page)| page.as_ref())
    }

    /// Notes a question; `false` if it is the one being answered.
    pub(super) fn ask(&mut self, id: PageId, key: PageKey) -> bool {
        if self.asked.as_ref().is_some_and(|(_, asked)| *asked == key) {
            return false;
        }
        self.asked = Some((id, key));
        true
    }

    /// Takes an answer; those nobody waits for any more are dropped.
    pub(super) fn put(&mut self, id: PageId, page: Option<Arc<SymbolPage>>) {
        let Some((_, key)) = self.asked.take_if(|(asked, _)| *asked == id) else {
            return;
        };
        if self.read.len() >= KEPT_PAGES {
            self.read.pop_front();
        }
        self.read.push_back((key, page));
    }

    /// The question was not put.
    pub(super) fn forget(&mut self, id: PageId) {
        self.asked.take_if(|(asked, _)| *asked == id);
    }
}

impl AppState {
    /// What the page that Docs of a tab shows is written from.
    pub fn page_key(&self, tab: &Tab) -> PageKey {
        let shown = tab.view.docs.shown();
        PageKey {
            symbol: shown.map_or_else(|| tab.draft.method.clone(), |it| it.symbol.clone()),
            group: shown.and_then(|it| it.group),
            target: self.reflect_key(Some(&tab.draft)),
            book: self.schemas.revision(),
        }
    }

    /// The schema that has what Docs of a tab shows.
    pub fn docs_schema(&self, id: TabId) -> Option<&stubless_core::schema::Schema> {
        let tab = self.tab(id)?;
        let key = self.reflect_key(Some(&tab.draft));
        match tab.view.docs.shown() {
            Some(place) => self.schemas.schema_with(place, key.as_ref()),
            None => self.schemas.schema_of(&tab.draft.method, key.as_ref()),
        }
    }
}
