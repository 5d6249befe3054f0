//! Servers on loopback whose behaviour a test writes as a closure.

use std::{
    future::{Future, poll_fn},
    net::SocketAddr,
    sync::Arc,
};

use bytes::{BufMut, Bytes, BytesMut};
use h2::{
    RecvStream, SendStream,
    server::{self, SendResponse},
};
use http::{HeaderMap, Request, Response};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

use crate::grpc::{Endpoint, Transport};

/// One call as the server sees it.
pub(super) struct Call {
    pub(super) request: Request<RecvStream>,
    pub(super) respond: SendResponse<Bytes>,
}

impl Call {
    /// Answers with 200 and a gRPC content type.
    pub(super) fn accept(&mut self) -> SendStream<Bytes> {
        self.accept_with(HeaderMap::new())
    }

    pub(super) fn accept_with(&mut self, mut headers: HeaderMap) -> SendStream<Bytes> {
        headers.insert("content-type", "application/grpc".parse().unwrap());
        let mut response = Response::new(());
        *response.headers_mut() = headers;
        self.respond.send_response(response, false).unwrap()
    }

    /// Reads the request body to its end, and gives it back unsplit.
    pub(super) async fn read_all(&mut self) -> Bytes {
        let mut all = BytesMut::new();
        let body = self.request.body_mut();
        while let Some(data) = body.data().await {
            let data = data.unwrap();
            body.flow_control().release_capacity(data.len()).unwrap();
            all.put(data);
        }
        all.freeze()
    }
}

/// Waits until what was sent has left for the socket: then h2's send buffer has its full room.
pub(super) async fn written(stream: &mut SendStream<Bytes>) {
    const SEND_BUFFER_BYTES: usize = 400 * 1024;
    stream.reserve_capacity(SEND_BUFFER_BYTES);
    while stream.capacity() < SEND_BUFFER_BYTES {
        poll_fn(|cx| stream.poll_capacity(cx))
            .await
            .unwrap()
            .unwrap();
    }
}

pub(super) fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (key, value) in pairs {
        map.append(*key, value.parse().unwrap());
    }
    map
}

pub(super) fn framed(message: &[u8]) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(message.len()).unwrap());
    bytes.put_slice(message);
    bytes.freeze()
}

pub(super) fn ok() -> HeaderMap {
    headers(&[("grpc-status", "0")])
}

/// Sends bytes as the client gives room for them; an error when the stream has ended.
pub(super) async fn send_data(stream: &mut SendStream<Bytes>, mut data: Bytes) -> Result<(), ()> {
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        while stream.capacity() == 0 {
            match poll_fn(|cx| stream.poll_capacity(cx)).await {
                Some(Ok(_)) => {}
                _ => return Err(()),
            }
        }
        let piece = data.split_to(stream.capacity().min(data.len()));
        stream.send_data(piece, false).map_err(|_| ())?;
    }
    Ok(())
}

/// A plaintext server: `handle` is run for every call.
pub(super) async fn serve<F, R>(handle: F) -> Endpoint
where
    F: Fn(Call) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    listen(move |socket| h2_connection(socket, server::Builder::new(), handle.clone())).await
}

/// Serves one HTTP/2 connection.
pub(super) async fn h2_connection<IO, F, R>(io: IO, builder: server::Builder, handle: F)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Fn(Call) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let Ok(mut connection) = builder.handshake::<_, Bytes>(io).await else {
        return;
    };
    while let Some(Ok((request, respond))) = connection.accept().await {
        tokio::spawn(handle(Call { request, respond }));
    }
}

/// A TCP server: `handle` is run for every connection.
pub(super) async fn listen<F, R>(handle: F) -> Endpoint
where
    F: Fn(TcpStream) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let handle = Arc::new(handle);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            socket.set_nodelay(true).unwrap();
            tokio::spawn(handle(socket));
        }
    });
    Endpoint::parse(&address.to_string(), Some(Transport::Plaintext)).unwrap()
}
