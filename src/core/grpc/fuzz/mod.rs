//! Fuzz targets of the wire.

mod headers;
pub(super) mod io;
mod names;
mod opening;
mod server;
mod stream;

pub use self::{
    headers::{metadata, outcome, percent},
    names::{proxy, target},
    opening::{first_bytes, proxy_answer},
    server::server,
    stream::{frames, framing, inflate},
};
pub use super::tls::fuzz::{certificate, handshake};
