//! Who sees what: the one decision table (rule `who-may-buy`).

use super::rules::{Rule, Trail};
use crate::domain::named::named;

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

/// The proposal for a quota message, the same in console, mail and portal header.
#[must_use]
pub fn quota_proposal(
    reader: Reader,
    shop: Shop,
    without: WithoutBuyUrl,
    trail: &mut Trail,
) -> Option<Proposal> {
    if !trail.holds(Rule::IsBuyer, reader.buyer) {
        return None;
    }
    if !trail.holds(Rule::IsCompanyAdmin, reader.company_admin) {
        return Some(Proposal::ContactSales);
    }
    proposal_by_shop(shop, without, trail)
}

/// The proposal for an edition message: everyone but the admin who is a buyer is sent to sales.
/// Without a shop there is nothing to click, so the same setting decides for that admin.
#[must_use]
pub fn edition_proposal(
    reader: Reader,
    shop: Shop,
    without: WithoutBuyUrl,
    trail: &mut Trail,
) -> Option<Proposal> {
    let may_buy = trail.holds(Rule::IsBuyer, reader.buyer)
        && trail.holds(Rule::IsCompanyAdmin, reader.company_admin);
    if !may_buy {
        return Some(Proposal::ContactSales);
    }
    proposal_by_shop(shop, without, trail)
}

/// What is proposed to who may buy.
fn proposal_by_shop(shop: Shop, without: WithoutBuyUrl, trail: &mut Trail) -> Option<Proposal> {
    let is_open = trail.holds(Rule::BrandingEnabled, shop.branding_enabled)
        && trail.holds(Rule::BuyUrlSet, shop.buy_url_set);
    if is_open {
        return Some(Proposal::BuyNow);
    }
    let to_sales = without == WithoutBuyUrl::ContactSales;
    trail
        .holds(Rule::SalesWithoutBuyUrl, to_sales)
        .then_some(Proposal::ContactSales)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Decide = fn(Reader, Shop, WithoutBuyUrl, &mut Trail) -> Option<Proposal>;

    /// Every row: admin, buyer, branding, URL, setting -> quota proposal, edition proposal.
    #[test]
    fn the_whole_table() {
        use Proposal::{BuyNow, ContactSales};
        let bools = [false, true];
        let mut rows = 0;
        for company_admin in bools {
            for buyer in bools {
                for branding_enabled in bools {
                    for buy_url_set in bools {
                        for without in [WithoutBuyUrl::Nothing, WithoutBuyUrl::ContactSales] {
                            let reader = Reader {
                                company_admin,
                                buyer,
                            };
                            let shop = Shop {
                                branding_enabled,
                                buy_url_set,
                            };
                            let no_shop = match without {
                                WithoutBuyUrl::Nothing => None,
                                WithoutBuyUrl::ContactSales => Some(ContactSales),
                            };
                            let (quota, edition) =
                                match (company_admin, buyer, branding_enabled, buy_url_set) {
                                    (true, true, true, true) => (Some(BuyNow), Some(BuyNow)),
                                    (true, true, _, _) => (no_shop, no_shop),
                                    (false, true, _, _) => (Some(ContactSales), Some(ContactSales)),
                                    (_, false, _, _) => (None, Some(ContactSales)),
                                };
                            let row = format!("{reader:?} {shop:?} {without:?}");
                            for (decide, expected) in [
                                (quota_proposal as Decide, quota),
                                (edition_proposal, edition),
                            ] {
                                let mut trail = Trail::kept();
                                let silent = decide(reader, shop, without, &mut Trail::silent());
                                let decided = decide(reader, shop, without, &mut trail);
                                assert_eq!((decided, silent), (expected, expected), "{row}");
                                let rules = trail.into_rules();
                                // Each rule is asked once, and what follows a "no" is one more word.
                                let passed = rules.iter().filter(|checked| !checked.holds).count();
                                assert!(passed <= 2 && !rules.is_empty(), "{row}: {rules:?}");
                            }
                            rows += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(rows, 32);
    }

    #[test]
    fn the_trail_ends_with_the_rule_that_decided() {
        use Rule::{BrandingEnabled, BuyUrlSet, IsBuyer, IsCompanyAdmin, SalesWithoutBuyUrl};
        let row = |(company_admin, buyer), (branding_enabled, buy_url_set), without| {
            let mut trail = Trail::kept();
            let reader = Reader {
                company_admin,
                buyer,
            };
            let shop = Shop {
                branding_enabled,
                buy_url_set,
            };
            let _ = quota_proposal(reader, shop, without, &mut trail);
            let rules = trail.into_rules().into_iter();
            rules
                .map(|checked| (checked.rule, checked.holds))
                .collect::<Vec<_>>()
        };
        let (nothing, sales) = (WithoutBuyUrl::Nothing, WithoutBuyUrl::ContactSales);
        let may_buy = [(IsBuyer, true), (IsCompanyAdmin, true)];
        let and = |more: &[(Rule, bool)]| [&may_buy, more].concat();
        assert_eq!(
            row((true, false), (true, true), nothing),
            [(IsBuyer, false)]
        );
        assert_eq!(
            row((false, true), (true, true), nothing),
            [(IsBuyer, true), (IsCompanyAdmin, false)]
        );
        assert_eq!(
            row((true, true), (true, true), nothing),
            and(&[(BrandingEnabled, true), (BuyUrlSet, true)])
        );
        assert_eq!(
            row((true, true), (false, true), nothing),
            and(&[(BrandingEnabled, false), (SalesWithoutBuyUrl, false)])
        );
        assert_eq!(
            row((true, true), (true, false), sales),
            and(&[
                (BrandingEnabled, true),
                (BuyUrlSet, false),
                (SalesWithoutBuyUrl, true)
            ])
        );
    }
}
