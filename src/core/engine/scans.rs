//! Filters, groups, columns and texts over the log of a call, on worker threads.
//!
//! A filter is compiled off the network's thread, then runs on threads of its own until the window lets go
//! of its handle, stops it, or forgets the call. Columns are read newest wish first, as texts are.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{CallId, Event, apart::OnPanic, defect, outbox::Outbox, texts::Messages};
use crate::call::{
    Failure, filter_failure,
    scan::{
        Filter, FilterError, FilterPart, GroupSpec, Grouping, LogTypes, Paths, Scan, Stopper,
        TextSearch, find_text,
    },
};

/// Bytes of a cell.
const CELL_BYTES: usize = 400;

/// Cells' rows handed over together.
const PART: usize = 64;

/// A scan, grouping or search, unique in this run of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScanId(pub u64);

/// The cells of one row, a column each: `None` where the message has no such value.
pub type CellRow = Arc<[Option<Box<str>>]>;

/// Cells that were asked for.
#[derive(Debug, Clone)]
pub struct CellsRead {
    /// The call.
    pub call: CallId,
    /// The columns' paths, as they were asked for.
    pub columns: Arc<[String]>,
    /// The message, by its index in the log, and its cells.
    pub rows: Vec<(usize, CellRow)>,
}

/// Why a scan was not begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanRefusal {
    /// What is wrong, and what to try.
    pub failure: Failure,
    /// The part of the filter that is wrong, and its bytes; `None` when the filter is not at fault.
    pub place: Option<(FilterPart, Range<usize>)>,
}

/// What runs, and can be stopped.
enum Running {
    /// It is being compiled, or is a search.
    Task(CancellationToken),
    Scan(Stopper),
}

impl Running {
    fn stop(&self) {
        match self {
            Self::Task(token) => token.cancel(),
            Self::Scan(stopper) => stopper.stop(),
        }
    }
}

type Table = HashMap<ScanId, (CallId, Running)>;

/// All that looks through logs; clones share it.
#[derive(Clone)]
pub(super) struct Scans {
    running: Arc<Mutex<Table>>,
    cells: Cells,
    tasks: TaskTracker,
    outbox: Outbox,
}

impl Scans {
    pub(super) fn new(tasks: TaskTracker, outbox: Outbox) -> Self {
        Self {
            running: Arc::default(),
            cells: Cells::new(outbox.clone()),
            tasks,
            outbox,
        }
    }

    fn running(&self) -> MutexGuard<'_, Table> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn scan(
        &self,
        id: ScanId,
        call: CallId,
        messages: Option<Messages>,
        filter: Filter,
    ) {
        self.begin(id, call, messages, move |this, messages, types| {
            let outbox = this.outbox.clone();
            let scan = Scan::start(messages.log, types, &filter, move || outbox.wake())?;
            let stopper = scan.stopper();
            Ok((stopper, Event::ScanStarted(id, call, scan)))
        });
    }

    pub(super) fn group(
        &self,
        id: ScanId,
        call: CallId,
        messages: Option<Messages>,
        spec: GroupSpec,
    ) {
        self.begin(id, call, messages, move |this, messages, types| {
            let outbox = this.outbox.clone();
            let grouping = Grouping::start(messages.log, types, &spec, move || outbox.wake())?;
            let stopper = grouping.stopper();
            Ok((stopper, Event::GroupStarted(id, call, grouping)))
        });
    }

    /// Compiles and starts something on a worker thread.
    fn begin(
        &self,
        id: ScanId,
        call: CallId,
        messages: Option<Messages>,
        start: impl FnOnce(&Self, Messages, &LogTypes) -> Result<(Stopper, Event), FilterError>
        + Send
        + 'static,
    ) {
        let Some((messages, types)) = ready(messages) else {
            self.outbox.push(not_ready(id));
            return;
        };
        let stop = CancellationToken::new();
        self.put(id, call, Running::Task(stop.clone()));
        let this = self.clone();
        self.tasks.spawn_blocking(move || {
            let _guard = OnPanic(|| this.broke(id));
            let started = start(&this, messages, &types);
            match started {
                Ok((stopper, event)) => {
                    // Who stops it from now on finds the stopper.
                    let mut running = this.running();
                    if stop.is_cancelled() {
                        running.remove(&id);
                        stopper.stop();
                    } else {
                        running.insert(id, (call, Running::Scan(stopper)));
                    }
                    drop(running);
                    this.outbox.push(event);
                }
                Err(error) => {
                    this.running().remove(&id);
                    this.outbox.push(refused(id, &error));
                }
            }
        });
    }

    /// It ended by a defect of ours.
    fn broke(&self, id: ScanId) {
        self.running().remove(&id);
        let refusal = ScanRefusal {
            failure: defect("Looking through the messages"),
            place: None,
        };
        self.outbox.push(Event::ScanRefused(id, Box::new(refusal)));
    }

    fn put(&self, id: ScanId, call: CallId, running: Running) {
        let before = self.running().insert(id, (call, running));
        if let Some((_, before)) = before {
            before.stop();
        }
    }

    pub(super) fn stop(&self, id: ScanId) {
        let found = self.running().remove(&id);
        if let Some((_, running)) = found {
            running.stop();
        }
    }

    /// Stops all that looks through a call's log.
    pub(super) fn forget(&self, call: CallId) {
        self.running().retain(|_, (own, running)| {
            if *own == call {
                running.stop();
            }
            *own != call
        });
    }

    /// Stops everything: the program ends.
    pub(super) fn stop_all(&self) {
        for (_, (_, running)) in self.running().drain() {
            running.stop();
        }
    }

    pub(super) fn find(
        &self,
        id: ScanId,
        call: CallId,
        messages: Option<Messages>,
        search: TextSearch,
    ) {
        let Some((messages, types)) = ready(messages) else {
            self.outbox.push(not_ready(id));
            return;
        };
        let stop = CancellationToken::new();
        self.put(id, call, Running::Task(stop.clone()));
        let this = self.clone();
        self.tasks.spawn_blocking(move || {
            let _guard = OnPanic(|| this.broke(id));
            let found = find_text(&messages.log, &types, &search, &stop);
            if stop.is_cancelled() {
                return;
            }
            this.running().remove(&id);
            this.outbox.push(match found {
                Ok(found) => Event::TextFound(id, found),
                Err(error) => refused(id, &error),
            });
        });
    }

    pub(super) fn read_cells(
        &self,
        call: CallId,
        messages: Option<Messages>,
        columns: Arc<[String]>,
        wanted: Vec<usize>,
    ) {
        if let Some((messages, types)) = ready(messages) {
            let paths = columns.iter().map(|path| types.path(path).ok()).collect();
            self.cells.ask(CellsWish {
                call,
                messages,
                types,
                columns,
                paths,
                wanted,
            });
        }
    }
}

fn ready(messages: Option<Messages>) -> Option<(Messages, LogTypes)> {
    let messages = messages?;
    let types = messages.types()?.clone();
    Some((messages, types))
}

fn not_ready(id: ScanId) -> Event {
    Event::ScanRefused(
        id,
        Box::new(ScanRefusal {
            failure: Failure {
                summary: "There is nothing to look through yet".to_owned(),
                reason: "The call has not begun, or was forgotten".to_owned(),
                hint: "Make the call, then filter its messages".to_owned(),
                ..Failure::default()
            },
            place: None,
        }),
    )
}

fn refused(id: ScanId, error: &FilterError) -> Event {
    Event::ScanRefused(
        id,
        Box::new(ScanRefusal {
            failure: filter_failure(error),
            place: Some((error.part, error.range.clone())),
        }),
    )
}

/// Rows whose columns are wanted.
struct CellsWish {
    call: CallId,
    messages: Messages,
    types: LogTypes,
    columns: Arc<[String]>,
    paths: Vec<Option<Paths>>,
    wanted: Vec<usize>,
}

#[derive(Default)]
struct Wishes {
    /// The newest at the end.
    stack: Vec<CellsWish>,
    working: bool,
}

/// The screen's wishes for columns; clones share them.
#[derive(Clone)]
struct Cells {
    wishes: Arc<Mutex<Wishes>>,
    outbox: Outbox,
}

impl Cells {
    fn new(outbox: Outbox) -> Self {
        Self {
            wishes: Arc::default(),
            outbox,
        }
    }

    fn wishes(&self) -> MutexGuard<'_, Wishes> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, wish: CellsWish) {
        let mut wishes = self.wishes();
        wishes.stack.push(wish);
        if !std::mem::replace(&mut wishes.working, true) {
            let this = self.clone();
            tokio::task::spawn_blocking(move || this.work());
        }
    }

    fn work(&self) {
        // If a cell makes us panic, the next wish must find no worker and start one.
        let _guard = Working(self);
        loop {
            let mut wishes = self.wishes();
            let Some(mut wish) = wishes.stack.pop() else {
                wishes.working = false;
                return;
            };
            drop(wishes);
            let rest = wish.wanted.split_off(PART.min(wish.wanted.len()));
            let rows: Vec<_> = wish
                .wanted
                .iter()
                .filter_map(|index| Some((*index, wish.row(*index)?)))
                .collect();
            if !rows.is_empty() {
                self.outbox.push(Event::CellsRead(Box::new(CellsRead {
                    call: wish.call,
                    columns: wish.columns.clone(),
                    rows,
                })));
            }
            if !rest.is_empty() {
                wish.wanted = rest;
                self.wishes().stack.push(wish);
            }
        }
    }
}

struct Working<'a>(&'a Cells);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.wishes().working = false;
        }
    }
}

impl CellsWish {
    fn row(&self, index: usize) -> Option<CellRow> {
        let entry = self.messages.log.entry(index)?;
        let wire = self.messages.log.message(index)?;
        let printer = &self.types.side(entry.direction).printer;
        let cell = |paths: &Option<Paths>| {
            let path = paths.as_ref()?.side(entry.direction)?;
            path.cell(printer, &wire, CELL_BYTES).map(Into::into)
        };
        Some(self.paths.iter().map(cell).collect())
    }
}
