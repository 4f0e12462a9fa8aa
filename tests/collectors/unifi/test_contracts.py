"""Facts of UniFi Network (tests/contracts): every key is read, has a reason, or is listed as event only.

The payloads are in tests/cases/wire/unifi.json.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from reconciler.collectors.http.payload import objects
from reconciler.collectors.http.redaction import Redacted, secret, without_secrets
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.unifi import SYSTEM, port_settings
from reconciler.collectors.unifi.connection.answers import complaint, engine
from reconciler.collectors.unifi.integration import rows as integration
from reconciler.collectors.unifi.kinds import (
    firewall_group,
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
from tests.collectors.raws import normalise
from tests.contracts import facts
from tests.contracts.facts import Fact

KINDS = {kind.name: kind for kind in SYSTEM.kinds}
STATES = {"connection_state_type", "connection_states"}

READ = [
    ("rest/networkconf", network._FIELDS, "network"),
    ("rest/wlanconf", wlan._FIELDS, "wlan"),
    ("rest/portforward", port_forward._FIELDS, "port-forward"),
    ("rest/portconf", port_settings.KEYS, "switch-port"),
    ("port_overrides", switch_port._OVERRIDE, "switch-port"),
    ("rest/firewallgroup", firewall_group._FIELDS, "firewall-group"),
    ("firewall/zone", firewall_zone._FIELDS, "firewall-zone"),
    (
        "firewall-policies",
        firewall_policy._FIELDS | STATES,
        "firewall-policy",
    ),
    ("rest/firewallrule", firewall_policy._FIELDS, "firewall-rule"),
    ("static-dns", static_dns._FIELDS, "static-dns"),
]


CLASSIC = facts.load(facts.UNIFI_CLASSIC)

EVENTS_ONLY: dict[str, list[str]] = yaml.safe_load(
    (Path(__file__).parents[2] / "cases/wire/unifi-events-only.yaml").read_text()
)
"""List → the published keys that no field reads and no table ignores: a change of them is an event."""


def keys(name: str) -> dict[str, Fact]:
    """The keys of a list, or those of what somebody set on a port."""
    if name == "port_overrides":
        found: dict[str, Fact] = CLASSIC.keys("stat/device")[name]["items"]["properties"]
        return found
    return CLASSIC.keys(name)


@pytest.mark.parametrize(("name", "read", "kind"), READ, ids=[each[0] for each in READ])
def test_every_key_is_read_or_ignored_or_one_of_those_whose_changes_are_events(name, read, kind):
    unread = ignored_fields("unifi", kind).names_only(dict.fromkeys(keys(name), "x"), read)
    assert sorted(at[1:] for at in unread) == EVENTS_ONLY.get(name, [])


NO_SECRETS = {"x_ssh_keys", "x_ssh_bind_wildcard"}
"""Public keys, and a flag."""


def test_every_secret_that_is_known_is_one():
    known = {key for key in CLASSIC.x_keys if not key.endswith("_enabled")} - NO_SECRETS
    assert len(known) > 30
    assert [key for key in known if not secret(key)] == []


LISTS = [
    "rest/networkconf",
    "rest/portconf",
    "rest/wlanconf",
    "rest/portforward",
    "rest/firewallgroup",
    "rest/firewallrule",
    "firewall-policies",
    "firewall/zone",
    "static-dns",
]
SURPLUS = {"firewall_zone_id", "zone_key", "external_id", "wan_vlan", "wan_egress_qos", "network_ids", "vlan"}
"""Keys of which the wire and the definitions are known to disagree: `""` for a number, text for a number."""


TYPES: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "array": list,
    "number": (int, float),
}


def misshapen(path: str, rows: list[dict[str, Any]]) -> list[str]:
    """The values that are not of the type of their key."""
    published = keys(path)
    wrong = []
    for row in rows:
        for key, value in row.items():
            said = published.get(key, {}).get("type", [])
            allowed = [each for each in ([said] if isinstance(said, str) else said) if each in TYPES]
            if allowed and value is not None and key not in SURPLUS:
                fits = any(isinstance(value, TYPES[each]) for each in allowed)
                wrong += [] if fits else [f"{key}: {value!r}"]
    return wrong


@pytest.mark.parametrize("path", LISTS)
def test_the_lab_writes_rows_of_that_shape(path):
    assert misshapen(path, all_lists(load_site()["unifi"])[path]) == []


PAYLOADS: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "cases" / "wire" / "unifi.json").read_bytes()
)
SITE = "/v1/sites/{siteId}"


OLD, NEW = facts.UNIFI_INTEGRATION_9, facts.UNIFI_INTEGRATION_10


@pytest.mark.parametrize(
    ("version", "name", "path"),
    [
        (OLD, "sites", "/v1/sites"),
        (NEW, "sites", "/v1/sites"),
        (OLD, "clients", f"{SITE}/clients"),
        (NEW, "clients", f"{SITE}/clients"),
        (OLD, "devices", f"{SITE}/devices"),
        (NEW, "devices", f"{SITE}/devices"),
        # the old document has text for the frequency of a radio, where the wire has a number
        (NEW, "device", f"{SITE}/devices/{{deviceId}}"),
    ],
)
def test_payloads_of_the_integration_api_have_the_published_shape(version, name, path):
    check = Draft202012Validator(facts.json_schema(facts.load(version).returns(path)))
    assert [error.message for error in check.iter_errors(PAYLOADS["integration"][name])] == []


@pytest.mark.parametrize("path", ["static-dns", "rest/networkconf", "rest/portconf", "firewall-policies"])
def test_payloads_of_the_classic_api_have_the_published_shape(path):
    rows = PAYLOADS["lists"][path]
    assert rows
    assert misshapen(path, rows) == []


PARSERS = {
    "sites": lambda found: found["integration"]["sites"]["data"][0]["internalReference"] == "default",
    "clients": lambda found: clients(found["integration"]["clients"]),
    "client": lambda found: clients(found["integration"]["client"]),
    "devices": lambda found: devices(found["integration"]["devices"]),
    "device": lambda found: devices(found["integration"]["device"]),
    "dns": lambda found: records(found["lists"]["static-dns"]),
    "policy": lambda found: policy(found["lists"]["firewall-policies"][0]).action == "ALLOW",
    "networks": lambda found: networks(found["lists"]["rest/networkconf"]),
    "profile": lambda found: profile(found["lists"]["rest/portconf"][0]),
    "quirks": lambda found: quirks(found["quirks"]),
    "an empty list": lambda _: objects([]) == ([], None),
    "traffic rules": lambda found: bool(objects(found["lists"]["trafficrules"])),  # no kind reads these two
    "dashboard": lambda found: bool(objects([found["dashboard"]])),
}


@pytest.mark.parametrize("name", PARSERS)
def test_every_payload_parses(name):
    assert PARSERS[name](without_secrets(PAYLOADS, None))


@pytest.mark.parametrize("body", PAYLOADS["errors"], ids=[body["error"] for body in PAYLOADS["errors"]])
def test_every_error_is_shown(body):
    assert complaint(body, 400) == f"{body['error']} {body['message']}"


def policy(row: dict[str, Any]) -> Any:
    return normalise(KINDS["firewall-policy"], "x", row)


def clients(value: dict[str, Any]) -> bool:
    rows = [integration.client(row) for row in value.get("data", [value])]
    read: list[Any] = [normalise(KINDS["client"], str(mac_of(row)), row) for row in objects(rows)[0]]
    return all(client.ip and client.name for client in read)


def devices(value: dict[str, Any]) -> bool:
    rows = [integration.device(row) for row in value.get("data", [value])]
    read: list[Any] = [normalise(KINDS["device"], str(mac_of(row)), row) for row in rows]
    return all(device.health.state == "healthy" for device in read)


def records(rows: list[dict[str, Any]]) -> bool:
    read: list[Any] = [normalise(KINDS["static-dns"], "A:x", row) for row in rows]
    return all(record.value.startswith("192.0.2.") for record in read)


def profile(value: dict[str, Any]) -> bool:
    shape: Any = normalise(KINDS["port-profile"], "Example", value, {"networks": {}})
    return bool(shape.poe_mode == "auto" and "/autoneg" not in shape.unmodelled)


def networks(rows: list[dict[str, Any]]) -> bool:
    kind = KINDS["network"]
    context: dict[str, Any] = {"zones": {}, "dhcp_options": {"6000000000000000000000c9": "search"}}
    read: dict[str, Any] = {row["name"]: normalise(kind, row["name"], row, context) for row in rows}
    known = table(rows)
    assert known is not None
    assert known["6000000000000000000000a3"].vlan == 33
    assert (read["Default"].vlan, read["Servers"].vlan, read["WAN"].vlan) == (1, 33, None)
    assert read["Servers"].dhcpd_dns == ("203.0.113.2",)
    assert read["Default"].dhcpd_dns == ()
    assert read["Servers"].dhcpguard == ("203.0.113.1",)
    assert read["Servers"].dhcpd_options == {"search": "srv.example.org,example.org"}
    assert read["Default"].gateway_type == "default"
    assert "/dhcpd_user_option_6000000000000000000000c9" not in read["Servers"].unmodelled
    return True


def quirks(value: dict[str, Any]) -> bool:
    assert mac_of(value["rest_user_without_mac"]["row"]) is None
    assert mac_of(integration.device(value["integration_gateway_without_id"]["row"])) is None
    assert switch_port._by_number([value["port_override_without_port_idx"]["row"]]) == ({}, 1)
    assert complaint(value["login_rate_limit"]["body"], 429).startswith("AUTHENTICATION_FAILED_LIMIT_REACHED")
    assert engine(value["feature_migration"]["body"]) == (True, "")
    assert complaint(value["meta_error_http_200"]["body"], 200) == "api.err.LoginRequired"
    end = value["firewall_policy_port_string"]["fragment"]
    return bool(policy({"name": "x", **end}).destination.ports == ("443",))


def test_secrets_of_rows_are_gone():
    rows = without_secrets([{"_id": "a", "x_passphrase": "marker", "wpa_psk_radius": "disabled"}], None)
    assert rows == [{"_id": "a", "x_passphrase": Redacted(None), "wpa_psk_radius": "disabled"}]


PAGES = [
    "sites",
    "networks",
    "devices",
    "clients",
    "firewall/zones",
    "firewall/policies",
    "traffic-matching-lists",
    "acl-rules",
    "switching/lags",
    "switching/switch-stacks",
    "vpn/servers",
    "wans",
    "wifi/broadcasts",
    "dns/policies",
]


@pytest.mark.parametrize("path", PAGES)
def test_the_lab_answers_as_the_integration_api_is_published(path):
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
    published = facts.load(facts.UNIFI_INTEGRATION_10).returns(
        "/v1/sites" if path == "sites" else f"{SITE}/{path}"
    )
    check = Draft202012Validator(facts.json_schema(published))
    assert [error.message for error in check.iter_errors(page)] == []


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("networks", "networks/{networkId}"),
        ("wifi/broadcasts", "wifi/broadcasts/{wifiBroadcastId}"),
        ("firewall/policies/ordering", "firewall/policies/ordering"),
        ("acl-rules/ordering", "acl-rules/ordering"),
    ],
)
def test_the_lab_answers_with_single_objects_as_they_are_published(path, template):
    with Lab(hosts=1) as lab:
        site, lists = lab.state.unifi, lab.unifi.lists
        rows = lab_integration.find(path, site, lists, []) or [{}]
        wanted = [f"{path}/{row['id']}" if row else path for row in rows]
        zones = lab_integration.find("firewall/zones", site, lists, []) or []
        first, second, *_ = (each["id"] for each in zones)
        pair = {"sourceFirewallZoneId": first, "destinationFirewallZoneId": second}
        found = [lab_integration.one(each, pair, site, lists) for each in wanted]
    published = facts.load(facts.UNIFI_INTEGRATION_10).returns(f"{SITE}/{template}")
    check = Draft202012Validator(facts.json_schema(published))
    assert [error.message for each in found for error in check.iter_errors(each)] == []
