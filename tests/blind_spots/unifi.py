"""The places of UniFi Network: the classic and the v2 API, which have all of a site."""

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from reconciler.collectors.http.redaction import without_secrets
from reconciler.collectors.unifi.connection.api import Read, UnifiFacts
from reconciler.collectors.unifi.connection.settings import UnifiSettings
from reconciler.model.system import SourceContext
from tests.blind_spots.place import Place, Raw
from tests.blind_spots.unifi_settings import sections
from tests.contracts import facts
from tests.contracts.facts import Fact

_SOURCE = UnifiSettings.model_validate(
    {"name": "unifi", "type": "unifi", "url": "https://unifi.test", "api_key": "${UNIFI_API_KEY}"}
)


def _facts(*, zone_based: bool) -> UnifiFacts:
    return UnifiFacts(
        console=True,
        version="9.5.21",
        role="readonly",
        classic=None,
        integration=None,
        zone_based=zone_based,
        engine="",
    )


_SWITCH = "74:AC:B9:00:00:02"
_AROUND: Mapping[str, list[Raw]] = {
    "rest/networkconf": [
        {
            "_id": f"n{number}",
            "name": f"net {number}",
            "purpose": "corporate",
            "vlan": number,
            "vlan_enabled": True,
        }
        for number in (2, 3, 4)
    ],
    "rest/portconf": [{"_id": f"p{number}", "name": f"profile {number}"} for number in (1, 2)],
    "rest/firewallgroup": [{"_id": f"g{number}", "name": f"group {number}"} for number in (1, 2)],
    "rest/usergroup": [{"_id": f"u{number}", "name": f"users {number}"} for number in (1, 2)],
    "rest/radiusprofile": [{"_id": f"r{number}", "name": f"radius {number}"} for number in (1, 2)],
    "rest/dpigroup": [{"_id": "g1", "name": "all", "enabled": True, "dpiapp_ids": ["d3"]}],
    "rest/dpiapp": [
        {"_id": f"d{number}", "name": f"restriction {number}", "enabled": True, "blocked": True}
        for number in (1, 2)
    ],
    "apgroups": [{"_id": f"a{number}", "name": f"aps {number}"} for number in (1, 2)],
    "firewall/zone": [
        {"_id": f"z{number}", "name": f"zone {number}", "network_ids": []} for number in (1, 2)
    ],
}
"""The lists behind the ids in rows."""


class _Api:
    """An API that answers with one row."""

    def __init__(self, path: str, row: Raw, context: SourceContext) -> None:
        self.settings = SimpleNamespace(
            name="unifi", host="unifi.test", store_descriptions=True, site="default"
        )
        self.expected = context.expected
        self.empty: frozenset[str] = frozenset()
        self.first: dict[str, tuple[str, ...]] = {}
        self.facts = _facts(zone_based=path != "rest/firewallrule")

        mine = without_secrets(row, context.fingerprinter)
        path = "get/setting" if path.startswith("get/setting/") else path
        self._rows = {**_AROUND, path: [*_AROUND.get(path, []), mine]}

    def begin(self, reads: Any) -> None:
        """Nothing: answers are there at once."""

    def rows(self, read: Read) -> Any:
        return self._rows.get(read.path, [])

    def doubt(self, _read: Read) -> None:
        """None: every list is whole."""


_NETWORKS = ["n2", "n3"]
_TASK: dict[str, list[Any]] = {
    "action": ["upgrade", "speedtest"],
    "cron_expr": ["0 3 * * 6", "0 4 * * 6"],
    "upgrade_targets": [[{"mac": "BC:24:11:00:00:01"}], [{"mac": _SWITCH}]],
    "upgrade_targets[].mac": ["BC:24:11:00:00:01", "BC:24:11:00:00:02"],
}
_COMMON: dict[str, list[Any]] = {
    "networkconf_id": _NETWORKS,
    "native_networkconf_id": _NETWORKS,
    "voice_networkconf_id": _NETWORKS,
    "network_id": _NETWORKS,
    "virtual_network_override_id": _NETWORKS,
    "mgmt_network_id": _NETWORKS,
    ".native_networkconf_id": _NETWORKS,
    ".voice_networkconf_id": _NETWORKS,
    ".networkconf_id": _NETWORKS,
    ".excluded_networkconf_ids": [["n2"], ["n2", "n3"]],
    ".multicast_router_networkconf_ids": [["n2"], ["n2", "n3"]],
    "excluded_networkconf_ids": [["n2"], ["n2", "n3"]],
    "multicast_router_networkconf_ids": [["n2"], ["n2", "n3"]],
    "network_ids": [["n2"], ["n2", "n3"]],
    ".network_ids": [["n2"], ["n2", "n3"]],
    ".portconf_id": ["p1", "p2"],
    "usergroup_id": ["u1", "u2"],
    "radiusprofile_id": ["r1", "r2"],
    "bc_filter_list": [["BC:24:11:00:00:01"], ["BC:24:11:00:00:01", "BC:24:11:00:00:02"]],
    ".ap_macs": [["BC:24:11:00:00:01"], ["BC:24:11:00:00:01", "BC:24:11:00:00:02"]],
    ".ap_group_ids": [["a1"], ["a1", "a2"]],
    ".networkconf_ids": [["n2"], ["n2", "n3"]],
    "ap_group_ids": [["a1"], ["a1", "a2"]],
    "gateway_vrrp_priority": [100, 101],
    ".matching_target_type": ["OBJECT", "SPECIFIC"],
    "gateway_device": ["BC:24:11:00:00:01", "BC:24:11:00:00:02"],
    "lcm_idle_timeout": [60, 120],
    "dot1x_fallback_networkconf_id": _NETWORKS,
    "ptp_ap_mac": ["BC:24:11:00:00:01", "BC:24:11:00:00:02"],
    "ptmp_ap_mac": ["BC:24:11:00:00:01", "BC:24:11:00:00:02"],
    "src_firewall_group_id": ["g1", "g2"],
    "src_firewallgroup_ids": [["g1"], ["g1", "g2"]],
    "dst_firewallgroup_ids": [["g1"], ["g1", "g2"]],
    "src_networkconf_id": _NETWORKS,
    "dst_networkconf_id": _NETWORKS,
    ".port_group_id": ["g1", "g2"],
    ".ip_group_id": ["g1", "g2"],
    ".zone_id": ["z1", "z2"],
    "firewall_zone_id": ["z1", "z2"],
    "ip_subnet": ["192.0.2.1/24", "192.0.2.1/25"],
    "dhcp_relay_servers": [["192.0.2.10"], ["192.0.2.10", "192.0.2.11"]],
    "wan_netmask": ["255.255.255.0", "255.255.255.128"],
    "wan_ipv6": ["2001:db8::10", "2001:db8::11"],
    "wan_gateway_v6": ["2001:db8::1", "2001:db8::2"],
    "wan_prefixlen": [64, 128],
    "ipv6_subnet": ["2001:db8::1/64", "2001:db8::1/65"],
    "wan_dns1": ["192.0.2.10", "192.0.2.11"],
    "destination_ip": ["192.0.2.10", "192.0.2.11"],
    "destination_ips": [[{"destination_ip": "192.0.2.10", "interface": "wan"}]],
    "src": ["192.0.2.10", "192.0.2.0/24"],
    "fixed_ip": ["192.0.2.10", "192.0.2.11"],
    "dst_port": ["443", "8443"],
    "fwd_port": ["80", "81"],
    ".port": ["80", "81"],
    "group_members": [["192.0.2.10"], ["192.0.2.10", "192.0.2.0/25"], ["80"], ["80", "443"]],
    ".ips": [["192.0.2.10"], ["192.0.2.10", "192.0.2.11"]],
    ".client_macs": [["BC:24:11:00:00:01"], ["BC:24:11:00:00:01", "BC:24:11:00:00:02"]],
    "mac_filter_list": [["BC:24:11:00:00:01"], ["BC:24:11:00:00:01", "BC:24:11:00:00:02"]],
    "port_security_mac_address": [["BC:24:11:00:00:01"], ["BC:24:11:00:00:01", "BC:24:11:00:00:02"]],
    ".port_security_mac_address": [["BC:24:11:00:00:01"], ["BC:24:11:00:00:01", "BC:24:11:00:00:02"]],
    "port_overrides[].port_idx": [1],
    "ethernet_overrides[].ifname": ["eth8"],
    "rps_override.rps_port_table[].port_idx": [1],
    "mbb_overrides.sim[].slot": [1],
    ".port_matching_type": ["ANY", "SPECIFIC", "OBJECT"],
    "src_port": ["80", "81"],
    "ip": ["192.0.2.10", "192.0.2.11"],
    "config_network.dns1": ["192.0.2.10", "192.0.2.11"],
    "config_network.dns2": ["192.0.2.10", "192.0.2.11"],
    "config_network.netmask": ["255.255.255.0", "255.255.0.0"],
    "schedule": [["mon|0800-1800"], ["tue|0800-1800"]],
    "src_address": ["192.0.2.10", "192.0.2.0/24"],
    "dst_address": ["192.0.2.10", "192.0.2.0/24"],
    "src_mac_address": ["BC:24:11:00:00:01", "BC:24:11:00:00:02"],
    "op_mode": ["switch"],
    "connection_states": [["NEW"], ["NEW", "ESTABLISHED"]],
    "value": ["192.0.2.10", "192.0.2.11"],
    "fixed_ap_mac": ["BC:24:11:00:00:01", "BC:24:11:00:00:02"],
    "mac": ["BC:24:11:00:00:01", "BC:24:11:00:00:02"],
    "wlan_bands": [["2g"], ["2g", "5g"]],
    "private_preshared_keys": [[{"password": "one"}], [{"password": "two"}]],
    "sae_psk": [[{"psk": "one"}], [{"psk": "two"}]],
    "igmp_proxy_downstream_networkconf_ids": [["n2"], ["n2", "n3"]],
    "igmp_groupmembership": [260, 300],
    "interface_mtu": [1400, 1492],
    "ipsec_esp_lifetime": [3600, 7200],
    "ipsec_ike_lifetime": [28800, 3600],
    "wan_dhcpv6_pd_size": [56, 60],
    **{f"dhcpdv6_dns_{number}": ["2001:db8::10", "2001:db8::11"] for number in range(1, 5)},
    **{f"wan_ipv6_dns{number}": ["2001:db8::10", "2001:db8::11"] for number in (1, 2)},
    "dhcpd_mac_1": ["BC:24:11:00:00:01", "BC:24:11:00:00:02"],
    "dhcpd_mac_2": ["BC:24:11:00:00:01", "BC:24:11:00:00:02"],
    "dhcpd_mac_3": ["BC:24:11:00:00:01", "BC:24:11:00:00:02"],
    "mac_override": ["BC:24:11:00:00:01", "BC:24:11:00:00:02"],
    "dhcpd_unifi_controller": ["192.0.2.10", "192.0.2.11"],
}
_LAN: Raw = {
    "_id": "x",
    "name": "Servers",
    "purpose": "corporate",
    "vlan_enabled": True,
    "vlan": 9,
    "dhcpd_enabled": True,
    "ipv6_interface_type": "static",
    "ipv6_ra_enabled": True,
    "dhcpdv6_enabled": True,
    **{f"dhcpd_{flag}_enabled": True for flag in ("gateway", "dns", "ntp", "wins", "boot", "time_offset")},
    "dhcp_relay_enabled": True,
    "dhcpguard_enabled": True,
    "gateway_type": "switch",
}
_NETWORK: dict[str, Raw] = {
    "LAN": _LAN,
    "WAN": {
        "_id": "x",
        "name": "WAN",
        "purpose": "wan",
        "wan_type": "static",
        "wan_type_v6": "static",
        "wan_dns_preference": "manual",
        "wan_load_balance_type": "weighted",
        "wan_vlan_enabled": True,
        "wan_vlan": 5,
    },
    "PPPoE": {"_id": "x", "name": "WAN", "purpose": "wan", "wan_type": "pppoe", "x_wan_password": "word"},
    **{
        kind: {"_id": "x", "name": "VPN", "purpose": purpose, "vpn_type": kind, secret: "word"}
        for kind, purpose, secret in (
            ("wireguard-server", "remote-user-vpn", "x_wireguard_private_key"),
            ("openvpn-server", "remote-user-vpn", "x_server_key"),
            ("ipsec-vpn", "site-vpn", "x_ipsec_pre_shared_key"),
        )
    },
}
_PORT: Raw = {
    "forward": "customize",
    "tagged_vlan_mgmt": "custom",
    "native_networkconf_id": "n4",
    "autoneg": False,
    "port_security_enabled": True,
    "egress_rate_limit_kbps_enabled": True,
    "stormctrl_bcast_enabled": True,
    "stormctrl_mcast_enabled": True,
    "stormctrl_ucast_enabled": True,
    "dot1x_ctrl": "mac_based",
}
_PORTS: dict[str, Raw] = {
    "level": {**_PORT, "stormctrl_type": "level"},
    "rate": {**_PORT, "stormctrl_type": "rate"},
    "plain": {"lldpmed_enabled": False, "autoneg": True},
    "mirror": {**_PORT, "op_mode": "mirror"},
    "aggregate": {**_PORT, "op_mode": "aggregate"},
    "voice": {**_PORT, "lldpmed_enabled": True},
}
_WLAN_FLAGS = "mac_filter schedule radius_mac_auth minrate_ng minrate_na bc_filter vlan".split()
_WLAN: Raw = {
    "_id": "x",
    "name": "Home",
    "mdns_proxy_mode": "custom",
    "dtim_mode": "custom",
    "nas_identifier_type": "custom",
    "name_combine_enabled": False,
    **{
        f"{flag}_enabled": True
        for flag in (
            "mac_filter",
            "schedule",
            "radius_mac_auth",
            "minrate_ng",
            "minrate_na",
            "bc_filter",
            "vlan",
        )
    },
}
_WLANS: dict[str, Raw] = {
    "WPA": {
        **_WLAN,
        "security": "wpapsk",
        "x_passphrase": "word",
        "private_preshared_keys_enabled": True,
        "private_preshared_keys": [{"password": "word"}],
        "sae_psk": [{"psk": "word"}],
        "ap_group_mode": "groups",
        "wpa3_support": True,
        "wpa_mode": "wpa2",
    },
    "RADIUS": {**_WLAN, "security": "wpaeap"},
    "open": {**_WLAN, "security": "open"},
}
_END: Raw = {
    "zone_id": "z1",
    "matching_target": "IP",
    "matching_target_type": "SPECIFIC",
    "ips": ["192.0.2.1"],
    "port_matching_type": "SPECIFIC",
    "port": "443",
}
_POLICY: Raw = {
    "_id": "x",
    "name": "one",
    "action": "ALLOW",
    "enabled": True,
    "protocol": "tcp",
    "connection_state_type": "CUSTOM",
    "schedule": {"mode": "EVERY_WEEK", "time_range_start": "08:00", "time_range_end": "18:00"},
    "source": _END,
    "destination": _END,
}


def _end(**changes: Any) -> Raw:
    bare = {key: value for key, value in _END.items() if key not in {"ips", "port"}}
    end = {**bare, **changes}
    return {**_POLICY, "source": end, "destination": end}


_POLICIES: dict[str, Raw] = {
    "addresses": _POLICY,
    "networks": _end(matching_target="NETWORK", network_ids=["n2"]),
    "clients": _end(matching_target="CLIENT", client_macs=["BC:24:11:00:00:09"]),
    "groups": _end(matching_target_type="OBJECT", port_matching_type="OBJECT", port_group_id="g1"),
    "web": _end(matching_target="WEB", web_domains=["example.org"]),
    "one day": {**_POLICY, "schedule": {"mode": "ONE_TIME_ONLY"}},
    "icmp": {**_POLICY, "protocol": "icmp", "icmp_typename": "ECHO_REQUEST"},
    "icmpv6": {**_POLICY, "protocol": "icmpv6", "icmp_v6_typename": "ECHO_REQUEST"},
    "the controller's own": {**_POLICY, "predefined": True, "enabled": False, "logging": True},
}
_GROUPS: dict[str, Raw] = {
    "addresses": {"group_type": "address-group", "group_members": ["192.0.2.1"]},
    "ports": {"group_type": "port-group", "group_members": ["80"]},
}
_FORWARD: Raw = {
    "_id": "x",
    "name": "web",
    "dst_port": "80",
    "fwd": "192.0.2.1",
    "fwd_port": "80",
    "proto": "tcp",
    "pfwd_interface": "wan",
    "src_limiting_enabled": True,
}
_RADIUS: dict[str, list[Any]] = {
    ".ip": ["192.0.2.10", "192.0.2.11"],
    ".port": [1812, 1645],
    "interim_update_interval": [60, 90],
}
_ACCOUNT: dict[str, list[Any]] = {
    "vlan": [30, 31],
    "tunnel_type": [3, 13],
    "tunnel_medium_type": [1, 6],
    "filter_ids": [["one"], ["one", "two"]],
}
_DYNAMIC: dict[str, list[Any]] = {
    "host_name": ["one.example.org", "two.example.org"],
    "server": ["dyn.example.org", "dyn.example.net", "dyn.example.org/u/token", "dyn.example.org/u/other"],
    "options": [["ssl=true"], ["ssl=true", "wildcard=on"]],
}
_ROUTE: dict[str, list[Any]] = {
    "type": ["static-route"],
    "static-route_network": ["192.0.2.0/24", "198.51.100.0/24"],
    "static-route_nexthop": ["192.0.2.10", "192.0.2.11"],
    "static-route_interface": ["WAN", "WAN2", "n2"],
    "gateway_device": ["BC:24:11:00:00:01", "BC:24:11:00:00:02"],
    "static-route_distance": [1, 2],
}
_TRAFFIC: dict[str, list[Any]] = {
    "matching_target": ["INTERNET", "DOMAIN", "IP", "REGION"],
    "target_devices": [
        [{"type": "ALL_CLIENTS"}],
        [{"type": "NETWORK", "network_id": "n2"}],
        [{"type": "NETWORK", "network_id": "n2"}, {"type": "CLIENT", "client_mac": "BC:24:11:00:00:01"}],
    ],
    "target_devices[].client_mac": ["BC:24:11:00:00:01", "BC:24:11:00:00:02"],
    ".ports": [[80], [80, 443]],
    ".port_start": [8000, 8001],
    ".port_stop": [8010, 8011],
    ".ip_or_subnet": ["192.0.2.10", "192.0.2.0/25"],
    ".ip_start": ["192.0.2.10", "192.0.2.11"],
    ".ip_stop": ["192.0.2.20", "192.0.2.21"],
    ".domain": ["one.example.org", "two.example.org"],
    "next_hop": ["192.0.2.10", "192.0.2.11"],
}
_RANGE: Raw = {"port_start": 8000, "port_stop": 8005}
_TARGETS: dict[str, Raw] = {
    "domains": {
        "matching_target": "DOMAIN",
        "domains": [{"domain": "example.org", "ports": [81], "port_ranges": [_RANGE]}],
        "target_devices": [{"type": "CLIENT", "client_mac": "BC:24:11:00:00:09"}],
    },
    "addresses": {
        "matching_target": "IP",
        "ip_addresses": [{"ip_or_subnet": "192.0.2.1", "ports": [81], "port_ranges": [_RANGE]}],
        "ip_ranges": [{"ip_start": "192.0.2.5", "ip_stop": "192.0.2.30"}],
        "target_devices": [{"type": "NETWORK", "network_id": "n4"}],
    },
    "regions": {"matching_target": "REGION"},
}
_OF_RULES: dict[str, Raw] = {
    **_TARGETS,
    "applications": {"matching_target": "APP", "app_ids": ["1"]},
    "networks": {"matching_target": "LOCAL_NETWORK", "network_ids": ["n4"]},
    "once": {"matching_target": "INTERNET", "schedule": {"mode": "ONE_TIME_ONLY", "time_all_day": False}},
}
_RULE: dict[str, list[Any]] = {
    **_TRAFFIC,
    "schedule.mode": ["ALWAYS", "EVERY_DAY", "EVERY_WEEK", "ONE_TIME_ONLY", "CUSTOM"],
    "schedule.repeat_on_days": [["mon"], ["mon", "tue"]],
}
_NAT: dict[str, list[Any]] = {
    "in_interface": _NETWORKS,
    "out_interface": _NETWORKS,
    ".network_conf_id": _NETWORKS,
    ".firewall_group_ids": [["g1"], ["g1", "g2"]],
    ".address": ["192.0.2.10", "192.0.2.0/25"],
    "ip_address": ["192.0.2.10", "192.0.2.11"],
    "port": ["80", "81"],
}
_NATS: dict[str, Raw] = {
    "addresses": {"filter_type": "ADDRESS_AND_PORT", "address": "192.0.2.1", "port": "53"},
    "groups": {"filter_type": "FIREWALL_GROUPS", "firewall_group_ids": ["g1"]},
    "network": {"filter_type": "NETWORK_CONF", "network_conf_id": "n4"},
    "the controller's own": {},
}
_DEVICE: Raw = {
    "_id": "x",
    "mac": _SWITCH,
    "name": "sw1",
    "type": "usw",
    "adopted": True,
    "state": 1,
    "port_table": [{"port_idx": 1, "name": "Port 1", "port_poe": True}],
    "radio_table": [
        {
            "radio": "ng",
            "tx_power_mode": "custom",
            "tx_power": "9",
            "min_rssi_enabled": True,
            "min_rssi": -70,
            "sens_level_enabled": True,
            "sens_level": -70,
            "assisted_roaming_enabled": True,
            "assisted_roaming_rssi": -70,
            "loadbalance_enabled": True,
        }
    ],
    "outlet_overrides": [{"index": 1}],
    "ethernet_overrides": [{"ifname": "eth8"}],
    "nut_server": {"enabled": True, "credential_required": True},
    "rps_override": {"rps_port_table": [{"port_idx": 1}]},
    "mbb_overrides": {"sim": [{"slot": 1}]},
    "lcm_brightness_override": True,
    "lcm_idle_timeout_override": True,
    "power_source_ctrl_enabled": True,
}


_NETWORK_NEEDS = frozenset({"purpose", "vlan", "wan_vlan"})
"""Without them a network has no purpose, or no VLAN although that is on: unread."""
_SHOWN = frozenset({"private_preshared_keys[].password", "sae_psk[].psk"})
"""Without them passphrases are not shown."""


def _lists() -> Iterator[tuple[str, str, str, Raw, dict[str, Any]]]:
    """Yield the list, the form, the kind, a row, and what else the place has."""
    for form, row in _NETWORK.items():
        more = {"only_the_rest": form not in {"LAN", "WAN"}, "required": _NETWORK_NEEDS}
        yield "rest/networkconf", form, "network", row, more
    for form, row in _PORTS.items():
        more = {"only_the_rest": form != "level"}
        yield "rest/portconf", form, "port-profile", {"_id": "x", "name": "desk", **row}, more
    for form, row in _WLANS.items():
        more = {"only_the_rest": form != "WPA", "required": _SHOWN}
        yield "rest/wlanconf", form, "wlan", row, more
    yield "rest/portforward", "address", "port-forward", {**_FORWARD, "src_limiting_type": "ip"}, {}
    yield "rest/portforward", "group", "port-forward", {**_FORWARD, "src_limiting_type": "firewall_group"}, {}
    for form, row in _POLICIES.items():
        yield "firewall-policies", form, "firewall-policy", row, {"only_the_rest": form != "addresses"}
    for form, group in _GROUPS.items():
        yield "rest/firewallgroup", form, "firewall-group", {"_id": "x", "name": "Office", **group}, {}
    yield "firewall/zone", "", "firewall-zone", {"_id": "x", "name": "Lab", "network_ids": ["n2"]}, {}
    rule = {
        "_id": "x", "name": "one", "ruleset": "LAN_IN", "rule_index": 2000, "action": "drop", "enabled": True,
        "protocol": "tcp", "src_networkconf_type": "NETv4", "dst_networkconf_type": "NETv4",
    }  # fmt: skip
    needed: dict[str, Any] = {"required": frozenset({"ruleset"})}
    yield "rest/firewallrule", "IPv4", "firewall-policy", rule, needed
    ping = {**rule, "protocol": "icmp", "icmp_typename": "echo-request"}
    yield "rest/firewallrule", "ICMP", "firewall-policy", ping, {**needed, "only_the_rest": True}
    rule = {**rule, "ruleset": "LANv6_IN", "protocol": "", "protocol_v6": "icmpv6"}
    yield "rest/firewallrule", "IPv6", "firewall-policy", rule, {**needed, "only_the_rest": True}
    user = {
        "_id": "x", "mac": _SWITCH, "use_fixedip": True, "fixed_ip": "192.0.2.9", "network_id": "n2",
        "local_dns_record_enabled": True, "virtual_network_override_enabled": True, "fixed_ap_enabled": True,
    }  # fmt: skip
    yield "rest/user", "", "reservation", user, {}
    for record, value in (("A", "192.0.2.9"), ("SRV", "sip.example.org"), ("MX", "mail.example.org")):
        row = {"_id": "x", "key": "web.example.org", "record_type": record, "value": value, "enabled": True}
        given = {} if record == "A" else {"value": ["a.example.org", "b.example.org"]}
        yield "static-dns", record, "static-dns", row, {"given": {**_COMMON, **given}}
    for form, kind_of_route in (("next hop", "nexthop-route"), ("interface", "interface-route")):
        row = {
            "_id": "x", "name": "one", "type": "static-route", "static-route_network": "192.0.2.0/24",
            "static-route_type": kind_of_route, "gateway_type": "switch",
        }  # fmt: skip
        yield "rest/routing", form, "static-route", row, {"given": {**_COMMON, **_ROUTE}}
    row = {
        "_id": "x", "name": "one", "interim_update_enabled": True,
        "auth_servers": [{"ip": "192.0.2.1", "port": 1812, "x_secret": "word"}],
    }  # fmt: skip
    yield "rest/radiusprofile", "", "radius-profile", row, {"given": {**_COMMON, **_RADIUS}}
    yield from _traffic()
    row = {"_id": "x", "name": "one", "device_macs": ["BC:24:11:00:00:09"]}
    yield "apgroups", "", "ap-group", row, {"given": {**_COMMON, "device_macs": _COMMON[".ap_macs"]}}
    yield "rest/usergroup", "", "client-group", {"_id": "x", "name": "one"}, {}
    row = {"_id": "x", "name": "one", "type": "integer", "signed": False}
    yield "rest/dhcpoption", "", "dhcp-option", row, {"given": {**_COMMON, "code": ["119", "224"]}}
    row = {"_id": "x", "name": "one", "enabled": True}
    dpi: dict[str, list[Any]] = {**_COMMON, "dpiapp_ids": [["d1"], ["d1", "d2"]]}
    yield "rest/dpigroup", "", "dpi-group", row, {"given": dpi}
    row = {"_id": "d3", "enabled": True, "blocked": True, "log": False}
    whole = {"required": frozenset(row), "given": {**_COMMON, "_id": ["d3"]}}
    yield "rest/dpiapp", "", "dpi-group", row, {"inside": "restrictions[]", "identity": "all", **whole}
    row = {"_id": "x", "name": "one", "execute_only_once": False}
    yield "rest/scheduletask", "", "scheduled-task", row, {"given": {**_COMMON, **_TASK}}
    yield from _logins()
    for path, form, row, given in sections():
        more = {"given": {**_COMMON, **given}, "only_the_rest": bool(form), "required": frozenset({"key"})}
        more["inside"] = row["key"]
        yield path, form, "site-settings", row, more
    yield "stat/device", "", "device", _DEVICE, {"status": True}


def _traffic() -> Iterator[tuple[str, str, str, Raw, dict[str, Any]]]:
    """Yield the lists of rules about traffic, as `_lists` does."""
    more: dict[str, Any]
    for form, about in _TARGETS.items():
        row = {"_id": "x", "description": "one", **about}
        more = {"given": {**_COMMON, **_TRAFFIC}, "only_the_rest": form != "domains"}
        yield "trafficroutes", form, "traffic-route", row, more
    for form, about in _OF_RULES.items():
        row = {
            "_id": "x", "description": "one", "bandwidth_limit": {"enabled": True},
            "schedule": {"mode": "CUSTOM", "time_range_start": "08:00", "time_range_end": "18:00"}, **about,
        }  # fmt: skip
        more = {"given": {**_COMMON, **_RULE}, "only_the_rest": form != "addresses"}
        yield "trafficrules", form, "traffic-rule", row, more
    for form, end in _NATS.items():
        row = {
            "_id": "x",
            "description": "one",
            "type": "DNAT",
            "source_filter": end,
            "destination_filter": end,
        }
        row |= {} if end else {"is_predefined": True, "enabled": False, "logging": True}
        more = {"given": {**_COMMON, **_NAT}, "only_the_rest": form != "addresses"}
        yield "nat", form, "nat-rule", row, more


def _logins() -> Iterator[tuple[str, str, str, Raw, dict[str, Any]]]:
    """Yield lists of rows that have a password, without which it is not shown."""
    login: Raw = {"_id": "x", "name": "one", "x_password": "word"}
    more: dict[str, Any] = {"required": frozenset({"x_password"})}
    yield "rest/account", "", "radius-user", login, {**more, "given": {**_COMMON, **_ACCOUNT}}
    yield "rest/hotspotop", "", "hotspot-operator", login, more
    row = {
        "_id": "x", "host_name": "home.example.org", "service": "dyndns", "interface": "wan", "login": "me",
        "x_password": "word",
    }  # fmt: skip
    yield "rest/dynamicdns", "", "dynamic-dns", row, {**more, "given": {**_COMMON, **_DYNAMIC}}


def places() -> Iterator[Place]:
    """Yield the places."""
    contract = facts.load(facts.UNIFI_CLASSIC)
    for path, form, kind, row, more in _lists():

        def api(found: Raw, context: SourceContext, path: str = path) -> _Api:
            return _Api(path, found, context)

        yield Place(
            endpoint=f"{path} ({form})" if form else path,
            source=_SOURCE,
            kind=kind,
            fact=contract.row(path),
            row=row,
            api=api,
            version="classic",
            others=frozenset(each["name"] for each in _AROUND.get(path, [])),
            **{"given": _COMMON, **more},
        )
    yield from _overrides(contract.keys("stat/device")["port_overrides"])


def _overrides(fact: Fact) -> Iterator[Place]:
    """Yield the places of what is set on a port itself."""

    def api(found: Raw, context: SourceContext) -> _Api:
        return _Api("stat/device", {**_DEVICE, "port_overrides": [found]}, context)

    for form, row in _PORTS.items():
        yield Place(
            endpoint=f"stat/device port_overrides ({form})",
            source=_SOURCE,
            kind="switch-port",
            fact=fact["items"],
            row={"port_idx": 1, **row},
            api=api,
            version="classic",
            given={**_COMMON, "port_idx": [1], "portconf_id": ["p1", "p2"]},
            only_the_rest=form != "level",
        )
