//! The fleet of the demo: made by the use cases that the APIs call, so that it is as real as one
//! that a portal would make.

use super::fleet::{Customer, Fleet, Person, usage_name};
use super::life::{Track, report_of};
use super::plan::{BRANDED, CustomerPlan, FLEET, PersonPlan, QuotaPlan, UNBRANDED};
use crate::cli::sample;
use crate::domain::brand::{Brand, BrandUrls};
use crate::domain::client::ApiScopes;
use crate::domain::contact::{Contact, EmailAddress};
use crate::domain::ids::{AccountId, AccountRef, TenantId, UserId, V1Id};
use crate::domain::link::BuyUrl;
use crate::domain::plan::PlanRef;
use crate::domain::quota::Quota;
use crate::domain::tenant::{Tenant, TenantKind};
use crate::domain::time::Timestamp;
use crate::domain::user::{COMPANY_ADMIN, User};
use crate::usecases::Env;
use crate::usecases::access::{Caller, Context};
use crate::usecases::access_policies::{self, PolicyInput};
use crate::usecases::error::Error;
use crate::usecases::initialize::FirstClient;
use crate::usecases::manage_brand::Rules;
use crate::usecases::offering_patch::OfferingPatch;
use crate::usecases::report_usage::{Mode, report_usages};
use crate::usecases::tenant_plan::read_currency;
use crate::usecases::{
    manage_brand, manage_offering_items, manage_tenants, manage_users, partner_plans, tenant_plan,
};

/// Makes the fleet, and reports its first usage.
///
/// # Errors
/// The store failed.
pub(super) async fn seed(
    env: &Env,
    client: FirstClient,
    now: Timestamp,
) -> Result<(Fleet, Vec<Track>), Error> {
    let caller = Caller::of_client(client.client_id, client.tenant_id, ApiScopes::all());
    let cx = Context {
        env,
        caller: &caller,
        now,
    };
    let seeder = Seeder { cx };
    let branded = seeder
        .tenant(BRANDED, TenantKind::Partner, client.tenant_id, "en")
        .await?
        .id;
    let unbranded = seeder
        .tenant(UNBRANDED, TenantKind::Partner, client.tenant_id, "en")
        .await?
        .id;
    seeder.brand(branded).await?;
    let sold = seeder.sell(branded).await?;
    let (mut customers, mut tracks) = (Vec::new(), Vec::new());
    for plan in &FLEET {
        let partner = if plan.partner == BRANDED {
            branded
        } else {
            unbranded
        };
        let customer = seeder.customer(plan, partner, &mut tracks).await?;
        if partner == branded {
            tenant_plan::name_plan(cx, customer.id, sold, None).await?;
        }
        customers.push(customer);
    }
    let reports = tracks.iter().map(report_of).collect();
    let outcome = report_usages(cx, reports, Mode::Commit).await;
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
    cx: Context<'a>,
}

impl Seeder<'_> {
    async fn tenant(
        &self,
        name: &str,
        kind: TenantKind,
        parent_id: TenantId,
        language: &str,
    ) -> Result<Tenant, Error> {
        let view = manage_tenants::create(self.cx, parent_id, kind, |tenant| {
            Ok(Tenant {
                name: name.to_owned(),
                language: language.to_owned(),
                ..tenant
            })
        });
        Ok(view.await?.tenant)
    }

    async fn brand(&self, partner: TenantId) -> Result<(), Error> {
        let public = &self.cx.env.settings.public_url;
        // With a query of its own, which Buy links keep.
        let shop = format!("{public}/demo/shop?campaign=quota");
        let options = |brand: Brand, rules: &Rules<'_>| {
            let shop = BuyUrl::parse(&shop, rules.buy_url);
            Ok(Brand {
                service_name: BRANDED.to_owned(),
                company_name: "Nordlicht GmbH".to_owned(),
                color: "0f766e".to_owned(),
                support_phone: "+49 30 5550 1200".to_owned(),
                buy_url: Some(shop.map_err(|bad| Error::invalid("upsell_url", bad))?),
                urls: BrandUrls {
                    support: "https://nordlicht.example/support".to_owned(),
                    terms: "https://nordlicht.example/terms".to_owned(),
                    privacy_policy: "https://nordlicht.example/privacy".to_owned(),
                    ..BrandUrls::default()
                },
                ..brand
            })
        };
        manage_brand::enable(self.cx, partner, None, options).await?;
        Ok(())
    }

    /// The partner's plan, by which its customers buy.
    async fn sell(&self, partner: TenantId) -> Result<PlanRef, Error> {
        let named = partner.to_string();
        let terms = sample::plan();
        let plan = partner_plans::create(self.cx, &named, &terms).await?;
        let euro = read_currency("EUR")?;
        tenant_plan::set_currency(self.cx, partner, Some(euro), None).await?;
        Ok(plan.named())
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
        let account = tenant.account();
        tracks.extend(self.quotas(account, plan.name, plan.quotas).await?);
        let mut people = Vec::new();
        for person in plan.people {
            let made = self.person(plan, person, tenant.id).await?;
            let owner = format!("{} ({})", made.name, plan.name);
            let account = AccountRef {
                id: AccountId::User(made.id),
                number: V1Id(made.v1_id),
            };
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
        let address: EmailAddress = email
            .parse()
            .map_err(|bad| Error::invalid("contact.email", bad))?;
        let user = manage_users::create(self.cx, tenant_id, |user| {
            Ok(User {
                login: login.clone(),
                contact: Contact {
                    firstname: plan.first.to_owned(),
                    lastname: plan.last.to_owned(),
                    email: Some(address.clone()),
                    ..user.contact
                },
                language: plan.language.to_owned(),
                activated: true,
                buyer: plan.buyer,
                ..user
            })
        });
        let user = user.await?;
        if plan.admin {
            self.make_admin(user.id, tenant_id).await?;
        }
        Ok(Person {
            id: user.id,
            v1_id: user.v1_id.0,
            login,
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
        access_policies::replace(self.cx, user, &[role], None).await?;
        Ok(())
    }

    async fn quotas(
        &self,
        account: AccountRef,
        owner: &str,
        plans: &[QuotaPlan],
    ) -> Result<Vec<Track>, Error> {
        let offering =
            |plan: &QuotaPlan| OfferingPatch::quota(usage_name(plan.item), Quota::soft(plan.quota));
        let patches: Vec<OfferingPatch> = plans.iter().map(offering).collect();
        if !patches.is_empty() {
            manage_offering_items::update(self.cx, account.id, &patches, None).await?;
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
