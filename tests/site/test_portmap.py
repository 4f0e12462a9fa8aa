"""The path of a name, step by step, and back."""

from reconciler.isolation import require
from tests.site.rows import (
    HOUSE,
    Rows,
    forward,
    guest,
    interface,
    mac,
    modelled,
    port,
    proxy_host,
    stream,
    with_house,
)

ONE = "pve/guest/101"
NAME = "git.example.org"
WEB = f"npm/proxy-host/{NAME}"
P1, P2 = f"unifi/switch-port/{port(1)}", f"unifi/switch-port/{port(2)}"
DEAF: Rows = {P1: {"native_vlan": 11}}
ALONE: Rows = {f"unifi/client/{mac(101)}": None}


def steps(changes: Rows, name: str = NAME, **options):
    """Step, where to and how of the path of a name; of a missing one, the reason."""
    (path,) = [each for each in modelled(with_house(changes), **options).paths if each.name == name]
    return [(edge.step, edge.hop or edge.reason, edge.how) for edge in path.edges[1:]]


def ports(changes: Rows, **options):
    return [each[1:] for each in steps(changes, **options) if each[0] == "switch-port"]


def test_a_name_leads_through_guest_bridge_bond_and_nics_to_switch_ports():
    bond: Rows = {
        "pve/node-network/r1:vmbr0": interface("vmbr0", type="bridge", bridge_ports=["bond0"]),
        "pve/node-network/r1:bond0": interface("bond0", type="bond", slaves=["eno1", "eno2"]),
        "pve/node-network/r1:eno2": interface("eno2"),
        "site/cable/r1:eno2": {"to": port(2)},
    }
    assert steps(bond) == [
        ("target", "10.0.20.5:3000", "configured"),
        ("host", ONE, "configured"),
        ("bridge", "pve/node-network/r1:vmbr0", "configured"),
        ("nic", "pve/node-network/r1:eno1", "configured"),
        ("nic", "pve/node-network/r1:eno2", "configured"),
        ("switch-port", P1, "observed"),
        ("switch-port", P2, "declared"),
    ]
    (path,) = modelled(with_house(bond)).paths
    assert [edge.vlan for edge in path.edges if edge.step == "bridge"] == [20]


def test_a_cable_goes_before_lldp_and_lldp_before_what_is_seen():
    cable: Rows = {"site/cable/r1:eno1": {"to": port(2)}}
    assert ports(cable) == [(P2, "declared")]
    assert ports({}) == [(P1, "observed")]
    assert ports(DEAF) == [(P1, "inferred")]


def test_a_step_that_is_not_known_has_its_reason():
    nothing = "no cable is declared for r1, and no switch port shows it"
    assert ports({**DEAF, **ALONE}) == [(nothing, None)]
    unread = {"unifi/client": {"listed": "failed", "problem": "timed out"}}
    assert ports({**DEAF, **ALONE}, scopes=unread) == [(f"{nothing} (unifi/client: timed out)", None)]
    assert steps({WEB: proxy_host(host="10.0.20.6")})[1:] == [
        ("host", "no resource is known to have 10.0.20.6", None)
    ]
    assert steps({WEB: proxy_host(host="nas")}) == [("target", "no DNS record of the site answers nas", None)]
    assert steps({"pve/node-network/r1:vmbr0": None})[2:] == [
        ("bridge", "r1 has no interface vmbr0 that could be read", None)
    ]
    two = {"net0": {"bridge": "vmbr0"}, "net1": {"bridge": "vmbr0"}}
    assert steps({ONE: guest(nics=two), "site/address/10.0.20.5": {"owner": ONE}, **ALONE})[1:] == [
        ("host", ONE, "declared"),
        ("bridge", "the NIC with this address is not known", None),
    ]


def test_streams_and_port_forwards_have_their_path():
    more: Rows = {"npm/stream/2222/tcp": stream(2222), "unifi/port-forward/wan:tcp:443": forward(443)}
    assert steps(more, ":2222/tcp")[:2] == [
        ("target", "10.0.20.5:2222", "configured"),
        ("host", ONE, "configured"),
    ]
    assert steps(more, "wan:tcp:443")[:2] == [
        ("target", "10.0.20.5:443", "configured"),
        ("host", ONE, "configured"),
    ]


def test_a_name_leads_where_a_dns_record_says_unless_it_is_off():
    web: Rows = {WEB: proxy_host(host="Git.lan")}
    record = "unifi/static-dns/A:git.lan"
    assert steps({**web, record: {"value": "10.0.20.5"}})[1] == ("host", ONE, "configured")
    newer = "unifi/static-dns/AAAA:git.lan"
    of_six = {ONE: guest(nic={"ip6": "2001:db8::5/64"}), newer: {"value": "2001:DB8::5"}}
    assert steps({**web, **of_six})[1] == ("host", ONE, "configured")
    missing = [("target", "no DNS record of the site answers git.lan", None)]
    assert steps({**web, record: {"value": "10.0.20.5", "enabled": False}}) == missing
    assert steps({**web, record: {"value": "nonsense"}}) == missing


def test_one_ipv6_address_is_one_however_it_is_written():
    at = {ONE: guest(nic={"ip6": "2001:DB8:0:0::5/64"})}
    for written in ("2001:db8::5", "2001:DB8:0::5", "[2001:db8::5]"):
        assert steps({**at, WEB: proxy_host(host=written)})[1] == ("host", ONE, "configured")


def test_what_is_no_address_is_a_name():
    for odd in ("1.2", "10", "1.2.3.4.5", "300.1.1.1", "nas:80", "fe80::x"):
        assert steps({WEB: proxy_host(host=odd)}) == [
            ("target", f"no DNS record of the site answers {odd}", None)
        ]


def test_what_hangs_on_a_port_is_found_from_the_port():
    depends = require(modelled(HOUSE).documents().portmap)["depends"]
    assert isinstance(depends, dict)
    assert depends[P1] == depends[ONE] == depends["10.0.20.5:3000"] == [NAME]
    assert P2 not in depends
