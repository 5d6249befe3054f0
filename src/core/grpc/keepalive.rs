//! Pings that notice a dead connection, for endpoints that ask for them.
//!
//! A connection is pinged when nothing has come from the server for the interval, and only while a
//! call runs unless it is asked for otherwise. Anything that comes from the server answers for it,
//! as in grpc-java and grpc-go: the acknowledgement may stand behind a large message. Silence for
//! the timeout means that the connection is dead, and its calls end with UNAVAILABLE.
//! A server that says "too_many_pings" is pinged half as often by the connections that follow; the
//! pool remembers that. Spec: `keepalive.md`, gRFC A8.

use std::time::Duration;

use h2::{Ping, PingPong};
use tokio::time::{Instant, sleep_until};

use super::{Keepalive, tap::Tap, trace::GoAway};

/// The specification forbids clients to ping more often.
pub(crate) const LEAST_INTERVAL: Duration = Duration::from_secs(10);

/// An `Instant` cannot hold every duration; nobody waits this long.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);

/// Keeps within what clients may do.
pub(crate) fn allowed(keepalive: Keepalive, least_interval: Duration) -> Keepalive {
    Keepalive {
        interval: keepalive.interval.max(least_interval).min(LONGEST),
        timeout: keepalive.timeout.min(LONGEST),
        ..keepalive
    }
}

/// What to do after the server said that it was pinged too often.
pub(crate) fn calmer(keepalive: Keepalive) -> Keepalive {
    Keepalive {
        interval: keepalive.interval.saturating_mul(2).min(LONGEST),
        ..keepalive
    }
}

/// Whether a server went away because of our pings.
pub(crate) fn is_too_many_pings(go_away: &GoAway) -> bool {
    go_away.code == u32::from(h2::Reason::ENHANCE_YOUR_CALM)
        && go_away.debug.starts_with("too_many_pings")
}

/// Pings while it is polled; returns in what words the connection is dead.
pub(crate) async fn watch(mut pings: PingPong, keepalive: Keepalive, tap: &Tap) -> String {
    loop {
        if !keepalive.while_idle {
            tap.busy().await;
        }
        let due = Instant::from(tap.last_received()) + keepalive.interval;
        if Instant::now() < due {
            sleep_until(due).await;
            continue;
        }
        let sent = Instant::now();
        let pong = pings.ping(Ping::opaque());
        tokio::pin!(pong);
        let mut dead_at = sent + keepalive.timeout;
        loop {
            tokio::select! {
                biased;
                pong = &mut pong => match pong {
                    Ok(_) => break,
                    // The connection has ended, and its driver says why.
                    Err(_) => std::future::pending().await,
                },
                () = sleep_until(dead_at) => {
                    let heard = Instant::from(tap.last_received());
                    if heard < sent || Instant::now() >= heard + keepalive.timeout {
                        return format!("keepalive: no answer to a ping within {:?}", keepalive.timeout);
                    }
                    dead_at = heard + keepalive.timeout;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn every(interval: Duration) -> Keepalive {
        Keepalive {
            interval,
            timeout: SECOND,
            while_idle: false,
        }
    }

    #[test]
    fn the_interval_is_never_below_ten_seconds_and_doubles() {
        for (asked, expected) in [
            (Duration::ZERO, LEAST_INTERVAL),
            (9 * SECOND, LEAST_INTERVAL),
            (11 * SECOND, 11 * SECOND),
            (Duration::MAX, LONGEST),
        ] {
            assert_eq!(allowed(every(asked), LEAST_INTERVAL).interval, expected);
        }
        assert_eq!(calmer(every(10 * SECOND)).interval, 20 * SECOND);
        assert_eq!(calmer(every(Duration::MAX)).interval, LONGEST);
    }

    #[test]
    fn only_enhance_your_calm_with_its_words_is_about_pings() {
        for (code, debug, expected) in [
            (11, "too_many_pings", true),
            (11, "too_many_data_frames", false),
            (0, "too_many_pings", false),
        ] {
            let go_away = GoAway {
                code,
                last_stream: 0,
                debug: debug.to_owned(),
            };
            assert_eq!(is_too_many_pings(&go_away), expected, "{code} {debug}");
        }
    }
}
