"""What the fetches of nodes, storages, networks and pools make of answers that are written down."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.collectors.proxmox.cluster_state import ClusterState, StoragePlace
from reconciler.collectors.proxmox.context import NetworkFacts, ProxmoxContext
from reconciler.collectors.proxmox.kinds import node, node_network, pool, storage
from reconciler.collectors.proxmox.rights import Rights
from reconciler.errors import Problem, SourceError
from tests.collectors.proxmox.lab_site import NOW, Answers, fetch
from tests.problems import texts

ALL = {"/": dict.fromkeys(["VM.Audit", "Sys.Audit", "Datastore.Audit", "Pool.Audit", "SDN.Audit"], 1)}


def found(permissions=ALL, **nodes):
    return ClusterState(
        "9", nodes or {"a": True}, rights=Rights("", permissions), addresses={"a": "192.0.2.1"}
    )


def test_nodes():
    api = Answers(
        {
            "nodes/a/status": {"pveversion": "x/9/y"},
            "nodes/a/subscription": {"status": "active", "level": "c", "key": "hunter2"},
            "nodes/b/status": (403, "no"),
            "nodes/c/status": [],
            "nodes/e/status": {"uptime": 1},
        }
    )
    facts = NetworkFacts({"a": ("vmbr0",)})
    listing = node.fetch(api, found(a=True, b=True, c=True, d=False, e=True), facts)
    assert listing.rows == {
        "a": node.RawNode(
            "192.0.2.1", {"pveversion": "x/9/y"}, {"status": "active", "level": "c"}, ("vmbr0",)
        ),
        "d": node.RawNode(None),
    }
    assert texts(listing.unread) == {
        "b": "403 no",
        "c": "its status is empty",
        "e": "its status is empty",
    }
    assert listing.listed == "complete"


@pytest.mark.parametrize("total", ["x", -1, 1.5, [], {}, "1e9", True])
def test_a_memory_that_is_no_number_of_bytes_is_unread_alone(total):
    status = {"pveversion": "x/9/y", "memory": {"total": total}}
    raw = node.RawNode(status=status, subscription={}, changes=())
    found = node.normalise("a", raw, ProxmoxContext())
    assert (found.version, found.memory, found.unread) == ("9", None, ("memory",))


def test_a_node_whose_address_is_not_known_is_not_one_without():
    state = replace(found(), addresses={}, membership=Problem("", "403 no"), doubt=Problem("", "403 no"))
    listing = node.fetch(Answers({"nodes/a/status": {"pveversion": "x/9/y"}}), state, None)
    assert (listing.rows, texts(listing.unread)) == ({}, {"a": "its address is not known: 403 no"})


def test_a_node_without_any_interface_did_not_tell():
    listing = node_network.fetch(Answers({"nodes/a/network": []}), found())
    assert (listing.rows, listing.listed) == ({}, "partial")
    assert "it lists no interface" in str(listing.problem)


def test_the_members_are_those_of_the_pool_that_was_asked_for():
    rows = [{"poolid": "other", "members": [{"vmid": 7}]}, {"poolid": "web", "members": [{"vmid": 100}]}]
    api = Answers({"pools": [{"poolid": "web"}], "pools?poolid=web": rows})
    assert pool.fetch(api, found(), None, None).rows["web"].members == [{"vmid": 100}]
    api.answers["pools?poolid=web"] = rows[:1]
    assert list(pool.fetch(api, found(), None, None).unread) == ["web"]


def test_storages():
    api = Answers({"storage": [{"storage": "local"}, {"odd": 1}], "nodes/a/storage/nas/status": (403, "no")})
    api.expected = {"storage": frozenset({"nas", "local", "old"})}
    listing = storage.fetch(api, found())
    assert list(listing.rows) == ["local"]
    assert (listing.listed, str(listing.problem)) == ("partial", "1 row of the answer has no storage")
    api.answers["storage"] = [{"storage": "local"}]
    listing = storage.fetch(api, found())
    assert (listing.listed, list(listing.rows), list(listing.unread)) == ("complete", ["local"], ["nas"])
    assert storage.fetch(api, found({})).listed == "partial"
    assert storage.fetch(api, found({})).unread == {}


def test_a_site_without_any_storage_that_should_have_some_is_not_believed():
    api = Answers({"storage": [], "nodes/a/storage/nas/status": (500, "storage 'nas' does not exist")})
    api.expected = {"storage": frozenset({"nas"})}
    listing = storage.fetch(api, found())
    assert listing.listed == "partial"
    assert str(listing.problem).startswith("no storage is visible, but 1 should be")
    assert "run --accept-missing pve/storage" in str(listing.problem)
    api.empty = frozenset({"storage"})
    assert storage.fetch(api, found()).listed == "complete"


@pytest.mark.parametrize("right", ["Datastore.Audit", "Datastore.AllocateSpace"])
def test_either_right_shows_storages(right):
    assert storage.fetch(Answers({"storage": []}), found({"/": {right: 1}})).listed == "complete"


@pytest.mark.parametrize("kind", [storage, pool])
def test_a_list_that_is_refused_fails_its_kind(kind):
    with pytest.raises(SourceError, match="500 broken"):
        fetch(kind, Answers({"storage": (500, "broken"), "pools": (500, "broken")}), found())


ETH = {"iface": "eno1", "type": "eth"}


def test_networks():
    whole = {"data": [ETH, {"iface": "vmbr0", "comments": "hi\n"}, {"odd": 1}], "changes": "--- a"}
    api = Answers({"nodes/a/network": whole, "nodes/b/network": [ETH]}, store_descriptions=True)
    listing = node_network.fetch(api, found(a=True, b=True))
    assert sorted(listing.rows) == ["a:eno1", "a:vmbr0", "b:eno1"]
    bridge = node_network.RawInterface("a", {"iface": "vmbr0", "comments": "hi\n"})
    assert listing.facts == NetworkFacts({"a": ("?",), "b": ()})
    assert listing.rows["a:vmbr0"] == bridge
    assert listing.context.store_descriptions
    assert listing.rows["b:eno1"].changes_pending is False
    assert listing.listed == "partial"
    assert str(listing.problem) == "node a: 1 row of the answer has no iface"
    unstored = node_network.normalise(
        "a:vmbr0", replace(bridge, row={**bridge.row, "type": "bridge"}), ProxmoxContext()
    )
    assert unstored.has_comment
    assert "hi" not in str(unstored)


def test_a_bridge_that_rights_hide_is_not_gone():
    """Proxmox VE leaves bridges without rights out of the list, and their paths out of the permissions."""
    api = Answers(
        {
            "nodes/a/network": [ETH],
            "nodes/a/network/vmbr0": {"type": "bridge"},
            "nodes/a/network/vmbr1": (400, "Parameter verification failed."),
            "nodes/a/network/vmbr2": (500, "got timeout"),
        }
    )
    api.expected = {"node-network": frozenset({"a:eno1", "a:vmbr0", "a:vmbr1", "a:vmbr2", "left:vmbr0"})}
    listing = node_network.fetch(api, found())
    assert (listing.listed, list(listing.unread)) == ("complete", ["a:vmbr0", "a:vmbr2"])
    assert "pveum acl modify /sdn/zones/localnetwork/vmbr0 " in listing.unread["a:vmbr0"].remedy


def test_networks_of_a_node_that_does_not_answer_prove_nothing():
    api = Answers({"nodes/a/network": [ETH], "nodes/c/network": (595, "No route to host")})
    listing = node_network.fetch(api, found(a=True, b=False, c=True))
    assert list(listing.rows) == ["a:eno1"]
    assert listing.listed == "partial"
    assert str(listing.problem) == "node b: offline; node c: cannot be read (595 No route to host)"


MEMBERS: list[Any] = [{"vmid": 100}]


def test_pools():
    api = Answers(
        {
            "pools": [
                {"poolid": "web", "comment": "hi"},
                {"poolid": "a/b"},
                {"poolid": "old"},
                {"poolid": "odd"},
            ],
            "pools?poolid=web": [{"poolid": "web", "members": MEMBERS}],
            "pools?poolid=a%2Fb": (500, "broken"),
            "pools?poolid=old": (400, "no such parameter"),
            "pools/old": {"members": MEMBERS},
            "pools?poolid=odd": [],
            "pools?poolid=gone": (403, "no"),
        }
    )
    api.expected = {"pool": frozenset({"gone"})}
    listing = pool.fetch(api, found(), None, None)
    assert listing.rows == {
        "web": pool.RawPool({"poolid": "web", "comment": "hi"}, MEMBERS),
        "old": pool.RawPool({"poolid": "old"}, MEMBERS),
    }
    assert sorted(listing.unread) == ["a/b", "gone", "odd"]
    assert str(listing.unread["odd"]) == "200 the answer has no members"
    stored, unstored = (
        pool.normalise("web", listing.rows["web"], ProxmoxContext(store_descriptions=stored))
        for stored in (True, False)
    )
    assert (stored.comment, unstored.comment, unstored.has_comment) == ("hi", None, True)


def test_pools_whose_members_may_be_hidden_are_unread():
    rights = {"/": {"Pool.Audit": 1}}
    listing = pool.fetch(Answers({"pools": [{"poolid": "web"}]}), found(rights), None, None)
    assert (listing.listed, listing.rows) == ("complete", {})
    assert str(listing.unread["web"]).startswith("members may be hidden: the token lacks VM.Audit on /")


@pytest.mark.parametrize(
    ("declared", "status", "expected"),
    [
        ({}, "online", []),
        ({}, "offline", [("/status", "node a: offline")]),
        ({"expected": "online"}, "offline", [("/status", "node a: offline")]),
        ({"expected": "offline"}, "offline", []),
        (
            {"expected": "offline"},
            "online",
            [("/expected", "it is back; delete the line, or turn it off again")],
        ),
    ],
)
def test_a_node_is_where_it_is_expected(declared, status, expected):
    told = node.judge(declared, {"name": "a", "status": status}, {}, NOW)
    assert [(each.path, each.reason or str(each.problem)) for each in told] == expected
    assert node.away(declared, {"status": status}) is (declared.get("expected") == status == "offline")


@pytest.mark.parametrize(
    ("places", "disable", "expected"),
    [
        ([], 0, None),
        ([("a", True), ("b", True)], 0, {"state": "healthy"}),
        ([("a", True), ("b", False)], 0, {"state": "degraded", "reason": "not available on b"}),
        ([("a", False)], 1, {"state": "stopped", "reason": "it is disabled"}),
    ],
)
def test_a_storage_is_well_where_every_node_has_it(places, disable, expected):
    state = replace(
        found(a=True, b=True, c=False),
        storages=tuple(
            StoragePlace("nas", at, available=there, shared=True, backups=False)
            for at, there in [*places, *([("c", False)] if places else [])]
        ),
    )
    listing = storage.fetch(
        Answers({"storage": [{"storage": "nas", "type": "nfs", "disable": disable}]}), state
    )
    resource = storage.normalise("nas", listing.rows["nas"], listing.context)
    assert (resource.health and resource.health.model_dump(exclude_none=True)) == expected
    assert resource.unmodelled == {}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"status": "Active", "level": "p"}, {"subscription": "premium"}),
        ({"status": "active", "level": ""}, {"subscription": None}),
        ({"status": "notfound"}, {"subscription": None}),
        ({"status": "expired", "level": "b"}, {"subscription": None}),
        ((403, "no"), {"unread": ["subscription"]}),
        ([], {"unread": ["subscription"]}),
    ],
)
def test_the_level_of_a_subscription(answer, expected):
    api = Answers({"nodes/a/status": {"pveversion": "x/9/y"}, "nodes/a/subscription": answer})
    listing = node.fetch(api, found(), NetworkFacts({"a": ()}))
    read = node.normalise("a", listing.rows["a"], listing.context).model_dump(mode="json")
    assert {key: read[key] for key in expected} == expected


DIFF = """\
--- /etc/network/interfaces
+++ /etc/network/interfaces.new
@@ -8,7 +8,7 @@
 auto vmbr0
 iface vmbr0 inet static
-\taddress 192.0.2.1/24
+\taddress 192.0.2.2/24
 \tbridge-ports eno1
@@ -20,0 +20,3 @@
+auto vmbr1
+iface vmbr1 inet manual
"""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (None, set()),
        ("", set()),
        (DIFF, {"vmbr0", "vmbr1"}),
        ("@@ -9 +9 @@\n-\tmtu 1500\n+\tmtu 9000\n", {"?"}),
        ("@@ -1 +1 @@\n-# mine\n+# yours\n", {"?"}),
        ("--- a", {"?"}),
        (True, {"?"}),
        ({"vmbr0": 1}, {"?"}),
    ],
)
def test_which_interfaces_have_changes_that_are_not_applied(changes, expected):
    rows = [{"iface": name, "type": "bridge"} for name in ("eno1", "vmbr0", "vmbr1")]
    whole = {"data": rows, "changes": changes}
    listing = node_network.fetch(Answers({"nodes/a/network": whole}), found())
    marked = {raw.row["iface"] for raw in listing.rows.values() if raw.changes_pending}
    assert marked == expected - {"?"}
    assert listing.facts == NetworkFacts({"a": tuple(sorted(expected))})
