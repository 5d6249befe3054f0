//! Metadata: an ordered multimap of lower-case keys. Duplicates and order are kept.

use bytes::Bytes;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Printable ASCII.
    Text(String),
    /// The bytes of a `-bin` key, decoded.
    Binary(Bytes),
    /// What the peer sent and no rule allows: bytes outside ASCII, or base64 that is none.
    Raw(Bytes),
}

/// Keys and values in the order they were written or received.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    entries: Vec<(String, Value)>,
}

/// Why a pair cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// The key is empty or holds a character outside `0-9 a-z _ - .`
    #[error("`{0}` is not a metadata key: use 0-9 a-z _ - .")]
    Key(String),
    /// gRPC or HTTP/2 sets this key itself.
    #[error("`{0}` is set by gRPC itself")]
    Reserved(String),
    /// The text holds a character outside printable ASCII.
    #[error("the value of `{0}` holds characters outside printable ASCII; use a `-bin` key")]
    Text(String),
    /// The value of a `-bin` key is not base64.
    #[error("the value of `{0}` is not base64")]
    Base64(String),
}

impl Metadata {
    /// No entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pair as a person writes it: text, or base64 (padded or not) for a `-bin` key.
    /// Upper-case keys are lowered; surrounding spaces of a text are trimmed.
    ///
    /// # Errors
    /// [`MetadataError`] when gRPC does not allow the pair.
    pub fn push(&mut self, key: &str, value: &str) -> Result<(), MetadataError> {
        let _ = (key, value);
        unimplemented!()
    }

    /// The entries in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.entries
            .iter()
            .map(|(key, value)| (key.as_str(), value))
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
