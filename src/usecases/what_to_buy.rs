//! What covers a tenant's overage of today by its partner plan, for a reader who may buy it.

use super::Env;
use super::error::Error;
use super::view::UserView;
use crate::domain::plan::{NothingToBuy, Purchase, WhatToBuy, plan_in_question, what_to_buy};

/// What to buy for one item, in the words of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToBuy {
    /// What and how much.
    pub purchase: Purchase,
    /// In the reader's language.
    pub text: String,
}

impl ToBuy {
    /// The purchase with its text.
    #[must_use]
    pub fn of(purchase: Option<Purchase>, text: Option<String>) -> Option<Self> {
        let (purchase, text) = purchase.zip(text)?;
        Some(Self { purchase, text })
    }
}

impl UserView {
    /// The same view, knowing what covers the tenant's overage.
    ///
    /// Only for readers with the proposal `buy_now`: others cannot order, and who is sent to a
    /// salesperson hears the price there. The plan is not read for anybody else, nor where nothing
    /// is exceeded.
    ///
    /// # Errors
    /// The store failed.
    pub async fn with_what_to_buy(mut self, env: &Env) -> Result<Self, Error> {
        self.what_to_buy = self.work_out(env).await?;
        Ok(self)
    }

    async fn work_out(&self, env: &Env) -> Result<WhatToBuy, Error> {
        let named = self.tenant.settings.partner_plan;
        let named = match plan_in_question(self.proposal, named, &self.tenant_items) {
            Ok(named) => named,
            Err(why) => return Ok(WhatToBuy::nothing(why)),
        };
        let plan = env.store.plan(named).await?;
        let partner = env.store.tenant(named.partner).await?;
        let gone = || WhatToBuy::nothing(NothingToBuy::PlanGone);
        Ok(plan.map_or_else(gone, |plan| {
            let currency = partner.and_then(|partner| partner.settings.currency);
            what_to_buy(&plan.terms, currency, &self.tenant_items)
        }))
    }
}
