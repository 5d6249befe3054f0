//! The client against real sockets: a small HTTP/2 server whose every frame the test decides.

mod call;
mod client;
mod connect;
mod control;
mod end;
mod keepalive;
mod proxy;
mod server;
mod timeline;
mod tls;
mod trace;
#[cfg(target_os = "linux")]
mod unix;
