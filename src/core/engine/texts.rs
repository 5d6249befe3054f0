//! Wire bytes to text, off the network thread, for the screen.
//!
//! What the window asked for last is drawn first: while a person scrolls, older wishes are out of
//! sight already. All are answered in the end, in parts, so that the first texts show early.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use prost_reflect::MethodDescriptor;

use super::{CallId, Event, RenderStyle, outbox::Outbox};
use crate::{
    call::{Direction, MessageLog, scan::LogTypes},
    message::{JsonOptions, JsonText, Printer, lazy::LazyMessage},
    schema::Schema,
};

/// Text of a preview, in bytes.
const PREVIEW_BYTES: usize = 400;

/// Text of a whole message on the screen, in bytes; more is cut, and can be saved to a file.
const FULL_BYTES: usize = 32 << 20;

/// Texts handed over together.
const PART: usize = 32;

/// What is needed to show the messages of a call; clones share it.
#[derive(Clone)]
pub(super) struct Messages {
    pub(super) log: MessageLog,
    printers: Arc<OnceLock<[Printer; 2]>>,
    types: Arc<OnceLock<LogTypes>>,
    /// Its method, once it is known.
    pub(super) method: super::trees::Types,
}

impl Messages {
    pub(super) fn new(log: MessageLog) -> Self {
        Self {
            log,
            printers: Arc::default(),
            types: Arc::default(),
            method: Arc::default(),
        }
    }

    /// Messages of known types.
    #[cfg(test)]
    pub(super) fn with_types(log: MessageLog, types: LogTypes) -> Self {
        let this = Self::new(log);
        this.types.get_or_init(|| types);
        this
    }

    /// Sets the method, once it is known. Blocking for a moment: makes the plans of its types.
    pub(super) fn set_method(&self, method: &MethodDescriptor, schema: &Schema) {
        let printers = || {
            [
                Printer::within(&method.input(), schema),
                Printer::within(&method.output(), schema),
            ]
        };
        self.printers.get_or_init(printers);
        self.types.get_or_init(|| LogTypes::new(method, schema));
        self.method.get_or_init(|| (method.clone(), schema.clone()));
    }

    /// The types of its messages, once the method is known.
    pub(super) fn types(&self) -> Option<&LogTypes> {
        self.types.get()
    }

    /// Writes messages of a direction, once the method is known.
    pub(super) fn printer(&self, direction: Direction) -> Option<&Printer> {
        let [input, output] = self.printers.get()?;
        Some(match direction {
            Direction::Sent => input,
            Direction::Received => output,
        })
    }

    /// A message, to be looked at row by row.
    pub(super) fn lazy(&self, index: usize) -> Option<LazyMessage> {
        let [input, output] = self.printers.get()?;
        let printer = match self.log.entry(index)?.direction {
            Direction::Sent => input,
            Direction::Received => output,
        };
        Some(printer.lazy(self.log.message(index)?))
    }

    /// The method, once it is known.
    pub(super) fn method(&self) -> Option<&MethodDescriptor> {
        self.method.get().map(|(method, _)| method)
    }

    pub(super) fn text(&self, index: usize, options: JsonOptions) -> Option<JsonText> {
        let [input, output] = self.printers.get()?;
        let entry = self.log.entry(index)?;
        let bytes = self.log.message(index)?;
        let printer = match entry.direction {
            Direction::Sent => input,
            Direction::Received => output,
        };
        Some(printer.to_json(&bytes, options))
    }
}

struct Wish {
    call: CallId,
    messages: Messages,
    wanted: Vec<(usize, RenderStyle)>,
}

#[derive(Default)]
struct Wishes {
    /// The newest at the end.
    stack: Vec<Wish>,
    /// A worker is at it.
    working: bool,
}

/// The screen's wishes; clones share them.
#[derive(Clone)]
pub(super) struct Texts {
    wishes: Arc<Mutex<Wishes>>,
    outbox: Outbox,
}

impl Texts {
    pub(super) fn new(outbox: Outbox) -> Self {
        Self {
            wishes: Arc::default(),
            outbox,
        }
    }

    /// Asks for texts; a worker is started unless there is one.
    pub(super) fn ask(&self, call: CallId, messages: Messages, wanted: Vec<(usize, RenderStyle)>) {
        let mut wishes = self.wishes.lock().unwrap_or_else(PoisonError::into_inner);
        wishes.stack.push(Wish {
            call,
            messages,
            wanted,
        });
        if !std::mem::replace(&mut wishes.working, true) {
            let this = self.clone();
            tokio::task::spawn_blocking(move || this.work());
        }
    }

    /// Answers wishes until there are none.
    fn work(&self) {
        // If a text makes us panic, the next wish must find no worker and start one.
        let _guard = Working(&self.wishes);
        loop {
            let (call, messages, part) = {
                let mut wishes = self.wishes.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(wish) = wishes.stack.last_mut() else {
                    wishes.working = false;
                    return;
                };
                let part: Vec<_> = wish.wanted.drain(..PART.min(wish.wanted.len())).collect();
                let job = (wish.call, wish.messages.clone(), part);
                if wish.wanted.is_empty() {
                    wishes.stack.pop();
                }
                job
            };
            let text = |(index, style)| {
                let text = messages.text(index, options(style))?;
                Some((index, style, Arc::new(text)))
            };
            let texts: Vec<_> = part.into_iter().filter_map(text).collect();
            if !texts.is_empty() {
                self.outbox.push(Event::Rendered { call, texts });
            }
        }
    }
}

struct Working<'a>(&'a Mutex<Wishes>);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut wishes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            wishes.working = false;
        }
    }
}

fn options(style: RenderStyle) -> JsonOptions {
    match style {
        RenderStyle::Preview => JsonOptions {
            pretty: false,
            defaults: false,
            max_bytes: PREVIEW_BYTES,
        },
        RenderStyle::Full => JsonOptions {
            pretty: true,
            defaults: false,
            max_bytes: FULL_BYTES,
        },
    }
}
