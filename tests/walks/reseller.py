"""The walk of rule `reseller-plans` (plans, their roles, domains, the change of plan), as a stock client does it.

Takes BASE_URL, CLIENT_ID, CLIENT_SECRET and ROOT_TENANT_ID from the environment. Prints one line
per step; the first step that does not go as the seed says ends it with an error.
"""

import os
import uuid

import requests

BASE = os.environ["BASE_URL"].rstrip("/")
ROOT = os.environ["ROOT_TENANT_ID"]
CLIENT = (os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])

# A walk may be repeated on the same service: its names are its own.
RUN = uuid.uuid4().hex[:8]
GOLD, SILVER, DOMAIN = f"Gold {RUN}", f"Silver {RUN}", f"acme@{RUN}"

session = requests.Session()


def call(method, path, status, **more):
    """One request; the answer must have this status."""
    answer = session.request(method, BASE + path, timeout=10, **more)
    assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer


def step(text):
    print(f"ok: {text}")


def names(roles):
    return [role["name"] for role in roles]


def user(login):
    body = {"tenant_id": ROOT, "login": login}
    return call("POST", "/api/2/users", 200, json=body).json()


def assign(who, roles):
    path = f"/domain/{DOMAIN}/users/{who}/role"
    return call("PUT", path, 200, json={"roles": roles}).json()


token = call(
    "POST", "/api/2/idp/token", 200, data={"grant_type": "client_credentials"}, auth=CLIENT
).json()
session.headers["Authorization"] = f"Bearer {token['access_token']}"
step("a bearer token")

# Plan retention and ingestion configuration.
RETENTION = {"volume": 2.5, "retentionUnit": "MONTHS", "retentionValue": 6}
for plan in (GOLD, SILVER):
    call("PUT", f"/plan/{plan}", 201, json={})
    answer = call("PUT", f"/plan/{plan}/retention", 200, json=RETENTION)
    assert answer.json() == RETENTION
assert call("GET", f"/plan/{GOLD}/retention", 200).json() == RETENTION
for unit in ("DAYS", "WEEKS", "MONTHS", "YEARS"):
    call("PUT", f"/plan/{GOLD}/retention", 200, json={**RETENTION, "retentionUnit": unit})
wrong = call("PUT", f"/plan/{GOLD}/retention", 400, json={**RETENTION, "retentionUnit": "HOURS"})
assert wrong.json()["error"]["code"] == 400 and "retentionUnit" in wrong.json()["error"]["message"]
assert {GOLD, SILVER} <= set(names(call("GET", "/plan", 200).json()))
step("retention of a plan: PUT, GET, the four units and no other")

# Reseller plan custom roles.
POLICY = {"op": "op_view", "action": "certs", "label": "policy.certs.view"}
role = {"name": "Reviewer", "policies": [POLICY], "resources": ["panel-7"]}
made = call("POST", f"/plan/{SILVER}/roles", 201, json=role).json()
assert made["type"] == "CUSTOM" and made["policies"] == [POLICY]
call("POST", f"/plan/{SILVER}/roles", 201, json={"name": "Auditor"})
call("POST", f"/plan/{SILVER}/roles", 409, json={"name": "auditor"})
call("POST", f"/plan/{GOLD}/roles", 201, json={"name": "Reviewer"})
call("POST", f"/plan/{GOLD}/roles", 201, json={"name": "Guest"})
roles = call("GET", f"/plan/{SILVER}/roles", 200).json()
assert names(roles) == ["Admin", "No Privileges", "Reviewer", "Auditor"]
assert [one["type"] for one in roles] == ["ADMIN", "NO_PRIVILEGES", "CUSTOM", "CUSTOM"]
path = f"/plan/{SILVER}/roles/Reviewer"
short = call("GET", path, 200).json()
assert sorted(short) == ["id", "name", "type"]
full = call("GET", path, 200, params={"full": True}).json()
assert full == made
changed = call("PUT", path, 200, json={**full, "resources": []}).json()
assert changed["resources"] == [] and changed["policies"] == [POLICY]
step("roles of a plan: POST, GET short and full, PUT")

for basic in ("Admin", "No Privileges"):
    call("DELETE", f"/plan/{SILVER}/roles/{basic}", 422)
step("basic roles are in every plan and stay")

# Domains, and who holds what.
ann, bob, eve, owner = (user(f"{who}-{RUN}") for who in ("ann", "bob", "eve", "owner"))
body = {"plan": SILVER, "owner": owner["login"]}
assert call("PUT", f"/domain/{DOMAIN}", 201, json=body).json()["plan"] == SILVER
held = call("GET", f"/domain/{DOMAIN}/users/{owner['login']}/role", 200).json()
assert held["owner"] is True and [one["type"] for one in held["roles"]] == ["ADMIN"]
step("the owner of a domain is an Admin flagged as owner")

call("POST", f"/domain/{DOMAIN}/roles", 201, json={"name": "Local"})
assert names(assign(ann["login"], ["Reviewer", "Local"])["roles"]) == ["Reviewer", "Local"]
assign(bob["login"], ["Auditor", "Admin"])
assign(eve["id"], ["Local"])
refused = call("DELETE", f"/plan/{SILVER}/roles/Auditor", 409)
assert refused.json()["error"]["code"] == 409
step("multiple roles apply; a role that is assigned is not deleted")

# Query domain retention values, update retention values.
assert call("GET", f"/domain/{DOMAIN}/retention", 200).json() == RETENTION
own = {"volume": 0.75, "retentionUnit": "WEEKS", "retentionValue": 3}
assert call("PUT", f"/domain/{DOMAIN}/retention", 200, json=own).json() == own
assert call("GET", f"/domain/{DOMAIN}/retention", 200).json() == own
assert call("GET", f"/plan/{SILVER}/retention", 200).json() == RETENTION
step("a domain shows its plan's retention until it has its own")


def change(expected, **how):
    """Changes the plan there, looks at what the answer says of each user, and changes it back."""
    answer = call("PUT", f"/domain/{DOMAIN}/plan", 200, **how).json()
    assert (answer["pricePlan"], answer["previousPlan"]) == (GOLD, SILVER), answer
    found = {one["user"]: names(one["newRoles"]) for one in answer["users"]}
    for who, roles in zip((ann, bob, eve), expected):
        assert found[who["login"]] == roles, (who["login"], found)
        held = call("GET", f"/domain/{DOMAIN}/users/{who['login']}/role", 200).json()
        assert names(held["roles"]) == roles
    assert "Admin" in found[owner["login"]]
    call("PUT", f"/domain/{DOMAIN}/plan", 200, json={"pricePlan": SILVER})
    assign(ann["login"], ["Reviewer", "Local"])
    assign(bob["login"], ["Auditor", "Admin"])


# Change a domain price plan. keepRole as query and as JSON, as boolean and as text.
NONE = "No Privileges"
call("PUT", f"/domain/{DOMAIN}/plan", 400, json={})
change([[NONE, "Local"], [NONE], ["Local"]], json={"pricePlan": GOLD})
change([[NONE, "Local"], [NONE], ["Local"]], params={"pricePlan": GOLD, "keepRole": "false"})
step("keepRole false: all roles of the plan before become NO_PRIVILEGES")
kept = [["Reviewer", "Local"], [NONE, "Admin"], ["Local"]]
change(kept, json={"pricePlan": GOLD, "keepRole": True})
change(kept, params={"pricePlan": GOLD, "keepRole": True})
step("keepRole true: roles of the same name are kept")
kept = [["Reviewer", "Local"], ["Guest", "Admin"], ["Local"]]
change(kept, json={"pricePlan": GOLD, "keepRole": "Guest"})
call("PUT", f"/domain/{DOMAIN}/plan", 404, json={"pricePlan": GOLD, "keepRole": "Nobody"})
step("keepRole with a name: that role instead of NO_PRIVILEGES")
step("roles owned by the domain were left untouched throughout")

body = {"pricePlan": GOLD, "keepRole": "true", "domain": DOMAIN}
assert call("PUT", "/domain/domain/plan", 200, json=body).json()["domain"] == DOMAIN
step("PUT /domain/domain/plan, as the seed prints it")

call("DELETE", f"/plan/{SILVER}/roles/Auditor", 204)
call("GET", f"/plan/{SILVER}/roles/Auditor", 404)
call("DELETE", f"/plan/{GOLD}", 409)
call("DELETE", f"/domain/{DOMAIN}", 204)
for plan in (GOLD, SILVER):
    call("DELETE", f"/plan/{plan}", 204)
step("what nobody holds or uses is deleted")
