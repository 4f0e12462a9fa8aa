"""HA resources, by sid (`vm:100`, `ct:101`): the guests that the cluster keeps available.

Read from `/cluster/ha/resources` in one request, and health from `/cluster/ha/status/current`. By hand:
`pvesh get /cluster/ha/resources`, or `/etc/pve/ha/resources.cfg`; `ha-manager status`.
"""

from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.cluster_list import RowListing, fetch_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.digest import Digest
from reconciler.collectors.proxmox.ha_status import service_health
from reconciler.collectors.proxmox.rows import (
    COMMENT,
    CommentText,
    HasComment,
    key_names,
    read_comment,
    read_fields,
)
from reconciler.collectors.proxmox.settable import RowCommand, change_row, identity
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fix import Effect, KindFixes
from reconciler.model.kind import Kind
from reconciler.model.resource import DERIVED, Resource, own_fields

READS = ("cluster/ha/resources",)


def _state(text: str) -> str:
    """Return the requested state; `enabled` is the older name of `started`."""
    return "started" if text == "enabled" else text


class HaResource(Resource):
    """The high availability (HA) settings of a guest."""

    type: Annotated[str | None, DERIVED, Field(description="Guest type: vm or ct")] = None
    state: Annotated[
        str,
        AfterValidator(_state),
        Field(description="Requested state: started, stopped, disabled or ignored"),
    ] = "started"
    group: Annotated[str | None, Field(description="HA group; Proxmox VE 8 only")] = None
    max_restart: Annotated[
        Count, Field(description="Maximum restarts on the same node after a failed start")
    ] = 1
    max_relocate: Annotated[
        Count, Field(description="Maximum relocations to other nodes after failed starts")
    ] = 1
    failback: Annotated[
        Flag, Field(description="Return to the preferred node when it is available; Proxmox VE 9")
    ] = True
    auto_rebalance: Annotated[Flag, Field(description="Include in automatic rebalancing; Proxmox VE 9.2")] = (
        True
    )
    digest: Digest = None
    has_comment: HasComment = False
    comment: CommentText = None


_NAMES = key_names(own_fields(HaResource, *COMMENT))


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read every resource; the list is complete, or refused without Sys.Audit on `/`."""
    return fetch_list(api, state, "ha-resource", READS[0], "sid")


def normalise(sid: str, raw: ApiRow, context: ProxmoxContext) -> HaResource:
    """Make a resource of its row; raises `ValueError` when it cannot be parsed."""
    found = read_fields(raw, _NAMES, ignored_fields("proxmox", "ha-resource"), context)
    read_comment(found, raw, context)
    return HaResource.of_row({**found, "health": service_health(context.services.get(sid))})


_STATES: dict[str, Effect] = {"started": "starts", "stopped": "stops", "disabled": "stops"}


def _effect(field: str, value: Any, effect: Effect) -> Effect:
    return _STATES.get(str(value), "at once") if field == "state" else effect


_COMMAND = RowCommand(
    kind="ha-resource",
    words=lambda wanted: ("ha-manager", "set", identity(wanted)),
    keys={"auto_rebalance": "auto-rebalance"},
    right="Sys.Console",
    effect=_effect,
)

KIND = Kind(
    within=lambda identity, _row: [("guest", identity.partition(":")[2])],
    name="ha-resource",
    plural="ha-resources",
    model=HaResource,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
    fix=KindFixes(partial(change_row, _COMMAND)),
)
