"""IP sets and aliases that one guest has for its own rules."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.collectors.proxmox.cluster_state import ClusterState, GuestPlace
from reconciler.collectors.proxmox.context import FirewallFacts
from reconciler.collectors.proxmox.guest_firewall import alias_names, scoped
from reconciler.collectors.proxmox.kinds import alias, ipset
from reconciler.collectors.proxmox.kinds.firewall.fetch import fetch_firewalls
from reconciler.collectors.proxmox.rights import Rights
from tests.collectors.proxmox.lab_site import Answers, read, rows, scopes

ALL = {"/": {"VM.Audit": 1, "Sys.Audit": 1}}
GUESTS = {"100": GuestPlace("a", "qemu"), "101": GuestPlace("a", "lxc"), "102": GuestPlace("b", "qemu")}
HERE = ClusterState("9", {"a": True, "b": False}, GUESTS, rights=Rights("u@pve!t", ALL), cluster="lan")
OF_SITE: dict[str, Any] = {"cluster/firewall/ipset": [], "cluster/firewall/aliases": []}
WALL = "nodes/a/qemu/100/firewall"
ON = FirewallFacts({"100": frozenset()})


def test_sets_of_a_guest_are_read_where_its_firewall_is_on():
    api = Answers({**OF_SITE, f"{WALL}/ipset": [{"name": "desks"}], f"{WALL}/ipset/desks": [{"cidr": "pc"}]})
    listing = ipset.fetch(api, HERE, ON)
    assert (listing.listed, list(listing.rows)) == ("complete", ["guest:100:desks"])
    assert listing.facts.aliases == {"100": frozenset({"pc"})}, "its aliases are needed"
    assert not any("101" in path for path in api.asked), "one request for each guest with its firewall on"


def test_aliases_of_a_guest_are_read_where_a_rule_or_a_set_names_one():
    api = Answers({**OF_SITE, f"{WALL}/aliases": [{"name": "pc", "cidr": "192.0.2.9"}]})
    assert list(alias.fetch(api, HERE, FirewallFacts({"100": frozenset({"pc"})})).rows) == ["guest:100:pc"]
    api = Answers(OF_SITE)
    assert list(alias.fetch(api, HERE, ON).rows) == []
    assert not any("/qemu/" in path for path in api.asked)


def test_what_is_expected_is_asked_for_where_the_firewall_is_off():
    api = Answers({**OF_SITE, "nodes/a/lxc/101/firewall/ipset": []})
    api.expected = {"ipset": frozenset({"guest:101:web", "guest:102:web", "guest:300:web", "guest:301:web"})}
    api.answers["nodes/a/qemu/300/pending"] = (403, "no")
    api.answers["nodes/a/qemu/301/pending"] = (500, "Configuration file does not exist")
    listing = ipset.fetch(api, HERE, FirewallFacts())
    assert {key: str(each).partition(";")[0] for key, each in listing.unread.items()} == {
        "guest:102:web": "node b: offline",
        "guest:300:web": "the token may not see it",
    }
    assert listing.listed == "complete"


@pytest.mark.parametrize(
    ("kind", "leaf", "row", "facts"),
    [
        (ipset, "ipset", {"name": "x"}, FirewallFacts(off=frozenset({"100"}))),
        (alias, "aliases", {"name": "x", "cidr": "192.0.2.9"}, FirewallFacts(off=frozenset({"100"}))),
        (alias, "aliases", {"name": "x", "cidr": "192.0.2.9"}, ON),
    ],
    ids=["set, off", "alias, off", "alias, on and not named"],
)
def test_what_counts_no_more_leaves_nothing_behind_unless_it_is_declared(kind, leaf, row, facts):
    api = Answers({**OF_SITE, f"{WALL}/{leaf}": [row], f"{WALL}/ipset/x": []})
    api.expected = {kind.KIND.name: frozenset({"guest:100:x"})}
    listing = kind.fetch(api, HERE, facts)
    assert (listing.rows, listing.unread, listing.listed) == ({}, {}, "complete")
    api.declared = api.expected
    assert list(kind.fetch(api, HERE, facts).rows) == ["guest:100:x"]


def test_a_list_that_is_refused_leaves_the_kind_partial_and_what_is_expected_unread():
    api = Answers({**OF_SITE, f"{WALL}/ipset": (403, "Permission check failed (/vms/100, VM.Audit)")})
    api.expected = {"ipset": frozenset({"guest:100:web", "site"})}
    listing = ipset.fetch(api, HERE, ON)
    assert listing.listed == "partial"
    assert str(listing.problem).startswith("guest 100: ")
    assert list(listing.unread) == ["guest:100:web"]
    assert "pveum acl modify /vms/100 " in listing.unread["guest:100:web"].remedy


def test_the_names_that_rules_use():
    rules = [{"type": "in", "action": "ACCEPT", "source": "guest/pc,dc/other,+set,192.0.2.1,fd00::1"}]
    answers: dict[str, Any] = {
        f"{where}/firewall/options": {"enable": 1} for where in ("cluster", "nodes/a", "nodes/a/qemu/100")
    }
    answers |= {f"{where}/firewall/rules": [] for where in ("cluster", "nodes/a")}
    api = Answers({**answers, f"{WALL}/rules": rules})
    api.expected = {"firewall": frozenset({"guest:100"})}
    listing = fetch_firewalls(api, replace(HERE, nodes={"a": True}), None)
    assert listing.facts.aliases == {"100": frozenset({"pc"})}
    assert alias_names([None, "!a", 5]) == {"a"}


@pytest.mark.parametrize("text", ["guest:100", "guest:x:a", "guest:100:", "node:1:a", "a:b"])
def test_no_id(text):
    with pytest.raises(ValueError, match="guest:VMID:NAME"):
        scoped(text)


def test_in_the_lab_they_are_read_once_the_firewall_is_on(own_lab):
    own_lab.state.lists["cluster/firewall/options"]["enable"] = 1
    snapshot = read(own_lab)
    found = rows(snapshot)["resources"]["pve"]
    assert found["ipset"]["guest:105:desks"]["members"] == ["!printer", "192.168.10.0/24"]
    assert found["alias"]["guest:105:printer"]["cidr"] == "192.168.10.9"
    assert {scopes(snapshot)[kind].listed for kind in ("ipset", "alias")} == {"complete"}
    asked = [line for line in own_lab.requests if "firewall/ipset" in line or "firewall/aliases" in line]
    assert len(asked) == 6, "of the datacenter three; of the guest its sets, one set, its aliases"


def _of_datacenter(lab, enable):
    lab.state.lists["cluster/firewall/options"]["enable"] = enable


def _of_guest(lab, enable):
    lab.state.lists["guests/115/firewall/options"] = {"enable": enable}


def _named_alias(lab, named):
    rules = [{"pos": 0, "type": "in", "action": "ACCEPT", "enable": 1, "source": "x"}]
    lab.state.lists["guests/115/firewall/rules"] = rules if named else []


@pytest.mark.parametrize(
    ("on", "switch"),
    [(0, _of_datacenter), (1, _of_guest), (1, _named_alias)],
    ids=["datacenter", "guest", "rule that names an alias"],
)
def test_a_switch_that_is_taken_back_leaves_the_snapshot_as_it_was(own_lab, on, switch):
    """Whatever was recorded in between: the record does not decide what is read of undeclared resources."""
    own_lab.state.lists |= {
        "guests/115/firewall/ipset": [{"name": "x"}],
        "guests/115/firewall/ipset/x": [{"cidr": "192.0.2.9"}],
        "guests/115/firewall/aliases": [{"name": "x", "cidr": "192.0.2.9"}],
    }
    _of_datacenter(own_lab, on)
    _of_guest(own_lab, 1 if switch is _named_alias else 0)
    switch(own_lab, 0)
    before = read(own_lab)
    switch(own_lab, 1)
    between = read(own_lab)
    assert between.resources.keys() > before.resources.keys()
    switch(own_lab, 0)
    after = read(own_lab, expected=map(str, between.resources))
    assert after.resources.keys() == before.resources.keys()
    assert [scope.unread for scope in after.scopes] == [scope.unread for scope in before.scopes]
