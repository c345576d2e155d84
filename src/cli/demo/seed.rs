//! The fleet of the demo: made by the use cases that the APIs call, so that it is as real as one
//! that a portal would make.

use super::fleet::{Customer, Fleet, Person, usage_name};
use super::life::{Pace, Track, report_of};
use crate::domain::client::ApiScopes;
use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::domain::quota::{Item, Quota};
use crate::domain::tenant::{Tenant, TenantKind};
use crate::domain::time::Timestamp;
use crate::domain::user::COMPANY_ADMIN;
use crate::usecases::Env;
use crate::usecases::access::Caller;
use crate::usecases::access_policies::{self, PolicyInput};
use crate::usecases::brand_patch::BrandPatch;
use crate::usecases::contact::ContactPatch;
use crate::usecases::error::Error;
use crate::usecases::initialize::FirstClient;
use crate::usecases::manage_tenants::{NewTenant, TenantPatch};
use crate::usecases::manage_users::{BUYER, NewUser, UserPatch};
use crate::usecases::offering_patch::{OfferingPatch, QuotaInput};
use crate::usecases::report_usage::{Mode, report_usages};
use crate::usecases::{manage_brand, manage_offering_items, manage_tenants, manage_users};

const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

/// The partner with a brand and a shop.
pub(super) const BRANDED: &str = "Nordlicht Cloud";

/// The partner that has set up neither.
const UNBRANDED: &str = "Southbank IT";

struct CustomerPlan {
    partner: &'static str,
    name: &'static str,
    domain: &'static str,
    language: &'static str,
    story: &'static str,
    quotas: &'static [QuotaPlan],
    people: &'static [PersonPlan],
}

struct QuotaPlan {
    item: Item,
    quota: u64,
    usage: u64,
    pace: Pace,
}

struct PersonPlan {
    first: &'static str,
    last: &'static str,
    language: &'static str,
    admin: bool,
    buyer: bool,
    quotas: &'static [QuotaPlan],
}

const fn storage(quota: u64, usage: u64, pace: Pace) -> QuotaPlan {
    QuotaPlan {
        item: Item::StorageSize,
        quota,
        usage,
        pace,
    }
}

const fn count(item: Item, quota: u64, usage: u64) -> QuotaPlan {
    QuotaPlan {
        item,
        quota,
        usage,
        pace: Pace::STILL,
    }
}

const fn person(
    (first, last): (&'static str, &'static str),
    language: &'static str,
    (admin, buyer): (bool, bool),
    quotas: &'static [QuotaPlan],
) -> PersonPlan {
    PersonPlan {
        first,
        last,
        language,
        admin,
        buyer,
        quotas,
    }
}

const BOTH: (bool, bool) = (true, true);
const ADMIN_ONLY: (bool, bool) = (true, false);
const BUYER_ONLY: (bool, bool) = (false, true);
const NEITHER: (bool, bool) = (false, false);

const FLEET: [CustomerPlan; 4] = [
    CustomerPlan {
        partner: BRANDED,
        name: "Alpenblick Hotels",
        domain: "alpenblick.example",
        language: "de",
        story: "Storage and virtual machines are over their quotas, and so is one user's own storage.",
        quotas: &[
            storage(
                2 * TIB,
                2130 * GIB,
                Pace {
                    step: 60,
                    high: 112,
                    low: 0,
                },
            ),
            count(Item::VirtualMachines, 10, 12),
            count(Item::PhysicalServers, 6, 5),
        ],
        people: &[
            person(("Anna", "Gruber"), "de", BOTH, &[]),
            person(
                ("Lukas", "Moser"),
                "de",
                BUYER_ONLY,
                &[storage(50 * GIB, 52 * GIB, Pace::STILL)],
            ),
            person(("Eva", "Brandl"), "de", ADMIN_ONLY, &[]),
            person(("Tom", "Reiter"), "en", NEITHER, &[]),
        ],
    },
    CustomerPlan {
        partner: BRANDED,
        name: "Harbor & Finch Architects",
        domain: "harborfinch.example",
        language: "en",
        story: "Backups grow. Watch storage pass 90 % and then 100 %; after a while someone cleans up.",
        quotas: &[
            storage(
                4 * TIB,
                3620 * GIB,
                Pace {
                    step: 700,
                    high: 104,
                    low: 82,
                },
            ),
            count(Item::PhysicalMachines, 40, 31),
            count(Item::PhysicalServers, 4, 2),
        ],
        people: &[
            person(("Grace", "Finch"), "en", BOTH, &[]),
            person(("Omar", "Haddad"), "de", BUYER_ONLY, &[]),
            person(
                ("Priya", "Nair"),
                "en",
                NEITHER,
                &[storage(
                    100 * GIB,
                    61 * GIB,
                    Pace {
                        step: 150,
                        high: 88,
                        low: 55,
                    },
                )],
            ),
        ],
    },
    CustomerPlan {
        partner: BRANDED,
        name: "Lindqvist Dental",
        domain: "lindqvist.example",
        language: "en",
        story: "All is well: nobody sees a message, nobody gets mail.",
        quotas: &[
            storage(
                TIB,
                402 * GIB,
                Pace {
                    step: 350,
                    high: 52,
                    low: 36,
                },
            ),
            count(Item::PhysicalMachines, 12, 9),
            count(Item::MobileDevices, 10, 6),
        ],
        people: &[
            person(("Maja", "Lindqvist"), "en", BOTH, &[]),
            person(("Jonas", "Ek"), "de", ADMIN_ONLY, &[]),
        ],
    },
    CustomerPlan {
        partner: UNBRANDED,
        name: "Kettle & Crane Foods",
        domain: "kettlecrane.example",
        language: "en",
        story: "The partner has set no Buy URL: the same alerts, but no way to the shop.",
        quotas: &[
            storage(
                3 * TIB,
                2850 * GIB,
                Pace {
                    step: 90,
                    high: 97,
                    low: 0,
                },
            ),
            count(Item::MobileDevices, 12, 13),
        ],
        people: &[
            person(("Ruth", "Crane"), "en", BOTH, &[]),
            person(("Ben", "Kettle"), "de", BUYER_ONLY, &[]),
        ],
    },
];

/// Makes the fleet, and reports its first usage.
///
/// # Errors
/// The store failed.
pub(super) async fn seed(
    env: &Env,
    client: FirstClient,
    now: Timestamp,
) -> Result<(Fleet, Vec<Track>), Error> {
    let caller = Caller {
        subject: client.client_id.uuid(),
        root: client.tenant_id,
        scopes: ApiScopes::all(),
        user: None,
    };
    let seeder = Seeder {
        env,
        caller: &caller,
        now,
    };
    let branded = seeder
        .tenant(BRANDED, TenantKind::Partner, client.tenant_id, "en")
        .await?
        .id;
    let unbranded = seeder
        .tenant(UNBRANDED, TenantKind::Partner, client.tenant_id, "en")
        .await?
        .id;
    seeder.brand(branded).await?;
    let (mut customers, mut tracks) = (Vec::new(), Vec::new());
    for plan in &FLEET {
        let partner = if plan.partner == BRANDED {
            branded
        } else {
            unbranded
        };
        customers.push(seeder.customer(plan, partner, &mut tracks).await?);
    }
    let reports = tracks.iter().map(report_of).collect();
    let outcome = report_usages(env, &caller, reports, Mode::Commit, now).await;
    outcome
        .lines
        .into_iter()
        .try_for_each(|line| line.map(|_| ()))?;
    Ok((
        Fleet {
            caller,
            client,
            customers,
        },
        tracks,
    ))
}

struct Seeder<'a> {
    env: &'a Env,
    caller: &'a Caller,
    now: Timestamp,
}

impl Seeder<'_> {
    async fn tenant(
        &self,
        name: &str,
        kind: TenantKind,
        parent_id: TenantId,
        language: &str,
    ) -> Result<Tenant, Error> {
        let rest = TenantPatch {
            language: Some(language.to_owned()),
            ..TenantPatch::default()
        };
        let new = NewTenant {
            name: name.to_owned(),
            kind,
            parent_id,
            rest,
        };
        Ok(manage_tenants::create(self.env, self.caller, new, self.now)
            .await?
            .tenant)
    }

    async fn brand(&self, partner: TenantId) -> Result<(), Error> {
        let public = &self.env.settings.public_url;
        let text = |text: &str| Some(text.to_owned());
        let patch = BrandPatch {
            service_name: text(BRANDED),
            company_name: text("Nordlicht GmbH"),
            color: text("0f766e"),
            support_phone: text("+49 30 5550 1200"),
            // With a query of its own, which Buy links keep.
            upsell_url: Some(format!("{public}/demo/shop?campaign=quota")),
            urls: vec![
                (
                    "support_url",
                    "https://nordlicht.example/support".to_owned(),
                ),
                ("terms_url", "https://nordlicht.example/terms".to_owned()),
                (
                    "privacy_policy_url",
                    "https://nordlicht.example/privacy".to_owned(),
                ),
            ],
            ..BrandPatch::default()
        };
        manage_brand::enable(self.env, self.caller, partner, &patch, None, self.now).await?;
        Ok(())
    }

    async fn customer(
        &self,
        plan: &CustomerPlan,
        partner: TenantId,
        tracks: &mut Vec<Track>,
    ) -> Result<Customer, Error> {
        let tenant = self
            .tenant(plan.name, TenantKind::Customer, partner, plan.language)
            .await?;
        let account = AccountId::Tenant(tenant.id);
        tracks.extend(self.quotas(account, plan.name, plan.quotas).await?);
        let mut people = Vec::new();
        for person in plan.people {
            let made = self.person(plan, person, tenant.id).await?;
            let owner = format!("{} ({})", made.name, plan.name);
            let account = AccountId::User(made.id);
            tracks.extend(self.quotas(account, &owner, person.quotas).await?);
            people.push(made);
        }
        Ok(Customer {
            id: tenant.id,
            v1_id: tenant.v1_id.0,
            name: plan.name,
            story: plan.story,
            partner: plan.partner,
            people,
        })
    }

    async fn person(
        &self,
        customer: &CustomerPlan,
        plan: &PersonPlan,
        tenant_id: TenantId,
    ) -> Result<Person, Error> {
        let login = format!("{}.{}", plan.first, plan.last).to_ascii_lowercase();
        let email = format!("{login}@{}", customer.domain);
        let buyer = if plan.buyer {
            vec![BUYER.to_owned()]
        } else {
            Vec::new()
        };
        let rest = UserPatch {
            login: Some(login),
            contact: ContactPatch {
                firstname: Some(plan.first.to_owned()),
                lastname: Some(plan.last.to_owned()),
                email: Some(email.clone()),
                ..ContactPatch::default()
            },
            language: Some(plan.language.to_owned()),
            activated: Some(true),
            business_types: Some(buyer),
            ..UserPatch::default()
        };
        let new = NewUser { tenant_id, rest };
        let user = manage_users::create(self.env, self.caller, new, self.now).await?;
        if plan.admin {
            self.make_admin(user.id, tenant_id).await?;
        }
        Ok(Person {
            id: user.id,
            v1_id: user.v1_id.0,
            name: format!("{} {}", plan.first, plan.last),
            email,
            language: plan.language,
            admin: plan.admin,
            buyer: plan.buyer,
        })
    }

    async fn make_admin(&self, user: UserId, tenant_id: TenantId) -> Result<(), Error> {
        let role = PolicyInput {
            id: None,
            trustee_id: None,
            trustee_type: None,
            tenant_id,
            role: COMPANY_ADMIN.to_owned(),
            version: None,
        };
        access_policies::replace(self.env, self.caller, user, &[role], self.now).await?;
        Ok(())
    }

    async fn quotas(
        &self,
        account: AccountId,
        owner: &str,
        plans: &[QuotaPlan],
    ) -> Result<Vec<Track>, Error> {
        let patches: Vec<OfferingPatch> = plans.iter().map(offering).collect();
        if !patches.is_empty() {
            manage_offering_items::update(self.env, self.caller, account, &patches, self.now)
                .await?;
        }
        let tracks = plans.iter().map(|plan| {
            Track::new(
                account,
                owner.to_owned(),
                plan.item,
                (plan.quota, plan.usage),
                plan.pace,
            )
        });
        Ok(tracks.collect())
    }
}

fn offering(plan: &QuotaPlan) -> OfferingPatch {
    OfferingPatch {
        usage_name: Some(usage_name(plan.item).to_owned()),
        quota: Some(QuotaInput {
            quota: Quota::soft(plan.quota),
            version: None,
        }),
        ..OfferingPatch::default()
    }
}
