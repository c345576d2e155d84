//! Stored forms of tenants, users, clients, recipients and snoozes.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Stored, known, need};
use crate::domain::client::{ApiScopes, Client, SecretHash};
use crate::domain::contact::Contact;
use crate::domain::ids::{ClientId, TenantId, UserId, V1Id};
use crate::domain::notification::Recipient;
use crate::domain::plan::{Currency, PlanId, PlanRef};
use crate::domain::quota::Percent;
use crate::domain::snooze::Snoozes;
use crate::domain::tenant::{SoonSetting, Tenant, TenantKind, TenantSettings};
use crate::domain::time::Timestamp;
use crate::domain::user::{AccessPolicy, NOTIFICATION_KINDS, ROLES, User, known_name};

#[derive(Serialize, Deserialize)]
pub(super) struct ContactForm {
    address1: String,
    address2: String,
    city: String,
    country: String,
    email: Option<String>,
    firstname: String,
    lastname: String,
    phone: String,
    state: String,
    zipcode: String,
}

impl From<Contact> for ContactForm {
    fn from(contact: Contact) -> Self {
        Self {
            address1: contact.address1,
            address2: contact.address2,
            city: contact.city,
            country: contact.country,
            email: contact.email.map(|email| email.as_str().to_owned()),
            firstname: contact.firstname,
            lastname: contact.lastname,
            phone: contact.phone,
            state: contact.state,
            zipcode: contact.zipcode,
        }
    }
}

impl ContactForm {
    fn into_contact(self) -> Result<Contact, String> {
        let email = self
            .email
            .map(|text| need("email", text.parse()))
            .transpose()?;
        Ok(Contact {
            address1: self.address1,
            address2: self.address2,
            city: self.city,
            country: self.country,
            email,
            firstname: self.firstname,
            lastname: self.lastname,
            phone: self.phone,
            state: self.state,
            zipcode: self.zipcode,
        })
    }
}

/// Per item: absent inherits, 0 is off, 1–99 is the tenant's own.
#[derive(Serialize, Deserialize)]
pub(super) struct SettingsForm {
    soon_percent: [Option<u8>; 5],
    partner_plan: Option<PlanRefForm>,
    currency: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct PlanRefForm {
    partner: Uuid,
    plan: u64,
}

impl From<TenantSettings> for SettingsForm {
    fn from(settings: TenantSettings) -> Self {
        let soon_percent = settings.soon_percent.map(|soon| match soon {
            SoonSetting::Inherit => None,
            SoonSetting::Off => Some(0),
            SoonSetting::At(percent) => Some(percent.get()),
        });
        Self {
            soon_percent,
            partner_plan: settings.partner_plan.map(|named| PlanRefForm {
                partner: named.partner.uuid(),
                plan: named.plan.0,
            }),
            currency: settings.currency.map(|currency| currency.to_string()),
        }
    }
}

impl SettingsForm {
    fn into_settings(self) -> Result<TenantSettings, String> {
        let soon_percent = self.soon_percent.map(|soon| match soon {
            None => SoonSetting::Inherit,
            Some(number) => Percent::new(number).map_or(SoonSetting::Off, SoonSetting::At),
        });
        let currency = self
            .currency
            .map(|code| known("currency", &code, Currency::from_code(&code)));
        Ok(TenantSettings {
            soon_percent,
            partner_plan: self.partner_plan.map(|named| PlanRef {
                partner: TenantId::new(named.partner),
                plan: PlanId(named.plan),
            }),
            currency: currency.transpose()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct TenantForm {
    id: Uuid,
    v1_id: u32,
    name: String,
    kind: String,
    ancestors: Vec<Uuid>,
    enabled: bool,
    language: String,
    contact: ContactForm,
    internal_tag: Option<String>,
    settings: SettingsForm,
    created_us: i64,
    updated_us: i64,
    version: u64,
}

impl From<Tenant> for TenantForm {
    fn from(tenant: Tenant) -> Self {
        Self {
            id: tenant.id.uuid(),
            v1_id: tenant.v1_id.0,
            name: tenant.name,
            kind: tenant.kind.name().to_owned(),
            ancestors: tenant.ancestors.iter().map(|id| id.uuid()).collect(),
            enabled: tenant.enabled,
            language: tenant.language,
            contact: tenant.contact.into(),
            internal_tag: tenant.internal_tag,
            settings: tenant.settings.into(),
            created_us: tenant.created_at.micros(),
            updated_us: tenant.updated_at.micros(),
            version: tenant.version,
        }
    }
}

impl Stored for Tenant {
    const NAME: &'static str = "tenant";
    type Form = TenantForm;

    fn from_form(form: TenantForm) -> Result<Self, String> {
        Ok(Self {
            id: TenantId::new(form.id),
            v1_id: V1Id(form.v1_id),
            name: form.name,
            kind: known("kind", &form.kind, TenantKind::from_name(&form.kind))?,
            ancestors: form.ancestors.into_iter().map(TenantId::new).collect(),
            enabled: form.enabled,
            language: form.language,
            contact: form.contact.into_contact()?,
            internal_tag: form.internal_tag,
            settings: form.settings.into_settings()?,
            created_at: Timestamp::from_micros(form.created_us),
            updated_at: Timestamp::from_micros(form.updated_us),
            version: form.version,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct PolicyForm {
    id: Uuid,
    issuer_id: Uuid,
    tenant_id: Uuid,
    role: String,
    version: u64,
}

#[derive(Serialize, Deserialize)]
pub struct UserForm {
    id: Uuid,
    v1_id: u32,
    tenant_id: Uuid,
    login: String,
    contact: ContactForm,
    enabled: bool,
    activated: bool,
    buyer: bool,
    notifications: Vec<String>,
    language: String,
    personal_tenant_id: Option<Uuid>,
    terms_accepted: bool,
    policies: Vec<PolicyForm>,
    created_us: i64,
    updated_us: i64,
    version: u64,
}

impl From<User> for UserForm {
    fn from(user: User) -> Self {
        let policies = user.policies.into_iter().map(|policy| PolicyForm {
            id: policy.id,
            issuer_id: policy.issuer_id,
            tenant_id: policy.tenant_id.uuid(),
            role: policy.role.to_owned(),
            version: policy.version,
        });
        Self {
            id: user.id.uuid(),
            v1_id: user.v1_id.0,
            tenant_id: user.tenant_id.uuid(),
            login: user.login,
            contact: user.contact.into(),
            enabled: user.enabled,
            activated: user.activated,
            buyer: user.buyer,
            notifications: user
                .notifications
                .iter()
                .map(|&kind| kind.to_owned())
                .collect(),
            language: user.language,
            personal_tenant_id: user.personal_tenant_id.map(TenantId::uuid),
            terms_accepted: user.terms_accepted,
            policies: policies.collect(),
            created_us: user.created_at.micros(),
            updated_us: user.updated_at.micros(),
            version: user.version,
        }
    }
}

impl PolicyForm {
    fn into_policy(self) -> Result<AccessPolicy, String> {
        Ok(AccessPolicy {
            id: self.id,
            issuer_id: self.issuer_id,
            tenant_id: TenantId::new(self.tenant_id),
            role: known("role", &self.role, known_name(&ROLES, &self.role))?,
            version: self.version,
        })
    }
}

impl Stored for User {
    const NAME: &'static str = "user";
    type Form = UserForm;

    fn from_form(form: UserForm) -> Result<Self, String> {
        let notifications = form
            .notifications
            .iter()
            .map(|name| known("notification", name, known_name(&NOTIFICATION_KINDS, name)));
        let policies = form.policies.into_iter().map(PolicyForm::into_policy);
        Ok(Self {
            id: UserId::new(form.id),
            v1_id: V1Id(form.v1_id),
            tenant_id: TenantId::new(form.tenant_id),
            login: form.login,
            contact: form.contact.into_contact()?,
            enabled: form.enabled,
            activated: form.activated,
            buyer: form.buyer,
            notifications: notifications.collect::<Result<_, _>>()?,
            language: form.language,
            personal_tenant_id: form.personal_tenant_id.map(TenantId::new),
            terms_accepted: form.terms_accepted,
            policies: policies.collect::<Result<_, _>>()?,
            created_at: Timestamp::from_micros(form.created_us),
            updated_at: Timestamp::from_micros(form.updated_us),
            version: form.version,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct ClientForm {
    id: Uuid,
    tenant_id: Uuid,
    name: String,
    secret_sha256: [u8; 32],
    scopes: String,
    enabled: bool,
    created_us: i64,
    version: u64,
}

impl From<Client> for ClientForm {
    fn from(client: Client) -> Self {
        Self {
            id: client.id.uuid(),
            tenant_id: client.tenant_id.uuid(),
            name: client.name,
            secret_sha256: client.secret_hash.0,
            scopes: client.scopes.to_string(),
            enabled: client.enabled,
            created_us: client.created_at.micros(),
            version: client.version,
        }
    }
}

impl Stored for Client {
    const NAME: &'static str = "client";
    const SECRETS: &'static [&'static str] = &["secret_sha256"];
    type Form = ClientForm;

    fn from_form(form: ClientForm) -> Result<Self, String> {
        Ok(Self {
            id: ClientId::new(form.id),
            tenant_id: TenantId::new(form.tenant_id),
            name: form.name,
            secret_hash: SecretHash(form.secret_sha256),
            scopes: need("scopes", ApiScopes::parse(&form.scopes))?,
            enabled: form.enabled,
            created_at: Timestamp::from_micros(form.created_us),
            version: form.version,
        })
    }
}

/// The stored form of [`Recipient`].
#[derive(Serialize, Deserialize)]
pub struct RecipientLog {
    user_id: Uuid,
    last_sent_us: i64,
    reminder_due_us: Option<i64>,
}

impl From<Recipient> for RecipientLog {
    fn from(recipient: Recipient) -> Self {
        Self {
            user_id: recipient.user_id.uuid(),
            last_sent_us: recipient.last_sent_at.micros(),
            reminder_due_us: recipient.reminder_due_at.map(Timestamp::micros),
        }
    }
}

impl Stored for Recipient {
    const NAME: &'static str = "recipient";
    type Form = RecipientLog;

    fn from_form(form: RecipientLog) -> Result<Self, String> {
        Ok(Self {
            user_id: UserId::new(form.user_id),
            last_sent_at: Timestamp::from_micros(form.last_sent_us),
            reminder_due_at: form.reminder_due_us.map(Timestamp::from_micros),
        })
    }
}

impl From<Snoozes> for Vec<(String, i64)> {
    fn from(snoozes: Snoozes) -> Self {
        snoozes
            .0
            .into_iter()
            .map(|(alert, until)| (alert.to_string(), until.micros()))
            .collect()
    }
}

impl Stored for Snoozes {
    const NAME: &'static str = "snoozes";
    type Form = Vec<(String, i64)>;

    fn from_form(form: Self::Form) -> Result<Self, String> {
        let read = form.into_iter().map(|(alert, until_us)| {
            let id = known("alert", &alert, alert.parse().ok())?;
            Ok((id, Timestamp::from_micros(until_us)))
        });
        read.collect::<Result<_, String>>().map(Self)
    }
}
