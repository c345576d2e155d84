//! The stored form of a partner plan. Prices are texts: JSON's own numbers are read as floats.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Stored, need};
use crate::domain::decimal::Decimal;
use crate::domain::ids::TenantId;
use crate::domain::plan::{Plan, PlanId, PlanTerms};
use crate::domain::time::Timestamp;

#[derive(Serialize, Deserialize)]
pub struct PlanForm {
    partner_id: Uuid,
    id: u64,
    name: String,
    setup_price: String,
    base_usage_bytes: u64,
    base_price: String,
    extra_usage_bytes: u64,
    extra_price: String,
    computers: u64,
    computers_usage_bytes: u64,
    computers_price: String,
    local_backup_price: String,
    vm_host_price: String,
    disk_image_price: String,
    es_seat_price: String,
    es_connection_price: String,
    es_cost_extra_block: String,
    created_us: i64,
    updated_us: i64,
    version: u64,
}

impl From<Plan> for PlanForm {
    fn from(plan: Plan) -> Self {
        let terms = plan.terms;
        Self {
            partner_id: plan.partner_id.uuid(),
            id: plan.id.0,
            name: terms.name,
            setup_price: terms.setup_price.to_string(),
            base_usage_bytes: terms.base_usage_bytes,
            base_price: terms.base_price.to_string(),
            extra_usage_bytes: terms.extra_usage_bytes,
            extra_price: terms.extra_price.to_string(),
            computers: terms.computers,
            computers_usage_bytes: terms.computers_usage_bytes,
            computers_price: terms.computers_price.to_string(),
            local_backup_price: terms.local_backup_price.to_string(),
            vm_host_price: terms.vm_host_price.to_string(),
            disk_image_price: terms.disk_image_price.to_string(),
            es_seat_price: terms.es_seat_price.to_string(),
            es_connection_price: terms.es_connection_price.to_string(),
            es_cost_extra_block: terms.es_cost_extra_block.to_string(),
            created_us: plan.created_at.micros(),
            updated_us: plan.updated_at.micros(),
            version: plan.version,
        }
    }
}

impl Stored for Plan {
    const NAME: &'static str = "partner plan";
    type Form = PlanForm;

    fn from_form(form: PlanForm) -> Result<Self, String> {
        let price = |name: &str, text: &str| need(name, text.parse::<Decimal>());
        Ok(Self {
            partner_id: TenantId::new(form.partner_id),
            id: PlanId(form.id),
            terms: PlanTerms {
                name: form.name,
                setup_price: price("setup_price", &form.setup_price)?,
                base_usage_bytes: form.base_usage_bytes,
                base_price: price("base_price", &form.base_price)?,
                extra_usage_bytes: form.extra_usage_bytes,
                extra_price: price("extra_price", &form.extra_price)?,
                computers: form.computers,
                computers_usage_bytes: form.computers_usage_bytes,
                computers_price: price("computers_price", &form.computers_price)?,
                local_backup_price: price("local_backup_price", &form.local_backup_price)?,
                vm_host_price: price("vm_host_price", &form.vm_host_price)?,
                disk_image_price: price("disk_image_price", &form.disk_image_price)?,
                es_seat_price: price("es_seat_price", &form.es_seat_price)?,
                es_connection_price: price("es_connection_price", &form.es_connection_price)?,
                es_cost_extra_block: price("es_cost_extra_block", &form.es_cost_extra_block)?,
            },
            created_at: Timestamp::from_micros(form.created_us),
            updated_at: Timestamp::from_micros(form.updated_us),
            version: form.version,
        })
    }
}
