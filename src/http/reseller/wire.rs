//! The dialect's JSON. What seed 003 prints stands as it prints it; the rest is written in the
//! same hand.

use std::fmt;

use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::http::decimal::Number;

/// Retention as it is set (seed 003).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RetentionIn {
    pub(super) volume: Number,
    pub(super) retention_unit: String,
    pub(super) retention_value: u32,
}

/// Retention as it is shown (seed 003).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RetentionOut {
    pub(super) volume: Number,
    pub(super) retention_unit: &'static str,
    pub(super) retention_value: u32,
}

/// A plan to be created or changed.
#[derive(Debug, Deserialize, Default)]
pub(super) struct PlanIn {
    /// As in the path, where given.
    pub(super) name: Option<String>,
    pub(super) retention: Option<RetentionIn>,
}

/// A plan.
#[derive(Debug, Serialize)]
pub(super) struct PlanOut {
    pub(super) id: u64,
    pub(super) name: String,
    /// `null` until it is set.
    pub(super) retention: Option<RetentionOut>,
    /// How many domains run under it.
    pub(super) domains: u64,
    pub(super) roles: Vec<RoleOut>,
    pub(super) version: u64,
}

/// A policy to be set.
#[derive(Debug, Deserialize)]
pub(super) struct PolicyIn {
    pub(super) op: String,
    pub(super) action: String,
    #[serde(default)]
    pub(super) label: String,
}

/// A policy.
#[derive(Debug, Serialize)]
pub(super) struct PolicyOut {
    pub(super) op: String,
    pub(super) action: String,
    pub(super) label: String,
}

/// A role to be created or changed.
#[derive(Debug, Deserialize)]
pub(super) struct RoleIn {
    pub(super) name: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) policies: Option<Vec<PolicyIn>>,
    /// Any JSON values; nothing here looks into them.
    pub(super) resources: Option<Vec<Box<RawValue>>>,
}

/// A role; the short form is without `policies` and `resources`.
#[derive(Debug, Serialize)]
pub(super) struct RoleOut {
    pub(super) id: u64,
    pub(super) name: String,
    /// `ADMIN`, `NO_PRIVILEGES` or `CUSTOM`.
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policies: Option<Vec<PolicyOut>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resources: Option<Vec<Box<RawValue>>>,
}

/// A domain to be created or changed.
#[derive(Debug, Deserialize)]
pub(super) struct DomainIn {
    /// As in the path, where given.
    pub(super) name: Option<String>,
    /// Needed for a new domain.
    #[serde(alias = "pricePlan")]
    pub(super) plan: Option<String>,
    /// The login or id of the owner.
    pub(super) owner: Option<String>,
    /// The tenant whose users may hold roles in the domain.
    pub(super) tenant_id: Option<String>,
}

/// A domain.
#[derive(Debug, Serialize)]
pub(super) struct DomainOut {
    pub(super) name: String,
    pub(super) plan: String,
    /// The login of the owner.
    pub(super) owner: Option<String>,
    pub(super) tenant_id: Option<String>,
    /// What holds for the domain: its own values, else its plan's.
    pub(super) retention: Option<RetentionOut>,
    /// Whether these are its own.
    #[serde(rename = "ownRetention")]
    pub(super) own_retention: bool,
    /// How many users hold roles in it.
    pub(super) users: usize,
    pub(super) version: u64,
}

/// The roles of a user, to be set: `roles`, or `role` for one.
#[derive(Debug, Deserialize)]
pub(super) struct MemberIn {
    pub(super) role: Option<RoleRefIn>,
    pub(super) roles: Option<Vec<RoleRefIn>>,
}

/// A role that somebody holds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HeldRoleOut {
    pub(super) id: u64,
    pub(super) name: String,
    /// `ADMIN`, `NO_PRIVILEGES` or `CUSTOM`.
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    /// `plan` or `domain`.
    pub(super) owned_by: &'static str,
}

/// The roles of a user in a domain.
#[derive(Debug, Serialize)]
pub(super) struct MemberOut {
    pub(super) domain: String,
    /// The login.
    pub(super) user: String,
    pub(super) id: String,
    pub(super) owner: bool,
    pub(super) roles: Vec<HeldRoleOut>,
    pub(super) version: u64,
}

/// A domain's new plan (seed 003).
#[derive(Debug, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlanChangeIn {
    pub(super) price_plan: Option<String>,
    pub(super) keep_role: Option<KeepRoleIn>,
    /// The domain meant by the seed's literal `/domain/domain/plan`.
    pub(super) domain: Option<String>,
}

/// What a domain's new plan did.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlanChangeOut {
    pub(super) domain: String,
    pub(super) price_plan: String,
    pub(super) previous_plan: String,
    pub(super) users: Vec<UserMoveOut>,
    pub(super) version: u64,
}

/// What it did to one user.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserMoveOut {
    /// The login.
    pub(super) user: String,
    pub(super) id: String,
    pub(super) owner: bool,
    pub(super) old_roles: Vec<HeldRoleOut>,
    pub(super) new_roles: Vec<HeldRoleOut>,
}

/// `true`, `false`, or the name of a role; the first two also as strings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KeepRoleIn(pub(super) String);

impl<'de> Deserialize<'de> for KeepRoleIn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = KeepRoleIn;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or the name of a role")
            }

            fn visit_bool<E>(self, value: bool) -> Result<KeepRoleIn, E> {
                Ok(KeepRoleIn(value.to_string()))
            }

            fn visit_str<E>(self, value: &str) -> Result<KeepRoleIn, E> {
                Ok(KeepRoleIn(value.to_owned()))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// A role's name, or an object with its `id` or `name`, such as answers hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RoleRefIn {
    Id(u64),
    Name(String),
}

impl<'de> Deserialize<'de> for RoleRefIn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = RoleRefIn;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a role, or an object with its id or name")
            }

            fn visit_str<E>(self, value: &str) -> Result<RoleRefIn, E> {
                Ok(RoleRefIn::Name(value.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RoleRefIn, A::Error> {
                let (mut id, mut name) = (None, None);
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "id" => id = Some(map.next_value()?),
                        "name" => name = Some(map.next_value()?),
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                let by_id = id.map(RoleRefIn::Id);
                by_id
                    .or_else(|| name.map(RoleRefIn::Name))
                    .ok_or_else(|| A::Error::custom("a role needs an id or a name"))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keep_role_is_read_in_all_its_forms() {
        let read = |text: &str| {
            serde_json::from_str::<KeepRoleIn>(text)
                .map(|keep| keep.0)
                .ok()
        };
        for (text, expected) in [
            ("true", Some("true")),
            ("false", Some("false")),
            ("\"true\"", Some("true")),
            ("\"Reviewer\"", Some("Reviewer")),
            ("1", None),
            ("null", None),
            ("[]", None),
        ] {
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
        let absent: PlanChangeIn = serde_json::from_str(r#"{"keepRole":null}"#).unwrap();
        assert_eq!(absent.keep_role, None);
    }

    #[test]
    fn roles_are_named_or_sent_back_whole() {
        let read = |text: &str| serde_json::from_str::<RoleRefIn>(text).ok();
        assert_eq!(read("\"A\""), Some(RoleRefIn::Name("A".into())));
        let whole = r#"{"id":7,"name":"A","type":"CUSTOM","policies":[{"op":1}]}"#;
        assert_eq!(read(whole), Some(RoleRefIn::Id(7)));
        let named = r#"{"name":"A"}"#;
        assert_eq!(read(named), Some(RoleRefIn::Name("A".into())));
        for bad in ["{}", "7", "null", r#"{"id":"7"}"#, r#"{"id":-7}"#] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
