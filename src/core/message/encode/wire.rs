//! Protobuf's wire format, written: tags, varints, lengths.
//!
//! Spec: protobuf.dev, "Encoding".

/// How a field's bytes are framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WireType {
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
    GroupStart = 3,
    GroupEnd = 4,
    Fixed32 = 5,
}

/// Where a length-prefixed piece begins, until [`Wire::end`] writes its length.
#[derive(Debug)]
#[must_use = "the length is written by `end`"]
pub(crate) struct Mark(usize);

/// Bytes being written.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    bytes: Vec<u8>,
}

impl Wire {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
        }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Takes back what was written after `len` bytes.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
    }

    /// What was written since there were `from` bytes.
    pub(crate) fn since(&self, from: usize) -> &[u8] {
        self.bytes.get(from..).unwrap_or_default()
    }

    pub(crate) fn tag(&mut self, number: u32, wire_type: WireType) {
        self.varint(u64::from(number) << 3 | wire_type as u64);
    }

    pub(crate) fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A length and the bytes.
    pub(crate) fn length_prefixed(&mut self, bytes: &[u8]) {
        self.varint(bytes.len() as u64);
        self.raw(bytes);
    }

    /// Begins a piece whose length is not known yet.
    pub(crate) fn begin(&mut self) -> Mark {
        // Most lengths take one byte; a longer one moves the piece.
        self.bytes.push(0);
        Mark(self.bytes.len())
    }

    /// Writes the length of the piece that began at the mark.
    #[allow(clippy::needless_pass_by_value, reason = "a mark ends once")]
    pub(crate) fn end(&mut self, mark: Mark) {
        let len = self.bytes.len() - mark.0;
        if len < 0x80 {
            self.bytes[mark.0 - 1] = len as u8;
        } else {
            let mut prefix = Self::default();
            prefix.varint(len as u64);
            self.bytes.splice(mark.0 - 1..mark.0, prefix.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_and_lengths() {
        for (value, want) in [
            (0, &[0][..]),
            (127, &[0x7f]),
            (128, &[0x80, 1]),
            (300, &[0xac, 2]),
            (
                u64::MAX,
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            ),
        ] {
            let mut wire = Wire::default();
            wire.varint(value);
            assert_eq!(wire.into_bytes(), want);
        }
        for len in [0usize, 1, 127, 128, 20_000] {
            let mut wire = Wire::default();
            wire.tag(1, WireType::Length);
            let mark = wire.begin();
            wire.raw(&vec![7; len]);
            wire.end(mark);
            let mut direct = Wire::default();
            direct.tag(1, WireType::Length);
            direct.length_prefixed(&vec![7; len]);
            assert_eq!(wire.into_bytes(), direct.into_bytes());
        }
    }
}
