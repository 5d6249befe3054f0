//! Messages that arrived together: the buffers they came in, and where each lies there.
//!
//! A DATA frame holds hundreds of small messages. Handed over one by one, each would hold a count of its
//! frame's memory and give it back; a place of 12 bytes costs nothing of that.

use bytes::Bytes;

/// Messages in their order. Those of one frame share its memory.
#[derive(Debug, Clone, Default)]
pub struct Messages {
    buffers: Vec<Bytes>,
    places: Vec<Place>,
}

/// Where a message lies: buffer, first byte, and the one behind the last. A message has at most 4 GiB.
#[derive(Debug, Clone, Copy)]
struct Place {
    buffer: u32,
    start: u32,
    end: u32,
}

impl Messages {
    /// No messages.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// A message.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        self.places.get(index).map(|place| self.at(*place))
    }

    /// Their bytes, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> + '_ {
        self.places.iter().map(|place| self.at(*place))
    }

    /// The only message; `None` when there are none or several.
    pub fn single(&self) -> Option<Bytes> {
        match self.places.as_slice() {
            [place] => Some(self.shared(*place)),
            _ => None,
        }
    }

    /// A message that shares its memory: it holds the whole buffer it came in.
    pub fn bytes(&self, index: usize) -> Option<Bytes> {
        self.places.get(index).map(|place| self.shared(*place))
    }

    /// Adds one behind the others.
    pub fn push(&mut self, message: Bytes) {
        let end = u32::try_from(message.len()).unwrap_or(u32::MAX);
        self.add_buffer(message);
        self.add(0, end);
    }

    /// The messages from an index on; those before it stay.
    #[must_use]
    pub fn split_off(&mut self, at: usize) -> Self {
        let at = at.min(self.places.len());
        Self {
            places: self.places.split_off(at),
            buffers: self.buffers.clone(),
        }
    }

    /// Makes room for more.
    pub(crate) fn reserve(&mut self, more: usize) {
        self.places.reserve(more);
    }

    /// The buffer that [`add`](Self::add) speaks of from now on.
    pub(crate) fn add_buffer(&mut self, buffer: Bytes) {
        self.buffers.push(buffer);
    }

    /// Adds a message of the newest buffer.
    pub(crate) fn add(&mut self, start: u32, end: u32) {
        let buffer = self.buffers.len().saturating_sub(1);
        self.places.push(Place {
            buffer: u32::try_from(buffer).unwrap_or(u32::MAX),
            start,
            end,
        });
    }

    fn at(&self, place: Place) -> &[u8] {
        let buffer = self.buffers.get(place.buffer as usize);
        let bytes = buffer.and_then(|buffer| buffer.get(place.start as usize..place.end as usize));
        bytes.unwrap_or_default()
    }

    fn shared(&self, place: Place) -> Bytes {
        let buffer = self.buffers.get(place.buffer as usize);
        let bytes = buffer
            .filter(|buffer| buffer.len() >= place.end as usize)
            .map(|buffer| buffer.slice(place.start as usize..place.end as usize));
        bytes.unwrap_or_default()
    }
}

impl From<Vec<Bytes>> for Messages {
    fn from(messages: Vec<Bytes>) -> Self {
        messages.into_iter().collect()
    }
}

impl From<Bytes> for Messages {
    fn from(message: Bytes) -> Self {
        std::iter::once(message).collect()
    }
}

impl FromIterator<Bytes> for Messages {
    fn from_iter<T: IntoIterator<Item = Bytes>>(messages: T) -> Self {
        let mut all = Self::new();
        messages.into_iter().for_each(|message| all.push(message));
        all
    }
}

impl IntoIterator for Messages {
    type Item = Bytes;
    type IntoIter = std::vec::IntoIter<Bytes>;

    fn into_iter(self) -> Self::IntoIter {
        let shared = |place: &Place| self.shared(*place);
        self.places
            .iter()
            .map(shared)
            .collect::<Vec<_>>()
            .into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_several_buffers_keep_their_order() {
        let mut messages = Messages::new();
        messages.add_buffer(Bytes::from_static(b"-one--two"));
        messages.add(1, 4);
        messages.add(6, 9);
        messages.push(Bytes::from_static(b"three"));
        messages.add_buffer(Bytes::from_static(b"!four"));
        messages.add(1, 5);
        messages.add(5, 5);
        let want: [&[u8]; 5] = [b"one", b"two", b"three", b"four", b""];
        assert!(messages.iter().eq(want));
        assert_eq!(messages.get(1), Some(want[1]));
        assert_eq!(messages.get(5), None);
        assert_eq!(messages.bytes(3).unwrap(), want[3]);
        assert_eq!(messages.single(), None);
        let mut first = messages.clone();
        let rest = first.split_off(2);
        assert!(first.iter().eq(want[..2].iter().copied()));
        assert!(rest.iter().eq(want[2..].iter().copied()));
        assert!(first.split_off(9).is_empty());
        let shared: Vec<Bytes> = messages.into_iter().collect();
        assert_eq!(shared, want);
        assert_eq!(Messages::from(shared[2].clone()).single().unwrap(), want[2]);
    }
}
