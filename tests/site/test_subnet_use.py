"""How far subnets are used: their ranges, what is known of them, and the next address that is free."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given

from tests.site.rows import Rows, address, guest, interface, modelled, network
from tests.site.test_properties import QUICK, SITES

SERVERS: Rows = {
    "unifi/network/servers": network(
        20, "10.0.20.1/24", dhcpd_enabled=True, dhcpd_start="10.0.20.3", dhcpd_stop="10.0.20.9"
    )
}


def subnets(rows: Rows) -> dict[str, Any]:
    found: Any = modelled(rows).documents().subnets
    return {row["subnet"]: row for row in found}


def states(rows: Rows) -> dict[str, str]:
    found: Any = modelled(rows).documents().addresses
    return {row["address"]: row["state"] for row in found}


def test_a_network_of_the_controller_with_its_dhcp_range():
    assert subnets(SERVERS) == {
        "10.0.20.0/24": {
            "network": "unifi/network/servers",
            "subnet": "10.0.20.0/24",
            "vlan": 20,
            "gateway": "10.0.20.1",
            "dhcp": [{"first": "10.0.20.3", "last": "10.0.20.9"}],
            "addresses": 254,
            "used": 1,
            "next_free": "10.0.20.2",
        }
    }


def test_declared_ranges_of_dhcp_join_the_configured_one_and_are_not_in_use():
    pool = {"site/address/10.0.20.10": address(role="dhcp-pool", until="10.0.20.20")}
    (row,) = subnets({**SERVERS, **pool}).values()
    assert row["dhcp"] == [{"first": "10.0.20.3", "last": "10.0.20.20"}]
    assert row["used"] == 1
    assert states({**SERVERS, **pool})["10.0.20.10"] == "dhcp"


def test_the_next_free_address_is_neither_known_nor_in_a_range():
    taken = {f"pve/guest/{number}": guest(number, nic={"ip": f"10.0.20.{number}/24"}) for number in (2, 10)}
    (row,) = subnets({**SERVERS, **taken}).values()
    assert row["next_free"] == "10.0.20.11"


@pytest.mark.parametrize("bits", [29, 30, 31, 32])
def test_a_subnet_that_is_full_has_no_free_address(bits):
    net = ip_network(f"10.0.20.0/{bits}")
    rows = {f"site/address/{each}": address() for each in net}
    rows["unifi/network/small"] = (
        network(20, f"10.0.20.1/{bits}") if bits < 32 else network(20, "10.0.20.0/32")
    )
    assert subnets(rows)[str(net)]["next_free"] is None


def test_ranges_outside_of_every_network_come_from_nodes_and_guests():
    rows = {
        **SERVERS,
        "pve/node-network/r1:vmbr0": interface("vmbr0", type="bridge", cidr="172.16.0.5/16"),
        "pve/guest/101": guest(101, nic={"ip": "172.16.9.9/24"}),
        "pve/guest/102": guest(102, nic={"ip": "10.0.20.77/25"}),
        "pve/guest/103": guest(103, nic={"ip": "192.0.2.1/32"}),
        "pve/guest/104": guest(104, nic={"ip": "127.0.0.1/8"}),
        "pve/guest/105": guest(105, nic={"ip": "0.0.0.0/0"}),
    }
    found = subnets(rows)
    assert list(found) == ["10.0.20.0/24", "172.16.0.0/16"]
    assert found["172.16.0.0/16"]["network"] is None
    assert found["172.16.0.0/16"]["used"] == 2


def test_an_ipv6_subnet_has_neither_a_number_of_addresses_nor_a_next_one():
    (row,) = subnets({"unifi/network/six": network(6, "2001:db8::1/64")}).values()
    assert (row["addresses"], row["next_free"], row["used"]) == (None, None, 1)


def test_the_state_of_an_address_is_the_strongest_that_is_known_of_it():
    mac = "BC:24:11:00:00:65"
    rows = {
        **SERVERS,
        "pve/guest/101": guest(101, nic={"ip": "10.0.20.21/24"}),
        "unifi/client/BC:24:11:00:00:77": {"ip": "10.0.20.22"},
        "unifi/reservation/BC:24:11:00:00:78": {"fixed_ip": "10.0.20.23"},
        f"unifi/reservation/{mac}": {"fixed_ip": "10.0.20.21"},
        "site/address/10.0.20.24": address(role="reserved"),
        "site/address/10.0.20.25": address(),
        "site/address/10.0.20.22": address(),
    }
    assert states(rows) == {
        "10.0.20.1": "gateway",
        "10.0.20.21": "taken",
        "10.0.20.22": "observed",
        "10.0.20.23": "reserved",
        "10.0.20.24": "reserved",
        "10.0.20.25": "declared",
    }


@QUICK
@given(SITES)
def test_what_is_said_of_a_subnet_holds_for_every_site(rows):
    model = modelled(rows, sources=("pve", "pve2", "unifi", "npm"))
    documents: Any = model.documents()
    known = {ip_address(row["address"]) for row in documents.addresses if row["state"] != "dhcp"}
    for row in documents.subnets:
        net: Any = ip_network(row["subnet"])
        assert row["used"] == sum(each in net for each in known if each.version == net.version)
        ends: Any = [(ip_address(each["first"]), ip_address(each["last"])) for each in row["dhcp"]]
        assert all(first <= last and first in net and last in net for first, last in ends)
        if net.version == 4 and row["next_free"] is None:
            pools = sum(int(last) - int(first) + 1 for first, last in ends)
            assert row["used"] + pools >= row["addresses"]
        elif net.version == 4:
            free: Any = ip_address(row["next_free"])
            assert free in net
            assert free not in known
            assert not any(first <= free <= last for first, last in ends)
    places = [ip_network(row["subnet"]) for row in documents.subnets if row["network"] is None]
    assert len(set(places)) == len(places)
