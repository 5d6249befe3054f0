//! Sockets of this machine, on Unix.

use std::{io, os::unix::net::SocketAddr, time::Duration};

use tokio::{net::UnixStream, time::sleep};

use super::Io;
use crate::grpc::Address;

/// Time between two looks at a listener whose queue is full: nothing tells when there is room.
const QUEUE_PAUSE: Duration = Duration::from_millis(50);

pub(super) async fn connect(address: &Address) -> io::Result<Box<dyn Io>> {
    let address = socket_address(address)?.into();
    loop {
        // Linux tells a full queue at once (EAGAIN), where a blocking connect would wait for room.
        match UnixStream::connect_addr(&address).await {
            Ok(stream) => return Ok(Box::new(stream)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => sleep(QUEUE_PAUSE).await,
            Err(error) => return Err(error),
        }
    }
}

fn socket_address(address: &Address) -> io::Result<SocketAddr> {
    match address {
        Address::Unix(path) => SocketAddr::from_pathname(path),
        #[cfg(target_os = "linux")]
        Address::UnixAbstract(name) => {
            use std::os::linux::net::SocketAddrExt as _;
            SocketAddr::from_abstract_name(name)
        }
        _ => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "this system has no such sockets",
        )),
    }
}
