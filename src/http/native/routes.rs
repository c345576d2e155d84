//! Every route of the native dialect.

use http::Method;

use super::{alerts, audit, clicks, emails, explain, plans, preview, quotas, usages};
use crate::domain::client::ApiScope::{
    AccountWrite, AlertsRead, AlertsWrite, AuditRead, EmailsRead, EmailsWrite, PartnersRead,
    PartnersWrite, UsageWrite,
};
use crate::http::dialect::Dialect;
use crate::http::router::Needs::Scope;
use crate::http::router::{BodyLimit, Resource};

/// The routes.
#[must_use]
pub fn resources() -> Vec<Resource> {
    let at = |path| Resource::at(Dialect::Native, path);
    vec![
        at(alerts::ALERTS).on(Method::GET, Scope(AlertsRead), alerts::list),
        at("/api/upsell/v1/users/{user_id}/alerts/{alert_id}/snooze")
            .on(Method::POST, Scope(AlertsWrite), alerts::snooze)
            .on(Method::DELETE, Scope(AlertsWrite), alerts::wake),
        at(alerts::HEADER).on(Method::GET, Scope(AlertsRead), alerts::header),
        at("/api/upsell/v1/users/{user_id}/edition-proposal").on(
            Method::GET,
            Scope(AlertsRead),
            alerts::edition,
        ),
        at("/api/upsell/v1/users/{user_id}/explain").on(
            Method::GET,
            Scope(AlertsRead),
            explain::show,
        ),
        at("/api/upsell/v1/users/{user_id}/quotas").on(
            Method::GET,
            Scope(AlertsRead),
            quotas::of_user,
        ),
        at("/api/upsell/v1/tenants/{tenant_id}/quotas").on(
            Method::GET,
            Scope(AlertsRead),
            quotas::of_tenant,
        ),
        at("/api/upsell/v1/tenants/{tenant_id}/quota-settings")
            .on(Method::GET, Scope(AlertsRead), quotas::show_settings)
            .on(Method::PUT, Scope(AccountWrite), quotas::change_settings),
        at("/api/upsell/v1/tenants/{tenant_id}/clicks").on(
            Method::GET,
            Scope(AlertsRead),
            clicks::show,
        ),
        at("/api/upsell/v1/tenants/{tenant_id}/plan")
            .on(Method::GET, Scope(PartnersRead), plans::show_plan)
            .on(Method::PUT, Scope(PartnersWrite), plans::name_plan)
            .on(Method::DELETE, Scope(PartnersWrite), plans::drop_plan),
        at("/api/upsell/v1/tenants/{tenant_id}/currency")
            .on(Method::GET, Scope(PartnersRead), plans::show_currency)
            .on(Method::PUT, Scope(PartnersWrite), plans::set_currency)
            .on(Method::DELETE, Scope(PartnersWrite), plans::drop_currency),
        at(super::USAGES)
            .on(Method::POST, Scope(UsageWrite), usages::report)
            .limit(BodyLimit::Bulk),
        at("/api/upsell/v1/preview").on(Method::POST, Scope(AlertsRead), preview::preview),
        at("/api/upsell/v1/emails").on(Method::GET, Scope(EmailsRead), emails::list),
        at("/api/upsell/v1/emails/{mail_id}").on(Method::GET, Scope(EmailsRead), emails::show),
        at("/api/upsell/v1/emails/{mail_id}/retry").on(
            Method::POST,
            Scope(EmailsWrite),
            emails::retry,
        ),
        at("/api/upsell/v1/audit").on(Method::GET, Scope(AuditRead), audit::list),
    ]
}
