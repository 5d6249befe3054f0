//! Work that may take minutes, on a thread of its own: the workers are few, and calls need them. And what is told
//! when such work ends by a panic of ours.

use std::thread;

use tokio::sync::oneshot;

use super::{Event, defect, outbox::Outbox, runtime::STACK_BYTES};
use crate::call::Failure;

/// Does something on a thread of its own, and tells its event, where it has one. A defect of ours is told as such.
pub(super) async fn run(
    what: &'static str,
    outbox: Outbox,
    work: impl FnOnce() -> Option<Event> + Send + 'static,
) {
    let (tell, told) = oneshot::channel();
    let thread = thread::Builder::new()
        .name("stubless-job".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || {
            let _ = tell.send(work());
        });
    let event = match thread {
        Ok(_) => told
            .await
            .unwrap_or_else(|_| Some(Event::Notice(Box::new(defect(what))))),
        Err(error) => Some(Event::Notice(Box::new(Failure {
            summary: format!("{what} was not begun"),
            reason: format!("The system gives no thread: {error}"),
            hint: "Close other programs, then try again".to_owned(),
            ..Failure::default()
        }))),
    };
    if let Some(event) = event {
        outbox.push(event);
    }
}

/// Does something if a panic goes through it: nobody is left waiting.
pub(super) struct OnPanic<F: FnMut()>(pub(super) F);

impl<F: FnMut()> Drop for OnPanic<F> {
    fn drop(&mut self) {
        if thread::panicking() {
            (self.0)();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn what_panics_is_told_and_what_has_nothing_to_tell_is_not() {
        let outbox = Outbox::new(Arc::new(|| {}));
        run("Saving", outbox.clone(), || None).await;
        assert!(outbox.pop().is_none());
        run("Saving", outbox.clone(), || panic!("on purpose")).await;
        let event = outbox.pop();
        let Some(Event::Notice(failure)) = event else {
            panic!("{event:?}");
        };
        assert!(failure.summary.contains("defect"), "{failure:?}");
    }
}
