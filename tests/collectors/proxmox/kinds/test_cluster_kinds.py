"""What the kinds ask that the cluster keeps as a whole, and what their lists prove."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.collectors.proxmox.cluster_state import ClusterState, GuestPlace
from reconciler.collectors.proxmox.context import GuestFacts, ProxmoxContext, VnetFacts
from reconciler.collectors.proxmox.kinds import (
    acl,
    alias,
    backup_job,
    cluster,
    disk,
    group,
    ha_resource,
    ha_rule,
    ipset,
    metric_server,
    notification_matcher,
    notification_target,
    realm,
    realm_sync_job,
    replication_job,
    role,
    sdn_controller,
    sdn_fabric,
    sdn_vnet,
    sdn_zone,
    security_group,
    user,
)
from reconciler.collectors.proxmox.kinds.firewall import firewall
from reconciler.collectors.proxmox.kinds.firewall.fetch import RawFirewall, fetch_firewalls
from reconciler.collectors.proxmox.rights import Rights
from reconciler.errors import Problem, SourceError
from tests.collectors.proxmox.lab_site import Answers, fetch
from tests.problems import texts

ALL = {"/": {"VM.Audit": 1, "Sys.Audit": 1, "SDN.Audit": 1}}
FOUND = ClusterState("9", {"a": True, "b": True}, rights=Rights("u@pve!t", ALL), cluster="lan")
ABSENT = (501, "Method 'GET /x' not implemented")
WITHOUT_QUORUM = replace(FOUND, doubt=Problem("", "no quorum"))
LISTS = {
    backup_job: "cluster/backup",
    replication_job: "cluster/replication",
    ha_resource: "cluster/ha/resources",
    ha_rule: "cluster/ha/rules",
    sdn_zone: "cluster/sdn/zones?pending=1",
    sdn_vnet: "cluster/sdn/vnets?pending=1",
    firewall: "cluster/firewall/options",
    ipset: "cluster/firewall/ipset",
    security_group: "cluster/firewall/groups",
    alias: "cluster/firewall/aliases",
    group: "access/groups",
    user: "access/users?full=1",
    acl: "access/acl",
    role: "access/roles",
    realm: "access/domains",
    realm_sync_job: "cluster/jobs/realm-sync",
    sdn_controller: "cluster/sdn/controllers?pending=1",
    sdn_fabric: "cluster/sdn/fabrics/all",
    notification_target: "cluster/notifications/targets",
    notification_matcher: "cluster/notifications/matchers",
    metric_server: "cluster/metrics/server",
}


@pytest.mark.parametrize("kind", LISTS, ids=lambda kind: kind.KIND.name)
def test_a_release_that_does_not_have_it_has_none_of_it(kind):
    listing = fetch(kind, Answers({}), FOUND)
    assert (listing.listed, dict(listing.rows)) == ("complete", {})
    api = Answers({})
    api.expected = {kind.KIND.name: frozenset({"x"})}
    listing = fetch(kind, api, FOUND)
    assert listing.listed == "partial", "what is expected is not gone for that"
    assert "this release does not have it" in str(listing.problem)
    assert fetch(kind, Answers({}), WITHOUT_QUORUM).listed == "partial"


@pytest.mark.parametrize("kind", LISTS, ids=lambda kind: kind.KIND.name)
def test_a_list_that_is_refused_names_the_command(kind):
    refused = (403, "Permission check failed (/, Sys.Audit)")
    listing = fetch(kind, Answers({LISTS[kind]: refused, "cluster/ha/groups": refused}), FOUND)
    assert listing.listed == "partial"
    where = "/mapping/notifications" if "notification" in LISTS[kind] else "/"
    command = f"pveum acl modify {where} --roles PVEAuditor --users u@pve --tokens 'u@pve!t'"
    assert command in str(listing.problem)


@pytest.mark.parametrize("kind", LISTS, ids=lambda kind: kind.KIND.name)
def test_a_list_that_fails_proves_nothing(kind):
    with pytest.raises(SourceError):
        fetch(kind, Answers({LISTS[kind]: (500, "got timeout")}), FOUND)


@pytest.mark.parametrize("kind", [replication_job, sdn_zone, sdn_vnet], ids=lambda kind: kind.KIND.name)
def test_lists_that_hide_silently_need_the_right(kind):
    listing = fetch(
        kind, Answers({LISTS[kind]: []}), replace(FOUND, rights=Rights("u@pve!t", {"/": {"Sys.Audit": 1}}))
    )
    assert listing.listed == "partial"
    assert "the token lacks" in str(listing.problem)


def test_a_row_without_a_name_makes_a_list_partial():
    listing = alias.fetch(Answers({LISTS[alias]: [{"name": "a", "cidr": "192.0.2.1"}, {}]}), FOUND, None)
    assert (listing.listed, list(listing.rows)) == ("partial", ["a"])


@pytest.mark.parametrize(("store", "expected"), [(False, None), (True, "where admins sit")])
def test_comments_are_kept_only_when_asked_for(store, expected):
    row = {"name": "a", "cidr": "192.0.2.1", "comment": "where admins sit\n"}
    listing = alias.fetch(Answers({LISTS[alias]: [row]}, store_descriptions=store), FOUND, None)
    read = alias.normalise("a", listing.rows["a"], listing.context)
    assert (read.comment, read.has_comment) == (expected, True)


def test_the_cluster_is_what_its_membership_says():
    api = Answers({"cluster/options": {"keyboard": "de"}})
    listing = cluster.fetch(api, replace(FOUND, nodes={"a": True, "b": False}, quorate=False))
    options = {"keyboard": "de"}
    assert listing.rows["lan"] == cluster.RawCluster(["a", "b"], ["a"], quorate=False, options=options)
    refused = cluster.fetch(Answers({"cluster/options": (403, "no")}), FOUND)
    unread = cluster.normalise("lan", refused.rows["lan"], refused.context).unread
    assert "keyboard" in (unread or ())
    alone = cluster.fetch(Answers({}), replace(FOUND, cluster=None, nodes={"pve": True}))
    assert list(alone.rows) == ["pve"], "a host of its own has the name of its node"
    unknown = cluster.fetch(Answers({}), replace(FOUND, membership=Problem("", "403 no")))
    assert (unknown.listed, str(unknown.problem), dict(unknown.rows)) == ("partial", "403 no", {})


DISK = {"devpath": "/dev/sda", "serial": "S1"}


def disks(node):
    return f"nodes/{node}/disks/list?skipsmart=1"


def test_disks_are_known_by_what_they_are_and_not_by_their_device():
    rows = [
        DISK,
        {"devpath": "/dev/sdb", "serial": "S1"},
        {"devpath": "/dev/sdc", "wwn": "0x5"},
        {"devpath": "/dev/sdd"},
    ]
    listing = disk.fetch(Answers({disks("a"): rows, disks("b"): []}), FOUND)
    assert sorted(listing.rows) == ["a:/dev/sdd", "a:0x5", "a:S1", "a:S1~2"]
    again = disk.fetch(Answers({disks("a"): rows[::-1], disks("b"): []}), FOUND)
    assert again.rows == listing.rows, "whatever the order of the answer"
    assert listing.listed == "complete"


@pytest.mark.parametrize("answer", [(403, "no"), (595, "No route to host"), {"odd": 1}])
def test_a_node_that_does_not_tell_its_disks_makes_the_list_partial(answer):
    listing = disk.fetch(Answers({disks("a"): [DISK], disks("b"): answer}), FOUND)
    assert (listing.listed, list(listing.rows)) == ("partial", ["a:S1"])
    assert "node b: cannot be read" in str(listing.problem)


def test_a_release_without_disk_lists_has_none():
    assert disk.fetch(Answers({}), FOUND).listed == "complete"
    api = Answers({})
    api.expected = {"disk": frozenset({"a:S1"})}
    assert disk.fetch(api, FOUND).listed == "partial"


MIGRATED = (500, "cannot index groups: ha groups have been migrated to rules")
RULE = {"rule": "r", "type": "node-affinity", "nodes": "a"}
GROUP = {"group": "g", "nodes": "a,b"}


@pytest.mark.parametrize(
    ("rules", "groups", "listed", "names"),
    [
        ([RULE], MIGRATED, "complete", ["r"]),
        ([RULE], ABSENT, "complete", ["r"]),
        ([], MIGRATED, "complete", []),
        (ABSENT, [GROUP], "complete", ["g"]),
        ([RULE], [GROUP], "complete", ["g", "r"]),
        ([RULE], (403, "no"), "partial", ["r"]),
        ([RULE, {}], [GROUP], "partial", ["g", "r"]),
        (ABSENT, [GROUP, {}], "partial", ["g"]),
    ],
)
def test_rules_or_groups_are_read_from_the_engine_that_there_is(rules, groups, listed, names):
    listing = ha_rule.fetch(Answers({"cluster/ha/rules": rules, "cluster/ha/groups": groups}), FOUND)
    assert (listing.listed, sorted(listing.rows)) == (listed, names)


def test_a_vnet_whose_subnets_do_not_answer_is_unread_alone():
    vnets = [{"vnet": "v1", "zone": "z"}, {"vnet": "v2", "zone": "z"}]
    api = Answers(
        {
            LISTS[sdn_vnet]: vnets,
            "cluster/sdn/vnets/v1/subnets?pending=1": [],
            "cluster/sdn/vnets/v2/subnets?pending=1": (500, "x"),
        }
    )
    listing = sdn_vnet.fetch(api, FOUND)
    assert (list(listing.rows), texts(listing.unread)) == (["v1"], {"v2": "500 x"})


def test_a_set_whose_members_do_not_answer_is_unread_alone():
    api = Answers(
        {
            LISTS[ipset]: [{"name": "a"}, {"name": "b"}],
            "cluster/firewall/ipset/a": [],
            "cluster/firewall/ipset/b": {},
        }
    )
    listing = ipset.fetch(api, FOUND, None)
    assert (list(listing.rows), texts(listing.unread)) == (["a"], {"b": "its members are not a list"})


GUESTS = {
    "100": GuestPlace("a", "qemu", "running"),
    "101": GuestPlace("b", "lxc", "running"),
    "102": GuestPlace("c", "qemu", "running"),
}
HERE = replace(FOUND, guests=GUESTS, nodes={"a": True, "b": True, "c": False})


def walls(enable, **guests):
    answers = {"cluster/firewall/options": {"enable": enable}, "cluster/firewall/rules": []}
    for at in ("nodes/a", "nodes/b", "nodes/a/qemu/100", "nodes/b/lxc/101"):
        answers |= {f"{at}/firewall/options": {}, f"{at}/firewall/rules": []}
    return Answers(answers | guests)


def test_firewalls_of_guests_are_read_where_they_are_on():
    api = walls(1, **{"nodes/a/qemu/100/firewall/options": {"enable": 1}})
    listing = fetch_firewalls(api, HERE, GuestFacts(frozenset({"100", "101", "102"})))
    assert sorted(listing.rows) == ["cluster", "guest:100", "node:a", "node:b"], (
        "101 has a NIC with it, and is off"
    )
    assert texts(listing.unread) == {"guest:102": "node c: offline", "node:c": "node c: offline"}
    assert "nodes/b/lxc/101/firewall/rules" not in api.asked


def test_where_the_datacenter_has_it_off_no_guest_is_asked_but_those_that_are_expected():
    api = walls(0)
    api.expected = api.declared = {"firewall": frozenset({"guest:101", "guest:999", "cluster"})}
    listing = fetch_firewalls(api, HERE, GuestFacts(frozenset({"100", "101"})))
    assert sorted(listing.rows) == ["cluster", "guest:101", "node:a", "node:b"]
    assert not any("/qemu/100/" in path for path in api.asked)


@pytest.mark.parametrize("datacenter", [0, 1])
def test_the_firewall_of_a_guest_that_is_off_again_leaves_nothing_behind_unless_it_is_declared(datacenter):
    """What is recorded does not decide what is read: the site is as it was before the firewall was on."""
    api = walls(datacenter, **{"nodes/a/qemu/100/firewall/options": {"enable": 0 if datacenter else 1}})
    api.expected = {"firewall": frozenset({"guest:100"})}
    guests = GuestFacts(frozenset({"100"}))
    listing = fetch_firewalls(api, HERE, guests)
    assert (sorted(listing.rows), "guest:100" in listing.unread) == (["cluster", "node:a", "node:b"], False)
    assert "100" in listing.facts.off
    api.declared = api.expected
    assert "guest:100" in fetch_firewalls(api, HERE, guests).rows


def test_rules_come_in_their_order_and_a_scope_that_is_refused_is_unread_alone():
    rules = [
        {"pos": 1, "type": "in", "action": "DROP"},
        {"pos": 0, "type": "in", "action": "ACCEPT", "comment": "c"},
    ]
    refused = (403, "Permission check failed (/nodes/b, Sys.Audit)")
    api = walls(0, **{"nodes/a/firewall/rules": rules, "nodes/b/firewall/options": refused})
    listing = fetch_firewalls(api, FOUND, None)
    read = firewall.normalise("node:a", listing.rows["node:a"], listing.context)
    assert [rule.action for rule in read.rules] == ["ACCEPT", "DROP"]
    assert [rule.comment for rule in read.rules] == [None, None]
    assert "pveum acl modify /nodes/b " in listing.unread["node:b"].remedy
    assert (listing.listed, "node:b" in listing.rows) == ("complete", False)


@pytest.mark.parametrize("scope", ["", "clusters", "cluster:", "node:", "guest", "vm:100"])
def test_no_scope_of_a_firewall(scope):
    with pytest.raises(ValueError, match="is not a scope of a firewall"):
        firewall._scope(scope)


def test_firewalls_of_vnets_are_read_where_the_release_has_them():
    at = "cluster/sdn/vnets/{}/firewall/{}"
    rules = [{"pos": 0, "type": "forward", "action": "DROP"}]
    answers: dict[str, Any] = {at.format("v1", "options"): {"enable": 1}, at.format("v1", "rules"): rules}
    answers |= {at.format("v2", leaf): (403, "Permission check failed") for leaf in ("options", "rules")}
    vnets = VnetFacts(frozenset({"v1", "v2", "v3"}))
    listing = fetch_firewalls(walls(0, **answers), HERE, None, None, vnets)
    assert sorted(listing.rows) == ["cluster", "node:a", "node:b", "vnet:v1"], "v3: 501"
    assert "pveum acl modify /sdn " in listing.unread["vnet:v2"].remedy
    read = firewall.normalise("vnet:v1", listing.rows["vnet:v1"], listing.context)
    assert (read.enable, read.policy_forward, read.policy_in) == (True, "ACCEPT", None)
    assert [rule.action for rule in read.rules] == ["DROP"]


def test_a_vnet_that_is_hidden_does_not_lose_its_firewall():
    api = walls(0, **{"cluster/sdn/vnets/v1": (403, "no"), "cluster/sdn/vnets/v2": (500, "does not exist")})
    api.expected = {"firewall": frozenset({"vnet:v1", "vnet:v2"})}
    listing = fetch_firewalls(api, FOUND, None, None, VnetFacts())
    assert list(listing.unread) == ["vnet:v1"]


def test_a_node_that_refuses_its_disks_names_the_command():
    listing = disk.fetch(Answers({disks("a"): [DISK], disks("b"): (403, "no")}), FOUND)
    assert "pveum acl modify /nodes/b " in str(listing.problem)


def test_a_firewall_of_a_guest_that_is_hidden_is_not_gone_and_of_one_that_was_deleted_it_is():
    gone = (500, "Configuration file 'nodes/a/qemu-server/301.conf' does not exist")
    api = walls(0, **{"nodes/a/qemu/300/pending": (403, "no"), "nodes/a/qemu/301/pending": gone})
    api.expected = {"firewall": frozenset({"guest:300", "guest:301", "cluster", "node:z"})}
    listing = fetch_firewalls(api, FOUND, None)
    assert list(listing.unread) == ["guest:300"]
    assert "pveum acl modify /vms/300 " in listing.unread["guest:300"].remedy
    assert listing.listed == "complete"


@pytest.mark.parametrize(("leaf", "answer"), [("options", []), ("rules", {})])
def test_a_firewall_that_answers_nonsense_is_unread_and_not_empty(leaf, answer):
    listing = fetch_firewalls(walls(0, **{f"nodes/b/firewall/{leaf}": answer}), FOUND, None)
    assert list(listing.unread) == ["node:b"]
    assert "node:b" not in listing.rows


@pytest.mark.parametrize("odd", ["odd", {"pos": "first", "type": "in", "action": "DROP"}, {"type": "in"}])
def test_a_rule_that_is_odd_costs_the_rules_and_not_the_options(odd):
    rules = [{"pos": 0, "type": "in", "action": "ACCEPT"}, odd]
    listing = fetch_firewalls(walls(0, **{"nodes/b/firewall/rules": rules}), FOUND, None)
    read = firewall.normalise("node:b", listing.rows["node:b"], listing.context)
    assert (read.enable, read.unread) == (True, ("rules",))


@pytest.mark.parametrize(("version", "ndp"), [("8.4.5", False), ("9.2", True), (None, True)])
def test_the_default_of_ndp_is_that_of_the_release(version, ndp):
    raw, context = RawFirewall({}), ProxmoxContext(version=version)
    found = {
        scope: firewall.normalise(scope, raw, context).ndp for scope in ("node:a", "guest:100", "cluster")
    }
    assert found == {"node:a": ndp, "guest:100": ndp, "cluster": None}
