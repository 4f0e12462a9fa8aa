"""Resource pools of guests and storages, by pool ID.

Read from `/pools`, and `/pools?poolid=POOL` for the members of each pool. By hand:
`pvesh get /pools --poolid POOL`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field

from reconciler.collectors.by_hand import instruction
from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.absence import may_be_hidden
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.commands import UnsafeValueError, joined, nested_name, refused
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, by_key, path, rows
from reconciler.collectors.proxmox.context import GuestFacts, ProxmoxContext, StorageFacts, context_of
from reconciler.collectors.proxmox.rows import CommentText, HasComment, read_comment, read_fields
from reconciler.errors import Problem
from reconciler.model.fields.numbers import Numbers
from reconciler.model.fields.text import Names
from reconciler.model.fix import CommandWords, Fix, KindFixes, WantedFields, by_hand, joined_fixes
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.references import RefTo
from reconciler.model.relations import Shows, items_of
from reconciler.model.resource import DERIVED, Resource
from reconciler.model.unread import mark_unread
from reconciler.model.value import Row
from reconciler.text import clean

READS = ("pools",)


class Pool(Resource):
    """A resource pool and its members."""

    name: Annotated[str, Field(description="Pool ID")]
    guests: Annotated[
        Numbers, DERIVED, Field(description="VMIDs of the member guests; set on each guest as `pool`")
    ] = ()
    storages: Annotated[
        Names, RefTo("storage"), Field(description="Member storages; order does not matter")
    ] = ()
    has_comment: HasComment = False
    comment: CommentText = None


@dataclass(frozen=True, slots=True)
class RawPool:
    """The row of a pool and those of its members."""

    row: ApiRow
    members: list[ApiRow] | None
    """None: they could not be read."""


def fetch(
    api: ProxmoxApi, state: ClusterState, guests: GuestFacts | None, storages: StorageFacts | None
) -> Listing[RawPool, ProxmoxContext]:
    """Read every pool with its members; where members may be hidden from the token, the pool is unread."""
    context = context_of(api, state)
    problem = state.listing_problem("/pool", "Pool.Audit", "Pool.Allocate")
    host = api.settings.hosts[0]
    pools, nameless = by_key(rows(api.get("pools"), host, "pools"), "poolid")
    problem = problem or nameless
    unread: dict[str, Problem] = {}
    if problem is None:
        unread = may_be_hidden(api, "pool", pools.keys(), _paths, lambda pool: f"/pool/{pool}")
    doubt = _hidden_members(state, guests or GuestFacts(), storages or StorageFacts())
    if doubt:
        unread |= dict.fromkeys(pools, doubt)
        return Listing({}, context, problem, unread)
    found: dict[str, RawPool] = {}
    asked = {_path(pool): pool for pool in api.in_order("pool", pools)}
    for at, data in api.get_many(asked):
        pool = asked[at]
        members = _members(api, pool, data)
        if isinstance(members, ProxmoxRequestFailed):
            unread[pool] = members.problem
        else:
            found[pool] = RawPool(pools[pool], members)
    return Listing(found, context, problem, unread)


def _path(pool: str) -> str:
    return f"pools?poolid={quote(pool, safe='')}"


def _paths(pool: str) -> tuple[str, str]:
    """Return both forms of the path of a pool: releases before 8.1 know only the second."""
    return _path(pool), path("pools", pool)


def _hidden_members(state: ClusterState, guests: GuestFacts, storages: StorageFacts) -> Problem | None:
    """Return why members may be hidden: no rights on all guests or storages, or an expected one is hidden."""
    known = (("/vms", "VM.Audit", guests.hidden), ("/storage", "Datastore.Audit", storages.hidden))
    for tree, right, hidden in known:
        problem = state.listing_problem(tree, right)
        if problem:
            return replace(problem, what=f"members may be hidden: {problem.what}")
        for where, why in hidden.items():
            return replace(why, what=f"members may be hidden, such as {clean(where)}: {why.what}")
    return None


def _members(api: ProxmoxApi, pool: str, data: Any) -> list[ApiRow] | ProxmoxRequestFailed | None:
    """Return the members from an answer to the first of `_paths`, or to the second where that is refused.

    None: what the pool has there are no members.
    """
    if isinstance(data, ProxmoxRequestFailed):
        if data.for_time:
            return data
        try:
            data = api.get(_paths(pool)[1])
        except ProxmoxRequestFailed as failure:
            return failure
    first = next((row for row in data if _is(row, pool)), None) if isinstance(data, list) else data
    if not isinstance(first, dict) or "members" not in first:
        return ProxmoxRequestFailed(api.settings.hosts[0], "pools", 200, "the answer has no members")
    members = first["members"]
    usable = isinstance(members, list) and all(isinstance(member, dict) for member in members)
    return members if usable else None


def _is(row: Any, pool: str) -> bool:
    return isinstance(row, dict) and str(row.get("poolid", pool)) == pool


def normalise(name: str, raw: RawPool, context: ProxmoxContext) -> Pool:
    """Make a pool of its rows; raises `ValueError` when they cannot be parsed."""
    found = read_fields(raw.row, {}, ignored_fields("proxmox", "pool"), context)
    read_comment(found, raw.row, context)
    if raw.members is None:
        mark_unread(found, "guests", "storages")
    return Pool.of_row({**found, "name": name, "guests": _ids(raw, "vmid"), "storages": _ids(raw, "storage")})


def _ids(raw: RawPool, key: str) -> list[Any]:
    return [member[key] for member in raw.members or () if not is_nothing(member.get(key))]


def _shows(_identity: str, row: Row) -> Iterator[Shows]:
    """Yield the pool of each guest, and whether a storage is disabled: such a one is not listed."""
    for guest in items_of(row, "guests"):
        yield Shows("/guests", "guest", guest, "/pool")
    for storage in items_of(row, "storages"):
        yield Shows("/storages", "storage", storage, "/disabled")


_MEMBERS = {"/storages": "--storage", "/guests": "--vms"}


def _change(wanted: WantedFields) -> Fix:
    """Return the commands that put members into a pool and take others out of it."""
    fixes = [_of_members(wanted, path) for path in wanted.changes]
    return joined_fixes(fixes)


def _ids_of(members: object) -> set[str]:
    return set(map(str, members)) if isinstance(members, list | tuple) else set()


def _of_members(wanted: WantedFields, path: str) -> Fix:
    text = instruction("proxmox", "pool", wanted, path)
    option = _MEMBERS.get(path)
    if option is None:
        return by_hand(text)
    live, desired = _ids_of(wanted.live(path)), _ids_of(wanted.changes[path])
    try:
        pool: CommandWords = ("pvesh", "set", "/pools", "--poolid", nested_name(wanted.id))
        moves = ("--allow-move", "1") if option == "--vms" else ()
        come, go = sorted(desired - live), sorted(live - desired)
        added = ((*pool, option, joined(come), *moves),) if come else ()
        removed = ((*pool, option, joined(go), "--delete", "1"),) if go else ()
    except UnsafeValueError as error:
        return refused(error, text)
    if not (added or removed):
        return by_hand(text)
    right = f"Pool.Allocate on /pool/{wanted.id}, Permissions.Modify on each member"
    return Fix(commands=(*added, *removed), effect="at once", right=right)


KIND = Kind(
    shows=_shows,
    name="pool",
    plural="pools",
    model=Pool,
    fetch=fetch,
    normalise=normalise,
    needs=("guest", "storage"),
    notes="comment",
    not_adopted=frozenset({"name", "has_comment"}),
    fix=KindFixes(_change),
)
