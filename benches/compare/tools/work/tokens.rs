//! Tracked links, each with where it must lead.

use std::net::SocketAddr;

use super::host;
use crate::drive::{Answer, Verdict, Work};
use crate::rng::Rng;

/// What people's browsers say; robots are counted apart, and that is less work.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// The lines of `tokens.tsv`.
pub(crate) struct Tokens {
    text: Vec<u8>,
    /// Where a token begins, where its Location begins, and where that ends.
    lines: Vec<(u32, u32, u32)>,
}

impl Tokens {
    pub(crate) fn read(path: &str) -> Result<Self, String> {
        let text = std::fs::read(path).map_err(|why| format!("{path}: {why}"))?;
        let offset = |at: usize| u32::try_from(at).map_err(|_| format!("{path}: over 4 GiB"));
        let mut lines = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let tab = line.iter().position(|byte| *byte == b'\t');
            let tab = tab.ok_or_else(|| format!("{path}: a line without a tab"))?;
            let end = at + line.trim_ascii_end().len();
            lines.push((offset(at)?, offset(at + tab + 1)?, offset(end)?));
            at += line.len();
        }
        if lines.is_empty() {
            return Err(format!("{path}: no tokens"));
        }
        Ok(Self { text, lines })
    }

    fn token(&self, which: usize) -> &[u8] {
        let (start, location, _) = self.lines[which];
        &self.text[start as usize..location as usize - 1]
    }

    fn location(&self, which: usize) -> &[u8] {
        let (_, location, end) = self.lines[which];
        &self.text[location as usize..end as usize]
    }
}

pub(crate) struct Redirects<'a> {
    tokens: &'a Tokens,
    /// Where every answer leads, for a server that knows only one.
    constant: Option<&'a str>,
    /// Everything after the token.
    rest: Vec<u8>,
}

impl<'a> Redirects<'a> {
    pub(crate) fn new(tokens: &'a Tokens, address: SocketAddr, constant: Option<&'a str>) -> Self {
        let host = host(address);
        let rest = format!(" HTTP/1.1\r\n{host}User-Agent: {USER_AGENT}\r\nAccept: */*\r\n\r\n");
        Self {
            tokens,
            constant,
            rest: rest.into_bytes(),
        }
    }
}

impl Work for Redirects<'_> {
    fn next(&mut self, rng: &mut Rng, out: &mut Vec<u8>) -> usize {
        let which = rng.below(self.tokens.lines.len() as u64) as usize;
        out.extend_from_slice(b"GET /r/");
        out.extend_from_slice(self.tokens.token(which));
        out.extend_from_slice(&self.rest);
        which
    }

    fn check(&mut self, which: usize, answer: &Answer<'_>) -> Result<Verdict, String> {
        let expected = match self.constant {
            Some(location) => location.as_bytes(),
            None => self.tokens.location(which),
        };
        if answer.status == 302 && answer.location == expected {
            return Ok(Verdict::Good(1));
        }
        Err(format!(
            "/r/{} answered {} to {:?} instead of 302 to {:?}",
            String::from_utf8_lossy(self.tokens.token(which)),
            answer.status,
            String::from_utf8_lossy(answer.location),
            String::from_utf8_lossy(expected),
        ))
    }
}
