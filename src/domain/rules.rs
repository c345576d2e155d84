//! Decisions that can be explained. The deciding function records each rule it checks in a
//! [`Trail`], so an explanation cannot differ from the decision.
//!
//! A [`Rule`] is one of these checks. The rules that comments cite by name (rule `who-may-buy`) are
//! others: those of the vendors, in `docs/rules.md`.

use super::tenant::Tenant;
use super::user::User;
use crate::named::named;

named! {
    /// A rule of a decision on what a user is shown or sent.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[allow(missing_docs)] // `says` has what each means
    pub enum Rule {
        UserEnabled = "user_enabled",
        TenantEnabled = "tenant_enabled",
        IsBuyer = "is_buyer",
        IsCompanyAdmin = "is_company_admin",
        BrandingEnabled = "branding_enabled",
        BuyUrlSet = "buy_url_set",
        SalesWithoutBuyUrl = "sales_without_buy_url",
        UserActivated = "user_activated",
        HasAddress = "has_address",
        WantsQuotaMail = "wants_quota_mail",
    }
}

impl Rule {
    /// What it means for operators that the rule holds or does not.
    #[must_use]
    pub const fn says(self, holds: bool) -> &'static str {
        match (self, holds) {
            (Self::UserEnabled, true) => "the account is enabled",
            (Self::UserEnabled, false) => "the account is disabled",
            (Self::TenantEnabled, true) => "the account's tenant is enabled",
            (Self::TenantEnabled, false) => {
                "the account's tenant is disabled: its people are told nothing"
            }
            (Self::IsBuyer, true) => "the account has the business type \"buyer\"",
            (Self::IsBuyer, false) => "the account does not have the business type \"buyer\"",
            (Self::IsCompanyAdmin, true) => {
                "the account has the role \"company_admin\" on its own tenant"
            }
            (Self::IsCompanyAdmin, false) => {
                "the account does not have the role \"company_admin\" on its own tenant"
            }
            (Self::BrandingEnabled, true) => "a brand is enabled for the tenant or one above it",
            (Self::BrandingEnabled, false) => {
                "no brand is enabled for the tenant or one above it, so there is no shop"
            }
            (Self::BuyUrlSet, true) => "the brand has a Buy URL",
            (Self::BuyUrlSet, false) => {
                "the brand has no Buy URL, or one that today's rules do not allow"
            }
            (Self::SalesWithoutBuyUrl, true) => {
                "the deployment sends who could buy to sales where there is no shop"
            }
            (Self::SalesWithoutBuyUrl, false) => {
                "the deployment offers nothing where there is no shop"
            }
            (Self::UserActivated, true) => "the account is activated",
            (Self::UserActivated, false) => "the account is not activated",
            (Self::HasAddress, true) => "the account has an e-mail address",
            (Self::HasAddress, false) => "the account has no e-mail address",
            (Self::WantsQuotaMail, true) => "\"quota\" is among the account's notifications",
            (Self::WantsQuotaMail, false) => "\"quota\" is not among the account's notifications",
        }
    }
}

/// A rule with its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// Which rule.
    pub rule: Rule,
    /// Whether it held.
    pub holds: bool,
}

/// The rules that a decision looked at, in order; the last one decided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trail {
    kept: Option<Vec<Checked>>,
}

impl Trail {
    /// For decisions that nobody asks to explain; keeps nothing.
    #[must_use]
    pub const fn silent() -> Self {
        Self { kept: None }
    }

    /// Keeps every rule that is looked at.
    #[must_use]
    pub const fn kept() -> Self {
        Self {
            kept: Some(Vec::new()),
        }
    }

    /// Notes that `rule` was looked at, and gives its outcome back.
    pub fn holds(&mut self, rule: Rule, holds: bool) -> bool {
        if let Some(kept) = &mut self.kept {
            kept.push(Checked { rule, holds });
        }
        holds
    }

    /// What was kept.
    #[must_use]
    pub fn into_rules(self) -> Vec<Checked> {
        self.kept.unwrap_or_default()
    }
}

/// Whether a user is notified of quotas, and offered anything, at all: not while the user or the
/// tenant is disabled.
#[must_use]
pub fn is_notified(user_enabled: bool, tenant_enabled: bool, trail: &mut Trail) -> bool {
    trail.holds(Rule::UserEnabled, user_enabled) && trail.holds(Rule::TenantEnabled, tenant_enabled)
}

/// Whether a user of this tenant is sent quota mail: the user's own rules, and when the mail is to
/// leave, the tenant's.
///
/// # Errors
/// The first rule that speaks against it.
pub fn quota_mail(user: &User, tenant: &Tenant, trail: &mut Trail) -> Result<(), Rule> {
    user.quota_mail(trail)?;
    let rule = Rule::TenantEnabled;
    let is_enabled = trail.holds(rule, tenant.enabled);
    is_enabled.then_some(()).ok_or(rule)
}
