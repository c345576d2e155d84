//! The message on the wire after `DATA`: CRLF line ends and dot-stuffing.

use super::error::Cause;

/// `message`, of at most `max_bytes`, with CRLF line ends, dots doubled (RFC 5321 §4.5.2), and the
/// final dot.
///
/// A CR or LF that stands alone becomes CRLF *before* the dots are doubled. Servers disagree on
/// what a lone one means, and a mail that smuggles a second one lives on that disagreement; after
/// this there is nothing left to disagree on.
///
/// # Errors
/// [`Cause::Unsendable`] where it is too long or holds a NUL, which mail cannot carry
/// (RFC 5321 §4.5.2, RFC 5322 §2.2), or a byte that not every server takes (RFC 6152).
pub(super) fn stuffed(message: &[u8], max_bytes: usize) -> Result<Vec<u8>, Cause> {
    if message.len() > max_bytes {
        return Err(Cause::Unsendable(
            "it is longer than the limit of this service",
        ));
    }
    if memchr::memchr(0, message).is_some() || !message.is_ascii() {
        return Err(Cause::Unsendable("it holds a byte that is not text"));
    }
    let mut wire = Vec::with_capacity(message.len() + message.len() / 32 + 8);
    let mut rest = message;
    while !rest.is_empty() {
        let end = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
        let (line, next) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        let next = match next {
            [b'\r', b'\n', next @ ..] | [_, next @ ..] => next,
            [] => &[],
        };
        if line.first() == Some(&b'.') {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
        wire.extend_from_slice(b"\r\n");
        rest = next;
    }
    wire.extend_from_slice(b".\r\n");
    Ok(wire)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wire(message: &[u8]) -> Vec<u8> {
        stuffed(message, 1_000).unwrap()
    }

    /// What a server makes of it: lines up to the dot, dots undone.
    fn unstuffed(mut wire: &[u8]) -> Vec<u8> {
        let mut message = Vec::new();
        loop {
            let end = wire.windows(2).position(|pair| pair == b"\r\n").unwrap();
            let line = &wire[..end];
            wire = &wire[end + 2..];
            if line == b"." {
                assert!(wire.is_empty(), "bytes after the final dot");
                return message;
            }
            message.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
            message.extend_from_slice(b"\r\n");
        }
    }

    #[test]
    fn dots_are_doubled_and_line_ends_mended() {
        for (message, expected) in [
            (&b""[..], &b".\r\n"[..]),
            (b"a", b"a\r\n.\r\n"),
            (b"a\r\n", b"a\r\n.\r\n"),
            (b".\r\n", b"..\r\n.\r\n"),
            (
                b"a\r\n.\r\nMAIL FROM:<>\r\n",
                b"a\r\n..\r\nMAIL FROM:<>\r\n.\r\n",
            ),
            (b"a\n.\nb", b"a\r\n..\r\nb\r\n.\r\n"),
            (b"a\r.\rb", b"a\r\n..\r\nb\r\n.\r\n"),
            (b"a\n.\r\nb", b"a\r\n..\r\nb\r\n.\r\n"),
            (b"a\r\r\nb", b"a\r\n\r\nb\r\n.\r\n"),
            (b"a\r\n\r\nb..\r\n", b"a\r\n\r\nb..\r\n.\r\n"),
        ] {
            assert_eq!(wire(message), expected, "{message:?}");
        }
    }

    #[test]
    fn what_mail_cannot_carry_is_refused() {
        assert!(stuffed(b"a\0b", 100).is_err());
        assert!(stuffed("ü".as_bytes(), 100).is_err());
        assert!(stuffed(&[b'a'; 100], 100).is_ok());
        assert!(stuffed(&[b'a'; 101], 100).is_err());
    }

    proptest! {
        #[test]
        fn a_message_arrives_whole_and_alone(message in "[a.\r\n]{0,40}") {
            let mended = message.replace("\r\n", "\n").replace('\r', "\n");
            let mut mended = mended.replace('\n', "\r\n");
            if !mended.is_empty() && !mended.ends_with("\r\n") {
                mended.push_str("\r\n");
            }
            prop_assert_eq!(unstuffed(&wire(message.as_bytes())), mended.into_bytes());
        }
    }
}
