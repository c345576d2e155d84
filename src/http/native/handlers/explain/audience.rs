//! How many people of a tenant are told by mail, and why the others are not.

use serde::Serialize;
use utoipa::ToSchema;

use crate::http::native::names::NotToldReason;
use crate::telemetry::metrics::Label;
use crate::usecases::fan_out::Audience;

/// Why so many people are not told by mail.
#[derive(Serialize, ToSchema)]
#[schema(as = NotToldByMail)]
struct NotToldResponse {
    /// The reason, as in the metric `upsell_people_not_told_total`.
    #[schema(value_type = NotToldReason)]
    reason: &'static str,
    /// How many people.
    count: usize,
}

/// How many people of a tenant are told of its quotas by mail.
#[derive(Serialize, ToSchema)]
#[schema(as = MailAudience)]
pub(super) struct AudienceResponse {
    /// So many are told.
    told: usize,
    /// Why the others are not.
    not_told: Vec<NotToldResponse>,
}

impl From<&Audience> for AudienceResponse {
    fn from(audience: &Audience) -> Self {
        let not_told = audience.not_told.iter();
        let not_told = not_told.map(|(reason, count)| NotToldResponse {
            reason: reason.text(),
            count: *count,
        });
        Self {
            told: audience.told,
            not_told: not_told.collect(),
        }
    }
}
