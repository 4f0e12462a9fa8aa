"""Aliases of the datacenter's firewall: names for addresses and networks.

Read from `/cluster/firewall/aliases`, one call. By hand: `pvesh get /cluster/firewall/aliases`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.proxmox import cluster_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.model.fields import Block, Flag, Notes
from reconciler.model.kind import Kind, Listing, Resource

READS = ("cluster/firewall/aliases",)


class Alias(Resource):
    """A name that rules and sets use for an address."""

    cidr: Block
    has_comment: Flag = False
    comment: Annotated[Notes | None, Field(description="Only with store_descriptions")] = None


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing:
    """Every alias; the list is whole, or refused to who lacks Sys.Audit on `/`."""
    return cluster_list.fetch_list(api, state, "alias", READS[0], "name")


def normalise(name: str, raw: Mapping[str, Any]) -> Alias:
    """An alias of its row; raises `ValueError` when it makes no sense."""
    del name
    found = cluster_list.fields(raw, ("cidr", "has_comment", "comment"), ("name", "digest", "ipversion"))
    return Alias.model_validate(found)


KIND = Kind(
    name="alias",
    plural="aliases",
    model=Alias,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
)
