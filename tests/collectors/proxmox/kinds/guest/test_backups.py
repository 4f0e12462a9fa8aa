"""Which backups were seen, and whether those are all: the list hides what the token may not restore."""

import pytest

from reconciler.collectors.proxmox.cluster_state import ClusterState, StoragePlace
from reconciler.collectors.proxmox.kinds.guest.backups import Backups
from reconciler.collectors.proxmox.rights import Rights
from tests.collectors.proxmox.lab_site import Answers

ALL = {"/": {"VM.Audit": 1, "VM.Backup": 1, "Datastore.AllocateSpace": 1}}


def place(name="pbs", node="a", **facts):
    return StoragePlace(
        **{"name": name, "node": node, "available": True, "shared": True, "backups": True, **facts}
    )


def found(*storages, permissions=ALL, **nodes):
    return ClusterState(
        "9", nodes or {"a": True, "b": True}, storages=storages, rights=Rights("", permissions)
    )


def listed(name="pbs", node="a"):
    return f"nodes/{node}/storage/{name}/content?content=backup"


ROWS = [
    {"volid": "pbs:backup/vm/100/1", "vmid": 100, "ctime": 1_700_000_000},
    {"volid": "pbs:backup/vm/100/2", "vmid": "100", "ctime": "1700003600"},
    {"volid": "odd", "ctime": 1},
    {"vmid": 101, "ctime": None},
    "odd",
]


def test_the_newest_of_all_storages_counts():
    api = Answers({listed(): ROWS, listed("local", "b"): [{"vmid": 100, "ctime": 1_700_007_200}]})
    known = Backups(api, found(place(), place(node="b"), place("local", "b", shared=False)))
    assert api.asked == [listed("local", "b"), listed()], "a shared storage is asked for once"
    assert known.newest("100") == "2023-11-15T00:13:20Z"
    assert (known.newest("101"), known.doubt("101")) == (None, None), "it has none, and that is known"


@pytest.mark.parametrize(
    ("permissions", "doubt"),
    [
        ({"/": {"VM.Audit": 1}}, "the token lacks Datastore.AllocateSpace on /storage/pbs"),
        ({"/": {"Datastore.AllocateSpace": 1}}, "the token lacks VM.Backup on /vms/100"),
        ({"/": {"VM.Backup": 1, "Datastore.AllocateSpace": 0}}, "the token lacks Datastore.AllocateSpace on"),
        ({**ALL, "/vms/100": {"VM.Audit": 1}}, "the token lacks VM.Backup on /vms/100"),
        ({**ALL, "/storage": {"Datastore.Audit": 1}}, "the token lacks Datastore.AllocateSpace on"),
        (None, "the token lacks"),
        ({"/storage/pbs": {"Datastore.Allocate": 0}}, None),
        ({"/": {}, "/storage": {"Datastore.Allocate": 1}}, None),
        ({"/": {"VM.Backup": 1}, "/storage/pbs": {"Datastore.AllocateSpace": 1}}, None),
    ],
)
def test_an_empty_list_proves_only_what_the_rights_show(permissions, doubt):
    known = Backups(Answers({listed(): []}), found(place(), permissions=permissions))
    told = known.doubt("100")
    assert told is None if doubt is None else told is not None and told.startswith(doubt)


@pytest.mark.parametrize(
    ("storages", "answers", "doubt"),
    [
        ([place()], {listed(): (500, "mount error")}, "storage pbs cannot be read (500 mount error)"),
        ([place()], {listed(): {"odd": 1}}, "storage pbs cannot be read (it is not a list)"),
        ([place(available=False)], {}, "storage pbs of node a is not available"),
        ([place("local", "b", shared=False)], {}, "storage local of node b is not available"),
        ([place(backups=False)], {}, None),
        ([], {}, "no storage is visible"),
    ],
)
def test_a_storage_that_does_not_tell_may_hold_newer_ones(storages, answers, doubt):
    assert Backups(Answers(answers), found(*storages, a=True, b=False)).doubt("100") == doubt


def test_a_shared_storage_is_asked_for_where_it_is_available():
    api = Answers({listed(node="b"): ROWS})
    known = Backups(api, found(place(available=False), place(node="b")))
    assert (known.newest("100"), known.doubt("100")) == ("2023-11-14T23:13:20Z", None)
