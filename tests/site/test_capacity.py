"""What nodes have, and what guests are given of it."""

from typing import Any

import pytest

from tests.site.rows import Rows, guest, modelled, node

TWO_NODES: Rows = {
    "pve/node/r1": node("r1", threads=8, memory=8192),
    "pve/node/r2": node("r2", threads=8, memory=4096),
}


def document(changes: Rows, **options) -> Any:
    return modelled({**TWO_NODES, **changes}, **options).documents().capacity


def test_running_guests_are_added_up_apart_from_all_and_templates_are_none():
    found = document({
        "pve/guest/101": guest(101, cores=2, sockets=2, memory=2048),
        "pve/guest/102": guest(102, cores=4, cpulimit=1.5, memory=1024),
        "pve/guest/103": guest(103, cores=1, memory=512, power="stopped"),
        "pve/guest/104": guest(104, template=True),
    })  # fmt: skip
    one, two = found["nodes"]
    assert one["allocated"] == {
        "running": {"guests": 2, "cpus": 5.5, "memory_mib": 3072},
        "all": {"guests": 3, "cpus": 6.5, "memory_mib": 3584},
        "storages_mib": {},
    }
    assert one["ratios"] == {"cpus": 0.69, "memory": 0.38}
    assert one["headroom"] == {"memory_mib": 5120}
    assert two["allocated"]["all"]["guests"] == 0
    assert found["clusters"]["pve"]["headroom"] == {"memory_mib": 9216}
    assert found["incomplete"] is None


@pytest.mark.parametrize(("memory", "homeless"), [(4096, []), (4097, ["pve/guest/101"])])
def test_a_guest_that_no_other_node_has_room_for_is_told(memory, homeless):
    found = document({"pve/guest/101": guest(101, memory=memory)})
    assert found["clusters"]["pve"]["largest_node_fails"] == {
        "node": "pve/node/r1",
        "would_not_fit": homeless,
    }


def test_a_node_whose_memory_is_not_known_has_no_ratio():
    found = document({"pve/node/r2": {"name": "r2", "status": "offline"}})
    two = found["nodes"][1]
    assert two["ratios"] == {"cpus": None, "memory": None}
    assert two["headroom"] == {"memory_mib": None}


def test_guests_that_were_not_read_make_it_incomplete():
    scopes = {"pve/guest": {"unread": {"101": "r1 does not answer"}}}
    assert document({}, scopes=scopes)["incomplete"] == "pve/guest/101: r1 does not answer"


def test_the_memory_of_the_site_is_known_only_where_all_of_it_was_read():
    guests: Rows = {
        "pve/guest/101": guest(101, memory=2048),
        "pve/guest/102": guest(102, memory=1024, power="stopped"),
    }
    known = modelled({**TWO_NODES, **guests}).memory()
    assert known == {"assigned_mib": 2048, "physical_mib": 12288}
    offline: Rows = {"pve/node/r2": {"name": "r2", "status": "offline"}}
    assert modelled({**TWO_NODES, **guests, **offline}).memory() is None
    for kind in ("node", "guest"):
        scopes = {f"pve/{kind}": {"unread": {"9": "r1 does not answer"}}}
        assert modelled({**TWO_NODES, **guests}, scopes=scopes).memory() is None
    assert modelled({}).memory() is None


def test_the_guests_of_a_node_of_unknown_size_are_not_set_against_the_others():
    unknown = {"pve/node/r2": node("r2", memory=None, threads=None)}
    found, without = document({**unknown, "pve/guest/104": guest(104, node="r2")}), document(unknown)
    assert found["nodes"][1]["allocated"]["running"]["guests"] == 1
    assert found["clusters"]["pve"] == without["clusters"]["pve"]


def test_each_node_is_taken_away_in_turn():
    (found,) = document({
        "pve/node/r3": node("r3", memory=6144),
        "pve/guest/101": guest(101, memory=5000),
        "pve/guest/102": guest(102, memory=4000),
        "pve/guest/103": guest(103, memory=1000, node="r2"),
        "pve/guest/104": guest(104, memory=9000, node="r2", power="stopped"),
    })["clusters"].values()  # fmt: skip
    assert found["without"] == [
        {"node": "pve/node/r1", "would_not_fit": ["pve/guest/102"], "lacking": {"memory_mib": 4000}},
        {"node": "pve/node/r2", "would_not_fit": [], "lacking": {"memory_mib": 0}},
        {"node": "pve/node/r3", "would_not_fit": [], "lacking": {"memory_mib": 0}},
    ]
    assert found["largest_node_fails"]["would_not_fit"] == ["pve/guest/102"]


def test_a_node_that_is_offline_neither_fails_nor_takes_guests():
    (found,) = document({
        "pve/node/r2": node("r2", memory=65536, status="offline"),
        "pve/guest/101": guest(101, memory=2048),
    })["clusters"].values()  # fmt: skip
    assert [(each["node"], each["would_not_fit"]) for each in found["without"]] == [
        ("pve/node/r1", ["pve/guest/101"])
    ]


def test_disks_are_added_up_by_storage_and_node():
    disk = {"storage": "local", "media": "disk", "backup": True}
    disks = {
        "scsi0": {**disk, "size": "32G"},
        "scsi1": {**disk, "size": "512K"},
        "scsi2": {**disk, "storage": "nas", "size": "1T"},
        "scsi3": disk,
        "ide2": {**disk, "media": "cdrom", "size": "4M"},
    }
    found = document({"pve/guest/101": guest(101, type="qemu", disks=disks, power="stopped")})
    assert found["nodes"][0]["allocated"]["storages_mib"] == {"local": 32 * 1024 + 1, "nas": 1024 * 1024}
    assert found["nodes"][1]["allocated"]["storages_mib"] == {}
