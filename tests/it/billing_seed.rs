//! Rule `billing-information`: the vendor's answer sent back, and the ids in it.
//! `tests/walks/billing.py` walks through the vendor's steps.

use serde_json::{Map, Value, json};

use crate::support::api::Api;

const BASE: &str = "/api/advanced-automation/v1";

/// The answer that the vendor prints.
const SEED_ANSWER: &str = r#"{
    "Id": "6074cc51-98d1-4f9d-b380-95d3277b5e98",
    "Tenant": "0dc377ec-e970-42e2-9e95-7ff9d8b05c11",
    "Name": "New Customer",
    "DebtorCode": null,
    "Alias": "New Customer",
    "Status": 2,
    "Language": "48d06c90-f8a4-4726-a83c-a47dbb709f25",
    "TaxExempt": true,
    "Tax": "bc814c40-9114-4329-8eb5-5b1e89270afb",
    "Country": "d46c54bd-1704-4a55-bb76-fc03073669a0",
    "TicketUpdateMandatory": null,
    "StateCountry": "b4c87080-7c8c-45e0-8867-a714ffc79b7d",
    "Street": "test",
    "HouseNo": "test",
    "HouseNoAdd": "test",
    "Zipcode": "test",
    "City": "test",
    "Domain": "",
    "Email": "yury.palyanitsa@acronis.com",
    "FallbackInvoiceEmailAddress": "yury.palyanitsa@acronis.com",
    "PhoneNumber": "test",
    "Fax": "test",
    "VATNumber": "",
    "BankAccount": "",
    "ADSyncID": "c2a53309-56e5-4640-b433-2154c4d41970",
    "DefaultSLA": "63b75905-10d4-44e9-ba1e-7aa2eff4100b",
    "SupportGroup": "2e4eea65-b277-4ec4-a777-07c71d622c44",
    "DefaultBusinessUnit": "90c26810-e310-49e4-a1b5-0fd56c6f1655",
    "SupportUser": "256b0fd2-9a50-4a73-9d08-5f11e2d104d7",
    "CompanyType": "-",
    "SendInvoiceByEmail": false,
    "Addresses": [],
    "InvoiceRecipients": [],
    "TimeRegistrationRoundupTime": "10",
    "Category": "7f8320eb-d653-40ae-9d57-1257bead1a29",
    "Priority": "683a47ec-e57c-43a5-ba10-2ccdc03fd331",
    "DaysOffPerYear": 15,
    "IsTier4": true,
    "Tier": "Tier 4",
    "ShowPersons": true,
    "TenantData": null,
    "ParentCustomer": null,
    "DefaultBillingEntity": null,
    "ClientDocumentation": "",
    "AutoPause": null,
    "BuildingName": null,
    "PaidAccount": true,
    "TrialAccount": false,
    "TrialExpirationDate": null,
    "CreationDate": null,
    "TrialAccountExpired": false,
    "Tier3Id": "00000000-0000-0000-0000-000000000000",
    "PaymentTerms": 14,
    "InvoiceNotes": "",
    "TierCulture": "en-US",
    "DirectDebit": false,
    "ConsolidateBilling": false,
    "IsSetAsMainCustomer": false,
    "OldParentId": "00000000-0000-0000-0000-000000000000",
    "SubtotalsOnInvoice": false,
    "GroupLinkedToCustomer": false,
    "ExternalTenantId": "2360",
    "ExternalTenantUUID": "41e19c11-2606-475d-b459-56a5509494ee",
    "AcronisTenantId": null,
    "LoginUserName": "yury.palyanitsa@acronis.com",
    "GroupId": null,
    "StateCountryDescription": "Alabama",
    "CountryDescription": "United States",
    "ExternalParentId": null,
    "OccupancyRateNotificationThreshold": 85,
    "CustomFields": []
}"#;

/// What is generated here, so it differs from what the vendor's service generated.
const GENERATED: [&str; 9] = [
    "Id",
    "Tenant",
    "Tax",
    "ADSyncID",
    "SupportGroup",
    "DefaultBusinessUnit",
    "SupportUser",
    "ExternalTenantId",
    "ExternalTenantUUID",
];

fn seed_answer() -> Map<String, Value> {
    serde_json::from_str(SEED_ANSWER).unwrap()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(text) if text.parse::<uuid::Uuid>().is_ok() => "id",
        Value::String(_) => "text",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A customer tenant as step 2 makes it: its id and its API v1 id.
async fn foobar(api: &Api) -> (String, String) {
    let body = json!({
        "name": "Foobar", "kind": "customer", "parent_id": api.root, "language": "en",
        "contact": {
            "address1": "24", "address2": "Esenni motivi", "email": "foo.bar@example.com",
            "phone": "083 2222 588", "zipcode": "1330", "city": "Sofia", "country": "Bulgaria",
        },
    });
    let made = api.post("/api/2/tenants", &body).await.expect(201).json();
    let id = made["id"].as_str().unwrap().to_owned();
    let stored = api.env.store.tenant(id.parse().unwrap()).await.unwrap();
    (id, stored.unwrap().v1_id.to_string())
}

async fn a_tax(api: &Api) -> String {
    let body = json!({"Name": "Default tax", "Code": "TAX", "Value": 0, "IsDefault": true});
    let made = api.post(&format!("{BASE}/Taxes"), &body).await.expect(201);
    made.json()["Id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_answer_of_the_seed_sent_back_is_answered_by_itself() {
    let api = Api::start().await;
    let (tenant, v1_id) = foobar(&api).await;
    let tax = a_tax(&api).await;
    let mut sent = seed_answer();
    sent["Tenant"] = json!(tenant);
    sent["Tax"] = json!(tax);

    let put = api
        .put(&format!("{BASE}/Customers"), &Value::Object(sent.clone()))
        .await;

    let mut answer = put.expect(200).json();
    assert_eq!(answer["Tax"], tax);
    assert_eq!(answer["Tenant"], tenant);
    assert_eq!(answer["ExternalTenantId"], v1_id);
    let whole = answer.clone();
    let mut expected = Value::Object(sent);
    for field in GENERATED {
        assert_eq!(kind(&answer[field]), kind(&expected[field]), "{field}");
        answer[field] = Value::Null;
        expected[field] = Value::Null;
    }
    assert_eq!(answer, expected);

    // The same again changes nothing but the version.
    let again = api.put(&format!("{BASE}/Customers"), &whole).await;
    let again = again.expect(200);
    assert_eq!(again.header("etag"), "\"2\"");
    assert_eq!(again.json(), whole);
}

#[tokio::test]
async fn the_configuration_backs_the_ids_of_customers() {
    let api = Api::start().await;
    let path = format!("{BASE}/ServiceDesk/Configuration");
    let configuration = api.get(&path).await.expect(200).json();
    let seed = seed_answer();
    let id = |field: &str| seed[field].as_str().unwrap();

    let us = id("Country");
    assert_eq!(configuration["Countries"][us], "United States");
    assert_eq!(configuration["States"][us][id("StateCountry")], "Alabama");
    let languages = configuration["Languages"].as_array().unwrap();
    let english = languages
        .iter()
        .find(|language| language["Id"] == id("Language"));
    let expected = json!({
        "Id": id("Language"), "Country": us, "Name": "English", "Active": true,
        "EnglishName": "English", "Code": "en",
    });
    assert_eq!(english, Some(&expected));
    assert_eq!(configuration["Countries"].as_object().unwrap().len(), 249);

    // Any of it can be given to a customer.
    let (tenant, _) = foobar(&api).await;
    let named = |list: &str, name: &str| {
        let list = configuration[list].as_object().unwrap();
        let found = list.iter().find(|(_, value)| *value == name);
        found.unwrap().0.clone()
    };
    let germany = named("Countries", "Germany");
    let states = configuration["States"][&germany].as_object().unwrap();
    let bavaria = states.iter().find(|(_, name)| *name == "Bayern");
    let german = languages
        .iter()
        .find(|language| language["Name"] == "Deutsch");
    let body = json!({
        "Tenant": tenant, "TaxExempt": true, "Country": germany,
        "StateCountry": bavaria.unwrap().0, "Language": german.unwrap()["Id"],
    });
    let answer = api.put(&format!("{BASE}/Customers"), &body).await;
    let answer = answer.expect(200).json();
    assert_eq!(answer["CountryDescription"], "Germany");
    assert_eq!(answer["StateCountryDescription"], "Bayern");
    assert_eq!(answer["TierCulture"], "de-DE");
    assert_eq!(
        answer["Name"], "Foobar",
        "the tenant's, where none is given"
    );

    // The name that the vendor's own pages have for it.
    let alias = api.get(&format!("{BASE}/StaticFormData")).await.expect(200);
    assert_eq!(alias.json(), configuration);
}
