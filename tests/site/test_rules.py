"""Every rule of the whole site: where it speaks, where it almost does, and where it must not."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

import pytest

from reconciler.config.file import CapacitySettings, DriftSettings
from reconciler.drift.compare import compare
from reconciler.drift.rule_results import Said
from reconciler.model.desired import DesiredState
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded
from reconciler.model.rule import Claim
from reconciler.model.snapshot import Inventory
from reconciler.site import rules
from tests.site.rows import (
    HOUSE,
    KINDS,
    NOW,
    SWITCH,
    Rows,
    address,
    built,
    checked,
    forward,
    guest,
    interface,
    mac,
    network,
    node,
    port,
    proxy_host,
    said_of,
    stream,
    with_house,
)


class Case(NamedTuple):
    """What makes a rule speak in the house, what it then says, and what almost makes it."""

    fires: Rows
    says: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Key, reason, related."""
    near: Rows


ONE = "pve/guest/101"
TWO = "pve/guest/102"
WEB = "npm/proxy-host/git.example.org"
SERVERS = "unifi/network/servers"
CABLE = "site/cable/r1:eno1"
P1, P2 = f"unifi/switch-port/{port(1)}", f"unifi/switch-port/{port(2)}"
HIM = f"unifi/reservation/{mac(101)}"
SAME = {"ip": "10.0.20.5/24"}

CASES: Mapping[str, Case] = {
    "duplicate-ip": Case(
        {TWO: guest(102, nic=SAME)},
        (("site/address/10.0.20.5", f"{ONE} and {TWO} have it", (ONE, TWO)),),
        {TWO: guest(102, nic=SAME, template=True)},
    ),
    "duplicate-mac": Case(
        {TWO: guest(102, nic={"mac": mac(101)})},
        (
            (ONE, f"net0 has {mac(101)}, as net0 of {TWO}", (TWO,)),
            (TWO, f"net0 has {mac(101)}, as net0 of {ONE}", (ONE,)),
        ),
        {TWO: guest(102, nic={"mac": mac(101)}, template=True)},
    ),
    "address-outside-subnet": Case(
        {TWO: guest(102, nic={"ip": "10.0.11.6/24"})},
        ((TWO, "10.0.11.6 is not in 10.0.20.0/24, the network of VLAN 20", (SERVERS,)),),
        {TWO: guest(102, nic={"ip": "10.0.20.255/24", "ip6": "2001:db8::6/64"})},
    ),
    "undeclared-address": Case(
        {"site/address/10.0.20.9": address(lifecycle="planned"), "pve/node/r2": node("r2"),
         "pve/node-network/r1:vmbr0": interface("vmbr0", type="bridge", bridge_ports=["eno1"]),
         "pve/node/r1": node("r1"), f"unifi/device/{SWITCH}": {"name": "core"}},
        (("site/address/10.0.20.5", f"{ONE} has it", (ONE,)),),
        {"site/address/10.0.20.3": address(role="dhcp-pool", until="10.0.20.5"), "pve/node/r2": node("r2"),
         "pve/node-network/r1:vmbr0": interface("vmbr0", type="bridge", bridge_ports=["eno1"]),
         "pve/node/r1": node("r1"), f"unifi/device/{SWITCH}": {"name": "core"}},
    ),
    "unseen-address": Case(
        {"site/address/10.0.20.9": address(owner=ONE)},
        (("site/address/10.0.20.9", "no source knows of it", (ONE,)),),
        {"site/address/10.0.20.9": address(owner=ONE, lifecycle="planned"),
         "site/address/10.0.20.5": address(owner=TWO),
         "site/address/10.0.20.10": address(role="vip")},
    ),
    "retired-alive": Case(
        {"site/address/10.0.20.5": address(lifecycle="retired")},
        (("site/address/10.0.20.5", f"{ONE} has it", (ONE,)),),
        {"site/address/10.0.20.5": address(lifecycle="retiring"),
         "site/address/10.0.20.6": address(lifecycle="retired")},
    ),
    "static-in-pool": Case(
        {TWO: guest(102, nic={"ip": "10.0.20.100/24"})},
        ((TWO, "10.0.20.100 is in the DHCP range of servers", (SERVERS,)),),
        {TWO: guest(102, nic={"ip": "10.0.20.99/24"}),
         "pve/guest/103": guest(103, nic={"ip": "10.0.20.199/24"}),
         f"unifi/reservation/{mac(103)}": {"fixed_ip": "10.0.20.199"}},
    ),
    "reservation-contradiction": Case(
        {HIM: {"fixed_ip": "10.0.20.6"}},
        ((HIM, f"10.0.20.6 is reserved, and {ONE} is set to 10.0.20.5", (ONE,)),),
        {HIM: {"fixed_ip": "10.0.20.5"}, f"unifi/reservation/{mac(102)}": {"fixed_ip": "10.0.20.6"}},
    ),
    "tag-without-network": Case(
        {TWO: guest(102, nic={"tag": 21})},
        ((TWO, "net0 has VLAN 21, and no network has that", ()),),
        {TWO: guest(102, nic={"tag": None}), "unifi/network/only": network(21, None, purpose="vlan-only"),
         "pve/guest/103": guest(103, nic={"tag": 21})},
    ),
    "vlan-not-carried": Case(
        {P1: {"native_vlan": 11, "tagged_vlans": ["21-30"],
              "link": {"neighbour": "r1", "neighbour_port": "eno1"}}},
        ((ONE, f"{P1} (observed) does not carry VLAN 20 of net0", (P1,)),),
        {P1: {"native_vlan": 11, "tagged_vlans": ["12-20"],
              "link": {"neighbour": "r1", "neighbour_port": "eno1"}},
         TWO: guest(102, nic={"tag": 11})},
    ),
    "cable-contradiction": Case(
        {CABLE: {"to": port(2)}},
        ((CABLE, f"guests of r1 are seen on {P1} and not on {P2}", (P2, P1)),
         (CABLE, f"the switch hears it on {P1}", (P2, P1))),
        {CABLE: {"to": port(1)}, "site/cable/r1:eno2": {"to": port(2)}},
    ),
    "target-unknown": Case(
        {WEB: proxy_host(host="10.0.20.6")},
        ((WEB, "git.example.org leads to 10.0.20.6, which nobody has", ()),),
        {WEB: proxy_host(host="10.0.20.6", enabled=False),
         "npm/proxy-host/out.example.org": proxy_host("out.example.org", "192.0.2.6"),
         "npm/proxy-host/name.example.org": proxy_host("name.example.org", "nas")},
    ),
    "target-stopped": Case(
        {ONE: guest(nic=SAME, power="stopped")},
        ((WEB, f"git.example.org leads to {ONE}, which is stopped", (ONE,)),),
        {ONE: guest(nic=SAME, power="stopped"), WEB: proxy_host(enabled=False)},
    ),
    "port-claimed-twice": Case(
        {"unifi/port-forward/wan:tcp:443": forward(443),
         "unifi/port-forward/wan:tcp_udp:400-443": forward(443, dst_port="400-443", proto="tcp_udp"),
         "npm/stream/2222/tcp": stream(2222), "npm/stream/2222/tcp+udp": stream(2222, udp_forwarding=True)},
        (("npm/stream/2222/tcp+udp", "npm/stream/2222/tcp listens there too", ("npm/stream/2222/tcp",)),
         ("unifi/port-forward/wan:tcp_udp:400-443",
          "unifi/port-forward/wan:tcp:443 listens there too", ("unifi/port-forward/wan:tcp:443",))),
        {"unifi/port-forward/wan:tcp:443": forward(443),
         "unifi/port-forward/wan:tcp:400-442": forward(443, dst_port="400-442"),
         "unifi/port-forward/wan:udp:443": forward(443, proto="udp"),
         "unifi/port-forward/wan2:tcp:443": forward(443, pfwd_interface="wan2"),
         "unifi/port-forward/wan:tcp:443~2": forward(443, enabled=False),
         "npm/stream/443/tcp": stream(443),
         "npm/stream/443/udp": stream(443, tcp_forwarding=False, udp_forwarding=True)},
    ),
    "duplicate-name": Case(
        {"npm/redirection-host/git.example.org": {"domain_names": ["git.example.org"]}},
        (("npm/redirection-host/git.example.org", f"{WEB} answers to git.example.org too", (WEB,)),),
        {"npm/redirection-host/git.example.org": {"domain_names": ["git.example.org"], "enabled": False},
         "npm/redirection-host/www.git.example.org": {"domain_names": ["www.git.example.org"]}},
    ),
    "certificate-expiry": Case(
        {"npm/certificate/c1": {"expires_on": "2026-12-07T21:04:59Z"},
         "npm/certificate/c2": {"expires_on": "2026-11-23T21:05:00Z"}},
        (("npm/certificate/c1", "it ends on 2026-12-07", (WEB,)),
         ("npm/certificate/c2", "it ended on 2026-11-23", ())),
        {"npm/certificate/c1": {"expires_on": "2026-12-07T21:05:00Z"}, "npm/certificate/c2": {}},
    ),
    "over-commit": Case(
        {"pve/node/r1": node("r1", threads=2, memory=4096), "pve/node/r2": node("r2", memory=1024),
         TWO: guest(102, cores=7, memory=4096)},
        (("pve/cluster/lab", "running guests are given 6144 MiB, and its nodes have 5120 MiB", ()),
         ("pve/node/r1", "cpus of running guests are 4.5 times what it has; at most 4.0 are allowed", ()),
         ("pve/node/r1", "memory of running guests are 1.5 times what it has; at most 1.0 are allowed", ())),
        {"pve/node/r1": node("r1", threads=2, memory=6144), "pve/node/r2": node("r2", memory=1024),
         TWO: guest(102, cores=6, memory=4096), "pve/guest/103": guest(103, power="stopped"),
         "pve/guest/104": guest(104, template=True)},
    ),
    "no-backup": Case(
        {"pve/backup-job/nightly": {"guests": [101]}, TWO: guest(102)},
        ((TWO, "no backup job covers it", ()),),
        {"pve/backup-job/nightly": {"guests": [101]}, TWO: guest(102, pool="prod"),
         "pve/backup-job/pool": {"pool": "prod"}, "pve/guest/103": guest(103, template=True)},
    ),
    "inactive-storage": Case(
        {"pve/storage/local": {"name": "local", "type": "dir", "available_on": ["r2"]}},
        ((ONE, "local is not there on r1", ("pve/storage/local",)),),
        {"pve/storage/local": {"name": "local", "type": "dir", "available_on": ["r1"]},
         "pve/storage/gone": {"name": "gone", "type": "nfs"},
         TWO: guest(102, disks={"rootfs": {"storage": "gone"}}),
         "pve/guest/103": guest(103, node="r2", disks={"rootfs": {"storage": "local"}}, template=True)},
    ),
}  # fmt: skip
BY_NAME = {rule.name: rule for rule in rules.ALL}
NEEDS = [(rule.name, kind) for rule in rules.ALL for kind in dict.fromkeys((*rule.needs, *rule.whole))]


def fires(name: str) -> dict[str, Mapping[str, object]]:
    return with_house(CASES[name].fires)


def claims_of(name: str) -> list[Claim]:
    return [
        Claim(name, Key.parse(key), reason, tuple(map(Key.parse, related)))
        for key, reason, related in CASES[name].says
    ]


def of_kind(rows: Mapping[str, object], kind: str) -> list[str]:
    return [at for at in rows if Key.parse(at).kind == kind]


def failing(rows: Mapping[str, object], kind: str) -> dict[str, object]:
    """The scopes of a kind, failed in every source."""
    return {f"{source}/{kind}": "failed" for source, kinds in KINDS.items() if kind in kinds}


def test_every_rule_has_its_cases():
    assert set(CASES) == set(BY_NAME)
    assert len(BY_NAME) == len(rules.ALL)


def test_what_a_rule_must_know_whole_is_among_what_it_needs():
    assert [rule.name for rule in rules.ALL if not set(rule.whole) <= set(rule.needs)] == []


def test_no_rule_has_a_word_of_the_house():
    assert checked(built(HOUSE)) == ((), {})


@pytest.mark.parametrize("name", CASES)
def test_a_rule_speaks(name):
    site = built(fires(name))
    assert said_of(name, site) == claims_of(name)
    assert name not in checked(site)[1]


@pytest.mark.parametrize("name", CASES)
def test_a_near_miss_is_none(name):
    site = built(with_house(CASES[name].near))
    assert said_of(name, site) == []
    assert name not in checked(site)[1]


@pytest.mark.parametrize("said", [{"listed": "failed"}, {"listed": "partial"}, {"unread": {"9": "dark"}}])
@pytest.mark.parametrize(("name", "kind"), NEEDS)
def test_a_rule_is_unchecked_where_a_list_that_it_needs_is_not_whole(name, kind, said):
    rows = fires(name)
    scopes = dict.fromkeys(failing(rows, kind), said)
    site = built(rows, scopes=scopes)
    assert kind in checked(site)[1][name]
    rule = BY_NAME[name]
    silent = kind in rule.whole or (kind in rule.listed and "listed" in said)
    assert said_of(name, site) == ([] if silent else claims_of(name))


@pytest.mark.parametrize(("name", "kind"), [each for each in NEEDS if each[1] in BY_NAME[each[0]].whole])
def test_a_rule_has_no_word_of_a_system_that_is_not_there(name, kind):
    rows = {at: row for at, row in fires(name).items() if Key.parse(at).kind != kind}
    assert said_of(name, built(rows, scopes=dict.fromkeys(failing(rows, kind)))) == []


DEAF = {"native_vlan": 11}
GROUNDS: tuple[tuple[str, Rows], ...] = (
    *((name, case.fires) for name, case in CASES.items()),
    ("target-stopped", {ONE: guest(power="stopped")}),
    ("target-stopped", {ONE: guest(power="stopped"), f"unifi/client/{mac(101)}": None,
                        HIM: {"fixed_ip": "10.0.20.5"}}),
    ("target-stopped", {ONE: guest(nic=SAME, power="stopped"), WEB: proxy_host(host="git"),
                        "unifi/static-dns/A:git": {"value": "10.0.20.5"}}),
    ("retired-alive", {"site/address/10.0.20.5": address(lifecycle="retired"), ONE: guest()}),
    ("target-unknown", {WEB: proxy_host(host="git"), "unifi/static-dns/A:git": {"value": "10.0.20.6"}}),
    ("undeclared-address", {"site/address/10.0.20.9": address(lifecycle="planned"), ONE: guest()}),
    ("static-in-pool", {"pve/node-network/r1:vmbr0": interface("vmbr0", cidr="10.0.20.100/24")}),
    ("vlan-not-carried", {P1: DEAF}),
    ("vlan-not-carried", {P1: DEAF, CABLE: {"to": port(1)}}),
    ("cable-contradiction", {CABLE: {"to": port(2)}, P1: DEAF}),
    ("over-commit", {"pve/node/r1": node("r1", memory=1024), "pve/cluster/lab": None}),
)  # fmt: skip
"""What makes rules speak, on each of the grounds that they have."""
ROWS = [
    pytest.param(name, changes, at, id=f"{name}-{number}-{at}")
    for number, (name, changes) in enumerate(GROUNDS)
    for at in with_house(changes)
    if not at.startswith("site/")
]


@pytest.mark.parametrize(("name", "changes", "at"), ROWS)
def test_what_an_earlier_run_read_is_no_ground_for_a_claim(name, changes, at):
    """A row that is carried makes no claim that there is not without it; what waits for it is unchecked."""
    rows, key = with_house(changes), Key.parse(at)
    whole = {claim.key for claim in said_of(name, built(rows))}
    assert whole
    scopes = {f"{key.source}/{key.kind}": {"unread": {key.id: "dark"}}}
    without = {other: row for other, row in rows.items() if other != at}
    carried = built(rows, scopes=scopes, as_of=[at])
    now = {claim.key for claim in said_of(name, carried)}
    assert now <= {claim.key for claim in said_of(name, built(without, scopes=scopes))}
    if now != whole:
        assert name in checked(carried)[1]


STOPPED: Rows = {ONE: guest(nic=SAME, power="stopped")}


@pytest.mark.parametrize(
    "beside",
    [
        {TWO: guest(102, nic=SAME)},
        {"unifi/client/02:00:00:00:00:01": {"ip": "10.0.20.5", "wired": True}},
    ],
    ids=["guest", "client"],
)
def test_a_name_is_not_dead_while_somebody_else_has_its_address(beside):
    assert said_of("target-stopped", built(with_house({**STOPPED, **beside}))) == []
    also = {**STOPPED, TWO: guest(102, nic=SAME, power="stopped")}
    assert said_of("target-stopped", built(with_house(also)))


def test_a_vlan_that_is_not_carried_stands_on_each_interface_of_the_way():
    rows = with_house(
        {
            P1: DEAF,
            CABLE: {"to": port(1)},
            f"unifi/client/{mac(101)}": None,
            "pve/node-network/r1:bond0": interface("bond0", type="bond", slaves=["eno1"]),
            "pve/node-network/r1:vmbr0": interface("vmbr0", type="bridge", bridge_ports=["bond0"]),
        }
    )
    assert said_of("vlan-not-carried", built(rows))
    for name in ("vmbr0", "bond0", "eno1"):
        carried = built(rows, as_of=[f"pve/node-network/r1:{name}"])
        assert said_of("vlan-not-carried", carried) == []
        assert "vlan-not-carried" in checked(carried)[1]


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [("wan", "both", True), ("all", "wan2", True), ("both", "both", True), ("wan", "wan2", False)],
)
def test_a_forward_on_every_way_out_takes_the_port_of_each(one, other, found):
    rows = with_house(
        {
            f"unifi/port-forward/{one}:tcp:443": forward(443, pfwd_interface=one),
            f"unifi/port-forward/{other}:tcp:443~2": forward(443, pfwd_interface=other),
        }
    )
    assert bool(said_of("port-claimed-twice", built(rows))) is found


def test_guests_of_a_node_of_unknown_size_commit_nothing_of_the_others():
    rows = with_house({"pve/node/r1": node(memory=None), "pve/node/r2": node("r2", memory=1024)})
    assert said_of("over-commit", built(rows)) == []


@pytest.mark.parametrize("name", CASES)
def test_what_a_claim_is_about_was_read_now(name):
    for at in {str(key) for claim in claims_of(name) for key in (claim.key, *claim.related)} & set(
        fires(name)
    ):
        site = built(fires(name), as_of=[at])
        assert all(Key.parse(at) not in (claim.key, *claim.related) for claim in said_of(name, site))
        assert name in checked(site)[1]


NOTHING = DesiredState({}, frozenset(), lambda _key, _path: "")


def judged(site: Inventory, previous: Recorded | None = None) -> Recorded:
    claims, unchecked = checked(site, CapacitySettings())
    said = Said(rules.RULES, claims, unchecked)
    report = compare(site, NOTHING, previous, DriftSettings(), KINDS, (), said)
    return Recorded(report, site.config, site.observed, site.as_of, {})


def findings(recorded: Recorded, name: str, where: str) -> set[str]:
    return {str(each.key) for each in getattr(recorded.report, where) if each.rule == name}


@pytest.mark.parametrize(("name", "kind"), [each for each in NEEDS if of_kind(fires(each[0]), each[1])])
def test_a_finding_waits_while_its_rule_is_unchecked_and_then_goes(name, kind):
    rows = fires(name)
    keys = {str(claim.key) for claim in claims_of(name)}
    first = judged(built(rows))
    assert findings(first, name, "findings") == keys

    carried = of_kind(rows, kind)
    dark = built(rows, scopes=failing(rows, kind), as_of=carried, moment=NOW + timedelta(minutes=15))
    second = judged(dark, first)
    assert name in second.report.unchecked
    assert findings(second, name, "findings") | findings(second, name, "unconfirmed") == keys
    assert not findings(second, name, "resolved")
    waiting = [each for each in second.report.unconfirmed if each.rule == name]
    assert {each.first_seen for each in waiting} <= {NOW}

    third = judged(built(HOUSE, moment=NOW + timedelta(minutes=30)), second)
    assert findings(third, name, "resolved") == keys
    assert not findings(third, name, "findings") | findings(third, name, "unconfirmed")
    fourth = judged(built(rows, moment=NOW + timedelta(minutes=30)), second)
    assert {each.first_seen for each in fourth.report.findings if each.rule == name} == {NOW}
