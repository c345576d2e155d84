//! How much tenants and users use: listed and reported.

use serde_json::json;

use super::common::{MAX_IDS, UsageName};
use crate::domain::client::ApiScope::{AccountRead, UsageWrite};
use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::domain::meter::Report;
use crate::domain::time::Timestamp;
use crate::http::account::convert::meters as convert;
use crate::http::account::error;
use crate::http::account::examples::TENANT;
use crate::http::account::wire::list::ItemsResponse;
use crate::http::account::wire::usage::{
    Line, LineResponse, ReportRequest, ReportsRequest, UsageResponse,
};
use crate::http::endpoint::{
    Answer, Call, Endpoint, Json, List, Operation, Path, Required, get, put, query,
};
use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::output;
use crate::usecases::list_usages::{self as usecase, Usage};
use crate::usecases::report_usage::{Mode, report_usages};

pub(super) fn endpoints() -> [Endpoint; 4] {
    let path = "/api/2/tenants/{id}/usages";
    let of_tenant = reads(path, "readTenantUsages", "How much a tenant uses")
        .to(|call: Call, Path(id): Path<TenantId>| of_account(call, AccountId::Tenant(id)));
    let path = "/api/2/users/{id}/usages";
    let of_user = reads(path, "readUserUsages", "How much a user uses")
        .to(|call: Call, Path(id): Path<UserId>| of_account(call, AccountId::User(id)));
    let path = "/api/2/tenants/usages";
    let of_tenants = reads(path, "readUsages", "How much several tenants use")
        .about("Ids that are unknown or out of reach are left out.")
        .to(of_tenants);
    let report = put(path, "reportUsages", "Reports usage")
        .scope(UsageWrite)
        .limit(|limits| limits.bulk_bytes)
        .about(
            "Each report has its own outcome, in the order given; an item's failure never undoes \
             another's. 200 says that all that were taken are on disk.",
        )
        .example(json!({
            "items": [{
                "tenant_id": TENANT,
                "usage_name": "storage",
                "absolute_value": 111_669_149_696_u64,
            }],
        }))
        .answers::<ItemsResponse<LineResponse>>(200, "What became of each.")
        .to(report);
    [of_tenant, of_user, of_tenants, report]
}

fn reads(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    get(path, id, summary)
        .scope(AccountRead)
        .answers::<ItemsResponse<UsageResponse>>(200, "The usages.")
}

query! {
    /// Which usages to read.
    struct UsagesQuery {
        /// These tenants.
        tenants: Required<List<TenantId, MAX_IDS>> = [TENANT],
        /// Only these; missing: all.
        usage_names: Option<List<UsageName, 50>>,
    }
}

fn shown(usages: Vec<Usage>, now: Timestamp) -> Response {
    let items = usages.into_iter().map(|usage| convert::usage(usage, now));
    output::ok(&ItemsResponse {
        items: items.collect(),
    })
}

async fn of_account(call: Call, account: AccountId) -> Answer {
    let usages = usecase::of_account(call.context(), account).await?;
    Ok(shown(usages, call.now()))
}

async fn of_tenants(call: Call, query: UsagesQuery) -> Answer {
    let tenants = query.tenants.0.0;
    let names = query.usage_names.map(|List(names)| names.into_iter());
    let names: Option<Vec<String>> = names.map(|names| names.map(|name| name.0).collect());
    let usages = usecase::of_tenants(call.context(), &tenants, names.as_deref()).await?;
    Ok(shown(usages, call.now()))
}

/// Each line has its own outcome, in the order given.
async fn report(call: Call, Json(body): Json<ReportsRequest>) -> Answer {
    let request_id = call.head().request_id.as_str();
    let (mut lines, mut reports, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for line in body.items {
        let (shown, report) = open(line);
        let error = match report.and_then(convert::report) {
            Ok(report) => {
                places.push(lines.len());
                reports.push(report);
                None
            }
            Err(error) => Some(error::detail(&error, request_id)),
        };
        lines.push(LineResponse { error, ..shown });
    }
    let done = report_usages(call.context(), reports, Mode::Commit).await;
    for (place, outcome) in places.into_iter().zip(done.lines) {
        let Some(line) = lines.get_mut(place) else {
            continue;
        };
        let failed = match outcome {
            Ok(report) => {
                line.skipped = report == Report::Skipped;
                continue;
            }
            Err(failed) => ApiError::from(failed),
        };
        if let Some(internal) = failed.internal() {
            tracing::error!(request_id, "{internal}");
        }
        line.error = Some(error::detail(&failed, request_id));
    }
    Ok(output::ok(&ItemsResponse { items: lines }))
}

/// A line's place in the answer, and the report itself.
fn open(line: Line) -> (LineResponse, Result<ReportRequest, ApiError>) {
    let shown = LineResponse {
        tenant_id: line.tenant_id,
        user_id: line.user_id,
        usage_name: line.usage_name,
        error: None,
        skipped: false,
    };
    (shown, line.report)
}
