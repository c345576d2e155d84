"""The walks of rules `who-may-buy` and `buy-url` with the requests library, step by step as they are printed: a user
becomes a buyer, and the tenant gets its Buy URL.

BASE_URL, CLIENT_ID, CLIENT_SECRET and ROOT_TENANT_ID come from the environment. Each step asserts
what the seed prints and says one line.
"""

import json
import os
import re
import time
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
assert response.headers["Cache-Control"] == "no-store"
assert abs(token_info["expires_on"] - time.time() - token_info["expires_in"]) <= 5
# The seeds show tokens that begin so: {"typ":"JWT","alg":"RS256","kid":…}.
assert token_info["access_token"].startswith("eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIs")
auth = {"Authorization": "Bearer " + token_info["access_token"]}

# The tenant of the client is the one to which the token provides access.
response = requests.get(f"{base_url}/clients/{client[0]}", headers=auth, timeout=TIMEOUT_S)
assert response.status_code == 200, response.text
shown = response.json()
assert (shown["type"], shown["status"]) == ("agent", "enabled") and "client_secret" not in shown
tenant_id = shown["tenant_id"]
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
login = f"JohnDoe-{RUN}"
form = {
    "tenant_id": created_tenant_id, "login": login, "enabled": False, "activated": True,
    "contact": {"email": "johndoe@mysite.com", "firstname": "John", "lastname": "Doe"},
}
response = send("POST", "/users", form)
assert response.status_code == 200, response.text
assert int(response.headers["X-Upsell-V1-Id"]) > 0
created_user_id = response.json()["id"]
step("a customer tenant, and a user account in it")

# --- Enabling quota upsell for a user account.

user_id = created_user_id
response = send("GET", f"/users/{user_id}")
assert response.status_code == 200, response.text
version = response.json()["version"]
assert version == 1 and response.headers["ETag"] == '"1"'
step("000: the revision number of the user account is 1")

user_data = {"business_types": ["buyer"], "version": version}
response = send("PUT", f"/users/{user_id}", user_data)
assert response.status_code == 200, response.text
assert response.headers["ETag"] == '"2"'
user = response.json()
seed_user = {
    "activated": True,
    "business_types": ["buyer"],
    "contact": {
        "address1": "", "address2": "", "city": "", "country": "", "email": "johndoe@mysite.com",
        "firstname": "John", "lastname": "Doe", "phone": "", "state": "", "zipcode": "",
    },
    "created_at": user["created_at"],
    "enabled": False,
    "id": user_id,
    "idp_id": "11111111-1111-1111-1111-111111111111",
    "language": "en",
    "login": login,
    "mfa_status": "disabled",
    "notifications": ["quota", "reports", "backup_daily_report"],
    "personal_tenant_id": None,
    "tenant_id": created_tenant_id,
    "terms_accepted": False,
    "version": 2,
}
assert user == seed_user, user
assert (list(user), list(user["contact"])) == (list(seed_user), list(seed_user["contact"])), user
assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", user["created_at"])
step("000: the user is a buyer, and the answer is the whole user as the seed prints it")

response = send("PUT", f"/users/{user_id}", user_data)
assert response.status_code == 409, response.text
assert response.json()["error"]["code"] == 1001, response.text
assert send("GET", f"/users/{user_id}").json() == user
step("000: the revision number increments with each update, so the old one is refused")

response = send("PUT", f"/users/{user_id}", {"business_types": ["seller"], "version": 2})
assert response.status_code == 400 and "buyer" in response.text, response.text
response = send("PUT", f"/users/{user_id}", {"business_types": [], "version": 2})
assert response.json() == {**user, "business_types": [], "version": 3}, response.text
step("000: there is no other type; the user is no buyer any more")

# --- Configuring the "Buy URL" option.

tenant_id = created_tenant_id
tenant = send("GET", f"/tenants/{tenant_id}").json()
tenant_version = tenant["version"]
assert tenant_version == 1
step("001: the number of the latest tenant revision is 1")

# The whole object that the vendor prints, without the logo.
options = {
    "account_server_url": "",
    "backup_console_url": "",
    "color": "000000",
    "color_scheme": "default",
    "company_name": "FooBar",
    "help_url": "api/ams/links/help",
    "hide_predefined": 1,
    "home_url": "",
    "knowledgebase_url": "",
    "mobile_app_android_download_url": "",
    "mobile_app_ios_download_url": "",
    "owns_custom_legal_docs": True,
    "platform_terms_url": "",
    "privacy_policy_url": "",
    "router_url": "",
    "service_name": "myservice",
    "smtp_encryption": "TLS",
    "smtp_override": 1,
    "smtp_password": "",
    "smtp_port": 465,
    "smtp_reply_address": "",
    "smtp_server": "",
    "smtp_user": "smtpuser",
    "support_phone": "+1 1111 1111111",
    "support_url": "",
    "terms_url": "",
    "upsell_url": "",
    "user_guide_url": "",
}
brand_path = f"/tenants/{tenant_id}/brand"
response = send("PUT", brand_path, options, params={"version": tenant_version})
assert response.status_code == 200, response.text
response = requests.post(
    f"{base_url}{brand_path}/logo",
    headers={"Content-Type": "image/png", **auth},
    data=b"\x89PNG\r\n\x1a\n0000",
    timeout=TIMEOUT_S,
)
assert response.status_code == 200, response.text
brand = {**options, "logotype": str(uuid.UUID(response.json()["logotype"]))}
tenant_version = send("GET", f"/tenants/{tenant_id}").json()["version"]
assert tenant_version == 3
step("001: what the seed's example tenant had before")

buy_url = "https://shop.example.com/buy?campaign=7#plans"
for upsell_url in [buy_url, ""]:
    params = {"version": tenant_version}
    branding_options = {"upsell_url": upsell_url}
    response = send("PUT", brand_path, branding_options, params=params)
    assert response.status_code == 200, response.text
    brand["upsell_url"] = upsell_url
    assert response.json() == brand and list(response.json()) == sorted(brand), response.text
    tenant_version = tenant_version + 1
    tenant = send("GET", f"/tenants/{tenant_id}").json()
    assert tenant["version"] == tenant_version
step("001: the Buy URL is set and emptied; each time the tenant's version grows by 1")

response = send("PUT", brand_path, {"upsell_url": buy_url}, params={"version": tenant_version - 1})
assert response.status_code == 409, response.text
assert response.json()["error"]["code"] == 1001, response.text
assert send("GET", brand_path).json() == brand
assert send("GET", f"/tenants/{tenant_id}").json()["version"] == tenant_version
step("001: an older version is refused")

brand["upsell_url"] = buy_url
response = send("PUT", brand_path, brand, params={"version": tenant_version})
assert response.status_code == 200, response.text
assert response.json() == brand
step("001: the whole object can be sent back")
