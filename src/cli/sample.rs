//! The partner plan that `demo` and `preview` use.

use crate::domain::decimal::Decimal;
use crate::domain::plan::PlanTerms;

const GIB: u64 = 1 << 30;

/// A partner plan with blocks of 50 GiB at 4.90 and computers at 6.50.
pub(super) fn plan() -> PlanTerms {
    let free = Decimal::of_hundredths(0);
    PlanTerms {
        name: "Business 2 TiB".to_owned(),
        setup_price: free,
        base_usage_bytes: 2048 * GIB,
        base_price: Decimal::of_hundredths(14_900),
        extra_usage_bytes: 50 * GIB,
        extra_price: Decimal::of_hundredths(490),
        computers: 10,
        computers_usage_bytes: 0,
        computers_price: Decimal::of_hundredths(650),
        local_backup_price: free,
        vm_host_price: free,
        disk_image_price: free,
        es_seat_price: free,
        es_connection_price: free,
        es_cost_extra_block: free,
    }
}
