//! Why a connection or a stream broke, in words.
//!
//! h2 knows only codes of RFC 9113 and its own names for what was too much; sockets know the system's.
//! Here both become sentences. Pure.

use std::io::ErrorKind;

use h2::Reason;

use super::{printable::printable, trace::GoAway, wire_words::error_code_name};

/// How much of a server's own words is shown.
const MOST_CHARS: usize = 200;

/// What an error of h2 says, in our words. `go_away` is what the server said of the connection's end.
pub(crate) fn describe(error: &h2::Error, go_away: Option<&GoAway>) -> String {
    if let Some(io) = error.get_io() {
        return of_socket(io);
    }
    let reason = error.reason().unwrap_or(Reason::INTERNAL_ERROR);
    match (error.is_go_away(), error.is_reset(), error.is_remote()) {
        (true, _, true) => match go_away {
            Some(go_away) => format!("the server said {}", in_words(go_away)),
            None => format!(
                "the server said GOAWAY ({})",
                error_code_name(reason.into())
            ),
        },
        (_, true, true) => format!(
            "the server reset the stream with {}",
            error_code_name(reason.into())
        ),
        (true, _, false) => match excess(&error.to_string()) {
            Some(excess) => excess.to_owned(),
            None => violation(reason),
        },
        (_, true, false) => violation(reason),
        (false, false, _) => printable(&error.to_string(), MOST_CHARS),
    }
}

/// Whether a call was cut off because the server closed the connection. h2 tells that as a broken pipe,
/// in words of its own.
pub(crate) fn is_end_of_stream(error: &h2::Error) -> bool {
    error.get_io().is_some_and(|io| {
        io.kind() == ErrorKind::BrokenPipe && io.to_string().starts_with("stream closed")
    })
}

/// GOAWAY, as part of a sentence.
pub(crate) fn in_words(go_away: &GoAway) -> String {
    let code = error_code_name(go_away.code);
    match go_away.debug.as_str() {
        "" => format!("GOAWAY ({code})"),
        debug => format!("GOAWAY ({code}, \"{}\")", printable(debug, MOST_CHARS)),
    }
}

/// What a server did too much of, by what h2 says of it. Its limits cannot be set.
pub(crate) fn excess(debug: &str) -> Option<&'static str> {
    [
        (
            // Counted over the life of a connection.
            "too_many_data_frames",
            "the server sent more than 100 DATA frames without data, and such a connection is given up",
        ),
        (
            "too_many_continuations",
            "the server sent metadata in too many CONTINUATION frames",
        ),
        (
            "header_list_way_too_large",
            "the server sent far more metadata than the limit of 4 MiB",
        ),
        (
            "too_many_resets",
            "the server reset too many streams in a short time",
        ),
        (
            "too_many_internal_resets",
            "the server broke too many streams in a short time",
        ),
    ]
    .into_iter()
    .find_map(|(theirs, ours)| debug.contains(theirs).then_some(ours))
}

/// A rule of HTTP/2 that the server broke; h2 does not say which, only of what sort.
fn violation(reason: Reason) -> String {
    let what = match reason {
        Reason::PROTOCOL_ERROR => ": it sent what the specification forbids here",
        Reason::FLOW_CONTROL_ERROR => ": it does not keep to the flow-control windows",
        Reason::FRAME_SIZE_ERROR => ": it sent a frame of a wrong size",
        Reason::STREAM_CLOSED => ": it went on with a stream that was closed",
        Reason::COMPRESSION_ERROR => ": its metadata cannot be decompressed",
        _ => "",
    };
    format!(
        "the server broke HTTP/2 ({}){what}",
        error_code_name(reason.into())
    )
}

fn of_socket(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => {
            "the server, or something on the way, reset the connection".to_owned()
        }
        ErrorKind::BrokenPipe => "the connection was closed while something was sent".to_owned(),
        ErrorKind::UnexpectedEof => "the connection was closed in the middle".to_owned(),
        ErrorKind::TimedOut => "the server, or the network, no longer answers".to_owned(),
        _ => match error.to_string().as_str() {
            // tokio's words, which have no kind of their own.
            "bytes remaining on stream" => "the connection ended inside a frame".to_owned(),
            text => {
                let text = text.split(" (os error").next().unwrap_or(text);
                printable(text, MOST_CHARS)
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn errors_of_sockets_are_sentences() {
        for (name, kind, text, words) in [
            (
                "reset",
                ErrorKind::ConnectionReset,
                "x (os error 104)",
                "reset the connection",
            ),
            (
                "pipe",
                ErrorKind::BrokenPipe,
                "broken pipe",
                "while something was sent",
            ),
            (
                "cut",
                ErrorKind::Other,
                "bytes remaining on stream",
                "ended inside a frame",
            ),
            ("other", ErrorKind::Other, "no room (os error 9)", "no room"),
        ] {
            let told = of_socket(&io::Error::new(kind, text));
            assert!(told.contains(words), "{name}: {told}");
            assert!(!told.contains("os error"), "{name}: {told}");
        }
    }

    #[test]
    fn go_away_is_told_with_the_servers_own_words() {
        let go_away = GoAway {
            code: 2,
            last_stream: 0,
            debug: "no\u{1b}[31m room".to_owned(),
        };
        let told = "GOAWAY (INTERNAL_ERROR, \"no\\u{1b}[31m room\")";
        assert_eq!(in_words(&go_away), told);
    }

    #[test]
    fn broken_rules_are_named_by_their_sort() {
        for reason in (0..=14).map(Reason::from) {
            let told = violation(reason);
            assert!(told.starts_with("the server broke HTTP/2 ("), "{told}");
        }
        assert!(violation(Reason::FLOW_CONTROL_ERROR).contains("windows"));
    }

    #[test]
    fn a_servers_long_words_are_cut() {
        let go_away = GoAway {
            code: 0,
            last_stream: 0,
            debug: "x".repeat(1000),
        };
        assert!(in_words(&go_away).chars().count() < 250);
    }
}
