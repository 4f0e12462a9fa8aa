"""Guests that the cluster keeps running, by their sid (`vm:100`, `ct:101`).

Read from `/cluster/ha/resources`, one call. By hand: `pvesh get /cluster/ha/resources`, or
`/etc/pve/ha/resources.cfg`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.proxmox import cluster_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.model.fields import Count, Flag, Notes
from reconciler.model.kind import Kind, Listing, Resource

READS = ("cluster/ha/resources",)


class HaResource(Resource):
    """What high availability does with a guest."""

    type: Annotated[str | None, Field(description="vm or ct")] = None
    state: Annotated[str, Field(description="Requested: started, stopped, disabled, ignored")] = "started"
    group: Annotated[str | None, Field(description="Before rules: Proxmox VE 8")] = None
    max_restart: Annotated[Count, Field(description="Tries on a node")] = 1
    max_relocate: Annotated[Count, Field(description="Tries on other nodes")] = 1
    failback: Annotated[Flag, Field(description="Goes back to the preferred node; Proxmox VE 9")] = True
    has_comment: Flag = False
    comment: Annotated[Notes | None, Field(description="Only with store_descriptions")] = None


_FIELDS = HaResource.model_fields.keys() - {"unmodelled", "unread", "health", "pending"}
_IGNORED = {"sid": "is the key", "digest": "changes with every edit"}


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing:
    """Every resource; the list is whole, or refused to who lacks Sys.Audit on `/`."""
    return cluster_list.fetch_list(api, state, "ha-resource", READS[0], "sid")


def normalise(identity: str, raw: Mapping[str, Any]) -> HaResource:
    """A resource of its row; raises `ValueError` when it makes no sense."""
    del identity
    return HaResource.model_validate(cluster_list.fields(raw, _FIELDS, _IGNORED))


KIND = Kind(
    name="ha-resource",
    plural="ha-resources",
    model=HaResource,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"type", "has_comment"}),
)
