"""The tables of ignored keys: each has a reason, and none names a key that is read or that no API has."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.collectors import ignored_fields as tables
from reconciler.collectors.http.redaction import Redacted
from reconciler.collectors.ignored_fields import EVERY_KIND, ignored_fields, names_of, read_table, unseen_keys
from reconciler.kinds import SYSTEMS
from reconciler.lab import load_site
from reconciler.lab.unifi.rows import all_lists
from reconciler.model.fingerprint import RowFingerprinter, SecretFingerprinter, same_secret
from tests.contracts import facts

SECTIONS = [(system, section) for system in SYSTEMS for section in read_table(system)]
OTHER = {"firewall-rule", EVERY_KIND}
"""Sections beside those of kinds: an older form of a kind, and rows of every kind."""
SUBSTITUTED = "integration "
"""Before the kind, in a section of the keys of the API that stands for another one."""
OF_SECTIONS = re.compile(r"\*\.(?:_id|site_id|attr_\*|key)|\w+\.(?:\w+_)?\*|\w+\.portal_customized\*")
ROW = RowFingerprinter("kind/1", SecretFingerprinter("key"))
NO_KEY = RowFingerprinter("kind/1")


def _read_keys(kind: Any) -> set[str]:
    """The keys of the API that the module of a kind reads as they are."""
    module = sys.modules[kind.normalise.__module__]
    return {key for name in ("_NAMES", "_FIELDS", "_OPTIONS", "_READ") for key in getattr(module, name, ())}


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_section_belongs_to_a_kind(system):
    kinds = {kind.name for kind in SYSTEMS[system].kinds}
    sections = {section.removeprefix(SUBSTITUTED) for section in read_table(system)}
    assert sections - kinds - OTHER == set()


@pytest.mark.parametrize(("system", "section"), SECTIONS)
def test_every_key_has_a_reason(system, section):
    table = read_table(system)[section]
    assert table
    assert [key for key, reason in table.items() if not str(reason or "").strip()] == []
    vague = re.compile("rarely|not read yet|detail|^its id$")
    assert [key for key, reason in table.items() if vague.search(str(reason))] == []


@pytest.mark.parametrize(("system", "section"), SECTIONS)
def test_a_reason_that_nothing_proves_convinces_in_words(system, section):
    unseen = unseen_keys(system).get(section, {})
    assert [key for key, reason in unseen.items() if len(reason.split()) < 4] == []


@pytest.mark.parametrize(("system", "section"), SECTIONS)
def test_patterns_stand_for_numbered_families_and_secrets_alone(system, section):
    """Of the settings of a site also for every section, or for all of one."""
    odd = [
        key
        for key in read_table(system)[section]
        if "*" in key and key != "x_*" and not (section == "site-settings" and OF_SECTIONS.fullmatch(key))
    ]
    assert odd == []


@pytest.mark.parametrize(("system", "section"), SECTIONS)
def test_no_key_is_read(system, section):
    table = read_table(system)[section]
    kinds = [kind for kind in SYSTEMS[system].kinds if section in {kind.name, EVERY_KIND}]
    read = {key for kind in kinds for key in _read_keys(kind)} if section != EVERY_KIND else set()
    assert [key for key in table if key in read] == []


CLASSIC = {
    "network": ["rest/networkconf"],
    "switch-port": ["rest/portconf"],
    "wlan": ["rest/wlanconf"],
    "port-forward": ["rest/portforward"],
    "firewall-zone": ["firewall/zone"],
    "firewall-policy": ["firewall-policies"],
    "firewall-rule": ["rest/firewallrule"],
    "reservation": ["rest/user"],
    "static-dns": ["static-dns"],
    "device": ["stat/device"],
    "firewall-group": ["rest/firewallgroup"],
    "radius-profile": ["rest/radiusprofile"],
    "static-route": ["rest/routing"],
    "ap-group": ["apgroups"],
    "client-group": ["rest/usergroup"],
    "dhcp-option": ["rest/dhcpoption"],
    "scheduled-task": ["rest/scheduletask"],
    "dpi-group": ["rest/dpigroup"],
    "traffic-route": ["trafficroutes"],
    "traffic-rule": ["trafficrules"],
    "nat-rule": ["nat"],
    "radius-user": ["rest/account"],
    "wireguard-peer": ["wireguard/users"],
    "dynamic-dns": ["rest/dynamicdns"],
    "hotspot-operator": ["rest/hotspotop"],
}
INTEGRATION = {
    "acl-rule": ["acl-rules"],
    "lag": ["switching/lags"],
    "switch-stack": ["switching/switch-stacks", "switching/mc-lag-domains"],
}
INSTEAD = {
    "integration network": ["networks", "networks/{networkId}", "vpn/servers", "vpn/site-to-site-tunnels"],
    "integration wlan": ["wifi/broadcasts", "wifi/broadcasts/{wifiBroadcastId}"],
    "integration device": ["devices", "devices/{deviceId}"],
    "integration firewall-zone": ["firewall/zones"],
    "integration firewall-policy": ["firewall/policies"],
    "integration static-dns": ["dns/policies"],
    "integration firewall-group": [
        "traffic-matching-lists",
        "traffic-matching-lists/{trafficMatchingListId}",
    ],
}
PROXMOX = {
    "guest": ["/nodes/{node}/qemu/{vmid}/config", "/nodes/{node}/lxc/{vmid}/config"],
    "user": ["/access/users", "/access/tfa"],
    "token": ["/access/users"],
    "sdn-controller": ["/cluster/sdn/controllers"],
    "sdn-fabric": ["/cluster/sdn/fabrics/all"],
    "sdn-fabric-node": ["/cluster/sdn/fabrics/all"],
    "node-config": [f"/nodes/{{node}}/{part}" for part in ("config", "dns", "time", "hosts")],
    "notification-target": [
        "/cluster/notifications/targets",
        *(f"/cluster/notifications/endpoints/{name}" for name in ("gotify", "sendmail", "smtp", "webhook")),
    ],
    "notification-matcher": ["/cluster/notifications/matchers"],
    "metric-server": ["/cluster/metrics/server", "/cluster/metrics/server/{id}"],
    "group": ["/access/groups"],
    "role": ["/access/roles"],
    "realm-sync-job": ["/cluster/jobs/realm-sync"],
    "realm": ["/access/domains", "/access/domains/{realm}"],
    "guest-snapshot": ["/nodes/{node}/qemu/{vmid}/snapshot", "/nodes/{node}/lxc/{vmid}/snapshot"],
    "storage": ["/storage"],
    "node-network": ["/nodes/{node}/network", "/nodes/{node}/network/{iface}"],
    "backup-job": ["/cluster/backup", "/cluster/backup/{id}"],
    "cluster": ["/cluster/options"],
    "disk": ["/nodes/{node}/disks/list"],
    "ha-resource": ["/cluster/ha/resources", "/cluster/ha/resources/{sid}"],
    "ha-rule": ["/cluster/ha/rules", "/cluster/ha/groups", "/cluster/ha/groups/{group}"],
    "replication-job": ["/cluster/replication", "/cluster/replication/{id}"],
    "sdn-zone": ["/cluster/sdn/zones", "/cluster/sdn/zones/{zone}"],
    "sdn-vnet": ["/cluster/sdn/vnets", "/cluster/sdn/vnets/{vnet}"],
    "firewall": ["/cluster/firewall/options"],
    "alias": ["/cluster/firewall/aliases"],
    "ipset": ["/cluster/firewall/ipset"],
    "resource-mapping": [f"/cluster/mapping/{name}" for name in ("pci", "usb", "dir")],
    "security-group": ["/cluster/firewall/groups"],
    "pool": ["/pools"],
}
INSIDE = {
    "firewall": ("rules", "/cluster/firewall/rules"),
    "security-group": ("rules", "/cluster/firewall/groups/{group}"),
    "ipset": ("members", "/cluster/firewall/ipset/{name}"),
    "sdn-vnet": ("subnets", "/cluster/sdn/vnets/{vnet}/subnets"),
}
"""Section → the list in its rows that is read from an endpoint of its own."""
WITHIN = {"token": "tokens[].", "sdn-fabric": "fabrics[].", "sdn-fabric-node": "nodes[]."}
"""Section → the list of another kind's rows that its own rows are."""
RENAMED = {"user": ("entries[].", "second_factors[].")}
"""Section → the list of an endpoint of its own, and the field that its items are in."""
CONFIGURED = {
    "guest": ("qemu", "lxc"),
    "storage": ("storage",),
    "node-network": ("network_iface",),
    "backup-job": ("backup_job",),
    "cluster": ("cluster_options",),
}
EVERY_ROW = {"digest", "delete"}
"""Keys of Proxmox VE that any list of the cluster may have, which its schema does not repeat."""
WIRE = Path(__file__).resolve().parents[1] / "cases" / "wire"
ROWS = json.loads((WIRE / "rows.json").read_bytes())


def _of_facts(name: str, endpoint: str, above: str = "") -> Iterator[str]:
    contract = facts.load(name)
    if endpoint in contract.endpoints:
        yield from (above + path for path, _ in facts.every_key(contract.row(endpoint)))


def _of_rows(rows: Any, above: str = "") -> Iterator[str]:
    """Every key of rows, at any depth."""
    for row in rows if isinstance(rows, list) else [rows]:
        for key, value in row.items() if isinstance(row, dict) else ():
            yield f"{above}{key}"
            yield from _of_rows(value, f"{above}{key}{'[].' if isinstance(value, list) else '.'}")


def _settings() -> set[str]:
    """The keys of every section of the settings, after its name and after `*`."""
    contract = facts.load(facts.UNIFI_CLASSIC)
    known = {*_of_rows(ROWS["unifi"].get("site-settings", []))}
    for endpoint in contract.endpoints:
        path, _, name = endpoint.rpartition("/")
        if path == "get/setting":
            for key in _of_facts(facts.UNIFI_CLASSIC, endpoint):
                known |= {f"{name}.{key}", f"*.{key}", f"{name}.*"}
    return known


def _unifi(section: str) -> set[str]:
    lists = INTEGRATION | INSTEAD
    if section in lists:
        paths = [f"/v1/sites/{{siteId}}/{list_}" for list_ in lists[section]]
        return {key for path in paths for key in _of_facts(facts.UNIFI_INTEGRATION_10, path)}
    if section == "site-settings":
        return _settings()
    site = all_lists(load_site()["unifi"])
    wire = json.loads((WIRE / "unifi.json").read_bytes())["lists"]
    sections = CLASSIC if section == EVERY_KIND else [section]
    known = {path for each in sections for list_ in CLASSIC[each] for path in _of_rows(site.get(list_, []))}
    known |= {path for each in sections for list_ in CLASSIC[each] for path in _of_rows(wire.get(list_, []))}
    for each in sections:
        for endpoint in CLASSIC[each]:
            known |= set(_of_facts(facts.UNIFI_CLASSIC, endpoint))
    known |= set(_of_rows(ROWS["unifi"].get(section, [])))
    if section == "dpi-group":
        known |= {f"restrictions[].{path}" for path in _of_facts(facts.UNIFI_CLASSIC, "rest/dpiapp")}
    if section == "switch-port":
        known |= {
            path.removeprefix("port_overrides[].") for path in _of_facts(facts.UNIFI_CLASSIC, "stat/device")
        }
    return known


def _proxmox(section: str) -> set[str]:
    known = set(EVERY_ROW) | set(_of_rows(ROWS["proxmox"].get(section, [])))
    for name in (facts.PROXMOX_8, facts.PROXMOX_9):
        for endpoint in PROXMOX[section]:
            known |= set(_of_facts(name, endpoint))
        inner, endpoint = INSIDE.get(section, ("", ""))
        known |= set(_of_facts(name, endpoint, f"{inner}[].")) | {f"{inner}[].{key}" for key in EVERY_ROW}
    known |= {path.replace(*RENAMED[section]) for path in known} if section in RENAMED else set()
    known |= {path.removeprefix(WITHIN[section]) for path in known} if section in WITHIN else set()
    for kind in CONFIGURED.get(section, ()):
        keys = facts.load(facts.PROXMOX_9).config_keys[kind]
        known |= {path for path, _ in facts.every_key({"properties": keys})}
    return known


def _npm(section: str) -> set[str]:
    sections = [kind.name for kind in SYSTEMS["npm"].kinds] if section == EVERY_KIND else [section]
    known = {path for each in sections for path in _of_rows(ROWS["npm"].get(each, []))}
    for each in sections:
        for name in (facts.NPM, facts.NPMPLUS):
            known |= set(_of_facts(name, f"/api/nginx/{each}s"))
    return known


KEYS = {"unifi": _unifi, "proxmox": _proxmox, "npm": _npm}


@pytest.mark.parametrize(("system", "section"), SECTIONS)
def test_every_key_is_one_that_the_api_has(system, section):
    known = KEYS[system](section)
    unused = [
        name
        for name in read_table(system)[section]
        if not any(key in names_of([name]) or key.removesuffix("[]") in names_of([name]) for key in known)
    ]
    assert unused == []


def test_a_kind_without_a_section_ignores_what_every_kind_does():
    assert ignored_fields("unifi", "device").names_only({"site_id": "x", "uptime": 1}, set()) == {
        "/uptime": None
    }
    assert list(ignored_fields("proxmox", "nothing").reasons) == []


def test_a_table_is_read_once():
    assert read_table("npm") is read_table("npm")
    assert tables.ignored_fields("npm", "stream") is ignored_fields("npm", "stream")


IGNORED = tables.IgnoredFields(
    reasons={}, names=names_of(["x_*", "dns_[n]", "end.port", "hosts[path].path", "rows[].id", "id"])
)
READ = frozenset({"name", "end.zone"})


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"name": "a", "id": 1, "x_key": "s", "dns_1": "1.1.1.1", "end": {"zone": "z", "port": 1}}, []),
        ({"future": 1, "dns_one": 2, "dns_": 3}, ["/dns_", "/dns_one", "/future"]),
        ({"end": {"zone": "z", "later": {"deep": 1}}}, ["/end/later"]),
        ({"end": "not an object"}, ["/end"]),
        ({"hosts": [{"path": "/a", "id": 2, "new": 1}, {"path": "/b"}]}, ["/hosts/~1a/id", "/hosts/~1a/new"]),
        ({"rows": [{"id": 1, "later": 2}, {"id": 2, "later": 3}]}, ["/rows/*/later"]),
        ({"rows": ["a"]}, ["/rows"]),
        ({"other": [{"id": 1}]}, ["/other"]),
        ({"empty": "", "none": None, "list": [], "object": {}}, []),
        ({"off": False, "zero": 0}, ["/off", "/zero"]),
    ],
)
def test_what_is_neither_read_nor_ignored_is_unmodelled_at_any_depth(row, expected):
    assert list(IGNORED.unmodelled(row, READ, ROW)) == expected
    assert IGNORED.unmodelled(row, READ, NO_KEY) == dict.fromkeys(expected)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, "1"),
        (True, 1),
        (False, "0"),
        (33.0, 33),
        ([1, 2], ["2", "1"]),
        ({"a": 1, "b": None}, {"a": "1"}),
    ],
)
def test_the_same_value_in_another_form_has_the_same_fingerprint(one, other):
    first, second = (IGNORED.unmodelled({"new": value}, READ, ROW)["/new"] for value in (one, other))
    assert first == second


VALUES = st.recursive(
    st.text(min_size=1) | st.integers(), lambda inner: st.lists(inner, min_size=1, max_size=3), max_leaves=4
)


@given(VALUES, VALUES)
def test_another_value_has_another_fingerprint_which_shows_nothing_of_it(one, other):
    first, second = (IGNORED.unmodelled({"new": value}, READ, ROW)["/new"] for value in (one, other))
    text = [tables._text(value) for value in (one, other)]
    assert same_secret(first, second) is (text[0] == text[1])


def test_a_secret_in_an_unread_key_is_redacted_before():
    row = {"new": [{"password": Redacted("aaaaaaaa:" + "0" * 32)}]}
    changed = {"new": [{"password": Redacted("aaaaaaaa:" + "1" * 32)}]}
    assert IGNORED.unmodelled(row, READ, ROW) != IGNORED.unmodelled(changed, READ, ROW)


def nested(leaf: object, deep: int) -> object:
    return {"a": nested(leaf, deep - 1)} if deep else leaf


@pytest.mark.parametrize("deep", [10, 63, 64, 65, 250, 400])
def test_a_value_that_is_nested_deeply_is_seen_to_change(deep):
    table = ignored_fields("proxmox", "realm")
    one, same, other = (table.unmodelled({"x": nested(leaf, deep)}, set(), ROW) for leaf in (1, 1, 2))
    assert one == same != other
