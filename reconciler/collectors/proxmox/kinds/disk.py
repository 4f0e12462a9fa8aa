"""Disks of nodes, by `node:serial` (or WWN, else device): inventory, with SMART health if available.

Read from `/nodes/NODE/disks/list` of each online node, without waking disks for SMART values. By hand:
`pvesh get /nodes/NODE/disks/list --skipsmart 1`.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox import cluster_list
from reconciler.collectors.proxmox.cluster_state import ClusterState, node_offline, node_unread
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path, rows
from reconciler.collectors.proxmox.context import ProxmoxContext, context_of
from reconciler.collectors.proxmox.rights import grant_command
from reconciler.collectors.proxmox.rows import key_names, mebibytes, read_fields
from reconciler.errors import Problem, combined
from reconciler.model.fields.numbers import Flag, MiB, Numbers
from reconciler.model.fields.text import Text
from reconciler.model.key import first_free
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.relations import on_node_of_id, with_node_of_id
from reconciler.model.resource import OBSERVED, Health, StatusResource, own_fields

READS = ("nodes/{node}/disks/list?skipsmart=1",)


class NodeDisk(StatusResource):
    """A disk as its node reports it. The device name can change at every boot."""

    node: Annotated[str, Field(description="Node name")]
    serial: Annotated[Text | None, Field(description="Serial number")] = None
    wwn: Annotated[Text | None, Field(description="World Wide Name")] = None
    model: Annotated[Text | None, Field(description="Model")] = None
    vendor: Annotated[Text | None, Field(description="Vendor")] = None
    type: Annotated[Text | None, Field(description="Disk type: hdd, ssd or nvme")] = None
    size: Annotated[MiB | None, Field(description="Size in MiB")] = None
    used: Annotated[Text | None, Field(description="Current use: LVM, ZFS, partitions, …")] = None
    gpt: Annotated[Flag, Field(description="Disk has a GPT partition table")] = False
    osds: Annotated[Numbers, Field(description="IDs of the Ceph OSDs on the disk")] = ()
    osd_encrypted: Annotated[Flag, Field(description="The OSDs are encrypted")] = False
    device: Annotated[Text | None, OBSERVED, Field(description="Device path, such as /dev/sda")] = None
    mounted: Annotated[Flag | None, OBSERVED, Field(description="Disk is mounted")] = None


_NAMES = key_names(own_fields(NodeDisk, "node", "size", "device", "osds", "osd_encrypted"))
_NONE = frozenset({"", "unknown", "None"})


@dataclass(frozen=True, slots=True)
class RawDisk:
    """The row of a disk and the node that listed it."""

    node: str
    row: ApiRow


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing[RawDisk, ProxmoxContext]:
    """Read every disk of every node that is online; a node without an answer makes the list partial."""
    found: dict[str, RawDisk] = {}
    silent = {node: node_offline(node) for node, online in state.nodes.items() if not online}
    asked = {f"{path('nodes', node, 'disks', 'list')}?skipsmart=1": node for node in state.online()}
    failures: list[ProxmoxRequestFailed] = []
    for at, data in api.get_many(asked):
        node = asked[at]
        try:
            if isinstance(data, ProxmoxRequestFailed):
                raise data
            for row in sorted(rows(data, api.settings.hosts[0], at), key=_order):
                name = _name(row)
                if name is None:
                    silent[node] = Problem(f"node {node}", "a disk has no path", cause="bad-answer")
                else:
                    found[first_free(f"{node}:{name}", found)] = RawDisk(node, row)
        except ProxmoxRequestFailed as failure:
            failures.append(failure)
            refused = failure.status == 403
            remedy = grant_command(f"/nodes/{node}", state.rights.token_id) if refused else ""
            silent[node] = node_unread(node, failure, remedy)
    if failures and len(failures) == len(asked) and all(each.status in {404, 501} for each in failures):
        return cluster_list.refused(api, state, "disk", failures[0])
    problems = [silent[node] for node in sorted(silent)]
    problem = state.doubt or (combined(problems) if problems else None)
    return Listing(found, context_of(api, state), problem)


def _order(row: ApiRow) -> tuple[str, ...]:
    return tuple(str(row.get(key) or "") for key in ("serial", "wwn", "devpath"))


def _name(row: ApiRow) -> str | None:
    """Return the name of a disk on its node, which two paths to one disk (multipath) share."""
    names = (str(row.get(key) or "").strip() for key in ("serial", "wwn", "devpath"))
    return next((name for name in names if name not in _NONE), None)


def normalise(_identity: str, raw: RawDisk, context: ProxmoxContext) -> NodeDisk:
    """Make a disk of its row; raises `ValueError` when it cannot be parsed."""
    known = {key: _told(value) for key, value in raw.row.items()}
    return NodeDisk.of_row(
        {
            **read_fields(known, _NAMES, ignored_fields("proxmox", "disk"), context),
            "node": raw.node,
            "device": raw.row.get("devpath"),
            "osds": _osds(raw.row),
            "osd_encrypted": raw.row.get("osdencrypted") or False,
            "size": mebibytes(raw.row.get("size")),
            "health": _health(raw.row.get("health")),
        }
    )


def _told(value: object) -> object:
    """Return text without the blanks that firmware pads it with; None for `unknown`."""
    return (None if value.strip() in _NONE else value.strip()) if isinstance(value, str) else value


def _osds(row: ApiRow) -> object:
    """Return the OSDs of a disk; releases with a list of them also have the first one, or -1."""
    listed = row.get("osdid-list")
    return listed or ([] if str(row.get("osdid", -1)) in {"", "-1", "None"} else [row["osdid"]])


def _health(told: object) -> Health | None:
    word = str(told or "").upper()
    if word in {"PASSED", "OK"}:
        return Health(state="healthy")
    return None if word in {"", "UNKNOWN"} else Health(state="degraded", reason=f"SMART reports {word}")


KIND = Kind(
    name="disk",
    plural="disks",
    model=NodeDisk,
    fetch=fetch,
    normalise=normalise,
    declarable=False,
    host=on_node_of_id,
    comes_with=with_node_of_id,
)
