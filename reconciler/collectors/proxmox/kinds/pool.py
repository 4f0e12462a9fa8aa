"""Pools of guests and storages, by poolid.

Read from `/pools`, and `/pools?poolid=POOL` for the members of each. By hand:
`pvesh get /pools --poolid POOL`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field

from reconciler.collectors.http.connection_errors import clean
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, named, path, rows
from reconciler.collectors.proxmox.rights import hidden, proof
from reconciler.errors import Problem
from reconciler.model.fields import Flag, Names, Notes, Numbers
from reconciler.model.kind import Kind, Listing, Resource

READS = ("pools",)


class Pool(Resource):
    """A pool and what is in it."""

    name: str
    guests: Annotated[Numbers, Field(description="vmids")] = ()
    storages: Names = ()
    has_comment: Flag = False
    comment: Annotated[Notes | None, Field(description="Only with store_descriptions")] = None


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing:
    """Every pool with its members; where members may be hidden from the token, the pool is unread.

    Guests and storages are read before: which of them are hidden is known by then.
    """
    listed, problem = proof(state, "/pool", "Pool.Audit", "Pool.Allocate")
    host = api.settings.hosts[0]
    pools, nameless = named(rows(api.get("pools"), host, "pools"), "poolid")
    if listed == "complete" and nameless:
        listed, problem = "partial", nameless
    unread: dict[str, Problem] = {}
    if listed == "complete":
        unread = hidden(api, "pool", pools.keys(), _paths, lambda pool: f"/pool/{pool}")
    doubt = _hidden_members(api, state)
    if doubt:
        unread |= dict.fromkeys(pools, doubt)
        return Listing(rows={}, listed=listed, problem=problem, unread=unread)
    found: dict[str, Mapping[str, Any]] = {}
    asked = {_path(pool): pool for pool in pools}
    for at, data in api.get_many(asked):
        pool = asked[at]
        members = _members(api, pool, data)
        if isinstance(members, ProxmoxRequestFailed):
            unread[pool] = members.problem
        else:
            found[pool] = _row(pools[pool], members, api)
    return Listing(rows=found, listed=listed, problem=problem, unread=unread)


def _path(pool: str) -> str:
    return f"pools?poolid={quote(pool, safe='')}"


def _paths(pool: str) -> tuple[str, str]:
    """Releases before 8.1 know only the second form."""
    return _path(pool), path("pools", pool)


def _hidden_members(api: ProxmoxApi, state: ClusterState) -> Problem | None:
    for tree, right in (("/vms", "VM.Audit"), ("/storage", "Datastore.Audit")):
        _, problem = proof(state, tree, right)
        if problem:
            return replace(problem, what=f"members may be hidden: {problem.what}")
        for where, why in api.concealed.items():
            if where.startswith(f"{tree}/"):
                return replace(why, what=f"members may be hidden, such as {clean(where)}: {why.what}")
    return None


def _members(api: ProxmoxApi, pool: str, data: Any) -> list[Any] | ProxmoxRequestFailed:
    """The members in an answer to the first of `_paths`, or to the second where that is refused."""
    if isinstance(data, ProxmoxRequestFailed):
        try:
            data = api.get(_paths(pool)[1])
        except ProxmoxRequestFailed as refusal:
            return refusal
    first = next((row for row in data if _is(row, pool)), None) if isinstance(data, list) else data
    members = first.get("members") if isinstance(first, dict) else None
    if isinstance(members, list) and all(isinstance(member, dict) for member in members):
        return members
    return ProxmoxRequestFailed(api.settings.hosts[0], "pools", 200, "the answer has no members")


def _is(row: Any, pool: str) -> bool:
    return isinstance(row, dict) and str(row.get("poolid", pool)) == pool


def _row(row: Mapping[str, Any], members: list[Any], api: ProxmoxApi) -> dict[str, Any]:
    notes = str(row.get("comment") or "").rstrip()
    kept = {"comment": notes} if notes and api.settings.store_descriptions else {}
    known = {key: value for key, value in row.items() if key != "comment"}
    return known | {"members": members, "has_comment": bool(notes)} | kept


def normalise(name: str, raw: Mapping[str, Any]) -> Pool:
    """A pool of its row with `members`; raises `ValueError` when it makes no sense."""
    members = raw["members"]
    return Pool.model_validate(
        {
            "name": name,
            "guests": [member["vmid"] for member in members if member.get("vmid")],
            "storages": [str(member["storage"]) for member in members if member.get("storage")],
            "has_comment": raw.get("has_comment", False),
            "comment": raw.get("comment"),
            "unmodelled": sorted(raw.keys() - {"poolid", "members", "comment", "has_comment"}),
        }
    )


KIND = Kind(
    name="pool",
    plural="pools",
    model=Pool,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"name", "has_comment"}),
)
