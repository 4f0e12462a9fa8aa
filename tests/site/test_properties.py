"""What must hold for the joins of every site, whatever is in it."""

import dataclasses
import json
from collections import Counter
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from reconciler.config.settings import CapacitySettings
from reconciler.model.key import Key
from reconciler.model.snapshot import Inventory
from reconciler.site.site_model import SiteModel
from tests.site.rows import address, built, dumped, evaluated, forward, mac, network, node, port, proxy_host

QUICK = settings(max_examples=30, phases=(Phase.explicit, Phase.reuse, Phase.generate))
"""Sites are large: to make a failing one small takes minutes. Add `Phase.shrink` to look into one."""
V4 = [f"10.0.20.{last}" for last in (5, 6, 100, 101)] + ["10.0.11.2", "10.0.11.5", "192.0.2.7"]
V6 = ["2001:db8::5", "2001:db8::6"]
LOCAL = ["127.0.0.1/8", "169.254.3.4/16", "::1/128", "fe80::5/64", "febf::5/64"]
MACS = {"pve": [mac(at) for at in range(1, 5)], "pve2": [mac(at) for at in range(17, 19)]}
"""Two clusters share no MAC address and no node: whose it is would depend on which of them can be read."""
NODES = {"pve": ["r1", "r2"], "pve2": ["s1"]}
STRANGERS = [mac(at) for at in range(32, 35)]
EVERY_MAC = [*MACS["pve"], *MACS["pve2"], *STRANGERS]
PORTS = [port(number) for number in (1, 2, 3)]
FORWARDS: dict[str, dict[str, Any]] = {
    "wan:tcp:443": {},
    "wan:tcp_udp:400-450": {"dst_port": "400-450", "proto": "tcp_udp"},
    "wan:udp:443": {"proto": "udp"},
    "wan:tcp:449": {"dst_port": "449", "enabled": False},
}
TAGS = st.sampled_from([None, 11, 20, 21])


def some(options, most=3):
    """A few of these, in any order."""
    return st.lists(st.sampled_from(options), unique=True, max_size=most)


def maybe(strategy):
    return st.none() | strategy


ADDRESS = st.sampled_from(V4)
SETTING = maybe(st.sampled_from(["dhcp", *(f"{each}/24" for each in V4)]))
SETTING6 = maybe(st.sampled_from(["auto", "2001:DB8:0::5/64", "2001:db8::6/64", "fe80::9/64"]))
TOLD = [f"{each}/24" for each in V4] + [f"{each}/64" for each in V6] + ["10.0.20.5/32", *LOCAL]


@st.composite
def guests(draw, source):
    nics = {
        f"net{slot}": {
            "mac": draw(maybe(st.sampled_from(MACS[source]))),
            "bridge": draw(st.sampled_from(["vmbr0", "vmbr1"])),
            "tag": draw(TAGS),
            "ip": draw(SETTING),
            "ip6": draw(SETTING6),
        }
        for slot in range(draw(st.integers(0, 2)))
    }
    told = {
        name: {"mac": draw(maybe(st.sampled_from(MACS[source]))), "addresses": draw(some(TOLD))}
        for name in draw(some(["eth0", "eth1"], 2))
    }
    init = {"ipconfig0": {"ip": draw(SETTING), "ip6": draw(SETTING6)}}
    return {
        "name": "g",
        "type": draw(st.sampled_from(["qemu", "lxc"])),
        "node": draw(st.sampled_from([*NODES[source], "gone"])),
        "power": draw(st.sampled_from(["running", "stopped"])),
        "template": draw(st.integers(0, 5)) == 0,
        "cores": draw(maybe(st.integers(1, 40))),
        "memory": draw(st.integers(0, 4)) * 2048,
        "nics": nics,
        "addresses": draw(st.sampled_from([None, told])),
        "cloud_init": draw(st.sampled_from([None, {"ipconfig": init}])),
        "disks": {"scsi0": {"storage": draw(st.sampled_from([None, "local"]))}},
    }


@st.composite
def clusters(draw, source):
    rows = {f"{source}/cluster/{source}": {"name": source}}
    for name in NODES[source]:
        memory = draw(st.sampled_from([None, 4096, 8192]))
        rows[f"{source}/node/{name}"] = node(name, memory=memory, address=draw(maybe(ADDRESS)))
        ports = draw(some(["eno1", "eno2", "bond0"], 2))
        cidr, cidr6 = draw(maybe(ADDRESS)), draw(maybe(st.sampled_from(V6)))
        for iface, fields in {
            "vmbr0": {"type": "bridge", "bridge_ports": ports, "cidr": cidr and f"{cidr}/24"},
            "bond0": {"type": "bond", "slaves": ["eno2"], "cidr6": cidr6 and f"{cidr6}/64"},
            "eno1": {"type": "eth"},
        }.items():
            if draw(st.integers(0, 4)):
                rows[f"{source}/node-network/{name}:{iface}"] = {"node": name, "iface": iface} | fields
    for number in draw(some(["101", "102", "103"])):
        rows[f"{source}/guest/{number}"] = draw(guests(source))
    if draw(st.booleans()):
        rows[f"{source}/backup-job/nightly"] = {"guests": [101], "node": draw(maybe(st.just("r1")))}
    there = draw(some(NODES[source]))
    rows[f"{source}/storage/local"] = {"name": "local", "type": "dir", "available_on": there or None}
    return rows


@st.composite
def controllers(draw):
    rows = {}
    for name, vlan, subnet in draw(
        some([("lan", 11, "10.0.11.1/24"), ("servers", 20, "10.0.20.1/24"), ("also", 20, "10.0.20.2/24"),
              ("v6", 20, "2001:db8::1/64"), ("half", 21, "10.0.20.3/25"), ("only", 21, None)], 4)
    ):  # fmt: skip
        pool = {"dhcpd_enabled": True, "dhcpd_start": "10.0.20.100", "dhcpd_stop": "10.0.20.150"}
        rows[f"unifi/network/{name}"] = network(vlan, subnet, **(pool if "10.0.20" in str(subnet) else {}))
    for at in draw(some(STRANGERS, 2)):
        fixed = draw(maybe(ADDRESS))
        rows[f"unifi/device/{at}"] = {
            "ip_settings": {"type": "static", "ip": fixed} if fixed else {},
            "ip": draw(maybe(st.sampled_from([*V4, "10.0.20.1"]))),
        }
    for at in draw(some(EVERY_MAC, 4)):
        rows[f"unifi/client/{at}"] = {
            "ip": draw(maybe(ADDRESS)),
            "switch_port": draw(maybe(st.sampled_from(PORTS))),
            "wlan": draw(maybe(st.just("house"))),
        }
    for at in draw(some(EVERY_MAC, 3)):
        rows[f"unifi/reservation/{at}"] = {"fixed_ip": draw(maybe(ADDRESS))}
    for at in draw(some(PORTS)):
        rows[f"unifi/switch-port/{at}"] = {
            "native_vlan": 11,
            "tagged_vlans": draw(some(["20", "21"])),
            "aggregated_by": draw(st.sampled_from([None, None, 1])),
            "link": {
                "neighbour": draw(st.sampled_from([None, "R1.lan", "r2", "s1"])),
                "neighbour_port": draw(st.sampled_from(["eno1", "eno2"])),
            },
        }
    for name in draw(some(["git", "nas"], 2)):
        rows[f"unifi/static-dns/A:{name}"] = {"value": draw(ADDRESS), "enabled": draw(st.booleans())}
    for name in draw(some(list(FORWARDS), 4)):
        rows[f"unifi/port-forward/{name}"] = forward(443, draw(ADDRESS), **FORWARDS[name])
    return rows


@st.composite
def proxies(draw):
    rows = {}
    for name in draw(some(["a.example.org", "b.example.org", "c.example.org"])):
        host = draw(st.sampled_from([*V4, *V6, "2001:DB8:0::5", "[2001:db8::6]", "git", "nas", "1.2", "a:b"]))
        more = {"domain_names": [*draw(some(["x.example.org", "y.example.org"])), name]}
        rows[f"npm/proxy-host/{name}"] = proxy_host(name, host, enabled=draw(st.booleans()), **more)
    if draw(st.booleans()):
        rows["npm/redirection-host/x.example.org"] = {"domain_names": ["x.example.org"]}
    for number, name in draw(some([(53, "tcp"), (53, "udp"), (2222, "tcp")])):
        host = draw(ADDRESS)
        rows[f"npm/stream/{number}/{name}"] = {
            "incoming_port": str(number), "tcp_forwarding": True, "forwarding_host": host
        }  # fmt: skip
    rows["npm/certificate/c1"] = {"expires_on": draw(maybe(st.just("2026-11-30T00:00:00Z")))}
    return rows


@st.composite
def wishes(draw):
    rows = {}
    for at in draw(some(V4)):
        rows[f"site/address/{at}"] = address(
            lifecycle=draw(st.sampled_from(["planned", "active", "retiring", "retired"])),
            owner=draw(st.sampled_from([None, "pve/guest/101", "pve/guest/199"])),
            role=draw(st.sampled_from(["guest", "vip", "reserved"])),
        )
    for nic in draw(some(["r1:eno1", "r1:eno2", "r2:eno1", "s1:eno1"], 2)):
        rows[f"site/cable/{nic}"] = {"to": draw(maybe(st.sampled_from(PORTS)))}
    return rows


SITES = st.tuples(clusters("pve"), clusters("pve2"), controllers(), proxies(), wishes()).map(
    lambda parts: {at: row for part in parts for at, row in part.items()}
)


def _is_local(text):
    return text.startswith(("127.", "169.254.", "fe8", "feb")) or text == "::1"


def _of_guest(config, observed):
    if config["template"]:
        return
    for slot, nic in config["nics"].items():
        yield from ((f"/nics/{slot}/{field}", nic.get(field)) for field in ("ip", "ip6"))
    for slot, each in config.get("cloud_init", {}).get("ipconfig", {}).items():
        yield from ((f"/cloud_init/ipconfig/{slot}/{field}", each.get(field)) for field in ("ip", "ip6"))
    for name, each in observed.get("addresses", {}).items():
        yield from ((f"/addresses/{name}", text) for text in each["addresses"])


def _expected(config, observed):
    """Every place of a site that has an address in it, by the shape of the rows alone."""
    gateways = {row["ip_subnet"].partition("/")[0] for key, row in config.items() if row.get("ip_subnet")}
    for key in {**config, **observed}:
        row, seen = config.get(key, {}), observed.get(key, {})
        if key.kind == "guest":
            yield from ((key, *each) for each in _of_guest(row, seen))
        elif key.kind == "node-network":
            yield from ((key, f"/{field}", row.get(field)) for field in ("cidr", "cidr6"))
        elif key.kind == "device":
            yield key, "/ip_settings/ip", row["ip_settings"].get("ip")
            yield key, "/ip", None if seen.get("ip") in gateways else seen.get("ip")
        elif key.kind == "address":
            yield key, "", key.id
        for kind, field in (("node", "address"), ("reservation", "fixed_ip"), ("network", "ip_subnet")):
            if key.kind == kind:
                yield key, f"/{field}", row.get(field)
        if key.kind == "client":
            yield key, "/ip", seen.get("ip")


@QUICK
@given(SITES)
def test_every_address_of_a_source_is_there_once_for_each_place_that_has_it(rows):
    config, observed = dumped(rows)
    expected = {
        (text, key, field)
        for key, field, value in _expected(config, observed)
        if (text := str(value or "").partition("/")[0]) not in {"", "dhcp", "auto"} and not _is_local(text)
    }
    found = SiteModel(built(rows), CapacitySettings()).addresses
    told = [(one.address, one.key, one.field) for evidence in found.values() for one in evidence]
    assert Counter(told) == dict.fromkeys(expected, 1)
    assert all(one.address == at for at, evidence in found.items() for one in evidence)


def _text(model):
    made = dataclasses.asdict(model.documents())
    made["mentioned"] = sorted(made["mentioned"])
    made["by_resource"] = {str(key): row for key, row in made["by_resource"].items()}
    return json.dumps(made, sort_keys=True)


@QUICK
@given(SITES, st.lists(st.sampled_from(["pve/guest", "unifi/network", "npm"]), max_size=1), st.randoms())
def test_the_order_of_rows_and_sources_does_not_matter(rows, failed, dice):
    def shuffled(mapping):
        items = list(mapping.items())
        dice.shuffle(items)
        return dict(items)

    site = built(rows, scopes=dict.fromkeys(failed, "failed"))
    scopes = list(site.scopes)
    dice.shuffle(scopes)
    mixed = Inventory(
        site.run, tuple(scopes), shuffled(site.config), shuffled(site.observed), shuffled(site.as_of)
    )
    results, others = evaluated(site), evaluated(mixed)
    assert results.violations.keys() == others.violations.keys()
    for rule, violations in results.violations.items():
        assert sorted(violations) == sorted(others.violations[rule])
    assert results.unchecked == others.unchecked
    assert _text(SiteModel(site, CapacitySettings())) == _text(SiteModel(mixed, CapacitySettings()))


ABSENT = {"target-unknown", "unseen-address"}


def _pairs(violations):
    return {(rule, violation.key) for rule, each in violations.items() for violation in each}


@QUICK
@given(SITES, st.sampled_from(["pve", "pve2", "unifi", "npm"]))
def test_a_source_that_fails_only_makes_things_unknown(rows, source):
    full = SiteModel(built(rows), CapacitySettings())
    left = {at: row for at, row in rows.items() if not at.startswith(f"{source}/")}
    site = built(left, scopes={source: "failed"}, sources=("pve", "pve2", "unifi", "npm"))
    found = evaluated(site).violations
    assert _pairs(found) <= _pairs(evaluated(built(rows)).violations)
    if source != "npm":
        assert not found.keys() & ABSENT
    if source.startswith("pve"):
        assert "no-backup" not in found
    known = {str(Key.parse(at)) for at in rows}
    for evidence in full.addresses.values():
        for one in evidence:
            known |= {str(key) for key in (one.holder, one.key, one.key._replace(kind="client"))}
    known |= {"unifi/wlan/house", *(f"unifi/switch-port/{at}" for at in PORTS)}  # where a client itself is
    nics = ("eno1", "eno2", "bond0", "vmbr0", "vmbr1")
    known |= {f"{name}:{nic}" for names in (*NODES.values(), ["gone"]) for name in names for nic in nics}
    known |= {f"site/switch-port/{row['to']}" for at, row in rows.items() if at.startswith("site/cable/")}
    known |= {str(edge.hop) for path in full.paths for edge in path.edges}
    for path in SiteModel(site, CapacitySettings()).paths:
        for edge in path.edges:
            assert edge.reason if edge.hop is None else edge.hop in known, edge
