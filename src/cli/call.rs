//! `stubless call`: one call, each response message printed when it arrives.
//!
//! A message is printed and forgotten, and a slow reader of standard output holds the server back by
//! flow control: a stream may be endless.

use std::{
    cell::RefCell,
    io::{self, Write as _},
    pin::pin,
    time::{Duration, Instant},
};

use bytes::Bytes;
use stubless_core::{
    call::{
        CallControl, CallEvent, CallSpec, Direction, Finished, Record, ResolvedCall, check_message,
        connect_failure, execute_until, outcome_failure, resolve, status_details,
    },
    demo::Demo,
    grpc::{Code, Deadline, Metadata},
    message::{self, JsonOptions, Scope, validate::has_rules},
    schema::{CallKind, Schema},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Exit, Stop, args::CallArgs, body::Body, report, session::Session, source::Schemas};

/// Largest response message that is taken where nothing else is asked for.
const MAX_RECEIVE_BYTES: u64 = 256 << 20;

const JSON: JsonOptions = JsonOptions {
    pretty: true,
    defaults: false,
    max_bytes: 0,
};

/// Makes a call.
pub(super) async fn call(args: CallArgs) -> Result<Exit, Stop> {
    let mut schemas = Schemas::from_files(&args.schema)?;
    let asked_with = args.schema.reflection_metadata(&args.metadata);
    let session = Session::start(&args.target, &args.tls, asked_with).await?;
    let in_files = schemas.find(|schema| schema.method(&args.method)).is_some();
    // It covers all the waiting for the server, reflection too.
    let deadline = args.deadline.map(Deadline::after);
    if args.schema.reflects() && !in_files {
        let asked = schemas.add_reflection(&session);
        match deadline {
            None => asked.await?,
            Some(deadline) => match tokio::time::timeout_at(deadline.at().into(), asked).await {
                Ok(asked) => asked?,
                Err(_) => return Ok(late(deadline.span(), "no schema")),
            },
        }
    }
    let Some((schema, method)) = schemas.find(|schema| schema.method(&args.method)) else {
        return Err(schemas.not_found("method", &args.method));
    };

    let kind = CallKind::of(&method);
    let mut body = Body::read(&args.data, kind.client_streams())?;
    if !kind.client_streams() {
        match body.ready.len() {
            0 => body.ready.push("{}".to_owned()),
            1 => {}
            given => {
                return Err(Stop::new(
                    Exit::Invalid,
                    format!("`{}` takes one message; {given} were given", args.method),
                ));
            }
        }
    }
    let spec = CallSpec {
        method: args.method.clone(),
        target: args.target.clone(),
        settings: session.settings.clone(),
        metadata: args.metadata.clone(),
        deadline: args.deadline,
        call: args.call.settings(MAX_RECEIVE_BYTES),
        messages: body.ready.clone(),
        keep_open: body.coming.is_some(),
        scope: Scope::default(),
        schema: schema.clone(),
        base: session.base.clone(),
        demo: session.demo.as_ref().map(Demo::address),
    };
    let resolved = resolve(&spec).map_err(|failure| Stop::Failed(Exit::Invalid, failure))?;
    let validate = args.call.validate;
    let texts = spec.messages.iter().enumerate();
    for (number, text) in texts.filter(|_| has_rules(&method.input())) {
        let numbered = spec.messages.len() > 1;
        checked(text, number, numbered, &resolved, validate)?;
    }
    let exchange = Exchange {
        schema,
        session: &session,
        verbose: args.verbose,
        validate,
        deadline,
        begin: Instant::now(),
    };
    exchange.run(resolved, body).await
}

/// One call under way.
struct Exchange<'a> {
    schema: &'a Schema,
    session: &'a Session,
    verbose: u8,
    /// A message that breaks rules is not sent.
    validate: bool,
    deadline: Option<Deadline>,
    begin: Instant,
}

impl Exchange<'_> {
    async fn run(&self, call: ResolvedCall, body: Body) -> Result<Exit, Stop> {
        let cancel = CancellationToken::new();
        let printer = Printer {
            call: &call,
            output: RefCell::default(),
            failed: RefCell::new(None),
            cancel: cancel.clone(),
        };
        let (control, controls) = mpsc::channel(1);
        let finished = {
            let pump = pin!(pump(body, (&call, self.validate), control, &printer));
            let on_event = |event| self.show(event, &call);
            let running = pin!(execute_until(
                self.deadline,
                &self.session.pool,
                call.clone(),
                &printer,
                controls,
                cancel,
                on_event,
            ));
            let (mut pump, mut running) = (pump, running);
            let mut pumping = true;
            loop {
                tokio::select! {
                    finished = &mut running => break finished,
                    () = &mut pump, if pumping => pumping = false,
                }
            }
        };
        match printer.failed.take() {
            // The end was of our own making; the mistake is what is told.
            Some(stop) => Err(stop),
            None => self.finish(&finished),
        }
    }

    fn show(&self, event: CallEvent, call: &ResolvedCall) {
        match event {
            CallEvent::Connected { info, .. } => {
                report::warnings(&info);
                if self.verbose > 0 {
                    report::connection(&info);
                    let method = &call.method;
                    let title =
                        format!("{}/{}", method.parent_service().full_name(), method.name());
                    report::metadata(&title, '>', &call.metadata);
                }
            }
            CallEvent::Head(head) if self.verbose > 0 => {
                report::metadata("headers", '<', &head.metadata);
            }
            CallEvent::Retrying { attempt, pause } => {
                let again = if pause.is_zero() {
                    "again at once".to_owned()
                } else {
                    format!("again in {pause:.1?}")
                };
                let code = report::code_name(attempt.code);
                report::line(&format!("… {code}: {}; {again}", attempt.reason));
            }
            CallEvent::Stalled(waiting) if self.deadline.is_none() => report::line(&format!(
                "… waiting for {waiting}; Ctrl-C cancels, --deadline sets a limit"
            )),
            CallEvent::Head(_)
            | CallEvent::Opened(..)
            | CallEvent::Stalled(_)
            | CallEvent::Resumed
            | CallEvent::HalfClosed
            | CallEvent::Held(_)
            | CallEvent::LogFull
            | CallEvent::LogHasRoom => {}
        }
    }

    /// Says how the call ended.
    fn finish(&self, finished: &Finished) -> Result<Exit, Stop> {
        let outcome = &finished.outcome;
        if finished.timings.connected.is_none()
            && let Some(cause) = &outcome.cause
        {
            if let Some(trace) = finished.trace.as_ref().filter(|_| self.verbose > 1) {
                report::line(trace.to_text().trim_end());
            }
            let failure = connect_failure(&self.session.target, cause);
            let exit = Exit::without_connection(cause);
            return Err(Stop::Failed(exit, Box::new(failure)));
        }
        if self.verbose > 0 {
            if outcome.trailers != Metadata::new() {
                report::metadata("trailers", '<', &outcome.trailers);
            }
            let code = report::code_name(outcome.status.code);
            report::line(&format!("* {code} after {:.1?}", self.begin.elapsed()));
            if let Some(trace) = finished.trace.as_ref().filter(|_| self.verbose > 1) {
                report::line(trace.to_text().trim_end());
            }
        }
        if outcome.status.code == Code::OK {
            return Ok(Exit::Ok);
        }
        let details = status_details(&outcome.trailers, self.schema);
        report::status(&outcome.status, &details, self.verbose > 0);
        if let Some(failure) = outcome_failure(&self.session.target, outcome) {
            report::failure(&failure);
        }
        report::foreign(outcome, self.verbose > 0);
        Ok(Exit::Status)
    }
}

/// The deadline passed before there was a connection, or a schema.
fn late(limit: Duration, missing: &str) -> Exit {
    report::line(&format!(
        "status: {}\nmessage: {missing} within the deadline of {limit:?}",
        report::code_name(Code::DEADLINE_EXCEEDED)
    ));
    Exit::Status
}

/// Encodes what comes by standard input and sends it after the prepared messages, in order.
async fn pump(
    body: Body,
    (call, validate): (&ResolvedCall, bool),
    control: mpsc::Sender<CallControl>,
    printer: &Printer<'_>,
) {
    let Some(mut coming) = body.coming else {
        return;
    };
    let mut number = body.ready.len();
    while let Some(text) = coming.recv().await {
        let encoded = text.and_then(|text| checked(&text, number, true, call, validate));
        match encoded {
            Ok(message) => {
                // Refused only when the call has ended: its outcome is what is told.
                if control.send(CallControl::Push(message)).await.is_err() {
                    return;
                }
            }
            Err(stop) => return printer.fail(stop),
        }
        number += 1;
    }
}

/// Encodes a message. Rules of its schema that it breaks are told, or, where that was asked for, end
/// the call.
fn checked(
    text: &str,
    number: usize,
    numbered: bool,
    call: &ResolvedCall,
    validate: bool,
) -> Result<Bytes, Stop> {
    let method = (&call.method, &call.schema);
    let failed = |failure| Stop::Failed(Exit::Invalid, failure);
    let (message, broken) =
        check_message(text, number, method, &Scope::default(), numbered).map_err(failed)?;
    match broken {
        Some(failure) if validate => Err(failed(failure)),
        Some(failure) => {
            report::broken_rules(&failure);
            Ok(message)
        }
        None => Ok(message),
    }
}

/// Prints what arrives, and keeps nothing.
struct Printer<'a> {
    call: &'a ResolvedCall,
    output: RefCell<Output>,
    failed: RefCell<Option<Stop>>,
    cancel: CancellationToken,
}

impl Printer<'_> {
    /// Ends the call for a mistake on this side; the first one counts.
    fn fail(&self, stop: Stop) {
        self.failed.borrow_mut().get_or_insert(stop);
        self.cancel.cancel();
    }

    fn print(&self, messages: &[Bytes]) -> Result<(), Stop> {
        let mut output = self.output.borrow_mut();
        for message in messages {
            output.message(self.call, message)?;
        }
        output.flush()
    }
}

impl Record for &Printer<'_> {
    fn append(&self, direction: Direction, _at: Duration, messages: &[Bytes]) -> bool {
        if direction == Direction::Received
            && let Err(stop) = self.print(messages)
        {
            self.fail(stop);
        }
        true
    }

    fn room_after(&self, _before: &[Bytes]) -> Option<usize> {
        Some(usize::MAX)
    }

    fn has_room(&self, _bytes: usize) -> bool {
        true
    }
}

/// Standard output, as JSON documents.
#[derive(Default)]
struct Output {
    text: String,
    printed: u64,
    types: Option<message::Printer>,
}

impl Output {
    /// Text that is gathered of messages that arrived together before it is written.
    const GATHER_BYTES: usize = 64 << 10;

    fn message(&mut self, call: &ResolvedCall, wire: &[u8]) -> Result<(), Stop> {
        let types = self
            .types
            .get_or_insert_with(|| message::Printer::within(&call.method.output(), &call.schema));
        let json = types.to_json(wire, JSON);
        self.printed += 1;
        for problem in &json.problems {
            report::line(&format!("warning: message {}: {problem}", self.printed));
        }
        self.text.push_str(&json.text);
        self.text.push('\n');
        if self.text.len() >= Self::GATHER_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stop> {
        let mut out = io::stdout().lock();
        out.write_all(self.text.as_bytes())
            .and_then(|()| out.flush())
            .map_err(|error| Stop::output(&error))?;
        self.text.clear();
        Ok(())
    }
}
