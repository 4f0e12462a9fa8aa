"""Flags that rule other keys: while one is off, what it rules is stale, and the flag alone is the change."""

from typing import Any

import pytest

from reconciler.collectors.unifi import SYSTEM
from reconciler.model.pointer import differing
from tests.collectors.raws import normalise

KINDS = {kind.name: kind for kind in SYSTEM.kinds}
N1 = {"name": "IoT", "vlan": 30, "lan": True, "default": False}
CONTEXT = {
    "networks": {"n1": N1},
    "zones": {},
    "groups": {"g": "Office"},
    "ap_groups": {"a": "Hall"},
    "dhcp_options": {"x": "search"},
}
LAN = {"name": "N", "purpose": "corporate", "vlan": 5}
DHCP = LAN | {"dhcpd_enabled": True}
WAN = {"name": "W", "purpose": "wan", "wan_type": "dhcp"}
PSK = {"name": "S", "security": "wpapsk", "wpa3_support": True}
FORWARD = {"name": "F", "dst_port": "443", "proto": "tcp"}
LIMIT = FORWARD | {"src_limiting_enabled": True, "src_limiting_type": "ip"}
CLIENT = {"mac": "aa:bb:cc:00:00:01", "blocked": True}
POLICY = {"name": "P", "action": "ALLOW"}
DEVICE = {"mac": "aa:bb:cc:00:00:01", "state": 1}

# kind, the row around, the flag: off, on; what it rules
FLAGS: list[tuple[str, dict[str, Any], str, Any, Any, dict[str, Any]]] = [
    ("network", LAN, "dhcpd_enabled", False, True, {"dhcpd_start": "192.0.2.5", "dhcpd_stop": "::9"}),
    ("network", LAN, "dhcpd_enabled", False, True, {"dhcpd_leasetime": 60, "dhcpd_tftp_server": "t"}),
    (
        "network",
        LAN,
        "dhcpd_enabled",
        False,
        True,
        {"dhcpd_user_option_x": "1"},
    ),
    ("network", LAN, "dhcpd_enabled", False, True, {"dhcpd_dns_enabled": True, "dhcpd_dns_1": "192.0.2.1"}),
    ("network", LAN, "dhcpd_enabled", False, True, {"dhcpd_boot_enabled": True, "dhcpd_boot_server": "b"}),
    ("network", DHCP, "dhcpd_gateway_enabled", False, True, {"dhcpd_gateway": "192.0.2.1"}),
    (
        "network",
        DHCP,
        "dhcpd_dns_enabled",
        False,
        True,
        {"dhcpd_dns_1": "::1", "dhcpd_dns_2": "::2"},
    ),
    ("network", DHCP, "dhcpd_ntp_enabled", False, True, {"dhcpd_ntp_1": "192.0.2.1"}),
    ("network", DHCP, "dhcpd_wins_enabled", False, True, {"dhcpd_wins_1": "192.0.2.1"}),
    (
        "network",
        DHCP,
        "dhcpd_boot_enabled",
        False,
        True,
        {"dhcpd_boot_filename": "f"},
    ),
    ("network", LAN, "dhcp_relay_enabled", False, True, {"dhcp_relay_servers": ["192.0.2.1"]}),
    (
        "network",
        LAN,
        "dhcpguard_enabled",
        False,
        True,
        {"dhcpd_ip_1": "::1", "dhcpd_ip_3": "::3"},
    ),
    ("network", LAN, "ipv6_interface_type", "none", "static", {"ipv6_subnet": "2001:db8::/64"}),
    ("network", LAN, "ipv6_interface_type", "none", "pd", {"ipv6_ra_enabled": True}),
    ("network", WAN, "wan_type", "dhcp", "static", {"wan_ip": "192.0.2.1", "wan_gateway": "192.0.2.2"}),
    ("network", WAN, "wan_dns_preference", "auto", "manual", {"wan_dns1": "192.0.2.1"}),
    ("network", WAN, "wan_load_balance_type", "failover-only", "weighted", {"wan_load_balance_weight": 5}),
    ("wlan", PSK, "security", "open", "wpaeap", {"wpa_mode": "wpa2", "pmf_mode": "required"}),
    ("wlan", PSK, "wpa3_support", False, True, {"wpa3_transition": True}),
    ("wlan", PSK, "ap_group_mode", "all", "groups", {"ap_group_ids": ["a"]}),
    ("wlan", PSK, "mac_filter_enabled", False, True, {"mac_filter_list": ["aa:bb:cc:00:00:01"]}),
    ("wlan", PSK, "schedule_enabled", False, True, {"schedule": ["mon|0800-1800"]}),
    (
        "wlan",
        PSK,
        "schedule_enabled",
        False,
        True,
        {"schedule_reversed": True},
    ),
    ("port-forward", LIMIT, "src_limiting_enabled", False, True, {"src": "192.0.2.0/24"}),
    ("port-forward", LIMIT, "src_limiting_type", "ip", "firewall_group", {"src_firewall_group_id": "g"}),
    ("reservation", CLIENT, "use_fixedip", False, True, {"fixed_ip": "192.0.2.7"}),
    ("reservation", CLIENT, "local_dns_record_enabled", False, True, {"local_dns_record": "a.lan"}),
    (
        "reservation",
        CLIENT,
        "virtual_network_override_enabled",
        False,
        True,
        {"virtual_network_override_id": "n1"},
    ),
    ("reservation", CLIENT, "fixed_ap_enabled", False, True, {"fixed_ap_mac": "aa:bb:cc:00:00:02"}),
    ("firewall-policy", POLICY, "action", "BLOCK", "ALLOW", {"create_allow_respond": True}),
    ("device", DEVICE, "stp_version", "disabled", "rstp", {"stp_priority": 4096}),
]


def as_text(value: Any) -> Any:
    """A flag as text."""
    return str(value).lower() if isinstance(value, bool) else value


def config(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    return KINDS[kind].split(KINDS[kind].dump({"x": normalise(KINDS[kind], "x", row, CONTEXT)})["x"])[0]


@pytest.mark.parametrize(
    ("kind", "around", "flag", "off", "on", "ruled"),
    FLAGS,
    ids=[f"{each[0]} {each[2]} {' '.join(each[5])}" for each in FLAGS],
)
@pytest.mark.parametrize("form", [lambda value: value, as_text])
def test_what_a_flag_rules_counts_only_while_it_is_on(kind, around, flag, off, on, ruled, form):
    closed = config(kind, around | {flag: form(off)})
    assert config(kind, around | {flag: form(off)} | ruled) == closed
    opened = config(kind, around | {flag: form(on)})
    shown = config(kind, around | {flag: form(on)} | ruled)
    assert differing(opened, shown), "what it rules is not read"
    assert f"/{flag}" in differing(closed, shown), "the flag itself is not told"


@pytest.mark.parametrize(
    ("side", "target", "key", "value"),
    [
        (side, *each)
        for side in ("source", "destination")
        for each in [
            ("IP", "ips", ["192.0.2.1"]),
            ("NETWORK", "network_ids", ["n1"]),
            ("CLIENT", "client_macs", ["aa:bb:cc:00:00:01"]),
            ("WEB", "web_domains", ["example.org"]),
        ]
    ],
)
def test_what_a_policy_names_counts_only_with_its_target(side, target, key, value):
    shown = config("firewall-policy", POLICY | {side: {"matching_target": target, key: value}})
    assert shown != config("firewall-policy", POLICY | {side: {"matching_target": target}})
    other = config("firewall-policy", POLICY | {side: {"matching_target": "ANY", key: value}})
    assert other == config("firewall-policy", POLICY | {side: {"matching_target": "ANY"}})


def test_a_device_that_went_over_to_dhcp_has_no_address_of_its_own():
    static = {"type": "static", "ip": "192.0.2.1", "netmask": "255.255.255.0"}
    assert config("device", DEVICE | {"config_network": static})["ip_settings"]["ip"] == "192.0.2.1"
    left = config("device", DEVICE | {"config_network": static | {"type": "dhcp"}})
    assert left == config("device", DEVICE | {"config_network": {"type": "dhcp"}})


@pytest.mark.parametrize(
    "flag", ["use_fixedip", "local_dns_record_enabled", "virtual_network_override_enabled", "blocked"]
)
def test_a_client_with_a_setting_is_listed(site_lab, flag):
    from tests.collectors.sources import read, rows, unifi

    source = unifi(site_lab)
    bulb = next(row for row in site_lab.unifi.lists["rest/user"] if row.get("name") == "bulb")
    before = rows(read(source), source)["unifi"]["reservation"]
    bulb[flag] = True
    after = rows(read(source), source)["unifi"]["reservation"]
    assert after.keys() - before.keys() == {"D8:0D:17:00:00:02"}
