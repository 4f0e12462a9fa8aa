"""Lists that the cluster keeps as a whole (`/cluster/backup`, `/cluster/replication` …), read alike.

Some silently show only what the token may see; others answer 403. A path that this release does not have
(501) is an empty list, unless something in it is expected.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, by_key, path, rows
from reconciler.collectors.proxmox.context import ProxmoxContext, context_of
from reconciler.collectors.proxmox.rights import lacks_right
from reconciler.errors import Problem
from reconciler.model.listing import Listing

RowListing = Listing[ApiRow, ProxmoxContext]
"""Rows as the API sent them."""


@dataclass(frozen=True, slots=True)
class RawMembers:
    """The row of an entry, and those that it has: the members of a set, the rules of a group."""

    row: ApiRow
    members: list[Any]
    """One that is not an object costs the field."""


_ABSENT = frozenset({404, 501})


def fetch_list(
    api: ProxmoxApi, state: ClusterState, kind: str, at: str, key: str, *filtered: str
) -> RowListing:
    """Return the rows of a list by the value of their `key`.

    `filtered` are the tree and the rights by which the API filters the list silently; without them it needs a
    right on `/` and is refused without that.
    """
    problem = state.listing_problem(*filtered) if filtered else state.doubt
    try:
        found, nameless = by_key(rows(api.get(at), api.settings.hosts[0], at), key)
    except ProxmoxRequestFailed as failure:
        return refused(api, state, kind, failure)
    return Listing(found, context_of(api, state), problem or nameless)


def fetch_members(
    api: ProxmoxApi, state: ClusterState, kind: str, at: str, key: str
) -> Listing[RawMembers, ProxmoxContext]:
    """Read a list, and the members of each entry, one request each; an entry without an answer is unread."""
    listing = fetch_list(api, state, kind, at, key)
    found: dict[str, RawMembers] = {}
    unread: dict[str, Problem] = {}
    asked = {f"{at}/{path(name)}": name for name in api.in_order(kind, listing.rows)}
    for where, data in api.get_many(asked):
        name = asked[where]
        if isinstance(data, list):
            found[name] = RawMembers(listing.rows[name], data)
        elif isinstance(data, ProxmoxRequestFailed):
            denied = data.status == 403
            unread[name] = refused_for_right(data, "/", state) if denied else data.problem
        else:
            unread[name] = Problem("", "its members are not a list", cause="bad-answer")
    return Listing(found, listing.context, listing.problem, unread)


def with_unread(listing: RowListing, unread: Mapping[str, Problem]) -> RowListing:
    """Return a listing with more resources that could not be read."""
    return replace(listing, unread={**listing.unread, **unread}) if unread else listing


def refused(
    api: ProxmoxApi, state: ClusterState, kind: str, failure: ProxmoxRequestFailed
) -> Listing[Any, ProxmoxContext]:
    """Return what a refused list proves: nothing, or that this release has no such resources."""
    context = context_of(api, state)
    if failure.status in _ABSENT:
        if not state.doubt and api.expected.get(kind):
            what = f"this release does not have it ({failure.summary}), and some is expected"
            return Listing({}, context, Problem("", what, cause="not-supported"))
        return Listing({}, context, state.doubt)
    if failure.status == 403:
        return Listing({}, context, refused_for_right(failure, "/", state))
    raise failure


def refused_for_right(failure: ProxmoxRequestFailed, where: str, state: ClusterState) -> Problem:
    """Return the problem of a request that is refused for want of a right on a path."""
    return lacks_right(failure.summary, where, state.rights.token_id)
