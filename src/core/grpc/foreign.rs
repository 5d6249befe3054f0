//! An answer that is not gRPC: a proxy's error page, a login form, another codec.
//!
//! The start of its body is kept, so that a person sees what answered in place of their server.
//! Spec: `http-grpc-status-mapping.md`.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use h2::RecvStream;
use http::{HeaderMap, StatusCode, header};
use tokio::time::{Sleep, sleep};

use super::{Code, Metadata, Origin, Outcome, Status, printable::printable};

/// How much of an answer that is not gRPC is kept, and how long it is waited for.
const FOREIGN_BODY_BYTES: usize = 64 * 1024;
const FOREIGN_BODY_LIMIT: Duration = Duration::from_secs(5);

/// How much of a redirect's target is shown.
const LOCATION_CHARS: usize = 200;

/// How much of a content type is shown.
pub(super) const CONTENT_TYPE_CHARS: usize = 100;

/// An answer that is not gRPC.
#[derive(Debug)]
pub(crate) struct Foreign {
    status: StatusCode,
    content_type: Option<String>,
    /// Where a redirect points to.
    location: Option<String>,
    body: BytesMut,
    /// More than was kept came, or the end did not.
    cut: bool,
    /// Runs from the first time the body is waited for.
    limit: Option<Pin<Box<Sleep>>>,
}

/// What a content type says about the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    Grpc,
    /// gRPC, but its messages are not protobuf.
    OtherGrpc,
    Foreign,
}

impl Codec {
    pub(crate) fn of(content_type: Option<&str>) -> Self {
        let Some(content_type) = content_type else {
            return Self::Foreign;
        };
        if content_type == "application/grpc" {
            return Self::Grpc;
        }
        let essence = content_type.split(';').next().unwrap_or_default();
        let essence = essence.trim().to_ascii_lowercase();
        match essence.strip_prefix("application/grpc") {
            Some("" | "+proto") => Self::Grpc,
            Some(rest) if rest.starts_with('+') => Self::OtherGrpc,
            // `application/grpc-web` has other frames.
            _ => Self::Foreign,
        }
    }
}

impl Foreign {
    pub(crate) fn new(
        status: StatusCode,
        content_type: Option<String>,
        headers: &HeaderMap,
    ) -> Self {
        let location = headers
            .get(header::LOCATION)
            .filter(|_| status.is_redirection())
            .map(|value| printable(&String::from_utf8_lossy(value.as_bytes()), LOCATION_CHARS));
        Self {
            status,
            content_type,
            location,
            body: BytesMut::new(),
            cut: false,
            limit: None,
        }
    }

    /// Collects the body until its end, its limit in bytes, or its limit in time.
    pub(crate) fn poll(&mut self, body: &mut RecvStream, cx: &mut Context<'_>) -> Poll<Outcome> {
        loop {
            match body.poll_data(cx) {
                Poll::Ready(Some(Ok(data))) => {
                    let room = FOREIGN_BODY_BYTES - self.body.len();
                    let part = data.get(..room).unwrap_or(&data);
                    self.body.extend_from_slice(part);
                    let _ = body.flow_control().release_capacity(data.len());
                    if data.len() > room {
                        break;
                    }
                }
                Poll::Ready(None) => return self.poll_trailers(body, cx),
                Poll::Ready(Some(Err(_))) => break,
                Poll::Pending => {
                    ready!(self.poll_limit(cx));
                    break;
                }
            }
        }
        self.cut = true;
        Poll::Ready(self.outcome())
    }

    fn poll_limit(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limit = || Box::pin(sleep(FOREIGN_BODY_LIMIT));
        self.limit.get_or_insert_with(limit).as_mut().poll(cx)
    }

    /// A proxy may change the HTTP status and pass the server's trailers on: then those count.
    fn poll_trailers(&mut self, body: &mut RecvStream, cx: &mut Context<'_>) -> Poll<Outcome> {
        let trailers = match body.poll_trailers(cx) {
            Poll::Ready(Ok(trailers)) => trailers,
            Poll::Ready(Err(_)) => None,
            Poll::Pending => {
                ready!(self.poll_limit(cx));
                None
            }
        };
        let mut outcome = match trailers.as_ref().and_then(Status::from_headers) {
            Some(status) => Outcome::new(status, Origin::Trailers),
            None => self.outcome(),
        };
        outcome.trailers = trailers
            .as_ref()
            .map_or_else(Metadata::new, Metadata::from_headers);
        Poll::Ready(outcome)
    }

    pub(crate) fn outcome(&mut self) -> Outcome {
        let message = match (&self.content_type, self.status) {
            (Some(content_type), StatusCode::OK) => {
                let content_type = printable(content_type, CONTENT_TYPE_CHARS);
                format!("the server answered with `{content_type}`, which is not gRPC")
            }
            (None, StatusCode::OK) => {
                "the server answered without a content type, which is not gRPC".to_owned()
            }
            (_, status) => match &self.location {
                Some(place) => format!("the server answered with HTTP {status} to `{place}`"),
                None => format!("the server answered with HTTP {status}"),
            },
        };
        let origin = Origin::Http {
            status: self.status.as_u16(),
            content_type: self.content_type.take(),
            body: Bytes::from(std::mem::take(&mut self.body)),
            cut: self.cut,
        };
        Outcome::new(Status::new(Code::from_http(self.status), message), origin)
    }
}
