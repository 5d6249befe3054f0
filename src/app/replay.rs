//! A log that outlived its call: where it came from, and a clock that lets it happen again for the eye.
//!
//! A replay copies nothing: rows up to a moment of the call are shown, and the moment moves on.

use std::{
    path::PathBuf,
    time::{Duration, Instant, SystemTime},
};

/// The whole of a log goes by in this time at [`Pace::Whole`].
const WHOLE: Duration = Duration::from_secs(2);

/// Where an exchange was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// The file.
    pub path: PathBuf,
    /// When the call began.
    pub began: Option<SystemTime>,
    /// What of it is missing.
    pub missing: Option<String>,
    /// The call was under way when it was saved: how it ended is not known.
    pub unfinished: bool,
    /// The method's descriptors were in it.
    pub has_schema: bool,
}

/// How fast a replay goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pace {
    /// As it was.
    #[default]
    Real,
    /// Ten times as fast.
    Ten,
    /// A hundred times as fast.
    Hundred,
    /// The whole log in two seconds, or faster where it was.
    Whole,
}

impl Pace {
    /// All of them, slowest first.
    pub const ALL: [Self; 4] = [Self::Real, Self::Ten, Self::Hundred, Self::Whole];

    /// As on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Real => "1×",
            Self::Ten => "10×",
            Self::Hundred => "100×",
            Self::Whole => "Fast",
        }
    }

    fn factor(self, end: Duration) -> f64 {
        match self {
            Self::Real => 1.0,
            Self::Ten => 10.0,
            Self::Hundred => 100.0,
            Self::Whole => (end.as_secs_f64() / WHOLE.as_secs_f64()).max(1.0),
        }
    }
}

/// What a person does to a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayStep {
    /// Begins one at the call's beginning, or leaves the one there is.
    Toggle,
    /// Goes on, from the beginning after the end; or pauses.
    PlayOrPause,
    /// Goes to a moment of the call.
    Seek(Duration),
    /// Changes how fast it goes.
    Pace(Pace),
}

/// A replay of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// When the last message came, since the call began.
    end: Duration,
    pace: Pace,
    /// The moment that was shown at `since`, or is shown while it is paused.
    at: Duration,
    since: Option<Instant>,
}

impl Replay {
    /// Begins to play at the beginning of a log whose last message came at `end`.
    pub fn begin(end: Duration, now: Instant) -> Self {
        Self {
            end,
            pace: Pace::default(),
            at: Duration::ZERO,
            since: Some(now),
        }
    }

    /// When the last message came.
    pub fn end(&self) -> Duration {
        self.end
    }

    /// How fast it goes.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// The moment of the call that is shown.
    pub fn position(&self, now: Instant) -> Duration {
        let passed = self.since.map_or(Duration::ZERO, |since| {
            let passed = now.saturating_duration_since(since).as_secs_f64();
            Duration::try_from_secs_f64(passed * self.pace.factor(self.end)).unwrap_or(self.end)
        });
        self.at.saturating_add(passed).min(self.end)
    }

    /// Whether it moves on.
    pub fn is_playing(&self, now: Instant) -> bool {
        self.since.is_some() && self.position(now) < self.end
    }

    /// Goes on or pauses; at the end it begins anew.
    pub fn play_or_pause(&mut self, now: Instant) {
        let at = self.position(now);
        let plays = self.is_playing(now);
        self.at = if !plays && at >= self.end {
            Duration::ZERO
        } else {
            at
        };
        self.since = (!plays).then_some(now);
    }

    /// Goes to a moment; it plays on where it played.
    pub fn seek(&mut self, at: Duration, now: Instant) {
        let plays = self.is_playing(now);
        self.at = at.min(self.end);
        self.since = plays.then_some(now);
    }

    /// Changes how fast it goes; the moment stays.
    pub fn set_pace(&mut self, pace: Pace, now: Instant) {
        self.at = self.position(now);
        if self.since.is_some() {
            self.since = Some(now);
        }
        self.pace = pace;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn the_moment_moves_with_the_pace_and_stays_while_paused() {
        let start = Instant::now();
        let mut replay = Replay::begin(secs(100), start);
        assert_eq!(replay.position(start + secs(7)), secs(7));
        replay.set_pace(Pace::Ten, start + secs(7));
        assert_eq!(replay.position(start + secs(9)), secs(27));
        replay.play_or_pause(start + secs(9));
        assert_eq!(replay.position(start + secs(50)), secs(27));
        assert!(!replay.is_playing(start + secs(50)));
        replay.set_pace(Pace::Hundred, start + secs(50));
        assert_eq!(replay.position(start + secs(60)), secs(27), "it is paused");
        replay.play_or_pause(start + secs(60));
        assert!(replay.is_playing(start + secs(60)));
        assert_eq!(
            replay.position(start + secs(61)),
            secs(100),
            "not beyond the end"
        );
        assert!(!replay.is_playing(start + secs(61)));
        replay.play_or_pause(start + secs(70));
        assert_eq!(replay.position(start + secs(70)), secs(0), "once more");
    }

    #[test]
    fn a_seek_plays_on_where_it_played() {
        let start = Instant::now();
        let mut replay = Replay::begin(secs(100), start);
        replay.seek(secs(40), start + secs(1));
        assert_eq!(replay.position(start + secs(3)), secs(42));
        replay.play_or_pause(start + secs(3));
        replay.seek(secs(500), start + secs(4));
        assert_eq!(replay.position(start + secs(9)), secs(100));
        replay.seek(secs(10), start + secs(9));
        assert_eq!(replay.position(start + secs(90)), secs(10));
    }

    #[test]
    fn the_whole_goes_by_in_two_seconds_and_never_slower_than_it_was() {
        for (end, after, at) in [(secs(100), secs(1), secs(50)), (secs(1), secs(1), secs(1))] {
            let start = Instant::now();
            let mut replay = Replay::begin(end, start);
            replay.set_pace(Pace::Whole, start);
            assert_eq!(replay.position(start + after), at);
        }
        let start = Instant::now();
        let empty = Replay::begin(Duration::ZERO, start);
        assert!(!empty.is_playing(start));
    }
}
