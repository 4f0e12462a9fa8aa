"""The state of the cluster, and when it proves nothing."""

import pytest

from reconciler.collectors.proxmox.cluster_state import read_cluster_state
from reconciler.errors import SourceError
from tests.collectors.proxmox.lab_site import Answers

NODE = {"node": "a", "status": "online", "type": "node"}


def answers(**changes):
    default = {
        "version": {"version": "9.0.4", "release": "9.0"},
        "access/permissions": {"/": {"VM.Audit": 1}},
        "cluster/status": [{"type": "node", "name": "a", "online": 1, "ip": "192.0.2.1"}],
        "cluster/resources": [NODE],
        "nodes": [NODE],
    }
    return Answers(default | {key.replace("_", "/"): value for key, value in changes.items()})


def test_the_common_ground():
    found = read_cluster_state(
        answers(
            cluster_resources=[
                NODE,
                {
                    "id": "qemu/100",
                    "type": "qemu",
                    "vmid": "100",
                    "node": "a",
                    "status": "running",
                    "pool": "p",
                },
                {"id": "lxc/101", "type": "lxc", "node": "b", "status": "unknown"},
            ],
            cluster_status=[
                {"type": "cluster", "name": "lan", "quorate": "1"},
                {"type": "node", "name": "a", "online": "1", "ip": "192.0.2.1"},
                {"type": "node", "name": "b", "online": 0},
            ],
        )
    )
    assert (found.version, found.nodes, found.doubt) == ("9.0.4", {"a": True, "b": False}, None)
    assert {vmid: (place.type, place.node) for vmid, place in found.guests.items()} == {
        "100": ("qemu", "a"),
        "101": ("lxc", "b"),
    }
    assert found.guests["100"].pool == "p"
    assert found.addresses == {"a": "192.0.2.1"}
    assert found.online() == ["a"]


def test_without_the_right_to_see_membership_the_list_tells_who_is_online():
    found = read_cluster_state(
        answers(cluster_status=(403, "no"), nodes=[NODE, {"node": "b", "status": "offline"}])
    )
    assert found.nodes == {"a": True, "b": False}


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ((403, "no"), "(403 no); run: pveum acl modify / --roles"),
        ((500, "broken"), "(500 broken)"),
        ([], "(it names no node)"),
        ([{"type": "cluster", "quorate": 1}], "(it names no node)"),
    ],
)
def test_without_membership_nothing_proves_quorum_and_so_no_list(status, why):
    found = read_cluster_state(answers(cluster_status=status))
    assert why in str(found.membership)
    assert found.listing_problem("/vms", "VM.Audit") == found.membership


def test_a_cluster_without_any_resource_is_not_believed():
    found = read_cluster_state(answers(cluster_resources=[]))
    assert found.listing_problem("/vms", "VM.Audit")
    assert "/cluster/resources is empty" in str(found.doubt)


def test_no_quorum_is_a_doubt():
    members = [{"type": "cluster", "quorate": 0}, {"type": "node", "name": "a", "online": 1}]
    found = read_cluster_state(answers(cluster_status=members))
    assert found.listing_problem("/vms", "VM.Audit")
    assert "no quorum" in str(found.doubt)


@pytest.mark.parametrize(
    "row", [{"type": "qemu", "node": "a"}, {"type": "qemu", "vmid": 100}, {"type": "lxc", "vmid": "x"}]
)
def test_a_row_that_names_no_guest_is_a_doubt(row):
    assert "1 rows of /cluster/resources" in str(read_cluster_state(answers(cluster_resources=[row])).doubt)


@pytest.mark.parametrize(
    "answer",
    [{"nodes": [], "cluster_status": []}, {"access_permissions": {}}, {"access_permissions": {"/": {}}}],
)
def test_a_token_that_may_see_nothing_proves_nothing(answer):
    found = read_cluster_state(answers(**answer))
    assert (found.nodes, found.guests) == ({}, {})
    problem = found.listing_problem("/vms", "VM.Audit")
    assert "the token may see nothing; run: pveum acl modify /" in str(problem)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": (500, "broken")}, "version: 500 broken"),
        ({"nodes": (500, "broken")}, "nodes: 500 broken"),
        ({"cluster_resources": (500, "broken")}, "cluster/resources: 500 broken"),
        ({"cluster_resources": {"a": 1}}, "cluster/resources: 200 the answer is not a list of objects"),
        ({"nodes": ["odd"]}, "nodes: 200 the answer is not a list of objects"),
    ],
)
def test_what_nothing_works_without(changes, said):
    with pytest.raises(SourceError, match=said):
        read_cluster_state(answers(**changes))


def test_an_odd_version_is_none():
    assert read_cluster_state(answers(version=["9"])).version is None
    assert read_cluster_state(answers(access_permissions=["9"])).rights.permissions is None


def test_the_same_row_twice_is_no_doubt_but_two_places_are():
    row = {"type": "qemu", "vmid": 100, "node": "a", "status": "running"}
    assert read_cluster_state(answers(cluster_resources=[row, dict(row)])).doubt is None
    assert "has another place too" in str(
        read_cluster_state(answers(cluster_resources=[row, row | {"node": "b"}])).doubt
    )


@pytest.mark.parametrize(
    ("listed", "online", "expected"),
    [
        ("online", 1, True),
        ("online", 0, False),
        ("unknown", 1, True),
        ("offline", 1, True),
        ("unknown", 0, False),
    ],
)
def test_membership_tells_who_is_online_whatever_the_list_says(listed, online, expected):
    members = [{"type": "node", "name": "a", "online": online}]
    found = read_cluster_state(answers(nodes=[NODE | {"status": listed}], cluster_status=members))
    assert found.nodes == {"a": expected}


@pytest.mark.parametrize(("listed", "expected"), [("online", True), ("unknown", True), ("offline", False)])
def test_a_member_that_does_not_say_is_as_the_list_has_it(listed, expected):
    members = [{"type": "node", "name": "a"}]
    found = read_cluster_state(answers(nodes=[NODE | {"status": listed}], cluster_status=members))
    assert found.nodes == {"a": expected}
