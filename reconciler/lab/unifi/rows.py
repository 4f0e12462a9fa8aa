"""Rows as a UniFi Network controller writes them, from the short ones of the site description.

Keys and the values that the controller fills in follow captures of `rest/networkconf` and `rest/portconf`
and the field definitions of the controller; features that are off leave the same keys behind.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from reconciler.lab.unifi import settings
from reconciler.lab.unifi.device_rows import device
from reconciler.lab.unifi.ids import Rows, common, oid, uuid
from reconciler.lab.unifi.traffic_rows import nat, traffic_route, traffic_rule

_LANS = frozenset({"corporate", "guest", "vlan-only"})


def all_lists(site: Mapping[str, Any]) -> dict[str, Rows]:
    """Return path → rows of the classic and v2 APIs; what depends on guests is added on request."""
    return {
        "rest/networkconf": [_network(name, row, site) for name, row in site["networks"].items()],
        "rest/portconf": [_profile(name, row) for name, row in site["profiles"].items()],
        "rest/wlanconf": [_wlan(name, row) for name, row in site["wlans"].items()],
        "rest/portforward": [_forward(row) for row in site["forwards"]],
        "rest/user": [_user(row) for row in site["clients"]],
        "rest/usergroup": [_client_group(name, row) for name, row in site["client_groups"].items()],
        "rest/scheduletask": [
            {**common("task", name), "name": name, "execute_only_once": False, **row}
            for name, row in site["tasks"].items()
        ],
        "rest/dpigroup": [
            {
                **common("dpi group", name),
                "name": name,
                "enabled": True,
                "dpiapp_ids": [oid("dpi app", f"{name} {number}") for number, _ in enumerate(rows)],
            }
            for name, rows in site["restrictions"].items()
        ],
        "rest/dpiapp": [
            {
                **common("dpi app", f"{name} {number}"),
                "enabled": True,
                "log": False,
                "blocked": True,
                "apps": [],
                "cats": [],
                **row,
            }
            for name, rows in site["restrictions"].items()
            for number, row in enumerate(rows)
        ],
        "rest/tag": [{**common("tag", name), "name": name, **row} for name, row in site["tags"].items()],
        "rest/firewallgroup": [
            {"_id": oid("group", name), "name": name, "site_id": oid("site", "default"), **row}
            for name, row in site["groups"].items()
        ],
        "rest/firewallrule": [_rule(row) for row in site["rules"]],
        "rest/dhcpoption": [
            {**common("option", name), "name": name, "signed": False, **row}
            for name, row in site["dhcp_options"].items()
        ],
        "rest/routing": [_route(name, row) for name, row in site["routes"].items()],
        "rest/radiusprofile": [
            {**common("radius", name), "name": name, **row} for name, row in site["radius"].items()
        ],
        "trafficroutes": [traffic_route(name, row) for name, row in site["traffic_routes"].items()],
        "trafficrules": [traffic_rule(name, row) for name, row in site["traffic_rules"].items()],
        "nat": nat(site["nat"]),
        "rest/account": [
            {**common("account", name), "name": name, **row} for name, row in site["accounts"].items()
        ],
        "rest/dynamicdns": [
            {**common("dynamic dns", f"{row['host_name']} {row['interface']}"), **row}
            for row in site["dynamic_dns"]
        ],
        "rest/hotspotop": [
            {**common("operator", name), "name": name, **row} for name, row in site["operators"].items()
        ],
        "get/setting": settings.all_sections(site["settings"], lambda name: oid("network", name)),
        "stat/device": [device(name, row, site) for name, row in site["devices"].items()],
        "wireguard/users": [_peer(name, row) for name, row in site["peers"].items()],
        "firewall/zone": [_zone(name, row) for name, row in site["zones"].items()],
        "firewall-policies": _policies(site),
        "static-dns": [_record(row) for row in site["dns"] if row["record_type"] != "FORWARD_DOMAIN"],
        "apgroups": _ap_groups(site),
    }


def _ap_groups(site: Mapping[str, Any]) -> Rows:
    macs = {name: row["mac"] for name, row in site["devices"].items() if row["type"] == "uap"}
    every = {
        "name": "All APs", "attr_hidden_id": "default", "attr_no_delete": True,
        "device_macs": [*macs.values()],
    }  # fmt: skip
    groups = {name: [macs[each] for each in devices] for name, devices in site["ap_groups"].items()}
    return [
        {"_id": oid("apgroup", row["name"]), **row}
        for row in (every, *({"name": name, "device_macs": each} for name, each in groups.items()))
    ]


def _client_group(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    own = {"attr_hidden_id": name, "attr_no_delete": True} if name == "Default" else {}
    rates = {"qos_rate_max_down": -1, "qos_rate_max_up": -1}
    return {**common("usergroup", name), "name": name, **own, **rates, **row}


def _network(name: str, row: Mapping[str, Any], site: Mapping[str, Any]) -> dict[str, Any]:
    purpose = row["purpose"]
    zone = next((each for each, facts in site["zones"].items() if name in facts["networks"]), None)
    found: dict[str, Any] = {**common("network", name), "name": name, "enabled": True}
    if purpose == "wan":
        return found | {
            "attr_hidden_id": "WAN", "attr_no_delete": True, "wan_load_balance_type": "failover-only",
            "wan_vlan": "", "wan_vlan_enabled": False, "wan_egress_qos": "", "wan_dns2": "",
            "wan_provider_capabilities": {"upload_kilobits_per_second": 1000}, "wan_type_v6": "disabled",
            "wan_smartq_enabled": False, "report_wan_event": False, "wan_ip_aliases": [], **row,
        }  # fmt: skip
    lan = purpose in _LANS
    found |= {
        "networkgroup": "LAN", "is_nat": True, "dhcpd_enabled": False, "dhcpd_leasetime": 86400,
        "dhcpd_dns_enabled": False, "dhcpd_gateway_enabled": False, "dhcpd_unifi_controller": "",
        "dhcpguard_enabled": False, "dhcpd_ip_2": "", "dhcpd_ip_3": "", "dhcpd_ntp_enabled": False,
        "dhcpd_boot_enabled": False, "dhcpd_tftp_server": "", "dhcpd_wpad_url": "", "domain_name": "",
        "dhcp_relay_enabled": False, "igmp_snooping": False, "internet_access_enabled": True,
        "network_isolation_enabled": False, "mdns_enabled": False, "setting_preference": "auto",
        "gateway_type": "default", "gateway_device": "74:ac:b9:00:00:01", "auto_scale_enabled": False,
        "lte_lan_enabled": True, "nat_outbound_ip_addresses": [], "dhcpd_time_offset_enabled": False,
        "ipv6_interface_type": "none", "ipv6_pd_start": "::2", "ipv6_pd_stop": "::7d1",
        "ipv6_ra_enabled": True,
        "ipv6_ra_priority": "high", "dhcpdv6_enabled": False,
        "firewall_zone_id": oid("zone", zone) if zone else None,
    }  # fmt: skip
    if not lan:
        return found | {"radiusprofile_id": oid("radius", "Default")} | dict(row)
    found |= {"vlan_enabled": "vlan" in row}
    if "vlan" not in row:
        found |= {"attr_hidden_id": "LAN", "attr_no_delete": True}
    plain = {key: value for key, value in row.items() if key != "options"}
    options = {
        f"dhcpd_user_option_{oid('option', each)}": value for each, value in row.get("options", {}).items()
    }
    return found | plain | options


def _profile(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in row.items() if key not in {"native", "excluded"}}
    found = {
        **common("profile", name), "name": name, "autoneg": True, "speed": 10, "full_duplex": False,
        "dot1x_ctrl": "force_authorized", "dot1x_idle_timeout": 300, "egress_rate_limit_kbps_enabled": False,
        "forward": "all", "isolation": False, "lldpmed_enabled": True, "lldpmed_notify_enabled": False,
        "op_mode": "switch", "poe_mode": "auto", "port_security_enabled": False,
        "port_security_mac_address": [], "setting_preference": "auto", "stormctrl_bcast_enabled": False,
        "stormctrl_bcast_rate": 100, "stormctrl_mcast_enabled": False, "stormctrl_mcast_rate": 100,
        "stormctrl_ucast_enabled": False, "stormctrl_ucast_rate": 100, "stp_port_mode": True,
        "stp_bpdu_guard_enabled": False, "stp_edge_state": "disabled", "stp_uplink": False,
        "eee_enabled": False, "precision_time_protocol_enabled": True,
        "tagged_vlan_mgmt": "auto", "voice_networkconf_id": "", "link_debounce": 300,
        "link_debounce_auto": True,
    }  # fmt: skip
    if "native" in row:
        found["native_networkconf_id"] = oid("network", row["native"])
    if "excluded" in row:
        found["excluded_networkconf_ids"] = [oid("network", each) for each in row["excluded"]]
    return found | plain


def _wlan(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in row.items() if key not in {"network", "group"}}
    return {
        **common("wlan", name), "name": name, "enabled": True,
        "networkconf_id": oid("network", row["network"]),
        "usergroup_id": oid("usergroup", row.get("group", "Default")),
        "ap_group_ids": [oid("apgroup", "All APs")],
        "ap_group_mode": "all", "wpa_mode": "wpa2", "wpa_enc": "ccmp", "pmf_mode": "disabled",
        "hide_ssid": False, "is_guest": False, "l2_isolation": False, "wlan_band": "both",
        "wlan_bands": ["2g", "5g"], "mac_filter_enabled": False, "mac_filter_policy": "allow",
        "mac_filter_list": [], "schedule_enabled": False, "schedule": [], "schedule_with_duration": [],
        "wpa3_support": False, "wpa3_transition": False, "bss_transition": True,
        "fast_roaming_enabled": False,
        "mcastenhance_enabled": False, "private_preshared_keys_enabled": False, "private_preshared_keys": [],
        "sae_psk": [], "x_iapp_key": hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()[:32],
        "x_wep": "", "minrate_ng_enabled": False, "group_rekey": 3600, "dtim_mode": "default",
        "minrate_na_enabled": False, "minrate_setting_preference": "auto", "mdns_proxy_mode": "off",
        "proxy_arp": False, "uapsd_enabled": False, "no2ghz_oui": True, "iapp_enabled": True,
        "pmf_cipher": "auto", "wpa3_enhanced_192": False, "wpa3_fast_roaming": False,
        "radius_mac_auth_enabled": False, "bc_filter_enabled": False, "bc_filter_list": [],
        "setting_preference": "auto", "radius_das_enabled": False, **plain,
    }  # fmt: skip


def _forward(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **common("forward", row["name"]), "enabled": True, "pfwd_interface": "wan", "src": "any",
        "log": False,
        "destination_ip": "any", "destination_ips": [], "src_limiting_enabled": False,
        "src_limiting_type": "ip",
        "src_firewall_group_id": "", **row,
    }  # fmt: skip


def _user(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = common("user", row.get("mac", row))
    if "mac" not in row:
        return found | {"local_dns_record_enabled": False}
    found |= {"mac": row["mac"].lower(), "oui": "Lab", "is_guest": False, "usergroup_id": ""}
    found |= {key: row[key] for key in ("name", "hostname") if key in row}
    found["network_id"] = oid("network", row["network"])
    address = row.get("fixed", row.get("was"))
    if address:
        found |= {"use_fixedip": "fixed" in row, "fixed_ip": address, "noted": True}
    if "dns" in row:
        found |= {"local_dns_record_enabled": True, "local_dns_record": row["dns"]}
    return found


def _route(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **common("route", name), "name": name, "enabled": True, "type": "static-route",
        "static-route_type": "nexthop-route", "static-route_interface": "", "static-route_nexthop": "",
        "static-route_distance": 1, "gateway_type": "default", **row,
    }  # fmt: skip


def _peer(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in row.items() if key != "network"}
    return {
        "_id": oid("peer", name), "name": name, "network_id": oid("network", row["network"]),
        "interface_ipv6": "", **plain,
    }  # fmt: skip


def _rule(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in row.items() if key != "src"}
    return {
        **common("rule", row["name"]), "enabled": True, "protocol": "all", "logging": False,
        "protocol_match_excepted": False, "src_networkconf_type": "NETv4", "dst_networkconf_type": "NETv4",
        "src_networkconf_id": oid("network", row["src"]) if "src" in row else "", "dst_networkconf_id": "",
        "src_firewallgroup_ids": [], "dst_firewallgroup_ids": [], "src_mac_address": "", "icmp_typename": "",
        "ipsec": "", "state_established": False, "state_invalid": False, "state_new": False,
        "state_related": False, "setting_preference": "auto", **plain,
    }  # fmt: skip


def _zone(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "_id": oid("zone", name), "name": name,
        "network_ids": [oid("network", each) for each in row["networks"]],
        "default_zone": "zone_key" in row, "attr_no_edit": "zone_key" in row, "zone_key": row.get("zone_key"),
        "external_id": uuid("zone", oid("zone", name)),
    }  # fmt: skip


def _policies(site: Mapping[str, Any]) -> Rows:
    own = [
        {
            "_id": oid("policy", f"own {number}"), "name": name, "enabled": True, "action": action,
            "index": 30000,
            "predefined": True, "protocol": "all", "ip_version": "BOTH", "logging": False,
            "source": {"zone_id": oid("zone", first), "matching_target": "ANY"},
            "destination": {"zone_id": oid("zone", second), "matching_target": "ANY"},
        }
        for number, (name, action, first, second) in enumerate([
            ("Allow All Traffic", "ALLOW", "Internal", "External"),
            ("Block All Traffic", "BLOCK", "External", "Internal"),
        ])
    ]  # fmt: skip
    return [*own, *(_policy(row, 10000 + number) for number, row in enumerate(site["policies"]))]


def _policy(row: Mapping[str, Any], index: int) -> dict[str, Any]:
    end: dict[str, Any] = {
        "port_matching_type": "ANY", "match_opposite_ips": False, "match_opposite_networks": False,
        "match_opposite_ports": False, "match_mac": False,
    }  # fmt: skip
    to = end | {"zone_id": oid("zone", row["to"]), "matching_target": "ANY"}
    if "ips" in row:
        to |= {"matching_target": "IP", "matching_target_type": "SPECIFIC", "ips": row["ips"]}
    if "port" in row:
        to |= {"port_matching_type": "SPECIFIC", "port": row["port"]}
    if "group" in row:
        to |= {"port_matching_type": "OBJECT", "port_group_id": oid("group", row["group"])}
    return {
        "_id": oid("policy", row["name"]), "name": row["name"], "enabled": True, "action": row["action"],
        "index": index, "predefined": False, "protocol": row.get("protocol", "all"), "ip_version": "BOTH",
        "connection_state_type": "ALL", "connection_states": [], "create_allow_respond": False,
        "logging": row.get("logging", False), "match_ip_sec": False, "match_opposite_protocol": False,
        "icmp_typename": "ANY", "icmp_v6_typename": "ANY", "description": "",
        "schedule": {"mode": "ALWAYS", "time_all_day": False, "repeat_on_days": []},
        "source": end | {"zone_id": oid("zone", row["from"]), "matching_target": "ANY"}, "destination": to,
    }  # fmt: skip


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    number = {"port": 0, "priority": 0, "ttl": 0, "weight": 0}
    return {"_id": oid("dns", f"{row['record_type']} {row['key']}"), "enabled": True, **number, **row}
