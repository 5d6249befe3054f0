//! Pipes of this machine, on Windows.

use std::{io, time::Duration};

use tokio::{net::windows::named_pipe::ClientOptions, time::sleep};

use super::Io;
use crate::grpc::Address;

/// `ERROR_PIPE_BUSY`: every instance of the pipe is taken for the moment.
const PIPE_BUSY: i32 = 231;

pub(super) async fn connect(address: &Address) -> io::Result<Box<dyn Io>> {
    let Address::Pipe(name) = address else {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "Stubless reaches no Unix sockets on Windows",
        ));
    };
    loop {
        match ClientOptions::new().open(name) {
            Ok(pipe) => return Ok(Box::new(pipe)),
            Err(error) if error.raw_os_error() == Some(PIPE_BUSY) => {
                sleep(Duration::from_millis(50)).await;
            }
            Err(error) => return Err(error),
        }
    }
}
