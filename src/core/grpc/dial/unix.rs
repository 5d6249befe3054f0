//! Sockets of this machine, on Unix.

use std::io;

use tokio::net::UnixStream;

use super::Io;
use crate::grpc::Address;

pub(super) async fn connect(address: &Address) -> io::Result<Box<dyn Io>> {
    match address {
        Address::Unix(path) => Ok(Box::new(UnixStream::connect(path).await?)),
        #[cfg(target_os = "linux")]
        Address::UnixAbstract(name) => {
            use std::os::{linux::net::SocketAddrExt as _, unix::net};
            let address = net::SocketAddr::from_abstract_name(name)?;
            // It blocks only while the server's backlog is full.
            let connecting = tokio::task::spawn_blocking(move || {
                let stream = net::UnixStream::connect_addr(&address)?;
                stream.set_nonblocking(true)?;
                Ok::<_, io::Error>(stream)
            });
            let stream = connecting.await.map_err(io::Error::other)??;
            Ok(Box::new(UnixStream::from_std(stream)?))
        }
        _ => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "this system has no such sockets",
        )),
    }
}
