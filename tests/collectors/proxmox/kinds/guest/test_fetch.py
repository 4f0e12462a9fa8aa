"""Guests that move, hide, or do not answer, told by answers that are written down."""

from dataclasses import replace

import pytest

from reconciler.collectors.proxmox.cluster_state import ClusterState, GuestPlace, node_offline
from reconciler.collectors.proxmox.kinds.guest.fetch import fetch_guests
from reconciler.collectors.proxmox.rights import Rights
from reconciler.lab import Lab
from reconciler.model.fingerprint import SecretFingerprinter
from tests.collectors.proxmox.lab_site import Answers, read, scopes
from tests.problems import texts

GONE = (500, "Configuration file 'nodes/a/qemu-server/100.conf' does not exist")
RIGHTS = {"/": {"VM.Audit": 1, "Pool.Audit": 1}}
HERE = "nodes/a/qemu/100/pending"
THERE = "nodes/b/qemu/100/pending"
PENDING = [{"key": "name", "value": "web"}, {"key": "memory", "value": 512}]


def guests(*places, nodes=("a", "b"), offline=()):
    return ClusterState(
        "9",
        {node: node not in offline for node in (*nodes, *offline)},
        guests={str(100 + number): place for number, place in enumerate(places)},
        rights=Rights("u@pve!t", RIGHTS),
    )


def qemu(node="a", status="running", **more):
    return GuestPlace(node, "qemu", status, **more)


def row(vmid, node, status="running"):
    return {"type": "qemu", "vmid": vmid, "node": node, "status": status}


def test_pending_values_are_what_is_configured():
    pending = [
        {"key": "name", "value": "web"},
        {"key": "memory", "value": "512", "pending": 1024},
        {"key": "net1", "value": "virtio", "delete": 1},
        {"key": "net2", "value": "virtio", "delete": "2"},
        {"key": "cores", "pending": "2"},
        {"key": "onboot", "value": 1, "delete": 0, "pending": None},
        "odd",
        {"value": "nameless"},
    ]
    listing = fetch_guests(Answers({HERE: pending}), guests(qemu(pool="web")))
    assert listing.rows["100"].config == {"name": "web", "memory": 1024, "cores": "2", "onboot": 1}
    assert listing.rows["100"].running == {
        "name": "web", "memory": "512", "net1": "virtio", "net2": "virtio", "onboot": 1,
    }  # fmt: skip
    assert (listing.rows["100"].pool, listing.rows["100"].power) == ("web", "running")
    assert (listing.listed, listing.unread) == ("complete", {})


@pytest.mark.parametrize(("store", "kept"), [(False, None), (True, "the notes")])
def test_notes_are_kept_only_when_asked_for(store, kept):
    pending = [{"key": "description", "value": "the notes\n"}]
    listing = fetch_guests(Answers({HERE: pending}, store_descriptions=store), guests(qemu()))
    assert listing.rows["100"].description == kept
    assert listing.rows["100"].has_description is True
    assert "description" not in listing.rows["100"].config


def test_where_pending_is_refused_config_is_read():
    api = Answers({HERE: (501, "not implemented"), "nodes/a/qemu/100/config": {"name": "web", "digest": "x"}})
    listing = fetch_guests(api, guests(qemu()))
    assert listing.rows["100"].config == {"name": "web", "digest": "x"}
    assert listing.rows["100"].running is None
    assert listing.rows["100"].unread == ("pending",), "not known is not the same as none"


def test_the_guest_that_moved_before_its_config_was_read_is_found_again():
    api = Answers(
        {
            HERE: (501, "not implemented"),
            "nodes/a/qemu/100/config": GONE,
            "cluster/resources": [row(100, "b")],
            THERE: PENDING,
        }
    )
    assert fetch_guests(api, guests(qemu())).rows["100"].node == "b"


def test_without_rights_on_pools_the_pool_of_a_guest_is_not_known():
    state = replace(guests(qemu(), qemu(pool="web")), rights=Rights("u@pve!t", {"/": {"VM.Audit": 1}}))
    api = Answers({HERE: PENDING, "nodes/a/qemu/101/pending": PENDING})
    rows = fetch_guests(api, state).rows
    assert (rows["100"].unread, rows["101"].unread) == (("pool",), ())
    assert fetch_guests(api, replace(state, rights=Rights("u@pve!t", RIGHTS))).rows["100"].unread == ()


@pytest.mark.parametrize(("expected", "listed"), [(("100", "101"), "partial"), ((), "complete")])
def test_a_cluster_without_any_guest_that_should_have_some_is_not_believed(expected, listed):
    api = Answers({"nodes/a/qemu/100/pending": GONE, "nodes/a/qemu/101/pending": GONE})
    api.expected = {"guest": frozenset(expected)}
    listing = fetch_guests(api, guests())
    assert listing.listed == listed
    if expected:
        assert "no guest is visible, but 2 should be" in str(listing.problem)
        assert "--accept-missing pve/guest" in str(listing.problem)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((403, "no"), "403 no"),
        (["odd"], "its configuration is empty or not an object"),
        ({}, "its configuration is empty or not an object"),
    ],
)
def test_a_guest_that_cannot_be_read_is_unread(answer, why):
    listing = fetch_guests(Answers({HERE: (403, "no"), "nodes/a/qemu/100/config": answer}), guests(qemu()))
    assert (listing.rows, texts(listing.unread), listing.listed) == ({}, {"100": why}, "complete")


@pytest.mark.parametrize("nothing", [[], {}, "", [None], [{"value": 1}]])
def test_an_empty_answer_is_no_guest_of_defaults(nothing):
    api = Answers({HERE: nothing, "nodes/a/qemu/100/config": {"name": "web"}})
    assert fetch_guests(api, guests(qemu())).rows["100"].config == {"name": "web"}


def test_a_node_that_is_not_listed_is_not_called_offline():
    assert texts(fetch_guests(Answers({}), guests(qemu("z"))).unread) == {
        "100": "node z: not in the list of nodes"
    }


def test_the_guests_of_an_offline_node_are_unread_and_not_asked_for():
    api = Answers({HERE: PENDING})
    listing = fetch_guests(api, guests(qemu(), qemu("c", "unknown"), nodes=("a",), offline=("c",)))
    assert listing.unread == {"101": node_offline("c")}
    assert api.asked == [HERE]


def test_a_node_that_falls_silent_is_asked_once():
    api = Answers({f"nodes/a/qemu/{vmid}/pending": (595, "No route to host") for vmid in range(100, 150)})
    listing = fetch_guests(api, guests(*[qemu()] * 50))
    assert set(texts(listing.unread).values()) == {"node a: does not answer (595 No route to host)"}
    assert len(listing.unread) == 50
    assert len(api.asked) == 1


LATE = (None, "no answer", {"timed_out": True})


def test_a_node_that_answers_too_late_three_times_is_asked_no_more():
    api = Answers({f"nodes/a/qemu/{vmid}/pending": LATE for vmid in range(100, 150)})
    api.answers["nodes/b/qemu/150/pending"] = PENDING
    listing = fetch_guests(api, guests(*[qemu()] * 50, qemu("b")))
    assert set(texts(listing.unread).values()) == {"no answer", "node a: does not answer (no answer)"}
    assert (len(listing.unread), list(listing.rows)) == (50, ["150"])
    assert len(api.asked) == 4


def test_a_guest_that_hangs_is_unread_alone():
    api = Answers({f"nodes/a/qemu/{vmid}/pending": PENDING for vmid in range(100, 150)})
    for vmid in range(100, 150, 3):
        api.answers[f"nodes/a/qemu/{vmid}/pending"] = LATE
    listing = fetch_guests(api, guests(*[qemu()] * 50))
    assert texts(listing.unread) == {str(vmid): "no answer" for vmid in range(100, 150, 3)}
    assert len(listing.rows) == 33


def test_a_guest_that_moved_is_found_again():
    api = Answers({HERE: GONE, "cluster/resources": [row(100, "b")], THERE: PENDING})
    listing = fetch_guests(api, guests(qemu()))
    assert listing.rows["100"].node == "b"
    assert listing.unread == {}


def test_a_guest_that_keeps_moving_is_unread():
    api = Answers({HERE: GONE, "cluster/resources": [row(100, "b")], THERE: GONE})
    listing = fetch_guests(api, guests(qemu()))
    assert texts(listing.unread) == {"100": "it is moving between nodes; it was last on b"}
    assert api.asked.count("cluster/resources") == 1


def test_guests_that_their_node_denies_although_the_cluster_lists_them_there_do_not_migrate():
    api = Answers({f"nodes/a/qemu/{vmid}/pending": (404, "Not Found") for vmid in range(100, 110)})
    api.answers["cluster/resources"] = [row(vmid, "a") for vmid in range(100, 110)]
    listing = fetch_guests(api, guests(*[qemu()] * 10))
    (problem,) = set(listing.unread.values())
    assert problem.what == "the cluster lists it on a, but that node answers that it does not exist"
    assert problem.remedy.startswith("run `qm list` or `pct list` there")
    assert len(listing.unread) == 10


def test_where_a_guest_went_may_not_be_told():
    api = Answers({HERE: GONE, "cluster/resources": (500, "broken"), "nodes/a/qemu/101/pending": PENDING})
    listing = fetch_guests(api, guests(qemu(), qemu()))
    assert list(listing.rows) == ["101"]
    assert texts(listing.unread) == {"100": "it moved, and its new node cannot be read (500 broken)"}


def test_a_guest_that_was_deleted_meanwhile_is_gone():
    api = Answers({HERE: GONE, "cluster/resources": []})
    listing = fetch_guests(api, guests(qemu()))
    assert (listing.rows, listing.unread, listing.listed) == ({}, {}, "complete")


def test_a_state_that_the_cluster_does_not_know_is_asked_of_the_node():
    api = Answers(
        {
            HERE: PENDING,
            "nodes/a/qemu/101/pending": PENDING,
            "nodes/a/qemu": [{"vmid": "100", "status": "stopped"}, {"vmid": 101, "status": "odd"}, "odd"],
        }
    )
    listing = fetch_guests(api, guests(qemu(status="unknown"), qemu(status=None)))
    assert listing.rows["100"].power == "stopped"
    assert texts(listing.unread) == {"101": "node a: does not report whether it runs"}


AGENT = "nodes/a/qemu/100/agent/network-get-interfaces"


@pytest.mark.parametrize(
    ("agent", "status", "asked"),
    [
        ("1", "running", True),
        ("enabled=1,fstrim_cloned_disks=1", "running", True),
        (1, "running", True),
        ("1", "stopped", False),
        ("0", "running", False),
        ("fstrim_cloned_disks=1", "running", False),
        ("1,1", "running", False),
        (None, "running", False),
    ],
)
def test_an_agent_is_asked_when_it_can_answer(agent, status, asked):
    api = Answers({HERE: [{"key": "agent", "value": agent}], AGENT: {"result": []}})
    listing = fetch_guests(api, guests(qemu(status=status)))
    assert (AGENT in api.asked) is asked
    assert (listing.rows["100"].interfaces is not None) is asked


def test_an_agent_that_does_not_answer_makes_nothing_incomplete():
    api = Answers({HERE: [{"key": "agent", "value": 1}], AGENT: (500, "QEMU guest agent is not running")})
    listing = fetch_guests(api, guests(qemu()))
    assert listing.rows["100"].interfaces is None
    assert (listing.listed, listing.unread) == ("complete", {})


def test_a_container_is_asked_for_its_interfaces():
    api = Answers({"nodes/a/lxc/100/pending": PENDING, "nodes/a/lxc/100/interfaces": [{"name": "eth0"}]})
    listing = fetch_guests(api, guests(GuestPlace("a", "lxc", "running")))
    assert listing.rows["100"].interfaces == [{"name": "eth0"}]


def test_an_expected_guest_that_is_hidden_is_unread():
    api = Answers({HERE: PENDING, "nodes/a/qemu/105/pending": (403, "no"), "nodes/a/qemu/106/pending": GONE})
    api.expected = {"guest": frozenset({"100", "105", "106", "../x"})}
    listing = fetch_guests(api, guests(qemu()))
    assert set(listing.unread) == {"105"}
    assert "the token may not see it" in listing.unread["105"].what


def test_names_of_nodes_stay_one_segment():
    api = Answers({"nodes/..%2F..%2Faccess/qemu/100/pending": PENDING})
    assert fetch_guests(api, guests(qemu("../../access"), nodes=("../../access",))).rows


def test_addresses_are_not_asked_for_any_longer_than_they_are_worth(monkeypatch):
    monkeypatch.setattr("reconciler.collectors.proxmox.kinds.guest.running._ADDRESS_SECONDS", 0.0)
    with Lab() as lab:
        snapshot = read(lab)
        asked = [line for line in lab.requests if line.endswith(("/interfaces", "/network-get-interfaces"))]
    assert asked == []
    assert scopes(snapshot)["guest"].listed == "complete"
    assert not scopes(snapshot)["guest"].unread


def test_notes_and_a_password_that_is_shown_have_fingerprints_and_nothing_else():
    pending = [
        {"key": "name", "value": "web"},
        {"key": "description", "value": "the key is hunter2"},
        {"key": "cipassword", "value": "hunter2"},
    ]
    api = Answers({HERE: pending})
    assert "hunter2" not in repr(fetch_guests(api, guests(qemu())).rows)
    api = Answers({HERE: pending})
    api.fingerprinter = SecretFingerprinter("key")
    (row,) = fetch_guests(api, guests(qemu())).rows.values()
    assert "hunter2" not in repr(row)
    assert row.description_fingerprint == SecretFingerprinter("key").fingerprint(
        "guest/100/description", "the key is hunter2"
    )
    assert str(row.cloud_init_password).startswith(SecretFingerprinter("key").key_id)


def test_a_password_that_is_masked_is_set():
    api = Answers({HERE: [{"key": "name", "value": "web"}, {"key": "cipassword", "value": "**********"}]})
    api.fingerprinter = SecretFingerprinter("key")
    (row,) = fetch_guests(api, guests(qemu())).rows.values()
    assert row.cloud_init_password == "set"
