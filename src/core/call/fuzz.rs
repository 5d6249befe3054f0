//! Fuzz target of `grpc-status-details-bin`.

use crate::schema::Schema;

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
