"""The cluster, by its name; a host of its own by the name of its node.

Read from `/cluster/status`, which the state asks for, and `/cluster/options`. By hand:
`pvesh get /cluster/status`, `/etc/pve/datacenter.cfg`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from reconciler.collectors.proxmox import cluster_list, ignored_fields
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed
from reconciler.collectors.proxmox.property_string import (
    Properties,
    at_default,
    default_key,
    without_defaults,
)
from reconciler.model.fields import Count, Names
from reconciler.model.kind import Health, Kind, Listing, Resource

READS = ("cluster/options",)

_HA = AfterValidator(lambda values: without_defaults(values, {"shutdown_policy": "conditional"}))
_CRS = at_default(
    ha="basic",
    ha_auto_rebalance=0,
    ha_auto_rebalance_hold_duration=3,
    ha_auto_rebalance_margin=10,
    ha_auto_rebalance_method="bruteforce",
    ha_auto_rebalance_threshold=30,
    ha_rebalance_on_start=0,
)
UpperCase = Annotated[str, StringConstraints(to_upper=True)]


class Cluster(Resource):
    """Who is a member, and what holds for all; whether enough of them are there is health."""

    name: str
    nodes: Annotated[Names, Field(description="The members")] = ()
    keyboard: str | None = None
    language: str | None = None
    console: str | None = None
    mac_prefix: UpperCase = "BC:24:11"
    email_from: str | None = None
    fencing: str = "watchdog"
    max_workers: Count | None = None
    migration: Annotated[
        Properties,
        default_key("type"),
        at_default(type="secure"),
        Field(default_factory=dict, description="Network and type"),
    ]
    replication: Annotated[
        Properties,
        default_key("type"),
        at_default(type="secure"),
        Field(default_factory=dict, description="Network and type"),
    ]
    ha: Annotated[Properties, _HA, Field(default_factory=dict, description="What a shutdown does")]
    crs: Annotated[Properties, _CRS, Field(default_factory=dict, description="Cluster resource scheduling")]
    bwlimit: Annotated[Properties, Field(default_factory=dict, description="KiB/s, by what moves")]
    next_id: Annotated[
        Properties,
        at_default(lower=100, upper=1000000),
        Field(default_factory=dict, description="Range of new vmids"),
    ]
    tag_style: Annotated[
        Properties,
        at_default(case_sensitive=0, ordering="alphabetical", shape="circle"),
        Field(default_factory=dict, description="How tags look"),
    ]
    user_tag_access: Annotated[
        Properties,
        at_default(user_allow="free"),
        Field(default_factory=dict, description="Who may use which"),
    ]
    registered_tags: Names = ()


_OURS = {"name", "nodes", "unmodelled", "unread", "health", "pending"}
_OPTIONS = Cluster.model_fields.keys() - _OURS


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing:
    """One row; none where membership is not known. Its options are those of the datacenter."""
    if state.membership or not state.nodes:
        return Listing({}, "partial", state.membership or state.doubt)
    name = state.cluster or min(state.nodes)
    row = {"name": name, "nodes": sorted(state.nodes), "quorate": state.quorate, "online": state.online()}
    try:
        options = api.get("cluster/options")
        row |= {"options": options} if isinstance(options, dict) else {"unread": sorted(_OPTIONS)}
    except ProxmoxRequestFailed:
        row |= {"unread": sorted(_OPTIONS)}
    return Listing({name: row})


def normalise(name: str, raw: Mapping[str, Any]) -> Cluster:
    """A cluster of its row."""
    return Cluster.model_validate(
        {
            **cluster_list.fields(raw.get("options", {}), _OPTIONS, ignored_fields.DATACENTER),
            "name": name,
            "nodes": raw["nodes"],
            "unread": raw.get("unread"),
            "health": _health(raw),
        }
    )


def _health(raw: Mapping[str, Any]) -> Health:
    away = sorted(set(raw["nodes"]) - set(raw["online"]))
    if not raw["quorate"]:
        return Health(state="degraded", reason="it has no quorum")
    if away:
        return Health(state="degraded", reason=f"offline: {', '.join(away)}")
    return Health(state="healthy")


KIND = Kind(
    name="cluster",
    plural="clusters",
    model=Cluster,
    fetch=fetch,
    normalise=normalise,
    not_adopted=frozenset({"name"}),
)
