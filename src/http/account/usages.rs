//! Usages: listed and reported.

use super::convert::meters as convert;
use super::error;
use super::request::MAX_IDS;
use super::tenants::tenant_of;
use super::users::user_of;
use super::wire::list::Items;
use super::wire::usage::{Line, LineOut, ReportsIn};
use crate::domain::ids::{AccountId, TenantId};
use crate::domain::meter::Report;
use crate::domain::time::Timestamp;
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::message::Response;
use crate::http::output;
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::list_usages::{self as usecase, Usage};
use crate::usecases::report_usage::{Mode, report_usages};

/// Usage names in a query.
pub(super) const MAX_NAMES: usize = 50;

fn shown(usages: Vec<Usage>, now: Timestamp) -> Response {
    let items = usages.into_iter().map(|usage| convert::usage(usage, now));
    output::ok(&Items {
        items: items.collect(),
    })
}

pub(super) async fn of_tenant(call: Call, caller: Caller) -> Answer {
    let account = AccountId::Tenant(tenant_of(&call)?);
    of_account(&call, &caller, account).await
}

pub(super) async fn of_user(call: Call, caller: Caller) -> Answer {
    let account = AccountId::User(user_of(&call)?);
    of_account(&call, &caller, account).await
}

async fn of_account(call: &Call, caller: &Caller, account: AccountId) -> Answer {
    let usages = usecase::of_account(&call.env, caller, account).await?;
    Ok(shown(usages, call.request.head.received_at))
}

pub(super) async fn of_tenants(call: Call, caller: Caller) -> Answer {
    let params = Params::of_query(&call.request.head)?;
    params.require("tenants")?;
    let tenants = params.parsed_list::<TenantId>("tenants", MAX_IDS)?;
    let names = params.parsed_list::<String>("usage_names", MAX_NAMES)?;
    let tenants = tenants.unwrap_or_default();
    let usages = usecase::of_tenants(&call.env, &caller, &tenants, names.as_deref()).await?;
    Ok(shown(usages, call.request.head.received_at))
}

/// A batch of reports: each line has its own outcome, in the order given.
pub(super) async fn report(call: Call, caller: Caller) -> Answer {
    let body = input::json::<ReportsIn>(&call.request)?;
    let head = &call.request.head;
    let (mut lines, mut reports, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for line in body.items {
        let (shown, report) = open(line);
        let report = report.and_then(convert::report);
        let error = match report {
            Ok(report) => {
                places.push(lines.len());
                reports.push(report);
                None
            }
            Err(error) => Some(error::detail(&error, head.request_id.as_str())),
        };
        lines.push(LineOut { error, ..shown });
    }
    let now = head.received_at;
    let done = report_usages(&call.env, &caller, reports, Mode::Commit, now).await;
    for (place, outcome) in places.into_iter().zip(done.lines) {
        let Some(line) = lines.get_mut(place) else {
            continue;
        };
        let failed = match outcome {
            Ok(done) => {
                line.skipped = done.report == Report::Skipped;
                continue;
            }
            Err(failed) => failed,
        };
        let failed = ApiError::from(failed);
        if let Some(internal) = failed.internal() {
            tracing::error!(request_id = head.request_id.as_str(), "{internal}");
        }
        line.error = Some(error::detail(&failed, head.request_id.as_str()));
    }
    Ok(output::ok(&Items { items: lines }))
}

/// A line's place in the answer, and the report itself.
fn open(line: Line) -> (LineOut, Result<super::wire::usage::ReportIn, ApiError>) {
    let shown = LineOut {
        tenant_id: line.tenant_id,
        user_id: line.user_id,
        usage_name: line.usage_name,
        error: None,
        skipped: false,
    };
    (shown, line.report)
}
