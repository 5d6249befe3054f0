//! Room to send: what one side's flow-control windows still allow, by the frames that were seen.
//!
//! Pure. h2 tells only how much may be queued, which is also nothing while the network is slow; who
//! waits wants to know for whom. Kept for both sides: the server's windows say when we had to wait, and
//! ours when the server had to, because nobody here read.
//! Spec: RFC 9113, sections 6.5.2 and 6.9.

/// Where windows begin before the other side says otherwise.
const DEFAULT_WINDOW: i64 = 65_535;

const SETTINGS_INITIAL_WINDOW_SIZE: u16 = 4;

/// One side's windows, as far as they are the same for all calls.
#[derive(Debug)]
pub(super) struct Windows {
    /// Of every stream, before its updates. A new value holds for streams that are open, too.
    initial: i64,
    connection: i64,
}

/// Who keeps a call from sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// The stream's own window is used up.
    NoneInStream,
    /// The stream has room, and all calls of the connection together have none.
    NoneInConnection,
    /// No window does.
    Some,
}

impl Default for Windows {
    fn default() -> Self {
        Self {
            initial: DEFAULT_WINDOW,
            connection: DEFAULT_WINDOW,
        }
    }
}

impl Windows {
    /// That side said SETTINGS.
    pub(super) fn on_settings(&mut self, pairs: &[(u16, u32)]) {
        for (name, value) in pairs {
            if *name == SETTINGS_INITIAL_WINDOW_SIZE {
                self.initial = (*value).into();
            }
        }
    }

    /// DATA of any stream went its way.
    pub(super) fn on_sent(&mut self, bytes: u64) {
        self.connection = self.connection.saturating_sub(signed(bytes));
    }

    /// It said WINDOW_UPDATE for the connection.
    pub(super) fn on_update(&mut self, increment: u32) {
        self.connection = self.connection.saturating_add(increment.into());
    }

    /// Nothing may be sent on any stream.
    pub(super) fn connection_is_full(&self) -> bool {
        self.connection <= 0
    }

    /// What a stream may send that has sent so many bytes, and whose own updates come to so many.
    pub(super) fn room(&self, sent: u64, increments: u64) -> Room {
        let stream = self
            .initial
            .saturating_add(signed(increments))
            .saturating_sub(signed(sent));
        if stream <= 0 {
            Room::NoneInStream
        } else if self.connection <= 0 {
            Room::NoneInConnection
        } else {
            Room::Some
        }
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_shrink_by_what_is_sent_and_grow_by_what_the_server_allows() {
        let mut windows = Windows::default();
        assert_eq!(windows.room(0, 0), Room::Some);
        windows.on_sent(65_535);
        assert_eq!(windows.room(65_535, 0), Room::NoneInStream);
        assert_eq!(windows.room(65_535, 10), Room::NoneInConnection);
        windows.on_update(10);
        assert_eq!(windows.room(65_535, 10), Room::Some);
        // A new first value holds for what is open, and may leave less than nothing.
        windows.on_settings(&[(3, 1), (SETTINGS_INITIAL_WINDOW_SIZE, 0)]);
        assert_eq!(windows.room(65_535, 10), Room::NoneInStream);
        assert_eq!(windows.room(0, 1), Room::Some);
    }
}
