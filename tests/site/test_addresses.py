"""Each address: who has it, and how that is known."""

from typing import Any

from reconciler.isolation import require
from tests.site.rows import EARLIER, Rows, address, agent, guest, mac, modelled, network

ONE = "pve/guest/101"


def row(rows: Rows, at: str, **options) -> Any:
    found = require(modelled(rows, **options).documents().addresses)
    return next(each for each in found if each["address"] == at)


def test_one_ipv6_address_is_one_however_it_is_written():
    rows: Rows = {
        ONE: guest(nic={"ip6": "2001:DB8:0:0::5/64"}),
        f"unifi/client/{mac(101)}": {"ip": "2001:db8::5"},
        "site/address/2001:db8::5": address(),
    }
    assert list(modelled(rows).addresses) == ["2001:db8::5"]
    assert row(rows, "2001:db8::5")["holders"] == [ONE]


def test_an_address_has_its_network_its_declaration_and_the_age_of_each_evidence():
    rows: Rows = {
        ONE: guest(addresses=agent("10.0.20.5/24", "10.0.20.5/32")),
        "unifi/network/servers": network(20, "10.0.20.1/24"),
        "site/address/10.0.20.5": address(service="git"),
    }
    found = row(rows, "10.0.20.5", as_of=[ONE])
    assert (found["network"], found["vlan"]) == ("unifi/network/servers", 20)
    assert found["declared"]["service"] == "git"
    assert [(each["confidence"], each["key"]) for each in found["evidence"]] == [
        ("observed", ONE),
        ("declared", "site/address/10.0.20.5"),
    ]
    assert found["evidence"][0]["as_of"] == f"{EARLIER:%Y-%m-%dT%H:%M:%SZ}"


def test_each_host_has_its_own_link_local_addresses():
    assert not modelled({ONE: guest(nic={"ip6": "fe80::1/64"}, addresses=agent("169.254.3.4/16"))}).addresses


def test_what_a_cluster_calls_its_nodes_need_be_no_address():
    assert not modelled({"pve/node/r1": {"name": "r1", "address": "unknown"}}).addresses
