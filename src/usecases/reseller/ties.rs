//! Ties of accounts to a reseller's plans and domains, which keep an account from being deleted.
//! They change in the same commit as the plans and domains.

use std::collections::BTreeMap;

use super::super::error::Error;
use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::store::engine::Changes;
use crate::store::resellers::Ties;
use crate::store::{Found, Store};

/// The ties that one change touches, each account once.
#[derive(Default)]
pub(super) struct TiesUpdate {
    lines: BTreeMap<AccountId, (Option<Found<Ties>>, Ties)>,
}

impl TiesUpdate {
    /// The ties of an account, to be changed.
    pub(super) async fn of(
        &mut self,
        store: &Store,
        account: AccountId,
    ) -> Result<&mut Ties, Error> {
        if !self.lines.contains_key(&account) {
            self.load(store, vec![account]).await?;
        }
        let line = self.lines.entry(account).or_default();
        Ok(&mut line.1)
    }

    /// The ties of a tenant, to be changed.
    pub(super) async fn of_tenant(
        &mut self,
        store: &Store,
        id: TenantId,
    ) -> Result<&mut Ties, Error> {
        self.of(store, AccountId::Tenant(id)).await
    }

    /// Ties users to one more domain.
    pub(super) async fn tie_user(&mut self, store: &Store, id: UserId) -> Result<(), Error> {
        let ties = self.of(store, AccountId::User(id)).await?;
        ties.within = ties.within.saturating_add(1);
        Ok(())
    }

    /// Unties users from a domain that they leave.
    pub(super) async fn untie_users(
        &mut self,
        store: &Store,
        users: impl IntoIterator<Item = UserId>,
    ) -> Result<(), Error> {
        let accounts: Vec<AccountId> = users.into_iter().map(AccountId::User).collect();
        self.load(store, accounts.clone()).await?;
        for account in accounts {
            let line = self.lines.entry(account).or_default();
            line.1.within = line.1.within.saturating_sub(1);
        }
        Ok(())
    }

    /// Loads what is not on the ties_update yet.
    async fn load(&mut self, store: &Store, mut accounts: Vec<AccountId>) -> Result<(), Error> {
        accounts.retain(|account| !self.lines.contains_key(account));
        let found = store.load_many::<Ties>(accounts.iter().copied()).await?;
        for (account, found) in accounts.into_iter().zip(found) {
            let now = found
                .as_ref()
                .map_or_else(Ties::default, |found| found.value);
            self.lines.insert(account, (found, now));
        }
        Ok(())
    }

    /// Adds the whole ties_update to a change.
    pub(super) fn write(self, changes: &mut Changes) {
        for (account, (old, new)) in self.lines {
            changes.put_ties(old.as_ref(), account, new);
        }
    }
}
