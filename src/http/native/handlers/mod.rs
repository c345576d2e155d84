//! Every endpoint of the native dialect, declared beside the handler that answers it.

pub(crate) mod alerts;
mod audit;
mod clicks;
mod emails;
mod explain;
mod plans;
mod preview;
mod quotas;
mod usages;

use crate::http::dialect::Dialect;
use crate::http::endpoint::Group;

/// Every endpoint of the dialect.
pub(crate) fn endpoints() -> Vec<Group> {
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
