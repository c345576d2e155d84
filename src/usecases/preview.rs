//! Renders any message for given states, as its reader would get it. Nothing is stored or sent.

use super::Env;
use super::access::Context;
use super::compose::activation_mail;
use super::error::Error;
use super::list_alerts::{Alert, alerts_of};
use super::messages::{Hrefs, LinkedProposal, MessageContext};
use super::show_header::{Header, header_of};
use super::view::{UserView, assembled, brand_view};

use crate::domain::brand::Brand;
use crate::domain::contact::Contact;
use crate::domain::ids::{TenantId, UserId, V1Id};
use crate::domain::link::{BuyUrl, Placement};
use crate::domain::mail::MailKind;
use crate::domain::meter::ItemStatus;
use crate::domain::quota::{Item, Quota, Scope};
use crate::domain::snooze::Snoozes;
use crate::domain::tenant::{Tenant, TenantKind};
use crate::domain::time::Timestamp;
use crate::domain::user::{AccessPolicy, COMPANY_ADMIN, User};
use crate::render::{Mail, QuotaMailView, RenderError};
use uuid::Uuid;

/// Which message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// The console's alerts.
    Alert,
    /// A mail: about all items, or to a new user.
    Mail(MailKind),
    /// The portal's header.
    Header,
}

/// One item as it is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreviewItem {
    /// Whose quota.
    pub scope: Scope,
    /// Of what.
    pub item: Item,
    /// What is used.
    pub usage: u64,
    /// What is allowed.
    pub quota: Quota,
}

/// What is to be rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Which message.
    pub what: Message,
    /// In which language; `None`: the tenant's.
    pub lang: Option<String>,
    /// Whether the reader is a company admin.
    pub company_admin: bool,
    /// Whether the reader is a buyer.
    pub buyer: bool,
    /// Whether a brand is enabled.
    pub branding: bool,
    /// The Buy URL, instead of the brand's.
    pub buy_url: Option<String>,
    /// The tenant whose brand, name and settings are used.
    pub tenant_id: Option<TenantId>,
    /// What stands.
    pub items: Vec<PreviewItem>,
}

/// A rendered message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Previewed {
    /// Those of the items that are alerts.
    Alerts(Vec<Alert>),
    /// The mail, and which.
    Mail(MailKind, Mail),
    /// The header.
    Header(Box<Header>),
}

/// Renders a message. Its links lead straight to the shop: there is nobody to track.
///
/// # Errors
/// The tenant is out of reach; the Buy URL is refused; an item stands twice; a mail has nothing
/// to say; the store failed.
pub async fn preview(cx: Context<'_>, preview: &Preview) -> Result<Previewed, Error> {
    let Context { env, now, .. } = cx;
    let view = view_of(cx, preview).await?;
    let view = view.with_what_to_buy(env).await?;
    let mut message = MessageContext::new(env, &view, preview.lang.as_deref(), None, now);
    message.hrefs = Hrefs::Direct;
    match preview.what {
        Message::Alert => alerts_of(env, &message, &Snoozes::default()).map(Previewed::Alerts),
        Message::Header => header_of(env, &message).map(|h| Previewed::Header(Box::new(h))),
        Message::Mail(kind) => mail_of(env, &message, kind).map(|m| Previewed::Mail(kind, m)),
    }
}

fn mail_of(env: &Env, message: &MessageContext<'_>, kind: MailKind) -> Result<Mail, Error> {
    let view = message.view;
    if kind == MailKind::Activation {
        return activation_mail(env, view, &message.lang);
    }
    let lines = view.quota_lines();
    let proposal = message.proposal(env, Placement::Email, None);
    let proposal = proposal.as_ref().map(LinkedProposal::to_view);
    let brand = brand_view(env, view.brand.as_ref());
    let mail = QuotaMailView {
        others: &[],
        recipient_name: &view.user.contact.full_name(),
        tenant_name: &view.tenant.name,
        lines: &lines,
        proposal: proposal.as_ref(),
        brand: &brand,
        unsubscribe_url: None,
        reminder: kind == MailKind::Reminder,
        as_of: Some(message.now),
    };
    match env.renderer.quota_mail(&mail, &message.lang) {
        Err(RenderError::NothingToSay) => {
            let why = "none is exceeded or soon will be, so there is no mail to show";
            Err(Error::invalid("items", why))
        }
        rendered => Ok(rendered?),
    }
}

/// A reader who does not exist, for whom this is true.
async fn view_of(cx: Context<'_>, preview: &Preview) -> Result<UserView, Error> {
    let Context { env, now, .. } = cx;
    let mut tenant = match preview.tenant_id {
        Some(id) => cx.tenant(id).await?.value,
        None => example_tenant(now),
    };
    // A disabled tenant's people are told nothing; a preview shows what they would be told.
    tenant.enabled = true;
    let brand = brand_of(env, preview, &tenant).await?;
    let mut user = example_user(tenant.id, now);
    user.buyer = preview.buyer;
    if preview.company_admin {
        user.policies.push(AccessPolicy {
            id: Uuid::nil(),
            issuer_id: Uuid::nil(),
            tenant_id: tenant.id,
            role: COMPANY_ADMIN,
            version: 1,
        });
    }
    let items = |scope| items_of(env, &tenant, preview, scope, now);
    let items = (items(Scope::User)?, items(Scope::Tenant)?);
    Ok(assembled(env, (user, tenant), brand, items))
}

async fn brand_of(env: &Env, preview: &Preview, tenant: &Tenant) -> Result<Option<Brand>, Error> {
    if !preview.branding {
        return Ok(None);
    }
    let own = match preview.tenant_id {
        Some(_) => env.store.effective_brand(tenant).await?,
        None => None,
    };
    let mut brand = own.unwrap_or_else(|| Brand::unset(tenant.id));
    if let Some(text) = preview.buy_url.as_deref() {
        let parsed = BuyUrl::parse(text, env.settings.buy_url_rules);
        let url = parsed.map_err(|why| Error::invalid("buy_url", why))?;
        brand.buy_url = Some(url);
    }
    brand.enabled = true;
    Ok(Some(brand))
}

fn items_of(
    env: &Env,
    tenant: &Tenant,
    preview: &Preview,
    scope: Scope,
    now: Timestamp,
) -> Result<Vec<ItemStatus>, Error> {
    let policy = env.settings.quota_policy(tenant);
    let mut items: Vec<ItemStatus> = Vec::new();
    for given in preview.items.iter().filter(|given| given.scope == scope) {
        if items.iter().any(|known| known.item == given.item) {
            let why = format!("{} of the {} stands twice", given.item, scope.name());
            return Err(Error::invalid("items", why));
        }
        items.push(ItemStatus {
            item: given.item,
            state: given
                .quota
                .state(given.usage, policy.soon_percent(given.item)),
            usage: given.usage,
            quota: given.quota,
            since: now,
        });
    }
    items.sort_by_key(|status| status.item);
    Ok(items)
}

fn example_tenant(now: Timestamp) -> Tenant {
    Tenant {
        id: TenantId::new(Uuid::nil()),
        name: "Example".to_owned(),
        language: String::new(),
        ..Tenant::new(V1Id(1), TenantKind::Customer, now)
    }
}

fn example_user(tenant: TenantId, now: Timestamp) -> User {
    User {
        id: UserId::new(Uuid::nil()),
        login: "example".to_owned(),
        contact: Contact {
            firstname: "John".to_owned(),
            lastname: "Doe".to_owned(),
            ..Contact::default()
        },
        activated: true,
        terms_accepted: true,
        ..User::new(V1Id(2), tenant, now)
    }
}
