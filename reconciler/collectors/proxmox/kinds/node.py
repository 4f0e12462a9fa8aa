"""Nodes of the cluster, by name.

Read from `/nodes/NODE/status` and `/nodes/NODE/subscription` of each that is online. By hand:
`pvesh get /nodes/NODE/status`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path
from reconciler.collectors.proxmox.rights import proof
from reconciler.errors import Problem
from reconciler.model.fields import Count, MiB, Text
from reconciler.model.kind import METRIC, POLICY, Health, Judgement, Kind, Listing, Resource
from reconciler.model.value import Row

READS = ("nodes/{node}/subscription", "nodes/{node}/status")


class Node(Resource):
    """A host. One that is offline is known to exist and tells nothing else: the rest of it is unread."""

    name: str
    expected: Annotated[
        Literal["online", "offline"] | None,
        POLICY,
        Field(description="Declared alone; offline: it is away on purpose, with all that is on it"),
    ] = None
    status: Literal["online", "offline"] = "online"
    address: Annotated[str | None, Field(description="That the cluster knows it by")] = None
    version: Annotated[Text | None, Field(description="Of pve-manager")] = None
    kernel: Annotated[str | None, Field(description="That runs now")] = None
    cpu_model: str | None = None
    sockets: Count | None = None
    cores: Annotated[Count | None, Field(description="Physical cores, all sockets")] = None
    threads: Annotated[Count | None, Field(description="Logical CPUs")] = None
    memory: MiB | None = None
    memory_used: Annotated[MiB | None, METRIC] = None
    subscription: Annotated[
        str | None, Field(description="community, basic, standard or premium; none: without one")
    ] = None


_TOLD = frozenset({"pveversion", "cpuinfo", "memory"})
"""What every status has some of; one without tells nothing, and is no node without memory."""


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
"""The fields that a node which is offline does not tell."""


_EMPTY_STATUS = Problem("", "its status is empty", cause="bad-answer")


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing:
    """The status of every node that is online; the others are unread."""
    listed, problem = proof(state, "/nodes", "Sys.Audit")
    unread = {
        node: _without_address(state.membership)
        for node, online in state.nodes.items()
        if not online and state.membership
    }
    asked = {path("nodes", node, "status"): node for node in state.online()}
    rows: dict[str, Mapping[str, Any]] = {
        node: {"address": state.addresses.get(node), "offline": True}
        for node, online in state.nodes.items()
        if not online and not state.membership
    }
    levels = {path("nodes", node, "subscription"): node for node in state.online()}
    found = {levels[at]: data for at, data in api.get_many(levels)}
    for at, data in api.get_many(asked):
        node = asked[at]
        if state.membership and isinstance(data, dict):
            unread[node] = _without_address(state.membership)
        elif isinstance(data, dict) and not _TOLD.isdisjoint(data):
            rows[node] = {"address": state.addresses.get(node), **data, **_subscription(found.get(node))}
        else:
            unread[node] = data.problem if isinstance(data, ProxmoxRequestFailed) else _EMPTY_STATUS
    return Listing(rows=rows, listed=listed, problem=problem, unread=unread)


def _without_address(membership: Problem) -> Problem:
    return replace(membership, what=f"its address is not known: {membership.what}")


def _subscription(data: Any) -> dict[str, Any]:
    """What a row gets of the subscription; one that is not told is unread."""
    if not isinstance(data, dict):
        return {"unread": ["subscription"]}
    level = str(data.get("level") or "") if str(data.get("status") or "").lower() == "active" else ""
    return {"subscription": _LEVELS.get(level, level) or None}


def normalise(name: str, raw: Mapping[str, Any]) -> Node:
    """A node of its status row; raises `ValueError` when it makes no sense."""
    if raw.get("offline"):
        away = Health(state="degraded", reason="it is offline")
        known = {"name": name, "address": raw.get("address"), "status": "offline"}
        return Node.model_validate({**known, "unread": _FROM_STATUS, "health": away})
    cpu = _part(raw, "cpuinfo")
    memory = _part(raw, "memory")
    version = str(raw.get("pveversion") or "").split("/")
    kernel = _part(raw, "current-kernel").get("release") or _old_kernel(raw.get("kversion"))
    return Node.model_validate(
        {
            "name": name,
            "address": raw.get("address"),
            "version": version[1] if len(version) > 1 else None,
            "kernel": kernel,
            "cpu_model": cpu.get("model"),
            "sockets": cpu.get("sockets"),
            "cores": cpu.get("cores"),
            "threads": cpu.get("cpus"),
            "memory": _mebibytes(memory, "total"),
            "memory_used": _mebibytes(memory, "used"),
            "subscription": raw.get("subscription"),
            "unread": raw.get("unread"),
            "health": Health(state="healthy"),
        }
    )


def _mebibytes(memory: Mapping[str, Any], name: str) -> int | None:
    number = memory.get(name)
    if number is None:
        return None
    if not isinstance(number, int | str) or not str(number).isdecimal():
        message = f"memory.{name} is no number of bytes"
        raise ValueError(message)
    return int(number) // 2**20


def _part(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = raw.get(key)
    return part if isinstance(part, dict) else {}


def _old_kernel(text: object) -> str | None:
    """`Linux 6.8.12-4-pve #1 SMP …`, the only form before Proxmox VE 8.1."""
    words = str(text or "").split()
    return words[1] if len(words) > 1 else None


def judge(declared: Row, row: Row, observed: Row, now: datetime) -> Iterator[Judgement]:
    """A node is expected to be online, unless it is declared to be away."""
    del observed, now
    if row["status"] == "offline" and declared.get("expected") != "offline":
        problem = Problem(f"node {row['name']}", "offline", cause="node-offline")
        yield Judgement("/status", problem=problem)
    elif row["status"] == "online" and declared.get("expected") == "offline":
        yield Judgement("/expected", "offline", "online", "it is back; delete the line, or turn it off again")


def away(declared: Row, row: Row) -> bool:
    """Whether it is offline as it is declared to be."""
    return declared.get("expected") == "offline" and row.get("status") == "offline"


KIND = Kind(
    name="node",
    plural="nodes",
    model=Node,
    fetch=fetch,
    normalise=normalise,
    not_adopted=frozenset({"name", "status", "version", "kernel"}),
    judge=judge,
    away=away,
)
