//! Tracked links: the token of `/r/…` and `/u/…`. It says who, where and until when, and carries its
//! own proof; no row is kept for a link.
//!
//! ```text
//! version 1 | key id 1 | expiry 4 | purpose and placement 1 | number of the user 4 | MAC 16
//! ```
//!
//! Base64url without padding, canonical: 36 characters. The MAC is HMAC-SHA256 over all that stands before it,
//! cut to 16 bytes (RFC 2104 §5 asks for at least half of the hash or 80 bits).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::domain::ids::V1Id;
use crate::domain::link::Placement;
use crate::domain::time::Timestamp;

/// The only version there is.
const VERSION: u8 = 1;

const HEAD_BYTES: usize = 11;
const MAC_BYTES: usize = 16;
const TOKEN_BYTES: usize = HEAD_BYTES + MAC_BYTES;

/// The length of every token, in characters.
pub const TOKEN_CHARS: usize = (TOKEN_BYTES * 8).div_ceil(6);

/// Codes of purposes that have no placement, above those of placements.
const EDITION: u8 = 0x80;
const UNSUBSCRIBE: u8 = 0x81;

/// Set apart from whatever else a key may come to sign.
const CONTEXT: &[u8] = b"upsell tracked link\0";

/// A key of tracked links.
pub type LinkKey = [u8; 32];

/// What a link is for; a link for one thing is no link for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To the Buy link of the moment, from this place.
    Quota(Placement),
    /// To the bare Buy URL (rule `buy-url`).
    Edition,
    /// To the page where mail about quotas is stopped.
    Unsubscribe,
}

impl Purpose {
    /// The byte for purpose and placement; it outlives every release.
    const fn code(self) -> u8 {
        match self {
            Self::Quota(placement) => placement.code(),
            Self::Edition => EDITION,
            Self::Unsubscribe => UNSUBSCRIBE,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        match code {
            EDITION => Some(Self::Edition),
            UNSUBSCRIBE => Some(Self::Unsubscribe),
            placement => Placement::from_code(placement).map(Self::Quota),
        }
    }
}

/// What a token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackedLink {
    /// What it is for.
    pub purpose: Purpose,
    /// The reader, by number.
    pub user: V1Id,
    /// The first second in which it does not work any more.
    expires_s: u32,
}

/// Why a token leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Not one of ours: changed, cut, forged, or signed with a key that was retired.
    Unknown,
    /// Ours, and over.
    Expired(TrackedLink),
}

impl TrackedLink {
    /// A link that works for `ttl` from `now`, to the second.
    #[must_use]
    pub fn new(purpose: Purpose, user: V1Id, now: Timestamp, ttl: Duration) -> Self {
        let expires_s = u32::try_from(now.plus(ttl).secs().max(0)).unwrap_or(u32::MAX);
        Self {
            purpose,
            user,
            expires_s,
        }
    }

    /// When it stops to work.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::from_secs(i64::from(self.expires_s))
    }

    /// The token, signed with the key of that id.
    #[must_use]
    pub fn sign(&self, key_id: u8, key: &LinkKey) -> String {
        let mut token = [0; TOKEN_BYTES];
        token[0] = VERSION;
        token[1] = key_id;
        token[2..6].copy_from_slice(&self.expires_s.to_be_bytes());
        token[6] = self.purpose.code();
        token[7..HEAD_BYTES].copy_from_slice(&self.user.0.to_be_bytes());
        let mac = mac(key, &token[..HEAD_BYTES]);
        token[HEAD_BYTES..].copy_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(token)
    }

    /// Reads a token. Nothing but the key id is looked at before the MAC holds, and a token with
    /// an unknown key costs the same as one with a wrong MAC.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn verify<'k>(
        token: &str,
        key_of: impl FnOnce(u8) -> Option<&'k LinkKey>,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let bytes = decode(token).ok_or(Refused::Unknown)?;
        let (head, given) = bytes.split_at(HEAD_BYTES);
        let key = key_of(bytes[1]);
        let expected = mac(key.unwrap_or(&[0; 32]), head);
        let holds = bool::from(given.ct_eq(&expected));
        if key.is_none() || !holds {
            return Err(Refused::Unknown);
        }
        let link = Self::parse(head).ok_or(Refused::Unknown)?;
        if now >= link.expires_at() {
            return Err(Refused::Expired(link));
        }
        Ok(link)
    }

    fn parse(head: &[u8]) -> Option<Self> {
        let [VERSION, _key_id, rest @ ..] = head else {
            return None;
        };
        let (expires, rest) = rest.split_first_chunk::<4>()?;
        let (purpose, user) = rest.split_first()?;
        Some(Self {
            purpose: Purpose::from_code(*purpose)?,
            user: V1Id(u32::from_be_bytes(user.try_into().ok()?)),
            expires_s: u32::from_be_bytes(*expires),
        })
    }
}

/// One token, one spelling: the engine refuses padding and foreign letters, and no letter has loose bits.
fn decode(token: &str) -> Option<[u8; TOKEN_BYTES]> {
    if token.len() != TOKEN_CHARS {
        return None;
    }
    let mut bytes = [0; TOKEN_BYTES];
    let length = URL_SAFE_NO_PAD.decode_slice(token, &mut bytes).ok()?;
    (length == TOKEN_BYTES).then_some(bytes)
}

#[expect(
    clippy::indexing_slicing,
    reason = "the key is shorter than a block of the hash"
)]
fn mac(key: &LinkKey, head: &[u8]) -> [u8; MAC_BYTES] {
    // RFC 2104 §2: a key shorter than the hash's block is filled up with zeros.
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut hmac = Hmac::<Sha256>::new(&block.into());
    hmac.update(CONTEXT);
    hmac.update(head);
    let full: [u8; 32] = hmac.finalize().into_bytes().into();
    let mut cut = [0; MAC_BYTES];
    cut.copy_from_slice(&full[..MAC_BYTES]);
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: LinkKey = [7; 32];
    const DAY: Duration = Duration::from_secs(86_400);

    fn t(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn link(purpose: Purpose) -> TrackedLink {
        TrackedLink::new(purpose, V1Id(0xDEAD_BEEF), t(1_000_000), DAY)
    }

    fn verify(token: &str) -> Result<TrackedLink, Refused> {
        TrackedLink::verify(token, |id| (id == 3).then_some(&KEY), t(1_000_001))
    }

    fn purposes() -> impl Iterator<Item = Purpose> {
        Placement::ALL
            .into_iter()
            .map(Purpose::Quota)
            .chain([Purpose::Edition, Purpose::Unsubscribe])
    }

    #[test]
    fn every_purpose_reads_back() {
        for purpose in purposes() {
            let link = link(purpose);
            let token = link.sign(3, &KEY);
            assert_eq!(token.len(), TOKEN_CHARS);
            assert_eq!(verify(&token), Ok(link));
        }
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let token = link(Purpose::Edition).sign(3, &KEY);
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            // With every key id answering to the key, so that only the MAC stands guard.
            let token = URL_SAFE_NO_PAD.encode(changed);
            let verdict = TrackedLink::verify(&token, |_| Some(&KEY), t(1_000_001));
            assert_eq!(verdict, Err(Refused::Unknown), "bit {bit}");
        }
        // And in the text itself: every letter by every other.
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=.%";
        for at in 0..token.len() {
            for letter in alphabet.chars().filter(|c| !token[at..].starts_with(*c)) {
                let changed = format!("{}{letter}{}", &token[..at], &token[at + 1..]);
                assert_eq!(verify(&changed), Err(Refused::Unknown), "{changed}");
            }
        }
    }

    #[test]
    fn every_other_length_and_spelling_is_refused() {
        let token = link(Purpose::Edition).sign(3, &KEY);
        for length in 0..token.len() {
            assert_eq!(verify(&token[..length]), Err(Refused::Unknown), "{length}");
        }
        for other in [
            format!("{token}A"),
            format!("{token}="),
            format!("A{token}"),
            format!(" {token}"),
            format!("{token}\n"),
            format!("{}é", &token[..34]),
            "A".repeat(100_000),
        ] {
            assert_eq!(verify(&other), Err(Refused::Unknown));
        }
    }

    #[test]
    fn a_token_fits_into_a_line_of_text() {
        // 27 bytes fill 36 letters to the last bit: no letter has a second spelling.
        assert_eq!((TOKEN_BYTES * 8 % 6, TOKEN_CHARS), (0, 36));
    }

    #[test]
    fn the_form_of_a_token_stays() {
        let head = |purpose| {
            let token = URL_SAFE_NO_PAD.decode(link(purpose).sign(3, &KEY)).unwrap();
            token[..HEAD_BYTES].to_vec()
        };
        let expected = |code| {
            let expires = 1_086_400_u32.to_be_bytes();
            [
                &[1, 3],
                expires.as_slice(),
                &[code],
                &[0xDE, 0xAD, 0xBE, 0xEF],
            ]
            .concat()
        };
        assert_eq!(head(Purpose::Quota(Placement::Email)), expected(6));
        assert_eq!(head(Purpose::Edition), expected(0x80));
        assert_eq!(head(Purpose::Unsubscribe), expected(0x81));
    }

    #[test]
    fn it_works_to_its_last_second() {
        let link = link(Purpose::Edition);
        let token = link.sign(3, &KEY);
        let at = |micros: i64| {
            let now = Timestamp::from_micros(link.expires_at().micros() + micros);
            TrackedLink::verify(&token, |_| Some(&KEY), now)
        };
        assert_eq!(link.expires_at(), t(1_086_400));
        assert_eq!(at(-1_000_000), Ok(link));
        assert_eq!(at(-1), Ok(link));
        assert_eq!(at(0), Err(Refused::Expired(link)));
        assert_eq!(at(1_000_000), Err(Refused::Expired(link)));
    }

    #[test]
    fn an_expired_forgery_is_not_told_from_any_other() {
        let token = link(Purpose::Edition).sign(3, &[8; 32]);
        let verdict = TrackedLink::verify(&token, |_| Some(&KEY), t(9_000_000));
        assert_eq!(verdict, Err(Refused::Unknown));
    }

    #[test]
    fn other_keys_and_retired_keys_are_refused() {
        let link = link(Purpose::Edition);
        assert_eq!(verify(&link.sign(3, &[8; 32])), Err(Refused::Unknown));
        assert_eq!(verify(&link.sign(4, &KEY)), Err(Refused::Unknown));
        // The key that stands in for a missing one opens nothing.
        assert_eq!(verify(&link.sign(4, &[0; 32])), Err(Refused::Unknown));
    }

    #[test]
    fn what_no_version_ever_signed_is_refused_though_its_mac_holds() {
        let signed = |change: &dyn Fn(&mut [u8])| {
            let token = link(Purpose::Edition).sign(3, &KEY);
            let mut bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
            change(&mut bytes);
            let (head, tail) = bytes.split_at_mut(HEAD_BYTES);
            tail.copy_from_slice(&mac(&KEY, head));
            verify(&URL_SAFE_NO_PAD.encode(bytes))
        };
        assert!(signed(&|_| ()).is_ok());
        assert_eq!(signed(&|token| token[0] = 2), Err(Refused::Unknown));
        for code in [0, 8, 0x7F, 0x82] {
            assert_eq!(signed(&|token| token[6] = code), Err(Refused::Unknown));
        }
    }

    proptest! {
        #[test]
        fn no_text_is_taken_for_a_token(text in ".{0,90}") {
            prop_assert_eq!(verify(&text), Err(Refused::Unknown));
        }
    }
}
