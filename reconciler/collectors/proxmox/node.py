"""Nodes of the cluster, by name.

Read from `/nodes/NODE/status` of each that is online. By hand: `pvesh get /nodes/NODE/status`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.collectors.proxmox.api import Api, Refusal, path
from reconciler.collectors.proxmox.survey import Survey, proof
from reconciler.model.fields import Count, MiB, Text
from reconciler.model.kind import Kind, Listing, Resource


class Node(Resource):
    """A host. One that is offline is known to exist, but tells nothing: it is unread."""

    name: str
    status: Literal["online", "offline"] = "online"
    address: Annotated[str | None, Field(description="That the cluster knows it by")] = None
    version: Annotated[Text | None, Field(description="Of pve-manager")] = None
    kernel: Annotated[str | None, Field(description="That runs now")] = None
    cpu_model: str | None = None
    sockets: Count | None = None
    cores: Annotated[Count | None, Field(description="Physical cores, all sockets")] = None
    threads: Annotated[Count | None, Field(description="Logical CPUs")] = None
    memory: MiB | None = None


_TOLD = frozenset({"pveversion", "cpuinfo", "memory"})
"""What every status has some of; one without tells nothing, and is no node without memory."""


def fetch(api: Api, survey: Survey) -> Listing:
    """The status of every node that is online; the others are unread."""
    listed, reason = proof(survey, "/nodes", "Sys.Audit")
    unread = {node: f"node {node} is offline" for node, online in survey.nodes.items() if not online}
    asked = {path("nodes", node, "status"): node for node in survey.online()}
    rows: dict[str, Mapping[str, Any]] = {}
    for at, data in api.get_many(asked):
        node = asked[at]
        if survey.membership and isinstance(data, dict):
            unread[node] = f"its address is not known: {survey.membership}"
        elif isinstance(data, dict) and not _TOLD.isdisjoint(data):
            rows[node] = {"address": survey.addresses.get(node), **data}
        else:
            unread[node] = data.summary if isinstance(data, Refusal) else "its status says nothing of it"
    return Listing(rows=rows, listed=listed, reason=reason, unread=unread)


def normalise(name: str, raw: Mapping[str, Any]) -> Node:
    """A node of its status row; raises `ValueError` when it makes no sense."""
    cpu = _part(raw, "cpuinfo")
    total = _part(raw, "memory").get("total")
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
            "memory": None if total is None else _mebibytes(total),
        }
    )


def _mebibytes(total: object) -> int:
    if not isinstance(total, int | str) or not str(total).isdecimal():
        message = "memory.total is no number of bytes"
        raise ValueError(message)
    return int(total) // 2**20


def _part(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = raw.get(key)
    return part if isinstance(part, dict) else {}


def _old_kernel(text: object) -> str | None:
    """`Linux 6.8.12-4-pve #1 SMP …`, the only form before Proxmox VE 8.1."""
    words = str(text or "").split()
    return words[1] if len(words) > 1 else None


KIND = Kind(
    name="node",
    plural="nodes",
    model=Node,
    fetch=fetch,
    normalise=normalise,
    not_adopted=frozenset({"name", "version", "kernel"}),
)
