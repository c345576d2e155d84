//! The audit: each change by an admin writes an entry in the same commit, so that neither exists
//! without the other.
//!
//! Usage reports write none: they are measurements, many per second, and no admin's decision.

mod difference;

use std::fmt::Display;

use serde_json::Value;

use super::access::Caller;
use crate::domain::audit::{Actor, AuditEntry, MAX_STATE_BYTES, bounded};
use crate::domain::ids::{AuditId, UserId};
use crate::domain::tenant::Tenant;
use crate::domain::time::Timestamp;
use crate::store::engine::Changes;
use crate::store::record::Stored;
use difference::Sides;

pub use difference::digest;

/// What was done, to what, in which tenant.
#[derive(Debug, Clone)]
pub struct Act<'a> {
    action: &'static str,
    tenant: &'a Tenant,
    object: String,
}

impl<'a> Act<'a> {
    /// `action` is the kind of thing, then the verb: `tenant.update`. The admins of `tenant` and of
    /// all tenants above it see the entry. `object` is the id of the thing.
    #[must_use]
    pub fn new(action: &'static str, tenant: &'a Tenant, object: impl Display) -> Self {
        Self {
            action,
            tenant,
            object: object.to_string(),
        }
    }

    /// What is done to `tenant` itself.
    #[must_use]
    pub fn on_tenant(action: &'static str, tenant: &'a Tenant) -> Self {
        Self::new(action, tenant, tenant.id)
    }
}

/// Who acts, as an entry names it.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    actor: Actor,
    request_id: Option<&'a str>,
}

impl By<'_> {
    /// Whoever runs the program.
    pub const OPERATOR: Self = Self {
        actor: Actor::Operator,
        request_id: None,
    };

    /// A reader of a mail.
    #[must_use]
    pub const fn reader(user: UserId) -> Self {
        Self {
            actor: Actor::Reader(user),
            request_id: None,
        }
    }
}

impl<'a> From<&'a Caller> for By<'a> {
    fn from(caller: &'a Caller) -> Self {
        Self {
            actor: caller.actor(),
            request_id: caller.request_id.as_deref(),
        }
    }
}

/// Adds the entry of a change to the commit that makes it. `before` is `None` for what is new,
/// `after` for what is deleted; of a change only the fields that differ are kept, and secrets
/// ([`Stored::SECRETS`]) are masked.
pub fn record<'a, T: Stored>(
    changes: &mut Changes,
    by: impl Into<By<'a>>,
    now: Timestamp,
    act: Act<'_>,
    before: Option<&T>,
    after: Option<&T>,
) {
    // Stored values are plain structs, whose serialization cannot fail.
    let state = |value| serde_json::to_value(value).unwrap_or_default();
    let sides = Sides {
        before: before.map(state),
        after: after.map(state),
    };
    add(changes, by.into(), now, act, sides.differing(T::SECRETS));
}

/// As [`record`], for what has no stored form of its own. The values are JSON objects without
/// secrets.
pub fn record_values<'a>(
    changes: &mut Changes,
    by: impl Into<By<'a>>,
    now: Timestamp,
    act: Act<'_>,
    before: Option<Value>,
    after: Option<Value>,
) {
    let sides = Sides { before, after };
    add(changes, by.into(), now, act, sides.differing(&[]));
}

fn add(changes: &mut Changes, by: By<'_>, now: Timestamp, act: Act<'_>, sides: Sides) {
    let text = |side: Option<Value>| side.map(|value| difference::text(value, MAX_STATE_BYTES));
    changes.add_audit(AuditEntry {
        id: AuditId::random(),
        at: now,
        request_id: by.request_id.map(bounded),
        actor: by.actor,
        tenant_id: act.tenant.id,
        ancestors: act.tenant.lineage().skip(1).collect(),
        action: bounded(act.action),
        object: bounded(&act.object),
        before: text(sides.before),
        after: text(sides.after),
    });
}
