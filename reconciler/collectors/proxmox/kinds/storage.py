"""Storages of the cluster, by storage ID.

Read from `/storage` in one request. By hand: `pvesh get /storage`, or `/etc/pve/storage.cfg`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_true, text_if_any
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.absence import all_may_be_hidden, may_be_hidden
from reconciler.collectors.proxmox.cluster_state import ClusterState, StoragePlace
from reconciler.collectors.proxmox.commands import UnsafeValueError
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, by_key, path, rows
from reconciler.collectors.proxmox.context import (
    GuestFacts,
    LeftBackup,
    ProxmoxContext,
    StorageFacts,
    context_of,
)
from reconciler.collectors.proxmox.digest import Digest
from reconciler.collectors.proxmox.option_text import HIDDEN, MOUNT
from reconciler.collectors.proxmox.property_string import (
    BANDWIDTH_LIMITS,
    PRUNE_BACKUPS,
    Properties,
    items_of,
    known_text,
)
from reconciler.collectors.proxmox.rows import read_fields
from reconciler.collectors.proxmox.settable import RowCommand, change_row, identity, plain
from reconciler.errors import Problem
from reconciler.model.fields.hosts import Host, HostSet
from reconciler.model.fields.marks import unless
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names, Text, UpperCase
from reconciler.model.fingerprint import NONE, SecretFingerprint
from reconciler.model.fix import KindFixes
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.references import RefTo
from reconciler.model.resource import OBSERVED, Health, Resource, own_fields
from reconciler.model.unread import read_into

READS = ("storage",)

_MOUNTED = {
    **dict.fromkeys(("yes", "true", "1", "on"), "yes"),
    **dict.fromkeys(("no", "false", "0", "off"), "no"),
}
_CONTENTS = frozenset("backup images import iso rootdir snippets vztmpl".split())
_WITH_SECRET = frozenset({"pbs", "rbd", "cephfs", "esxi"})


def _yes_or_no(value: object) -> object:
    return _MOUNTED.get(str(value).lower(), value) if isinstance(value, str | int) else value


class Storage(Resource):
    """A storage of storage.cfg: a place for volumes, images and backups."""

    name: Annotated[str, Field(description="Storage ID")]
    type: Annotated[str, Field(description="Storage type: dir, lvmthin, zfspool, nfs, cifs, pbs, rbd, …")]
    content: Annotated[Names, Field(description="Content types: images, rootdir, iso, backup, …")] = ()
    nodes: Annotated[Names, RefTo("node"), Field(description="Nodes that use the storage (default all)")] = ()
    disabled: Annotated[Flag, Field(description="Storage is disabled")] = False
    shared: Annotated[Flag, Field(description="Content is the same on all nodes")] = False
    path: Annotated[str | None, Field(description="File system path")] = None
    server: Annotated[Host | None, Field(description="Name or IP address of the server")] = None
    port: Annotated[Count | None, Field(description="Port of the server")] = None
    export: Annotated[str | None, Field(description="NFS: export path")] = None
    share: Annotated[str | None, Field(description="CIFS: share")] = None
    domain: Annotated[str | None, Field(description="CIFS: domain")] = None
    username: Annotated[Text | None, Field(description="User name; for RBD and CephFS the Ceph user")] = None
    subdir: Annotated[str | None, Field(description="Subdirectory to mount")] = None
    datastore: Annotated[Text | None, Field(description="PBS: datastore")] = None
    namespace: Annotated[str | None, Field(description="PBS or RBD: namespace")] = None
    fingerprint: Annotated[UpperCase | None, Field(description="SHA-256 fingerprint of the certificate")] = (
        None
    )
    pool: Annotated[Text | None, Field(description="ZFS pool or dataset, or Ceph pool")] = None
    data_pool: Annotated[Text | None, Field(description="RBD: data pool for erasure coding")] = None
    fs_name: Annotated[Text | None, Field(description="CephFS: file system name")] = None
    monhost: Annotated[HostSet, Field(description="Ceph: external monitors; order does not matter")] = ()
    vgname: Annotated[Text | None, Field(description="LVM: volume group")] = None
    thinpool: Annotated[Text | None, Field(description="LVM: thin pool")] = None
    base: Annotated[str | None, Field(description="LVM: base volume, activated automatically")] = None
    portal: Annotated[str | None, Field(description="iSCSI: portal of the server")] = None
    target: Annotated[str | None, Field(description="iSCSI: target")] = None
    mountpoint: Annotated[str | None, Field(description="ZFS: mount point")] = None
    is_mountpoint: Annotated[
        Annotated[str, BeforeValidator(_yes_or_no), unless("no")] | None,
        Field(description="Require an external mount: yes, or its path (default no)"),
    ] = None
    blocksize: Annotated[Text | None, Field(description="ZFS: block size of new volumes")] = None
    sparse: Annotated[Flag, Field(description="ZFS: thin provisioning")] = False
    krbd: Annotated[Flag, Field(description="RBD: always use the krbd kernel module")] = False
    saferemove: Annotated[Flag, Field(description="LVM: zero out removed volumes")] = False
    saferemove_stepsize: Annotated[Count, Field(description="LVM: step size while zeroing out, in MiB")] = 32
    saferemove_throughput: Annotated[Text | None, Field(description="LVM: wipe limit (cstream -t)")] = None
    preallocation: Annotated[
        Annotated[str, unless("metadata")] | None, Field(description="Image preallocation (default metadata)")
    ] = None
    snapshot_as_volume_chain: Annotated[Flag, Field(description="Take snapshots as a volume chain")] = False
    format: Annotated[str | None, Field(description="Default format of new images")] = None
    options: Annotated[
        Annotated[str, MOUNT] | None, Field(description="Mount options; undocumented values are hidden")
    ] = None
    smbversion: Annotated[
        Annotated[Text, unless("default")] | None, Field(description="SMB version (default negotiated)")
    ] = None
    fuse: Annotated[Flag, Field(description="CephFS: mount through FUSE")] = False
    nocow: Annotated[Flag, Field(description="BTRFS: disable copy-on-write")] = False
    tagged_only: Annotated[Flag, Field(description="LVM: only use volumes tagged pve-vm-ID")] = False
    mkdir: Annotated[Flag, Field(description="Deprecated: create directory and subdirectories")] = True
    create_base_path: Annotated[Flag, Field(description="Create the base directory if it is missing")] = True
    create_subdirs: Annotated[Flag, Field(description="Create the default subdirectories")] = True
    skip_cert_verification: Annotated[Flag, Field(description="Skip TLS certificate verification")] = False
    content_dirs: Annotated[Names, Field(description="Folders by content type; order does not matter")] = ()
    max_protected_backups: Annotated[int | None, Field(description="Maximum per guest; -1: unlimited")] = None
    zfs_base_path: Annotated[str | None, Field(description="ZFS over iSCSI: base path of block devices")] = (
        None
    )
    iscsiprovider: Annotated[str | None, Field(description="ZFS over iSCSI: provider, such as LIO")] = None
    comstar_hg: Annotated[str | None, Field(description="ZFS over iSCSI (comstar): host group")] = None
    comstar_tg: Annotated[str | None, Field(description="ZFS over iSCSI (comstar): target group")] = None
    lio_tpg: Annotated[str | None, Field(description="ZFS over iSCSI (LIO): target portal group")] = None
    nowritecache: Annotated[Flag, Field(description="ZFS over iSCSI: disable the write cache")] = False
    authsupported: Annotated[str | None, Field(description="RBD, older releases: authentication")] = None
    master_pubkey: Annotated[str | None, Field(description="PBS: public RSA master key, base64")] = None
    bwlimit: Annotated[
        Properties,
        BANDWIDTH_LIMITS,
        Field(default_factory=dict, description="Bandwidth limits per operation, in KiB/s"),
    ]
    prune_backups: Annotated[
        Properties,
        PRUNE_BACKUPS,
        Field(default_factory=dict, description="Backup retention: keep-last, keep-daily, …"),
    ]
    credentials: Annotated[
        SecretFingerprint,
        Field(description="Password or keyring (fingerprint); null if Proxmox VE does not show it"),
    ] = NONE
    encryption: Annotated[SecretFingerprint, Field(description="PBS: encryption key (fingerprint)")] = NONE
    digest: Digest = None
    left_backups: Annotated[
        dict[str, LeftBackup],
        OBSERVED,
        Field(default_factory=dict, description="Newest backup of each guest that no longer exists, by VMID"),
    ]
    available_on: Annotated[Names | None, OBSERVED, Field(description="Nodes where it is available")] = None


_DASHED = frozenset(
    "content_dirs create_base_path create_subdirs data_pool fs_name master_pubkey max_protected_backups"
    " prune_backups saferemove_stepsize skip_cert_verification snapshot_as_volume_chain zfs_base_path".split()
)
_NAMES = {"storage": "name", "disable": "disabled"} | {
    name.replace("_", "-") if name in _DASHED else name: name
    for name in own_fields(
        Storage, "name", "disabled", "credentials", "encryption", "available_on", "left_backups"
    )
}


@dataclass(frozen=True, slots=True)
class RawStorage:
    """The row of a storage and where `/cluster/resources` lists it, on nodes that are online."""

    row: ApiRow
    places: list[StoragePlace] = field(default_factory=list)
    left: Mapping[str, LeftBackup] = field(default_factory=dict)
    """Vmid of a guest that does not exist → its newest backup there."""


def fetch(
    api: ProxmoxApi, state: ClusterState, guests: GuestFacts | None = None
) -> Listing[RawStorage, ProxmoxContext]:
    """Read every entry that the token may see."""
    left = guests.left_backups if guests is not None else {}
    problem = state.listing_problem("/storage", "Datastore.Audit", "Datastore.AllocateSpace")
    found, nameless = by_key(rows(api.get("storage"), api.settings.hosts[0], "storage"), "storage")
    if problem is None:
        problem = nameless or (None if found else all_may_be_hidden(api, "storage"))
    places: dict[str, list[StoragePlace]] = {}
    for place in state.storages:
        if state.nodes.get(place.node):
            places.setdefault(place.name, []).append(place)
    unread: dict[str, Problem] = {}
    if problem is None:
        nodes = state.online()[:1]

        def ask(name: str) -> list[str]:
            return [path("nodes", node, "storage", name, "status") for node in nodes]

        unread = may_be_hidden(api, "storage", found.keys(), ask, _where)
    return Listing(
        {name: RawStorage(row, places.get(name, []), left.get(name, {})) for name, row in found.items()},
        context_of(api, state),
        problem,
        unread,
        facts=StorageFacts({_where(name): each for name, each in unread.items()}),
    )


def _where(name: str) -> str:
    return f"/storage/{name}"


def normalise(name: str, raw: RawStorage, context: ProxmoxContext) -> Storage:
    """Make a storage of its row; raises `ValueError` when it cannot be parsed."""
    ignored = ignored_fields("proxmox", "storage")
    found = read_fields(raw.row, _NAMES, ignored, context, items_of(Storage))
    hidden = dict(MOUNT.unread("options", _text(raw.row, "options")))
    if "content_dirs" in found:
        given = {"content-dirs": _text(raw.row, "content-dirs")}
        read_into(found, "content_dirs", lambda: known_text(given, "content-dirs", "", _CONTENTS, hidden))
    read_into(found, "credentials", lambda: _credentials(raw.row, context))
    read_into(found, "encryption", lambda: _secret(raw.row, "encryption-key", context))
    return Storage.of_row(
        {
            **found,
            "unmodelled": found["unmodelled"] | ignored.items(hidden, context.fingerprints),
            "name": name,
            "left_backups": raw.left,
            "health": _health(raw),
            "available_on": [place.node for place in raw.places if place.available] if raw.places else None,
        }
    )


def _credentials(row: ApiRow, context: ProxmoxContext) -> str | None:
    """Return the password or keyring as a secret; None of a storage that needs one, and does not show it."""
    shown = [key for key in ("password", "keyring") if _text(row, key)]
    if not shown and (str(row.get("type")) in _WITH_SECRET or row.get("username")):
        return None
    return _secret(row, shown[0], context) if shown else NONE


def _secret(row: ApiRow, key: str, context: ProxmoxContext) -> str:
    return context.fingerprints.secret(f"/{key}", text_if_any(row.get(key)))


def _text(row: ApiRow, key: str) -> str:
    return str(row.get(key) or "")


def _health(raw: RawStorage) -> Health | None:
    """Return whether every online node that uses it has it; a disabled one is not used."""
    if is_true(raw.row.get("disable")):
        return Health(state="stopped", reason="it is disabled")
    if not raw.places:
        return None
    away = sorted(place.node for place in raw.places if not place.available)
    if away:
        return Health(state="degraded", reason=f"not available on {', '.join(away)}")
    return Health(state="healthy")


def _option(field_name: str, value: Any) -> str | None:
    """Return a field as `pvesm set` takes it; raises `UnsafeValueError` for what cannot be set."""
    if field_name == "content" and not value:
        message = "a storage must have at least one content type"
        raise UnsafeValueError(message)
    if HIDDEN in str(value):
        message = "some of its values are hidden"
        raise UnsafeValueError(message)
    return plain(field_name, value)


_COMMAND = RowCommand(
    kind="storage",
    words=lambda wanted: ("pvesm", "set", identity(wanted)),
    keys={name: key for key, name in _NAMES.items()},
    right="Datastore.Allocate",
    on=lambda wanted: f"/storage/{wanted.id}",
    text=_option,
)

KIND = Kind(
    name="storage",
    plural="storages",
    model=Storage,
    fetch=fetch,
    normalise=normalise,
    not_adopted=frozenset({"name"}),
    needs=("guest",),
    fix=KindFixes(partial(change_row, _COMMAND)),
)
