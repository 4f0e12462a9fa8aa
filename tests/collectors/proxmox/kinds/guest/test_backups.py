"""Which backups were seen, and whether those are all: the list hides what the token may not restore."""

import pytest

from reconciler.collectors.proxmox.cluster_state import ClusterState, StoragePlace
from reconciler.collectors.proxmox.kinds.guest.backup import BackedUp, read_backup
from reconciler.collectors.proxmox.kinds.guest.backups import Backups
from reconciler.collectors.proxmox.rights import Rights
from tests.collectors.proxmox.lab_site import Answers

VM = BackedUp("qemu", "web1", "2023-11-01T00:00:00Z")
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
    assert known.of("100", VM).newest == "2023-11-15T00:13:20Z"
    assert known.of("102", VM) == (None, None, None), "it has none, and that is known"


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
    told = known.of("100", VM).doubt
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
    assert Backups(Answers(answers), found(*storages, a=True, b=False)).of("100", VM).doubt == doubt


def test_a_shared_storage_is_asked_for_where_it_is_available():
    api = Answers({listed(node="b"): ROWS})
    known = Backups(api, found(place(available=False), place(node="b")))
    assert known.of("100", VM) == ("2023-11-14T23:13:20Z", None, None)


MADE = 1_700_000_000
WHEN = "2023-11-14T22:13:20Z"
OLDER = {"volid": "pbs:backup/vm/100/2023-11-02T00:00:00Z", "vmid": 100, "ctime": 1_698_883_200}
"""One that always counts."""


def row(**changes):
    """A backup as Proxmox Backup Server has it; None removes a key."""
    found = {
        "volid": f"pbs:backup/vm/100/{WHEN}",
        "content": "backup",
        "ctime": MADE,
        "format": "pbs-vm",
        "subtype": "qemu",
        "vmid": 100,
    } | changes
    return {key: value for key, value in found.items() if value is not None}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"verification": {"state": "ok", "upid": "U"}},
        {"verification": {"state": "none"}},
        {"verification": "odd"},
        {"notes": "web1"},
        {"notes": "WEB1, node a"},
        {"notes": "before the upgrade"},
        {"content": None, "subtype": None, "format": None},
        {"vmid": None},
        {"ctime": None},
        {"ctime": str(MADE), "vmid": "100"},
        {
            "volid": "nas:backup/vzdump-qemu-100-2023_11_14-23_13_20.vma.zst",
            "vmid": None,
            "format": "vma.zst",
        },
        {"subtype": None, "format": "raw"},
    ],
)
def test_a_backup_of_the_guest_counts_however_it_is_listed(changes):
    known = Backups(Answers({listed(): [row(**changes), OLDER]}), found(place()))
    assert known.of("100", VM) == (WHEN, None, None)


@pytest.mark.parametrize(
    ("changes", "guest", "why"),
    [
        ({"verification": {"state": "failed", "upid": "U"}}, VM, "failed its verification"),
        ({"subtype": "lxc", "format": "pbs-ct"}, VM, "is of a container"),
        ({"subtype": None, "format": "pbs-ct"}, VM, "is of a container"),
        (
            {
                "volid": "nas:backup/vzdump-lxc-100-2023_11_14-23_13_20.tar.zst",
                "subtype": None,
                "format": "tar.zst",
            },
            VM,
            "is of a container",
        ),
        ({}, BackedUp("lxc", "web1"), "is of a VM"),
        ({}, BackedUp("qemu", "web1", "2023-11-14T22:13:21Z"), "is older than the guest"),
        ({"content": "images"}, VM, None),
    ],
)
def test_a_backup_of_another_guest_or_a_broken_one_does_not_count(changes, guest, why):
    known = Backups(Answers({listed(): [row(**changes)]}), found(place()))
    rejected = why and f"the backup of {WHEN} on pbs {why}"
    assert known.of("100", guest) == (None, rejected, None)


@pytest.mark.parametrize(
    ("notes", "jobs", "storage", "counts"),
    [
        ("db7", [], {}, False),
        ("db7", [], {"namespace": "cluster-a"}, True),
        ("r1 / db7", [{"id": "b", "notes-template": "{{node}} / {{guestname}}"}], {}, False),
        ("weekly", [{"id": "b", "notes-template": "weekly"}], {}, True),
        ("a", [{"id": "b", "notes-template": "{{node}}"}], {}, True),
        ("db7", (403, "Permission check failed"), {"namespace": "x"}, True),
        ("db7", (403, "Permission check failed"), {}, False),
    ],
)
def test_notes_or_the_namespace_show_whose_backup_it_is(notes, jobs, storage, counts):
    answers = {
        listed(): [row(notes=notes), OLDER],
        "cluster/backup": jobs,
        "storage": [{"storage": "pbs", **storage}],
    }
    newest, rejected, doubt = Backups(Answers(answers), found(place())).of("100", VM)
    assert rejected is None
    assert (newest == WHEN, doubt is None) == (counts, counts)
    assert (
        counts
        or doubt == f'the notes of the backup of {WHEN} on pbs are "{notes}", so it may be of another guest'
    )


def test_a_backup_without_a_time_may_be_a_newer_one():
    named = row(volid="nas:backup/vzdump-qemu-100-2023_11_14-23_13_20.vma.zst", ctime=None)
    assert read_backup(named, "nas") == ("100", None)
    known = Backups(Answers({listed(): [named, OLDER]}), found(place()))
    assert known.of("100", VM) == ("2023-11-02T00:00:00Z", None, "storage pbs has a backup without a time")
