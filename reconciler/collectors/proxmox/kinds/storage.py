"""Storages as the cluster configures them, by name.

Read from `/storage`, one call. By hand: `pvesh get /storage`, or `/etc/pve/storage.cfg`.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from reconciler.collectors.proxmox import ignored_fields
from reconciler.collectors.proxmox.cluster_state import ClusterState, StoragePlace
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, named, path, rows
from reconciler.collectors.proxmox.property_string import Properties
from reconciler.collectors.proxmox.rights import hidden, none_visible, proof
from reconciler.errors import Problem
from reconciler.model.fields import Count, Flag, Names, Text
from reconciler.model.kind import OBSERVED, Health, Kind, Listing, Resource
from reconciler.model.value import Row

READS = ("storage",)

_MOUNTED = {
    **dict.fromkeys(("yes", "true", "1", "on"), "yes"),
    **dict.fromkeys(("no", "false", "0", "off"), "no"),
}
_SECRETS = re.compile(r"(?i)\b(pass\w*|cred\w*)=[^,]*")
_MOUNTS = frozenset({"dir", "btrfs"})
_PREALLOCATES = frozenset({"btrfs", "cifs", "dir", "glusterfs", "nfs"})


def _yes_or_no(value: object) -> object:
    return _MOUNTED.get(str(value).lower(), value) if isinstance(value, str | int) else value


def _without_secrets(options: str) -> str:
    """Mount options without what some write there that has a place of its own."""
    return _SECRETS.sub(r"\1=(not shown)", options)


class Storage(Resource):
    """One entry of storage.cfg: where volumes, images and backups lie. Passwords and keys are not read."""

    name: str
    type: Annotated[str, Field(description="dir, lvmthin, zfspool, nfs, cifs, pbs, rbd, …")]
    content: Annotated[
        Names, Field(description="What it may hold: images, rootdir, iso, vztmpl, backup")
    ] = ()
    nodes: Annotated[Names, Field(description="Where it is used; none: everywhere")] = ()
    disabled: Flag = False
    shared: Flag = False
    path: str | None = None
    server: str | None = None
    port: Count | None = None
    export: str | None = None
    share: str | None = None
    domain: str | None = None
    username: Text | None = None
    subdir: str | None = None
    datastore: Text | None = None
    namespace: str | None = None
    fingerprint: Annotated[str | None, Field(description="Of the server's certificate")] = None
    pool: Text | None = None
    data_pool: Text | None = None
    fs_name: Text | None = None
    monhost: Names = ()
    vgname: Text | None = None
    thinpool: Text | None = None
    base: str | None = None
    portal: str | None = None
    target: str | None = None
    mountpoint: str | None = None
    is_mountpoint: Annotated[
        Annotated[str, BeforeValidator(_yes_or_no)] | None, Field(description="yes, no, or a path")
    ] = None
    blocksize: Text | None = None
    sparse: Flag = False
    krbd: Flag = False
    saferemove: Flag = False
    preallocation: str | None = None
    snapshot_as_volume_chain: Flag = False
    format: Annotated[str | None, Field(description="Of new images")] = None
    options: Annotated[
        Annotated[str, AfterValidator(_without_secrets)] | None, Field(description="Mount options")
    ] = None
    smbversion: Annotated[Text | None, Field(description="none: default")] = None
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
    bwlimit: Annotated[Properties, Field(default_factory=dict, description="KiB/s, by what moves")]
    prune_backups: Annotated[Properties, Field(default_factory=dict, description="How long backups are kept")]
    available_on: Annotated[Names | None, OBSERVED, Field(description="Nodes where it is there now")] = None


_DASHED = frozenset(
    "content_dirs create_base_path create_subdirs data_pool fs_name max_protected_backups prune_backups"
    " skip_cert_verification snapshot_as_volume_chain zfs_base_path".split()
)
_OURS = {"name", "disabled", "unmodelled", "unread", "health", "pending", "available_on"}
_NAMES = {"storage": "name", "disable": "disabled"} | {
    name.replace("_", "-") if name in _DASHED else name: name for name in Storage.model_fields.keys() - _OURS
}


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing:
    """Every entry that the token may see."""
    listed, problem = proof(state, "/storage", "Datastore.Audit", "Datastore.AllocateSpace")
    listing, doubt = named(rows(api.get("storage"), api.settings.hosts[0], "storage"), "storage")
    if not listing and doubt is None:
        doubt = none_visible(api, "storage")
    if listed == "complete" and doubt:
        listed, problem = "partial", doubt
    places: dict[str, list[StoragePlace]] = {}
    for place in state.storages:
        if state.nodes.get(place.node):
            places.setdefault(place.name, []).append(place)
    listing = {name: {**row, "places": places.get(name, [])} for name, row in listing.items()}
    unread: dict[str, Problem] = {}
    if listed == "complete":
        nodes = state.online()[:1]

        def ask(name: str) -> list[str]:
            return [path("nodes", node, "storage", name, "status") for node in nodes]

        unread = hidden(api, "storage", listing.keys(), ask, lambda name: f"/storage/{name}")
    return Listing(rows=listing, listed=listed, problem=problem, unread=unread)


def defaults(row: Row) -> Row:
    """What a storage of its type has where nothing is set (schema of `/storage`)."""
    kind = row.get("type")
    found: Row = {"preallocation": "metadata"} if kind in _PREALLOCATES else {}
    return found | ({"is_mountpoint": "no"} if kind in _MOUNTS else {})


def normalise(name: str, raw: Mapping[str, Any]) -> Storage:
    """A storage of its row; raises `ValueError` when it makes no sense."""
    places: list[StoragePlace] = raw.get("places", [])
    return Storage.model_validate(
        {
            **defaults(dict(raw)),
            **{_NAMES[key]: value for key, value in raw.items() if key in _NAMES and value not in (None, "")},
            "name": name,
            "health": _health(raw),
            "available_on": [place.node for place in places if place.available] if places else None,
            "unmodelled": sorted(raw.keys() - _NAMES.keys() - ignored_fields.STORAGE.keys() - {"places"}),
        }
    )


def _health(raw: Mapping[str, Any]) -> Health | None:
    """Whether every online node that uses it has it; what is disabled is used by none."""
    places: list[StoragePlace] = raw.get("places", [])
    if str(raw.get("disable") or "0") in {"1", "True"}:
        return Health(state="stopped", reason="it is disabled")
    if not places:
        return None
    away = sorted(place.node for place in places if not place.available)
    if away:
        return Health(state="degraded", reason=f"not available on {', '.join(away)}")
    return Health(state="healthy")


KIND = Kind(
    name="storage",
    plural="storages",
    model=Storage,
    fetch=fetch,
    normalise=normalise,
    defaults=defaults,
    not_adopted=frozenset({"name"}),
)
