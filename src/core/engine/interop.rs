//! Pasting and copying: parsing, encoding and building of types, on a worker.

use tokio::task::spawn_blocking;

use super::{Event, PasteId, defect, outbox::Outbox};
use crate::{
    call::Failure,
    interop::{CopyForm, CopyProblem, Expected, Outgoing, copy, detect},
    schema::Schema,
};

/// Reads a pasted text.
pub(super) async fn read_paste(
    id: PasteId,
    text: String,
    method: String,
    schema: Option<Schema>,
    outbox: Outbox,
) {
    let read = spawn_blocking(move || {
        let found = schema.as_ref().and_then(|schema| schema.method(&method));
        let expected = Expected {
            message: found.map(|method| method.input()),
            schema,
        };
        detect(&text, &expected)
    });
    let event = match read.await {
        Ok(candidates) => Event::PasteRead(id, candidates),
        Err(_) => {
            outbox.push(Event::Notice(Box::new(defect("Reading the pasted text"))));
            Event::PasteRead(id, Vec::new())
        }
    };
    outbox.push(event);
}

/// Writes a request in another form.
pub(super) async fn copy_as(
    outgoing: Box<Outgoing>,
    form: CopyForm,
    credentials: bool,
    outbox: Outbox,
) {
    let written = spawn_blocking(move || copy(&outgoing, form, credentials)).await;
    let result = match written {
        Ok(Ok(copied)) => Ok(Box::new(copied)),
        Ok(Err(problem)) => Err(Box::new(failure(form, problem))),
        Err(_) => Err(Box::new(defect("Copying the request"))),
    };
    outbox.push(Event::CopyWritten(form, result));
}

fn failure(form: CopyForm, problem: CopyProblem) -> Failure {
    Failure {
        summary: format!("Cannot copy as {}", form.name()),
        reason: problem.message,
        hint: problem.hint.unwrap_or_default(),
        ..Failure::default()
    }
}
