//! A reflection server that answers as it is told, on a real socket.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::{Buf, Bytes, BytesMut};
use h2::{RecvStream, SendStream, server};
use http::{HeaderMap, Response as HttpResponse};
use prost::Message;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use crate::schema::survey::messages::{Question, Request, Response};

/// What a server does about one question.
pub(super) enum Reply {
    Answer(Response),
    /// This many answers, one after the other, to a single question.
    Flood(Response, usize),
    /// Nothing at all.
    Silence,
    /// GOAWAY and the end of the connection, without an answer.
    GoAway,
    /// RST_STREAM with this code.
    Reset(h2::Reason),
    /// Trailers with OK.
    End,
}

type Script = dyn Fn(&str, &Question) -> Reply + Send + Sync;

/// The server; it ends with the test's runtime.
pub(super) struct Scripted {
    pub(super) address: SocketAddr,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// Serves the versions whose names (`v1`, `v1alpha`) are given; `script` gets the version too.
    pub(super) async fn start(
        versions: &'static [&'static str],
        script: impl Fn(&str, &Question) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = calls.clone();
        let script: Arc<Script> = Arc::new(script);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(connection(socket, versions, script.clone(), seen.clone()));
            }
        });
        Self { address, calls }
    }

    /// The versions of all calls so far, in order.
    pub(super) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

async fn connection(
    socket: TcpStream,
    versions: &'static [&'static str],
    script: Arc<Script>,
    calls: Arc<Mutex<Vec<String>>>,
) {
    let Ok(mut connection) = server::handshake(socket).await else {
        return;
    };
    let leave = Arc::new(Notify::new());
    loop {
        tokio::select! {
            accepted = connection.accept() => {
                let Some(Ok((request, mut respond))) = accepted else { return };
                let path = request.uri().path().to_owned();
                let version = path.split('.').nth(2).unwrap_or_default().to_owned();
                calls.lock().unwrap().push(version.clone());
                let head = HttpResponse::builder().header("content-type", "application/grpc");
                if !versions.contains(&version.as_str()) {
                    let head = head.header("grpc-status", "12").body(()).unwrap();
                    respond.send_response(head, true).unwrap();
                    continue;
                }
                let send = respond.send_response(head.body(()).unwrap(), false).unwrap();
                let (script, leave) = (script.clone(), leave.clone());
                tokio::spawn(stream(version, request.into_body(), send, script, leave));
            }
            () = leave.notified() => connection.abrupt_shutdown(h2::Reason::NO_ERROR),
        }
    }
}

async fn stream(
    version: String,
    mut body: RecvStream,
    mut send: SendStream<Bytes>,
    script: Arc<Script>,
    leave: Arc<Notify>,
) {
    let mut received = BytesMut::new();
    while let Some(Ok(bytes)) = body.data().await {
        let _ = body.flow_control().release_capacity(bytes.len());
        received.extend_from_slice(&bytes);
        while let Some(message) = split_message(&mut received) {
            let request = Request::decode(message).unwrap();
            match script(&version, &request.question.unwrap()) {
                Reply::Answer(answer) => {
                    let _ = send.send_data(frame(&answer), false);
                }
                Reply::Flood(answer, count) => {
                    let bytes = frame(&answer);
                    for _ in 0..count {
                        send.reserve_capacity(bytes.len());
                        while send.capacity() < bytes.len() {
                            let room = std::future::poll_fn(|cx| send.poll_capacity(cx)).await;
                            if !matches!(room, Some(Ok(_))) {
                                return;
                            }
                        }
                        if send.send_data(bytes.clone(), false).is_err() {
                            return;
                        }
                    }
                }
                Reply::Silence => {}
                Reply::GoAway => return leave.notify_one(),
                Reply::Reset(reason) => return send.send_reset(reason),
                Reply::End => {
                    let mut trailers = HeaderMap::new();
                    trailers.insert("grpc-status", "0".parse().unwrap());
                    let _ = send.send_trailers(trailers);
                    return;
                }
            }
        }
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().unwrap());
    let _ = send.send_trailers(trailers);
}

fn split_message(received: &mut BytesMut) -> Option<Bytes> {
    let length = received.get(1..5)?;
    let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
    if received.len() < 5 + length {
        return None;
    }
    received.advance(5);
    Some(received.split_to(length).freeze())
}

fn frame(answer: &Response) -> Bytes {
    let message = answer.encode_to_vec();
    let mut bytes = vec![0];
    bytes.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    bytes.extend(message);
    bytes.into()
}
