"""Settings of ports and profiles: every change of one is seen, once, and what follows from others is not."""

from typing import Any

import pytest

from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.unifi import SYSTEM, port_settings
from reconciler.collectors.unifi.kinds import switch_port
from reconciler.lab import Lab
from reconciler.lab.unifi.ids import oid
from reconciler.model.pointer import differing
from tests.collectors.raws import normalise
from tests.collectors.sources import read, rows, unifi
from tests.contracts import facts, samples

KINDS = {kind.name: kind for kind in SYSTEM.kinds}
CLASSIC = facts.load(facts.UNIFI_CLASSIC)
OVERRIDES = CLASSIC.keys("stat/device")["port_overrides"]["items"]["properties"]
PROFILES = CLASSIC.keys("rest/portconf")
NETWORKS = {
    name: {"name": title, "vlan": vlan, "lan": True, "default": vlan == 1}
    for name, title, vlan in (("n1", "Default", 1), ("n11", "Servers", 11), ("n30", "IoT", 30))
}
CONTEXT: dict[str, Any] = {
    "networks": NETWORKS,
    "profiles": {"p1": {"name": "Trunk"}, "p2": {"name": "Camera"}},
}
OPEN = {
    "autoneg": False, "dot1x_ctrl": "auto", "egress_rate_limit_kbps_enabled": True, "forward": "customize",
    "lldpmed_enabled": True, "port_security_enabled": True, "stormctrl_bcast_enabled": True,
    "stormctrl_mcast_enabled": True, "stormctrl_ucast_enabled": True, "tagged_vlan_mgmt": "custom",
}  # fmt: skip
"""Every flag that rules others, so that they count."""
VALUES: dict[str, list[Any]] = {
    "excluded_networkconf_ids": [["n30"], ["n11", "n30"]],
    "multicast_router_networkconf_ids": [["n30"], ["n11", "n30"]],
    "tagged_networkconf_ids": [["n30"], ["n11", "n30"]],
    "native_networkconf_id": ["n11", "n30", ""],
    "voice_networkconf_id": ["n11", "n30"],
    "portconf_id": ["p1", "p2"],
    "port_security_mac_address": [["aa:bb:cc:dd:ee:ff"], ["aa:bb:cc:dd:ee:00"]],
    "aggregate_members": [[5, 6], [5, 6, 7]],
    "name": ["desk", "door"],
    "op_mode": ["switch", "mirror", "aggregate"],
    "dot1x_ctrl": ["auto", "mac_based", "force_authorized"],
}
"""Values that mean something here; other keys have those of their schema."""


def values(key: str, fact: facts.Fact) -> list[Any]:
    given = VALUES.get(key) or [each for each in samples.values(fact, key) if each not in (None, "")]
    return [*given, given[0] + 1] if given in ([0], [1]) else given


def around(key: str) -> dict[str, Any]:
    """The keys that must be set for a key to count."""
    found = {name: value for name, value in OPEN.items() if name != key}
    if key.startswith("stormctrl_"):
        found |= {"stormctrl_type": "level"} if key.endswith("_level") else {}
    needed = {"mirror_port_idx": "mirror", "aggregate_members": "aggregate"}
    return found | ({"op_mode": needed[key]} if key in needed else {})


def config(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    identity = "74:AC:B9:00:00:02:5"
    raw = row if kind == "port-profile" else {"port": {"port_idx": 5}, "override": {"port_idx": 5, **row}}
    read_as = normalise(KINDS[kind], identity, raw, CONTEXT)
    return KINDS[kind].split(KINDS[kind].dump({identity: read_as})[identity])[0]


CASES = [("switch-port", key, fact) for key, fact in OVERRIDES.items()]
CASES += [("port-profile", key, fact) for key, fact in PROFILES.items()]


@pytest.mark.parametrize(("kind", "key", "fact"), CASES, ids=[f"{kind} {key}" for kind, key, _ in CASES])
def test_every_value_of_every_key_is_one_field(kind, key, fact):
    if key not in (switch_port._OVERRIDE if kind == "switch-port" else port_settings.KEYS):
        assert not ignored_fields("unifi", "switch-port").names_only({key: "x"}, set()), "not ignored"
        return
    seen: list[dict[str, Any]] = []
    for value in values(key, fact):
        row = config(kind, around(key) | {key: value})
        assert row not in seen, f"{value!r} is not told from another value"
        seen.append(row)
        if len(seen) > 1 and key not in {*OPEN, "forward", "qos_profile"}:
            assert len(differing(seen[0], row)) == 1
    assert len(seen) > 1
    if kind == "switch-port":
        assert config(kind, around(key)) not in seen, "set to a value is not the same as not set"


GATED: dict[str, tuple[Any, dict[str, Any]]] = {
    "autoneg": (True, {"speed": 100, "full_duplex": True}),
    "dot1x_ctrl": ("force_authorized", {"dot1x_idle_timeout": 60}),
    "egress_rate_limit_kbps_enabled": (False, {"egress_rate_limit_kbps": 100}),
    "forward": (
        "disabled",
        {
            "native_networkconf_id": "n30",
            "voice_networkconf_id": "n30",
            "tagged_vlan_mgmt": "custom",
            "excluded_networkconf_ids": ["n30"],
        },
    ),
    "lldpmed_enabled": (False, {"voice_networkconf_id": "n30", "lldpmed_notify_enabled": True}),
    "port_security_enabled": (False, {"port_security_mac_address": ["aa:bb:cc:dd:ee:ff"]}),
    "stormctrl_bcast_enabled": (False, {"stormctrl_bcast_rate": 5, "stormctrl_bcast_level": 5}),
    "stormctrl_mcast_enabled": (False, {"stormctrl_mcast_rate": 5, "stormctrl_mcast_level": 5}),
    "stormctrl_ucast_enabled": (False, {"stormctrl_ucast_rate": 5, "stormctrl_ucast_level": 5}),
    "stormctrl_type": ("level", {"stormctrl_bcast_rate": 5, "stormctrl_ucast_rate": 5}),
    "tagged_vlan_mgmt": ("auto", {"excluded_networkconf_ids": ["n30"]}),
    "op_mode": ("switch", {"mirror_port_idx": 4, "aggregate_members": [5, 6]}),
}


@pytest.mark.parametrize(
    ("kind", "flag"),
    [
        (kind, flag)
        for kind in ("switch-port", "port-profile")
        for flag in GATED
        if (kind, flag) != ("port-profile", "op_mode")
    ],
)
def test_what_a_closed_flag_rules_is_stale(kind, flag):
    closed, stale = GATED[flag]
    assert config(kind, {**OPEN, flag: closed, **stale}) == config(
        kind, {key: value for key, value in OPEN.items() if key not in stale} | {flag: closed}
    )


def test_a_profile_that_leaves_out_defaults_is_the_same():
    written = {
        "autoneg": True, "forward": "all", "isolation": False, "lldpmed_enabled": True, "op_mode": "switch",
        "native_networkconf_id": "n1", "stp_port_mode": True, "tagged_vlan_mgmt": "auto",
        "fec_mode": "default",
        "dot1x_ctrl": "force_authorized", "stormctrl_type": "rate", "egress_rate_limit_kbps_enabled": False,
    }  # fmt: skip
    assert config("port-profile", written) == config("port-profile", {})


@pytest.mark.parametrize("nothing", [{}, {"setting_preference": "auto"}, {"excluded_networkconf_ids": []}])
def test_a_port_on_which_nothing_was_set_has_no_override(nothing):
    assert "override" not in config("switch-port", nothing)


def new_vlan(lab: Lab) -> None:
    lan = next(row for row in lab.unifi.lists["rest/networkconf"] if row["name"] == "IoT")
    added = {**lan, "_id": oid("network", "New"), "name": "New", "vlan": 77, "ip_subnet": "10.7.7.1/24"}
    lab.unifi.lists["rest/networkconf"].append(added)


def vlan_of_a_network(lab: Lab) -> None:
    next(row for row in lab.unifi.lists["rest/networkconf"] if row["name"] == "Servers")["vlan"] = 111


def profile_changed(lab: Lab) -> None:
    row = next(row for row in lab.unifi.lists["rest/portconf"] if row["name"] == "Proxmox")
    row["excluded_networkconf_ids"] = [oid("network", "IoT")]


def switch_renamed(lab: Lab) -> None:
    next(row for row in lab.unifi.lists["stat/device"] if row["name"] == "Core")["name"] = "Rack"


def aggregate_moved(lab: Lab) -> None:
    switch = next(row for row in lab.unifi.lists["stat/device"] if row["name"] == "Core")
    next(each for each in switch["port_overrides"] if each["port_idx"] == 2)["aggregate_members"] = [2, 3, 13]
    switch["port_table"][12]["aggregated_by"] = 2


def port_off(lab: Lab) -> None:
    switch = next(row for row in lab.unifi.lists["stat/device"] if row["name"] == "Core")
    next(each for each in switch["port_overrides"] if each["port_idx"] == 9)["forward"] = "disabled"


CHANGES = {
    new_vlan: {},
    vlan_of_a_network: {},
    profile_changed: {"unifi/port-profile/Proxmox": ["/excluded_networks"]},
    switch_renamed: {"unifi/device/74:AC:B9:00:00:02": ["/name"]},
    aggregate_moved: {"unifi/switch-port/74:AC:B9:00:00:02:2": ["/override/aggregate_members"]},
    port_off: {
        "unifi/switch-port/74:AC:B9:00:00:02:9": ["/override/forward", "/override/native_network"],
    },
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_shows_where_it_was_made(site_lab, change):
    source = unifi(site_lab)

    def configuration() -> dict[str, Any]:
        found = rows(read(source), source)["unifi"]
        return {
            f"unifi/{kind}/{identity}": KINDS[kind].split(row)[0]
            for kind in ("device", "switch-port", "port-profile", "network")
            for identity, row in found[kind].items()
        }

    before = configuration()
    change(site_lab)
    after = configuration()
    changed = {
        key: sorted(differing(before[key], row)) for key, row in after.items() if row != before.get(key, row)
    }
    if change is vlan_of_a_network:
        assert changed.pop("unifi/network/Servers") == ["/vlan"]
    assert changed == CHANGES[change]
