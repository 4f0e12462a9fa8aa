"""Nodes of the cluster, by name.

Read from `/nodes/NODE/status` and `/nodes/NODE/subscription` of each online node, and unapplied network
changes from `/nodes/NODE/network`. By hand: `pvesh get /nodes/NODE/status`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.cluster_state import ClusterState, node_offline
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path
from reconciler.collectors.proxmox.context import NetworkFacts, NodeFacts, ProxmoxContext, context_of
from reconciler.collectors.proxmox.ha_status import node_health
from reconciler.collectors.proxmox.rows import mebibytes
from reconciler.errors import Problem
from reconciler.model.fields.numbers import Count, MiB
from reconciler.model.fields.text import Names, Text
from reconciler.model.judgement import Judgement
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.resource import METRIC, OBSERVED, POLICY, Health, StatusResource
from reconciler.model.value import Row

READS = ("nodes/{node}/subscription", "nodes/{node}/status")


class Node(StatusResource):
    """A cluster node. Of an offline node only name, address and status are read; the rest is unread."""

    name: Annotated[str, Field(description="Node name")]
    expected: Annotated[
        Literal["online", "offline"] | None,
        POLICY,
        Field(description="Policy, declared only; offline: the node and everything on it are off on purpose"),
    ] = None
    status: Annotated[Literal["online", "offline"], Field(description="Whether the node is online")] = (
        "online"
    )
    address: Annotated[str | None, Field(description="IP address of the node in the cluster")] = None
    version: Annotated[Text | None, Field(description="Version of pve-manager")] = None
    kernel: Annotated[str | None, Field(description="Release of the running kernel")] = None
    cpu_model: Annotated[str | None, Field(description="CPU model")] = None
    sockets: Annotated[Count | None, Field(description="CPU sockets")] = None
    cores: Annotated[Count | None, Field(description="Physical CPU cores, all sockets")] = None
    threads: Annotated[Count | None, Field(description="Logical CPUs")] = None
    memory: Annotated[MiB | None, Field(description="Total memory in MiB")] = None
    memory_used: Annotated[MiB | None, METRIC, Field(description="Used memory in MiB")] = None
    subscription: Annotated[
        str | None,
        Field(description="Active subscription: community, basic, standard or premium; null without one"),
    ] = None
    ha: Annotated[
        Text | None,
        OBSERVED,
        Field(description="State of the local resource manager (LRM): active, idle, maintenance, …"),
    ] = None
    network_changes: Annotated[
        Names,
        Field(
            description="Interfaces with changes that are not applied; `?` for a change without an interface"
        ),
    ] = ()


_ALWAYS_SET = frozenset({"pveversion", "cpuinfo", "memory"})
"""Every status has some of these; one without is not read as a node without memory."""


_READ = _ALWAYS_SET | {"current-kernel", "kversion"}
_LEVELS = {"c": "community", "b": "basic", "s": "standard", "p": "premium"}
_FROM_STATUS = (
    "version",
    "kernel",
    "cpu_model",
    "sockets",
    "cores",
    "threads",
    "memory",
    "memory_used",
    "subscription",
)
"""The fields that are not known of a node that is offline, beside those of its network."""
_FROM_NETWORK = ("network_changes", "pending")
_EMPTY_STATUS = Problem("", "its status is empty", cause="bad-answer")


@dataclass(frozen=True, slots=True)
class RawNode:
    """The address that the cluster knows, and the answers of the node itself."""

    address: str | None = None
    status: ApiRow | None = None
    """None: it is offline."""
    subscription: ApiRow | None = None
    """None: it could not be read."""
    changes: tuple[str, ...] | None = None
    """The interfaces with changes that are not applied; None: they could not be read."""
    ha: str | None = None
    """The state of its local resource manager; None: it has none, or it could not be read."""


def fetch(
    api: ProxmoxApi, state: ClusterState, network: NetworkFacts | None
) -> Listing[RawNode, ProxmoxContext]:
    """Read the status of every node that is online; one that is offline is known to exist."""
    problem = state.listing_problem("/nodes", "Sys.Audit")
    online = state.online()
    levels = {path("nodes", node, "subscription"): node for node in online}
    subscriptions = {
        levels[at]: {key: data.get(key) for key in ("status", "level")}  # its key is a secret
        for at, data in api.get_many(levels)
        if isinstance(data, dict)
    }
    changes = network.changes if network is not None else {}
    found: dict[str, RawNode] = {}
    unread: dict[str, Problem] = {}
    asked = {path("nodes", node, "status"): node for node in online}
    for at, data in api.get_many(asked):
        node = asked[at]
        if isinstance(data, dict) and not _ALWAYS_SET.isdisjoint(data):
            known = (state.addresses.get(node), data, subscriptions.get(node), changes.get(node))
            found[node] = RawNode(*known, state.ha.nodes.get(node))
        else:
            unread[node] = data.problem if isinstance(data, ProxmoxRequestFailed) else _EMPTY_STATUS
    found |= {node: RawNode(state.addresses.get(node)) for node in state.nodes.keys() - set(online)}
    if state.membership:
        what = f"its address is not known: {state.membership.what}"
        unread |= dict.fromkeys(found, replace(state.membership, what=what))
        found = {}
    versions = {node: version for node, raw in found.items() if (version := _version(raw.status))}
    return Listing(found, context_of(api, state), problem, unread, facts=NodeFacts(versions))


def normalise(name: str, raw: RawNode, _context: ProxmoxContext) -> Node:
    """Make a node of its status; raises `ValueError` when it cannot be parsed."""
    if raw.status is None:
        offline = Health(state="degraded", reason="it is offline")
        known = {"name": name, "address": raw.address, "status": "offline"}
        return Node.of_row({**known, "unread": (*_FROM_STATUS, *_FROM_NETWORK), "health": offline})
    status = raw.status
    cpu = _object_at(status, "cpuinfo")
    memory = _object_at(status, "memory")
    kernel = _object_at(status, "current-kernel").get("release") or _old_kernel(status.get("kversion"))
    return Node.of_row(
        {
            "name": name,
            "address": raw.address,
            "version": _version(status),
            "kernel": kernel,
            "cpu_model": cpu.get("model"),
            "sockets": cpu.get("sockets"),
            "cores": cpu.get("cores"),
            "threads": cpu.get("cpus"),
            "memory": mebibytes(memory.get("total")),
            "memory_used": mebibytes(memory.get("used")),
            "subscription": _level(raw.subscription) if raw.subscription is not None else None,
            "network_changes": raw.changes or (),
            "pending": {"/network_changes": []} if raw.changes else None,
            "unread": (
                *(("subscription",) if raw.subscription is None else ()),
                *(_FROM_NETWORK if raw.changes is None else ()),
            )
            or None,
            "unmodelled": ignored_fields("proxmox", "node").names_only(status, _READ),
            "ha": raw.ha,
            "health": node_health(raw.ha),
        }
    )


def _version(status: ApiRow | None) -> str | None:
    """Return the version in `pve-manager/9.2.1/…`."""
    parts = str((status or {}).get("pveversion") or "").split("/")
    return parts[1] if len(parts) > 1 else None


def _level(subscription: ApiRow) -> str | None:
    """Return the level of a subscription that is active."""
    active = str(subscription.get("status") or "").lower() == "active"
    level = str(subscription.get("level") or "") if active else ""
    return _LEVELS.get(level, level) or None


def _object_at(status: ApiRow, key: str) -> Mapping[str, Any]:
    part = status.get(key)
    return part if isinstance(part, dict) else {}


def _old_kernel(text: object) -> str | None:
    """Return the release from `Linux 6.8.12-4-pve #1 SMP …`, the only form before Proxmox VE 8.1."""
    words = str(text or "").split()
    return words[1] if len(words) > 1 else None


def judge(declared: Row, row: Row, observed: Row, now: datetime) -> Iterator[Judgement]:
    """Judge whether a node is online, unless it is declared to be offline."""
    del observed, now
    if row.get("status") == "offline" and declared.get("expected") != "offline":
        yield Judgement("/status", problem=node_offline(str(row.get("name"))))
    elif row.get("status") == "online" and declared.get("expected") == "offline":
        yield Judgement("/expected", "offline", "online", "it is back; delete the line, or turn it off again")


def away(declared: Row, row: Row) -> bool:
    """Check whether it is offline and declared to be."""
    return declared.get("expected") == "offline" and row.get("status") == "offline"


KIND = Kind(
    name="node",
    plural="nodes",
    model=Node,
    fetch=fetch,
    normalise=normalise,
    needs=("node-network",),
    not_adopted=frozenset({"name", "status", "version", "kernel", "network_changes"}),
    judge=judge,
    away=away,
)
