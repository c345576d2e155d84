//! The plan that the vendor prints.

use serde_json::{Value, json};

/// In JSON.
pub(super) fn plan() -> Value {
    // Its prices, too, are shown with the vendor's digits where JSON of this program can.
    json!({
        "name": "20g Monthly",
        "setup_price": 0.00,
        "base_usage": 21_474_836_480_u64,
        "base_price": 19.95,
        "extra_usage": 1_073_741_824_u64,
        "extra_price": 0.95,
        "computers": 10,
        "computers_usage": 5_368_709_120_u64,
        "computers_price": 4.95,
        "local_backup_price": 4.95,
        "vm_host_price": 60,
        "disk_image_price": 60,
        "es_seat_price": 30,
        "es_connection_price": 25,
        "es_cost_extra_block": 50,
    })
}

/// In XML.
pub(super) const PLAN_XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<plan>
  <name>20g Monthly</name>
  <setup_price>0.00</setup_price>
  <base_usage>21474836480</base_usage>
  <base_price>19.95</base_price>
  <extra_usage>1073741824</extra_usage>
  <extra_price>0.95</extra_price>
  <computers>10</computers>
  <computers_usage>5368709120</computers_usage>
  <computers_price>4.95</computers_price>
  <local_backup_price>4.95</local_backup_price>
  <vm_host_price>60</vm_host_price>
  <disk_image_price>60</disk_image_price>
  <es_seat_price>30</es_seat_price>
  <es_connection_price>25</es_connection_price>
  <es_cost_extra_block>50</es_cost_extra_block>
</plan>
";
