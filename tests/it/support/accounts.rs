//! Tenants, users, brands, quotas and usage, made the way an integration makes them.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::app::TestApp;

/// A Buy URL with everything that must survive: path, query and fragment.
pub(crate) const BUY_URL: &str = "https://shop.example.com/buy?campaign=7#plans";

/// A customer tenant.
#[derive(Debug, Clone)]
pub(crate) struct Tenant {
    pub(crate) id: String,
    pub(crate) v1_id: u64,
}

/// The two facts that decide what a user is offered (rule `who-may-buy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) is_admin: bool,
    pub(crate) is_buyer: bool,
}

/// Who may buy.
pub(crate) const ADMIN_BUYER: Role = Role {
    is_admin: true,
    is_buyer: true,
};
/// Who may ask for more.
pub(crate) const BUYER: Role = Role {
    is_admin: false,
    is_buyer: true,
};
/// Who is told only.
pub(crate) const PLAIN: Role = Role {
    is_admin: false,
    is_buyer: false,
};

/// A user.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: String,
}

/// Who has a quota.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Account<'a> {
    Tenant(&'a Tenant),
    User(&'a User),
}

impl Account<'_> {
    fn path(self) -> String {
        match self {
            Account::Tenant(tenant) => format!("/api/2/tenants/{}", tenant.id),
            Account::User(user) => format!("/api/2/users/{}", user.id),
        }
    }

    fn field(self) -> (&'static str, String) {
        match self {
            Account::Tenant(tenant) => ("tenant_id", tenant.id.clone()),
            Account::User(user) => ("user_id", user.id.clone()),
        }
    }
}

/// A name that no other test uses.
pub(crate) fn unique(stem: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{stem}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

impl TestApp {
    /// A tenant of this kind.
    pub(crate) async fn create_tenant(&self, kind: &str, parent: &str) -> Tenant {
        let body = json!({"name": unique(kind), "kind": kind, "parent_id": parent});
        let made = self.post("/api/2/tenants", &body).await.expect(201).json();
        Tenant {
            id: made["id"].as_str().unwrap().to_owned(),
            v1_id: made["v1_id"].as_u64().unwrap(),
        }
    }

    /// A customer tenant under the root.
    pub(crate) async fn create_customer(&self) -> Tenant {
        self.create_tenant("customer", &self.first.tenant_id).await
    }

    /// The body that creates an activated user, and its address.
    pub(crate) fn user_form(tenant: &Tenant) -> (Value, String) {
        let login = unique("user");
        let email = format!("{login}@people.example");
        let body = json!({
            "tenant_id": tenant.id, "login": login, "activated": true,
            "contact": {"email": email, "firstname": "Jo", "lastname": "Doe"},
        });
        (body, email)
    }

    /// An activated user with an address.
    pub(crate) async fn create_user(&self, tenant: &Tenant, role: Role) -> User {
        let (body, email) = Self::user_form(tenant);
        let made = self.post("/api/2/users", &body).await.expect(200).json();
        let id = made["id"].as_str().unwrap().to_owned();
        let user = User { id, email };
        if role.is_buyer {
            self.set_buyer(&user, true).await;
        }
        if role.is_admin {
            self.set_company_admin(tenant, &user, true).await;
        }
        user
    }

    pub(crate) async fn user(&self, user: &User) -> Value {
        let path = format!("/api/2/users/{}", user.id);
        self.get(&path).await.expect(200).json()
    }

    /// Step by step as the vendor prints it: fetch the version, PUT with it.
    pub(crate) async fn set_buyer(&self, user: &User, is_buyer: bool) -> Value {
        let types: &[&str] = if is_buyer { &["buyer"] } else { &[] };
        let version = self.user(user).await["version"].clone();
        let body = json!({"business_types": types, "version": version});
        let path = format!("/api/2/users/{}", user.id);
        self.put(&path, &body).await.expect(200).json()
    }

    pub(crate) async fn set_company_admin(&self, tenant: &Tenant, user: &User, is_admin: bool) {
        let nobody = "00000000-0000-0000-0000-000000000000";
        let policy = json!({
            "id": nobody, "issuer_id": nobody, "trustee_id": user.id, "trustee_type": "user",
            "tenant_id": tenant.id, "role_id": "company_admin", "version": 0,
        });
        let items = if is_admin { vec![policy] } else { vec![] };
        let path = format!("/api/2/users/{}/access_policies", user.id);
        self.put(&path, &json!({ "items": items }))
            .await
            .expect(200);
    }

    pub(crate) async fn tenant_version(&self, tenant: &str) -> u64 {
        let path = format!("/api/2/tenants/{tenant}");
        let tenant = self.get(&path).await.expect(200).json();
        tenant["version"].as_u64().unwrap()
    }

    /// Step by step as the vendor prints it: fetch the tenant's version, PUT with `?version=`.
    pub(crate) async fn put_brand(&self, tenant: &str, options: &Value) -> Value {
        let version = self.tenant_version(tenant).await;
        let path = format!("/api/2/tenants/{tenant}/brand?version={version}");
        self.put(&path, options).await.expect(200).json()
    }

    /// Sets the Buy URL, and switches branding on or off.
    pub(crate) async fn brand(&self, tenant: &Tenant, buy_url: &str, is_enabled: bool) {
        self.put_brand(
            &tenant.id,
            &json!({"upsell_url": buy_url, "company_name": "Foo"}),
        )
        .await;
        let path = format!("/api/2/tenants/{}/brand", tenant.id);
        let done = match is_enabled {
            true => self.post(&path, &json!({})).await,
            false => self.delete(&path).await,
        };
        assert!((200..300).contains(&done.status), "{done:?}");
    }

    /// A customer over its storage quota, with somebody who may buy.
    pub(crate) async fn over_quota(&self) -> (Tenant, User) {
        let tenant = self.create_customer().await;
        self.brand(&tenant, BUY_URL, true).await;
        let user = self.create_user(&tenant, ADMIN_BUYER).await;
        let account = Account::Tenant(&tenant);
        self.set_quota(account, "storage", 10).await;
        self.report_usage(account, "storage", 11).await;
        (tenant, user)
    }

    /// A quota without a hard limit.
    pub(crate) async fn set_quota(&self, account: Account<'_>, usage_name: &str, value: u64) {
        self.set_quota_form(
            account,
            usage_name,
            json!({"value": value, "overage": null}),
        )
        .await;
    }

    pub(crate) async fn set_quota_form(&self, account: Account<'_>, name: &str, quota: Value) {
        let item = json!({"usage_name": name, "quota": quota});
        let path = format!("{}/offering_items", account.path());
        let body = json!({"offering_items": [item]});
        self.put(&path, &body).await.expect(200);
    }

    /// Several usages in one report of the native dialect; all must be taken.
    pub(crate) async fn report(&self, usages: &[(Account<'_>, &str, u64)]) -> Value {
        let records: Vec<Value> = usages.iter().map(|usage| record(*usage)).collect();
        let body = Value::Array(records);
        let answer = self.post("/api/upsell/v1/usages", &body).await.expect(200);
        let answer = answer.json();
        assert_eq!(answer["rejected"], json!([]), "{answer}");
        answer
    }

    /// One usage.
    pub(crate) async fn report_usage(&self, account: Account<'_>, usage_name: &str, value: u64) {
        self.report(&[(account, usage_name, value)]).await;
    }

    /// The standing alerts of a user.
    pub(crate) async fn alerts(&self, user: &User) -> Vec<Value> {
        let path = format!("/api/upsell/v1/users/{}/alerts?page=%2Fdevices", user.id);
        let answer = self.get(&path).await.expect(200).json();
        answer["items"].as_array().unwrap().clone()
    }

    /// The portal header of a user.
    pub(crate) async fn header(&self, user: &User) -> Value {
        let path = format!("/api/upsell/v1/users/{}/header?page=%2Fhome", user.id);
        self.get(&path).await.expect(200).json()
    }

    /// The mails of the outbox in this state, the newest first.
    pub(crate) async fn emails(&self, state: &str) -> Vec<Value> {
        let path = format!("/api/upsell/v1/emails?state={state}");
        let answer = self.get(&path).await.expect(200).json();
        answer["items"].as_array().unwrap().clone()
    }

    /// The API v1 id of a user.
    pub(crate) async fn v1_id_of(&self, user: &User) -> u64 {
        let path = format!("/api/2/users/{}", user.id);
        let answer = self.get(&path).await.expect(200);
        answer.header("x-upsell-v1-id").parse().unwrap()
    }
}

/// One record of the native dialect.
pub(crate) fn record((account, usage_name, value): (Account<'_>, &str, u64)) -> Value {
    let (field, id) = account.field();
    json!({field: id, "usage_name": usage_name, "value": value})
}
