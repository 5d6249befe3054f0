//! Reads JSON with comments into a flat index, in one pass and without recursion.
//!
//! Accepts RFC 8259 plus `//` and `/* */` comments and trailing commas; nothing else. Stops at the
//! first fault, with its range, a sentence and, where there is one, a hint. It can begin in the middle,
//! with the brackets that are open there, and takes over what is known of the text behind an edit
//! ([`Kept`]). Invariant: at most [`MAX_DEPTH`] brackets are open at a time, so what walks the index
//! may recurse.

use super::{
    NodeKind,
    fault::Fault,
    index::{Extent, Index, MAX_KEY, Packed},
    kept::{Kept, Run},
    scan::{Piece, piece},
    token::{number_end, string_end, word_end},
};
use crate::message::Diagnostic;

/// Brackets that may be open at a time. Protobuf's own parsers stop at the same depth.
pub(super) const MAX_DEPTH: usize = 100;

/// Of a value and its key in an ordinary text, so that the index is made without growing.
const BYTES_A_VALUE: usize = 14;
/// A long text may be one long string: beyond, the index grows with what is found.
const MOST_EXPECTED: usize = 4096;

/// A text's index, or why there is none.
#[derive(Debug, Clone, Default)]
pub(super) struct Parsed {
    /// Empty when the text is, and when it does not parse.
    pub(super) index: Index,
    /// The first fault.
    pub(super) error: Option<Diagnostic>,
    /// The most brackets open at a time.
    pub(super) depth: usize,
}

/// Reads a text.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parser = Parser::new(text);
    let result = parser.run();
    let depth = parser.depth;
    match result {
        Ok(()) => {
            let mut index = Index::default();
            index.commit(parser.into_read());
            Parsed {
                index,
                error: None,
                depth,
            }
        }
        Err(fault) => Parsed {
            index: Index::default(),
            error: Some(parser.diagnostic(fault)),
            depth,
        },
    }
}

type Parse<T> = Result<T, Fault>;

/// What must come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    Value,
    /// A key, or the end of the object.
    Member,
    /// A value, or the end of the array.
    Item,
    /// A comma or a closing bracket; at the root, the end.
    Next,
}

impl Expect {
    /// What comes first in a container, and after its commas.
    pub(super) fn inside(kind: NodeKind) -> Self {
        match kind {
            NodeKind::Object => Self::Member,
            _ => Self::Item,
        }
    }
}

/// A container that is open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) kind: NodeKind,
    pub(super) start: usize,
    /// The same as `start` when there is no key.
    pub(super) key_start: usize,
    /// Its entry in the index that is being made.
    pub(super) id: usize,
    /// Children read so far.
    pub(super) len: u32,
    pub(super) slot: Slot,
}

/// Where the extent of an open container goes when it is closed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Slot {
    /// It stands before the edit: its place in the index there is.
    Kept(u32),
    /// It was read: its place in [`Read::extents`].
    Read(u32),
}

/// Where reading begins when it does not begin at the start.
#[derive(Debug, Clone)]
pub(super) struct Resume {
    pub(super) at: usize,
    pub(super) expect: Expect,
    pub(super) open: Vec<Frame>,
    /// Entries before it, which stay.
    pub(super) before: usize,
}

/// What was read, to be put into the index there was.
#[derive(Debug, Clone, Default)]
pub(super) struct Read {
    /// Entries of the index before that stay.
    pub(super) before: usize,
    /// What was read behind them. Extents of containers are places in `extents`.
    pub(super) entries: Vec<Packed>,
    pub(super) extents: Vec<Extent>,
    /// Entries of the index before that stand among them, in order.
    pub(super) kept: Vec<Run>,
    /// Containers that stay and go on to another place.
    pub(super) closed: Vec<(u32, Extent)>,
    pub(super) depth: usize,
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    bytes: &'a [u8],
    pub(super) at: usize,
    expect: Expect,
    read: Read,
    pub(super) open: Vec<Frame>,
    /// Where the key begins that was read last, until its value begins.
    pub(super) key: Option<usize>,
    depth: usize,
    kept: Option<Kept<'a>>,
    /// Bytes that were taken over, not read.
    skipped: usize,
    /// Where the value read last ends, its closing bracket included.
    pub(super) value_end: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let expected = (text.len() / BYTES_A_VALUE + 1).min(MOST_EXPECTED);
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            expect: Expect::Value,
            read: Read {
                entries: Vec::with_capacity(expected),
                ..Read::default()
            },
            open: Vec::with_capacity(8),
            key: None,
            depth: 0,
            kept: None,
            skipped: 0,
            value_end: 0,
        }
    }

    /// Begins before an edit and takes over what stands behind it.
    pub(super) fn resume(text: &'a str, from: Resume, kept: Kept<'a>) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: from.at,
            expect: from.expect,
            read: Read {
                before: from.before,
                ..Read::default()
            },
            depth: from.open.len(),
            open: from.open,
            key: None,
            kept: Some(kept),
            skipped: from.at,
            value_end: from.at,
        }
    }

    /// Reads to the end of the text.
    pub(super) fn run(&mut self) -> Parse<()> {
        if u32::try_from(self.bytes.len()).is_err() {
            return Err(Fault::new(0..0, "the text is longer than 4 GiB"));
        }
        self.skip_trivia()?;
        if self.at == self.bytes.len() && self.expect == Expect::Value && self.open.is_empty() {
            return Ok(());
        }
        loop {
            self.skip_trivia()?;
            if self.kept.is_some()
                && let Some(next) = self.take_over()
            {
                self.expect = next;
                continue;
            }
            self.expect = match self.expect {
                Expect::Value => self.value()?,
                Expect::Member if self.peek() == Some(b'}') => self.close(),
                Expect::Member => {
                    self.member_key()?;
                    Expect::Value
                }
                Expect::Item if self.peek() == Some(b']') => self.close(),
                Expect::Item => self.value()?,
                Expect::Next => match self.open.last() {
                    None => break,
                    Some(container) => {
                        let kind = container.kind;
                        self.after_value(kind)?
                    }
                },
            };
        }
        if self.at < self.bytes.len() {
            return Err(self.trailing());
        }
        Ok(())
    }

    /// What comes next where reading stopped.
    pub(super) fn expect(&self) -> Expect {
        self.expect
    }

    /// What was read, with the containers that are still open closed where reading stopped.
    pub(super) fn into_read(mut self) -> Read {
        let next = self.next_id();
        for frame in std::mem::take(&mut self.open) {
            // Beyond what is known, so that none is taken for whole.
            self.set_extent(frame, self.at + 1, next);
        }
        self.read.kept = self.kept.map(Kept::into_runs).unwrap_or_default();
        self.read.depth = self.depth;
        self.read
    }

    /// Bytes that were read, not taken over.
    pub(super) fn bytes_read(&self) -> usize {
        self.at - self.skipped
    }

    /// How much of what is known of the old text stands behind the place where reading stopped.
    pub(super) fn bytes_known(&self) -> usize {
        let kept = self.kept.as_ref();
        kept.map_or(0, |kept| kept.known_after(self.at))
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn skip_trivia(&mut self) -> Parse<()> {
        loop {
            match self.peek() {
                Some(b' ') if self.bytes.get(self.at..self.at + 8) == Some(b"        ") => {
                    self.at += 8;
                }
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                Some(b'/' | 0xEF) => return self.skip_more_trivia(),
                _ => return Ok(()),
            }
        }
    }

    fn skip_more_trivia(&mut self) -> Parse<()> {
        loop {
            match piece(self.text, self.at) {
                (Piece::Comma | Piece::Colon, _) => return Ok(()),
                (Piece::Other, _) => break,
                (_, end) => self.at = end,
            }
        }
        if self.bytes[self.at..].starts_with(b"/*") {
            return Err(self.open_comment());
        }
        Ok(())
    }

    fn value(&mut self) -> Parse<Expect> {
        let Some(first) = self.peek() else {
            return Err(self.ended());
        };
        let start = self.at;
        match first {
            b'{' => self.open(NodeKind::Object),
            b'[' => self.open(NodeKind::Array),
            b'"' => {
                let end = string_end(self.text, start)?;
                self.scalar(NodeKind::String, end)
            }
            b'-' | b'0'..=b'9' => {
                let end = number_end(self.text, start)?;
                self.scalar(NodeKind::Number, end)
            }
            _ => {
                let end = word_end(self.text, start);
                match &self.text[start..end] {
                    "true" | "false" => self.scalar(NodeKind::Bool, end),
                    "null" => self.scalar(NodeKind::Null, end),
                    _ => Err(self.no_value()),
                }
            }
        }
    }

    fn member_key(&mut self) -> Parse<()> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => {}
            None => return Err(self.ended()),
            Some(_) => return Err(self.no_key()),
        }
        self.at = string_end(self.text, start)?;
        self.skip_trivia()?;
        match self.peek() {
            Some(b':') => {
                self.at += 1;
                self.key = Some(start);
                Ok(())
            }
            None => Err(self.ended()),
            Some(_) => Err(self.no_colon()),
        }
    }

    fn after_value(&mut self, container: NodeKind) -> Parse<Expect> {
        match (self.peek(), container) {
            (Some(b','), _) => {
                self.at += 1;
                Ok(Expect::inside(container))
            }
            (Some(b'}'), NodeKind::Object) | (Some(b']'), NodeKind::Array) => Ok(self.close()),
            (None, _) => Err(self.ended()),
            (Some(_), _) => Err(self.no_comma(container)),
        }
    }

    fn open(&mut self, kind: NodeKind) -> Parse<Expect> {
        if self.open.len() == MAX_DEPTH {
            return Err(self.too_deep());
        }
        let start = self.at;
        let key_start = self.key.unwrap_or(start);
        let slot = self.read.extents.len() as u32;
        let id = self.push(kind, start, slot)?;
        self.read.extents.push(Extent::default());
        self.at += 1;
        self.open.push(Frame {
            kind,
            start,
            key_start,
            id,
            len: 0,
            slot: Slot::Read(slot),
        });
        self.depth = self.depth.max(self.open.len());
        Ok(Expect::inside(kind))
    }

    fn close(&mut self) -> Expect {
        self.at += 1;
        self.value_end = self.at;
        if let Some(frame) = self.open.pop() {
            let next = self.next_id();
            self.set_extent(frame, self.at, next);
        }
        Expect::Next
    }

    fn set_extent(&mut self, frame: Frame, end: usize, next: usize) {
        let extent = Extent {
            bytes: (end - frame.start) as u32,
            size: (next - frame.id) as u32,
            len: frame.len,
        };
        match frame.slot {
            Slot::Kept(slot) => self.read.closed.push((slot, extent)),
            Slot::Read(slot) => {
                if let Some(place) = self.read.extents.get_mut(slot as usize) {
                    *place = extent;
                }
            }
        }
    }

    #[inline]
    fn scalar(&mut self, kind: NodeKind, end: usize) -> Parse<Expect> {
        let start = self.at;
        self.push(kind, start, (end - start) as u32)?;
        self.at = end;
        self.value_end = end;
        Ok(Expect::Next)
    }

    /// The entry that comes next.
    fn next_id(&self) -> usize {
        let kept = self.kept.as_ref().map_or(0, Kept::taken);
        self.read.before + self.read.entries.len() + kept
    }

    /// Adds an entry.
    #[inline]
    fn push(&mut self, kind: NodeKind, start: usize, extent: u32) -> Parse<usize> {
        let key_start = self.key.unwrap_or(start);
        if start - key_start > MAX_KEY {
            return Err(Fault::new(start..start, "the key is longer than 512 MiB"));
        }
        self.key = None;
        if let Some(parent) = self.open.last_mut() {
            parent.len += 1;
        }
        let packed = Packed::new(kind, start as u32, key_start as u32, extent);
        let id = self.next_id();
        self.read.entries.push(packed);
        Ok(id)
    }

    /// Goes over what begins here and is known from before the edit: the rest of a container's children,
    /// or one container. What then comes next; `None` where something is to be read.
    fn take_over(&mut self) -> Option<Expect> {
        let depth = self.open.len();
        let kept = self.kept.as_mut()?;
        if self.expect == Expect::Next {
            return None;
        }
        let place = kept.place(self.at)?;
        if matches!(self.expect, Expect::Member | Expect::Item)
            && let Some(parent) = self.open.last_mut()
            && let Some(run) = kept.children(place, parent.kind, depth)
        {
            parent.len += run.count;
            self.depth = self.depth.max(run.depth);
            let to = kept.take(&run, self.read.entries.len());
            self.skipped += to - self.at;
            self.at = to;
            self.value_end = to;
            return Some(Expect::Next);
        }
        if self.expect == Expect::Member {
            return None;
        }
        let whole = kept.container(place, depth)?;
        let slot = self.read.extents.len() as u32;
        self.push(whole.kind, self.at, slot).ok()?;
        self.read.extents.push(whole.extent);
        self.depth = self.depth.max(whole.inside.depth);
        let kept = self.kept.as_mut()?;
        let to = kept.take(&whole.inside, self.read.entries.len());
        self.skipped += to - self.at;
        self.at = to;
        self.value_end = to;
        Some(Expect::Next)
    }
}
