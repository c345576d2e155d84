//! Replies of an SMTP server: parsed strictly, bounded, and safe in a log.

use std::fmt::{self, Write};

use super::error::Cause;

/// Longest reply line that is read, in bytes. RFC 5321 §4.5.3.1.5 allows 512.
pub(super) const MAX_LINE_BYTES: usize = 2048;

/// Longest reply that is read, over all its lines, in bytes.
pub(super) const MAX_REPLY_BYTES: usize = 32 * 1024;

/// Longest text of a reply that is kept for logs, in characters.
const MAX_LOG_CHARS: usize = 400;

/// A complete reply.
///
/// `Display` gives code and text on one line, bounded, without control characters and with mail
/// addresses masked.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    lines: Vec<String>,
}

impl Reply {
    /// The three-digit code, 200 to 599.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.code
    }

    /// The enhanced status code (RFC 3463), if the text begins with one of the same class.
    #[must_use]
    pub fn enhanced_code(&self) -> Option<&str> {
        let word = self.lines.first()?.split(' ').next()?;
        let mut parts = word.split('.');
        let class = parts.next()?.parse::<u16>().ok()?;
        let is_number =
            |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        let good = class == self.code / 100
            && parts.next().is_some_and(is_number)
            && parts.next().is_some_and(is_number)
            && parts.next().is_none();
        good.then_some(word)
    }

    /// 2xx.
    pub(super) fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    /// 4xx or 5xx.
    pub(super) fn is_negative(&self) -> bool {
        self.code >= 400
    }

    /// 5xx, except those that ask for a (better) log-in: these concern the settings, not the mail
    /// (RFC 4954 §6).
    pub(super) fn is_permanent(&self) -> bool {
        self.code >= 500 && !matches!(self.code, 530 | 534 | 535 | 538)
    }

    /// Code and enhanced code, without the text.
    pub(super) fn code_text(&self) -> String {
        match self.enhanced_code() {
            Some(enhanced) => format!("{} {enhanced}", self.code),
            None => self.code.to_string(),
        }
    }

    /// The text of each line, without code and line end; whatever is not UTF-8 is replaced.
    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        let mut left = MAX_LOG_CHARS;
        for word in self.lines.iter().flat_map(|line| line.split(' ')) {
            if left == 0 {
                return f.write_char('…');
            }
            f.write_char(' ')?;
            for letter in masked(word).chars().take(left) {
                f.write_char(printable(letter))?;
                left -= 1;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({self})")
    }
}

/// Without the local part of a mail address, if the word holds one: logs do not name people.
fn masked(word: &str) -> String {
    match word.rsplit_once('@') {
        Some((_, domain)) => format!("…@{domain}"),
        None => word.to_owned(),
    }
}

/// Whatever would break a log line or turn its text around becomes a question mark.
pub(super) fn printable(letter: char) -> char {
    let breaks_the_line = letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
    let turns_the_text = matches!(letter, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if breaks_the_line || turns_the_text {
        '?'
    } else {
        letter
    }
}

/// Collects the lines of one reply.
#[derive(Debug, Default)]
pub(super) struct ReplyParser {
    code: Option<u16>,
    lines: Vec<String>,
    bytes: usize,
}

impl ReplyParser {
    /// Takes the next line, without its line end. `Ok(Some)` when the reply is complete; the
    /// parser then begins anew.
    ///
    /// # Errors
    /// [`Cause::Protocol`]: these bytes are not an SMTP reply (RFC 5321 §4.2).
    pub(super) fn line(&mut self, line: &[u8]) -> Result<Option<Reply>, Cause> {
        self.bytes += line.len() + 2;
        if line.len() > MAX_LINE_BYTES || self.bytes > MAX_REPLY_BYTES {
            return Err(Cause::Protocol("a reply that is too long"));
        }
        let (code, is_last, text) = split(line).ok_or(Cause::Protocol("a reply without a code"))?;
        if self.code.is_some_and(|first| first != code) {
            return Err(Cause::Protocol("a reply with different codes"));
        }
        self.code = Some(code);
        self.lines.push(String::from_utf8_lossy(text).into_owned());
        if !is_last {
            return Ok(None);
        }
        let whole = std::mem::take(self);
        Ok(Some(Reply {
            code,
            lines: whole.lines,
        }))
    }
}

/// Code, whether this is the last line, and the text.
fn split(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (digits, rest) = line.split_first_chunk::<3>()?;
    let [class @ b'2'..=b'5', tens, ones] = digits else {
        return None;
    };
    if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
        return None;
    }
    let digit = |byte: &u8| u16::from(byte - b'0');
    let code = 100 * digit(class) + 10 * digit(tens) + digit(ones);
    match rest {
        [] => Some((code, true, rest)),
        [b' ', text @ ..] => Some((code, true, text)),
        [b'-', text @ ..] => Some((code, false, text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(lines: &[&str]) -> Result<Option<Reply>, Cause> {
        let mut parser = ReplyParser::default();
        let mut last = Ok(None);
        for line in lines {
            last = parser.line(line.as_bytes());
        }
        last
    }

    #[test]
    fn replies_of_one_and_many_lines() {
        let reply = parse(&["250-mail.example", "250-SIZE 1000", "250 AUTH PLAIN"]).unwrap();
        let reply = reply.unwrap();
        assert_eq!(reply.code(), 250);
        assert_eq!(reply.lines(), ["mail.example", "SIZE 1000", "AUTH PLAIN"]);
        assert_eq!(parse(&["250"]).unwrap().unwrap().lines(), [""]);
        assert_eq!(parse(&["250-more"]).unwrap(), None);
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for lines in [
            &[""][..],
            &["25"],
            &["2506 x"],
            &["150 x"],
            &["650 x"],
            &["2x0 x"],
            &["HTTP/1.1 400"],
            &["250-a", "251 b"],
            &["250\tx"],
            &["SSH-2.0-OpenSSH"],
        ] {
            assert!(parse(lines).is_err(), "{lines:?}");
        }
    }

    #[test]
    fn a_reply_is_bounded_per_line_and_in_all() {
        let line = |length: usize| format!("250-{}", "x".repeat(length - 4));
        assert!(parse(&[&line(MAX_LINE_BYTES)]).is_ok());
        assert!(parse(&[&line(MAX_LINE_BYTES + 1)]).is_err());
        let long = line(1022);
        assert!(parse(&vec![long.as_str(); 32]).is_ok());
        assert!(parse(&vec![long.as_str(); 33]).is_err());
    }

    #[test]
    fn enhanced_codes_count_only_when_they_agree() {
        for (line, expected) in [
            ("550 5.1.1 no such user", Some("5.1.1")),
            ("250 2.0.0 Ok: queued", Some("2.0.0")),
            ("550 4.7.1 odd", None),
            ("550 5.1 short", None),
            ("550 5.1.1.1 long", None),
            ("550 5.1.1000 long", None),
            ("550 no", None),
        ] {
            let reply = parse(&[line]).unwrap().unwrap();
            assert_eq!(reply.enhanced_code(), expected, "{line}");
        }
    }

    #[test]
    fn what_is_logged_is_one_safe_line() {
        let reply = parse(&[
            "550-5.1.1 <name@example.com>: no\u{1b}[2J\u{2028}",
            "550 see x@y",
        ]);
        let text = reply.unwrap().unwrap().to_string();
        assert_eq!(text, "550 5.1.1 …@example.com>: no?[2J? see …@y");
        let long = format!("550 {}", "y".repeat(1_900));
        let text = parse(&[&long]).unwrap().unwrap().to_string();
        assert!(text.chars().count() < 500);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6)) {
            let mut parser = ReplyParser::default();
            for line in &lines {
                if let Ok(Some(reply)) = parser.line(line) {
                    prop_assert!((200..600).contains(&reply.code()));
                    prop_assert!(!reply.to_string().chars().any(char::is_control));
                }
            }
        }
    }
}
