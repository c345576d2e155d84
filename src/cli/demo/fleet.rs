//! The demo's tenants and users, once they are created.

use crate::domain::ids::{TenantId, UserId};
use crate::domain::quota::Item;
use crate::usecases::access::Caller;
use crate::usecases::initialize::FirstClient;

/// The demo's tenants and users, and the client that the demo works as.
pub(super) struct Fleet {
    /// Reaches everything.
    pub(super) caller: Caller,
    /// Whose credentials get tokens for people.
    pub(super) client: FirstClient,
    pub(super) customers: Vec<Customer>,
}

/// A customer tenant.
pub(super) struct Customer {
    pub(super) id: TenantId,
    /// As Buy links name it.
    pub(super) v1_id: u32,
    pub(super) name: &'static str,
    /// What is going on there, for the start page.
    pub(super) story: &'static str,
    /// Who sells to it.
    pub(super) partner: &'static str,
    pub(super) people: Vec<Person>,
}

/// A user.
pub(super) struct Person {
    pub(super) id: UserId,
    /// As Buy links name them.
    pub(super) v1_id: u32,
    /// Names them in the demo's addresses.
    pub(super) login: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) language: &'static str,
    pub(super) admin: bool,
    pub(super) buyer: bool,
}

impl Person {
    /// Which of the four kinds of rule `who-may-buy`.
    pub(super) const fn role(&self) -> &'static str {
        match (self.admin, self.buyer) {
            (true, true) => "admin and buyer",
            (true, false) => "admin",
            (false, true) => "buyer",
            (false, false) => "neither",
        }
    }
}

impl Fleet {
    fn everybody(&self) -> impl Iterator<Item = &Person> {
        self.customers
            .iter()
            .flat_map(|customer| customer.people.iter())
    }

    pub(super) fn by_login(&self, login: &str) -> Option<&Person> {
        self.everybody().find(|person| person.login == login)
    }

    pub(super) fn by_email(&self, email: &str) -> Option<&Person> {
        self.everybody()
            .find(|person| person.email.eq_ignore_ascii_case(email))
    }

    pub(super) fn person(&self, id: UserId) -> Option<&Person> {
        self.everybody().find(|person| person.id == id)
    }

    pub(super) fn person_by_v1(&self, id: u32) -> Option<&Person> {
        self.everybody().find(|person| person.v1_id == id)
    }

    pub(super) fn customer_by_v1(&self, id: u32) -> Option<&Customer> {
        self.customers.iter().find(|customer| customer.v1_id == id)
    }
}

/// What the account dialect calls an item's usage (the default mapping).
pub(super) const fn usage_name(item: Item) -> &'static str {
    match item {
        Item::StorageSize => "storage",
        Item::PhysicalMachines => "workstations",
        Item::PhysicalServers => "servers",
        Item::VirtualMachines => "vms",
        Item::MobileDevices => "mobiles",
    }
}

/// An item in a sentence.
pub(super) const fn item_word(item: Item) -> &'static str {
    match item {
        Item::StorageSize => "storage",
        Item::PhysicalMachines => "physical machines",
        Item::PhysicalServers => "physical servers",
        Item::VirtualMachines => "virtual machines",
        Item::MobileDevices => "mobile devices",
    }
}
