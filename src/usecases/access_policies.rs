//! The roles of a user: read, and replace as a whole.

use std::collections::HashSet;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::access::Context;
use super::audit::Act;
use super::error::{Error, retrying};
use super::precondition::check_version;
use crate::domain::ids::{TenantId, UserId};
use crate::domain::user::{AccessPolicy, ROLES, User, known_name};
use crate::store::engine::Changes;
use crate::store::record::first_64_bits;

/// No user has more roles.
const MAX_POLICIES: usize = 100;

/// A role as a caller gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyInput {
    /// Names a policy; unset or all zeros for a new one.
    pub id: Option<Uuid>,
    /// Must be the user, where given.
    pub trustee_id: Option<Uuid>,
    /// Must be `user`, where given.
    pub trustee_type: Option<String>,
    /// The tenant the role holds on.
    pub tenant_id: TenantId,
    /// The role.
    pub role: String,
    /// The version that the caller knows of a policy that exists.
    pub version: Option<u64>,
}

/// The roles of a user, as they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    /// The roles.
    pub items: Vec<AccessPolicy>,
    /// Another one for other roles: they have versions of their own, their list has none.
    pub version: u64,
}

impl From<Vec<AccessPolicy>> for Policies {
    fn from(items: Vec<AccessPolicy>) -> Self {
        let mut hash = Sha256::new();
        for policy in &items {
            for id in [policy.id, policy.issuer_id, policy.tenant_id.uuid()] {
                hash.update(id.as_bytes());
            }
            // The roles are a fixed list, in which no name ends with a zero byte.
            hash.update(policy.role.as_bytes());
            hash.update([0]);
            hash.update(policy.version.to_be_bytes());
        }
        let version = first_64_bits(hash.finalize().into());
        Self { items, version }
    }
}

/// The roles of a user.
///
/// # Errors
/// The user is unknown or out of reach.
pub async fn read(cx: Context<'_>, id: UserId) -> Result<Policies, Error> {
    let (user, _) = cx.user(id).await?;
    Ok(user.value.policies.into())
}

/// Replaces the roles of a user. Policies have versions of their own: the user's stays.
///
/// # Errors
/// The user or a role's tenant is out of reach, `expected` or a version is stale, a role is unknown.
pub async fn replace(
    cx: Context<'_>,
    id: UserId,
    inputs: &[PolicyInput],
    expected: Option<u64>,
) -> Result<Policies, Error> {
    // Safe with a version too, which each attempt compares anew.
    retrying(|| async {
        let (old, tenant) = cx.user(id).await?;
        check_version(expected, Policies::from(old.policies.clone()).version)?;
        let policies = merge(&old, inputs, cx.caller.subject)?;
        let tenants: HashSet<TenantId> = policies.iter().map(|policy| policy.tenant_id).collect();
        for tenant in tenants {
            cx.tenant(tenant).await?;
        }
        let mut user = old.value.clone();
        user.policies.clone_from(&policies);
        user.updated_at = cx.now;
        let mut changes = Changes::new();
        changes.update_user(&old, user.clone(), &tenant);
        let act = Act::new("user.access_policies", &tenant, user.id);
        cx.commit(changes, act, Some(&old.value), Some(&user))
            .await?;
        Ok(policies.into())
    })
    .await
}

/// The policies that `inputs` ask for. What does not change keeps its version and issuer.
fn merge(user: &User, inputs: &[PolicyInput], issuer: Uuid) -> Result<Vec<AccessPolicy>, Error> {
    if inputs.len() > MAX_POLICIES {
        return Err(Error::invalid(
            "items",
            format!("a user has at most {MAX_POLICIES} roles"),
        ));
    }
    let (mut ids, mut granted) = (HashSet::new(), HashSet::new());
    let mut policies = Vec::with_capacity(inputs.len());
    for (index, input) in inputs.iter().enumerate() {
        let field = |name: &str| format!("items[{index}].{name}");
        let policy = merge_one(user, input, issuer, &field)?;
        if !ids.insert(policy.id) {
            return Err(Error::invalid(field("id"), "the id stands twice"));
        }
        if !granted.insert((policy.tenant_id, policy.role)) {
            return Err(Error::invalid(field("role_id"), "the role stands twice"));
        }
        policies.push(policy);
    }
    Ok(policies)
}

fn merge_one(
    user: &User,
    input: &PolicyInput,
    issuer: Uuid,
    field: &dyn Fn(&str) -> String,
) -> Result<AccessPolicy, Error> {
    let role = known_name(&ROLES, &input.role).ok_or_else(|| {
        Error::invalid(field("role_id"), format!("known are: {}", ROLES.join(", ")))
    })?;
    if input.trustee_id.is_some_and(|id| id != user.id.uuid()) {
        return Err(Error::invalid(field("trustee_id"), "must be the user's id"));
    }
    if input
        .trustee_type
        .as_deref()
        .is_some_and(|kind| kind != "user")
    {
        return Err(Error::invalid(field("trustee_type"), "must be \"user\""));
    }
    let id = input.id.filter(|id| !id.is_nil());
    let mut version = 1;
    if let Some(stored) = user.policies.iter().find(|policy| Some(policy.id) == id) {
        check_version(input.version, stored.version)?;
        if stored.role == role && stored.tenant_id == input.tenant_id {
            return Ok(stored.clone());
        }
        version = stored.version + 1;
    }
    Ok(AccessPolicy {
        id: id.unwrap_or_else(Uuid::new_v4),
        issuer_id: issuer,
        tenant_id: input.tenant_id,
        role,
        version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::V1Id;
    use crate::domain::time::Timestamp;

    fn user() -> User {
        let tenant_id = TenantId::random();
        User {
            policies: vec![AccessPolicy {
                id: Uuid::new_v4(),
                issuer_id: Uuid::new_v4(),
                tenant_id,
                role: "users_admin",
                version: 3,
            }],
            ..User::new(V1Id(1), tenant_id, Timestamp::default())
        }
    }

    fn input(tenant_id: TenantId, role: &str) -> PolicyInput {
        PolicyInput {
            id: None,
            trustee_id: None,
            trustee_type: None,
            tenant_id,
            role: role.into(),
            version: None,
        }
    }

    #[test]
    fn what_does_not_change_keeps_version_and_issuer() {
        let user = user();
        let stored = user.policies[0].clone();
        let issuer = Uuid::new_v4();
        let mut same = input(user.tenant_id, "users_admin");
        same.id = Some(stored.id);
        same.version = Some(3);
        assert_eq!(
            merge(&user, &[same.clone()], issuer),
            Ok(vec![stored.clone()])
        );

        let mut other = same.clone();
        other.role = "company_admin".into();
        let changed = merge(&user, &[other], issuer).unwrap();
        assert_eq!((changed[0].version, changed[0].issuer_id), (4, issuer));

        same.version = Some(2);
        let stale = Error::VersionMismatch {
            given: 2,
            current: 3,
        };
        assert_eq!(merge(&user, &[same], issuer), Err(stale));
        assert_eq!(merge(&user, &[], issuer), Ok(vec![]));
    }

    #[test]
    fn new_policies_get_ids_and_bad_ones_are_named() {
        let user = user();
        let issuer = Uuid::new_v4();
        let mut new = input(user.tenant_id, "company_admin");
        new.id = Some(Uuid::nil());
        let made = merge(&user, &[new.clone()], issuer).unwrap();
        assert!(!made[0].id.is_nil());
        assert_eq!(made[0].version, 1);

        let mut foreign = new.clone();
        foreign.trustee_id = Some(Uuid::new_v4());
        let mut group = new.clone();
        group.trustee_type = Some("group".into());
        let unknown = input(user.tenant_id, "emperor");
        for (inputs, expected) in [
            (vec![foreign], "items[0].trustee_id"),
            (vec![group], "items[0].trustee_type"),
            (vec![new.clone(), unknown], "items[1].role_id"),
            (vec![new.clone(), new], "items[1].role_id"),
        ] {
            let Err(Error::Invalid { field, .. }) = merge(&user, &inputs, issuer) else {
                panic!("{inputs:?}");
            };
            assert_eq!(field, expected);
        }
    }
}
