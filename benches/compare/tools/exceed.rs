//! Has every tenant exceed its storage quota: that decides one mail for each.

use std::fmt::Write as _;
use std::net::SocketAddr;

use serde_json::json;
use upsell::domain::quota::Item;

use crate::args::Args;
use crate::fleet::{Fleet, exceeding_usage};
use crate::latency::Client;

/// Reports in one request.
const BATCH: u64 = 1_000;

pub(crate) fn command(args: &mut Args) -> Result<(), String> {
    let address: SocketAddr = args.need("address")?;
    let bearer: String = args.need("bearer")?;
    let tenants: u64 = args.need("tenants")?;
    args.finish()?;
    exceed(address, &bearer, tenants)?;
    println!("{}", json!({ "tenants": tenants }));
    Ok(())
}

pub(crate) fn exceed(address: SocketAddr, bearer: &str, tenants: u64) -> Result<(), String> {
    let mut client = Client::connect(address, bearer)?;
    let value = exceeding_usage(Item::StorageSize);
    let mut first = 0;
    while first < tenants {
        let end = (first + BATCH).min(tenants);
        let mut body = String::new();
        for tenant in first..end {
            let id = Fleet::tenant_id(tenant);
            let record = format!(r#"{{"tenant_id":"{id}","item":"storage_size","value":{value}}}"#);
            // Writing to memory does not fail.
            let _ = writeln!(body, "{record}");
        }
        let answer = client.post("/api/upsell/v1/usages", "application/x-ndjson", &body)?;
        if !answer.contains(r#""rejected":[]"#) {
            return Err(format!("a batch was answered with {answer}"));
        }
        first = end;
    }
    Ok(())
}
