//! A stream fed by hand: one message, a list, a repetition, half-close.

use super::*;

/// A message that stands alone.
fn one(text: &str) -> Vec<Prepared> {
    vec![Prepared {
        number: None,
        text: text.into(),
    }]
}

/// Messages of a list.
fn list(texts: &[&str]) -> Vec<Prepared> {
    let numbered = texts.iter().enumerate();
    numbered
        .map(|(number, &text)| Prepared {
            number: Some(number),
            text: text.into(),
        })
        .collect()
}

/// A message of the echo that carries a text.
fn carrying(text: &str) -> String {
    format!("{{\"scalars\": {{\"string\": \"{text}\"}}}}")
}

/// An open stream that sends everything back.
struct Stream {
    session: Session,
    id: CallId,
    log: MessageLog,
}

impl Stream {
    fn open() -> Self {
        Self::open_with(256 << 20, |_| {})
    }

    fn open_with(log_budget_bytes: usize, change: impl FnOnce(&mut CallSpec)) -> Self {
        let session = Session::start_in(tempfile::tempdir().unwrap(), log_budget_bytes);
        let schema = session.schema_of("demo:");
        let (id, mut spec) = session.call(&schema, "Kitchen/EchoMany", &[]);
        spec.keep_open = true;
        change(&mut spec);
        let log = session.started(id, spec);
        Self { session, id, log }
    }

    fn push(&self, messages: Vec<Prepared>) {
        self.session.send(Command::Push(self.id, messages));
    }

    fn repeat(&self, messages: Vec<Prepared>, count: Option<u64>) -> (RepeatId, RepeatProgress) {
        let id = RepeatId(self.session.number());
        let spec = RepeatSpec {
            id,
            messages,
            every: Duration::from_millis(1),
            count,
        };
        self.session.send(Command::Repeat(self.id, spec));
        let progress = self.session.wait("the repetition", |event| match event {
            Event::RepeatStarted(_, started, progress) if started == id => Some(progress),
            _ => None,
        });
        (id, progress)
    }

    fn repeat_ended(&self, id: RepeatId) -> RepeatEnd {
        self.session.wait("its end", |event| match event {
            Event::RepeatEnded(_, ended, end) if ended == id => Some(end),
            _ => None,
        })
    }

    /// Waits until the log holds; events that come meanwhile are dropped, as a frame takes them.
    fn until(&self, what: &str, holds: impl Fn(&MessageLog) -> bool) {
        self.session.until(what, || {
            while self.session.engine.try_event().is_some() {}
            holds(&self.log).then_some(())
        });
    }

    fn sent(&self, count: usize) {
        self.until("messages to be sent", |log| {
            log.count(Direction::Sent) >= count
        });
    }

    fn half_close(&self) {
        self.session.send(Command::HalfClose(self.id));
    }

    fn end(&self) -> Code {
        let end = self.session.finished(self.id);
        end.finished.outcome.status.code
    }

    /// The bytes of what was sent, in order.
    fn all_sent(&self) -> Vec<bytes::Bytes> {
        sent_in(&self.log)
    }
}

fn sent_in(log: &MessageLog) -> Vec<bytes::Bytes> {
    (0..log.len())
        .filter(|&index| log.entry(index).unwrap().direction == Direction::Sent)
        .map(|index| log.message(index).unwrap())
        .collect()
}

fn holds(message: &[u8], text: &str) -> bool {
    message.windows(text.len()).any(|at| at == text.as_bytes())
}

#[test]
fn messages_are_pushed_in_order_and_mistakes_are_told() {
    let session = Session::start();
    let schema = session.schema_of("demo:");
    let (id, mut spec) = session.call(&schema, "Kitchen/EchoMany", &[]);
    spec.keep_open = true;
    let log = session.started(id, spec);
    session.send(Command::Push(
        id,
        one("{\"scalars\": {\"int32\": \"many\"}}"),
    ));
    let place = session.wait("the mistake", |event| match event {
        Event::PushFailed(_, failure) => Some(failure.place),
        _ => None,
    });
    assert_eq!(place.unwrap().1.to_string(), "scalars.int32");
    for number in 1..=50 {
        let text = format!("{{\"scalars\": {{\"int32\": {number}}}}}");
        session.send(Command::Push(id, one(&text)));
    }
    session.send(Command::HalfClose(id));
    let end = session.finished(id);
    assert_eq!(end.finished.outcome.status.code, Code::OK);
    let sent = |index: &usize| log.entry(*index).unwrap().direction == Direction::Sent;
    let indices: Vec<usize> = (0..log.len()).filter(sent).collect();
    assert_eq!(indices.len(), 50);
    for (number, index) in indices.into_iter().enumerate() {
        let text = session.text(id, index, RenderStyle::Preview);
        assert!(
            text.text.contains(&format!("\"int32\":{}", number + 1)),
            "{text:?}"
        );
    }
    session.send(Command::Push(id, one("{}")));
    session.wait("the answer", |event| match event {
        Event::PushFailed(_, failure) => {
            assert!(failure.summary.contains("ended"));
            Some(())
        }
        _ => None,
    });
}

#[test]
fn a_list_is_sent_in_order_or_not_at_all() {
    let stream = Stream::open();
    let [first, last] = [carrying("first"), carrying("last")];
    stream.push(list(&[&first, "{\"scalars\": 7}", &last]));
    let failure = stream.session.wait("the mistake", |event| match event {
        Event::PushFailed(_, failure) => Some(failure),
        _ => None,
    });
    assert_eq!(failure.summary, "Message 2 does not fit");
    assert_eq!(failure.place.as_ref().map(|place| place.0), Some(1));
    assert_eq!(stream.log.len(), 0, "nothing of the list left");

    stream.push(list(&[&first, &last]));
    stream.half_close();
    assert_eq!(stream.end(), Code::OK);
    let sent = stream.all_sent();
    assert_eq!(sent.len(), 2);
    assert!(holds(&sent[0], "first") && holds(&sent[1], "last"));
}

#[test]
fn a_message_too_large_to_send_is_refused_and_the_stream_goes_on() {
    let stream = Stream::open_with(256 << 20, |spec| {
        spec.call.max_send_bytes = Some(1000);
    });
    stream.push(one(&carrying(&"x".repeat(1000))));
    let failure = stream.session.wait("the refusal", |event| match event {
        Event::PushFailed(_, failure) => Some(failure),
        _ => None,
    });
    assert!(failure.summary.contains("too large"), "{failure:?}");
    assert!(failure.reason.contains("1000"), "{failure:?}");
    stream.push(one(&carrying("small")));
    stream.half_close();
    assert_eq!(stream.end(), Code::OK);
    assert_eq!(stream.all_sent().len(), 1);
}

#[test]
fn a_repetition_goes_on_until_it_is_stopped() {
    let stream = Stream::open();
    let (id, progress) = stream.repeat(one(&carrying("again")), None);
    stream.sent(5);
    stream.session.send(Command::StopRepeat(stream.id, id));
    assert_eq!(stream.repeat_ended(id), RepeatEnd::Stopped);
    // What is done by hand afterwards is the last that leaves.
    stream.push(one(&carrying("by hand")));
    stream.half_close();
    assert_eq!(stream.end(), Code::OK);
    let sent = stream.all_sent();
    assert_eq!(sent.len() as u64, progress.sent() + 1);
    assert!(sent.len() > 5 && holds(sent.last().unwrap(), "by hand"));
}

#[test]
fn a_list_is_repeated_in_turn_as_often_as_asked_with_templates_filled_in_anew() {
    let stream = Stream::open();
    let texts = ["a {{ uuid() }}", "b {{ uuid() }}", "c {{ uuid() }}"].map(carrying);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (id, progress) = stream.repeat(list(&texts), Some(7));
    assert_eq!(stream.repeat_ended(id), RepeatEnd::Counted);
    assert_eq!(progress.sent(), 7);
    stream.half_close();
    assert_eq!(stream.end(), Code::OK);
    let sent = stream.all_sent();
    let order = ["a ", "b ", "c ", "a ", "b ", "c ", "a "];
    assert_eq!(sent.len(), order.len());
    for (message, mark) in sent.iter().zip(order) {
        assert!(holds(message, mark), "{mark}");
    }
    let different: std::collections::HashSet<_> = sent.iter().collect();
    assert_eq!(different.len(), 7, "each has an identifier of its own");
}

#[test]
fn what_is_edited_while_it_repeats_is_sent_from_the_next_turn_on() {
    let stream = Stream::open();
    let (id, _) = stream.repeat(one(&carrying("before")), None);
    stream.sent(2);
    let with = one(&carrying("after"));
    let replace = Command::ReplaceRepeated(stream.id, id, with);
    stream.session.send(replace);
    stream.until("the new text", |log| {
        sent_in(log).last().is_some_and(|last| holds(last, "after"))
    });
    // A late answer about another repetition changes nothing.
    let other = RepeatId(id.0 + 100);
    stream
        .session
        .send(Command::ReplaceRepeated(stream.id, other, one("nonsense")));
    stream.session.send(Command::StopRepeat(stream.id, other));
    let so_far = stream.log.count(Direction::Sent);
    stream.sent(so_far + 3);
    stream.half_close();
    assert_eq!(stream.repeat_ended(id), RepeatEnd::HalfClosed);
    assert_eq!(stream.end(), Code::OK);
    let sent = stream.all_sent();
    let switch = sent.iter().position(|message| holds(message, "after"));
    let (before, after) = sent.split_at(switch.unwrap());
    assert!(before.len() >= 2 && before.iter().all(|message| holds(message, "before")));
    assert!(after.iter().all(|message| holds(message, "after")));
}

#[test]
fn a_repetition_ends_at_a_template_that_cannot_be_filled_in_and_the_stream_goes_on() {
    let stream = Stream::open();
    let [good, bad] = [carrying("good"), carrying("{{ nowhere }}")];
    let (id, progress) = stream.repeat(list(&[&good, &bad]), None);
    let RepeatEnd::Failed(failure) = stream.repeat_ended(id) else {
        panic!("it cannot go on");
    };
    assert_eq!(failure.summary, "Message 2 does not fit");
    assert!(
        failure.reason.contains("`nowhere` is not defined"),
        "{failure:?}"
    );
    assert_eq!(progress.sent(), 1);
    stream.push(one(&good));
    stream.half_close();
    assert_eq!(stream.end(), Code::OK);
    assert_eq!(stream.all_sent().len(), 2);
}

#[test]
fn another_repetition_takes_the_place_of_the_one_that_runs() {
    let stream = Stream::open();
    let (first, _) = stream.repeat(one(&carrying("first")), None);
    stream.sent(1);
    let spec = RepeatSpec {
        id: RepeatId(stream.session.number()),
        messages: one(&carrying("second")),
        every: Duration::from_millis(1),
        count: Some(2),
    };
    let second = spec.id;
    stream.session.send(Command::Repeat(stream.id, spec));
    assert_eq!(stream.repeat_ended(first), RepeatEnd::Stopped);
    assert_eq!(stream.repeat_ended(second), RepeatEnd::Counted);
    stream.half_close();
    assert_eq!(stream.end(), Code::OK);
    let sent = stream.all_sent();
    let tail = &sent[sent.len() - 2..];
    assert!(tail.iter().all(|message| holds(message, "second")));
}

#[test]
fn cancelling_the_call_ends_its_repetition() {
    let stream = Stream::open();
    let (id, _) = stream.repeat(one(&carrying("again")), None);
    stream.sent(1);
    stream.session.send(Command::Cancel(stream.id));
    assert_eq!(stream.repeat_ended(id), RepeatEnd::CallEnded);
    assert_eq!(stream.end(), Code::CANCELLED);

    // And one that comes too late says why it does not begin.
    let spec = RepeatSpec {
        id: RepeatId(stream.session.number()),
        messages: one("{}"),
        every: Duration::from_millis(1),
        count: None,
    };
    let late = spec.id;
    stream.session.send(Command::Repeat(stream.id, spec));
    let RepeatEnd::Failed(failure) = stream.repeat_ended(late) else {
        panic!("it never began");
    };
    assert!(failure.summary.contains("ended"), "{failure:?}");
}

#[test]
fn a_repetition_that_cannot_send_skips_its_turns_queues_nothing_and_can_be_stopped() {
    // Both sides' messages share 4 MiB: soon nothing more is read or sent.
    let stream = Stream::open_with(4 << 20, |_| {});
    let (id, progress) = stream.repeat(one(&carrying(&"x".repeat(512 << 10))), None);
    stream.session.until("word that it is held", || {
        while stream.session.engine.try_event().is_some() {}
        progress.is_held().then_some(())
    });
    let logged = stream.log.count(Direction::Sent) as u64;
    assert!(
        progress.sent() <= logged + 2,
        "one waits, one is on its way"
    );
    stream.session.send(Command::StopRepeat(stream.id, id));
    assert_eq!(stream.repeat_ended(id), RepeatEnd::Stopped);
    stream.session.send(Command::Cancel(stream.id));
    assert_eq!(stream.end(), Code::CANCELLED);
}

#[test]
fn a_message_that_breaks_rules_is_sent_once_they_are_waived() {
    let pool = crate::message::compile_for_tests(
        r#"syntax = "proto3";
        package demo.v1;
        import "buf/validate/validate.proto";
        message Ruled { string note = 1000 [(buf.validate.field).string.min_len = 3]; }
        service Kitchen { rpc EchoMany(stream Ruled) returns (stream Ruled); }"#,
    );
    let stream = Stream::open_with(256 << 20, |spec| spec.schema = Schema::from_pool(pool));
    stream.push(list(&["{\"note\": \"long\"}", "{\"note\": \"x\"}"]));
    let failure = stream.session.wait("the refusal", |event| match event {
        Event::PushFailed(_, failure) => Some(failure),
        _ => None,
    });
    assert_eq!(failure.fixes, [crate::call::Fix::SendAnyway]);
    assert_eq!(
        failure.place.as_ref().map(|(message, ..)| *message),
        Some(1)
    );
    let (id, _) = stream.repeat(one("{\"note\": \"x\"}"), Some(2));
    let RepeatEnd::Failed(failure) = stream.repeat_ended(id) else {
        panic!("a repetition asks, too");
    };
    assert_eq!(failure.fixes, [crate::call::Fix::SendAnyway]);
    assert!(stream.all_sent().is_empty(), "none of the list");

    stream.session.send(Command::WaiveRules(stream.id));
    stream.push(one("{\"note\": \"x\"}"));
    let (id, _) = stream.repeat(one("{\"note\": \"y\"}"), Some(2));
    assert!(matches!(stream.repeat_ended(id), RepeatEnd::Counted));
    stream.sent(3);
    let sent = stream.all_sent();
    let notes = sent.iter().map(|message| holds(message, "x"));
    assert_eq!(notes.collect::<Vec<_>>(), [true, false, false]);
    stream.half_close();
    assert_eq!(stream.end(), Code::OK);
}
