//! The partner's shop, as far as the demo needs one: it reads what the Buy link brought, offers
//! what is missing, and raises the quota of what is bought, as a real shop does over the API.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::sample;
use super::feed::{Kind, Who};
use super::fleet::{Customer, Fleet, Person, item_word, usage_name};
use super::site::Site;
use crate::domain::decimal::{Decimal, DecimalError};
use crate::domain::ids::{AccountId, AccountRef, V1Id};
use crate::domain::meter::ItemStatus;
use crate::domain::plan::what_to_buy;
use crate::domain::quota::{Item, Quota, Scope};
use crate::http::endpoint::{Answer, PublicCall};
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::output;
use crate::usecases::Env;
use crate::usecases::access::Context;
use crate::usecases::manage_offering_items;
use crate::usecases::offering_patch::OfferingPatch;

const GIB: u64 = 1 << 30;

/// After a purchase no more than this is used, in percent.
const ROOM_PERCENT: u64 = 85;

/// One thing that the shop sells: so much quota for so much a month.
struct Block {
    size: u64,
    price: Decimal,
}

/// By the partner's plan, as the messages say; what the plan does not have at prices of the shop.
fn block(scope: Scope, item: Item) -> Block {
    let plan = sample::plan();
    match (scope, item) {
        (Scope::Tenant, Item::StorageSize) => Block {
            size: plan.extra_usage_bytes,
            price: plan.extra_price,
        },
        (Scope::Tenant, Item::PhysicalMachines) => Block {
            size: 1,
            price: plan.computers_price,
        },
        (Scope::User, Item::StorageSize) => Block {
            size: 25 * GIB,
            price: Decimal::of_hundredths(190),
        },
        _ => Block {
            size: 5,
            price: Decimal::of_hundredths(1_750),
        },
    }
}

/// What a Buy link asks for.
struct Cart<'a> {
    customer: &'a Customer,
    person: Option<&'a Person>,
    lines: Vec<(Scope, Item)>,
}

impl<'a> Cart<'a> {
    fn new(
        fleet: &'a Fleet,
        (tenant, user): (u32, Option<u32>),
        lines: Vec<(Scope, Item)>,
    ) -> Option<Self> {
        let customer = fleet.customer_by_v1(tenant)?;
        let of_customer = |id| customer.people.iter().find(|person| person.v1_id == id);
        Some(Self {
            customer,
            person: user.and_then(of_customer),
            lines,
        })
    }

    fn account(&self, scope: Scope) -> Option<AccountRef> {
        let (id, number) = match scope {
            Scope::Tenant => (AccountId::Tenant(self.customer.id), self.customer.v1_id),
            Scope::User => {
                let person = self.person?;
                (AccountId::User(person.id), person.v1_id)
            }
        };
        let number = V1Id(number);
        Some(AccountRef { id, number })
    }

    /// The lines that stand, with how they stand now and what messages say is to be bought.
    async fn standing(&self, env: &Env) -> Result<Vec<Standing>, ApiError> {
        let mut standing = Vec::new();
        for (scope, item) in &self.lines {
            let Some(account) = self.account(*scope) else {
                continue;
            };
            let (meter, _) = env.store.meter(account).await?;
            let statuses = meter.status(&env.settings.usage_names, &env.settings.quota);
            let promised = what_to_buy(&sample::plan(), None, &statuses).of(*scope, *item);
            let found = statuses.into_iter().find(|status| status.item == *item);
            standing.extend(found.map(|status| Standing {
                scope: *scope,
                account: account.id,
                status,
                promised: promised.ok().map(|purchase| purchase.count),
            }));
        }
        Ok(standing)
    }
}

/// An item that a Buy link names.
struct Standing {
    scope: Scope,
    account: AccountId,
    status: ItemStatus,
    /// How many blocks the message has promised to be enough.
    promised: Option<u64>,
}

/// How many blocks make enough room.
fn blocks(status: &ItemStatus, quota: u64, size: u64) -> u64 {
    let wanted = u128::from(status.usage) * 100 / u128::from(ROOM_PERCENT) + 1;
    let missing = wanted.saturating_sub(u128::from(quota));
    let blocks = missing.div_ceil(u128::from(size)).max(1);
    u64::try_from(blocks).unwrap_or(u64::MAX)
}

/// GET `/demo/api/offer` with the query that the shop was given.
pub(super) async fn offer(site: Arc<Site>, call: PublicCall) -> Answer {
    let fleet = site.ready()?;
    let params = Params::of_query(&call.request.head)?;
    let number = |name| params.get(name).and_then(|text| text.parse::<u32>().ok());
    let mut lines = items(
        Scope::Tenant,
        params.get("tenant_quota").unwrap_or_default(),
    );
    lines.extend(items(
        Scope::User,
        params.get("user_quota").unwrap_or_default(),
    ));
    let tenant = number("tenant_id").unwrap_or_default();
    let Some(cart) = Cart::new(fleet, (tenant, number("user_id")), lines) else {
        return Ok(output::ok(
            &json!({ "customer": null, "person": null, "total": "0", "lines": [] }),
        ));
    };
    let mut forms = Vec::new();
    let mut total = Decimal::of_hundredths(0);
    for standing in cart.standing(&call.env).await? {
        if let Some(line) = Offered::new(&standing) {
            total = total.checked_add(line.price()?).map_err(too_much)?;
            forms.push(line.to_json()?);
        }
    }
    Ok(output::ok(&json!({
        "customer": cart.customer.name,
        "person": cart.person.map(|person| json!({ "login": person.login, "name": person.name })),
        "total": total.to_string(),
        "lines": forms,
    })))
}

/// For who orders more than a price can say.
fn too_much(_: DecimalError) -> ApiError {
    ApiError::malformed("lines", "cost more than a price can have digits")
}

/// The known items of a list; a shop skips what it does not sell.
fn items(scope: Scope, list: &str) -> Vec<(Scope, Item)> {
    let known = list.split(',').filter_map(|name| name.parse().ok());
    known
        .take(Item::ALL.len())
        .map(|item| (scope, item))
        .collect()
}

/// What is offered for one line of the cart.
struct Offered {
    scope: Scope,
    status: ItemStatus,
    /// The limit of today.
    quota: u64,
    block: Block,
    /// As many blocks as the message said, else as many as make enough room.
    count: u64,
}

impl Offered {
    /// `None` where nothing is limited.
    fn new(standing: &Standing) -> Option<Self> {
        let status = standing.status;
        let quota = status.quota.value?;
        let block = block(standing.scope, status.item);
        let enough = || blocks(&status, quota, block.size);
        let count = standing.promised.unwrap_or_else(enough);
        Some(Self {
            scope: standing.scope,
            status,
            quota,
            block,
            count,
        })
    }

    const fn new_quota(&self) -> u64 {
        let more = self.block.size.saturating_mul(self.count);
        self.quota.saturating_add(more)
    }

    /// Of all blocks, for a month.
    fn price(&self) -> Result<Decimal, ApiError> {
        let price = self.block.price.checked_mul(Decimal::from(self.count));
        price.map_err(too_much)
    }

    fn to_json(&self) -> Result<Value, ApiError> {
        Ok(json!({
            "scope": self.scope.name(),
            "item": self.status.item.name(),
            "state": self.status.state.name(),
            "unit": self.status.item.unit().name(),
            "usage": self.status.usage,
            "quota": self.quota,
            "block": self.block.size,
            "blocks": self.count,
            "price": self.price()?.to_string(),
            "new_quota": self.new_quota(),
        }))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    tenant_id: u32,
    user_id: Option<u32>,
    lines: Vec<OrderLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderLine {
    scope: String,
    item: String,
}

/// POST `/demo/api/buy`: raises the quotas. The service sees nothing but the raised quotas.
pub(super) async fn buy(site: Arc<Site>, call: PublicCall) -> Answer {
    let fleet = site.ready()?;
    let order: Order = input::json(&call.request)?;
    let lines = order.lines.iter().take(2 * Item::ALL.len()).map(order_line);
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    let cart = Cart::new(fleet, (order.tenant_id, order.user_id), lines);
    let unknown = || ApiError::malformed("tenant_id", "must be a customer of the demo");
    let cart = cart.ok_or_else(unknown)?;
    let now = call.now();
    let cx = Context {
        env: &call.env,
        caller: &fleet.caller,
        now,
    };
    let mut bought = Vec::new();
    for standing in cart.standing(&call.env).await? {
        let Some(line) = Offered::new(&standing) else {
            continue;
        };
        let (account, status) = (standing.account, standing.status);
        let quota = Quota {
            value: Some(line.new_quota()),
            overage: status.quota.overage,
        };
        let patch = OfferingPatch::quota(usage_name(status.item), quota);
        manage_offering_items::update(cx, account, &[patch], None).await?;
        let who = cart
            .person
            .map_or(Who::Named(cart.customer.name), Who::Person);
        let item = item_word(status.item);
        let text = format!("bought more {item} for {}", cart.customer.name);
        site.feed.tell(Kind::Purchase, who, text, now);
        bought.push(line.to_json()?);
    }
    Ok(output::ok(
        &json!({ "customer": cart.customer.name, "lines": bought }),
    ))
}

fn order_line(line: &OrderLine) -> Result<(Scope, Item), ApiError> {
    let scope = match line.scope.as_str() {
        "tenant" => Scope::Tenant,
        "user" => Scope::User,
        _ => return Err(ApiError::malformed("scope", "must be tenant or user")),
    };
    let item = line.item.parse();
    let item = item.map_err(|_| ApiError::malformed("item", "must be one of the five items"))?;
    Ok((scope, item))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::quota::State;
    use crate::domain::time::Timestamp;

    #[test]
    fn as_many_blocks_as_make_room() {
        for (usage, quota, size, expected) in [
            (1_040, 1_000, 100, 3),
            (900, 1_000, 100, 1),
            (12, 10, 5, 1),
            (85, 100, 10, 1),
            (0, 0, 5, 1),
        ] {
            let status = ItemStatus {
                item: Item::StorageSize,
                state: State::Exceeded,
                usage,
                quota: Quota::soft(quota),
                since: Timestamp::default(),
            };
            let count = blocks(&status, quota, size);
            assert_eq!(count, expected, "{usage} of {quota}");
            let used_percent = usage * 100 / (quota + count * size);
            assert!(used_percent <= ROOM_PERCENT, "{used_percent} %");
        }
    }
}
