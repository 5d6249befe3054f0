//! Wire bytes to text, off the network thread, for the screen.
//!
//! What the window asked for last is drawn first: while a person scrolls, older wishes are out of
//! sight already. All are answered in the end, in parts, so that the first texts show early.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use prost_reflect::{DescriptorPool, MethodDescriptor};

use super::{CallId, Event, RenderStyle, outbox::Outbox};
use crate::{
    call::{Direction, MessageLog, scan::LogTypes},
    message::{JsonOptions, JsonText, Printer, lazy::LazyMessage, wire_tree::raw_line},
    schema::Schema,
};

/// Text of a preview, in bytes.
const PREVIEW_BYTES: usize = 400;

/// Text of a whole message on the screen, in bytes; more is cut, and can be saved to a file.
const FULL_BYTES: usize = 32 << 20;

/// Said of a message whose type is not known.
const NO_TYPE: &str =
    "Its type is not known: fields are shown by their numbers, values by their look";

/// Said of a message that is not there.
const GONE: &str = "The message could not be read: the disk that it went to no longer gives it";

/// Texts handed over together.
const PART: usize = 32;

/// What is needed to show the messages of a call; clones share it.
#[derive(Clone)]
pub(super) struct Messages {
    pub(super) log: MessageLog,
    types: Arc<OnceLock<LogTypes>>,
    /// Its method, once it is known.
    pub(super) method: super::trees::Types,
}

impl Messages {
    pub(super) fn new(log: MessageLog) -> Self {
        Self {
            log,
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
        self.method.get_or_init(|| (method.clone(), schema.clone()));
        self.types.get_or_init(|| LogTypes::new(method, schema));
    }

    /// The types of its messages, once the method is known.
    pub(super) fn types(&self) -> Option<&LogTypes> {
        self.types.get()
    }

    /// Writes messages of a direction, once the method is known.
    pub(super) fn printer(&self, direction: Direction) -> Option<&Printer> {
        Some(&self.types()?.side(direction).printer)
    }

    /// A message, to be looked at row by row; without a method all of its fields are unknown.
    pub(super) fn lazy(&self, index: usize) -> Option<LazyMessage> {
        let direction = self.log.entry(index)?.direction;
        let bytes = self.log.message(index)?;
        match self.printer(direction) {
            Some(printer) => Some(printer.lazy(bytes)),
            None => Some(untyped()?.lazy(bytes)),
        }
    }

    /// The method, once it is known.
    pub(super) fn method(&self) -> Option<&MethodDescriptor> {
        self.method.get().map(|(method, _)| method)
    }

    /// The JSON of a message; `None` where the log has none or no longer gives it, or without a method.
    pub(super) fn text(&self, index: usize, options: JsonOptions) -> Option<JsonText> {
        let direction = self.log.entry(index)?.direction;
        let bytes = self.log.message(index)?;
        Some(self.printer(direction)?.to_json(&bytes, options))
    }

    /// All of a message for the clipboard: its JSON, or without a method its fields by their numbers.
    pub(super) fn whole(&self, index: usize) -> Option<String> {
        let options = JsonOptions {
            pretty: true,
            defaults: false,
            max_bytes: 0,
        };
        let untyped = || Some(raw_line(&self.log.message(index)?, 0).0);
        let text = self.text(index, options).map(|text| text.text);
        text.or_else(untyped)
    }

    /// What the screen shows of a message, in any case: without a method its fields by their numbers, and
    /// where there are no bytes, that there are none.
    fn shown(&self, index: usize, style: RenderStyle) -> JsonText {
        let options = options(style);
        if let Some(text) = self.text(index, options) {
            return text;
        }
        let (text, cut, problem) = match self.log.message(index) {
            Some(bytes) => {
                let (text, cut) = raw_line(&bytes, options.max_bytes);
                (text, cut, NO_TYPE)
            }
            None => (String::new(), false, GONE),
        };
        JsonText {
            text,
            problems: vec![problem.to_owned()],
            worst: None,
            cut,
        }
    }
}

/// Writes messages of which no schema speaks: of a type without fields.
fn untyped() -> Option<Printer> {
    let message = DescriptorPool::global().get_message_by_name("google.protobuf.Empty")?;
    Some(Printer::new(&message))
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
            // Each is answered: the screen would wait for ever.
            let text = |(index, style)| (index, style, Arc::new(messages.shown(index, style)));
            let texts: Vec<_> = part.into_iter().map(text).collect();
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_message_without_a_type_is_shown_by_numbers_and_one_that_is_not_there_is_told() {
        let log = MessageLog::with_budget(1 << 20);
        let message = Bytes::from_static(b"\x08\x96\x01");
        assert!(log.append(Direction::Received, Duration::ZERO, &[message]));
        let messages = Messages::new(log);
        let shown = messages.shown(0, RenderStyle::Preview);
        assert_eq!((shown.text.as_str(), shown.cut), ("1: 150", false));
        assert_eq!(shown.problems, [NO_TYPE]);
        assert_eq!(
            messages.lazy(0).unwrap().type_name(),
            "google.protobuf.Empty"
        );
        let gone = messages.shown(1, RenderStyle::Full);
        assert_eq!(
            (gone.text.as_str(), gone.problems),
            ("", vec![GONE.to_owned()])
        );
    }
}
