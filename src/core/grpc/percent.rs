//! Percent-encoding, of `grpc-message` and of the passwords in a URL. Pure; takes any bytes.
//! Spec: gRPC over HTTP/2, "Responses"; RFC 3986, section 2.1.

/// Undoes percent-encoding. A broken escape stays as it is, and what is not UTF-8 is replaced: gRPC
/// forbids to drop a message.
pub(crate) fn decode_percent(encoded: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((&first, after)) = rest.split_first() {
        let escape = match after {
            [high, low, tail @ ..] if first == b'%' => hex(*high)
                .zip(hex(*low))
                .map(|(high, low)| (high << 4 | low, tail)),
            _ => None,
        };
        let (byte, tail) = escape.unwrap_or((first, after));
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grpc_message_is_decoded_and_never_dropped() {
        let cases = [
            ("plain", "plain"),
            ("a%20b", "a b"),
            ("%E2%98%BA%f0%9f%98%88", "☺😈"),
            ("%09%0A", "\t\n"),
            ("100%", "100%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
            ("%%41", "%A"),
            ("%+1", "%+1"),
            ("%FF", "\u{fffd}"),
        ];
        for (sent, shown) in cases {
            assert_eq!(decode_percent(sent.as_bytes()), shown, "{sent}");
        }
    }
}
