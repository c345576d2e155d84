//! Requests of the account dialect that make no sense.

pub(super) const USER: &str = "/api/2/users/{user}";
const USERS: &str = "/api/2/users";
const TENANTS: &str = "/api/2/tenants";
const BRAND: &str = "/api/2/tenants/{tenant}/brand?version=3";
pub(super) const ITEMS: &str = "/api/2/tenants/{tenant}/offering_items";
const ROLES: &str = "/api/2/users/{user}/access_policies";

/// What is sent, and a part of the words that come back with a 400.
pub(super) const REFUSED: [((&str, &str, &str), &str); 49] = [
    (("PUT", USER, "{"), "no valid JSON"),
    (("PUT", USER, ""), "no valid JSON"),
    (("PUT", USER, r#"{"version":1} x"#), "no valid JSON"),
    (("PUT", USER, "[]"), "body: must be an object"),
    // In the order of declaration of what reads it.
    (
        ("PUT", BRAND, r#"[3,"https://evil.example"]"#),
        "body: must be an object",
    ),
    (
        ("PUT", ITEMS, r#"{"offering_items":[[null,"storage"]]}"#),
        "offering_items[0]: must be an object",
    ),
    (
        (
            "PUT",
            ITEMS,
            r#"{"offering_items":[{"usage_name":"storage","quota":[5]}]}"#,
        ),
        "offering_items[0].quota: must be an object",
    ),
    (
        ("DELETE", "/api/2/users/{user}?version=x", ""),
        "version: must be a whole number from 0 to 18446744073709551615",
    ),
    (
        (
            "GET",
            "/api/2/users?subtree_root_tenant_id={root}&limit=%2B5",
            "",
        ),
        "limit: must be a whole number from 1 to 1000",
    ),
    (
        ("PUT", USER, r#"{"business_types":["buyer"]}"#),
        "version: give the current version",
    ),
    (
        ("PUT", USER, r#"{"version":"1"}"#),
        "version: must be a whole number from 0 to 18446744073709551615",
    ),
    (
        ("PUT", USER, r#"{"version":-1}"#),
        "version: must be a whole number from 0 to",
    ),
    (
        ("PUT", USER, r#"{"version":1.5}"#),
        "version: must be a whole number from 0 to",
    ),
    (
        ("PUT", USER, r#"{"version":3,"version":2}"#),
        "\"version\" stands twice",
    ),
    (
        ("PUT", USER, r#"{"version":2,"business_types":["seller"]}"#),
        "the only business type of users is \"buyer\"",
    ),
    (
        ("PUT", USER, r#"{"version":2,"business_types":"buyer"}"#),
        "business_types: ",
    ),
    (
        ("PUT", USER, r#"{"version":2,"notifications":["gossip"]}"#),
        "known are: ",
    ),
    (
        (
            "PUT",
            USER,
            r#"{"version":2,"contact":{"email":"a@b\r\nBcc: c@d"}}"#,
        ),
        "contact.email: ",
    ),
    (
        ("PUT", USER, r#"{"version":2,"enabled":"yes"}"#),
        "enabled: must be ",
    ),
    (("POST", USERS, r#"{"login":"x"}"#), "tenant_id: "),
    (
        ("POST", USERS, r#"{"tenant_id":"7","login":"x"}"#),
        "tenant_id: ",
    ),
    (
        (
            "POST",
            USERS,
            r#"{"tenant_id":"{tenant}","login":"a\u0000b"}"#,
        ),
        "login: ",
    ),
    (
        ("POST", USERS, r#"{"tenant_id":"{tenant}"}"#),
        "login: give a login",
    ),
    (
        (
            "POST",
            TENANTS,
            r#"{"name":"x","kind":"company","parent_id":"{root}"}"#,
        ),
        "kind: ",
    ),
    (
        (
            "POST",
            TENANTS,
            r#"{"name":"x\r\ny","kind":"customer","parent_id":"{root}"}"#,
        ),
        "name: ",
    ),
    (
        (
            "POST",
            TENANTS,
            r#"{"name":"x\u202ey","kind":"customer","parent_id":"{root}"}"#,
        ),
        "name: must not hold control characters, line breaks or direction overrides",
    ),
    (
        (
            "PUT",
            USER,
            r#"{"version":2,"contact":{"firstname":"\u2066Jo"}}"#,
        ),
        "contact.firstname: must not hold",
    ),
    (
        (
            "POST",
            TENANTS,
            r#"{"kind":"customer","parent_id":"{root}"}"#,
        ),
        "missing field `name`",
    ),
    (
        ("PUT", BRAND, r#"{"upsell_url":"javascript:alert(1)"}"#),
        "upsell_url: ",
    ),
    (
        ("PUT", BRAND, r#"{"upsell_url":"http://shop.example.com/"}"#),
        "write https://",
    ),
    (
        ("PUT", BRAND, r#"{"upsell_url":"//shop.example.com/"}"#),
        "upsell_url: ",
    ),
    (
        (
            "PUT",
            BRAND,
            r#"{"upsell_url":"https://user:pw@shop.example.com/"}"#,
        ),
        "upsell_url: ",
    ),
    (
        (
            "PUT",
            BRAND,
            r#"{"upsell_url":"https://shop.example.com/\r\nSet-Cookie: a=b"}"#,
        ),
        "upsell_url: ",
    ),
    (
        ("PUT", BRAND, r#"{"upsell_url":5}"#),
        "upsell_url: must be a text",
    ),
    (
        (
            "PUT",
            BRAND,
            r#"{"company_name":"Foo\r\nBcc: all@example.com"}"#,
        ),
        "company_name: ",
    ),
    (("PUT", BRAND, r#"{"color":"red"}"#), "color: "),
    (
        ("PUT", BRAND, r##"{"color":"#1a73e8"}"##),
        "color: must be six hexadecimal digits such as 1a73e8, without a #",
    ),
    (
        (
            "PUT",
            ITEMS,
            r#"{"offering_items":[{"usage_name":"servers","measurement_unit":"bytes"}]}"#,
        ),
        "offering_items[0].measurement_unit: \"servers\" is measured in \"quantity\"",
    ),
    (
        ("PUT", BRAND, r#"{"version":2,"company_name":"Foo"}"#),
        "version: the query and the body name different versions",
    ),
    (
        ("POST", BRAND, r#"{"version":2,"company_name":"Foo"}"#),
        "version: the query and the body name different versions",
    ),
    (
        ("PUT", BRAND, r#"{"support_url":"javascript:alert(1)"}"#),
        "support_url: ",
    ),
    (
        ("PUT", BRAND, r#"{"smtp_port":99999}"#),
        "smtp_port: must be a whole number from 1 to 65535",
    ),
    (
        ("PUT", BRAND, r#"{"smtp_encryption":"rot13"}"#),
        "smtp_encryption: ",
    ),
    (("PUT", BRAND, r#"{"smtp_override":2}"#), "smtp_override: "),
    (
        (
            "PUT",
            ITEMS,
            r#"{"offering_items":[{"usage_name":"storage","quota":{"value":-1}}]}"#,
        ),
        "offering_items[0].quota.value",
    ),
    (
        (
            "PUT",
            ITEMS,
            r#"{"offering_items":[{"usage_name":"storage","quota":{}}]}"#,
        ),
        "missing field `value`",
    ),
    (
        (
            "PUT",
            ITEMS,
            r#"{"offering_items":[{"usage_name":"storage","quota":{"value":18446744073709551616}}]}"#,
        ),
        "offering_items[0].quota.value",
    ),
    (
        (
            "PUT",
            ROLES,
            r#"{"items":[{"tenant_id":"{tenant}","role_id":"god"}]}"#,
        ),
        "known are: ",
    ),
    (("PUT", ROLES, r#"{"items":{}}"#), "items: "),
];
