//! `stubless call`: one call, each response message printed when it arrives.
//!
//! The call is driven from here rather than by `call::execute`, whose log keeps every message for
//! the window to show. Here a message is printed and forgotten, and a slow reader of standard output
//! holds the server back by flow control: a stream may be endless.

use std::{
    io::{self, Write as _},
    pin::pin,
    time::{Duration, Instant},
};

use stubless_core::{
    call::{CallSpec, ResolvedCall, encode_message, outcome_failure, resolve, status_details},
    demo::Demo,
    grpc::{CallHead, CallSender, Channel, Chunk, Code, Deadline, Metadata, Origin, Outcome},
    message::{JsonOptions, Scope, to_json},
    schema::{CallKind, Schema},
    workspace::CallSettings,
};

use super::{Exit, Stop, args::CallArgs, body::Body, report, session::Session, source::Schemas};

/// Largest response message that is taken.
const MAX_RECEIVE_BYTES: usize = 256 << 20;

/// After this time without anything from the server it is said that the call waits.
const STALL: Duration = Duration::from_secs(5);

/// Messages sent before the receiver has its turn.
const MESSAGES_A_TURN: usize = 64;

const JSON: JsonOptions = JsonOptions {
    pretty: true,
    defaults: false,
    max_bytes: 0,
};

/// Makes a call.
pub(super) async fn call(args: CallArgs) -> Result<Exit, Stop> {
    let mut schemas = Schemas::from_files(&args.schema)?;
    let session = Session::start(&args.target, &args.tls, &args.metadata).await?;
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
        call: CallSettings::default(),
        messages: body.ready.clone(),
        keep_open: body.coming.is_some(),
        scope: Scope::default(),
        schema: schema.clone(),
        base: session.base.clone(),
        demo: session.demo.as_ref().map(Demo::address),
    };
    let resolved = resolve(&spec).map_err(|failure| Stop::Failed(Exit::Invalid, failure))?;
    let exchange = Exchange {
        schema,
        session: &session,
        verbose: args.verbose,
        deadline,
        begin: Instant::now(),
    };
    exchange.run(resolved, body).await
}

/// One call under way.
struct Exchange<'a> {
    schema: &'a Schema,
    session: &'a Session,
    verbose: bool,
    deadline: Option<Deadline>,
    begin: Instant,
}

impl Exchange<'_> {
    async fn run(&self, call: ResolvedCall, body: Body) -> Result<Exit, Stop> {
        let channel = match self.deadline {
            None => self.session.channel().await?,
            Some(deadline) => {
                let channel = self.session.channel();
                match tokio::time::timeout_at(deadline.at().into(), channel).await {
                    Ok(channel) => channel?,
                    Err(_) => return Ok(late(deadline.span(), "no connection")),
                }
            }
        };
        self.show_connection(&channel, &call);

        let method = &call.method;
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let head = CallHead {
            metadata: call.metadata.clone(),
            deadline: self.deadline,
            max_receive_bytes: MAX_RECEIVE_BYTES,
            one_answer: !call.kind.server_streams(),
            ..CallHead::new(path)
        };
        let (sender, mut receiver) = match channel.open(head).await {
            Ok(halves) => halves,
            Err(outcome) => return Ok(self.finish(&outcome, false)),
        };

        let mut sending = pin!(send(sender, &call, body));
        let mut stall = pin!(tokio::time::sleep(STALL));
        let mut output = Output::default();
        let (mut sent, mut waiting) = (false, true);
        let mut failed = None;
        loop {
            let chunk = tokio::select! {
                done = &mut sending, if !sent => {
                    sent = true;
                    if let Err(stop) = done {
                        // The end that follows is of our own making; the mistake is what is told.
                        receiver.cancel();
                        failed = Some(stop);
                    }
                    continue;
                }
                () = &mut stall, if waiting => {
                    waiting = false;
                    if self.deadline.is_none() {
                        report::line("… nothing from the server yet; Ctrl-C cancels, --deadline sets a limit");
                    }
                    continue;
                }
                chunk = receiver.next() => chunk,
            };
            waiting = false;
            match chunk {
                Chunk::Head(head) if self.verbose => {
                    report::metadata("headers", '<', &head.metadata);
                }
                Chunk::Head(_) => {}
                Chunk::Messages(messages) => {
                    for message in &messages {
                        output.message(&call, message)?;
                    }
                    output.flush()?;
                }
                Chunk::End(outcome) => {
                    return match failed {
                        Some(stop) => Err(stop),
                        None => Ok(self.finish(&outcome, true)),
                    };
                }
            }
        }
    }

    fn show_connection(&self, channel: &Channel, call: &ResolvedCall) {
        let info = channel.info();
        report::warnings(info);
        if self.verbose {
            report::connection(info);
            let method = &call.method;
            let title = format!("{}/{}", method.parent_service().full_name(), method.name());
            report::metadata(&title, '>', &call.metadata);
        }
    }

    /// Says how the call ended. `began` is whether it reached the server as far as is known.
    fn finish(&self, outcome: &Outcome, began: bool) -> Exit {
        if self.verbose {
            if outcome.trailers != Metadata::new() {
                report::metadata("trailers", '<', &outcome.trailers);
            }
            let code = report::code_name(outcome.status.code);
            report::line(&format!("* {code} after {:.1?}", self.begin.elapsed()));
        }
        if outcome.status.code == Code::OK {
            return Exit::Ok;
        }
        let details = status_details(&outcome.status.details, self.schema);
        report::status(&outcome.status, &details);
        if let Some(failure) = outcome_failure(&self.session.target, outcome) {
            report::failure(&failure);
        }
        if !began && outcome.origin == Origin::Connection {
            return Exit::Connect;
        }
        Exit::Status
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

/// Sends all messages, then closes the sending side. A call that ends meanwhile is no mistake: its
/// outcome is the receiver's to tell.
async fn send(mut sender: CallSender, call: &ResolvedCall, body: Body) -> Result<(), Stop> {
    for (index, message) in call.messages.iter().enumerate() {
        if sender.send(message.clone()).await.is_err() {
            return Ok(());
        }
        if index % MESSAGES_A_TURN == MESSAGES_A_TURN - 1 {
            // A wide window takes very many small messages: what comes back is printed meanwhile.
            tokio::task::yield_now().await;
        }
    }
    let mut number = body.ready.len();
    if let Some(mut coming) = body.coming {
        while let Some(text) = coming.recv().await {
            let text = text?;
            let scope = Scope::default();
            let message = encode_message(&text, number, &call.method, &scope, true)
                .map_err(|failure| Stop::Failed(Exit::Invalid, failure))?;
            if sender.send(message).await.is_err() {
                return Ok(());
            }
            number += 1;
        }
    }
    // Refused only when the call has ended.
    let _ = sender.half_close();
    Ok(())
}

/// Standard output, as JSON documents.
#[derive(Default)]
struct Output {
    text: String,
    printed: u64,
}

impl Output {
    /// Text that is gathered of messages that arrived together before it is written.
    const GATHER_BYTES: usize = 64 << 10;

    fn message(&mut self, call: &ResolvedCall, wire: &[u8]) -> Result<(), Stop> {
        let json = to_json(&call.method.output(), wire, JSON);
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
