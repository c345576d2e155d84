//! Changes of partner plans, with the numbers they are given and what keeps them from vanishing
//! under the tenants that buy by them. No other code writes these keys, but for the marks of
//! tenants, which [`super::accounts`] keeps with their profiles.

use super::engine::{Changes, Expect, Revision, StoreError};
use super::{Found, Store, keys, read_counter};
use crate::domain::ids::TenantId;
use crate::domain::plan::{Plan, PlanId, PlanRef};

/// The number that a partner's next plan is given, as long as nobody else takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextPlan {
    /// The number.
    pub id: PlanId,
    expect: Expect,
}

impl Store {
    /// A plan.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn plan(&self, named: PlanRef) -> Result<Option<Found<Plan>>, StoreError> {
        self.load(named).await
    }

    /// The first `limit` plans of a partner, by number.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn plans(
        &self,
        partner: TenantId,
        limit: usize,
    ) -> Result<Vec<Found<Plan>>, StoreError> {
        self.values_under(&keys::plans(partner), limit).await
    }

    /// Whether a tenant buys by a plan.
    ///
    /// # Errors
    /// The store failed.
    pub async fn plan_is_used(&self, named: PlanRef) -> Result<bool, StoreError> {
        let first = self.ids_under(&keys::plan_tenants(named), None, 1).await?;
        Ok(!first.is_empty())
    }

    /// The number for a partner's next plan.
    ///
    /// # Errors
    /// The store failed, or the numbers are used up.
    pub async fn next_plan(&self, partner: TenantId) -> Result<NextPlan, StoreError> {
        let Some(record) = self.engine.get(&keys::last_plan(partner)).await? else {
            return Ok(NextPlan {
                id: PlanId(1),
                expect: Expect::Absent,
            });
        };
        let next = read_counter(&record.body)?.checked_add(1);
        let used_up = || StoreError::Refused("the partner's plan numbers are used up".to_owned());
        Ok(NextPlan {
            id: PlanId(next.ok_or_else(used_up)?),
            expect: Expect::Revision(record.revision),
        })
    }
}

impl Changes {
    /// Stores a new plan under the number that was reserved for it. Conflicts where the number
    /// was taken meanwhile.
    pub fn create_plan(&mut self, next: NextPlan, plan: Plan) -> &mut Self {
        let counter = keys::last_plan(plan.partner_id);
        self.expect(counter.clone(), next.expect)
            .put(counter, next.id.0.to_be_bytes().to_vec());
        self.save(keys::plan(plan.named()), Expect::Absent, &plan)
    }

    /// Stores a plan; conflicts where it is not the one that was seen.
    pub fn update_plan(&mut self, seen: Revision, plan: Plan) -> &mut Self {
        self.save(keys::plan(plan.named()), Expect::Revision(seen), &plan)
    }

    /// Gives a plan a new revision without changing it, so that who deletes it at the same time,
    /// having seen no tenant that uses it, loses.
    pub fn use_plan(&mut self, plan: &Found<Plan>) -> &mut Self {
        self.update_plan(plan.revision, plan.value.clone())
    }

    /// Removes a plan. Its number is not given again.
    pub fn delete_plan(&mut self, plan: &Found<Plan>) -> &mut Self {
        self.remove(keys::plan(plan.named()), plan.revision)
    }
}
