"""Against what is published of UniFi Network: every key is read or has a reason, and every example parses.

The documents are not part of this repository.
"""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from reconciler.collectors.http.payload import objects
from reconciler.collectors.http.redaction import Sealed, secret, without_secrets
from reconciler.collectors.unifi import SYSTEM, ignored_fields, integration, port_settings
from reconciler.collectors.unifi.connection.answers import complaint, engine
from reconciler.collectors.unifi.kinds import (
    firewall_policy,
    firewall_zone,
    network,
    port_forward,
    static_dns,
    switch_port,
    wlan,
)
from reconciler.collectors.unifi.networks import table
from reconciler.collectors.unifi.rows import mac_of
from reconciler.lab import Lab, load_site
from reconciler.lab.unifi import integration as lab_integration
from reconciler.lab.unifi import live
from reconciler.lab.unifi.rows import all_lists

KINDS = {kind.name: kind for kind in SYSTEM.kinds}
PORT = frozenset(port_settings.PortSettings.model_fields) | switch_port._SETTINGS
STATES = {"connection_state_type", "connection_states"}

READ = [
    ("Network", network._FIELDS, ignored_fields.NETWORK),
    ("WLAN", wlan._FIELDS, ignored_fields.WLAN),
    ("PortForward", port_forward._FIELDS, ignored_fields.PORT_FORWARD),
    ("PortProfile", PORT, ignored_fields.PORT),
    ("DevicePortOverrides", PORT | {"name", "aggregate_members"}, ignored_fields.PORT),
    ("FirewallZone", firewall_zone._FIELDS, ignored_fields.ZONE),
    (
        "FirewallPolicy",
        firewall_policy._FIELDS | STATES,
        ignored_fields.POLICY,
    ),
    ("FirewallRule", firewall_policy._FIELDS, ignored_fields.RULE),
    ("DNSRecord", static_dns._FIELDS, ignored_fields.DNS),
]


@pytest.fixture(scope="module")
def definitions(contracts) -> dict[str, Any]:
    text = (contracts / "unifi" / "unifi-classic-rest.openapi.yaml").read_bytes()
    found: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)["components"]["schemas"]
    return found


@pytest.mark.parametrize(("name", "read", "table"), READ, ids=[each[0] for each in READ])
def test_every_key_is_read_or_in_the_table(definitions, name, read, table):
    reasons = {**table, **ignored_fields.ANYWHERE}
    keys = definitions[name].get("properties", {})
    lost = [key for key in keys if key not in read and not any(fnmatchcase(key, each) for each in reasons)]
    assert lost == []


def test_no_reason_is_empty():
    tables = [each for name, each in vars(ignored_fields).items() if name.isupper() and name[0] != "_"]
    assert len(tables) > 7
    assert all(len(reason.split()) > 1 for each in tables for reason in each.values())


def test_every_secret_that_is_known_is_one(definitions):
    known = {
        key
        for schema in definitions.values()
        for key in schema.get("properties", {})
        if key.startswith("x_") and not key.endswith("_enabled")
    }
    assert len(known) > 30
    assert [key for key in known if not secret(key)] == []


SHAPES = {
    "rest/networkconf": "Network",
    "rest/portconf": "PortProfile",
    "rest/wlanconf": "WLAN",
    "rest/portforward": "PortForward",
    "rest/firewallrule": "FirewallRule",
    "firewall-policies": "FirewallPolicy",
    "firewall/zone": "FirewallZone",
    "static-dns": "DNSRecord",
}
SURPLUS = {"firewall_zone_id", "zone_key", "external_id", "wan_vlan", "wan_egress_qos", "network_ids", "vlan"}
"""Keys of which the wire and the definitions are known to disagree: `""` for a number, text for a number."""


@pytest.mark.parametrize("path", SHAPES)
def test_the_lab_writes_rows_of_that_shape(definitions, path):
    types: dict[str, Any] = {
        "string": str,
        "boolean": bool,
        "integer": int,
        "array": list,
        "number": (int, float),
    }
    properties = definitions[SHAPES[path]].get("properties", {})
    wrong = []
    for row in all_lists(load_site()["unifi"])[path]:
        for key, value in row.items():
            said = properties.get(key, {}).get("type", [])
            allowed = [each for each in ([said] if isinstance(said, str) else said) if each in types]
            if allowed and value is not None and key not in SURPLUS:
                wrong += (
                    [] if any(isinstance(value, types[each]) for each in allowed) else [f"{key}: {value!r}"]
                )
    assert wrong == []


def examples(contracts):
    folder = contracts / "unifi" / "examples"
    return {str(file.relative_to(folder)): json.loads(file.read_bytes()) for file in folder.rglob("*.json")}


def test_every_example_parses(contracts):
    found = examples(contracts)
    assert len(found) > 15
    taken = set()
    for name, value in found.items():
        taken |= {name} if parse(name, without_secrets(value, None)) else set()
    assert found.keys() == taken


def parse(name: str, value: Any) -> bool:
    """Whether an example was understood; asserts what it says."""
    part = name.rpartition("/")[2].removesuffix(".json")
    if part.startswith("errors__"):
        return complaint(value, 400) == f"{value['error']} {value['message']}"
    known = {
        "clients__list_success": clients,
        "clients__single_client": clients,
        "devices__list_success": devices,
        "devices__single_device": devices,
        "dns__list_success": records,
        "dns__single_record": records,
        "sites__list_success": lambda page: page["data"][0]["internalReference"] == "default",
        "firewall__single_policy": lambda row: KINDS["firewall-policy"].normalise("x", row).action == "ALLOW",
        "networkconf.shape": lambda found: networks(found["data"]),
        "portconf.ui-default": profile,
        "wire-quirks": quirks,
        "dns__empty_list": lambda rows: objects(rows) == ([], None),
        "firewall__empty_list": lambda rows: objects(rows) == ([], None),
        "traffic__empty_list": lambda rows: objects(rows) == ([], None),
        "traffic__single_rule": lambda row: bool(objects([row])),  # no kind reads these two
        "dashboard__aggregated": lambda found: bool(objects([found])),
    }
    return part in known and bool(known[part](value))


def clients(value: dict[str, Any]) -> bool:
    rows = [integration.client(row) for row in value.get("data", [value])]
    read = [KINDS["client"].normalise(str(mac_of(row)), row) for row in objects(rows)[0]]
    return all(client.ip and client.name for client in read)


def devices(value: dict[str, Any]) -> bool:
    rows = [integration.device(row) for row in value.get("data", [value])]
    read = [KINDS["device"].normalise(str(mac_of(row)), row) for row in rows]
    return all(device.health.state == "healthy" and device.unread for device in read)


def records(value: Any) -> bool:
    rows = value if isinstance(value, list) else [value]
    return all(KINDS["static-dns"].normalise("A:x", row).value.startswith("192.168.") for row in rows)


def profile(value: dict[str, Any]) -> bool:
    shape = KINDS["port-profile"].normalise("Example", {**value, "@networks": {}})
    return shape.poe_mode == "auto" and shape.unmodelled == ()


def networks(rows: list[dict[str, Any]]) -> bool:
    read = {row["name"]: KINDS["network"].normalise(row["name"], {**row, "@zones": {}}) for row in rows}
    known = table(rows)
    assert known is not None
    assert known["6000000000000000000000a3"]["vlan"] == 33
    assert (read["Default"].vlan, read["Servers"].vlan, read["WAN"].vlan) == (1, 33, None)
    assert read["Servers"].dhcpd_dns == ("10.33.33.2",)
    assert read["Default"].dhcpd_dns == ()
    assert read["Servers"].dhcpguard == ("10.33.33.1",)
    assert read["Servers"].dhcpd_options == {"6000000000000000000000c9": "srv.lan.example,lan.example"}
    assert read["Default"].gateway_type == "default"
    assert [each.unmodelled for each in read.values()] == [()] * 3
    return True


def quirks(value: dict[str, Any]) -> bool:
    assert mac_of(value["rest_user_without_mac"]["row"]) is None
    assert mac_of(integration.device(value["integration_gateway_without_id"]["row"])) is None
    assert switch_port._overrides([value["port_override_without_port_idx"]["row"]]) == ({}, 1)
    assert complaint(value["login_rate_limit"]["body"], 429).startswith("AUTHENTICATION_FAILED_LIMIT_REACHED")
    assert engine(value["feature_migration"]["body"]) == (True, "")
    assert complaint(value["meta_error_http_200"]["body"], 200) == "api.err.LoginRequired"
    end = value["firewall_policy_port_string"]["fragment"]
    policy = KINDS["firewall-policy"].normalise("x", {"name": "x", **end})
    return policy.destination.ports == ("443",)


def test_secrets_of_rows_are_gone(contracts):
    rows = without_secrets([{"_id": "a", "x_passphrase": "marker", "wpa_psk_radius": "disabled"}], None)
    assert rows == [{"_id": "a", "x_passphrase": Sealed(None), "wpa_psk_radius": "disabled"}]


PAGES = {
    "sites": "Site overview page",
    "networks": "Network overview page",
    "devices": "Adopted device overview page",
    "clients": "Client overview page",
    "firewall/zones": "Firewall zones page",
    "wifi/broadcasts": "IntegrationWifiBroadcastPageDto",
    "dns/policies": "IntegrationDnsPolicyPageDto",
}


@pytest.fixture(scope="module")
def integration_api(contracts) -> dict[str, Any]:
    file = contracts / "unifi" / "unifi-network-integration-v1-10.5.66.openapi.json"
    found: dict[str, Any] = json.loads(file.read_bytes())
    return found


@pytest.mark.parametrize("path", PAGES)
def test_the_lab_answers_as_the_integration_api_is_published(integration_api, path):
    with Lab(hosts=1) as lab:
        sites = lab_integration.sites(lab.state.unifi["sites"])
        stations = live.stations(lab.state, lab.unifi.lists, 1)
        rows = (
            sites
            if path == "sites"
            else lab_integration.find(path, lab.state.unifi, lab.unifi.lists, stations)
        )
    assert rows
    page = {"offset": 0, "limit": 200, "count": len(rows), "totalCount": len(rows), "data": rows}
    name = PAGES[path].replace(" ", "%20")
    schema = {"$ref": f"#/components/schemas/{name}", "components": integration_api["components"]}
    assert [error.message for error in Draft202012Validator(schema).iter_errors(page)] == []
