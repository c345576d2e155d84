//! What must be true. The oracle sees each change at the moment it is made, each mail that the server takes,
//! and each answer that a caller gets, and keeps a model of its own beside them. What it finds wrong is a fault; it
//! decides nothing.

mod clicks;
mod mails;
mod meters;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;
use upsell::domain::ids::{AccountId, MailId, TenantId, UserId};
use upsell::domain::tenant::Tenant;
use upsell::domain::user::User;
use upsell::store::engine::Key;
use upsell::store::keys::{self, Subject};
use upsell::store::record::Stored as _;

use super::disk::{Power, Records};
pub(super) use clicks::places_of;

use clicks::Clicks;
use mails::Mails;
use meters::Meters;

/// What a change leaves under each key that it writes.
pub(super) type Written<'a> = BTreeMap<&'a Key, Option<&'a Vec<u8>>>;

/// What is decided from a profile may be so much older than the change it leads to: the store was away meanwhile,
/// or the mail server slow.
const LATE: Duration = Duration::from_secs(30);

/// See the module.
pub(super) struct Oracle(Mutex<State>);

#[derive(Default)]
struct State {
    faults: usize,
    log: Vec<String>,
    since: Option<Instant>,
    /// Each tenant as it was from a time on; the latest is now.
    tenants: BTreeMap<TenantId, Vec<(Instant, Tenant)>>,
    /// Each user that there ever was, and since when it is so.
    users: BTreeMap<UserId, (Instant, Option<User>)>,
    /// When each number was said to the service: usages, quotas.
    attempted: BTreeMap<u64, Instant>,
    /// The numbers that were stored.
    stored: BTreeSet<u64>,
    meters: Meters,
    mails: Mails,
    clicks: Clicks,
}

impl State {
    fn fault(&mut self, what: String) {
        self.note(format!("FAULT {what}"));
        self.faults += 1;
    }

    fn note(&mut self, what: String) {
        let since = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        self.log
            .push(format!("{:>12.6} {what}", since.as_secs_f64()));
    }

    fn tenant_of(&self, account: AccountId) -> Option<TenantId> {
        match account {
            AccountId::Tenant(id) => Some(id),
            AccountId::User(id) => Some(self.users.get(&id)?.1.as_ref()?.tenant_id),
        }
    }
}

impl Oracle {
    pub(super) fn new() -> Arc<Self> {
        let since = Some(Instant::now());
        Arc::new(Self(Mutex::new(State {
            since,
            ..State::default()
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Notes what happens, for whoever reads how a seed failed.
    pub(super) fn note(&self, what: impl FnOnce() -> String) {
        self.state().note(what());
    }

    /// Whether nothing is wrong so far.
    pub(super) fn is_well(&self) -> bool {
        self.state().faults == 0
    }

    /// All that happened.
    pub(super) fn log(&self) -> String {
        self.state().log.join("\n")
    }

    pub(super) fn fault(&self, what: String) {
        self.state().fault(what);
    }

    /// A number is about to be said to the service: none is said twice.
    pub(super) fn attempt(&self, number: u64) {
        self.state().attempted.insert(number, Instant::now());
    }

    /// The service has acknowledged it.
    pub(super) fn acknowledged(&self, number: u64) {
        let mut state = self.state();
        if !state.stored.contains(&number) {
            state.fault(format!("{number} was acknowledged and is not stored"));
        }
    }

    /// A change is made; `before` is what was stored until now.
    pub(super) fn made(&self, before: &Records, written: &Written<'_>) {
        let mut state = self.state();
        let state = &mut *state;
        for (key, body) in written {
            match key.subject() {
                Subject::Profile(AccountId::Tenant(id)) => {
                    if let Some(body) = body {
                        let tenant = Tenant::decode(body).unwrap();
                        let history = state.tenants.entry(id).or_default();
                        history.push((Instant::now(), tenant));
                        state.meters_of_tenant(id);
                    }
                }
                Subject::Profile(AccountId::User(id)) => {
                    let user = body.map(|body| User::decode(body).unwrap());
                    state.users.insert(id, (Instant::now(), user));
                }
                _ => {}
            }
        }
        state.look_at_meters(before, written);
        state.look_at_mails(before, written);
    }

    /// The profile of a tenant now.
    pub(super) fn tenant(&self, id: TenantId) -> Option<Tenant> {
        let state = self.state();
        Some(state.tenants.get(&id)?.last()?.1.clone())
    }

    /// Whether a tenant was like this at some time since.
    pub(super) fn tenant_was(
        &self,
        id: TenantId,
        since: Instant,
        like: impl Fn(&Tenant) -> bool,
    ) -> bool {
        let state = self.state();
        state.tenant_since(id, since).any(like)
    }

    /// Whether a user is enabled or not, or has changed since.
    pub(super) fn user_was(&self, id: UserId, since: Instant, enabled: bool) -> bool {
        let state = self.state();
        state.users.get(&id).is_some_and(|(changed, user)| {
            let is_so = user.as_ref().is_some_and(|user| user.enabled == enabled);
            is_so || *changed > since
        })
    }

    /// The profile of a user, if there is one now.
    pub(super) fn user(&self, id: UserId) -> Option<User> {
        self.state().users.get(&id)?.1.clone()
    }

    /// All is healed and time has passed: nothing is left to do.
    pub(super) fn finish(&self, records: &Records) {
        let mut state = self.state();
        let left = |prefix: Key| {
            records
                .keys()
                .filter(move |key| key.0.starts_with(&prefix.0))
        };
        let (notices, due) = (
            left(keys::notices()).count(),
            left(keys::mails_due()).count(),
        );
        if notices + due > 0 {
            state.fault(format!(
                "{notices} notices and {due} mails were never dealt with"
            ));
        }
        state.count_clicks(records);
    }

    /// Whether no notice and no mail waits.
    pub(super) fn is_drained(records: &Records) -> bool {
        let is_work = |key: &Key| {
            let families = [keys::notices(), keys::mails_due()];
            families.iter().any(|family| key.0.starts_with(&family.0))
        };
        !records.keys().any(is_work)
    }

    /// The mail server has the mail; whether it could say so.
    pub(super) fn accepted(&self, mail: MailId, over: &Arc<Power>, was_said: bool) {
        self.state().accepted(mail, over, was_said);
    }

    /// The mail server wants no mail to this address.
    pub(super) fn refused(&self, to: &str) {
        self.state().mails.refused.insert(to.to_owned());
    }

    /// A click was taken in at a place of this node.
    pub(super) fn clicked(&self, node: usize) {
        self.state().clicks.take(node);
    }

    /// A node is dead: the clicks that it had not counted are lost, those of the last moments.
    pub(super) fn lost_clicks(&self, node: usize, records: &Records, is_well: bool) {
        self.state().lose_clicks(node, records, is_well);
    }
}

impl State {
    /// The tenant as it was at some time since.
    fn tenant_since(&self, id: TenantId, since: Instant) -> impl Iterator<Item = &Tenant> {
        let history = self.tenants.get(&id).map_or(&[][..], Vec::as_slice);
        let first = history
            .iter()
            .rposition(|(at, _)| *at <= since)
            .unwrap_or(0);
        history[first..].iter().map(|(_, tenant)| tenant)
    }
}
