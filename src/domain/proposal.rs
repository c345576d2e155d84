//! Who sees what: the one decision table (seed 000, product rule 2).

/// What a message offers its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proposal {
    /// "Buy now": one click to the shop.
    BuyNow,
    /// "Contact your sales representative".
    ContactSales,
}

impl Proposal {
    /// The name in the native dialect.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BuyNow => "buy_now",
            Self::ContactSales => "contact_sales",
        }
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
    /// The plain message (seed 001: "the buy links will not be shown to the user").
    #[default]
    Nothing,
    /// The same as a buyer who is no admin.
    ContactSales,
}

/// The proposal for a quota message, the same in console, mail and portal header.
#[must_use]
pub const fn quota_proposal(
    reader: Reader,
    shop: Shop,
    without: WithoutBuyUrl,
) -> Option<Proposal> {
    match (reader.buyer, reader.company_admin) {
        (false, _) => None,
        (true, false) => Some(Proposal::ContactSales),
        (true, true) if shop.branding_enabled && shop.buy_url_set => Some(Proposal::BuyNow),
        (true, true) => match without {
            WithoutBuyUrl::Nothing => None,
            WithoutBuyUrl::ContactSales => Some(Proposal::ContactSales),
        },
    }
}

/// The proposal for an edition message: everyone but the admin who is a buyer is sent to sales.
/// Without a shop there is nothing to click, so the same setting decides for that admin.
#[must_use]
pub const fn edition_proposal(
    reader: Reader,
    shop: Shop,
    without: WithoutBuyUrl,
) -> Option<Proposal> {
    if reader.company_admin && reader.buyer {
        quota_proposal(reader, shop, without)
    } else {
        Some(Proposal::ContactSales)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
                            assert_eq!(quota_proposal(reader, shop, without), quota, "{row}");
                            assert_eq!(edition_proposal(reader, shop, without), edition, "{row}");
                            rows += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(rows, 32);
    }
}
