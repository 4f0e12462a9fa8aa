"""Snapshots: which guests are asked for them, and what becomes of an answer that is none."""

import pytest

from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.context import GuestFacts
from reconciler.collectors.proxmox.kinds import guest_snapshot
from reconciler.collectors.proxmox.kinds.guest.raw import RawGuest
from reconciler.collectors.proxmox.kinds.guest.snapshots import set_snapshots
from reconciler.collectors.proxmox.rights import Rights
from reconciler.errors import Problem
from tests.collectors.proxmox.lab_site import Answers

STATE = ClusterState("9", {"a": True}, rights=Rights("", {"/": {"VM.Audit": 1}}))
AT = "nodes/a/qemu/100/snapshot"
OLD = {"name": "old", "snaptime": 1792915200, "description": "", "vmstate": 0}
NEW = {"name": "new", "snaptime": 1793347200, "description": "", "vmstate": 0, "parent": "old"}
LIVE = {"name": "current", "description": "You are here!", "parent": "new"}


def guests(**config):
    return {"100": RawGuest("qemu", "a", config=config), "101": RawGuest("lxc", "a")}


def test_only_guests_with_snapshots_are_asked():
    found = guests(parent="new")
    api = Answers({AT: [NEW, OLD, LIVE]})
    assert set_snapshots(api, found) == ({"100": (NEW, OLD)}, {})
    assert api.asked == [AT]
    assert found["100"].oldest_snapshot == "2026-10-25T08:00:00Z"
    assert found["101"].oldest_snapshot is None


def test_a_guest_that_had_some_is_asked_again():
    api = Answers({AT: [LIVE]})
    api.expected = {"guest-snapshot": frozenset({"100:old"})}
    assert set_snapshots(api, guests()) == ({"100": ()}, {})


@pytest.mark.parametrize(
    ("answer", "what"),
    [((500, "timeout"), "500 timeout"), ([{}], "the list of its snapshots"), ({}, "the list of its")],
)
def test_what_cannot_be_read_is_not_absent(answer, what):
    found = guests(parent="new")
    rows, unread = set_snapshots(Answers({AT: answer}), found)
    assert rows == {}
    assert unread["100"].what.startswith(what)
    assert found["100"].snapshots_unread is not None
    listing = guest_snapshot.fetch(Answers({}), STATE, GuestFacts(without_snapshots=unread))
    assert listing.problem == unread["100"]


def test_without_the_guests_nothing_is_known():
    assert guest_snapshot.fetch(Answers({}), STATE, None).listed == "partial"
    one = GuestFacts(snapshots={"100": (OLD, NEW)})
    listing = guest_snapshot.fetch(Answers({}), STATE, one)
    assert (list(listing.rows), listing.listed) == (["100:old", "100:new"], "complete")
    hidden = ClusterState("9", {"a": True}, rights=Rights("", {"/vms": {}}))
    assert isinstance(guest_snapshot.fetch(Answers({}), hidden, one).problem, Problem)
