//! Tenants, users, roles, clients and what a search finds.

use super::contact::contact;
use super::set;
use crate::domain::client::{ApiScope, ApiScopes, Client};
use crate::domain::ids::UserId;
use crate::domain::tenant::{Tenant, TenantKind};
use crate::domain::text::{check_language, check_line, check_login, check_name};
use crate::domain::user::{AccessPolicy, BUYER, NOTIFICATION_KINDS, User, known_name};
use crate::http::account::wire::client::{
    ClientData, ClientRequest, ClientResponse, NewClientRequest,
};
use crate::http::account::wire::names::{
    BusinessType, ClientStatus, NotificationKind, ObjectType, RoleName, ScopeName, TenantKindName,
};
use crate::http::account::wire::policy::{PolicyRequest, PolicyResponse};
use crate::http::account::wire::search::HitResponse;
use crate::http::account::wire::tenant::{
    NewTenantRequest, TenantRequest, TenantResponse, UpdateLock,
};
use crate::http::account::wire::user::{UserRequest, UserResponse};
use crate::http::account::wire::{IDP_ID, MFA_STATUS};
use crate::http::output;
use crate::usecases::access_policies::PolicyInput;
use crate::usecases::error::Error;
use crate::usecases::manage_tenants::TenantView;
use crate::usecases::search::{Hit, HitKind};

/// Longest name and internal tag of a tenant, in characters; the name is part of an index key.
const MAX_NAME_CHARS: usize = 200;
/// Longest name of a client, in characters.
const MAX_CLIENT_NAME_CHARS: usize = 256;

fn kind(name: &str) -> Result<TenantKind, Error> {
    TenantKind::from_name(name).ok_or_else(|| {
        let known = TenantKind::ALL.map(TenantKind::name).join(", ");
        Error::invalid("kind", format!("must be one of {known}"))
    })
}

impl NewTenantRequest {
    /// Which kind is asked for.
    pub(crate) fn kind(&self) -> Result<TenantKind, Error> {
        kind(&self.kind)
    }

    /// All else that it says.
    pub(crate) fn rest(self) -> TenantRequest {
        TenantRequest {
            name: Some(self.name),
            language: self.language,
            contact: self.contact,
            internal_tag: self.internal_tag,
            enabled: self.enabled,
            ..TenantRequest::default()
        }
    }
}

impl TenantRequest {
    /// The tenant with the change made.
    pub(crate) fn apply(&self, mut tenant: Tenant) -> Result<Tenant, Error> {
        if let Some(name) = &self.name {
            check_name(name, MAX_NAME_CHARS).map_err(|bad| Error::invalid("name", bad))?;
            name.trim().clone_into(&mut tenant.name);
        }
        let language = &mut tenant.language;
        set("language", &self.language, language, check_language)?;
        if let Some(tag) = &self.internal_tag {
            check_line(tag, MAX_NAME_CHARS).map_err(|bad| Error::invalid("internal_tag", bad))?;
            tenant.internal_tag = Some(tag.clone()).filter(|tag| !tag.is_empty());
        }
        // Callers send whole objects back.
        let given = self.kind.as_deref().map(kind).transpose()?;
        if given.is_some_and(|kind| kind != tenant.kind) {
            return Err(Error::invalid("kind", "the kind of a tenant cannot change"));
        }
        let parent = self.parent_id.as_ref().map(|id| id.0);
        if parent.is_some() && parent != tenant.parent_id() {
            return Err(Error::invalid("parent_id", "a tenant cannot be moved"));
        }
        tenant.enabled = self.enabled.unwrap_or(tenant.enabled);
        if let Some(contact) = &self.contact {
            contact.apply(&mut tenant.contact)?;
        }
        Ok(tenant)
    }
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
        id: tenant.id.uuid(),
        kind: TenantKindName(tenant.kind.name()),
        mfa_status: MFA_STATUS,
        owner_id: None,
        parent_id: tenant.parent_id().map(|id| id.uuid()),
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

impl UserRequest {
    /// The user with the change made.
    pub(crate) fn apply(&self, mut user: User) -> Result<User, Error> {
        set("login", &self.login, &mut user.login, check_login)?;
        let language = &mut user.language;
        set("language", &self.language, language, check_language)?;
        if let Some(types) = &self.business_types {
            user.buyer = is_buyer(types)?;
        }
        if let Some(kinds) = &self.notifications {
            user.notifications = notifications(kinds)?;
        }
        // Callers send whole objects back.
        if self.tenant_id.is_some_and(|id| id.0 != user.tenant_id) {
            return Err(Error::invalid("tenant_id", "a user cannot be moved"));
        }
        user.enabled = self.enabled.unwrap_or(user.enabled);
        user.activated = self.activated.unwrap_or(user.activated);
        user.terms_accepted = self.terms_accepted.unwrap_or(user.terms_accepted);
        if let Some(contact) = &self.contact {
            contact.apply(&mut user.contact)?;
        }
        Ok(user)
    }
}

/// A user is a buyer, or nothing (rule `user-object`).
fn is_buyer(types: &[String]) -> Result<bool, Error> {
    if types.iter().any(|name| name != BUYER) {
        return Err(Error::invalid(
            "business_types",
            "the only business type of users is \"buyer\"",
        ));
    }
    Ok(!types.is_empty())
}

fn notifications(kinds: &[String]) -> Result<Vec<&'static str>, Error> {
    let mut known = Vec::new();
    for kind in kinds {
        let Some(name) = known_name(&NOTIFICATION_KINDS, kind) else {
            let all = NOTIFICATION_KINDS.join(", ");
            return Err(Error::invalid("notifications", format!("known are: {all}")));
        };
        if !known.contains(&name) {
            known.push(name);
        }
    }
    Ok(known)
}

pub(crate) fn user(user: User) -> UserResponse {
    UserResponse {
        activated: user.activated,
        business_types: if user.buyer {
            vec![BusinessType(BUYER)]
        } else {
            vec![]
        },
        contact: contact(user.contact),
        created_at: output::time(user.created_at),
        enabled: user.enabled,
        id: user.id.uuid(),
        idp_id: IDP_ID,
        language: user.language,
        login: user.login,
        mfa_status: MFA_STATUS,
        notifications: user
            .notifications
            .into_iter()
            .map(NotificationKind)
            .collect(),
        personal_tenant_id: user.personal_tenant_id.map(|id| id.uuid()),
        tenant_id: user.tenant_id.uuid(),
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
        id: policy.id,
        issuer_id: policy.issuer_id,
        role_id: RoleName(policy.role),
        tenant_id: policy.tenant_id.uuid(),
        trustee_id: user.uuid(),
        trustee_type: "user",
        version: policy.version,
    }
}

impl NewClientRequest {
    /// All that it says of the client.
    pub(crate) fn rest(self) -> ClientRequest {
        ClientRequest {
            data: self.data,
            scopes: self.scopes,
            ..ClientRequest::default()
        }
    }
}

impl ClientRequest {
    /// The client with the change made.
    pub(crate) fn apply(&self, mut client: Client) -> Result<Client, Error> {
        client.enabled = match self.status.as_deref() {
            None => client.enabled,
            Some("enabled") => true,
            Some("disabled") => false,
            Some(_) => {
                let why = "must be \"enabled\" or \"disabled\"";
                return Err(Error::invalid("status", why));
            }
        };
        if let Some(ClientData { client_name: name }) = &self.data {
            check_line(name, MAX_CLIENT_NAME_CHARS)
                .map_err(|bad| Error::invalid("data.client_name", bad))?;
            client.name.clone_from(name);
        }
        if let Some(names) = &self.scopes {
            client.scopes = scopes(names)?;
        }
        Ok(client)
    }
}

fn scopes(names: &[String]) -> Result<ApiScopes, Error> {
    ApiScopes::parse(&names.join(" ")).map_err(|bad| Error::invalid("scopes", bad))
}

pub(crate) fn client(client: Client, secret: Option<String>) -> ClientResponse {
    let scopes = ApiScope::ALL
        .into_iter()
        .filter(|scope| client.scopes.allows(*scope))
        .map(|scope| ScopeName(scope.name()));
    let status = if client.enabled {
        "enabled"
    } else {
        "disabled"
    };
    ClientResponse {
        client_id: client.id.uuid(),
        client_secret: secret,
        created_at: output::time(client.created_at),
        data: ClientData {
            client_name: client.name,
        },
        scopes: scopes.collect(),
        status: ClientStatus(status),
        tenant_id: client.tenant_id.uuid(),
        token_endpoint_auth_method: "client_secret_basic",
        kind: "agent",
        version: client.version,
    }
}

pub(crate) fn hit(hit: Hit) -> HitResponse {
    let path = hit.path;
    match hit.found {
        HitKind::Tenant(tenant) => HitResponse {
            id: tenant.id.uuid(),
            kind: Some(TenantKindName(tenant.kind.name())),
            login: None,
            parent_id: tenant.parent_id().map(|id| id.uuid()),
            name: tenant.name,
            obj_type: ObjectType("tenant"),
            path,
        },
        HitKind::User(user) => {
            let name = user.contact.full_name();
            HitResponse {
                id: user.id.uuid(),
                kind: None,
                name: if name.is_empty() {
                    user.login.clone()
                } else {
                    name
                },
                login: Some(user.login),
                obj_type: ObjectType("user"),
                parent_id: Some(user.tenant_id.uuid()),
                path,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::Contact;
    use crate::domain::ids::V1Id;
    use crate::http::account::examples;
    use crate::http::output::parse_time;

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

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

    #[test]
    fn business_types_know_only_buyer() {
        let of = |names: &[&str]| is_buyer(&owned(names));
        assert_eq!(of(&[]), Ok(false));
        assert_eq!(of(&["buyer"]), Ok(true));
        for bad in [&["seller"][..], &["buyer", "seller"], &["Buyer"], &[""]] {
            let Err(Error::Invalid { field, why }) = of(bad) else {
                panic!("{bad:?}");
            };
            assert_eq!(field, "business_types");
            assert!(why.contains("\"buyer\""));
        }
    }

    #[test]
    fn notifications_are_known_and_stand_once() {
        let of = |names: &[&str]| notifications(&owned(names));
        assert_eq!(
            of(&["quota", "reports", "quota"]),
            Ok(vec!["quota", "reports"])
        );
        assert_eq!(of(&[]), Ok(vec![]));
        assert!(of(&["gossip"]).is_err());
    }
}
