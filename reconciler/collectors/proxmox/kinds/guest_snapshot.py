"""Guest snapshots, by `vmid:name`: inventory, and the basis of the guest policy `snapshots: {max_age: 14d}`.

Read from `/nodes/NODE/qemu|lxc/VMID/snapshot`, one request for each guest that has snapshots. By hand:
`qm listsnapshot VMID`, `pct listsnapshot VMID`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import text_of
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import GuestFacts, ProxmoxContext, context_of
from reconciler.collectors.proxmox.moments import time_of
from reconciler.collectors.proxmox.rows import key_names, read_fields
from reconciler.errors import Problem, combined
from reconciler.model.fields.numbers import Count, Flag, Moment
from reconciler.model.fields.text import Text
from reconciler.model.fingerprint import NONE, SecretFingerprint
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.resource import OBSERVED, Health, Resource
from reconciler.model.unread import read_into
from reconciler.model.value import Row


class GuestSnapshot(Resource):
    """A snapshot of a guest, to which the guest can be rolled back."""

    guest: Annotated[Count, Field(description="VMID")]
    taken: Annotated[
        Moment | None, Field(description="Time of the snapshot; null if Proxmox VE does not know it")
    ] = None
    memory: Annotated[Flag, Field(description="VM only: includes the memory of the running VM")] = False
    parent: Annotated[Text | None, Field(description="Parent snapshot")] = None
    unfinished: Annotated[
        Text | None, OBSERVED, Field(description="prepare: being made; delete: being removed")
    ] = None
    description_fingerprint: Annotated[SecretFingerprint, Field(description="Description (fingerprint)")] = (
        NONE
    )


_NAMES = key_names(["parent"]) | {"vmstate": "memory", "snapstate": "unfinished"}


@dataclass(frozen=True, slots=True)
class RawSnapshot:
    """The row of a snapshot and the guest that it is of."""

    vmid: str
    row: ApiRow


def fetch(
    api: ProxmoxApi, state: ClusterState, guests: GuestFacts | None
) -> Listing[RawSnapshot, ProxmoxContext]:
    """Return the snapshots that were read with the guests; one guest that was not read makes it partial."""
    if guests is None:
        unknown = Problem("", "the guests could not be read", cause="unreadable-field")
        return Listing({}, context_of(api, state), unknown)
    found = {
        f"{vmid}:{row['name']}": RawSnapshot(vmid, row)
        for vmid, rows in guests.snapshots.items()
        for row in rows
    }
    problem = state.listing_problem("/vms", "VM.Audit")
    if problem is None and guests.without_snapshots:
        problem = combined(list(dict.fromkeys(guests.without_snapshots.values())))
    hidden = {
        identity: guests.hidden[where]
        for identity in sorted(api.expected.get("guest-snapshot", frozenset()) - found.keys())
        if (where := f"/vms/{identity.partition(':')[0]}") in guests.hidden
    }
    return Listing(found, context_of(api, state), problem, hidden)


def normalise(_identity: str, raw: RawSnapshot, context: ProxmoxContext) -> GuestSnapshot:
    """Make a snapshot of its row; raises `ValueError` when it cannot be parsed."""
    found = read_fields(raw.row, _NAMES, ignored_fields("proxmox", "guest-snapshot"), context)
    found |= {
        "guest": raw.vmid,
        "taken": time_of(raw.row.get("snaptime")),
        "health": _health(raw.row.get("snapstate")),
    }
    text = raw.row.get("description") or ""
    read_into(
        found,
        "description_fingerprint",
        lambda: context.fingerprints.secret("/description", text_of(text).rstrip()),
    )
    return GuestSnapshot.of_row(found)


def _health(state: object) -> Health | None:
    """Return the health of a snapshot that is not finished: made or removed now, or that failed."""
    reason = {"prepare": "it is not complete yet", "delete": "it is being removed"}.get(str(state))
    return Health(state="degraded", reason=reason) if reason else None


def _of_guest(_identity: str, row: Row) -> Iterable[tuple[str, str]]:
    return [("guest", str(row["guest"]))] if "guest" in row else []


KIND = Kind(
    name="guest-snapshot",
    plural="guest-snapshots",
    model=GuestSnapshot,
    fetch=fetch,
    normalise=normalise,
    declarable=False,
    within=_of_guest,
    comes_with=lambda identity, _row: [("guest", identity.partition(":")[0], "")],
    needs=("guest",),
)
