//! What a head, a body's end and trailers say about a call: the rules of gRPC, apart from the
//! transport that brought them.
//!
//! Pure: HTTP status and header maps in, an [`Outcome`] or what to do next out. [`Status`] holds the
//! tables; here is the order in which they count.
//! Spec: gRPC over HTTP/2, "Responses"; `http-grpc-status-mapping.md`; `statuscodes.md`.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, StatusCode, header};

use super::{
    Code, Metadata, Origin, Outcome, Status,
    foreign::{CONTENT_TYPE_CHARS, Codec, Foreign},
    frame::Encoding,
    printable::printable,
};

pub(crate) static GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

/// What follows a response's head.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The head was all: trailers-only.
    Ended(Outcome),
    /// Messages in this encoding, then trailers.
    Messages(Encoding),
    /// An answer that is not gRPC; the start of its body is kept.
    Foreign(Foreign),
    /// gRPC, and nothing that can be read here.
    Refused(Outcome),
}

/// Reads a head; `ended` when nothing follows it.
pub(crate) fn read_head(status: StatusCode, headers: &HeaderMap, ended: bool) -> Answer {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .map(|value| String::from_utf8_lossy(value.as_bytes()));
    let codec = Codec::of(content_type.as_deref());
    if ended {
        let mut outcome = match Status::from_headers(headers) {
            Some(status) => Outcome::new(status, Origin::TrailersOnly),
            None if status == StatusCode::OK && codec == Codec::Grpc => no_status(),
            // What came are the headers of something else, and no trailers.
            None => {
                let content_type = content_type.map(Cow::into_owned);
                return Answer::Foreign(Foreign::new(status, content_type, headers));
            }
        };
        outcome.trailers = Metadata::from_headers(headers);
        explain_encoding(&mut outcome);
        return Answer::Ended(outcome);
    }
    // A status in a head that something follows is not looked at: the trailers' counts.
    match codec {
        Codec::Grpc if status == StatusCode::OK => {
            let encoding = headers.get(&GRPC_ENCODING).map(http::HeaderValue::as_bytes);
            Answer::Messages(Encoding::from_header(encoding))
        }
        Codec::OtherGrpc if status == StatusCode::OK => {
            let content_type = printable(&content_type.unwrap_or_default(), CONTENT_TYPE_CHARS);
            let message = format!("the server answered in `{content_type}`, not in protobuf");
            Answer::Refused(Outcome::protocol(Code::INTERNAL, message))
        }
        _ => Answer::Foreign(Foreign::new(
            status,
            content_type.map(Cow::into_owned),
            headers,
        )),
    }
}

/// Reads the end of a stream of messages; `whole` when it is not inside a message.
pub(crate) fn read_trailers(trailers: Option<&HeaderMap>, whole: bool) -> Outcome {
    let mut outcome = match trailers.and_then(Status::from_headers) {
        None => no_status(),
        Some(status) if status.code == Code::OK && !whole => {
            Outcome::protocol(Code::INTERNAL, "the stream ended inside a message")
        }
        Some(status) => Outcome::new(status, Origin::Trailers),
    };
    outcome.trailers = trailers.map_or_else(Metadata::new, Metadata::from_headers);
    explain_encoding(&mut outcome);
    outcome
}

/// A method with one answer that ended OK without it.
pub(crate) fn without_answer(outcome: &mut Outcome) {
    let message = "the server ended the call with OK and without the message it owes";
    outcome.status = Status::new(Code::UNIMPLEMENTED, message);
    outcome.origin = Origin::Protocol;
}

/// A method with one answer that got another.
pub(crate) fn second_answer() -> Outcome {
    let message = "the server sent more than one message, and the method has one";
    Outcome::protocol(Code::UNIMPLEMENTED, message)
}

fn no_status() -> Outcome {
    let message = "the server ended the stream without grpc-status";
    Outcome::new(Status::new(Code::UNKNOWN, message), Origin::NoStatus)
}

/// A server that does not know our compression says UNIMPLEMENTED and which it knows
/// (`compression.md`): that is a fact of the outcome, apart from its message.
fn explain_encoding(outcome: &mut Outcome) {
    if outcome.status.code == Code::UNIMPLEMENTED {
        outcome.accepts = outcome.trailers.text("grpc-accept-encoding");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (key, value) in pairs {
            headers.append(*key, value.parse().unwrap());
        }
        headers
    }

    const GRPC: (&str, &str) = ("content-type", "application/grpc");

    #[test]
    fn a_head_that_ends_the_stream_is_read_by_its_status_or_by_http() {
        type Case = (
            &'static str,
            u16,
            Vec<(&'static str, &'static str)>,
            Code,
            bool,
        );
        let cases: [Case; 7] = [
            (
                "trailers-only",
                200,
                vec![GRPC, ("grpc-status", "5")],
                Code::NOT_FOUND,
                true,
            ),
            (
                "whatever the HTTP status",
                503,
                vec![GRPC, ("grpc-status", "5")],
                Code::NOT_FOUND,
                true,
            ),
            (
                "and the content type",
                200,
                vec![("content-type", "text/html"), ("grpc-status", "7")],
                Code::PERMISSION_DENIED,
                true,
            ),
            ("no status", 200, vec![GRPC], Code::UNKNOWN, false),
            (
                "no status, by HTTP",
                404,
                vec![GRPC],
                Code::UNIMPLEMENTED,
                false,
            ),
            ("nothing at all", 200, vec![], Code::UNKNOWN, false),
            (
                "bad gateway",
                502,
                vec![("content-type", "text/html")],
                Code::UNAVAILABLE,
                false,
            ),
        ];
        for (name, status, pairs, code, own_word) in cases {
            let status = StatusCode::from_u16(status).unwrap();
            let outcome = match read_head(status, &headers(&pairs), true) {
                Answer::Ended(outcome) => outcome,
                Answer::Foreign(mut foreign) => foreign.outcome(),
                other => panic!("{name}: {other:?}"),
            };
            assert_eq!(outcome.status.code, code, "{name}");
            assert_eq!(outcome.origin == Origin::TrailersOnly, own_word, "{name}");
        }
    }

    #[test]
    fn a_head_that_something_follows_is_read_by_http_status_and_content_type() {
        let read = |status: u16, pairs: &[(&'static str, &'static str)]| {
            read_head(
                StatusCode::from_u16(status).unwrap(),
                &headers(pairs),
                false,
            )
        };
        assert!(matches!(
            read(200, &[GRPC, ("grpc-status", "5")]),
            Answer::Messages(_)
        ));
        assert!(matches!(
            read(200, &[("content-type", "application/grpc+proto")]),
            Answer::Messages(_)
        ));
        assert!(matches!(read(503, &[GRPC]), Answer::Foreign(_)));
        assert!(matches!(
            read(200, &[("content-type", "image/jpeg")]),
            Answer::Foreign(_)
        ));
        assert!(matches!(read(200, &[]), Answer::Foreign(_)));
        let Answer::Refused(outcome) = read(200, &[("content-type", "application/grpc+json")])
        else {
            panic!("another codec");
        };
        assert_eq!(outcome.status.code, Code::INTERNAL);
    }

    #[test]
    fn trailers_count_unless_the_stream_ended_inside_a_message() {
        let ok = headers(&[("grpc-status", "0")]);
        assert_eq!(read_trailers(Some(&ok), true).status.code, Code::OK);
        assert_eq!(read_trailers(Some(&ok), false).status.code, Code::INTERNAL);
        assert_eq!(read_trailers(None, true).status.code, Code::UNKNOWN);
        let own = headers(&[("grpc-status", "9"), ("x", "y")]);
        let outcome = read_trailers(Some(&own), false);
        assert_eq!(outcome.status.code, Code::FAILED_PRECONDITION);
        assert_eq!(outcome.origin, Origin::Trailers);
    }

    #[test]
    fn a_server_that_does_not_know_our_compression_says_which_it_knows() {
        let trailers = headers(&[
            ("grpc-status", "12"),
            ("grpc-accept-encoding", "identity, gzip,br"),
        ]);
        let outcome = read_trailers(Some(&trailers), true);
        assert_eq!(outcome.accepts.as_deref(), Some("identity, gzip,br"));
        let ok = headers(&[("grpc-status", "0"), ("grpc-accept-encoding", "gzip")]);
        assert_eq!(read_trailers(Some(&ok), true).accepts, None);
    }
}
