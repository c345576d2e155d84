"""The walk of rule `billing-information` with the requests library: set billing information for a customer.

BASE_URL, CLIENT_ID, CLIENT_SECRET and ROOT_TENANT_ID come from the environment. Each step asserts
what the seed prints and says one line.
"""

import json
import os
import uuid

import requests

server = os.environ["BASE_URL"].rstrip("/")
client = (os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
tenant_id = os.environ["ROOT_TENANT_ID"]
base_url = f"{server}/api/advanced-automation/v1"

# What the seed's answer shows, apart from ids and what its request says.
SEED_DEFAULTS = {
    "DebtorCode": None,
    "Alias": "New Customer",
    "Status": 2,
    "TicketUpdateMandatory": None,
    "Domain": "",
    "DefaultSLA": "63b75905-10d4-44e9-ba1e-7aa2eff4100b",
    "CompanyType": "-",
    "Addresses": [],
    "InvoiceRecipients": [],
    "TimeRegistrationRoundupTime": "10",
    "Category": "7f8320eb-d653-40ae-9d57-1257bead1a29",
    "Priority": "683a47ec-e57c-43a5-ba10-2ccdc03fd331",
    "IsTier4": True,
    "Tier": "Tier 4",
    "ShowPersons": True,
    "TenantData": None,
    "ParentCustomer": None,
    "DefaultBillingEntity": None,
    "ClientDocumentation": "",
    "AutoPause": None,
    "BuildingName": None,
    "PaidAccount": True,
    "TrialExpirationDate": None,
    "CreationDate": None,
    "TrialAccountExpired": False,
    "Tier3Id": "00000000-0000-0000-0000-000000000000",
    "InvoiceNotes": "",
    "TierCulture": "en-US",
    "ConsolidateBilling": False,
    "IsSetAsMainCustomer": False,
    "OldParentId": "00000000-0000-0000-0000-000000000000",
    "GroupLinkedToCustomer": False,
    "AcronisTenantId": None,
    "GroupId": None,
    "ExternalParentId": None,
    "OccupancyRateNotificationThreshold": 85,
    "CustomFields": [],
}

# The fields of the seed's answer, in its order.
SEED_FIELDS = """
Id Tenant Name DebtorCode Alias Status Language TaxExempt Tax Country TicketUpdateMandatory
StateCountry Street HouseNo HouseNoAdd Zipcode City Domain Email FallbackInvoiceEmailAddress
PhoneNumber Fax VATNumber BankAccount ADSyncID DefaultSLA SupportGroup DefaultBusinessUnit
SupportUser CompanyType SendInvoiceByEmail Addresses InvoiceRecipients TimeRegistrationRoundupTime
Category Priority DaysOffPerYear IsTier4 Tier ShowPersons TenantData ParentCustomer
DefaultBillingEntity ClientDocumentation AutoPause BuildingName PaidAccount TrialAccount
TrialExpirationDate CreationDate TrialAccountExpired Tier3Id PaymentTerms InvoiceNotes TierCulture
DirectDebit ConsolidateBilling IsSetAsMainCustomer OldParentId SubtotalsOnInvoice
GroupLinkedToCustomer ExternalTenantId ExternalTenantUUID AcronisTenantId LoginUserName GroupId
StateCountryDescription CountryDescription ExternalParentId OccupancyRateNotificationThreshold
CustomFields
""".split()


def step_1_authenticate():
    response = requests.post(
        f"{server}/api/2/idp/token",
        auth=client,
        data={"grant_type": "client_credentials"},
        timeout=10,
    )
    assert response.status_code == 200, response.text
    print("step 1: authenticated")
    return {"Authorization": "Bearer " + response.json()["access_token"]}


def step_2_create_a_customer_tenant(auth):
    tenant = {
        # The name is unique, so that the walk can be gone again.
        "name": f"Foobar {uuid.uuid4()}",
        "kind": "customer",
        "parent_id": tenant_id,
        "language": "en",
        "contact": {
            "address1": "24",
            "address2": "Esenni motivi",
            "email": "foo.bar@example.com",
            "phone": "083 2222 588",
            "zipcode": "1330",
            "city": "Sofia",
            "country": "Bulgaria",
        },
    }
    response = requests.post(
        f"{server}/api/2/tenants",
        headers={"Content-Type": "application/json", **auth},
        data=json.dumps(tenant),
        timeout=10,
    )
    assert response.status_code == 201, response.text
    print("step 2: a customer tenant is there")
    return tenant, response.json()["id"]


def step_3_choose_a_sales_tax(auth):
    params = {"Page": 1, "PageSize": 50, "Active": True}
    response = requests.get(f"{base_url}/Taxes", headers=auth, params=params, timeout=10)
    assert response.status_code == 200, response.text
    taxes = response.json()["taxes"]
    if not taxes:
        tax = {"Name": "Default tax", "Code": "TAX", "Value": 0, "IsDefault": True}
        response = requests.post(f"{base_url}/Taxes", headers=auth, json=tax, timeout=10)
        assert response.status_code == 201, response.text
        taxes = [response.json()]
    assert set(taxes[0]) == {
        "Id", "Tenant", "Name", "Value", "Active", "Code", "AllowInactive", "IsDefault", "CustomFields",
    }, taxes[0]
    print("step 3: a tax is chosen")
    return taxes[0]["Id"]


def step_4_choose_a_country_and_a_language(auth):
    response = requests.get(f"{base_url}/ServiceDesk/Configuration", headers=auth, timeout=10)
    assert response.status_code == 200, response.text
    configuration = response.json()
    countries = {name: key for key, name in configuration["Countries"].items()}
    languages = {language["Name"]: language["Id"] for language in configuration["Languages"]}
    country_id, language_id = countries["Bulgaria"], languages["English"]
    assert country_id == "b28c162b-007a-42a1-ba97-d798e9e26909"
    assert language_id == "48d06c90-f8a4-4726-a83c-a47dbb709f25"
    alabama = configuration["States"][countries["United States"]]
    assert "Alabama" in alabama.values()
    print("step 4: a country and a language are chosen")
    return country_id, language_id


def steps_5_to_7_put(auth, tenant, customer_tenant_id, sales_tax_id, country_id, language_id):
    billing_info = {
        # The seed prints tenant_id here, and shows customer_tenant_id as the answer's
        # ExternalTenantUUID: the tenant that is meant is the customer's.
        "Tenant": customer_tenant_id,
        "Name": "New Customer",
        "TaxExempt": False,
        "Tax": sales_tax_id,
        "Language": language_id,
        "Country": country_id,
        "BankAccount": "AL35202111090000000001234567",
        "VATNumber": "A23456789B",
        "TrialAccount": False,
        "DaysOffPerYear": 15,
        "TimeRegistrationRoundupTime": 10,  # in minutes
        "PaymentTerms": 14,  # in days
        "LoginUserName": tenant["contact"]["email"],
        "SubtotalsOnInvoice": False,
        "DirectDebit": False,
        "SendInvoiceByEmail": False,
        "HouseNo": tenant["contact"]["address1"],
        "Street": tenant["contact"]["address2"],
        "Zipcode": tenant["contact"]["zipcode"],
        "City": tenant["contact"]["city"],
        "PhoneNumber": tenant["contact"]["phone"],
        "Email": tenant["contact"]["email"],
    }
    response = requests.put(
        f"{base_url}/Customers",
        headers={"Content-Type": "application/json", **auth},
        data=json.dumps(billing_info, indent=4),
        timeout=10,
    )
    print("steps 5 to 7: the billing information is sent")
    return billing_info, response


def step_8_check(auth, billing_info, response, customer_tenant_id):
    assert response.status_code == 200, response.text
    customer = response.json()
    assert list(customer) == SEED_FIELDS, list(customer)
    for field, value in {**billing_info, **SEED_DEFAULTS}.items():
        assert customer[field] == value, (field, customer[field], value)
    assert customer["ExternalTenantUUID"] == customer_tenant_id
    assert customer["ExternalTenantId"].isdigit()
    assert customer["CountryDescription"] == "Bulgaria"
    # The request names no state, so there is none to show.
    assert customer["StateCountry"] is None and customer["StateCountryDescription"] is None
    assert response.headers["ETag"] == '"1"'
    assert customer["FallbackInvoiceEmailAddress"] == "foo.bar@example.com"
    for field in ("Id", "ADSyncID", "SupportGroup", "DefaultBusinessUnit", "SupportUser"):
        assert str(uuid.UUID(customer[field])) == customer[field], field
    print("step 8: the answer is the seed's, field by field")

    read = requests.get(f"{base_url}/Customers/{customer['Id']}", headers=auth, timeout=10)
    assert read.status_code == 200 and read.json() == customer, read.text
    assert read.headers["ETag"] == '"1"'
    listed = requests.get(f"{base_url}/Customers", headers=auth, timeout=10)
    assert customer in listed.json()["Customers"], listed.text
    again = requests.put(
        f"{base_url}/Customers",
        headers={"If-Match": read.headers["ETag"], **auth},
        json={"Tenant": customer_tenant_id, "TaxExempt": True, "Tax": ""},
        timeout=10,
    )
    assert again.status_code == 200, again.text
    assert again.json() == {**customer, "TaxExempt": True, "Tax": None}, again.text
    print("afterwards: it is read back, and exempted from tax")


def main():
    auth = step_1_authenticate()
    tenant, customer_tenant_id = step_2_create_a_customer_tenant(auth)
    sales_tax_id = step_3_choose_a_sales_tax(auth)
    country_id, language_id = step_4_choose_a_country_and_a_language(auth)
    billing_info, response = steps_5_to_7_put(
        auth, tenant, customer_tenant_id, sales_tax_id, country_id, language_id
    )
    step_8_check(auth, billing_info, response, customer_tenant_id)


if __name__ == "__main__":
    main()
