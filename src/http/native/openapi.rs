//! The operations of the native dialect, described.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::alerts::{EditionForm, SnoozeForm, SnoozedForm};
use super::audit::{self, AuditForm};
use super::clicks::ClicksForm;
use super::emails::{self, MailForm, MailsForm};
use super::explain::ExplanationForm;
use super::names::ItemName;
use super::plans::{CurrencyForm, PlanForm};
use super::preview::{PreviewForm, Rendered};
use super::quotas::{QuotasForm, SettingsForm, ShownSettings};
use super::usages::Summary;
use super::wire::{AlertsForm, HeaderForm};
use crate::domain::link::MAX_PAGE_BYTES;
use crate::domain::notification::MailState;
use crate::http::openapi::{Group, Operation, delete, get, post, put, schema};

/// The customer tenant of seed 000.
const TENANT: &str = "ede9f834-70b3-476c-83d9-736f9f8c7dae";

/// What the dialect answers to.
pub(in crate::http) fn groups() -> Vec<Group> {
    vec![alerts(), quotas(), buying(), emails(), audit()]
}

fn user() -> (&'static str, Value, &'static str) {
    ("user_id", schema::id(), "The user's id.")
}

fn tenant() -> (&'static str, Value, &'static str) {
    ("tenant_id", schema::id(), "The tenant's id.")
}

/// What a message depends on besides its reader.
fn asked(operation: Operation) -> Operation {
    in_language(operation).query(
        "page",
        json!({ "type": "string", "maxLength": MAX_PAGE_BYTES }),
        "The page that the reader is on; it goes into the links.",
    )
}

fn in_language(operation: Operation) -> Operation {
    operation.query(
        "lang",
        schema::pattern(schema::LANGUAGE),
        "The language; missing: the reader's.",
    )
}

fn alerts() -> Group {
    let alert_id = r"^(tenant|user)\.[0-9a-fA-F-]{36}\.[a-z_]+$";
    let alert = "The alert's id, as the list of alerts has it.";
    let mut operations = vec![preview()];
    operations.extend(shown());
    operations.extend(snoozes());
    Group {
        name: "Alerts",
        about: "What one user is shown: in the backup console, in the header of the portal, and where an edition is offered. The roles of the reader and the brand's Buy URL decide which proposal is shown.",
        path: vec![user(), ("alert_id", schema::pattern(alert_id), alert)],
        operations,
    }
}

fn shown() -> [Operation; 4] {
    let alerts = "/api/upsell/v1/users/{user_id}/alerts";
    let header = "/api/upsell/v1/users/{user_id}/header";
    let edition = "/api/upsell/v1/users/{user_id}/edition-proposal";
    let explain = "/api/upsell/v1/users/{user_id}/explain";
    let why = "Why a user sees what they see";
    let told = "What a user is told where a feature belongs to an edition";
    [
        asked(get(alerts, "listAlerts", "The standing alerts of a user"))
            .answers::<AlertsForm<'_>>(200, "The alerts.", Value::Null),
        asked(get(header, "readHeader", "The portal header of a user"))
            .about("As JSON, or as a fragment of HTML.")
            .answers::<HeaderForm<'_>>(200, "The header.", Value::Null)
            .answers_raw(200, "The header.", "text/html", schema::any_text(), None)
            .refuses(406),
        in_language(get(edition, "readEditionProposal", told))
            .query("edition", schema::text(1, 128), "The name of the edition.")
            .required()
            .such_as("Advanced")
            .answers::<EditionForm<'_>>(200, "The message.", Value::Null),
        in_language(get(explain, "explainUser", why))
            .about("Every rule that was looked at for each proposal and for mail, in order, with its outcome: the last one decided. How each item stands and is armed, and what is to be bought or why nothing is. `lang` is the language of what to buy; the rest is English, for operators.")
            .answers::<ExplanationForm<'_>>(200, "The explanation.", Value::Null),
    ]
}

fn snoozes() -> [Operation; 2] {
    const SNOOZE: &str = "/api/upsell/v1/users/{user_id}/alerts/{alert_id}/snooze";
    [
        post(SNOOZE, "snoozeAlert", "Hides an alert for a while")
            .takes::<SnoozeForm>(json!({ "until": "2030-01-31T12:00:00+00:00" }))
            .answers::<SnoozedForm>(200, "It is hidden.", Value::Null)
            .tagged()
            .conditional(),
        delete(SNOOZE, "wakeAlert", "Shows an alert again")
            .answers_nothing(204, "It is shown, if it stands.")
            .conditional(),
    ]
}

fn preview() -> Operation {
    let example = json!({
        "what": "alert",
        "lang": "en",
        "company_admin": true,
        "buyer": true,
        "branding": true,
        "buy_url": "https://shop.example.com/buy?campaign=7",
        "items": [{
            "scope": "tenant",
            "item": "storage_size",
            "usage": 111_669_149_696_u64,
            "quota": 107_374_182_400_u64,
        }],
    });
    post(
        "/api/upsell/v1/preview",
        "preview",
        "Renders a message for given states",
    )
    .about("Nothing is stored or sent.")
    .takes::<PreviewForm>(example)
    .answers::<Rendered<'_>>(200, "The message.", Value::Null)
    .refuses(404)
}

/// How much an account uses of something. Either `tenant_id` or `user_id` says whose it is, either
/// `item` or `usage_name` of what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "records are read field by field; this describes them"
)]
struct UsageRecord {
    /// The tenant whose usage it is.
    tenant_id: Option<Uuid>,
    /// The user whose usage it is.
    user_id: Option<Uuid>,
    /// What is used.
    #[schema(value_type = Option<ItemName>)]
    item: Option<String>,
    /// What is used, as the vendor names it.
    #[schema(min_length = 1, max_length = 128)]
    usage_name: Option<String>,
    /// How much.
    value: u64,
    /// The component that it is used on.
    infra_id: Option<Uuid>,
    /// The edition that it is used in.
    #[schema(min_length = 1, max_length = 128)]
    edition: Option<String>,
    /// When it was measured; missing: now, which is always taken. What is older than what is known is
    /// skipped; what is further ahead than `limits.max_clock_skew` (5 minutes) is rejected.
    #[schema(format = DateTime)]
    observed_at: Option<String>,
}

/// Records, of which each has its own outcome.
#[derive(Deserialize, ToSchema)]
#[allow(dead_code, reason = "describes the body")]
struct UsageRecords(Vec<UsageRecord>);

fn quotas() -> Group {
    let mut operations = vec![report(), clicks()];
    operations.extend(states());
    operations.extend(settings());
    Group {
        name: "Quotas",
        about: "Usage goes in; how accounts stand, and what became of it, comes out.",
        path: vec![user(), tenant()],
        operations,
    }
}

const BULK: &str = "A JSON array, or one record per line. A record that is rejected never undoes another. 200 says \
     that all that were accepted are on disk.";

fn report() -> Operation {
    let record =
        json!({ "tenant_id": TENANT, "item": "storage_size", "value": 111_669_149_696_u64 });
    let line = json!(format!("{record}\n"));
    let done = json!({
        "accepted": 1, "unchanged": 0, "skipped": 0, "transitions": 0, "rejected": [],
    });
    let modes = schema::one_of(["commit", "dry_run"]);
    post(
        "/api/upsell/v1/usages",
        "reportUsage",
        "Reports usage in bulk",
    )
    .about(BULK)
    .query(
        "mode",
        modes,
        "`dry_run` shows what would be sent, and stores nothing.",
    )
    .takes::<UsageRecords>(json!([record]))
    .takes_raw("application/x-ndjson", schema::any_text(), Some(line))
    .answers::<Summary>(200, "What became of the records.", done)
}

fn clicks() -> Operation {
    let day = || json!({ "type": "string", "format": "date" });
    let path = "/api/upsell/v1/tenants/{tenant_id}/clicks";
    get(
        path,
        "readClicks",
        "How often a tenant's links were followed",
    )
    .query(
        "from",
        day(),
        "The first day, in UTC; missing: 29 days before `to`.",
    )
    .query(
        "to",
        day(),
        "The last day, in UTC; missing: today. At most 366 days.",
    )
    .answers::<ClicksForm>(200, "The counts.", Value::Null)
}

fn states() -> [Operation; 2] {
    let of_user = "/api/upsell/v1/users/{user_id}/quotas";
    let of_tenant = "/api/upsell/v1/tenants/{tenant_id}/quotas";
    [
        get(of_user, "readUserQuotas", "How a user's own quotas stand"),
        get(of_tenant, "readTenantQuotas", "How a tenant's quotas stand"),
    ]
    .map(|operation| operation.answers::<QuotasForm>(200, "The quotas.", Value::Null))
}

fn settings() -> [Operation; 2] {
    let path = "/api/upsell/v1/tenants/{tenant_id}/quota-settings";
    let update = json!({ "soon_percent": { "storage_size": 80 }, "version": 1 });
    [
        get(path, "readQuotaSettings", "A tenant's own soon thresholds").cached(),
        put(
            path,
            "updateQuotaSettings",
            "Sets a tenant's own soon thresholds",
        )
        .takes::<SettingsForm>(update)
        .conditional(),
    ]
    .map(|operation| {
        operation
            .answers::<ShownSettings>(200, "The thresholds.", Value::Null)
            .tagged()
    })
}

fn emails() -> Group {
    let one = "/api/upsell/v1/emails/{mail_id}";
    let retry = "/api/upsell/v1/emails/{mail_id}/retry";
    let list = get(
        "/api/upsell/v1/emails",
        "listEmails",
        "Lists mails, the newest first",
    )
    .query(
        "state",
        schema::one_of(MailState::ALL.map(MailState::name)),
        "Only those.",
    )
    .query(
        "limit",
        schema::integer(1, emails::MAX_LIMIT as u64),
        "How many at most.",
    )
    .query(
        "after",
        schema::any_text(),
        "`paging.cursors.after` of the page before.",
    )
    .answers::<MailsForm<'_>>(200, "A page of mails.", Value::Null);
    let mail = |operation: Operation| {
        operation
            .answers::<MailForm<'_>>(200, "The mail.", Value::Null)
            .tagged()
    };
    Group {
        name: "Outbox",
        about: "The mails, for operators.",
        path: vec![("mail_id", schema::id(), "The mail's id.")],
        operations: vec![
            list,
            mail(get(one, "readEmail", "Reads a mail")).cached(),
            mail(post(retry, "retryEmail", "Sends a dead letter again"))
                .about("Counts against the limits of its address and its user: 429 above them.")
                .refuses(429)
                .conditional(),
        ],
    }
}

fn buying() -> Group {
    let plan = "/api/upsell/v1/tenants/{tenant_id}/plan";
    let currency = "/api/upsell/v1/tenants/{tenant_id}/currency";
    let named = json!({ "partner": TENANT, "plan_id": 1 });
    let set = |operation: Operation| operation.tagged();
    Group {
        name: "What to buy",
        about: "A tenant may name the partner plan by which it buys: alerts, mails and the header then say what of it covers today's overage, and what that costs.",
        path: vec![tenant()],
        operations: vec![
            set(get(
                plan,
                "readTenantPlan",
                "The partner plan by which a tenant buys",
            )
            .answers::<PlanForm>(200, "The plan.", Value::Null)),
            set(put(
                plan,
                "nameTenantPlan",
                "Names the partner plan by which a tenant buys",
            )
            .takes::<PlanForm>(named)
            .answers::<PlanForm>(200, "The plan.", Value::Null))
            .conditional(),
            delete(plan, "dropTenantPlan", "Names no plan any more")
                .answers_nothing(204, "There is none.")
                .conditional(),
            set(get(
                currency,
                "readCurrency",
                "The currency of a partner's plans",
            )
            .answers::<CurrencyForm>(200, "The currency.", Value::Null)),
            set(put(
                currency,
                "setCurrency",
                "Sets the currency of a partner's plans",
            )
            .takes::<CurrencyForm>(json!({ "currency": "EUR" }))
            .answers::<CurrencyForm>(200, "The currency.", Value::Null))
            .conditional(),
            delete(currency, "dropCurrency", "Names no currency any more")
                .answers_nothing(204, "There is none.")
                .conditional(),
        ],
    }
}

fn audit() -> Group {
    Group {
        name: "Audit",
        about: "Who changed what. Each entry is written in the same step as the change; secrets are masked.",
        path: vec![],
        operations: vec![
            get(
                "/api/upsell/v1/audit",
                "listAudit",
                "Lists changes, the newest first",
            )
            .query(
                "tenant_id",
                schema::id(),
                "Of this tenant and all below it; missing: all within reach.",
            )
            .such_as(TENANT)
            .query(
                "limit",
                schema::integer(1, audit::MAX_LIMIT as u64),
                "How many at most.",
            )
            .query(
                "after",
                schema::any_text(),
                "`paging.cursors.after` of the page before.",
            )
            .answers::<AuditForm<'_>>(200, "A page of changes.", Value::Null)
            .refuses(404),
        ],
    }
}
