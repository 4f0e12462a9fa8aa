"""Storages as the cluster configures them, by name.

Read from `/storage`, one call. By hand: `pvesh get /storage`, or `/etc/pve/storage.cfg`.
"""

from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_true, text_if_any
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.commands import UnsafeValueError
from reconciler.collectors.proxmox.context import LeftBackup, ProxmoxContext
from reconciler.collectors.proxmox.digest import Digest
from reconciler.collectors.proxmox.kinds.storage.fetch import RawStorage, fetch_storages
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
from reconciler.model.fields.hosts import Host, HostSet
from reconciler.model.fields.marks import unless
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names, Text, UpperCase
from reconciler.model.fingerprint import NONE, SecretFingerprint
from reconciler.model.fix import KindFixes
from reconciler.model.kind import Kind
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
    """One entry of storage.cfg: where volumes, images and backups lie."""

    name: str
    type: Annotated[str, Field(description="dir, lvmthin, zfspool, nfs, cifs, pbs, rbd, …")]
    content: Annotated[
        Names, Field(description="What it may hold: images, rootdir, iso, vztmpl, backup")
    ] = ()
    nodes: Annotated[Names, RefTo("node"), Field(description="Where it is used; none: everywhere")] = ()
    disabled: Flag = False
    shared: Flag = False
    path: str | None = None
    server: Host | None = None
    port: Count | None = None
    export: str | None = None
    share: str | None = None
    domain: str | None = None
    username: Text | None = None
    subdir: str | None = None
    datastore: Text | None = None
    namespace: str | None = None
    fingerprint: Annotated[UpperCase | None, Field(description="Of the server's certificate")] = None
    pool: Text | None = None
    data_pool: Text | None = None
    fs_name: Text | None = None
    monhost: HostSet = ()
    vgname: Text | None = None
    thinpool: Text | None = None
    base: str | None = None
    portal: str | None = None
    target: str | None = None
    mountpoint: str | None = None
    is_mountpoint: Annotated[
        Annotated[str, BeforeValidator(_yes_or_no), unless("no")] | None,
        Field(description="yes, or a path; none: no"),
    ] = None
    blocksize: Text | None = None
    sparse: Flag = False
    krbd: Flag = False
    saferemove: Flag = False
    saferemove_stepsize: Annotated[Count, Field(description="MiB")] = 32
    saferemove_throughput: Annotated[
        Text | None, Field(description="cstream's -t, while a volume is wiped")
    ] = None
    preallocation: Annotated[
        Annotated[str, unless("metadata")] | None, Field(description="none: metadata, where there is any")
    ] = None
    snapshot_as_volume_chain: Flag = False
    format: Annotated[str | None, Field(description="Of new images")] = None
    options: Annotated[
        Annotated[str, MOUNT] | None,
        Field(description="Mount options; of one that is not documented only the name"),
    ] = None
    smbversion: Annotated[
        Annotated[Text, unless("default")] | None,
        Field(description="none: default"),
    ] = None
    fuse: Flag = False
    nocow: Flag = False
    tagged_only: Flag = False
    mkdir: Flag = True
    create_base_path: Flag = True
    create_subdirs: Flag = True
    skip_cert_verification: Flag = False
    content_dirs: Names = ()
    max_protected_backups: int | None = None
    zfs_base_path: str | None = None
    iscsiprovider: Annotated[str | None, Field(description="Of ZFS over iSCSI: comstar, LIO, …")] = None
    comstar_hg: Annotated[str | None, Field(description="Of ZFS over iSCSI: host group")] = None
    comstar_tg: Annotated[str | None, Field(description="Of ZFS over iSCSI: target group")] = None
    lio_tpg: Annotated[str | None, Field(description="Of ZFS over iSCSI: target portal group")] = None
    nowritecache: Annotated[Flag, Field(description="Of ZFS over iSCSI")] = False
    authsupported: Annotated[str | None, Field(description="Of RBD before Ceph 9")] = None
    master_pubkey: Annotated[
        str | None, Field(description="Public key that backups' encryption keys are kept with, base64")
    ] = None
    bwlimit: Annotated[
        Properties, BANDWIDTH_LIMITS, Field(default_factory=dict, description="KiB/s, by what moves")
    ]
    prune_backups: Annotated[
        Properties, PRUNE_BACKUPS, Field(default_factory=dict, description="How long backups are kept")
    ]
    credentials: Annotated[
        SecretFingerprint, Field(description="Password or keyring; Proxmox VE shows none to readers")
    ] = NONE
    encryption: Annotated[SecretFingerprint, Field(description="Key that backups are encrypted with")] = NONE
    digest: Digest = None
    left_backups: Annotated[
        dict[str, LeftBackup],
        OBSERVED,
        Field(default_factory=dict, description="Newest backup here of guests that do not exist, by vmid"),
    ]
    available_on: Annotated[Names | None, OBSERVED, Field(description="Nodes where it is there now")] = None


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
        message = "a storage has some content"
        raise UnsafeValueError(message)
    if HIDDEN in str(value):
        message = "some of its values are not read"
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
    fetch=fetch_storages,
    normalise=normalise,
    not_adopted=frozenset({"name"}),
    needs=("guest",),
    fix=KindFixes(partial(change_row, _COMMAND)),
)
