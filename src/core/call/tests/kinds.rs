//! The four kinds of call, and what a person does to one that runs.

use std::time::Duration;

use prost::Message as _;

use super::support::{demo, run, spec, spec_to, start, start_recorded, start_with, start_within};
use crate::{
    call::*,
    grpc::{Code, Origin, Waiting},
    schema::Schema,
    workspace::MetadataRow,
};

#[tokio::test]
async fn a_call_that_waits_for_ready_outlives_a_server_that_is_not_there_yet() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let mut spec = spec_to(&address.to_string(), "Greeter/SayHello", &["{}"]);
    spec.call.wait_for_ready = Some(true);
    let (running, call) = start(&spec);
    running
        .until("a first attempt", |it| {
            it.has(|event| matches!(event, CallEvent::Retrying { .. }))
        })
        .await;
    let options = crate::demo::DemoOptions {
        listen: address,
        ..crate::demo::DemoOptions::default()
    };
    let late = crate::demo::Demo::start(options).await.unwrap();
    let ended = running.end(&call).await;
    assert_eq!(ended.outcome.status.code, Code::OK, "{:?}", ended.outcome);
    let refused = ended.attempts.first().unwrap();
    assert_eq!(refused.code, Code::UNAVAILABLE);
    assert!(refused.reason.contains("refused"), "{refused:?}");

    // Without it, the first failure is the end.
    drop(late);
    spec.call.wait_for_ready = None;
    let (running, call) = start(&spec);
    let ended = running.end(&call).await;
    assert_eq!(ended.outcome.status.code, Code::UNAVAILABLE);
    assert!(ended.attempts.is_empty());
}

#[tokio::test]
async fn unary() {
    let demo = demo().await;
    let ended = run(&spec(&demo, "Greeter/SayHello", &["{\"name\": \"Ada\"}"])).await;
    assert_eq!(ended.outcome.status.code, Code::OK);
    assert_eq!(ended.outcome.origin, Origin::Trailers);
    assert_eq!(ended.log.len(), 2);
    assert_eq!(ended.log.entry(0).unwrap().direction, Direction::Sent);
    assert!(ended.json(0).contains("\"Ada\""));
    assert!(ended.json(1).contains("Ada"));
    assert!(matches!(
        ended.events[0],
        CallEvent::Connected { reused: false, .. }
    ));
    assert!(
        ended
            .events
            .iter()
            .any(|e| matches!(e, CallEvent::HalfClosed))
    );
    assert!(ended.events.iter().any(|e| matches!(e, CallEvent::Head(_))));
    let timings = ended.timings;
    assert!(timings.connected <= timings.head && timings.head <= timings.first_message);
    assert!(timings.first_message <= Some(timings.total));
    assert_eq!(outcome_failure("demo:", &ended.outcome), None);
}

#[tokio::test]
async fn server_stream_of_100_000_messages() {
    let demo = demo().await;
    let ended = run(&spec(&demo, "Ticker/Watch", &["{\"count\": 100000}"])).await;
    assert_eq!(ended.outcome.status.code, Code::OK, "{:?}", ended.outcome);
    assert_eq!(ended.log.count(Direction::Received), 100_000);
    assert!(ended.json(100_000).contains("\"sequence\":\"100000\""));
    let entries = ended.log.entries(0..usize::MAX);
    assert!(entries.is_sorted_by_key(|entry| entry.map(|entry| entry.at)));
}

#[tokio::test]
async fn client_stream() {
    let demo = demo().await;
    let points = [
        "{\"position\": {\"latitude\": 47.4, \"longitude\": 8.5}}",
        "{\"position\": {\"latitude\": 46.9, \"longitude\": 7.4}}",
    ];
    let ended = run(&spec(&demo, "Atlas/RecordTrip", &points)).await;
    assert_eq!(ended.outcome.status.code, Code::OK);
    assert_eq!(ended.log.count(Direction::Sent), 2);
    assert!(ended.json(2).contains("\"points\":2"), "{}", ended.json(2));
}

#[tokio::test]
async fn bidi_by_hand_push_then_half_close() {
    let demo = demo().await;
    let mut spec = spec(
        &demo,
        "Atlas/Converse",
        &["{\"place\": \"Home\", \"text\": \"one\"}"],
    );
    spec.keep_open = true;
    let (running, call) = start(&spec);
    running.received(1).await;
    let before = running.log.count(Direction::Received);
    let push = encode_message(
        "{\"place\": \"Home\", \"text\": \"two\"}",
        0,
        (&call.method, &call.schema),
        &spec.scope,
        false,
    );
    running
        .control
        .send(CallControl::Push(push.unwrap()))
        .await
        .unwrap();
    running.received(before + 1).await;
    assert!(!running.has(|event| matches!(event, CallEvent::HalfClosed)));
    running.control.send(CallControl::HalfClose).await.unwrap();
    running.control.closed().await;
    let ended = running.end(&call).await;
    assert_eq!(ended.outcome.status.code, Code::OK);
    assert_eq!(ended.log.count(Direction::Sent), 2);
}

#[tokio::test]
async fn a_full_duplex_stream_does_not_block_itself() {
    // Each message comes back as it is sent; together they are far larger than every window.
    let demo = demo().await;
    let payload = "x".repeat(3 << 20);
    let text = format!("{{\"scalars\": {{\"string\": \"{payload}\"}}}}");
    let texts = vec![text.as_str(); 24];
    let ended = run(&spec(&demo, "Kitchen/EchoMany", &texts)).await;
    assert_eq!(ended.outcome.status.code, Code::OK, "{:?}", ended.outcome);
    assert_eq!(ended.log.count(Direction::Received), 24);
    assert_eq!(
        ended.log.bytes(Direction::Received),
        ended.log.bytes(Direction::Sent)
    );
}

#[tokio::test]
async fn cancel_in_mid_stream_ends_it_on_both_sides() {
    let demo = demo().await;
    let mut abandoned = demo.abandoned_calls();
    let (running, call) = start(&spec(&demo, "Ticker/Watch", &["{\"intervalMs\": 1}"]));
    running.received(2).await;
    running.cancel.cancel();
    let ended = running.end(&call).await;
    assert_eq!(ended.outcome.status.code, Code::CANCELLED);
    assert_eq!(ended.outcome.origin, Origin::Cancelled);
    assert!(ended.log.count(Direction::Received) >= 2);
    abandoned.wait_for(|count| *count == 1).await.unwrap();
}

#[tokio::test]
async fn cancel_before_anything_ends_the_call_at_once() {
    let demo = demo().await;
    let (running, call) = start(&spec(&demo, "Trouble/Hang", &["{}"]));
    running.cancel.cancel();
    let ended = running.end(&call).await;
    assert_eq!(ended.outcome.status.code, Code::CANCELLED);
}

#[tokio::test]
async fn a_deadline_ends_a_call_that_is_too_slow() {
    let demo = demo().await;
    let mut spec = spec(&demo, "Trouble/Hang", &["{}"]);
    spec.deadline = Some(Duration::from_millis(50));
    let ended = run(&spec).await;
    assert_eq!(ended.outcome.status.code, Code::DEADLINE_EXCEEDED);
    assert!(ended.timings.total >= Duration::from_millis(50));
    assert!(ended.timings.total < Duration::from_secs(5));
    let card = ended.card("demo:");
    assert_eq!(card.summary, "The deadline passed before the call ended");
    assert!(card.reason.contains("50ms"), "{card:?}");
}

#[tokio::test]
async fn metadata_goes_both_ways() {
    let demo = demo().await;
    let mut spec = spec(&demo, "Trouble/EchoMetadata", &["{}"]);
    let row = |key: &str, value: &str, enabled| MetadataRow {
        key: key.to_owned(),
        value: value.to_owned(),
        enabled,
    };
    spec.scope.variables.insert("who".into(), "Ada".into());
    spec.metadata = vec![
        row("x-who", "{{ who }}", true),
        row("x-trace-bin", "AP8QgA==", true),
        row("x-off", "no", false),
        row("", "", true),
    ];
    let ended = run(&spec).await;
    assert_eq!(ended.outcome.status.code, Code::OK);
    let answer = ended.json(1);
    assert!(
        answer.contains("\"x-who\"") && answer.contains("\"Ada\""),
        "{answer}"
    );
    assert!(answer.contains("AP8QgA=="), "{answer}");
    assert!(!answer.contains("x-off"), "{answer}");
    let head = ended.events.iter().find_map(|event| match event {
        CallEvent::Head(head) => Some(head),
        _ => None,
    });
    assert!(!head.unwrap().metadata.is_empty());
    assert!(!ended.outcome.trailers.is_empty());
}

#[tokio::test]
async fn a_status_with_details_is_the_servers_own_word() {
    let demo = demo().await;
    let message =
        "{\"code\": \"FAILED_PRECONDITION\", \"message\": \"empty ☕\", \"withDetails\": true}";
    let spec = spec(&demo, "Trouble/Fail", &[message]);
    let ended = run(&spec).await;
    assert_eq!(ended.outcome.status.code, Code::FAILED_PRECONDITION);
    assert_eq!(ended.outcome.status.message, "empty ☕");
    assert_eq!(outcome_failure("demo:", &ended.outcome), None);
    let details = status_details(&ended.outcome.trailers, &spec.schema);
    let names: Vec<_> = details
        .iter()
        .filter_map(|d| d.type_url.rsplit('.').next())
        .collect();
    for name in ["ErrorInfo", "BadRequest", "RetryInfo"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(details.iter().all(|detail| detail.decoded), "{details:?}");
}

#[tokio::test]
async fn what_came_before_an_error_stays() {
    let demo = demo().await;
    let failing = "{\"afterMessages\": 5, \"code\": \"DATA_LOSS\"}";
    let ended = run(&spec(&demo, "Trouble/FailMidStream", &[failing])).await;
    assert_eq!(ended.outcome.status.code, Code::DATA_LOSS);
    assert_eq!(ended.log.count(Direction::Received), 5);
    let ended = run(&spec(&demo, "Trouble/HangUp", &["{\"afterMessages\": 3}"])).await;
    assert_eq!(ended.outcome.status.code, Code::UNAVAILABLE);
    assert_eq!(ended.log.count(Direction::Received), 3);
    assert!(
        ended.card("demo:").summary.contains("broke"),
        "{:?}",
        ended.card("demo:")
    );
}

#[tokio::test]
async fn a_full_log_pauses_the_stream_until_it_is_cancelled() {
    let demo = demo().await;
    let spec = spec(
        &demo,
        "Ticker/Watch",
        &["{\"count\": 1000000, \"payloadBytes\": 1000}"],
    );
    let (running, call) = start_with(&spec, 1 << 20);
    running
        .until("a full log", |call| {
            call.has(|event| matches!(event, CallEvent::LogFull))
        })
        .await;
    let held = running.log.len();
    running.cancel.cancel();
    let ended = running.end(&call).await;
    assert_eq!(ended.outcome.status.code, Code::CANCELLED);
    assert!(ended.log.len() >= held);
    assert!(ended.log.bytes(Direction::Received) <= 1 << 20);
    assert!(held > 500, "{held}");
}

#[tokio::test]
async fn a_stream_goes_on_without_a_gap_once_another_log_gives_its_room_back() {
    let demo = demo().await;
    let budget = LogBudget::new(LogLimits {
        memory_bytes: 1 << 20,
        ..LogLimits::default()
    });
    let other = MessageLog::watched(&budget, || ());
    let held = bytes::Bytes::from(vec![0; 900_000]);
    assert!(other.append(Direction::Received, Duration::ZERO, &[held]));
    let spec = spec(
        &demo,
        "Ticker/Watch",
        &["{\"count\": 500, \"payloadBytes\": 1000}"],
    );
    let (running, call) = start_within(&spec, &budget);
    running
        .until("a full log", |call| {
            call.has(|event| matches!(event, CallEvent::LogFull))
        })
        .await;
    drop(other);
    let ended = running.end(&call).await;
    assert_eq!(ended.outcome.status.code, Code::OK);
    assert_eq!(ended.log.count(Direction::Received), 500);
    let went_on = |event: &CallEvent| matches!(event, CallEvent::LogHasRoom);
    assert!(ended.events.iter().any(went_on));
}

/// A log on a disk that gives less than it promised, for the first appends of one direction.
struct Fickle {
    log: MessageLog,
    direction: Direction,
    refusals: std::sync::atomic::AtomicUsize,
}

impl Record for Fickle {
    fn append(&self, direction: Direction, at: Duration, messages: &[bytes::Bytes]) -> bool {
        use std::sync::atomic::Ordering::Relaxed;
        let less = |left: usize| left.checked_sub(1);
        let refused = direction == self.direction
            && self.refusals.fetch_update(Relaxed, Relaxed, less).is_ok();
        !refused && self.log.append(direction, at, messages)
    }

    fn room_after(&self, _: &[bytes::Bytes]) -> Option<usize> {
        Some(usize::MAX)
    }

    fn has_room(&self, _: usize) -> bool {
        true
    }
}

#[tokio::test]
async fn a_log_that_takes_nothing_more_that_was_sent_says_so_until_it_does() {
    let demo = demo().await;
    let budget = LogBudget::new(LogLimits::default());
    let text = "{\"scalars\": {\"int32\": 1}}";
    let spec = spec(&demo, "Kitchen/EchoMany", &[text, text]);
    let (running, call) = start_recorded(&spec, &budget, |log| Fickle {
        log,
        direction: Direction::Sent,
        refusals: 2.into(),
    });
    let ended = running.end(&call).await;
    assert_eq!(ended.outcome.status.code, Code::OK);
    assert_eq!(ended.log.count(Direction::Sent), 2);
    let told = |event: &CallEvent| match event {
        CallEvent::LogFull => Some(true),
        CallEvent::LogHasRoom => Some(false),
        _ => None,
    };
    let told: Vec<bool> = ended.events.iter().filter_map(told).collect();
    assert_eq!(told, [true, false], "{:?}", ended.events);
}

#[tokio::test]
async fn an_answer_larger_than_the_log_ends_the_call_and_says_so() {
    let demo = demo().await;
    let body = format!("{{\"name\": \"{}\"}}", "x".repeat(600));
    let spec = spec(&demo, "Greeter/SayHello", &[&body]);
    let (running, call) = start_with(&spec, 1000);
    let ended = running.end(&call).await;
    assert_eq!(ended.outcome.status.code, Code::RESOURCE_EXHAUSTED);
    assert_eq!(ended.outcome.origin, Origin::NoMemory);
    let card = ended.card("demo:");
    assert!(card.reason.contains("bytes of memory"), "{card:?}");
    // A limit that is raised in the settings would not help.
    assert_eq!(card.fixes, []);
}

#[tokio::test]
async fn a_request_larger_than_the_log_is_not_begun() {
    let demo = demo().await;
    let body = format!("{{\"text\": \"{}\"}}", "x".repeat(600));
    let spec = spec(&demo, "Atlas/Converse", &[&body, &body]);
    let (running, call) = start_with(&spec, 1000);
    let ended = running.end(&call).await;
    assert_eq!(ended.outcome.origin, Origin::NoMemory);
    assert!(ended.log.is_empty());
    assert!(ended.events.is_empty(), "{:?}", ended.events);
    let card = ended.card("demo:");
    assert!(card.reason.contains("to send"), "{card:?}");
}

#[tokio::test]
async fn a_deadline_is_heard_while_the_log_is_full() {
    let demo = demo().await;
    let mut spec = spec(
        &demo,
        "Ticker/Watch",
        &["{\"count\": 1000000, \"payloadBytes\": 1000}"],
    );
    spec.deadline = Some(Duration::from_millis(300));
    let (running, call) = start_with(&spec, 1 << 16);
    let ended = running.end(&call).await;
    assert_eq!(ended.outcome.status.code, Code::DEADLINE_EXCEEDED);
    assert_eq!(ended.outcome.waiting, Some(Waiting::Log));
    assert!(ended.trace.is_some(), "its frames are told");
}

#[tokio::test]
async fn messages_that_no_unary_call_has_are_the_servers_fault() {
    let demo = demo().await;
    // The schema at hand says that these methods do not stream.
    let mut set = prost_types::FileDescriptorSet::decode(crate::demo::DESCRIPTOR_SET).unwrap();
    for file in &mut set.file {
        for method in file.service.iter_mut().flat_map(|s| &mut s.method) {
            method.server_streaming = None;
        }
    }
    let pool = prost_reflect::DescriptorPool::from_file_descriptor_set(set).unwrap();
    let nowhere = "{\"within\": {\"southWest\": {\"latitude\": 1, \"longitude\": 1}, \
                   \"northEast\": {\"latitude\": 1, \"longitude\": 1}}}";
    for (case, method, message) in [
        ("many", "Ticker/Watch", "{\"count\": 1000000}"),
        ("none", "Atlas/ListPlaces", nowhere),
    ] {
        let mut spec = spec(&demo, method, &[message]);
        spec.schema = Schema::from_pool(pool.clone());
        let ended = run(&spec).await;
        assert_eq!(ended.outcome.status.code, Code::UNIMPLEMENTED, "{case}");
        assert_eq!(ended.outcome.origin, Origin::Protocol, "{case}");
        assert!(
            ended.card("demo:").summary.contains("rule of gRPC"),
            "{case}"
        );
    }
}
