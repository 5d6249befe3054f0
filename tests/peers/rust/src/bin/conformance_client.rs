//! The client under test of the Connect conformance suite, gRPC with protobuf over HTTP/2.
//!
//! Standard input holds requests, standard output gets the answers, each a message with its length
//! in four big-endian bytes before it; all calls run at once and answers come in any order.
//! Spec: `client_compat.proto` and `testing_clients.md` of connectrpc.com/conformance. Only the
//! fields used here are declared; payloads are passed on as the bytes they are.

use std::{error::Error, io::Write, path::PathBuf, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use bytes::Bytes;
use prost::Message;
use stubless_core::grpc::{
    CallHead, CallReceiver, CallSender, Chunk, Code, Compression, Deadline, Endpoint, Metadata,
    Outcome, Pool, Transport, Value,
};
use tokio::{
    io::AsyncReadExt,
    sync::{mpsc, oneshot},
    time::sleep,
};

type Failure = Box<dyn Error + Send + Sync>;

#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(string, tag = "1")]
    test_name: String,
    #[prost(int32, tag = "5")]
    compression: i32,
    #[prost(string, tag = "6")]
    host: String,
    #[prost(uint32, tag = "7")]
    port: u32,
    #[prost(bytes = "vec", tag = "8")]
    server_tls_cert: Vec<u8>,
    #[prost(message, optional, tag = "9")]
    client_tls_creds: Option<Credentials>,
    #[prost(uint32, tag = "10")]
    message_receive_limit: u32,
    #[prost(string, optional, tag = "11")]
    service: Option<String>,
    #[prost(string, optional, tag = "12")]
    method: Option<String>,
    #[prost(int32, tag = "13")]
    stream_type: i32,
    #[prost(message, repeated, tag = "15")]
    request_headers: Vec<Header>,
    #[prost(message, repeated, tag = "16")]
    request_messages: Vec<Any>,
    #[prost(uint32, optional, tag = "17")]
    timeout_ms: Option<u32>,
    #[prost(uint32, tag = "18")]
    request_delay_ms: u32,
    #[prost(message, optional, tag = "19")]
    cancel: Option<Cancel>,
}

#[derive(Clone, PartialEq, Message)]
struct Credentials {
    #[prost(bytes = "vec", tag = "1")]
    cert: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    key: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Header {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, repeated, tag = "2")]
    value: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "bytes", tag = "2")]
    value: Bytes,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Cancel {
    #[prost(message, optional, tag = "1")]
    before_close_send: Option<Empty>,
    #[prost(uint32, optional, tag = "2")]
    after_close_send_ms: Option<u32>,
    #[prost(uint32, optional, tag = "3")]
    after_num_responses: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Empty {}

#[derive(Clone, PartialEq, Message)]
struct Response {
    #[prost(string, tag = "1")]
    test_name: String,
    #[prost(message, optional, tag = "2")]
    response: Option<Answer>,
    #[prost(message, optional, tag = "3")]
    error: Option<NotMade>,
}

#[derive(Clone, PartialEq, Message)]
struct NotMade {
    #[prost(string, tag = "1")]
    message: String,
}

#[derive(Clone, PartialEq, Message)]
struct Answer {
    #[prost(message, repeated, tag = "1")]
    response_headers: Vec<Header>,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    payloads: Vec<Bytes>,
    #[prost(message, optional, tag = "3")]
    error: Option<Status>,
    #[prost(message, repeated, tag = "4")]
    response_trailers: Vec<Header>,
    #[prost(int32, tag = "5")]
    num_unsent_requests: i32,
}

/// `connectrpc.conformance.v1.Error`, and `google.rpc.Status` too.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, optional, tag = "2")]
    message: Option<String>,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// Every response message of the suite holds its payload in field 1.
#[derive(Clone, PartialEq, Message)]
struct Wrapped {
    #[prost(bytes = "bytes", optional, tag = "1")]
    payload: Option<Bytes>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unary,
    ClientStream,
    ServerStream,
    HalfDuplex,
    FullDuplex,
}

impl Request {
    fn kind(&self) -> Result<Kind, Failure> {
        Ok(match self.stream_type {
            1 => Kind::Unary,
            2 => Kind::ClientStream,
            3 => Kind::ServerStream,
            4 => Kind::HalfDuplex,
            5 => Kind::FullDuplex,
            other => return Err(format!("stream type {other}").into()),
        })
    }

    fn compression(&self) -> Result<Compression, Failure> {
        Ok(match self.compression {
            0 | 1 => Compression::Identity,
            2 => Compression::Gzip,
            4 => Compression::Zstd,
            5 => Compression::Deflate,
            other => return Err(format!("compression {other}").into()),
        })
    }

    fn endpoint(&self, files: &Files) -> Result<Endpoint, Failure> {
        let transport = if self.server_tls_cert.is_empty() {
            Transport::Plaintext
        } else {
            Transport::Tls
        };
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        let mut endpoint = Endpoint::parse(&format!("{host}:{}", self.port), Some(transport))?;
        if transport == Transport::Tls {
            endpoint.tls.ca_cert = Some(files.keep(&self.server_tls_cert)?);
            if let Some(own) = &self.client_tls_creds {
                endpoint.tls.client_cert = Some(files.keep(&own.cert)?);
                endpoint.tls.client_key = Some(files.keep(&own.key)?);
            }
        }
        Ok(endpoint)
    }

    fn head(&self, kind: Kind) -> Result<CallHead, Failure> {
        let mut metadata = Metadata::new();
        for header in &self.request_headers {
            for value in &header.value {
                metadata.push(&header.name, value)?;
            }
        }
        let service = self.service.as_deref().ok_or("no service")?;
        let method = self.method.as_deref().ok_or("no method")?;
        let mut head = CallHead {
            metadata,
            deadline: self
                .timeout_ms
                .map(|limit| Deadline::after(Duration::from_millis(limit.into()))),
            one_answer: matches!(kind, Kind::Unary | Kind::ClientStream),
            compression: self.compression()?,
            ..CallHead::new(format!("/{service}/{method}"))
        };
        if self.message_receive_limit > 0 {
            head.max_receive_bytes = self.message_receive_limit as usize;
        }
        Ok(head)
    }
}

/// Certificates and keys, which the client takes by path.
struct Files(tempfile::TempDir);

impl Files {
    fn keep(&self, bytes: &[u8]) -> Result<PathBuf, Failure> {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let path = self.0.path().join(format!("{:x}.pem", hasher.finish()));
        if !path.exists() {
            // Renamed into place: another call may look for it just now.
            let mut file = tempfile::NamedTempFile::new_in(self.0.path())?;
            file.write_all(bytes)?;
            file.persist(&path)?;
        }
        Ok(path)
    }
}

/// What came back so far.
#[derive(Default)]
struct Seen {
    headers: Vec<Header>,
    payloads: Vec<Bytes>,
}

impl Seen {
    /// Takes what comes next; the outcome at the end.
    fn take(&mut self, chunk: Chunk) -> Result<Option<Box<Outcome>>, Failure> {
        match chunk {
            Chunk::Head(head) => self.headers = headers(&head.metadata),
            Chunk::Messages(messages) => {
                for message in messages {
                    let payload = Wrapped::decode(message)?.payload;
                    self.payloads.push(payload.unwrap_or_default());
                }
            }
            Chunk::End(outcome) => return Ok(Some(outcome)),
        }
        Ok(None)
    }
}

fn headers(metadata: &Metadata) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    for (name, value) in metadata.iter() {
        let value = match value {
            Value::Text(text) => text.clone(),
            Value::Binary(bytes) => STANDARD_NO_PAD.encode(bytes),
            Value::Raw(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        };
        match headers.iter_mut().find(|header| header.name == name) {
            Some(header) => header.value.push(value),
            None => headers.push(Header {
                name: name.to_owned(),
                value: vec![value],
            }),
        }
    }
    headers
}

/// Sends the messages and closes; counts what was not sent. `closed` fires at the half-close.
async fn send_all(
    mut sender: CallSender,
    messages: Vec<Any>,
    delay: Duration,
    half_close: bool,
    closed: oneshot::Sender<()>,
) -> usize {
    let mut left = messages.len();
    for message in messages {
        sleep(delay).await;
        if sender.send(message.value).await.is_err() {
            break;
        }
        left -= 1;
    }
    if half_close {
        let _ = sender.half_close();
    }
    let _ = closed.send(());
    if !half_close {
        // The sending side stays open until the receiver has been cancelled.
        std::future::pending::<()>().await;
    }
    left
}

async fn call(request: &Request, pool: &Pool, files: &Files) -> Result<Answer, Failure> {
    let kind = request.kind()?;
    let (channel, _) = pool.channel(&request.endpoint(files)?).await?;
    let delay = Duration::from_millis(request.request_delay_ms.into());
    let messages = request.request_messages.clone();
    let mut seen = Seen::default();
    let opened = channel.open(&request.head(kind)?);
    let (mut unsent, outcome) = match opened {
        Err(outcome) => (messages.len(), outcome),
        Ok((sender, receiver)) if kind == Kind::FullDuplex => {
            full_duplex(request, sender, receiver, delay, &mut seen).await?
        }
        Ok((sender, receiver)) => {
            one_after_the_other(request, sender, receiver, delay, &mut seen).await?
        }
    };
    let error = (outcome.status.code != Code::OK).then(|| Status {
        code: i32::try_from(outcome.status.code.0).unwrap_or(2),
        message: Some(outcome.status.message.clone()),
        details: match outcome.trailers.get("grpc-status-details-bin") {
            Some(Value::Binary(bytes)) => Status::decode(bytes.clone())
                .map(|status| status.details)
                .unwrap_or_default(),
            _ => Vec::new(),
        },
    });
    if error.is_some() && matches!(kind, Kind::Unary | Kind::ClientStream) {
        seen.payloads.clear();
    }
    if matches!(kind, Kind::Unary | Kind::ServerStream) {
        unsent = 0;
    }
    Ok(Answer {
        response_headers: seen.headers,
        payloads: seen.payloads,
        error,
        response_trailers: headers(&outcome.trailers),
        num_unsent_requests: i32::try_from(unsent)?,
    })
}

async fn one_after_the_other(
    request: &Request,
    sender: CallSender,
    mut receiver: CallReceiver,
    delay: Duration,
    seen: &mut Seen,
) -> Result<(usize, Box<Outcome>), Failure> {
    let cancel = request.cancel.unwrap_or_default();
    let half_close = cancel.before_close_send.is_none();
    let (closed, mut is_closed) = oneshot::channel();
    let sending = send_all(
        sender,
        request.request_messages.clone(),
        delay,
        half_close,
        closed,
    );
    tokio::pin!(sending);
    let mut unsent = None;
    let mut cancel_at = None;
    let mut is_open = true;
    loop {
        let due = async {
            match cancel_at {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            left = &mut sending, if unsent.is_none() => unsent = Some(left),
            _ = &mut is_closed, if is_open => {
                is_open = false;
                if !half_close {
                    receiver.cancel();
                } else if let Some(after) = cancel.after_close_send_ms {
                    let after = Duration::from_millis(after.into());
                    cancel_at = Some(tokio::time::Instant::now() + after);
                }
            }
            () = due => {
                cancel_at = None;
                receiver.cancel();
            }
            chunk = receiver.next() => {
                if let Some(outcome) = seen.take(chunk)? {
                    // A sender that still waits was stopped by the end.
                    let left = match unsent {
                        Some(left) => left,
                        None if is_open => tokio::time::timeout(Duration::from_secs(1), &mut sending)
                            .await
                            .unwrap_or(0),
                        None => 0,
                    };
                    return Ok((left, outcome));
                }
                if cancel.after_num_responses.is_some_and(|n| seen.payloads.len() >= n as usize) {
                    seen.payloads.truncate(cancel.after_num_responses.unwrap_or(0) as usize);
                    receiver.cancel();
                }
            }
        }
    }
}

async fn full_duplex(
    request: &Request,
    mut sender: CallSender,
    mut receiver: CallReceiver,
    delay: Duration,
    seen: &mut Seen,
) -> Result<(usize, Box<Outcome>), Failure> {
    let cancel = request.cancel.unwrap_or_default();
    let enough = |seen: &Seen| {
        cancel
            .after_num_responses
            .is_some_and(|n| seen.payloads.len() >= n as usize)
    };
    let mut left = request.request_messages.len();
    let mut cancelled = false;
    for message in request.request_messages.clone() {
        sleep(delay).await;
        if sender.send(message.value).await.is_err() {
            break;
        }
        left -= 1;
        let before = seen.payloads.len();
        while seen.payloads.len() == before && !cancelled {
            if let Some(outcome) = seen.take(receiver.next().await)? {
                return Ok((left, outcome));
            }
        }
        if enough(seen) {
            cancelled = true;
            receiver.cancel();
            break;
        }
    }
    if !cancelled && cancel.before_close_send.is_some() {
        receiver.cancel();
    } else if !cancelled {
        let _ = sender.half_close();
        if let Some(after) = cancel.after_close_send_ms {
            sleep(Duration::from_millis(after.into())).await;
            receiver.cancel();
        }
    }
    loop {
        if let Some(outcome) = seen.take(receiver.next().await)? {
            return Ok((left, outcome));
        }
        if enough(seen) {
            receiver.cancel();
        }
    }
}

async fn serve() -> Result<(), Failure> {
    let files = Arc::new(Files(tempfile::tempdir()?));
    let pool = Arc::new(Pool::new());
    let (answers, mut answered) = mpsc::channel::<Response>(64);
    let writer = tokio::spawn(async move {
        let mut out = std::io::stdout();
        while let Some(answer) = answered.recv().await {
            let bytes = answer.encode_to_vec();
            out.write_all(&u32::try_from(bytes.len())?.to_be_bytes())?;
            out.write_all(&bytes)?;
            out.flush()?;
        }
        Ok::<_, Failure>(())
    });
    let mut input = tokio::io::stdin();
    let mut calls = tokio::task::JoinSet::new();
    while let Ok(length) = input.read_u32().await {
        let mut bytes = vec![0; length as usize];
        input.read_exact(&mut bytes).await?;
        let request = Request::decode(bytes.as_slice())?;
        let (answers, pool, files) = (answers.clone(), pool.clone(), files.clone());
        calls.spawn(async move {
            let test_name = request.test_name.clone();
            let (response, error) = match call(&request, &pool, &files).await {
                Ok(answer) => (Some(answer), None),
                Err(error) => (
                    None,
                    Some(NotMade {
                        message: error.to_string(),
                    }),
                ),
            };
            let answer = Response {
                test_name,
                response,
                error,
            };
            let _ = answers.send(answer).await;
        });
    }
    while calls.join_next().await.is_some() {}
    drop(answers);
    writer.await?
}

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let result = runtime.block_on(serve());
    runtime.shutdown_background();
    result
}
