//! Fuzz targets of `grpc-status-details-bin` and of log files.

use super::{
    Direction, MessageLog,
    log::{framed_for_fuzzing, read_log, write_log},
};
use crate::{fuzz::Input, schema::Schema};

/// The details of a rich status: bytes are never passed over in silence, and what was decoded is JSON.
pub fn status_details(data: &[u8]) {
    let mut details = Vec::new();
    super::details::decode(data, &Schema::empty(), &mut details);
    assert!(!data.is_empty() || details.is_empty());
    for detail in details {
        let json = serde_json::from_str::<serde_json::Value>(&detail.json);
        assert!(!detail.decoded || json.is_ok(), "{}", detail.json);
    }
}

/// A log file, as it is or with what a checksum would hide: never more messages than bytes, and what was read
/// reads back the same once it is written.
pub fn log_file(data: &[u8]) {
    let mut input = Input::new(data);
    let framed = input.byte();
    let file = match framed {
        0 => input.rest().to_vec(),
        kind => framed_for_fuzzing(kind, input.rest()),
    };
    let log = MessageLog::with_budget(1 << 20);
    let Ok(read) = read_log(&file[..], &log, &mut |_| true) else {
        return;
    };
    let bytes = |log: &MessageLog| log.bytes(Direction::Sent) + log.bytes(Direction::Received);
    assert!(bytes(&log) <= file.len() as u64 && log.len() <= file.len());
    let mut again = Vec::new();
    let written = write_log(
        &log,
        &read.facts,
        &read.descriptors,
        &mut again,
        &mut |_| true,
    );
    assert!(written.is_ok());
    let copy = MessageLog::with_budget(1 << 20);
    let reread = read_log(&again[..], &copy, &mut |_| true);
    assert!(reread.is_ok_and(|reread| reread.missing.is_none()));
    assert_eq!((copy.len(), bytes(&copy)), (log.len(), bytes(&log)));
    for at in 0..log.len() {
        assert_eq!(copy.entry(at), log.entry(at));
        assert_eq!(copy.message(at), log.message(at));
    }
}
