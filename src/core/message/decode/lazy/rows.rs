//! The rows of a message as far as it is open: any stretch of them, and what opens and closes.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;

use super::{
    super::{walk::Walker, wire::Span},
    LazyMessage,
    container::{Container, Key},
    level::{Folds, Level, level_of},
    look::{Drawing, Look, RowLayout, Settled},
    place::{Place, place_in, row_in},
    row::{At, Row, SHOWN_BYTES, Scribe},
    sink::Sink,
    value::{Body, Node, Raw},
};

/// What takes longer is not done while a frame is drawn.
const AT_ONCE_BYTES: usize = 64 << 10;

/// A message is open to its last value if it has at most this many bytes.
pub(super) const OPEN_BYTES: usize = 1 << 20;

/// A message as rows. Cloning copies what is open, not the message.
#[derive(Debug, Clone)]
pub struct MessageRows {
    message: LazyMessage,
    settled: Arc<Settled>,
    root: Root,
    revision: u64,
}

#[derive(Debug, Clone)]
enum Root {
    /// One row.
    Closed(Node),
    Open(Box<Level>),
}

/// Rows that are made or changed in more time than a frame has: see [`RowsJob::run`].
#[derive(Debug, Clone)]
pub struct RowsJob(Job);

#[derive(Debug, Clone)]
enum Job {
    New {
        message: LazyMessage,
        layout: RowLayout,
        /// `None` for a message that is closed.
        root: Option<Folds>,
    },
    Open {
        rows: Box<MessageRows>,
        path: Vec<u32>,
        folds: Folds,
    },
    Reveal {
        rows: Box<MessageRows>,
        path: Vec<u32>,
    },
}

impl RowsJob {
    /// Makes them. About 100 ms for 100 MB; more where all of it is open.
    pub fn run(self) -> MessageRows {
        match self.0 {
            Job::New {
                message,
                layout,
                root,
            } => MessageRows::new(message, layout, root.as_ref()),
            Job::Open {
                mut rows,
                path,
                folds,
            } => {
                rows.set(&path, Some(&folds));
                *rows
            }
            Job::Reveal { mut rows, path } => {
                rows.open_way(&path);
                *rows
            }
        }
    }

    /// Whether it is done within about a millisecond.
    pub fn is_short(&self) -> bool {
        match &self.0 {
            Job::New { message, .. } => message.wire().len() <= AT_ONCE_BYTES,
            Job::Open { .. } | Job::Reveal { .. } => false,
        }
    }
}

impl LazyMessage {
    /// The rows of the message as they are shown first: all of a small message; of one above 1 MiB its
    /// fields, and one level of what is in them.
    pub fn rows(&self, layout: RowLayout) -> RowsJob {
        let mut folds = Folds::default();
        if self.wire().len() <= OPEN_BYTES {
            folds = Folds::all();
        } else {
            let settled = Settled::new(layout.clone(), self.plans());
            let look = self.look(&settled);
            if let Some(inner) = Container::of(&look, look.node(self.root(), false)) {
                for at in 0..inner.len() {
                    let opens = inner
                        .child(&look, at)
                        .is_some_and(|raw| look.node(raw, true).opens());
                    if opens {
                        folds.open.insert(inner.stable(at), Folds::default());
                    }
                }
            }
        }
        RowsJob(Job::New {
            message: self.clone(),
            layout,
            root: Some(folds),
        })
    }

    pub(super) fn root(&self) -> Raw {
        Raw::Message {
            slot: self.slot(),
            body: Body::One(Span {
                start: 0,
                end: self.wire().len(),
            }),
            depth: 0,
        }
    }
}

impl MessageRows {
    fn new(message: LazyMessage, layout: RowLayout, folds: Option<&Folds>) -> Self {
        let settled = Arc::new(Settled::new(layout, message.plans()));
        let root = {
            let look = message.look(&settled);
            let level = folds.and_then(|folds| level_of(&look, message.root(), folds));
            match level {
                Some(level) => Root::Open(Box::new(level)),
                None => Root::Closed(look.node(message.root(), true)),
            }
        };
        Self {
            message,
            settled,
            root,
            revision: 0,
        }
    }

    /// The message.
    pub fn message(&self) -> &LazyMessage {
        &self.message
    }

    /// How it is laid out.
    pub fn layout(&self) -> &RowLayout {
        &self.settled.layout
    }

    /// Grows whenever rows open or close.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Number of rows.
    pub fn len(&self) -> u64 {
        let look = self.message.look(&self.settled);
        match &self.root {
            Root::Closed(_) => 1,
            Root::Open(level) => level.height(&look),
        }
    }

    /// There is always one.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The rows of a stretch, as far as they exist.
    pub fn rows(&self, range: Range<u64>) -> Vec<Row> {
        let count = range.end.saturating_sub(range.start);
        let mut rows = Vec::with_capacity(usize::try_from(count.min(1024)).unwrap_or(0));
        self.each(range, SHOWN_BYTES, |row| rows.push(row));
        rows
    }

    /// The pretty JSON of a stretch of rows, closed ones as they are shown, texts whole. `None` when it
    /// is longer than `most` bytes.
    pub fn text(&self, range: Range<u64>, most: usize) -> Option<String> {
        let mut text = String::new();
        let mut at = range.start;
        while at < range.end.min(self.len()) {
            let part = at..range.end.min(at + 256);
            self.each(part.clone(), 0, |row| {
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(&row.json_line());
            });
            if text.len() > most {
                return None;
            }
            at = part.end;
        }
        Some(text)
    }

    fn each(&self, range: Range<u64>, limit: usize, mut take: impl FnMut(Row)) {
        let look = self.message.look(&self.settled);
        let mut sink = Sink {
            scribe: Scribe {
                look,
                types: self.message.types(),
            },
            left: range.end.saturating_sub(range.start),
            limit,
            path: Vec::new(),
            take: &mut take,
        };
        match &self.root {
            Root::Closed(node) if range.start == 0 => sink.closed(Key::Root, node, false),
            Root::Closed(_) => {}
            Root::Open(level) => sink.open(Key::Root, level, range.start, false),
        }
    }

    /// What a row leads to; `None` beyond the end.
    pub fn path_of(&self, row: u64) -> Option<Vec<u32>> {
        self.rows(row..row + 1).pop().map(|row| row.path)
    }

    /// The first row of what a path leads to, or of what it is hidden in.
    pub fn row_of(&self, path: &[u32]) -> u64 {
        match &self.root {
            Root::Closed(_) => 0,
            Root::Open(level) => row_in(&self.look(), level, path),
        }
    }

    /// Looks at what is large in a stretch, so that drawing it does not look again each time. Called by
    /// who draws, before [`rows`](Self::rows).
    pub fn prepare(&mut self, range: Range<u64>) {
        let paths: Vec<Vec<u32>> = {
            let mut paths = Vec::new();
            self.each(range, 64, |row| {
                if row.span.len() >= AT_ONCE_BYTES {
                    paths.push(row.path);
                }
            });
            paths
        };
        let look = self.message.look(&self.settled);
        let Root::Open(level) = &mut self.root else {
            return;
        };
        for path in paths {
            let mut level: &mut Level = level;
            let Some((last, way)) = path.split_last() else {
                continue;
            };
            for step in way {
                let Some(inner) = level.child_mut(&look, *step as usize) else {
                    return;
                };
                level = inner;
            }
            level.know(&look, *last as usize);
        }
    }

    /// Opens or closes what a path leads to, with all below it if `all`. A job where that takes long:
    /// nothing has changed then.
    pub fn set_open(&mut self, path: &[u32], open: bool, all: bool) -> Option<RowsJob> {
        let folds = if all { Folds::all() } else { Folds::default() };
        if path.is_empty() {
            return self.set_root(open.then_some(folds));
        }
        if !open {
            self.set(path, None);
            return None;
        }
        let place = self.place(path)?;
        // What was opened with all in it opens so again.
        let folds = if place.in_all { Folds::all() } else { folds };
        if place.raw.size() > AT_ONCE_BYTES {
            return Some(RowsJob(Job::Open {
                rows: Box::new(self.clone()),
                path: path.to_vec(),
                folds,
            }));
        }
        self.set(path, Some(&folds));
        None
    }

    fn set_root(&mut self, root: Option<Folds>) -> Option<RowsJob> {
        let closes = root.is_none();
        let job = RowsJob(Job::New {
            message: self.message.clone(),
            layout: self.layout().clone(),
            root,
        });
        if !closes && !job.is_short() {
            return Some(job);
        }
        let revision = self.revision + 1;
        *self = job.run();
        self.revision = revision;
        None
    }

    fn set(&mut self, path: &[u32], folds: Option<&Folds>) {
        let settled = Arc::clone(&self.settled);
        let look = self.message.look(&settled);
        if let Root::Open(level) = &mut self.root {
            level.set(&look, path, folds);
        }
        self.revision += 1;
    }

    /// Opens everything on the way to what a path leads to. A job where that takes long.
    pub fn reveal(&mut self, path: &[u32]) -> Option<RowsJob> {
        let closed = matches!(self.root, Root::Closed(_));
        let hidden = (1..path.len()).find_map(|end| {
            let place = self.place(path.get(..end)?)?;
            place.closed.then_some(place)
        });
        let size = match (closed, hidden) {
            (true, _) => self.message.wire().len(),
            (false, Some(place)) => place.raw.size(),
            (false, None) => return None,
        };
        if size > AT_ONCE_BYTES {
            return Some(RowsJob(Job::Reveal {
                rows: Box::new(self.clone()),
                path: path.to_vec(),
            }));
        }
        self.open_way(path);
        None
    }

    fn open_way(&mut self, path: &[u32]) {
        if matches!(self.root, Root::Closed(_)) {
            let (message, layout) = (self.message.clone(), self.layout().clone());
            let revision = self.revision;
            *self = Self::new(message, layout, Some(&Folds::default()));
            self.revision = revision;
        }
        for end in 1..path.len() {
            let way = path.get(..end).unwrap_or_default();
            if self.place(way).is_some_and(|place| place.closed) {
                self.set(way, Some(&Folds::default()));
            }
        }
        self.revision += 1;
    }

    /// The rows in another layout, open as they are.
    pub fn laid_out(&self, layout: RowLayout) -> RowsJob {
        RowsJob(Job::New {
            message: self.message.clone(),
            layout,
            root: match &self.root {
                Root::Closed(_) => None,
                Root::Open(level) => Some(level.folds()),
            },
        })
    }

    /// The names on the way to what a path leads to, as in `orders[3].labels["de"].id`; those of JSON in
    /// that drawing, those of the proto file in the tree.
    pub fn key_path(&self, path: &[u32]) -> String {
        let look = self.look();
        let scribe = Scribe {
            look,
            types: self.message.types(),
        };
        let mut text = String::new();
        let keys = self.place(path).map_or_else(Vec::new, |place| place.keys);
        for key in keys {
            match key {
                Key::Index(index) => text.push_str(&format!("[{index}]")),
                Key::Map(_) => text.push_str(&format!("[{}]", scribe.key(key))),
                Key::Root | Key::Stray => {}
                _ => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(scribe.key(key).trim_matches('"'));
                }
            }
        }
        text
    }

    /// A value as one would paste it: a text without quotes and escapes, whatever opens as JSON.
    pub fn value_text(&self, path: &[u32]) -> Option<String> {
        let look = self.look();
        let raw = self.raw(path)?;
        let node = look.node(raw, true);
        if node.opens() {
            return self.json_text(path);
        }
        let scribe = Scribe {
            look,
            types: self.message.types(),
        };
        let at = At {
            depth: 0,
            comma: false,
            path,
            limit: 0,
        };
        let shown = scribe.closed(Key::Root, &node, &at).value;
        Some(serde_json::from_str::<String>(&shown).unwrap_or(shown))
    }

    /// What a path leads to as pretty JSON, whole, whatever is open and however bytes are shown.
    pub fn json_text(&self, path: &[u32]) -> Option<String> {
        let raw = self.raw(path)?;
        let layout = RowLayout {
            drawing: Drawing::Json,
            defaults: self.layout().defaults,
            ..RowLayout::default()
        };
        let settled = Settled::new(layout, self.message.plans());
        let look = self.message.look(&settled);
        if let Raw::Message { slot, body, depth } = &raw {
            let write = |walker: &mut Walker<'_>| walker.message(*slot, body.spans(), *depth);
            return Some(look.printed(true, 0, write).text);
        }
        let mut text = String::new();
        let mut take = |row: Row| {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&row.json_line());
        };
        let mut sink = Sink {
            scribe: Scribe {
                look,
                types: self.message.types(),
            },
            left: u64::MAX,
            limit: 0,
            path: Vec::new(),
            take: &mut take,
        };
        sink.all(Key::Root, raw, 0, false);
        Some(text)
    }

    /// The content of a value of type `bytes` or `string`, or of a message.
    pub fn bytes_of(&self, path: &[u32]) -> Option<Bytes> {
        let raw = self.raw(path)?;
        // A wrapper stands for the value in it.
        let raw = match self.look().node(raw.clone(), true) {
            Node::Leaf(inner) => inner,
            _ => raw,
        };
        match raw {
            raw @ (Raw::Scalar { .. } | Raw::Opaque(_) | Raw::Url(_) | Raw::Message { .. }) => {
                let span = raw.span();
                let whole = self.message.wire();
                (span.end <= whole.len()).then(|| whole.slice(span.start..span.end))
            }
            _ => None,
        }
    }

    fn raw(&self, path: &[u32]) -> Option<Raw> {
        if path.is_empty() {
            return Some(self.message.root());
        }
        Some(self.place(path)?.raw)
    }

    fn place(&self, path: &[u32]) -> Option<Place> {
        let look = self.look();
        let mut keys = Vec::with_capacity(path.len());
        match &self.root {
            Root::Open(level) => place_in(&look, level, path, &mut keys),
            Root::Closed(_) => {
                let level = level_of(&look, self.message.root(), &Folds::default())?;
                place_in(&look, &level, path, &mut keys)
            }
        }
    }

    pub(super) fn look(&self) -> Look<'_> {
        self.message.look(&self.settled)
    }
}
