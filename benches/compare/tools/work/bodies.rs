//! What one user sees: alerts and header.

use std::net::SocketAddr;

use super::host;
use crate::drive::{Answer, Verdict, Work};
use crate::rng::Rng;

/// What to ask of whom.
pub(crate) struct Wanted {
    /// With `{}` where the user's id goes.
    pub(crate) path: String,
    pub(crate) accept: String,
    pub(crate) bearer: String,
    /// A text that stands in every answer; `{}` in it is the user's id.
    pub(crate) has: String,
}

struct Asked {
    request: Vec<u8>,
    has: Vec<u8>,
    /// Where the text was at the first time, and how long that body was.
    seen: Option<(usize, usize)>,
}

pub(crate) struct Bodies {
    asked: Vec<Asked>,
}

impl Bodies {
    pub(crate) fn new(users: &[&str], wanted: &Wanted, address: SocketAddr) -> Self {
        let host = host(address);
        let Wanted { accept, bearer, .. } = wanted;
        let asked = users.iter().map(|user| {
            let path = wanted.path.replace("{}", user);
            let request = format!(
                "GET {path} HTTP/1.1\r\n{host}Accept: {accept}\r\n\
                 Authorization: Bearer {bearer}\r\n\r\n"
            );
            Asked {
                request: request.into_bytes(),
                has: wanted.has.replace("{}", user).into_bytes(),
                seen: None,
            }
        });
        Self {
            asked: asked.collect(),
        }
    }
}

impl Work for Bodies {
    fn next(&mut self, rng: &mut Rng, out: &mut Vec<u8>) -> usize {
        let which = rng.below(self.asked.len() as u64) as usize;
        out.extend_from_slice(&self.asked[which].request);
        which
    }

    /// The time of the answer and the links in it change, their lengths do not: the text that
    /// must be there is looked for once, and then expected at its place in a body as long.
    fn check(&mut self, which: usize, answer: &Answer<'_>) -> Result<Verdict, String> {
        let asked = &mut self.asked[which];
        let body = answer.body;
        let holds = answer.status == 200
            && match asked.seen {
                Some((at, length)) => body.len() == length && body[at..].starts_with(&asked.has),
                None => {
                    let at = find(body, &asked.has);
                    asked.seen = at.map(|at| (at, body.len()));
                    at.is_some()
                }
            };
        if holds {
            return Ok(Verdict::Good(1));
        }
        Err(format!(
            "{:?} answered {} with {} bytes, first {:?}: {}",
            String::from_utf8_lossy(&asked.request[..asked.request.len().min(100)]),
            answer.status,
            body.len(),
            asked.seen,
            String::from_utf8_lossy(&body[..body.len().min(400)]),
        ))
    }
}

fn find(body: &[u8], text: &[u8]) -> Option<usize> {
    if text.is_empty() {
        return Some(0);
    }
    body.windows(text.len()).position(|window| window == text)
}
