//! `grpc-status-details-bin`, decoded.

use crate::schema::Schema;

/// One detail of a rich status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusDetail {
    /// Type URL of the `Any`.
    pub type_url: String,
    /// Pretty JSON; base64 of the value where the schema does not know the type.
    pub json: String,
    /// Whether the type was known.
    pub decoded: bool,
}

/// Decodes a `google.rpc.Status`; the standard `google.rpc` error details are always known, others
/// through the schema. Bytes that do not parse give one undecoded detail.
pub fn status_details(bytes: &[u8], schema: &Schema) -> Vec<StatusDetail> {
    let _ = (bytes, schema);
    unimplemented!()
}
