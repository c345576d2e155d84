//! `Idempotency-Key`: a write that is sent twice is carried out once. The router calls it around
//! the handlers, so no dialect has to know of it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::dialect::Dialect;
use super::endpoint::{Answer, BoxedHandler, PublicCall};
use super::error::{ApiError, Repeated};
use super::message::{Head, Request, Response};
use crate::panics::contained;
use crate::store::engine::{Key, StoreError};
use crate::usecases::Env;
use crate::usecases::error::Error;
use crate::usecases::idempotency::{self as usecase, Begun, First};

const NAME: &str = "Idempotency-Key";
pub(super) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// No key is longer, in bytes.
const MAX_KEY_BYTES: usize = 255;

/// Maximum number of requests with a key in flight on this node.
const MAX_IN_FLIGHT: usize = 65_536;

/// The key of a write; `None` where there is none, and on reads, which need none.
///
/// # Errors
/// 400 where it stands twice, or is not 1 to 255 visible ASCII characters.
pub(super) fn key(head: &Head) -> Result<Option<String>, ApiError> {
    let is_write =
        [Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(&head.method);
    let mut values = head.headers.get_all(KEY).iter();
    let Some(value) = values.next().filter(|_| is_write) else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(ApiError::malformed(NAME, "the header stands twice"));
    }
    let bytes = value.as_bytes();
    let is_good =
        (1..=MAX_KEY_BYTES).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    let text = std::str::from_utf8(bytes).ok().filter(|_| is_good);
    text.map(|text| Some(text.to_owned())).ok_or_else(|| {
        let why = format!("must be 1 to {MAX_KEY_BYTES} visible ASCII characters, such as a UUID");
        ApiError::malformed(NAME, why)
    })
}

/// The requests with a key that are in flight on this node. They outlive their connections, so the
/// limits of connections do not bound them; their bodies count in the server's budget meanwhile.
#[derive(Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashSet<Key>>>);

impl InFlight {
    fn names(&self) -> MutexGuard<'_, HashSet<Key>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a request; `Err` where it is in flight already, or too many are.
    fn enter(&self, name: &Key) -> Result<Entered, ApiError> {
        let mut names = self.names();
        if names.len() >= MAX_IN_FLIGHT {
            let why = "too many requests with an Idempotency-Key at once".to_owned();
            return Err(StoreError::Unavailable(why).into());
        }
        if !names.insert(name.clone()) {
            return Err(ApiError::Repeated(Repeated::InFlight));
        }
        Ok(Entered {
            all: self.clone(),
            name: name.clone(),
        })
    }
}

/// A request in flight, until it is dropped.
struct Entered {
    all: InFlight,
    name: Key,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.all.names().remove(&self.name);
    }
}

/// Carries out a write with a key, of a caller who may do it; or answers as the first time.
pub(super) async fn once(
    in_flight: &InFlight,
    key: &str,
    dialect: Dialect,
    mut call: PublicCall,
    handler: &BoxedHandler,
) -> Answer {
    let caller = call.request.caller.as_ref();
    let name = usecase::name_of(caller.ok_or(ApiError::InvalidToken)?, key);
    let entered = in_flight.enter(&name)?;
    let env = call.env.clone();
    let head = Arc::clone(&call.request.head);
    let fingerprint = fingerprint(&call.request);
    let first = match usecase::begin(&env, name, fingerprint, head.received_at).await? {
        Begun::First(first) => first,
        Begun::Again(kept) => return replay(&kept),
        Begun::UnderWay => return Err(ApiError::Repeated(Repeated::InFlight)),
        Begun::AnswerLost => return Err(ApiError::Repeated(Repeated::AnswerLost)),
        Begun::OtherRequest => return Err(ApiError::Repeated(Repeated::OtherRequest)),
    };
    call.env.store = first.store(&env.store);
    let answer = handler(call);
    // Runs detached, so it survives a client disconnect: the repetition finds the answer.
    let work = Box::pin(async move {
        let _entered = entered;
        let answer = answer.await;
        if first.is_taken().await {
            return Err(ApiError::Repeated(Repeated::InFlight));
        }
        keep(&env, &first, dialect, &head, &answer).await;
        answer
    });
    let broke = |why: String| ApiError::UseCase(Error::Internal(format!("a handler broke: {why}")));
    let done = tokio::spawn(contained(work)).await;
    let done = done.map_err(|error| broke(error.to_string()))?;
    done.map_err(|error| broke(error.to_string()))?
}

/// Keeps the answer for a repeated request. If it cannot be kept, the first answer still goes out.
async fn keep(env: &Env, first: &First, dialect: Dialect, head: &Head, answer: &Answer) {
    let kept = match answer {
        // The one conflict that says "try again": with the same key, too.
        Err(ApiError::UseCase(Error::LostRace)) => None,
        Ok(response) if is_lasting(response.status()) => pack(response),
        Err(error) if is_lasting(error.status()) => {
            pack(&dialect.error(&env.renderer, error, head))
        }
        _ => None,
    };
    let Some(kept) = kept else {
        return;
    };
    if let Err(error) = first.keep(env, &kept).await {
        tracing::warn!(request_id = head.request_id.as_str(), %error, "cannot keep the answer to a write with a key");
    }
}

/// Whether an answer would be the same the next time: not after a server error, a limit, or a failure
/// of the credentials.
fn is_lasting(status: StatusCode) -> bool {
    let passing = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    !status.is_server_error() && !passing.contains(&status)
}

/// What was asked, and in which form. Lengths stand before the parts, so that no two requests look
/// the same.
fn fingerprint(request: &Request) -> [u8; 32] {
    let uri = &request.head.uri;
    let header = |name| {
        let value = request.head.headers.get(name);
        value.map(HeaderValue::as_bytes).unwrap_or_default()
    };
    let parts = [
        header(CONTENT_TYPE),
        header(ACCEPT),
        request.head.method.as_str().as_bytes(),
        uri.path().as_bytes(),
        uri.query().unwrap_or_default().as_bytes(),
        &request.body,
    ];
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Status and headers of a kept answer; the body follows as it is.
#[derive(Serialize, Deserialize)]
struct KeptHead {
    status: u16,
    headers: Vec<(String, String)>,
}

const LENGTH_BYTES: usize = 4;

/// The answer as bytes: length of the head, head, body.
fn pack(response: &Response) -> Option<Zeroizing<Vec<u8>>> {
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let head = KeptHead {
        status: response.status().as_u16(),
        headers: headers.collect::<Option<_>>()?,
    };
    let head = serde_json::to_vec(&head).ok()?;
    let length = u32::try_from(head.len()).ok()?.to_be_bytes();
    let all = [length.as_slice(), &head, response.body()].concat();
    Some(Zeroizing::new(all))
}

fn replay(kept: &[u8]) -> Answer {
    unpack(kept).ok_or_else(|| {
        let why = "a kept answer cannot be read".to_owned();
        ApiError::UseCase(Error::Store(StoreError::Corrupt(why)))
    })
}

fn unpack(kept: &[u8]) -> Option<Response> {
    let (length, rest) = kept.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (head, body) = rest.split_at_checked(length)?;
    let head: KeptHead = serde_json::from_slice(head).ok()?;
    let mut response = Response::new(Bytes::copy_from_slice(body));
    *response.status_mut() = StatusCode::from_u16(head.status).ok()?;
    for (name, value) in head.headers {
        let name: HeaderName = name.parse().ok()?;
        response.headers_mut().append(name, value.parse().ok()?);
    }
    let yes = HeaderValue::from_static("true");
    response.headers_mut().insert(REPLAYED, yes);
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::output;
    use http::HeaderMap;

    fn request(method: Method, uri: &str, keys: &[&[u8]], body: &'static str) -> Request {
        let mut headers = HeaderMap::new();
        for key in keys {
            headers.append(KEY, HeaderValue::from_bytes(key).unwrap());
        }
        Request {
            head: Head::of_test(method, uri, headers).into(),
            body: Bytes::from_static(body.as_bytes()),
            caller: None,
        }
    }

    #[test]
    fn keys_are_visible_ascii_and_stand_once() {
        let of = |keys: &[&[u8]]| key(&request(Method::POST, "/", keys, "").head);
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&[b"a"]), Ok(Some("a".to_owned())));
        assert_eq!(of(&[b"\"8e03978e\""]), Ok(Some("\"8e03978e\"".to_owned())));
        assert!(of(&[&[b'x'; 255]]).is_ok());
        let bad: [&[&[u8]]; 7] = [
            &[b""],
            &[&[b'x'; 256]],
            &[b"a b"],
            &[b"a\tb"],
            &[b"\xff"],
            &["\u{e4}".as_bytes()],
            &[b"a", b"a"],
        ];
        for keys in bad {
            let refused = of(keys).unwrap_err();
            assert_eq!(refused.status(), 400, "{keys:?}");
        }
        let read = request(Method::GET, "/", &[b"a b"], "");
        assert_eq!(key(&read.head), Ok(None));
    }

    #[test]
    fn a_key_is_in_flight_once() {
        let all = InFlight::default();
        let name = |text: &str| Key(text.as_bytes().to_vec());
        let status =
            |entered: Result<Entered, ApiError>| entered.err().map(|e| e.status().as_u16());
        let first = all.enter(&name("a")).ok();
        assert_eq!(status(all.enter(&name("a"))), Some(409));
        assert_eq!(status(all.enter(&name("b"))), None);
        drop(first);
        assert_eq!(status(all.enter(&name("a"))), None);
        assert!(all.names().is_empty());
    }

    #[test]
    fn another_request_has_another_fingerprint() {
        let of = |method, uri, body| fingerprint(&request(method, uri, &[], body));
        let first = of(Method::POST, "/a?b=c", "d");
        assert_eq!(first, of(Method::POST, "/a?b=c", "d"));
        for other in [
            of(Method::PUT, "/a?b=c", "d"),
            of(Method::POST, "/b?b=c", "d"),
            of(Method::POST, "/a?b=d", "d"),
            of(Method::POST, "/a", "b=cd"),
            of(Method::POST, "/a?b=c", "e"),
            of(Method::POST, "/a?b=c", ""),
        ] {
            assert_ne!(first, other);
        }
        // The same bytes in another form, or wanted in another, are another request.
        for name in [CONTENT_TYPE, ACCEPT] {
            let mut other = request(Method::POST, "/a?b=c", &[], "d");
            let xml = HeaderValue::from_static("application/xml");
            Arc::make_mut(&mut other.head).headers.insert(name, xml);
            assert_ne!(first, fingerprint(&other));
        }
    }

    #[test]
    fn an_answer_comes_back_as_it_was() {
        let response = output::versioned(output::ok(&[1, 2]), 7);
        let back = unpack(&pack(&response).unwrap()).unwrap();
        assert_eq!(
            (back.status(), back.body()),
            (response.status(), response.body())
        );
        assert_eq!(back.headers()["etag"], "\"7\"");
        assert_eq!(back.headers()[REPLAYED], "true");
        assert_eq!(back.headers().len(), response.headers().len() + 1);
        for bad in [
            &b""[..],
            b"\0\0\0\x09{}",
            b"\0\0\0\x02{}",
            b"\xff\xff\xff\xff",
        ] {
            assert!(unpack(bad).is_none());
        }
    }
}
