"""The walks of rules `who-may-buy` and `buy-url` with the requests library, step by step as they are printed: a user
becomes a buyer, and the tenant gets its Buy URL.

BASE_URL, CLIENT_ID, CLIENT_SECRET and ROOT_TENANT_ID come from the environment. Each step asserts
what the seed prints and says one line.
"""

import json
import os
import re
import uuid

import requests

server = os.environ["BASE_URL"].rstrip("/")
client = (os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
base_url = f"{server}/api/2"
TIMEOUT_S = 10

# A walk may be repeated on the same service: its names are its own.
RUN = uuid.uuid4().hex[:8]


def step(text):
    print(f"ok: {text}")


# --- Both seeds: authenticate to the cloud platform via the Python shell.

response = requests.post(
    f"{base_url}/idp/token",
    headers={"Content-Type": "application/x-www-form-urlencoded"},
    data={"grant_type": "client_credentials"},
    auth=client,
    timeout=TIMEOUT_S,
)
assert response.status_code == 200, response.text
token_info = response.json()
assert token_info["token_type"] == "bearer"
auth = {"Authorization": "Bearer " + token_info["access_token"]}

# The tenant of the client is the one to which the token provides access.
response = requests.get(f"{base_url}/clients/{client[0]}", headers=auth, timeout=TIMEOUT_S)
assert response.status_code == 200, response.text
tenant_id = response.json()["tenant_id"]
assert tenant_id == os.environ["ROOT_TENANT_ID"]
step("authenticated; the token provides access to " + tenant_id)


def send(method, path, data=None, **more):
    """A request as the seeds make it: a JSON text, its media type, and the token."""
    headers = {"Content-Type": "application/json", **auth} if data is not None else auth
    body = json.dumps(data, indent=4) if data is not None else None
    return requests.request(
        method, base_url + path, headers=headers, data=body, timeout=TIMEOUT_S, **more
    )


response = send(
    "POST", "/tenants", {"name": f"Foobar {RUN}", "kind": "customer", "parent_id": tenant_id}
)
assert response.status_code == 201, response.text
created_tenant_id = response.json()["id"]
response = send(
    "POST",
    "/users",
    {
        "tenant_id": created_tenant_id,
        "login": f"JohnDoe-{RUN}",
        "contact": {"email": "johndoe@mysite.com", "firstname": "John", "lastname": "Doe"},
    },
)
assert response.status_code == 200, response.text
created_user_id = response.json()["id"]
step("a customer tenant, and a user account in it")

# --- Enabling quota upsell for a user account.

user_id = created_user_id
response = send("GET", f"/users/{user_id}")
assert response.status_code == 200, response.text
before = response.json()
version = before["version"]
assert version == 1
step("000: the revision number of the user account is 1")

user_data = {"business_types": ["buyer"], "version": version}
response = send("PUT", f"/users/{user_id}", user_data)
assert response.status_code == 200, response.text
user = response.json()
SEED_USER = {
    "activated": bool,
    "business_types": list,
    "contact": dict,
    "created_at": str,
    "enabled": bool,
    "id": str,
    "idp_id": str,
    "language": str,
    "login": str,
    "mfa_status": str,
    "notifications": list,
    "personal_tenant_id": type(None),
    "tenant_id": str,
    "terms_accepted": bool,
    "version": int,
}
assert {name: type(value) for name, value in user.items()} == SEED_USER, user
assert list(user["contact"]) == [
    "address1", "address2", "city", "country", "email",
    "firstname", "lastname", "phone", "state", "zipcode",
]
assert user["business_types"] == ["buyer"]
assert user["version"] == version + 1
assert user["idp_id"] == "11111111-1111-1111-1111-111111111111"
assert user["mfa_status"] == "disabled"
assert user["notifications"] == ["quota", "reports", "backup_daily_report"]
assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", user["created_at"])
changed = {name for name in user if user[name] != before[name]}
assert changed == {"business_types", "version"}, changed
step("000: the user is a buyer, and the answer is the whole user as the seed prints it")

response = send("PUT", f"/users/{user_id}", user_data)
assert response.status_code == 409, response.text
assert response.json()["error"]["code"] == 1001, response.text
step("000: the revision number increments with each update, so the old one is refused")

# --- Configuring the "Buy URL" option.

tenant_id = created_tenant_id
tenant = send("GET", f"/tenants/{tenant_id}").json()
tenant_version = tenant["version"]
assert tenant_version == 1
step("001: the number of the latest tenant revision is 1")

SEED_BRAND = [
    "account_server_url", "backup_console_url", "color", "color_scheme", "company_name",
    "help_url", "hide_predefined", "home_url", "knowledgebase_url", "logotype",
    "mobile_app_android_download_url", "mobile_app_ios_download_url", "owns_custom_legal_docs",
    "platform_terms_url", "privacy_policy_url", "router_url", "service_name", "smtp_encryption",
    "smtp_override", "smtp_password", "smtp_port", "smtp_reply_address", "smtp_server",
    "smtp_user", "support_phone", "support_url", "terms_url", "upsell_url", "user_guide_url",
]
buy_url = "https://shop.example.com/buy?campaign=7"
for upsell_url in [buy_url, ""]:
    params = {"version": tenant_version}
    branding_options = {"upsell_url": upsell_url}
    response = send("PUT", f"/tenants/{tenant_id}/brand", branding_options, params=params)
    assert response.status_code == 200, response.text
    brand = response.json()
    assert list(brand) == SEED_BRAND, brand
    assert brand["upsell_url"] == upsell_url
    assert brand["smtp_password"] == ""
    assert brand["hide_predefined"] in (0, 1) and brand["owns_custom_legal_docs"] in (True, False)
    tenant_version = tenant_version + 1
    tenant = send("GET", f"/tenants/{tenant_id}").json()
    assert tenant["version"] == tenant_version
step("001: the Buy URL is set and emptied; each time the tenant's version grows by 1")

response = send("PUT", f"/tenants/{tenant_id}/brand", {"upsell_url": buy_url}, params={"version": 1})
assert response.status_code == 409, response.text
assert response.json()["error"]["code"] == 1001, response.text
step("001: an older version is refused")

whole = {**brand, "upsell_url": buy_url, "company_name": "FooBar"}
params = {"version": tenant_version}
response = send("PUT", f"/tenants/{tenant_id}/brand", whole, params=params)
assert response.status_code == 200, response.text
assert response.json()["company_name"] == "FooBar"
step("001: the whole object can be sent back")
