"""What several kinds share, read once: version, rights, nodes, and where every guest is.

By hand: `pvesh get /version`, `/access/permissions`, `/cluster/status`, `/cluster/resources`, `/nodes`.

A list of Proxmox VE is silently shorter for a token with fewer rights, and the guests of an offline node lose
their names. So a list proves that something is not there only when `proof` says so.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from shlex import quote
from typing import Any

from reconciler.collectors.proxmox.api import Api, Refusal, clean, rows
from reconciler.model.kind import Listed

GUEST_TYPES = ("qemu", "lxc")

_TREES = frozenset({"/nodes", "/pool", "/sdn", "/storage", "/vms"})
"""Paths that `/access/permissions` always names, but for those where the token may do nothing."""


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
class Survey:
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
    membership: str | None = None
    """Why addresses and quorum are not known; None when they are."""
    doubt: str | None = None
    """Why nothing that is not listed can be believed to be gone, whatever the rights."""

    def online(self) -> list[str]:
        """The nodes that can be asked."""
        return sorted(node for node, online in self.nodes.items() if online)


def survey(api: Api) -> Survey:
    """Read it, from the first host that can tell; raises `Refusal` when none can."""
    while True:
        try:
            return _survey(api)
        except Refusal as refusal:
            sick = refusal.status is None or refusal.status == 200 or refusal.status >= 500
            if not (sick and api.another_host(refusal.summary)):
                raise


def _survey(api: Api) -> Survey:
    version = api.get("version")
    answers = dict(api.get_many(["access/permissions", "cluster/status", "cluster/resources", "nodes"]))
    host = api.settings.hosts[0]
    for at in ("cluster/resources", "nodes"):
        if isinstance(answers[at], Refusal):
            raise answers[at]
    resources = rows(answers["cluster/resources"], host, "cluster/resources")
    guests, broken = places(resources)
    status = answers["cluster/status"]
    members = [] if isinstance(status, Refusal) else rows(status, host, "cluster/status")
    known = any(row.get("type") == "node" for row in members)
    membership = None if known else _no_membership(status, api.settings.token_id)
    nodes = _nodes(rows(answers["nodes"], host, "nodes"), members)
    permissions = answers["access/permissions"]
    if not nodes or _powerless(permissions):
        # what anybody may read (interfaces) proves little: nothing of such a source counts as verified
        what = f"{host}: the token may see nothing; {grant('/', api.settings.token_id)}"
        return Survey(_version(version), nodes={}, token_id=api.settings.token_id, doubt=what)
    return Survey(
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
        membership=membership,
        doubt=membership or _doubt(members, resources, broken),
    )


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


def _no_membership(status: Any, token_id: str) -> str:
    why = status.summary if isinstance(status, Refusal) else "it names no node"
    remedy = f"; {grant('/', token_id)}" if isinstance(status, Refusal) and status.status == 403 else ""
    return f"/cluster/status does not tell whether there is quorum ({why}){remedy}"


def _doubt(
    members: Iterable[Mapping[str, Any]], resources: Iterable[Mapping[str, Any]], broken: int
) -> str | None:
    for row in members:
        if row.get("type") == "cluster" and str(row.get("quorate", 1)) not in {"1", "True"}:
            return "the cluster has no quorum, so its lists may be old; bring more nodes back"
    if not resources:
        return "/cluster/resources is empty, and every cluster has nodes in it"
    if broken:
        return (
            f"{broken} rows of /cluster/resources name no guest and node, or one that has another place too"
        )
    return None


def grant(path: str, token_id: str) -> str:
    """The command that gives a token what reading needs; a token has no more than its user has."""
    user = token_id.rpartition("!")[0]
    return f"run: pveum acl modify {quote(path)} --roles PVEAuditor --users {user} --tokens '{token_id}'"


def proof(found: Survey, tree: str, *rights: str) -> tuple[Listed, str | None]:
    """Whether a list of what lies under `tree` (`/vms`) is whole, from the rights of the token.

    One of `rights` must be held on `/` or `tree` and propagate, and no path below may lack it.
    """
    if found.doubt:
        return "partial", found.doubt
    if found.permissions is None:
        return "partial", "/access/permissions cannot be read, so nothing proves that the list is whole"
    top = tree if tree in found.permissions or not _TREES.isdisjoint(found.permissions) else "/"
    if not found.permissions:
        top = "/"
    lacking = [] if _held(found.permissions.get(top), rights, propagates=True) else [top]
    lacking += sorted(
        path
        for path, held in found.permissions.items()
        if path.startswith(f"{tree}/") and not _held(held, rights, propagates=False)
    )
    if not lacking:
        return "complete", None
    where = ", ".join(clean(path) for path in lacking[:3]) + (" and more" if len(lacking) > 3 else "")
    reason = f"the token lacks {rights[0]} on {where}, so what is not listed may only be hidden"
    return "partial", f"{reason}; {grant(clean(lacking[0]), found.token_id)}"


def may(found: Survey, path: str, right: str) -> bool:
    """Whether the token has a right on a path: its own, or what propagates from the nearest one above."""
    permissions = found.permissions or {}
    if path in permissions:
        return _held(permissions[path], (right,), propagates=False)
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        if path in permissions:
            return _held(permissions[path], (right,), propagates=True)
    return False


def none_visible(api: Api, kind: str) -> str | None:
    """Why an empty list of what every site has some of is not believed; None where none were expected."""
    expected = len(api.expected.get(kind, ()))
    if not expected or kind in api.empty:
        return None
    return (
        f"no {kind} is visible and {expected} should be, which is also what a token without rights sees; "
        f"if they are gone for good: run --accept-missing {api.settings.name}/{kind}"
    )


def hidden(
    api: Api,
    kind: str,
    seen: AbstractSet[str],
    ask: Callable[[str], Iterable[str]],
    where: Callable[[str], str],
) -> dict[str, str]:
    """Expected ids that a list lacks although nothing proves that they are not there, with the reason.

    `/access/permissions` leaves out paths where a token may do nothing, so `proof` cannot know of them. But
    asked for directly, what is hidden answers 403, and what is not there says so. Who answers is there; any
    other answer tells nothing. `ask` gives the paths, each for releases that do not know the one before, and
    `where` what the token needs rights on.
    """
    lacking = sorted(api.expected.get(kind, frozenset()) - seen)
    waiting = {identity: tuple(ask(identity)) for identity in lacking}
    found: dict[str, str] = {}
    while asked := {paths[0]: identity for identity, paths in waiting.items() if paths}:
        for at, data in api.get_many(asked):
            identity = asked[at]
            if isinstance(data, Refusal) and data.unknown:
                waiting[identity] = waiting[identity][1:]
                continue
            del waiting[identity]
            why = _there(data, where(identity), api.settings.token_id)
            if why is not None:
                found[identity] = api.concealed[where(identity)] = why
    return dict(sorted(found.items()))


def _there(data: Any, where: str, token_id: str) -> str | None:
    """Why what no list names may be there all the same, from the answer of its own path."""
    if not isinstance(data, Refusal):
        return f"it is in no list, and yet it answers when asked for; {grant(where, token_id)}"
    if data.status == 403:
        return f"the token may not see it; {grant(where, token_id)}"
    if data.gone:
        return None
    return f"it is in no list, and asking for it fails ({data.summary})"


def _held(held: Any, rights: tuple[str, ...], *, propagates: bool) -> bool:
    if not isinstance(held, dict):
        return False
    values = [str(held[right]) for right in rights if right in held]
    return any(value in {"1", "True"} for value in values) if propagates else bool(values)
