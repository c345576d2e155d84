//! Explanations: the rules behind what a user is shown and sent.

use super::alert::to_buy;
use super::email::cause;
use crate::domain::evaluate::Arming;
use crate::domain::mail::Mail;
use crate::domain::plan::NothingToBuy;
use crate::domain::proposal::Proposal;
use crate::domain::quota::{Percent, utilization};
use crate::domain::rules::Checked;
use crate::http::native::wire::explain::{
    AudienceResponse, DecisionResponse, ExplanationResponse, ItemResponse, LatestMailResponse,
    LevelResponse, MailsResponse, NotToldResponse, ReaderResponse, RuleResponse, ShopResponse,
    SoonResponse, WhyNotResponse,
};
use crate::http::native::wire::names::{
    ItemName, LevelName, MailStateName, NotToldReason, NothingToBuyName, ProposalName,
    QuotaScopeName, RuleName, SoonFromName, StateName, UnitName,
};
use crate::http::output::time;
use crate::telemetry::metrics::Label;
use crate::usecases::explain::{Decision, ExplainedItem, Explanation};
use crate::usecases::fan_out::Audience;

fn rule(checked: &Checked) -> RuleResponse {
    RuleResponse {
        rule: RuleName(checked.rule.name()),
        holds: checked.holds,
        says: checked.rule.says(checked.holds),
    }
}

fn rules_of<T>(decision: &Decision<T>) -> Vec<RuleResponse> {
    decision.rules.iter().map(rule).collect()
}

fn decision(decision: &Decision<Option<Proposal>>) -> DecisionResponse {
    DecisionResponse {
        kind: decision.outcome.map(|kind| ProposalName(kind.name())),
        rules: rules_of(decision),
    }
}

fn latest_mail(mail: &Mail) -> LatestMailResponse<'_> {
    LatestMailResponse {
        id: mail.id.uuid(),
        state: MailStateName(mail.state.name()),
        causes: mail.causes.iter().map(cause).collect(),
        created_at: time(mail.created_at),
        due_at: time(mail.due_at),
        attempts: mail.attempts,
        last_error: mail.last_error.as_deref(),
    }
}

fn level(arming: &Arming) -> LevelResponse {
    LevelResponse {
        level: LevelName(arming.level.name()),
        at: arming.at,
        armed: arming.is_armed,
        rearmed_below: arming.rearm_below,
    }
}

fn why_not(why: NothingToBuy) -> WhyNotResponse {
    WhyNotResponse {
        reason: NothingToBuyName(why.name()),
        says: why.says(),
    }
}

fn item(explained: &ExplainedItem) -> ItemResponse<'_> {
    let status = &explained.status;
    let from = match explained.soon_is_tenants {
        true => "tenant",
        false => "deployment",
    };
    ItemResponse {
        scope: QuotaScopeName(explained.alert.account.scope().name()),
        item: ItemName(status.item.name()),
        alert_id: explained.alert.to_string(),
        alert_shown: explained.is_shown,
        state: StateName(status.state.name()),
        since: time(status.since),
        usage: status.usage,
        quota: status.quota.value,
        overage: status.quota.overage,
        unit: UnitName(status.item.unit().name()),
        utilization: utilization(status.usage, status.quota.value),
        soon: SoonResponse {
            percent: explained.soon.map(Percent::get),
            from: SoonFromName(from),
        },
        levels: explained.levels.iter().map(level).collect(),
        snoozed_until: explained.snoozed_until.map(time),
        what_to_buy: explained.to_buy.as_ref().ok().map(to_buy),
        why_not: explained.to_buy.as_ref().err().copied().map(why_not),
    }
}

pub(crate) fn explanation(explanation: &Explanation) -> ExplanationResponse<'_> {
    let (user, tenant) = (&explanation.view.user, &explanation.view.tenant);
    let brand = explanation.view.brand.as_ref();
    let recipient = explanation.recipient.as_ref();
    ExplanationResponse {
        user_id: user.id.uuid(),
        tenant_id: tenant.id.uuid(),
        generated_at: time(explanation.generated_at),
        reader: ReaderResponse {
            company_admin: user.is_company_admin(),
            buyer: user.buyer,
            enabled: user.enabled,
            activated: user.activated,
            has_email: user.contact.email.is_some(),
            quota_notifications: user.wants_quota_mail(),
            tenant_enabled: tenant.enabled,
        },
        shop: ShopResponse {
            brand_tenant_id: brand.map(|brand| brand.tenant_id.uuid()),
            branding_enabled: brand.is_some(),
            buy_url_set: explanation.has_buy_url,
            buy_url_allowed: explanation.has_usable_buy_url,
        },
        proposal: decision(&explanation.proposal),
        edition_proposal: decision(&explanation.edition_proposal),
        mail: MailsResponse {
            receives: explanation.mail.outcome,
            rules: rules_of(&explanation.mail),
            tenant: explanation.audience.as_ref().map(audience),
            latest_mail: explanation.latest_mail.as_ref().map(latest_mail),
            last_sent_at: recipient.map(|known| time(known.last_sent_at)),
            next_reminder_at: recipient.and_then(|known| known.reminder_due_at).map(time),
        },
        items: explanation.items.iter().map(item).collect(),
    }
}

fn audience(audience: &Audience) -> AudienceResponse {
    let not_told = audience.not_told.iter();
    let not_told = not_told.map(|(reason, count)| NotToldResponse {
        reason: NotToldReason(reason.text()),
        count: *count,
    });
    AudienceResponse {
        told: audience.told,
        not_told: not_told.collect(),
    }
}
