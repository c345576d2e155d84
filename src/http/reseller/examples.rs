//! Values that several examples share.

use serde_json::{Value, json};

/// Ingestion and retention, as the vendor prints it.
pub(super) fn half_a_year() -> Value {
    json!({ "volume": 2.5, "retentionUnit": "MONTHS", "retentionValue": 6 })
}
