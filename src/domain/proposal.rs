//! Decides who is offered what (rule `who-may-buy`): [`quota_proposal`] in messages about quotas,
//! [`edition_proposal`] in messages that propose an edition. Use case `view` calls both for whatever
//! is shown or sent, `destination` one of them for a click, and `explain` both to show their trails.

use super::rules::{Rule, Trail, is_notified};
use crate::named::named;

named! {
    /// What a message offers its reader.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Proposal {
        /// "Buy now": one click to the shop.
        BuyNow = "buy_now",
        /// "Contact your sales representative".
        ContactSales = "contact_sales",
    }
}

/// What the decision depends on, for one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reader {
    /// Has the `company_admin` role on the own tenant.
    pub company_admin: bool,
    /// Has the business type `buyer`.
    pub buyer: bool,
}

/// The shop, as the nearest enabled brand has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shop {
    /// A brand is enabled for the tenant or one of its ancestors.
    pub branding_enabled: bool,
    /// That brand's Buy URL is set (and sound).
    pub buy_url_set: bool,
}

/// What an admin who is a buyer sees when there is no shop to go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum WithoutBuyUrl {
    /// The plain message (rule `buy-url`).
    #[default]
    Nothing,
    /// The same as a buyer who is no admin.
    ContactSales,
}

/// What the two decisions depend on, for one user at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Facts {
    /// The user is enabled.
    pub user_enabled: bool,
    /// The user's tenant is enabled.
    pub tenant_enabled: bool,
    /// The user's roles.
    pub reader: Reader,
    /// The shop of the user's brand.
    pub shop: Shop,
    /// What the deployment sets.
    pub without_buy_url: WithoutBuyUrl,
}

/// The proposal for a quota message, the same in console, mail and portal header. Only buyers are
/// offered anything; one who is no company admin is sent to sales.
#[must_use]
pub fn quota_proposal(facts: &Facts, trail: &mut Trail) -> Option<Proposal> {
    if !is_notified(facts.user_enabled, facts.tenant_enabled, trail)
        || !trail.holds(Rule::IsBuyer, facts.reader.buyer)
    {
        return None;
    }
    if !trail.holds(Rule::IsCompanyAdmin, facts.reader.company_admin) {
        return Some(Proposal::ContactSales);
    }
    proposal_by_shop(facts, trail)
}

/// The proposal for an edition message: every enabled user but the admin who is a buyer is sent to
/// sales.
/// Without a shop there is nothing to click, so [`Facts::without_buy_url`] decides for that admin.
#[must_use]
pub fn edition_proposal(facts: &Facts, trail: &mut Trail) -> Option<Proposal> {
    if !is_notified(facts.user_enabled, facts.tenant_enabled, trail) {
        return None;
    }
    let may_buy = trail.holds(Rule::IsBuyer, facts.reader.buyer)
        && trail.holds(Rule::IsCompanyAdmin, facts.reader.company_admin);
    if !may_buy {
        return Some(Proposal::ContactSales);
    }
    proposal_by_shop(facts, trail)
}

/// What is proposed to who may buy.
fn proposal_by_shop(facts: &Facts, trail: &mut Trail) -> Option<Proposal> {
    let shop = facts.shop;
    let is_open = trail.holds(Rule::BrandingEnabled, shop.branding_enabled)
        && trail.holds(Rule::BuyUrlSet, shop.buy_url_set);
    if is_open {
        return Some(Proposal::BuyNow);
    }
    let to_sales = facts.without_buy_url == WithoutBuyUrl::ContactSales;
    trail
        .holds(Rule::SalesWithoutBuyUrl, to_sales)
        .then_some(Proposal::ContactSales)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Decide = fn(&Facts, &mut Trail) -> Option<Proposal>;

    /// Every row: admin, buyer, branding, URL, setting, user enabled, tenant enabled -> quota proposal,
    /// edition proposal.
    #[test]
    fn the_whole_table() {
        use Proposal::{BuyNow, ContactSales};
        for row in 0..128_u8 {
            let bit = |at: u8| row & (1 << at) != 0;
            let reader = Reader {
                company_admin: bit(0),
                buyer: bit(1),
            };
            let shop = Shop {
                branding_enabled: bit(2),
                buy_url_set: bit(3),
            };
            let (without, no_shop) = match bit(4) {
                false => (WithoutBuyUrl::Nothing, None),
                true => (WithoutBuyUrl::ContactSales, Some(ContactSales)),
            };
            let (user_enabled, tenant_enabled) = (!bit(5), !bit(6));
            let (quota, edition) = match (reader.company_admin, reader.buyer, bit(2) && bit(3)) {
                (true, true, true) => (Some(BuyNow), Some(BuyNow)),
                (true, true, false) => (no_shop, no_shop),
                (false, true, _) => (Some(ContactSales), Some(ContactSales)),
                (_, false, _) => (None, Some(ContactSales)),
            };
            let (quota, edition) = match user_enabled && tenant_enabled {
                true => (quota, edition),
                false => (None, None),
            };
            let facts = Facts {
                user_enabled,
                tenant_enabled,
                reader,
                shop,
                without_buy_url: without,
            };
            let row = format!("{facts:?}");
            for (decide, expected) in [
                (quota_proposal as Decide, quota),
                (edition_proposal, edition),
            ] {
                let mut trail = Trail::kept();
                let silent = decide(&facts, &mut Trail::silent());
                let decided = decide(&facts, &mut trail);
                assert_eq!((decided, silent), (expected, expected), "{row}");
                let rules = trail.into_rules();
                // Each rule is looked at once; after a "no" at most the setting is.
                let passed = rules.iter().filter(|checked| !checked.holds).count();
                assert!(passed <= 2 && !rules.is_empty(), "{row}: {rules:?}");
            }
        }
    }

    #[test]
    fn the_trail_ends_with_the_rule_that_decided() {
        use Rule::{
            BrandingEnabled, BuyUrlSet, IsBuyer, IsCompanyAdmin, SalesWithoutBuyUrl, TenantEnabled,
            UserEnabled,
        };
        use WithoutBuyUrl::{ContactSales, Nothing};
        let enabled = [(UserEnabled, true), (TenantEnabled, true)];
        let may_buy = [(IsBuyer, true), (IsCompanyAdmin, true)];
        let and = |more: &[(Rule, bool)]| [&may_buy, more].concat();
        let no_admin = vec![(IsBuyer, true), (IsCompanyAdmin, false)];
        let open = [(BrandingEnabled, true), (BuyUrlSet, true)];
        let no_brand = [(BrandingEnabled, false), (SalesWithoutBuyUrl, false)];
        let no_url = [
            (BrandingEnabled, true),
            (BuyUrlSet, false),
            (SalesWithoutBuyUrl, true),
        ];
        // Admin, buyer, branding, URL, setting.
        for (company_admin, buyer, branding_enabled, buy_url_set, without, expected) in [
            (true, false, true, true, Nothing, vec![(IsBuyer, false)]),
            (false, true, true, true, Nothing, no_admin),
            (true, true, true, true, Nothing, and(&open)),
            (true, true, false, true, Nothing, and(&no_brand)),
            (true, true, true, false, ContactSales, and(&no_url)),
        ] {
            let mut trail = Trail::kept();
            let reader = Reader {
                company_admin,
                buyer,
            };
            let shop = Shop {
                branding_enabled,
                buy_url_set,
            };
            let facts = Facts {
                user_enabled: true,
                tenant_enabled: true,
                reader,
                shop,
                without_buy_url: without,
            };
            let _ = quota_proposal(&facts, &mut trail);
            let rules = trail.into_rules().into_iter();
            let rules = rules.map(|checked| (checked.rule, checked.holds));
            assert_eq!(rules.collect::<Vec<_>>(), [&enabled, &*expected].concat());
        }
    }
}
