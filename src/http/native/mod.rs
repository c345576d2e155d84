//! The native dialect, `/api/upsell/v1` (wire contract §6). Errors are RFC 9457 problems.

pub(super) mod alerts;
mod audit;
mod clicks;
mod emails;
mod examples;
mod explain;
mod names;
mod plans;
mod preview;
mod quotas;
mod records;
mod usages;
mod wire;

use super::dialect::Dialect;
use super::endpoint::Group;

/// Where usage is reported.
pub(super) const USAGES: &str = "/api/upsell/v1/usages";

/// Every endpoint of the dialect.
pub(super) fn endpoints() -> Vec<Group> {
    let group = |name, about| Group::new(Dialect::Native, name, about);
    vec![
        group("Alerts", "What one user is shown: in the backup console, in the header of the portal, and where an edition is offered. The roles of the reader and the brand's Buy URL decide which proposal is shown.")
            .with(preview::endpoints())
            .with(alerts::shown())
            .with(explain::endpoints())
            .with(alerts::snoozes()),
        group("Quotas", "Usage goes in; how accounts stand, and what became of it, comes out.")
            .with(usages::endpoints())
            .with(clicks::endpoints())
            .with(quotas::endpoints()),
        group("What to buy", "A tenant may name the partner plan by which it buys: alerts, mails and the header then say what of it covers today's overage, and what that costs.")
            .with(plans::endpoints()),
        group("Outbox", "The mails, for operators.").with(emails::endpoints()),
        group("Audit", "Who changed what. Each entry is written in the same step as the change; secrets are masked.")
            .with(audit::endpoints()),
    ]
}
