//! Cache of answers and of authenticated callers. An entry is served while nothing that it was
//! made of has changed.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::Env;
use super::access::{Caller, Context};
use super::error::Error;
use super::view::{self, UserView};
use crate::account_table::Version;
use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::domain::time::Timestamp;
use crate::keyring::Keyring;
use crate::threads::try_read;

/// So many that two cores rarely meet in one.
const SHARDS: usize = 64;

/// Callers that are remembered at most, in all shards.
const MAX_CALLERS: usize = 16_384;

/// Answers of one user that are remembered at most: languages, pages, forms.
const MAX_PER_USER: usize = 8;

/// An answer is not served for longer than this: the links in it live from when it was made.
const MAX_AGE: Duration = Duration::from_secs(60);

/// ... or for this much longer while the store is away.
const MAX_AGE_AWAY: Duration = Duration::from_secs(3600);

/// ... nor for longer than this part of the life of a link.
const MAX_PART_OF_LINK_TTL: u32 = 100;

/// What remembering an answer takes beside its body, about.
const ENTRY_BYTES: usize = 256;

/// What kind of answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// The alerts of a user.
    Alerts,
    /// The header, as JSON.
    Header,
    /// The header, as HTML.
    HeaderHtml,
}

/// Which answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// To whom.
    pub user: UserId,
    /// Which kind.
    pub form: Form,
    /// In which language, where the caller has a wish.
    pub lang: Option<&'a str>,
    /// For which page.
    pub page: Option<&'a str>,
}

/// The state of everything that an answer is made of, noted before any of it is read.
#[derive(Debug, Clone)]
pub struct Seen {
    accounts: Vec<(AccountId, Version)>,
    brands: Version,
    /// The tenant and all above it: whose brands count, and whose clients may see the answer.
    lineage: Box<[TenantId]>,
    plans: u64,
    keyring: Arc<Keyring>,
}

impl Seen {
    /// The view of a user with what to buy, and the state of everything that it is made of.
    ///
    /// # Errors
    /// The user is unknown or out of reach; the store failed.
    pub async fn view(cx: Context<'_>, user: UserId) -> Result<(Self, UserView), Error> {
        let env = cx.env;
        // Nothing that is read for the answer may have been read before.
        let mut seen = Self {
            accounts: Vec::with_capacity(3),
            brands: 0,
            lineage: Box::default(),
            plans: env.accounts.plans_epoch(),
            keyring: env.keyring.load_full(),
        };
        seen.note(env, AccountId::User(user));
        if let Some(found) = env.store.user(user).await? {
            seen.note(env, AccountId::Tenant(found.tenant_id));
        }
        let (user, tenant) = cx.user(user).await?;
        seen.lineage = tenant.lineage().collect();
        seen.brands = env.accounts.brands_version(tenant.lineage());
        if let Some(named) = tenant.settings.partner_plan {
            // The currency of a plan is its partner's.
            seen.note(env, AccountId::Tenant(named.partner));
        }
        let view = view::of(env, user, tenant).await?;
        Ok((seen, view.with_what_to_buy(env).await?))
    }

    /// Notes one more account before it is read.
    fn note(&mut self, env: &Env, account: AccountId) {
        let version = env.accounts.version(account);
        self.accounts.push((account, version));
    }

    fn stands(&self, env: &Env) -> bool {
        let stands =
            |(account, version): &(AccountId, Version)| env.accounts.version(*account) == *version;
        self.accounts.iter().all(stands)
            && self.plans == env.accounts.plans_epoch()
            && self.brands == env.accounts.brands_version(self.lineage.iter().copied())
            && Arc::ptr_eq(&self.keyring, &env.keyring.load())
    }
}

/// What an answer was made of, for who remembers it.
#[derive(Debug, Clone)]
pub struct Basis {
    /// The state of what it was made of.
    pub seen: Seen,
    /// When it ceases to be true by itself.
    pub ends: Option<Timestamp>,
}

/// An answer with what it depends on.
#[derive(Debug, Clone)]
struct Kept {
    form: Form,
    lang: Option<Box<str>>,
    page: Option<Box<str>>,
    basis: Basis,
    until: Timestamp,
    body: Bytes,
}

impl Kept {
    fn is(&self, wanted: &Wanted<'_>) -> bool {
        self.form == wanted.form
            && self.lang.as_deref() == wanted.lang
            && self.page.as_deref() == wanted.page
    }

    fn bytes(&self) -> usize {
        let page = self.page.as_deref().map_or(0, str::len);
        self.body.len() + page + ENTRY_BYTES
    }
}

#[derive(Debug, Default)]
struct Shard {
    answers: HashMap<UserId, Vec<Kept>>,
    bytes: usize,
}

/// A caller whose token was checked.
#[derive(Debug, Clone)]
struct KnownCaller {
    caller: Caller,
    expires_at: Timestamp,
    access: u64,
    keyring: Arc<Keyring>,
}

/// Remembers answers and callers, within bounds.
#[derive(Debug)]
pub struct Remembered {
    answers: Box<[RwLock<Shard>]>,
    max_shard_bytes: usize,
    callers: Box<[RwLock<Callers>]>,
}

/// By the hash of their tokens.
type Callers = HashMap<[u8; 32], KnownCaller>;

fn write<T>(shard: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    shard.write().unwrap_or_else(PoisonError::into_inner)
}

impl Remembered {
    /// Room for `max_bytes` of answers.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        Self {
            answers: (0..SHARDS).map(|_| RwLock::default()).collect(),
            max_shard_bytes: max_bytes / SHARDS,
            callers: (0..SHARDS).map(|_| RwLock::default()).collect(),
        }
    }

    /// The answer, if it is remembered, still true, and within the caller's reach; `None` also while a worker keeps
    /// another one in the same shard.
    #[must_use]
    pub fn answer(
        &self,
        env: &Env,
        caller: &Caller,
        wanted: &Wanted<'_>,
        now: Timestamp,
    ) -> Option<Bytes> {
        let shard = try_read(self.shard(wanted.user))?;
        let kept = shard.answers.get(&wanted.user)?;
        let kept = kept.iter().find(|kept| kept.is(wanted))?;
        let is_reached = caller.user.is_none_or(|own| own == wanted.user)
            && kept.basis.seen.lineage.contains(&caller.root);
        // While the store is away nothing better can be made.
        let until = match env.store.is_current() {
            true => kept.until,
            false => kept.until.plus(MAX_AGE_AWAY),
        };
        // One that was made by a clock that ran ahead is not kept until then.
        let is_fresh = now < until && kept.until.minus(MAX_AGE) <= now;
        (is_reached && is_fresh && kept.basis.seen.stands(env)).then(|| kept.body.clone())
    }

    /// Remembers an answer.
    pub fn keep(&self, env: &Env, wanted: &Wanted<'_>, basis: Basis, body: &Bytes, now: Timestamp) {
        let age = MAX_AGE.min(env.settings.link_ttl / MAX_PART_OF_LINK_TTL);
        let until = now.plus(age);
        let kept = Kept {
            form: wanted.form,
            lang: wanted.lang.map(Box::from),
            page: wanted.page.map(Box::from),
            until: basis.ends.map_or(until, |ends| ends.min(until)),
            basis,
            body: body.clone(),
        };
        let mut guard = write(self.shard(wanted.user));
        let shard = &mut *guard;
        let of_user = shard.answers.entry(wanted.user).or_default();
        let before: usize = of_user.iter().map(Kept::bytes).sum();
        of_user.retain(|old| !old.is(wanted) && now < old.until);
        if of_user.len() >= MAX_PER_USER {
            of_user.remove(0);
        }
        of_user.push(kept);
        let after: usize = of_user.iter().map(Kept::bytes).sum();
        shard.bytes = (shard.bytes + after).saturating_sub(before);
        if shard.bytes > self.max_shard_bytes {
            shard.make_room(self.max_shard_bytes, now);
        }
    }

    /// The caller with this token, if it was checked before and nothing has changed since; `None` also while a worker
    /// keeps another one in the same shard.
    #[must_use]
    pub fn caller(&self, env: &Env, token: &str, now: Timestamp) -> Option<Caller> {
        let known = self.known(&name_of(token))?;
        let stands = now < known.expires_at
            && known.access == env.accounts.access_epoch()
            && Arc::ptr_eq(&known.keyring, &env.keyring.load());
        stands.then_some(known.caller)
    }

    fn known(&self, name: &[u8; 32]) -> Option<KnownCaller> {
        try_read(self.callers_of(name))?.get(name).cloned()
    }

    /// Remembers a caller whose token was checked after `access` and `keyring` were noted.
    pub fn keep_caller(
        &self,
        token: &str,
        caller: Caller,
        (expires_at, now): (Timestamp, Timestamp),
        (access, keyring): (u64, Arc<Keyring>),
    ) {
        let name = name_of(token);
        let mut callers = write(self.callers_of(&name));
        if callers.len() >= MAX_CALLERS / SHARDS {
            callers.retain(|_, known| now < known.expires_at && known.access == access);
        }
        if callers.len() >= MAX_CALLERS / SHARDS {
            callers.clear();
        }
        let known = KnownCaller {
            caller,
            expires_at,
            access,
            keyring,
        };
        callers.insert(name, known);
    }

    fn shard(&self, user: UserId) -> &RwLock<Shard> {
        pick(&self.answers, user.bytes()[15])
    }

    fn callers_of(&self, name: &[u8; 32]) -> &RwLock<Callers> {
        pick(&self.callers, name[0])
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "the remainder is below the number of shards"
)]
fn pick<T>(shards: &[RwLock<T>], by: u8) -> &RwLock<T> {
    &shards[usize::from(by) % SHARDS]
}

impl Shard {
    /// Lets go what is over, then whatever comes, to half of what there is room for.
    fn make_room(&mut self, max_bytes: usize, now: Timestamp) {
        let mut bytes = 0;
        self.answers.retain(|_, of_user| {
            of_user.retain(|kept| now < kept.until);
            let more: usize = of_user.iter().map(Kept::bytes).sum();
            let stays = !of_user.is_empty() && bytes + more <= max_bytes / 2;
            if stays {
                bytes += more;
            }
            stays
        });
        self.bytes = bytes;
    }
}

/// Tokens are secrets: what is kept of one is its hash.
fn name_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_answers_does_not_wait_for_workers() {
        let all = Remembered::new(1 << 20);
        let written: Vec<_> = all.callers.iter().map(write).collect();
        let waited = std::thread::scope(|scope| {
            let (found, answer) = std::sync::mpsc::channel();
            let known = || all.known(&[7; 32]).is_none();
            scope.spawn(move || found.send(known()).unwrap());
            let answer = answer.recv_timeout(Duration::from_secs(20));
            drop(written);
            answer
        });
        assert_eq!(waited, Ok(true), "it waits for the lock");
    }
}
