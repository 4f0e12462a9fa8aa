"""A single change of a site that is as declared is one cause, at the side where a person would edit it."""

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.kinds import SYSTEMS
from reconciler.lab import Lab
from reconciler.lab.unifi.ids import oid
from tests.collectors.one_cause import unchanged, without_a_change
from tests.collectors.unifi.example import causes, recorded


def row(lab: Lab, path: str, name: str) -> dict[str, Any]:
    return next(each for each in lab.unifi.lists[path] if each.get("name") == name)


def network(lab: Lab, name: str = "Servers") -> dict[str, Any]:
    return row(lab, "rest/networkconf", name)


def override(lab: Lab, number: int) -> dict[str, Any]:
    found: list[dict[str, Any]] = row(lab, "stat/device", "Core")["port_overrides"]
    return next(each for each in found if each["port_idx"] == number)


def vlan_added(lab: Lab) -> None:
    added = {**network(lab, "DMZ"), "_id": oid("network", "New"), "name": "New", "vlan": 77}
    added |= {"ip_subnet": "192.168.77.1/24", "firewall_zone_id": oid("zone", "Internal")}
    lab.unifi.lists["rest/networkconf"].append(added)


def network_moved_to_another_zone(lab: Lab) -> None:
    network(lab)["firewall_zone_id"] = oid("zone", "Dmz")
    zones = {each["name"]: each["network_ids"] for each in lab.unifi.lists["firewall/zone"]}
    zones["Internal"].remove(network(lab)["_id"])
    zones["Dmz"].append(network(lab)["_id"])


def guard_off(lab: Lab) -> None:
    network(lab, "IoT")["dhcpguard_enabled"] = False


def opened(lab: Lab) -> None:
    row(lab, "rest/wlanconf", "lan")["security"] = "open"


def rule(lab: Lab, path: str, name: str) -> dict[str, Any]:
    return next(each for each in lab.unifi.lists[path] if each.get("description") == name)


def nat_inserted(lab: Lab) -> None:
    rules = lab.unifi.lists["nat"]
    for each in rules:
        each["rule_index"] += 1
    first = rule(lab, "nat", "DNS goes to the resolver")
    rules.append({**first, "_id": oid("nat", "New"), "description": "New", "rule_index": 0})


def nat_swapped(one: str, other: str) -> Callable[[Lab], object]:
    def change(lab: Lab) -> None:
        first, second = rule(lab, "nat", one), rule(lab, "nat", other)
        first["rule_index"], second["rule_index"] = second["rule_index"], first["rule_index"]

    return change


def policies_swapped(lab: Lab) -> None:
    one, other = (row(lab, "firewall-policies", f"Things {what}") for what in ("to the broker", "stay out"))
    one["index"], other["index"] = other["index"], one["index"]


def section(lab: Lab, key: str) -> dict[str, Any]:
    return next(each for each in lab.unifi.lists["get/setting"] if each["key"] == key)


SWITCH = "unifi/switch-port/74:AC:B9:00:00:02"
DYNAMIC = "unifi/dynamic-dns/home.lan.example"
RELAYED = "unifi/dynamic-dns/relay.lan.example"
CHANGES: dict[str, tuple[Callable[[Lab], object], list[tuple[str, str, str]]]] = {
    "nothing": (lambda _: None, []),
    "a VLAN added": (vlan_added, [("unmanaged", "unifi/network/New", "")]),
    "a network renamed": (
        lambda lab: network(lab).update(name="Servers2"),
        [("drifted", "unifi/network/Servers", "/name")],
    ),
    "another VLAN id": (
        lambda lab: network(lab).update(vlan=111),
        [("drifted", "unifi/network/Servers", "/vlan")],
    ),
    "a network in another zone": (
        network_moved_to_another_zone,
        [("drifted", "unifi/network/Servers", "/firewall_zone")],
    ),
    "DHCP off": (
        lambda lab: network(lab).update(dhcpd_enabled=False),
        [("drifted", "unifi/network/Servers", "/dhcpd_enabled")],
    ),
    "own DNS servers off": (
        lambda lab: network(lab).update(dhcpd_dns_enabled=False),
        [("drifted", "unifi/network/Servers", "/dhcpd_dns_enabled")],
    ),
    "DHCP guard off": (guard_off, [("drifted", "unifi/network/IoT", "/dhcpguard_enabled")]),
    "a profile changed": (
        lambda lab: row(lab, "rest/portconf", "Proxmox").update(poe_mode="off"),
        [("drifted", "unifi/port-profile/Proxmox", "/poe_mode")],
    ),
    "a profile renamed": (
        lambda lab: row(lab, "rest/portconf", "Proxmox").update(name="Nodes"),
        [("drifted", "unifi/port-profile/Proxmox", "/name")],
    ),
    "speed negotiated": (
        lambda lab: row(lab, "rest/portconf", "Camera").update(autoneg=True),
        [("drifted", "unifi/port-profile/Camera", "/autoneg")],
    ),
    "a switch renamed": (
        lambda lab: row(lab, "stat/device", "Core").update(name="Rack"),
        [("drifted", "unifi/device/74:AC:B9:00:00:02", "/name")],
    ),
    "the light of a device off": (
        lambda lab: row(lab, "stat/device", "Core").update(led_override="off"),
        [("drifted", "unifi/device/74:AC:B9:00:00:02", "/led_override")],
    ),
    "an outlet switched on": (
        lambda lab: row(lab, "stat/device", "Core").update(
            outlet_overrides=[{"index": 1, "name": "modem", "relay_state": True}]
        ),
        [("drifted", "unifi/device/74:AC:B9:00:00:02", "/outlets/1")],
    ),
    "another port of the gateway is WAN": (
        lambda lab: row(lab, "stat/device", "Gateway")["ethernet_overrides"][1].update(networkgroup="WAN2"),
        [("drifted", "unifi/device/74:AC:B9:00:00:01", "/ethernet/eth9/networkgroup")],
    ),
    "a device that waits for adoption": (
        lambda lab: lab.unifi.lists["stat/device"].append(
            {"_id": "7", "mac": "74:ac:b9:00:00:77", "type": "uap", "state": 2, "adopted": False}
        ),
        [("unmanaged", "unifi/device/74:AC:B9:00:00:77", "")],
    ),
    "a BPDU guard off": (
        lambda lab: override(lab, 9).update(stp_bpdu_guard_enabled=False),
        [("drifted", f"{SWITCH}:9", "/override/stp_bpdu_guard_enabled")],
    ),
    "a BPDU guard in a profile": (
        lambda lab: row(lab, "rest/portconf", "Camera").update(stp_bpdu_guard_enabled=True),
        [("drifted", "unifi/port-profile/Camera", "/stp_bpdu_guard_enabled")],
    ),
    "another channel": (
        lambda lab: row(lab, "stat/device", "AP hall")["radio_table"][0].update(channel=11),
        [("drifted", "unifi/device/74:AC:B9:00:00:04", "/radios/2g/channel")],
    ),
    "another profile on a port": (
        lambda lab: override(lab, 8).update(portconf_id=oid("profile", "Camera")),
        [("drifted", f"{SWITCH}:8", "/profile")],
    ),
    "a port with another native network": (
        lambda lab: override(lab, 9).update(native_networkconf_id=oid("network", "IoT")),
        [("drifted", f"{SWITCH}:9", "/override/native_network")],
    ),
    "a port isolated": (
        lambda lab: override(lab, 9).update(isolation=True),
        [("drifted", f"{SWITCH}:9", "/override/isolation")],
    ),
    "a port switched off": (
        lambda lab: override(lab, 9).update(forward="disabled"),
        [("drifted", f"{SWITCH}:9", "/override/forward")],
    ),
    "nothing set on a port any more": (
        lambda lab: row(lab, "stat/device", "Core").update(
            port_overrides=[
                each for each in row(lab, "stat/device", "Core")["port_overrides"] if each["port_idx"] != 24
            ]
        ),
        [
            ("drifted", f"{SWITCH}:24", "/override/forward"),
            ("drifted", f"{SWITCH}:24", "/override/name"),
            ("drifted", f"{SWITCH}:24", "/override/poe_mode"),
        ],
    ),
    "a WLAN opened": (opened, [("drifted", "unifi/wlan/lan", "/security")]),
    "proxy ARP off": (
        lambda lab: row(lab, "rest/wlanconf", "things").update(proxy_arp=False),
        [("drifted", "unifi/wlan/things", "/proxy_arp")],
    ),
    "another least data rate": (
        lambda lab: row(lab, "rest/wlanconf", "things").update(minrate_ng_data_rate_kbps=12000),
        [("drifted", "unifi/wlan/things", "/minrate_ng_data_rate_kbps")],
    ),
    "a schedule inverted": (
        lambda lab: row(lab, "rest/wlanconf", "guests").update(schedule_reversed=True),
        [("drifted", "unifi/wlan/guests", "/schedule_reversed")],
    ),
    "a MAC filter off": (
        lambda lab: row(lab, "rest/wlanconf", "things").update(mac_filter_enabled=False),
        [("drifted", "unifi/wlan/things", "/mac_filter_enabled")],
    ),
    "a source limit": (
        lambda lab: row(lab, "rest/portforward", "https").update(src_limiting_enabled=True, src="192.0.2.1"),
        [("drifted", "unifi/port-forward/wan:tcp:443", "/src_limiting_enabled")],
    ),
    "a source limit that is off": (
        lambda lab: row(lab, "rest/portforward", "https").update(src="192.0.2.1"),
        [],
    ),
    "a group with another member": (
        lambda lab: row(lab, "rest/firewallgroup", "Web ports")["group_members"].append("8443"),
        [("drifted", "unifi/firewall-group/Web ports", "/members")],
    ),
    "a group renamed": (
        lambda lab: row(lab, "rest/firewallgroup", "Web ports").update(name="Ports"),
        [("drifted", "unifi/firewall-group/Web ports", "/name")],
    ),
    "a policy of the controller's own switched off": (
        lambda lab: row(lab, "firewall-policies", "Block All Traffic").update(enabled=False),
        [("unmanaged", "unifi/firewall-policy/External:Internal:Block All Traffic", "")],
    ),
    "a policy for traffic in IPsec alone": (
        lambda lab: row(lab, "firewall-policies", "Things stay out").update(match_ip_sec=True),
        [("drifted", "unifi/firewall-policy/Things:Internal:Things stay out", "/ipsec")],
    ),
    "an ACL rule lets through": (
        lambda lab: lab.state.unifi["acl"][0].update(action="ALLOW"),
        [("drifted", "unifi/acl-rule/Cameras keep out of storage", "/action")],
    ),
    "an ACL rule inserted first": (
        lambda lab: lab.state.unifi["acl"].insert(0, {"name": "New", "action": "BLOCK"}),
        [("unmanaged", "unifi/acl-rule/New", "")],
    ),
    "ACL rules in another order": (
        lambda lab: lab.state.unifi["acl"].reverse(),
        [("drifted", "unifi/acl-order/site", "/rules")],
    ),
    "a stack without a switch": (
        lambda lab: lab.state.unifi["stacks"].update(Rack=["Core"]),
        [("drifted", "unifi/switch-stack/Rack", "/members")],
    ),
    "an aggregate of other ports": (
        lambda lab: override(lab, 2).update(aggregate_members=[2, 3, 13]),
        [("drifted", f"{SWITCH}:2", "/override/aggregate_members")],
    ),
    "an access point out of its group": (
        lambda lab: row(lab, "apgroups", "Upstairs").update(device_macs=[]),
        [("drifted", "unifi/ap-group/Upstairs", "/devices")],
    ),
    "an access point out of the group of all": (
        lambda lab: row(lab, "apgroups", "All APs").update(device_macs=[]),
        [],
    ),
    "a group of access points renamed": (
        lambda lab: row(lab, "apgroups", "Upstairs").update(name="Attic"),
        [("drifted", "unifi/ap-group/Upstairs", "/name")],
    ),
    "a limit of a group of clients": (
        lambda lab: row(lab, "rest/usergroup", "Slow lane").update(qos_rate_max_down=-1),
        [("drifted", "unifi/client-group/Slow lane", "/qos_rate_max_down")],
    ),
    "a limit of the group of all": (
        lambda lab: row(lab, "rest/usergroup", "Default").update(qos_rate_max_up=900),
        [("drifted", "unifi/client-group/Default", "/qos_rate_max_up")],
    ),
    "a restriction of applications that is off": (
        lambda lab: lab.unifi.lists["rest/dpiapp"][0].update(enabled=False),
        [("drifted", "unifi/dpi-group/No streaming", "/restrictions")],
    ),
    "one more application in a restriction": (
        lambda lab: lab.unifi.lists["rest/dpiapp"][1]["apps"].append(262400),
        [("drifted", "unifi/dpi-group/No streaming", "/restrictions")],
    ),
    "a group of restrictions that is off": (
        lambda lab: row(lab, "rest/dpigroup", "No streaming").update(enabled=False),
        [("drifted", "unifi/dpi-group/No streaming", "/enabled")],
    ),
    "another time of a scheduled task": (
        lambda lab: row(lab, "rest/scheduletask", "Access points at night").update(cron_expr="0 12 * * *"),
        [("drifted", "unifi/scheduled-task/Access points at night", "/schedule")],
    ),
    "a scheduled task for one device less": (
        lambda lab: row(lab, "rest/scheduletask", "Access points at night")["upgrade_targets"].pop(),
        [("drifted", "unifi/scheduled-task/Access points at night", "/devices")],
    ),
    "a scheduled task is gone": (
        lambda lab: lab.unifi.lists["rest/scheduletask"].clear(),
        [("missing", "unifi/scheduled-task/Access points at night", "")],
    ),
    "another code of a DHCP option": (
        lambda lab: row(lab, "rest/dhcpoption", "search").update(code="120"),
        [("drifted", "unifi/dhcp-option/search", "/code")],
    ),
    "a DHCP option that turns from a number into text": (
        lambda lab: row(lab, "rest/dhcpoption", "lease-hint").update(type="text"),
        [("drifted", "unifi/dhcp-option/lease-hint", "/type")],
    ),
    "a DHCP option renamed": (
        lambda lab: row(lab, "rest/dhcpoption", "search").update(name="domains"),
        [("drifted", "unifi/dhcp-option/search", "/name")],
    ),
    "another value of a DHCP option": (
        lambda lab: network(lab, "IoT").update(
            {f"dhcpd_user_option_{row(lab, 'rest/dhcpoption', 'search')['_id']}": "lan.example"}
        ),
        [("drifted", "unifi/network/IoT", "/dhcpd_options/search")],
    ),
    "one more DHCP option of a network": (
        lambda lab: network(lab, "IoT").update(
            {f"dhcpd_user_option_{row(lab, 'rest/dhcpoption', 'lease-hint')['_id']}": "5"}
        ),
        [("drifted", "unifi/network/IoT", "/dhcpd_options/lease-hint")],
    ),
    "a group of clients renamed": (
        lambda lab: row(lab, "rest/usergroup", "Slow lane").update(name="Slower"),
        [("drifted", "unifi/client-group/Slow lane", "/name")],
    ),
    "a WLAN in another group of clients": (
        lambda lab: row(lab, "rest/wlanconf", "guests").update(
            usergroup_id=row(lab, "rest/usergroup", "Default")["_id"]
        ),
        [("drifted", "unifi/wlan/guests", "/user_group")],
    ),
    "a policy-based route without its kill switch": (
        lambda lab: rule(lab, "trafficroutes", "Things leave by the VPN").update(kill_switch_enabled=False),
        [("drifted", "unifi/traffic-route/Things leave by the VPN", "/kill_switch_enabled")],
    ),
    "the VPN of a policy-based route renamed": (
        lambda lab: network(lab, "Road warriors").update(name="Riders"),
        [("drifted", "unifi/network/Road warriors", "/name")],
    ),
    "a traffic rule for one more client": (
        lambda lab: rule(lab, "trafficrules", "No games at night")["target_devices"].append(
            {"type": "CLIENT", "client_mac": "d8:0d:17:00:00:02"}
        ),
        [("drifted", "unifi/traffic-rule/No games at night", "/targets")],
    ),
    "a traffic rule that is new": (
        lambda lab: lab.unifi.lists["trafficrules"].append(
            {
                "_id": oid("traffic rule", "new"),
                "enabled": True,
                "action": "ALLOW",
                "matching_target": "INTERNET",
            }
        ),
        [("unmanaged", f"unifi/traffic-rule/id {oid('traffic rule', 'new')}", "")],
    ),
    "a traffic rule with another limit": (
        lambda lab: rule(lab, "trafficrules", "Guests are slow")["bandwidth_limit"].update(
            upload_limit_kbps=50000
        ),
        [("drifted", "unifi/traffic-rule/Guests are slow", "/bandwidth_limit/upload_limit_kbps")],
    ),
    "a NAT rule to another address": (
        lambda lab: rule(lab, "nat", "DNS goes to the resolver").update(ip_address="203.0.113.66"),
        [("drifted", "unifi/nat-rule/DNS goes to the resolver", "/ip_address")],
    ),
    "a NAT rule inserted first": (nat_inserted, [("unmanaged", "unifi/nat-rule/New", "")]),
    "NAT rules in another order": (
        nat_swapped("Office as it is", "Mail has its own address"),
        [("drifted", "unifi/nat-order/site", "/source_nat")],
    ),
    "NAT rules of two lists in another order": (
        nat_swapped("Time goes to the gateway", "Office as it is"),
        [],
    ),
    "a NAT rule of the controller's own logged": (
        lambda lab: lab.unifi.lists["nat"][0].update(logging=True, description="WAN"),
        [("unmanaged", "unifi/nat-rule/WAN", "")],
    ),
    "a RADIUS user without a password": (
        lambda lab: row(lab, "rest/account", "road-warrior").update(x_password=""),
        [("drifted", "unifi/radius-user/road-warrior", "/password_fingerprint")],
    ),
    "a RADIUS user in another VLAN": (
        lambda lab: row(lab, "rest/account", "d80d17000001").update(vlan=20),
        [("drifted", "unifi/radius-user/d80d17000001", "/vlan")],
    ),
    "another name in dynamic DNS": (
        lambda lab: lab.unifi.lists["rest/dynamicdns"][0].update(host_name="other.lan.example"),
        [("drifted", DYNAMIC, "/host_name")],
    ),
    "no token at a server of dynamic DNS any more": (
        lambda lab: lab.unifi.lists["rest/dynamicdns"][1].update(server="update.relay.example"),
        [("drifted", RELAYED, "/server_path_fingerprint")],
    ),
    "no login for dynamic DNS any more": (
        lambda lab: lab.unifi.lists["rest/dynamicdns"][0].update(login=""),
        [("drifted", DYNAMIC, "/login_fingerprint")],
    ),
    "another key of a WireGuard client": (
        lambda lab: row(lab, "wireguard/users", "laptop").update(public_key="another"),
        [("drifted", "unifi/wireguard-peer/laptop", "/public_key_sha256")],
    ),
    "a WireGuard client added": (
        lambda lab: lab.unifi.lists["wireguard/users"].append(
            {"_id": "3", "name": "phone", "network_id": oid("network", "Road warriors"), "public_key": "x"}
        ),
        [("unmanaged", "unifi/wireguard-peer/phone", "")],
    ),
    "an operator of the hotspot added": (
        lambda lab: lab.unifi.lists["rest/hotspotop"].append(
            {"_id": "2", "name": "night", "x_password": "x"}
        ),
        [("unmanaged", "unifi/hotspot-operator/night", "")],
    ),
    "a zone renamed": (
        lambda lab: row(lab, "firewall/zone", "Things").update(name="Devices"),
        [("drifted", "unifi/firewall-zone/Things", "/name")],
    ),
    "policies in another order": (
        policies_swapped,
        [("drifted", "unifi/firewall-order/Things:Internal", "/policies")],
    ),
    "a record of DNS that leads elsewhere": (
        lambda lab: lab.unifi.lists["static-dns"][0].update(value="192.168.11.116"),
        [("drifted", "unifi/static-dns/A:git.lan.example", "/value")],
    ),
    "a route by another gateway": (
        lambda lab: lab.unifi.lists["rest/routing"][0].update({"static-route_nexthop": "192.168.11.5"}),
        [("drifted", "unifi/static-route/Lab behind r630-04", "/next_hop")],
    ),
    "another port of a RADIUS server": (
        lambda lab: row(lab, "rest/radiusprofile", "Staff")["auth_servers"][0].update(port=1645),
        [("drifted", "unifi/radius-profile/Staff", "/auth_servers")],
    ),
    "SSH off": (
        lambda lab: section(lab, "mgmt").update(x_ssh_enabled=False),
        [("drifted", "unifi/site-settings/default", "/mgmt/ssh_enabled")],
    ),
    "a client blocked": (
        lambda lab: row(lab, "rest/user", "bulb").update(blocked=True),
        [("unmanaged", "unifi/reservation/D8:0D:17:00:00:02", "")],
    ),
    "a client moved to another network": (
        lambda lab: row(lab, "rest/user", "bulb").update(
            virtual_network_override_enabled=True, virtual_network_override_id=oid("network", "Guests")
        ),
        [("unmanaged", "unifi/reservation/D8:0D:17:00:00:02", "")],
    ),
    "a client named in DNS": (
        lambda lab: row(lab, "rest/user", "bulb").update(
            local_dns_record_enabled=True, local_dns_record="bulb.lan.example"
        ),
        [("unmanaged", "unifi/reservation/D8:0D:17:00:00:02", "")],
    ),
    "a client kept at an access point": (
        lambda lab: row(lab, "rest/user", "bulb").update(
            fixed_ap_enabled=True, fixed_ap_mac="74:ac:b9:00:00:04"
        ),
        [("unmanaged", "unifi/reservation/D8:0D:17:00:00:02", "")],
    ),
    "a DNS name off": (
        lambda lab: row(lab, "rest/user", "nas").update(local_dns_record_enabled=False),
        [("drifted", "unifi/reservation/00:11:32:00:00:20", "/local_dns_record_enabled")],
    ),
}


@pytest.fixture(scope="module")
def running_lab():
    with Lab(hosts=1) as lab:
        yield lab


@pytest.fixture(scope="module")
def before(running_lab):
    found = recorded(running_lab)
    assert found.report.summary.drifted is False
    return found


def test_there_is_a_change_of_every_kind():
    changed = {key.split("/")[1]: causes for _, causes in CHANGES.values() for _, key, _ in causes}
    declared = (kind.name for kind in SYSTEMS["unifi"].kinds if kind.can_be_declared)
    assert without_a_change(declared, changed) == []


@pytest.mark.parametrize("name", CHANGES)
def test_one_change_is_one_cause(running_lab, before, name):
    change, expected = CHANGES[name]
    with unchanged(running_lab):
        change(running_lab)
        assert causes(running_lab, previous=before) == expected


def test_other_ports_of_an_aggregate_are_an_event_of_it(running_lab, before):
    with unchanged(running_lab):
        override(running_lab, 2).update(aggregate_members=[2, 3, 13])
        found = recorded(running_lab, previous=before).report.events
    assert [(each.what, str(each.key), each.path) for each in found] == [
        ("changed", "unifi/lag/74:AC:B9:00:00:02:2", "/ports")
    ]


def test_nothing_is_left_of_a_change(running_lab, before):
    found = recorded(running_lab, previous=before).report
    assert (causes(running_lab, previous=before), list(found.events)) == ([], [])


def test_a_group_with_another_member_names_what_uses_it(running_lab, before):
    """Policies and port forwards: the field that names a group refers to it."""
    with unchanged(running_lab):
        for name, member in (("Web ports", "8443"), ("Office", "198.51.100.0/24")):
            row(running_lab, "rest/firewallgroup", name)["group_members"].append(member)
        row(running_lab, "rest/portforward", "https").update(
            src_limiting_enabled=True,
            src_limiting_type="firewall_group",
            src_firewall_group_id=oid("group", "Office"),
        )
        found = recorded(running_lab, previous=before).report.findings
    users = {each.key.id: list(map(str, each.used_by)) for each in found if each.path == "/members"}
    assert users == {
        "Web ports": ["unifi/firewall-policy/External:Internal:Web to the proxy"],
        "Office": ["unifi/port-forward/wan:tcp:443"],
    }


def test_both_ends_of_policies_refer_to_groups():
    kind = next(each for each in SYSTEMS["unifi"].kinds if each.name == "firewall-policy")
    groups = {each.path for each in kind.references if each.kind == "firewall-group"}
    assert groups == {("source", "groups", "*"), ("destination", "groups", "*")}
