//! Tenants, users, roles, clients and what a search finds.

use super::super::wire::client::{ClientData, ClientResponse};
use super::super::wire::contact::{ContactRequest, ContactResponse};
use super::super::wire::policy::{PolicyRequest, PolicyResponse};
use super::super::wire::search::HitResponse;
use super::super::wire::tenant::{NewTenantRequest, TenantRequest, TenantResponse, UpdateLock};
use super::super::wire::user::{UserRequest, UserResponse};
use super::super::wire::{IDP_ID, MFA_STATUS};
use crate::domain::client::{ApiScope, ApiScopes, Client};
use crate::domain::contact::Contact;
use crate::domain::ids::{TenantId, UserId};
use crate::domain::tenant::TenantKind;
use crate::domain::user::{AccessPolicy, User};
use crate::http::error::ApiError;
use crate::http::output;
use crate::usecases::access_policies::PolicyInput;
use crate::usecases::contact::ContactPatch;
use crate::usecases::manage_tenants::{NewTenant, TenantPatch, TenantView};
use crate::usecases::manage_users::{BUYER, UserPatch};
use crate::usecases::search::{Hit, HitKind};

fn kind(name: &str) -> Result<TenantKind, ApiError> {
    TenantKind::from_name(name).ok_or_else(|| {
        let known = TenantKind::ALL.map(TenantKind::name).join(", ");
        ApiError::malformed("kind", format!("must be one of {known}"))
    })
}

fn contact_patch(contact: Option<ContactRequest>) -> ContactPatch {
    let contact = contact.unwrap_or_default();
    ContactPatch {
        address1: contact.address1,
        address2: contact.address2,
        city: contact.city,
        country: contact.country,
        email: contact.email,
        firstname: contact.firstname,
        lastname: contact.lastname,
        phone: contact.phone,
        state: contact.state,
        zipcode: contact.zipcode,
    }
}

fn contact(contact: Contact) -> ContactResponse {
    let email = contact
        .email
        .as_ref()
        .map(|email| email.as_str().to_owned());
    ContactResponse {
        address1: contact.address1,
        address2: contact.address2,
        city: contact.city,
        country: contact.country,
        email: email.unwrap_or_default(),
        firstname: contact.firstname,
        lastname: contact.lastname,
        phone: contact.phone,
        state: contact.state,
        zipcode: contact.zipcode,
    }
}

pub(crate) fn new_tenant(body: NewTenantRequest) -> Result<NewTenant, ApiError> {
    Ok(NewTenant {
        kind: kind(&body.kind)?,
        name: body.name,
        parent_id: body.parent_id.0,
        rest: TenantPatch {
            language: body.language,
            contact: contact_patch(body.contact),
            internal_tag: body.internal_tag,
            enabled: body.enabled,
            ..TenantPatch::default()
        },
    })
}

pub(crate) fn tenant_patch(body: TenantRequest) -> Result<TenantPatch, ApiError> {
    Ok(TenantPatch {
        name: body.name,
        language: body.language,
        contact: contact_patch(body.contact),
        internal_tag: body.internal_tag,
        enabled: body.enabled,
        kind: body.kind.as_deref().map(kind).transpose()?,
        parent_id: body.parent_id.map(|id| id.0),
    })
}

pub(crate) fn tenant(view: TenantView) -> TenantResponse {
    let tenant = view.tenant;
    TenantResponse {
        ancestral_access: true,
        brand_id: None,
        brand_uuid: None,
        contacts: [],
        created_at: output::time(tenant.created_at),
        customer_id: None,
        customer_type: "default",
        default_idp_id: IDP_ID,
        deleted_at: None,
        enabled: tenant.enabled,
        has_children: view.has_children,
        id: tenant.id.to_string(),
        kind: tenant.kind.name(),
        mfa_status: MFA_STATUS,
        owner_id: None,
        parent_id: tenant.parent_id().map(|id| id.to_string()),
        pricing_mode: "production",
        update_lock: UpdateLock {
            enabled: false,
            owner_id: None,
        },
        updated_at: output::time(tenant.updated_at),
        v1_id: tenant.v1_id.0.into(),
        version: tenant.version,
        internal_tag: tenant.internal_tag,
        language: tenant.language,
        contact: contact(tenant.contact),
        name: tenant.name,
    }
}

pub(crate) fn user_patch(body: UserRequest) -> UserPatch {
    UserPatch {
        login: body.login,
        contact: contact_patch(body.contact),
        language: body.language,
        enabled: body.enabled,
        activated: body.activated,
        terms_accepted: body.terms_accepted,
        business_types: body.business_types,
        notifications: body.notifications,
        tenant_id: body.tenant_id.map(|id| id.0),
    }
}

pub(crate) fn user(user: User) -> UserResponse {
    UserResponse {
        activated: user.activated,
        business_types: if user.buyer { vec![BUYER] } else { vec![] },
        contact: contact(user.contact),
        created_at: output::time(user.created_at),
        enabled: user.enabled,
        id: user.id.to_string(),
        idp_id: IDP_ID,
        language: user.language,
        login: user.login,
        mfa_status: MFA_STATUS,
        notifications: user.notifications,
        personal_tenant_id: user.personal_tenant_id.map(|id| id.to_string()),
        tenant_id: user.tenant_id.to_string(),
        terms_accepted: user.terms_accepted,
        version: user.version,
    }
}

pub(crate) fn policy_input(policy: PolicyRequest) -> PolicyInput {
    PolicyInput {
        id: policy.id,
        trustee_id: policy.trustee_id,
        trustee_type: policy.trustee_type,
        tenant_id: policy.tenant_id.0,
        role: policy.role_id,
        version: policy.version,
    }
}

pub(crate) fn policy(policy: &AccessPolicy, user: UserId) -> PolicyResponse {
    PolicyResponse {
        id: policy.id.hyphenated().to_string(),
        issuer_id: policy.issuer_id.hyphenated().to_string(),
        role_id: policy.role,
        tenant_id: policy.tenant_id.to_string(),
        trustee_id: user.to_string(),
        trustee_type: "user",
        version: policy.version,
    }
}

pub(crate) fn scopes(names: &[String]) -> Result<ApiScopes, ApiError> {
    ApiScopes::parse(&names.join(" ")).map_err(|bad| ApiError::malformed("scopes", bad))
}

pub(crate) fn client(client: Client, secret: Option<String>) -> ClientResponse {
    let scopes = ApiScope::ALL
        .into_iter()
        .filter(|scope| client.scopes.allows(*scope))
        .map(|scope| scope.name().to_owned());
    ClientResponse {
        client_id: client.id.to_string(),
        client_secret: secret,
        created_at: output::time(client.created_at),
        data: ClientData {
            client_name: client.name,
        },
        scopes: scopes.collect(),
        status: if client.enabled {
            "enabled"
        } else {
            "disabled"
        },
        tenant_id: client.tenant_id.to_string(),
        token_endpoint_auth_method: "client_secret_basic",
        kind: "agent",
        version: client.version,
    }
}

pub(crate) fn hit(hit: Hit) -> HitResponse {
    let path = hit.path;
    match hit.found {
        HitKind::Tenant(tenant) => HitResponse {
            id: tenant.id.to_string(),
            kind: Some(tenant.kind.name()),
            login: None,
            parent_id: tenant.parent_id().map(|id: TenantId| id.to_string()),
            name: tenant.name,
            obj_type: "tenant",
            path,
        },
        HitKind::User(user) => {
            let name = user.contact.full_name();
            HitResponse {
                id: user.id.to_string(),
                kind: None,
                name: if name.is_empty() {
                    user.login.clone()
                } else {
                    name
                },
                login: Some(user.login),
                obj_type: "user",
                parent_id: Some(user.tenant_id.to_string()),
                path,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::V1Id;
    use crate::http::account::examples;
    use crate::http::output::parse_time;

    #[test]
    fn a_user_looks_as_the_vendor_prints_it() {
        let at = parse_time("2019-07-25T07:11:02.807354+00:00").unwrap();
        let john = User {
            id: examples::USER.parse().unwrap(),
            v1_id: V1Id(7),
            tenant_id: examples::TENANT.parse().unwrap(),
            login: "JohnDoe".into(),
            contact: Contact {
                email: Some("johndoe@mysite.com".parse().unwrap()),
                firstname: "John".into(),
                lastname: "Doe".into(),
                ..Contact::default()
            },
            enabled: false,
            activated: true,
            buyer: true,
            notifications: vec!["quota", "reports", "backup_daily_report"],
            language: "en".into(),
            personal_tenant_id: None,
            terms_accepted: false,
            policies: vec![],
            created_at: at,
            updated_at: at,
            version: 2,
        };
        assert_eq!(serde_json::to_value(user(john)).unwrap(), examples::user());
    }

    #[test]
    fn kinds_and_scopes_are_known_ones() {
        assert_eq!(kind("customer"), Ok(TenantKind::Customer));
        assert!(kind("Customer").is_err());
        assert!(scopes(&["account_read".into()]).is_ok());
        assert!(scopes(&["root".into()]).is_err());
    }
}
