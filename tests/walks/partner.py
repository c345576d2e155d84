"""The walk of rule `partner-plans` as a caller with `requests` does it.

Takes BASE_URL, CLIENT_ID, CLIENT_SECRET and ROOT_TENANT_ID from the environment, and leaves nothing
behind but a deleted plan's number.
"""

import json
import os
import re
import sys
from decimal import Decimal

import requests

BASE_URL = os.environ["BASE_URL"].rstrip("/")
CLIENT = (os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
ROOT_TENANT_ID = os.environ["ROOT_TENANT_ID"]
TIMEOUT_S = 30

PLAN_JSON = """
{
  "name": "20g Monthly",
  "setup_price": 0.00,
  "base_usage": 21474836480,
  "base_price": 19.95,
  "extra_usage": 1073741824,
  "extra_price": 0.95,
  "computers": 10,
  "computers_usage": 5368709120,
  "computers_price": 4.95,
  "local_backup_price": 4.95,
  "vm_host_price": 60,
  "disk_image_price": 60,
  "es_seat_price": 30,
  "es_connection_price": 25,
  "es_cost_extra_block": 50
}
"""

PLAN_XML = """<?xml version="1.0" encoding="UTF-8"?>
<plan>
  <name>20g Monthly</name>
  <setup_price>0.00</setup_price>
  <base_usage>21474836480</base_usage>
  <base_price>19.95</base_price>
  <extra_usage>1073741824</extra_usage>
  <extra_price>0.95</extra_price>
  <computers>10</computers>
  <computers_usage>5368709120</computers_usage>
  <computers_price>4.95</computers_price>
  <local_backup_price>4.95</local_backup_price>
  <vm_host_price>60</vm_host_price>
  <disk_image_price>60</disk_image_price>
  <es_seat_price>30</es_seat_price>
  <es_connection_price>25</es_connection_price>
  <es_cost_extra_block>50</es_cost_extra_block>
</plan>
"""

session = requests.Session()
session.trust_env = False


def call(method, path, status, **options):
    """Calls the service; the answer must have this status."""
    url = path if path.startswith("http") else BASE_URL + path
    answer = session.request(method, url, timeout=TIMEOUT_S, **options)
    assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
    print(f"ok {method} {path} -> {status}", flush=True)
    return answer


def bare(text):
    """A text without white space: the seed's examples are laid out for print."""
    return re.sub(r"\s+", "", text)


def token():
    form = {"grant_type": "client_credentials"}
    answer = call("POST", "/api/2/idp/token", 200, auth=CLIENT, data=form)
    return answer.json()["access_token"]


def walk():
    access = token()
    admin = {"Authorization": f"Bearer {access}"}
    oauth = {"Authorization": f"OAuth {access}"}
    as_json = oauth | {"Accept": "application/json"}
    as_xml = oauth | {"Accept": "application/xml"}
    sends_json = oauth | {"Content-Type": "application/json"}
    sends_xml = oauth | {"Content-Type": "application/xml"}

    body = {"name": "barracuda", "kind": "partner", "parent_id": ROOT_TENANT_ID}
    partner = call("POST", "/api/2/tenants", 201, headers=admin, json=body).json()
    plans = "/v1/partners/barracuda/plans"

    # Plans are numbered as they come; the seed shows number 10.
    for number in range(1, 11):
        other = PLAN_JSON.replace("20g Monthly", f"Plan {number}")
        made = call("POST", plans, 201, headers=sends_json, data=other)
        assert made.headers["Location"].endswith(f"{plans}/{number}"), made.headers
        assert made.content == b""
    plan = f"{plans}/10"

    changed = call("PUT", plan, 204, headers=sends_json, data=PLAN_JSON)
    assert changed.content == b"" and "Content-Type" not in changed.headers
    shown = call("GET", plan, 200, headers=as_json)
    assert shown.headers["Content-Type"] == "application/json", shown.headers
    assert bare(shown.text) == bare(PLAN_JSON), shown.text
    prices = json.loads(shown.text, parse_float=Decimal)
    assert str(prices["setup_price"]) == "0.00" and prices["base_usage"] == 21474836480

    shown = call("GET", plan, 200, headers=as_xml)
    assert shown.headers["Content-Type"] == "application/xml", shown.headers
    assert shown.headers["Vary"] == "Accept", shown.headers
    assert bare(shown.text) == bare(PLAN_XML), shown.text

    call("PUT", plan, 204, headers=sends_json, data=PLAN_JSON.replace("19.95", "4.810"))
    assert '"base_price":4.810,' in bare(call("GET", plan, 200, headers=as_json).text)
    changed = call("PUT", plan, 204, headers=sends_xml, data=PLAN_XML)
    assert changed.content == b""
    assert bare(call("GET", plan, 200, headers=as_json).text) == bare(PLAN_JSON)

    for accept in ("*/*", ""):
        shown = call("GET", plan, 200, headers=oauth | {"Accept": accept})
        assert shown.headers["Content-Type"] == "application/json", shown.headers

    query = {"order_by": "PLAN_NAME", "order_dir": "DESC", "page": 1, "page_size": 3}
    page = call("GET", plans, 200, headers=as_json, params=query).json()
    assert (page["page"], page["page_size"], page["count"]) == (1, 3, 10), page
    assert [entry["plan_id"] for entry in page["list"]] == [9, 8, 7], page

    # Errors: no scheme but the vendor's, no form but the two, nothing hidden in XML.
    refused = call("GET", plan, 401, headers=admin)
    assert refused.headers["WWW-Authenticate"].startswith('OAuth realm="upsell"')
    call("GET", plan, 406, headers=oauth | {"Accept": "text/html"})
    call("PUT", plan, 415, headers=oauth | {"Content-Type": "text/plain"}, data=PLAN_JSON)
    hostile = PLAN_XML.replace("<plan>", '<!DOCTYPE plan [<!ENTITY a "b">]><plan>')
    call("PUT", plan, 400, headers=sends_xml, data=hostile)
    missing = call("GET", f"{plans}/11", 404, headers=as_xml)
    assert "<error><code>404</code>" in missing.text, missing.text

    for number in range(1, 11):
        gone = call("DELETE", f"{plans}/{number}", 204, headers=oauth)
        assert gone.content == b""
    call("GET", plan, 404, headers=as_json)
    call("DELETE", plan, 404, headers=oauth)

    tenant = f"/api/2/tenants/{partner['id']}"
    body = {"enabled": False, "version": partner["version"]}
    version = call("PUT", tenant, 200, headers=admin, json=body).json()["version"]
    call("DELETE", tenant, 204, headers=admin, params={"version": version})


if __name__ == "__main__":
    walk()
    print("partner plans: the walk is done")
    sys.exit(0)
