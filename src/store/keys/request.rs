//! Names of requests that a caller may send again, and of the order in which they are forgotten.

use super::Family;
use crate::domain::ids::{ClientId, UserId};
use crate::domain::time::Timestamp;
use crate::store::engine::Key;

/// A request by who sent it and what they call it.
#[must_use]
pub fn request(client: ClientId, user: Option<UserId>, name: &str) -> Key {
    let key = Family::Request.key().then(client);
    let key = match user {
        None => key.then([0_u8]),
        Some(user) => key.then([1_u8]).then(user),
    };
    key.then(name)
}

key_functions! {
    /// A request by the time it is forgotten.
    expiry(expires: Timestamp, request: &Key) = RequestExpiry, expires, request.0.as_slice();
    /// All requests, the first to be forgotten first.
    expiries() = RequestExpiry;
}

impl Key {
    /// The request that a key of [`expiry`] leads to.
    #[must_use]
    pub fn request_after_time(&self) -> Option<Self> {
        let rest = self.0.get(9..)?;
        (Family::of(rest) == Some(Family::Request)).then(|| Self(rest.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_share_no_names() {
        let (client, user) = (ClientId::random(), UserId::random());
        let own = request(client, None, "k");
        assert_ne!(own, request(ClientId::random(), None, "k"));
        assert_ne!(own, request(client, Some(user), "k"));
        assert_ne!(own, request(client, None, "K"));
        let at = Timestamp::from_secs(7);
        let expiry = expiry(at, &own);
        assert_eq!(expiry.leading_time(), Some(at));
        assert_eq!(expiry.request_after_time(), Some(own));
    }
}
