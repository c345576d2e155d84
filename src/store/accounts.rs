//! Changes of tenants, users, brands, meters and clients, each with the indexes that lead to it.
//! No other code writes these keys, so an index and its profile never disagree.

use uuid::Uuid;

use super::engine::{Changes, Expect, Key, StoreError};
use super::keys::Family;
use super::record::{Numbered, OfferingItems, Stored, hot_meter};
use super::{Found, Store, keys};
use crate::domain::brand::Brand;
use crate::domain::client::Client;
use crate::domain::ids::{AccountId, AccountRef, TenantId, UserId, V1Id};
use crate::domain::meter::{HotMeter, Meter};
use crate::domain::tenant::Tenant;
use crate::domain::user::User;

/// An index entry: what it leads to, or nothing where the key says it all.
type Entry = (Key, Vec<u8>);

fn leads_to(key: Key, id: Uuid) -> Entry {
    (key, id.as_bytes().to_vec())
}

fn mark(key: Key) -> Entry {
    (key, Vec::new())
}

/// A name that only one account may have.
fn claims_of_tenant(tenant: &Tenant) -> Vec<Entry> {
    tenant
        .parent_id()
        .map(|parent| leads_to(keys::child_name(parent, &tenant.name), tenant.id.uuid()))
        .into_iter()
        .collect()
}

fn marks_of_tenant(tenant: &Tenant) -> Vec<Entry> {
    let account = AccountId::Tenant(tenant.id);
    let mut entries = vec![
        (
            keys::v1_id(tenant.v1_id),
            Numbered::Tenant(tenant.into()).encode(),
        ),
        mark(keys::search_text(&tenant.name, account)),
    ];
    if let Some(parent) = tenant.parent_id() {
        entries.push(mark(keys::child(parent, tenant.id)));
    }
    entries.extend(
        tenant
            .lineage()
            .map(|root| mark(keys::subtree_tenant(root, tenant.id))),
    );
    if let Some(named) = tenant.settings.partner_plan {
        entries.push(mark(keys::plan_tenant(named, tenant.id)));
    }
    if !tenant.enabled {
        entries.push(mark(keys::disabled(account)));
    }
    entries
}

fn claims_of_user(user: &User) -> Vec<Entry> {
    vec![leads_to(keys::login(&user.login), user.id.uuid())]
}

fn marks_of_user(user: &User, tenant: &Tenant) -> Vec<Entry> {
    let account = AccountId::User(user.id);
    let mut entries = vec![
        (
            keys::v1_id(user.v1_id),
            Numbered::User(user.into()).encode(),
        ),
        mark(keys::tenant_user(user.tenant_id, user.id)),
    ];
    let email = user
        .contact
        .email
        .as_ref()
        .map(|email| email.as_str().to_owned());
    let texts = [
        Some(user.login.clone()),
        Some(user.contact.full_name()),
        email,
    ];
    for text in texts.into_iter().flatten().filter(|text| !text.is_empty()) {
        entries.push(mark(keys::search_text(&text, account)));
    }
    entries.extend(
        tenant
            .lineage()
            .map(|root| mark(keys::subtree_user(root, user.id))),
    );
    if let Some(personal) = user.personal_tenant_id {
        entries.push(leads_to(keys::personal_tenant(personal), user.id.uuid()));
    }
    if user.is_company_admin() {
        entries.push(mark(keys::company_admin(user.tenant_id, user.id)));
    }
    if !user.enabled {
        entries.push(mark(keys::disabled(account)));
    }
    entries
}

impl Store {
    /// The root tenant, once there is one.
    ///
    /// # Errors
    /// As [`Store::lookup`].
    pub async fn root(&self) -> Result<Option<TenantId>, StoreError> {
        Ok(self.lookup(&keys::root()).await?.map(TenantId::new))
    }

    /// The user who has this login, in any case.
    ///
    /// # Errors
    /// As [`Store::lookup`].
    pub async fn user_of_login(&self, login: &str) -> Result<Option<UserId>, StoreError> {
        Ok(self.lookup(&keys::login(login)).await?.map(UserId::new))
    }

    /// The user whose personal tenant this is.
    ///
    /// # Errors
    /// As [`Store::lookup`].
    pub async fn user_of_personal_tenant(
        &self,
        id: TenantId,
    ) -> Result<Option<UserId>, StoreError> {
        let user = self.lookup(&keys::personal_tenant(id)).await?;
        Ok(user.map(UserId::new))
    }

    /// The logo of a tenant's own brand.
    ///
    /// # Errors
    /// The store is away.
    pub async fn logo(&self, id: TenantId) -> Result<Option<Vec<u8>>, StoreError> {
        let record = self.engine.get(&keys::logo(id)).await?;
        Ok(record.map(|record| record.body))
    }
}

impl Changes {
    /// Stores a new tenant. Conflicts on [`keys::child_name`] where a sibling has its name.
    pub fn create_tenant(&mut self, tenant: Tenant) -> &mut Self {
        self.replace_entries(vec![], claims_of_tenant(&tenant), true);
        self.replace_entries(vec![], marks_of_tenant(&tenant), false);
        let key = keys::tenant(tenant.id);
        self.expect(key.clone(), Expect::Absent)
            .put(key, tenant.encode())
    }

    /// Stores a changed tenant. Conflicts as `create_tenant`, or on the tenant's own key.
    pub fn update_tenant(&mut self, old: &Found<Tenant>, new: Tenant) -> &mut Self {
        self.replace_entries(claims_of_tenant(old), claims_of_tenant(&new), true);
        self.replace_entries(marks_of_tenant(old), marks_of_tenant(&new), false);
        let key = keys::tenant(new.id);
        self.expect(key.clone(), Expect::Revision(old.revision))
            .put(key, new.encode())
    }

    /// Requires that a tenant still is as it was seen.
    pub fn expect_tenant(&mut self, seen: &Found<Tenant>) -> &mut Self {
        self.expect(keys::tenant(seen.id), Expect::Revision(seen.revision))
    }

    /// Requires that a user still is as it was seen.
    pub fn expect_user(&mut self, seen: &Found<User>) -> &mut Self {
        self.expect(keys::user(seen.id), Expect::Revision(seen.revision))
    }

    /// Removes a tenant with its brand, logo and meter. Its partner plans go by
    /// [`Changes::delete_plan`]. Conflicts on [`keys::reseller::ties`] where
    /// plans or domains of a reseller hang at it.
    pub fn delete_tenant(&mut self, old: &Found<Tenant>) -> &mut Self {
        self.replace_entries(claims_of_tenant(old), vec![], false);
        self.replace_entries(marks_of_tenant(old), vec![], false);
        self.expect(keys::tenant(old.id), Expect::Revision(old.revision));
        self.expect_no_ties(AccountId::Tenant(old.id));
        self.delete(keys::tenant(old.id));
        self.delete(keys::brand(old.id));
        self.delete(keys::logo(old.id));
        self.delete(keys::last_plan(old.id));
        self.delete(keys::clicks::latest(old.account()));
        self.delete_meter(old.account())
    }

    /// Stores a new user of `tenant`. Conflicts on [`keys::login`] where the login is taken.
    pub fn create_user(&mut self, user: User, tenant: &Tenant) -> &mut Self {
        self.replace_entries(vec![], claims_of_user(&user), true);
        self.replace_entries(vec![], marks_of_user(&user, tenant), false);
        let key = keys::user(user.id);
        self.expect(key.clone(), Expect::Absent)
            .put(key, user.encode())
    }

    /// Stores a changed user. Conflicts as `create_user`, or on the user's own key.
    pub fn update_user(&mut self, old: &Found<User>, new: User, tenant: &Tenant) -> &mut Self {
        self.replace_entries(claims_of_user(old), claims_of_user(&new), true);
        self.replace_entries(
            marks_of_user(old, tenant),
            marks_of_user(&new, tenant),
            false,
        );
        let key = keys::user(new.id);
        self.expect(key.clone(), Expect::Revision(old.revision))
            .put(key, new.encode())
    }

    /// Removes a user with the meter, snoozes and mail history. Conflicts on
    /// [`keys::reseller::ties`] where the user holds roles in a reseller's domain.
    pub fn delete_user(&mut self, old: &Found<User>, tenant: &Tenant) -> &mut Self {
        self.replace_entries(claims_of_user(old), vec![], false);
        self.replace_entries(marks_of_user(old, tenant), vec![], false);
        self.expect(keys::user(old.id), Expect::Revision(old.revision));
        self.expect_no_ties(AccountId::User(old.id));
        self.delete(keys::user(old.id));
        // Written even where it is absent: the user's tokens are not remembered after this.
        self.delete(keys::disabled(AccountId::User(old.id)));
        self.delete(keys::snoozes(old.id));
        self.delete(keys::recipient(old.id));
        self.delete(keys::open_mail(old.id));
        self.delete_meter(old.account())
    }

    /// Stores a brand; `expect` is what was seen of it.
    pub fn put_brand(&mut self, expect: Expect, brand: Brand) -> &mut Self {
        let key = keys::brand(brand.tenant_id);
        self.expect(key.clone(), expect).put(key, brand.encode())
    }

    /// Stores the logo of a tenant's own brand.
    pub fn put_logo(&mut self, id: TenantId, image: Vec<u8>) -> &mut Self {
        self.put(keys::logo(id), image)
    }

    /// Stores the meter of the account with this number; `expect` is what was seen of it.
    pub fn put_meter(&mut self, number: V1Id, expect: Expect, meter: Meter) -> &mut Self {
        let (hot, offering_items) = meter.split();
        let key = keys::offering_items(hot.account);
        if offering_items.is_empty() {
            self.delete(key);
        } else {
            self.put(key, OfferingItems { offering_items }.encode());
        }
        self.put_hot_meter(number, expect, &hot)
    }

    /// Stores what reports change of a meter; `expect` is what was seen of it.
    pub fn put_hot_meter(&mut self, number: V1Id, expect: Expect, meter: &HotMeter) -> &mut Self {
        let id = meter.account;
        let key = keys::meter(AccountRef { id, number });
        self.expect(key.clone(), expect)
            .put(key, hot_meter::encode(meter))
    }

    fn delete_meter(&mut self, account: AccountRef) -> &mut Self {
        self.delete(keys::offering_items(account.id));
        self.delete(keys::meter(account))
    }

    /// Stores a client; `expect` is what was seen of it.
    pub fn put_client(&mut self, expect: Expect, client: Client) -> &mut Self {
        self.put(keys::tenant_client(client.tenant_id, client.id), Vec::new());
        let key = keys::client(client.id);
        self.expect(key.clone(), expect).put(key, client.encode())
    }

    /// Removes a client.
    pub fn delete_client(&mut self, old: &Found<Client>) -> &mut Self {
        self.expect(keys::client(old.id), Expect::Revision(old.revision));
        self.delete(keys::tenant_client(old.tenant_id, old.id));
        self.delete(keys::client(old.id))
    }

    /// Writes the entries that are new and removes those that are gone. Entries that are `claimed`
    /// must not have been there.
    fn replace_entries(&mut self, old: Vec<Entry>, new: Vec<Entry>, claimed: bool) {
        for entry in &new {
            if old.contains(entry) {
                continue;
            }
            let (key, body) = entry;
            if claimed {
                self.expect(key.clone(), Expect::Absent);
            }
            self.put(key.clone(), body.clone());
        }
        for (key, _) in old {
            if !new.iter().any(|(kept, _)| *kept == key) {
                self.delete(key);
            }
        }
    }
}

/// The name of the conflict that a failed change met, where it is one that callers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// A sibling has the tenant's name.
    TenantName,
    /// Another user has the login.
    Login,
    /// The request was begun elsewhere.
    Request,
    /// The account has plans, domains or roles of a reseller.
    Tied,
}

/// Whether a conflict on `key` means that somebody has what it names, rather than that a race was
/// lost.
#[must_use]
pub fn taken(key: &Key) -> Option<Taken> {
    match Family::of(&key.0)? {
        Family::Ties => Some(Taken::Tied),
        Family::ChildName => Some(Taken::TenantName),
        Family::Login => Some(Taken::Login),
        Family::Request => Some(Taken::Request),
        _ => None,
    }
}
