//! The billing information of tenants: enter, change, read.

use uuid::Uuid;

use super::access::Context;
use super::audit::Act;
use super::error::{Error, What, retrying};
use super::manage_taxes::tax_of_lineage;
use super::manage_tenants::takes_accounts;
use super::page::{self, Page, PageRequest};
use super::precondition::Expected;
use crate::domain::billing::{Account, Address, Customer, Invoicing, Reach, Service, Tax};
use crate::domain::ids::{CustomerId, TaxId, TenantId, V1Id};
use crate::domain::tenant::Tenant;
use crate::reference::{self, countries, languages};
use crate::store::engine::Changes;
use crate::store::keys;

/// A customer as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerView {
    /// The customer.
    pub customer: Customer,
    /// The API v1 id of its tenant.
    pub v1_id: V1Id,
    /// The name of its country.
    pub country_name: Option<String>,
    /// The name of its state.
    pub state_name: Option<String>,
    /// The culture of its language: `en-US`.
    pub culture: String,
    /// The group that supports it: one for all customers of a partner.
    pub support_group: Uuid,
    /// Who supports it: likewise.
    pub support_user: Uuid,
    /// The group of its own people.
    pub business_unit: Uuid,
}

/// Enters or changes the billing information of a tenant. `change` is given the tax of that id too,
/// where the customer can have it, and is asked again where the information changed meanwhile.
///
/// # Errors
/// The tenant is out of reach, or disabled and without such information; `expected` is stale; or
/// as `change` says.
pub async fn put(
    cx: Context<'_>,
    tenant: TenantId,
    tax: Option<TaxId>,
    expected: Expected,
    change: impl Fn(Customer, Option<&Tax>) -> Result<Customer, Error>,
) -> Result<CustomerView, Error> {
    retrying(|| put_once(cx, tenant, tax, expected, &change)).await
}

async fn put_once(
    cx: Context<'_>,
    id: TenantId,
    tax: Option<TaxId>,
    expected: Expected,
    change: impl Fn(Customer, Option<&Tax>) -> Result<Customer, Error>,
) -> Result<CustomerView, Error> {
    let env = cx.env;
    let tenant = cx.tenant(id).await?;
    let old = env.store.load::<Customer>(id).await?;
    let before = if let Some(found) = &old {
        found.value.clone()
    } else {
        takes_accounts(&tenant)?;
        blank(&tenant)
    };
    expected.check(before.version)?;
    let tax = match tax {
        Some(id) => tax_of_lineage(env, &tenant, id).await?,
        None => None,
    };
    let mut customer = change(before, tax.as_ref())?;
    if old.is_none() && customer.invoicing.fallback_email.is_none() {
        // Rule `billing-information`: the one address that the request names is also where invoices go.
        let email = customer.reach.email.clone();
        customer.invoicing.fallback_email = email;
    }
    customer.version += 1;
    let mut changes = Changes::new();
    // A tenant that is disabled and deleted meanwhile takes no customer.
    changes.expect_tenant(&tenant);
    changes.put_customer(old.as_ref(), customer.clone(), &tenant);
    let (action, before) = match &old {
        Some(found) => ("customer.update", Some(&found.value)),
        None => ("customer.create", None),
    };
    let act = Act::new(action, &tenant, customer.id);
    cx.commit(changes, act, before, Some(&customer)).await?;
    Ok(view(customer, &tenant))
}

/// What a customer is before anything is said of it; version 0 is stored nowhere.
fn blank(tenant: &Tenant) -> Customer {
    Customer {
        id: CustomerId::random(),
        tenant_id: tenant.id,
        name: tenant.name.clone(),
        alias: String::new(),
        language: languages::of_tag(&tenant.language),
        address: Address::default(),
        reach: Reach::default(),
        invoicing: Invoicing::default(),
        service: Service::default(),
        account: Account::default(),
        directory_sync_id: Uuid::new_v4(),
        version: 0,
    }
}

fn view(customer: Customer, tenant: &Tenant) -> CustomerView {
    let country = customer.address.country.and_then(countries::find);
    let state = country
        .zip(customer.address.state)
        .and_then(|(country, state)| country.state(state));
    let culture = languages::find(customer.language).map(languages::Language::culture);
    let partner = tenant.parent_id().unwrap_or(tenant.id);
    CustomerView {
        v1_id: tenant.v1_id,
        country_name: country.map(|country| country.name.clone()),
        state_name: state.map(|state| state.name.to_owned()),
        culture: culture.unwrap_or_default(),
        support_user: reference::id_of(&format!("support-user:{partner}")),
        support_group: reference::id_of(&format!("support-group:{partner}")),
        business_unit: reference::id_of(&format!("business-unit:{}", tenant.id)),
        customer,
    }
}

/// One customer.
///
/// # Errors
/// It is unknown or out of reach.
pub async fn read(cx: Context<'_>, id: CustomerId) -> Result<CustomerView, Error> {
    let missing = || Error::NotFound(What::Customer);
    let tenant = cx.env.store.tenant_of_customer(id).await?;
    let tenant = tenant.ok_or_else(missing)?;
    let tenant = cx.tenant_of(What::Customer, tenant).await?;
    let customer = cx.env.store.load::<Customer>(tenant.id).await?;
    let customer = customer.ok_or_else(missing)?;
    Ok(view(customer.value, &tenant))
}

/// The customers at or below a tenant. `skip` of them are passed over first.
///
/// # Errors
/// The tenant is unknown or out of reach.
pub async fn list(
    cx: Context<'_>,
    root: TenantId,
    mut request: PageRequest,
    skip: usize,
) -> Result<Page<CustomerView>, Error> {
    let env = cx.env;
    cx.tenant(root).await?;
    let index = keys::billing::subtree_customers(root);
    if skip > 0 {
        let passed = env.store.ids_under(&index, request.after, skip).await?;
        if passed.len() < skip {
            return Ok(Page::whole(Vec::new()));
        }
        request.after = passed.last().copied();
    }
    let page = page::ids(env, &index, request).await?;
    let ids = page.items.iter().copied();
    let tenants = env.store.load_many::<Tenant>(ids.clone()).await?;
    let customers = env.store.load_many::<Customer>(ids).await?;
    let pairs = customers.into_iter().zip(tenants);
    let views = pairs.filter_map(|(customer, tenant)| Some(view(customer?.value, &*tenant?)));
    let views = views.collect();
    Ok(page.with(views))
}
