//! Changes of tenants, users, brands, meters and clients, each with the indexes that lead to it.
//! No other code writes these keys, so an index and its profile never disagree.

use super::engine::{Changes, Expect, Key, StoreError};
use super::index::{Entry, leads_to, mark};
use super::keys::Family;
use super::record::{Numbered, OfferingItems, Stored, hot_meter};
use super::{Found, Store, keys};
use crate::domain::brand::Brand;
use crate::domain::client::Client;
use crate::domain::ids::{AccountId, AccountRef, TenantId, UserId, V1Id};
use crate::domain::meter::Meter;
use crate::domain::tenant::Tenant;
use crate::domain::user::User;

fn entries_of_tenant(tenant: &Tenant) -> Vec<Entry> {
    let account = AccountId::Tenant(tenant.id);
    let numbered = Numbered::Tenant(tenant.into()).encode();
    let mut entries = vec![
        (keys::v1_id(tenant.v1_id), numbered),
        mark(keys::search_text(&tenant.name, account)),
    ];
    if let Some(parent) = tenant.parent_id() {
        let name = keys::child_name(parent, &tenant.name);
        entries.push(leads_to(name, tenant.id.uuid()));
        entries.push(mark(keys::child(parent, tenant.id)));
    }
    let roots = tenant.lineage();
    entries.extend(roots.map(|root| mark(keys::subtree_tenant(root, tenant.id))));
    if let Some(named) = tenant.settings.partner_plan {
        entries.push(mark(keys::plan_tenant(named, tenant.id)));
    }
    if !tenant.enabled {
        entries.push(mark(keys::disabled(account)));
    }
    entries
}

fn entries_of_user(user: &User, tenant: &Tenant) -> Vec<Entry> {
    let account = AccountId::User(user.id);
    let numbered = Numbered::User(user.into()).encode();
    let mut entries = vec![
        leads_to(keys::login(&user.login), user.id.uuid()),
        (keys::v1_id(user.v1_id), numbered),
        mark(keys::tenant_user(user.tenant_id, user.id)),
    ];
    let full_name = user.contact.full_name();
    let email = user.contact.email.as_ref();
    let texts = [
        user.login.as_str(),
        full_name.as_str(),
        email.map_or("", |email| email.as_str()),
    ];
    for text in texts.into_iter().filter(|text| !text.is_empty()) {
        entries.push(mark(keys::search_text(text, account)));
    }
    let roots = tenant.lineage();
    entries.extend(roots.map(|root| mark(keys::subtree_user(root, user.id))));
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
        self.replace_entries(vec![], entries_of_tenant(&tenant))
            .save(keys::tenant(tenant.id), Expect::Absent, &tenant)
    }

    /// Stores a changed tenant. Conflicts as `create_tenant`, or on the tenant's own key.
    pub fn update_tenant(&mut self, old: &Found<Tenant>, new: Tenant) -> &mut Self {
        self.replace_entries(entries_of_tenant(old), entries_of_tenant(&new))
            .save(keys::tenant(new.id), old.expected(), &new)
    }

    /// Requires that a tenant still is as it was seen.
    pub fn expect_tenant(&mut self, seen: &Found<Tenant>) -> &mut Self {
        self.expect(keys::tenant(seen.id), seen.expected())
    }

    /// Requires that a user still is as it was seen.
    pub fn expect_user(&mut self, seen: &Found<User>) -> &mut Self {
        self.expect(keys::user(seen.id), seen.expected())
    }

    /// Removes a tenant with its brand, logo and meter. Its partner plans go by
    /// [`Changes::delete_plan`]. Conflicts on [`keys::reseller::ties`] where
    /// plans or domains of a reseller hang at it.
    pub fn delete_tenant(&mut self, old: &Found<Tenant>) -> &mut Self {
        self.replace_entries(entries_of_tenant(old), vec![]);
        self.remove(keys::tenant(old.id), old.revision);
        self.expect_no_ties(AccountId::Tenant(old.id));
        self.delete(keys::brand(old.id));
        self.delete(keys::logo(old.id));
        self.delete(keys::last_plan(old.id));
        self.delete(keys::clicks::latest(old.account()));
        self.delete_meter(old.account())
    }

    /// Stores a new user of `tenant`. Conflicts on [`keys::login`] where the login is taken.
    pub fn create_user(&mut self, user: User, tenant: &Tenant) -> &mut Self {
        self.replace_entries(vec![], entries_of_user(&user, tenant))
            .save(keys::user(user.id), Expect::Absent, &user)
    }

    /// Stores a changed user. Conflicts as `create_user`, or on the user's own key.
    pub fn update_user(&mut self, old: &Found<User>, new: User, tenant: &Tenant) -> &mut Self {
        self.replace_entries(entries_of_user(old, tenant), entries_of_user(&new, tenant))
            .save(keys::user(new.id), old.expected(), &new)
    }

    /// Removes a user with the meter, snoozes and mail history. Conflicts on
    /// [`keys::reseller::ties`] where the user holds roles in a reseller's domain.
    pub fn delete_user(&mut self, old: &Found<User>, tenant: &Tenant) -> &mut Self {
        self.replace_entries(entries_of_user(old, tenant), vec![]);
        self.remove(keys::user(old.id), old.revision);
        self.expect_no_ties(AccountId::User(old.id));
        // Deleted even where it is absent: the user's cached tokens are dropped by this.
        self.delete(keys::disabled(AccountId::User(old.id)));
        self.delete(keys::snoozes(old.id));
        self.delete(keys::recipient(old.id));
        self.delete(keys::open_mail(old.id));
        self.delete_meter(old.account())
    }

    /// Stores a brand; `expect` is what was seen of it.
    pub fn put_brand(&mut self, expect: Expect, brand: Brand) -> &mut Self {
        self.save(keys::brand(brand.tenant_id), expect, &brand)
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
        let id = hot.account;
        let key = keys::meter(AccountRef { id, number });
        self.expect(key.clone(), expect)
            .put(key, hot_meter::encode(&hot))
    }

    fn delete_meter(&mut self, account: AccountRef) -> &mut Self {
        self.delete(keys::offering_items(account.id));
        self.delete(keys::meter(account))
    }

    /// Stores a client; `expect` is what was seen of it.
    pub fn put_client(&mut self, expect: Expect, client: Client) -> &mut Self {
        self.put(keys::tenant_client(client.tenant_id, client.id), Vec::new());
        self.save(keys::client(client.id), expect, &client)
    }

    /// Removes a client.
    pub fn delete_client(&mut self, old: &Found<Client>) -> &mut Self {
        self.delete(keys::tenant_client(old.tenant_id, old.id));
        self.remove(keys::client(old.id), old.revision)
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
