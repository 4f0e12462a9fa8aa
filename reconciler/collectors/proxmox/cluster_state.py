"""The state of the cluster, read once for all kinds: version, rights, nodes, and where every guest is.

By hand: `pvesh get /version`, `/access/permissions`, `/cluster/status`, `/cluster/resources`, `/nodes`,
`/cluster/ha/status/current`.

A list of Proxmox VE is silently shorter for a token with fewer rights, and the guests of an offline node lose
their names. So a list proves that something does not exist only where `listing_problem` finds none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_true
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path, rows
from reconciler.collectors.proxmox.ha_status import HaStatus, read_ha_status
from reconciler.collectors.proxmox.rights import Rights, grant_command, lacks_right, listing_problem
from reconciler.errors import Problem
from reconciler.text import clean

_PATHS = (
    "access/permissions", "cluster/status", "cluster/resources", "nodes", "cluster/ha/status/current",
)  # fmt: skip
GUEST_TYPES = ("qemu", "lxc")


@dataclass(frozen=True, slots=True)
class GuestPlace:
    """A guest as `/cluster/resources` lists it: only where it is, is reliable."""

    node: str
    type: str
    status: str | None = None
    pool: str | None = None
    ha_state: str | None = None


@dataclass(frozen=True, slots=True)
class StoragePlace:
    """A storage on one node where it is enabled, as `/cluster/resources` lists it."""

    name: str
    node: str
    available: bool
    shared: bool
    backups: bool
    """Whether it may hold backups."""


@dataclass(frozen=True, slots=True)
class ClusterState:
    """The state of the cluster in one run."""

    version: str | None
    nodes: Mapping[str, bool]
    """Node → whether it is online."""
    guests: Mapping[str, GuestPlace] = field(default_factory=dict)
    """Vmid → where it is; the guests of offline nodes too."""
    storages: tuple[StoragePlace, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Node → the address that the cluster knows."""
    rights: Rights = field(default_factory=Rights)
    cluster: str | None = None
    """Its name; a single host has none."""
    quorate: bool = True
    membership: Problem | None = None
    """Why addresses and quorum are not known; None when they are."""
    ha: HaStatus = field(default_factory=HaStatus)
    doubt: Problem | None = None
    """Why no list proves absence, whatever the rights."""

    def online(self) -> list[str]:
        """Return the nodes that can be asked."""
        return sorted(node for node, online in self.nodes.items() if online)

    def paths_of_guest(self, vmid: str) -> list[str]:
        """Return paths of a guest that no list has; rights are checked before the place: any node will do."""
        leaves = ("pending", "config") if vmid.isdecimal() else ()
        return [path("nodes", node, "qemu", vmid, leaf) for node in self.online()[:1] for leaf in leaves]

    def listing_problem(self, tree: str, *rights: str) -> Problem | None:
        """Return why a list of what lies under `tree` (`/vms`) may be incomplete; None where it is not."""
        return self.doubt or listing_problem(self.rights, tree, *rights)


def read_cluster_state(api: ProxmoxApi) -> ClusterState:
    """Read the state from the first host that has it; raises `ProxmoxRequestFailed` when none has."""
    while True:
        try:
            return _read(api)
        except ProxmoxRequestFailed as failure:
            sick = failure.status is None or failure.status == 200 or failure.status >= 500
            if failure.for_time or not (sick and api.another_host(failure.summary)):
                raise


def _read(api: ProxmoxApi) -> ClusterState:
    version = api.get("version")
    answers = dict(api.get_many(_PATHS))
    host = api.settings.hosts[0]
    for at in ("cluster/resources", "nodes"):
        if isinstance(answers[at], ProxmoxRequestFailed):
            raise answers[at]
    for answer in answers.values():
        if isinstance(answer, ProxmoxRequestFailed) and answer.for_time:
            raise answer
    resources = rows(answers["cluster/resources"], host, "cluster/resources")
    guests, broken = guest_places(resources)
    status = answers["cluster/status"]
    members = [] if isinstance(status, ProxmoxRequestFailed) else rows(status, host, "cluster/status")
    known = any(row.get("type") == "node" for row in members)
    membership = None if known else _no_membership(status, api.settings.token_id)
    nodes = _nodes(rows(answers["nodes"], host, "nodes"), members)
    permissions = answers["access/permissions"]
    rights = Rights(api.settings.token_id, permissions if isinstance(permissions, dict) else None)
    if not nodes or rights.none_granted:
        # what everybody may read (interfaces) proves little: nothing of such a source counts as verified
        remedy = grant_command("/", rights.token_id)
        doubt = Problem(host, "the token may see nothing", remedy, "token-lacks-right")
        return ClusterState(_version(version), nodes={}, rights=rights, doubt=doubt)
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
        rights=rights,
        cluster=next(
            (str(row["name"]) for row in members if row.get("type") == "cluster" and row.get("name")), None
        ),
        quorate=_quorate(members),
        membership=membership,
        ha=read_ha_status(answers["cluster/ha/status/current"]),
        doubt=membership or _doubt(members, resources, broken),
    )


def node_offline(node: str) -> Problem:
    """Return the problem of what is on a node that is offline."""
    return Problem(f"node {node}", "offline", cause="node-offline")


def node_silent(node: str, failure: ProxmoxRequestFailed) -> Problem:
    """Return the problem of what is on a node that is listed as online and does not answer."""
    return Problem(f"node {node}", f"does not answer ({failure.summary})", cause="node-silent")


def node_unread(node: str, failure: ProxmoxRequestFailed, remedy: str = "") -> Problem:
    """Return the problem of a list that a node does not give."""
    return Problem(f"node {node}", f"cannot be read ({failure.summary})", remedy, failure.cause)


def guest_places(resources: Iterable[ApiRow]) -> tuple[dict[str, GuestPlace], int]:
    """Return vmid → place from the rows of `/cluster/resources`, and how many rows cannot be used."""
    guests: dict[str, GuestPlace] = {}
    broken = 0
    for row in resources:
        if row.get("type") not in GUEST_TYPES:
            broken += not row.get("type")
            continue
        vmid = str(row.get("vmid") or str(row.get("id", "")).partition("/")[2])
        place = GuestPlace(
            node=str(row.get("node") or ""),
            type=str(row["type"]),
            status=_text(row.get("status")),
            pool=_text(row.get("pool")),
            ha_state=_text(row.get("hastate")),
        )
        if not vmid.isdecimal() or not place.node or guests.get(vmid, place) != place:
            broken += 1
            continue
        guests[vmid] = place
    return guests, broken


def _version(data: Any) -> str | None:
    version = data.get("version") if isinstance(data, dict) else None
    return clean(str(version)) if version else None


def _storages(resources: Iterable[ApiRow]) -> Iterator[StoragePlace]:
    for row in resources:
        if row.get("type") == "storage" and row.get("storage") and row.get("node"):
            yield StoragePlace(
                name=str(row["storage"]),
                node=str(row["node"]),
                available=row.get("status") == "available",
                shared=is_true(row.get("shared")),
                backups="backup" in str(row.get("content") or "").split(","),
            )


def _text(value: object) -> str | None:
    return str(value) if value not in (None, "") else None


def _nodes(listed: Iterable[ApiRow], members: Iterable[ApiRow]) -> dict[str, bool]:
    """Return node → online, by membership: the list's own status can be `unknown` while pvestatd stalls."""
    nodes = {str(row["node"]): row.get("status") != "offline" for row in listed if row.get("node")}
    for row in members:
        if row.get("type") == "node" and row.get("name") and row.get("online") is not None:
            nodes[str(row["name"])] = is_true(row["online"])
    return nodes


def _no_membership(status: Any, token_id: str) -> Problem:
    why = status.summary if isinstance(status, ProxmoxRequestFailed) else "it names no node"
    what = f"/cluster/status does not report quorum ({why})"
    if isinstance(status, ProxmoxRequestFailed) and status.status == 403:
        return lacks_right(what, "/", token_id)
    return Problem("", what, cause="no-quorum")


def _doubt(members: Iterable[ApiRow], resources: Iterable[ApiRow], broken: int) -> Problem | None:
    if not _quorate(members):
        what = "the cluster has no quorum, so its lists may be outdated"
        return Problem("", what, "bring more nodes online", "no-quorum")
    if not resources:
        return _odd("/cluster/resources is empty, but every cluster has nodes")
    if broken:
        return _odd(
            f"{broken} rows of /cluster/resources name no type, no guest and node, or one that has another "
            "place too"
        )
    return None


def _odd(what: str) -> Problem:
    return Problem("", what, cause="bad-answer")


def _quorate(members: Iterable[ApiRow]) -> bool:
    return all(is_true(row.get("quorate", 1)) for row in members if row.get("type") == "cluster")
