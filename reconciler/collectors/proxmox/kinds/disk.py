"""Disks of nodes, by `node:serial` (or wwn, or else the device): inventory, and health where a node tells it.

Read from `/nodes/NODE/disks/list` of each node that is online, without waking disks for SMART values. By
hand: `pvesh get /nodes/NODE/disks/list --skipsmart 1`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.proxmox import cluster_list
from reconciler.collectors.proxmox.cluster_state import ClusterState, node_offline, node_unread
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path, rows
from reconciler.collectors.proxmox.rights import grant_command
from reconciler.errors import combined
from reconciler.model.fields import Flag, MiB, Text
from reconciler.model.kind import OBSERVED, Health, Kind, Listing, Resource, on_node

READS = ("nodes/{node}/disks/list?skipsmart=1",)


class NodeDisk(Resource):
    """A disk as its node sees it. Its device name may change with every start."""

    node: str
    serial: Text | None = None
    wwn: Text | None = None
    model: Text | None = None
    vendor: Text | None = None
    type: Annotated[Text | None, Field(description="hdd, ssd, nvme")] = None
    size: Annotated[MiB | None, Field(description="MiB")] = None
    used: Annotated[Text | None, Field(description="What for: LVM, ZFS, partitions, …")] = None
    gpt: Flag = False
    device: Annotated[Text | None, OBSERVED, Field(description="/dev/sda")] = None
    mounted: Annotated[Flag | None, OBSERVED] = None


_FIELDS = NodeDisk.model_fields.keys() - {
    "unmodelled",
    "unread",
    "health",
    "pending",
    "node",
    "size",
    "device",
}
_IGNORED = {
    "devpath": "is read as device",
    "by_id_link": "follows from model and serial",
    "health": "is health",
    "node": "is part of the key",
    "parent": "is asked for with partitions alone",
    "rpm": "follows from the model",
    "size": "is read in MiB",
    "wearout": "changes with use",
    **dict.fromkeys(
        ("osdid", "osdid-list", "bluestore", "db", "journals", "wal", "osdencrypted"), "is Ceph's"
    ),
}
_NONE = frozenset({"", "unknown", "None"})


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing:
    """Every disk of every node that is online; a node that does not tell makes the list partial."""
    found: dict[str, Mapping[str, Any]] = {}
    silent = {node: node_offline(node) for node, online in state.nodes.items() if not online}
    asked = {f"{path('nodes', node, 'disks', 'list')}?skipsmart=1": node for node in state.online()}
    refusals: list[ProxmoxRequestFailed] = []
    for at, data in api.get_many(asked):
        node = asked[at]
        try:
            if isinstance(data, ProxmoxRequestFailed):
                raise data
            for row in sorted(rows(data, api.settings.hosts[0], at), key=_order):
                found[_free(found, node, row)] = {**row, "node": node}
        except ProxmoxRequestFailed as refusal:
            refusals.append(refusal)
            remedy = grant_command(f"/nodes/{node}", state.token_id) if refusal.status == 403 else ""
            silent[node] = node_unread(node, refusal, remedy)
    if refusals and len(refusals) == len(asked) and all(each.status in {404, 501} for each in refusals):
        return cluster_list.refused(api, state, "disk", refusals[0])
    if state.doubt or silent:
        silence = [silent[node] for node in sorted(silent)]
        return Listing(found, "partial", state.doubt or combined(silence))
    return Listing(found)


def _order(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row.get(key) or "") for key in ("serial", "wwn", "devpath"))


def _free(found: Mapping[str, object], node: str, row: Mapping[str, Any]) -> str:
    """The id of a disk; two paths to one disk (multipath) are two rows."""
    names = (str(row.get(key) or "").strip() for key in ("serial", "wwn", "devpath"))
    name = next((name for name in names if name not in _NONE), "disk")
    identity, number = f"{node}:{name}", 1
    while identity in found:
        number += 1
        identity = f"{node}:{name}~{number}"
    return identity


def normalise(identity: str, raw: Mapping[str, Any]) -> NodeDisk:
    """A disk of its row; raises `ValueError` when it makes no sense."""
    del identity
    size = raw.get("size")
    return NodeDisk.model_validate(
        {
            **cluster_list.fields({key: _told(value) for key, value in raw.items()}, _FIELDS, _IGNORED),
            "node": raw["node"],
            "device": raw.get("devpath"),
            "size": None if size is None else int(str(size)) // 2**20,
            "health": _health(raw.get("health")),
        }
    )


def _told(value: object) -> object:
    """Text without the blanks that firmware pads it with; `unknown` says nothing."""
    return (None if value.strip() in _NONE else value.strip()) if isinstance(value, str) else value


def _health(told: object) -> Health | None:
    word = str(told or "").upper()
    if word in {"PASSED", "OK"}:
        return Health(state="healthy")
    return None if word in {"", "UNKNOWN"} else Health(state="degraded", reason=f"SMART says {word}")


KIND = Kind(
    name="disk",
    plural="disks",
    model=NodeDisk,
    fetch=fetch,
    normalise=normalise,
    declarable=False,
    host=on_node,
)
