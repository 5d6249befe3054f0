//! How a call ended, in gRPC's words.

use bytes::Bytes;

/// A status code: one of the 17 of the specification, or a number a server made up.
/// Spec: <https://github.com/grpc/grpc/blob/master/doc/statuscodes.md>.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Code(pub u32);

#[allow(missing_docs, reason = "the names are the specification's")]
impl Code {
    pub const OK: Self = Self(0);
    pub const CANCELLED: Self = Self(1);
    pub const UNKNOWN: Self = Self(2);
    pub const INVALID_ARGUMENT: Self = Self(3);
    pub const DEADLINE_EXCEEDED: Self = Self(4);
    pub const NOT_FOUND: Self = Self(5);
    pub const ALREADY_EXISTS: Self = Self(6);
    pub const PERMISSION_DENIED: Self = Self(7);
    pub const RESOURCE_EXHAUSTED: Self = Self(8);
    pub const FAILED_PRECONDITION: Self = Self(9);
    pub const ABORTED: Self = Self(10);
    pub const OUT_OF_RANGE: Self = Self(11);
    pub const UNIMPLEMENTED: Self = Self(12);
    pub const INTERNAL: Self = Self(13);
    pub const UNAVAILABLE: Self = Self(14);
    pub const DATA_LOSS: Self = Self(15);
    pub const UNAUTHENTICATED: Self = Self(16);
}

impl Code {
    /// The specification's name, as `NOT_FOUND`; `None` for a number it does not know.
    pub fn name(self) -> Option<&'static str> {
        unimplemented!()
    }
}

/// Code, message and the raw bytes of `grpc-status-details-bin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The code.
    pub code: Code,
    /// `grpc-message`, percent-decoded; broken escapes stay as they came.
    pub message: String,
    /// A `google.rpc.Status` on the wire, empty when the server sent none.
    pub details: Bytes,
}
