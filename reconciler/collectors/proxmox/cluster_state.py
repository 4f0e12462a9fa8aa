"""What several kinds share, read once: version, rights, nodes, and where every guest is.

By hand: `pvesh get /version`, `/access/permissions`, `/cluster/status`, `/cluster/resources`, `/nodes`.

A list of Proxmox VE is silently shorter for a token with fewer rights, and the guests of an offline node lose
their names. So a list proves that something is not there only when `proof.proof` says so.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.collectors.http.connection_errors import clean
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, rows
from reconciler.collectors.proxmox.rights import grant_command
from reconciler.errors import Problem

GUEST_TYPES = ("qemu", "lxc")


@dataclass(frozen=True, slots=True)
class Place:
    """A guest as `/cluster/resources` knows it: reliable is only where it is."""

    node: str
    type: str
    status: str | None = None
    pool: str | None = None


@dataclass(frozen=True, slots=True)
class StoragePlace:
    """A storage on one node where it is enabled, as `/cluster/resources` knows it."""

    name: str
    node: str
    available: bool
    shared: bool
    backups: bool
    """Whether it may hold backups."""


@dataclass(frozen=True, slots=True)
class ClusterState:
    """The common ground of one run."""

    version: str | None
    nodes: Mapping[str, bool]
    """Node → whether it is online."""
    guests: Mapping[str, Place] = field(default_factory=dict)
    """Vmid → where it is; the guests of offline nodes too."""
    storages: tuple[StoragePlace, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Node → the address that the cluster knows."""
    permissions: Mapping[str, Mapping[str, Any]] | None = None
    """Path → right → 1 when it propagates; None when they could not be read."""
    token_id: str = ""
    cluster: str | None = None
    """Its name; a host of its own has none."""
    quorate: bool = True
    membership: Problem | None = None
    """Why addresses and quorum are not known; None when they are."""
    doubt: Problem | None = None
    """Why nothing that is not listed can be believed to be gone, whatever the rights."""

    def online(self) -> list[str]:
        """The nodes that can be asked."""
        return sorted(node for node, online in self.nodes.items() if online)


def read_cluster_state(api: ProxmoxApi) -> ClusterState:
    """Read it, from the first host that can tell; raises `ProxmoxRequestFailed` when none can."""
    while True:
        try:
            return _state(api)
        except ProxmoxRequestFailed as refusal:
            sick = refusal.status is None or refusal.status == 200 or refusal.status >= 500
            if not (sick and api.another_host(refusal.summary)):
                raise


def _state(api: ProxmoxApi) -> ClusterState:
    version = api.get("version")
    answers = dict(api.get_many(["access/permissions", "cluster/status", "cluster/resources", "nodes"]))
    host = api.settings.hosts[0]
    for at in ("cluster/resources", "nodes"):
        if isinstance(answers[at], ProxmoxRequestFailed):
            raise answers[at]
    resources = rows(answers["cluster/resources"], host, "cluster/resources")
    guests, broken = places(resources)
    status = answers["cluster/status"]
    members = [] if isinstance(status, ProxmoxRequestFailed) else rows(status, host, "cluster/status")
    known = any(row.get("type") == "node" for row in members)
    membership = None if known else _no_membership(status, api.settings.token_id)
    nodes = _nodes(rows(answers["nodes"], host, "nodes"), members)
    permissions = answers["access/permissions"]
    if not nodes or _powerless(permissions):
        # what anybody may read (interfaces) proves little: nothing of such a source counts as verified
        token = api.settings.token_id
        doubt = Problem(host, "the token may see nothing", grant_command("/", token), "token-lacks-right")
        return ClusterState(_version(version), nodes={}, token_id=token, doubt=doubt)
    return ClusterState(
        version=_version(version),
        nodes=nodes,
        guests=guests,
        storages=tuple(_storages(resources)),
        addresses={
            str(row["name"]): str(row["ip"])
            for row in members
            if row.get("type") == "node" and row.get("name") and row.get("ip")
        },
        permissions=permissions if isinstance(permissions, dict) else None,
        token_id=api.settings.token_id,
        cluster=next(
            (str(row["name"]) for row in members if row.get("type") == "cluster" and row.get("name")), None
        ),
        quorate=_quorate(members),
        membership=membership,
        doubt=membership or _doubt(members, resources, broken),
    )


def node_offline(node: str) -> Problem:
    """Return the problem of what is on a node that is offline."""
    return Problem(f"node {node}", "offline", cause="node-offline")


def node_silent(node: str, refusal: ProxmoxRequestFailed) -> Problem:
    """Return the problem of what is on a node that the cluster holds for online and that does not answer."""
    return Problem(f"node {node}", f"does not answer ({refusal.summary})", cause="node-silent")


def node_unread(node: str, refusal: ProxmoxRequestFailed, remedy: str = "") -> Problem:
    """Return the problem of a list that a node does not give."""
    return Problem(f"node {node}", f"cannot be read ({refusal.summary})", remedy, refusal.cause)


def _powerless(permissions: Any) -> bool:
    """Whether the token holds no right on any path: a privilege-separated token that was granted nothing."""
    return isinstance(permissions, dict) and not any(permissions.values())


def _version(data: Any) -> str | None:
    version = data.get("version") if isinstance(data, dict) else None
    return clean(str(version)) if version else None


def places(resources: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Place], int]:
    """Vmid → place of the guests among the rows of `/cluster/resources`, and how many rows made no sense."""
    guests: dict[str, Place] = {}
    broken = 0
    for row in resources:
        if row.get("type") not in GUEST_TYPES:
            continue
        vmid = str(row.get("vmid") or str(row.get("id", "")).partition("/")[2])
        place = Place(
            node=str(row.get("node") or ""),
            type=str(row["type"]),
            status=_text(row.get("status")),
            pool=_text(row.get("pool")),
        )
        if not vmid.isdecimal() or not place.node or guests.get(vmid, place) != place:
            broken += 1
            continue
        guests[vmid] = place
    return guests, broken


def _storages(resources: Iterable[Mapping[str, Any]]) -> Iterator[StoragePlace]:
    for row in resources:
        if row.get("type") == "storage" and row.get("storage") and row.get("node"):
            yield StoragePlace(
                name=str(row["storage"]),
                node=str(row["node"]),
                available=row.get("status") == "available",
                shared=str(row.get("shared") or "0") in {"1", "True"},
                backups="backup" in str(row.get("content") or "").split(","),
            )


def _text(value: object) -> str | None:
    return str(value) if value not in (None, "") else None


def _nodes(listed: Iterable[Mapping[str, Any]], members: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
    """Membership tells who is online; the list's own status can be `unknown` while pvestatd stalls."""
    nodes = {str(row["node"]): row.get("status") != "offline" for row in listed if row.get("node")}
    for row in members:
        if row.get("type") == "node" and row.get("name") and row.get("online") is not None:
            nodes[str(row["name"])] = str(row["online"]) in {"1", "True"}
    return nodes


def _no_membership(status: Any, token_id: str) -> Problem:
    why = status.summary if isinstance(status, ProxmoxRequestFailed) else "it names no node"
    what = f"/cluster/status does not show whether there is quorum ({why})"
    if isinstance(status, ProxmoxRequestFailed) and status.status == 403:
        return Problem("", what, grant_command("/", token_id), "token-lacks-right")
    return Problem("", what, cause="no-quorum")


def _doubt(
    members: Iterable[Mapping[str, Any]], resources: Iterable[Mapping[str, Any]], broken: int
) -> Problem | None:
    if not _quorate(members):
        what = "the cluster has no quorum, so its lists may be old"
        return Problem("", what, "bring more nodes back", "no-quorum")
    if not resources:
        return _odd("/cluster/resources is empty, and every cluster has nodes in it")
    if broken:
        return _odd(
            f"{broken} rows of /cluster/resources name no guest and node, or one that has another place too"
        )
    return None


def _odd(what: str) -> Problem:
    return Problem("", what, cause="bad-answer")


def _quorate(members: Iterable[Mapping[str, Any]]) -> bool:
    told = (str(row.get("quorate", 1)) for row in members if row.get("type") == "cluster")
    return all(word in {"1", "True"} for word in told)
