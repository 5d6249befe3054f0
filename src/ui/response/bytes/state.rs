//! What is marked in the wire view of a message: bytes, the node around them, and the way between the two.

use std::{collections::VecDeque, ops::Range};

use stubless_core::{
    engine::CallId,
    message::wire_tree::{Described, LevelKey, NodeKey, WireTree, WireView, find_in},
};

use crate::ui::widgets::Scroll;

/// Messages whose marks and open nodes are kept.
const KEPT: usize = 4;
/// Bytes that a search looks at in one frame.
const SEARCHED: usize = 4 << 20;

/// Wire views of the messages that were looked at lately.
#[derive(Debug, Default)]
pub(crate) struct BytesCache {
    states: VecDeque<(CallId, usize, BytesState)>,
}

impl BytesCache {
    /// The state of a message.
    pub(super) fn of(&mut self, call: CallId, index: usize, tree: &WireTree) -> &mut BytesState {
        let known = self.states.iter().position(|(known, at, state)| {
            *known == call && *at == index && state.view.tree().is_same(tree)
        });
        let state = match known.and_then(|at| self.states.remove(at)) {
            Some((_, _, state)) => state,
            None => BytesState::new(tree.clone()),
        };
        self.states
            .retain(|(known, at, _)| *known != call || *at != index);
        self.states.truncate(KEPT - 1);
        self.states.push_front((call, index, state));
        // It was put there just now.
        let (_, _, state) = &mut self.states[0];
        state
    }
}

/// A search on its way.
#[derive(Debug, Clone)]
struct Search {
    pattern: Vec<u8>,
    back: bool,
    /// Where the next piece begins, or ends when it goes back.
    at: usize,
    /// The search went over the end once.
    around: bool,
    from: usize,
}

/// How a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Found {
    #[default]
    Nothing,
    Running,
    None,
    Here,
    /// Here, over the end of the message.
    Around,
}

/// One message in the wire view.
#[derive(Debug)]
pub(crate) struct BytesState {
    pub(super) view: WireView,
    pub(super) scroll: Scroll,
    /// Where the selection began, and the byte that is marked.
    anchor: usize,
    caret: Option<usize>,
    /// The node that is marked.
    node: Option<NodeKey>,
    /// The ranges around the marked byte, from the outermost.
    around: Vec<Range<usize>>,
    /// The marked byte's node is looked for until its levels are read.
    seeks_node: bool,
    /// The tree scrolls to the marked node.
    pub(super) reveals_node: bool,
    /// The hex scrolls to the marked bytes.
    pub(super) reveals_bytes: bool,
    /// Under the pointer, in one of the two.
    pub(super) hovered: Option<Range<usize>>,
    pub(super) pattern: String,
    pub(super) offset: String,
    search: Option<Search>,
    pub(super) found: Found,
    /// The first part of the splitter, once it was moved.
    pub(super) fraction: Option<f32>,
}

impl BytesState {
    pub(super) fn new(tree: WireTree) -> Self {
        Self {
            view: WireView::new(tree),
            scroll: Scroll::default(),
            anchor: 0,
            caret: None,
            node: None,
            around: Vec::new(),
            seeks_node: false,
            reveals_node: false,
            reveals_bytes: false,
            hovered: None,
            pattern: String::new(),
            offset: String::new(),
            search: None,
            found: Found::default(),
            fraction: None,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.view.tree().bytes()
    }

    pub(super) fn caret(&self) -> Option<usize> {
        self.caret
    }

    pub(super) fn node(&self) -> Option<NodeKey> {
        self.node
    }

    /// The row of the marked node, if it is in an open one.
    pub(super) fn marked_row(&mut self) -> Option<usize> {
        let node = self.node?;
        self.view.rows().iter().position(|row| row.node == node)
    }

    pub(super) fn around(&self) -> &[Range<usize>] {
        &self.around
    }

    /// The marked bytes.
    pub(super) fn selection(&self) -> Range<usize> {
        match self.caret {
            Some(caret) => self.anchor.min(caret)..self.anchor.max(caret) + 1,
            None => 0..0,
        }
    }

    /// Marks a byte, or goes on with the selection to it; its node is opened and marked.
    pub(super) fn go_to(&mut self, offset: usize, extends: bool) {
        let last = self.bytes().len().saturating_sub(1);
        let offset = offset.min(last);
        if self.bytes().is_empty() {
            return;
        }
        if !extends || self.caret.is_none() {
            self.anchor = offset;
        }
        self.caret = Some(offset);
        self.seeks_node = !extends;
        self.reveals_bytes = true;
    }

    /// Marks bytes.
    pub(super) fn select(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        self.go_to(range.start, false);
        self.anchor = range.end - 1;
    }

    /// Marks a node and its bytes.
    pub(super) fn mark(&mut self, node: NodeKey) {
        let Some(range) = self.view.range_of(node) else {
            return;
        };
        self.node = Some(node);
        self.seeks_node = false;
        self.reveals_node = true;
        if range.is_empty() {
            return;
        }
        self.caret = Some(range.start);
        self.anchor = range.end - 1;
        self.reveals_bytes = true;
        self.note_around(&range);
    }

    /// Notes the ranges that hold these bytes.
    fn note_around(&mut self, bytes: &Range<usize>) {
        self.around.clear();
        for node in self.view.fields_at(bytes.start) {
            let range = self.view.range_of(node);
            let holds = |it: &Range<usize>| it.start <= bytes.start && bytes.end <= it.end;
            self.around.extend(range.filter(holds));
        }
    }

    /// What the marked node says.
    pub(super) fn described(&self) -> Option<Described> {
        self.view.describe(self.node?)
    }

    /// Goes on with what takes several frames; gives the levels that must be read for it.
    pub(super) fn go_on(&mut self) -> Vec<LevelKey> {
        if let Some(caret) = self.caret.filter(|_| self.seeks_node) {
            let (node, missing) = self.view.reveal(caret);
            self.node = node.or(self.node);
            self.note_around(&(caret..caret + 1));
            self.reveals_node = true;
            self.seeks_node = missing.is_some();
        }
        self.search_on();
        self.view.wanted().to_vec()
    }

    /// Begins to look for bytes, from what is marked on.
    pub(super) fn find(&mut self, pattern: Vec<u8>, back: bool) {
        let selection = self.selection();
        let from = match (back, self.caret) {
            (_, None) => 0,
            (true, Some(_)) => selection.start,
            (false, Some(_)) => selection.start + 1,
        };
        self.search = Some(Search {
            pattern,
            back,
            at: from,
            around: false,
            from,
        });
        self.found = Found::Running;
    }

    /// Looks at the next piece of the message.
    fn search_on(&mut self) {
        let Some(mut search) = self.search.take() else {
            return;
        };
        let bytes = self.view.tree().bytes().clone();
        let overlap = search.pattern.len() - 1;
        let hit = if search.back {
            let start = search.at.saturating_sub(SEARCHED);
            let piece = bytes.get(start..(search.at + overlap).min(bytes.len()));
            search_back(piece.unwrap_or_default(), &search.pattern).map(|at| start + at)
        } else {
            let end = (search.at + SEARCHED + overlap).min(bytes.len());
            let piece = bytes.get(search.at..end);
            find_in(piece.unwrap_or_default(), &search.pattern).map(|at| search.at + at)
        };
        if let Some(at) = hit {
            self.found = if search.around {
                Found::Around
            } else {
                Found::Here
            };
            self.select(at..at + search.pattern.len());
            return;
        }
        let over = if search.back {
            search.at = search.at.saturating_sub(SEARCHED);
            search.at == 0
        } else {
            search.at += SEARCHED;
            search.at >= bytes.len()
        };
        let done = search.around
            && if search.back {
                search.at <= search.from
            } else {
                search.at >= search.from
            };
        if done {
            self.found = Found::None;
            return;
        }
        if over && search.around {
            self.found = Found::None;
            return;
        }
        if over {
            search.around = true;
            search.at = if search.back { bytes.len() } else { 0 };
        }
        self.search = Some(search);
    }

    /// Whether another frame is wanted at once.
    pub(super) fn is_busy(&self) -> bool {
        self.search.is_some()
    }

    /// Marks the next problem, or the one before.
    pub(super) fn next_problem(&mut self, back: bool) {
        let tree = self.view.tree().clone();
        let at = self.caret.map(|_| self.selection().start);
        let finding = tree.survey().and_then(|survey| {
            if back {
                survey.before(at)
            } else {
                survey.after(at)
            }
        });
        if let Some(finding) = finding {
            self.select(finding.range.clone());
        }
    }
}

/// Where a pattern stands last.
fn search_back(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    let (first, rest) = pattern.split_first()?;
    let mut end = bytes.len();
    loop {
        let at = bytes.get(..end)?.iter().rposition(|byte| byte == first)?;
        if bytes.get(at + 1..)?.starts_with(rest) {
            return Some(at);
        }
        end = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(bytes: &[u8]) -> BytesState {
        let tree = WireTree::new(bytes.to_vec().into(), None, None);
        tree.read(tree.root());
        BytesState::new(tree)
    }

    fn found(state: &mut BytesState) -> (Found, Range<usize>) {
        while state.is_busy() {
            state.go_on();
        }
        (state.found, state.selection())
    }

    #[test]
    fn a_search_goes_on_from_what_is_marked_and_around_the_end() {
        let mut state = state(b"xabxabx");
        for (back, want) in [
            (false, (Found::Here, 1..3)),
            (false, (Found::Here, 4..6)),
            (false, (Found::Around, 1..3)),
            (true, (Found::Around, 4..6)),
            (true, (Found::Here, 1..3)),
        ] {
            state.find(b"ab".to_vec(), back);
            assert_eq!(found(&mut state), want);
        }
        state.find(b"zz".to_vec(), false);
        assert_eq!(found(&mut state).0, Found::None);
        state.find(b"zz".to_vec(), true);
        assert_eq!(found(&mut state).0, Found::None);
    }

    #[test]
    fn a_search_looks_at_pieces_and_misses_nothing_between_them() {
        let mut bytes = vec![0; SEARCHED + 10];
        bytes[SEARCHED - 1..SEARCHED + 2].copy_from_slice(b"abc");
        let mut state = state(&bytes);
        for back in [false, true] {
            state.find(b"abc".to_vec(), back);
            assert_eq!(found(&mut state).1, SEARCHED - 1..SEARCHED + 2, "{back}");
        }
    }

    #[test]
    fn a_byte_marks_its_node_and_a_node_its_bytes() {
        let mut state = state(b"\x08\x01\x12\x02hi");
        state.go_to(5, false);
        assert_eq!(state.go_on(), []);
        assert_eq!(state.described().unwrap().number, Some(2));
        assert_eq!(state.selection(), 5..6);
        assert_eq!(state.around(), std::slice::from_ref(&(2..6)));
        let first = state.view.rows()[0].node;
        state.mark(first);
        assert_eq!(state.selection(), 0..2);
        state.go_to(3, true);
        assert_eq!(state.selection(), 1..4);
        state.go_to(900, false);
        assert_eq!(state.selection(), 5..6);
    }
}
