"""Lists that the cluster keeps as a whole (`/cluster/backup`, `/cluster/replication` …), read alike.

Some silently show only what the token may see; others answer 403. A path that this release does not have
(501) is an empty list, unless something in it is expected.
"""

from collections.abc import Callable, Iterable, Mapping
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


@dataclass(frozen=True, slots=True)
class RawDetails:
    """The row of an entry, and the settings that only its own path answers."""

    row: ApiRow
    settings: ApiRow | None = None
    """None: they could not be read."""


DetailListing = Listing[RawDetails, ProxmoxContext]
"""Rows with their settings."""

ABSENT = frozenset({404, 501})
"""Statuses of a path that a release does not have."""


def fetch_list(
    api: ProxmoxApi, state: ClusterState, kind: str, at: str, key: str, *filtered: str, where: str = "/"
) -> RowListing:
    """Return the rows of a list by the value of their `key`.

    `filtered` are the tree and the rights by which the API filters the list silently; without them it needs a
    right on `where` and is refused without that.
    """
    problem = state.listing_problem(*filtered) if filtered else state.doubt
    try:
        found, nameless = by_key(rows(api.get(at), api.settings.hosts[0], at), key)
    except ProxmoxRequestFailed as failure:
        return refused(api, state, kind, failure, where)
    return Listing(found, context_of(api, state), problem or nameless)


def read_members(
    api: ProxmoxApi,
    state: ClusterState,
    kind: str,
    listing: RowListing,
    paths: Mapping[str, str],
    in_tree: Callable[[str], str] = lambda _identity: "/",
) -> Listing[RawMembers, ProxmoxContext]:
    """Read the members of each entry of a list, one request each; an entry without an answer is unread.

    `paths` are those of the entries by id, `in_tree` gives the path of an id in the tree of permissions.
    """
    found: dict[str, RawMembers] = {}
    unread = dict(listing.unread)
    asked = {paths[identity]: identity for identity in api.in_order(kind, listing.rows)}
    for at, data in api.get_many(asked):
        identity = asked[at]
        if isinstance(data, list):
            found[identity] = RawMembers(listing.rows[identity], data)
        elif isinstance(data, ProxmoxRequestFailed):
            denied = data.status == 403
            unread[identity] = refused_for_right(data, in_tree(identity), state) if denied else data.problem
        else:
            unread[identity] = Problem("", "its members are not a list", cause="bad-answer")
    return Listing(found, listing.context, listing.problem, unread)


def read_details(
    api: ProxmoxApi, kind: str, listing: RowListing, at: str, needed: Callable[[ApiRow], Iterable[str]]
) -> DetailListing:
    """Read the settings of each entry of a list, one request each.

    An entry keeps its row where they do not answer, or lack what it must have: `needed` of its row.
    """
    asked = below(at, listing)
    answers = dict(api.get_many(asked[identity] for identity in api.in_order(kind, listing.rows)))
    settings = {identity: answers.get(asked[identity]) for identity in asked}
    found = {
        identity: RawDetails(row, _whole(settings[identity], needed(row)))
        for identity, row in listing.rows.items()
    }
    return Listing(found, listing.context, listing.problem, listing.unread)


def _whole(settings: object, needed: Iterable[str]) -> ApiRow | None:
    return settings if isinstance(settings, dict) and settings.keys() >= {*needed} else None


def below(at: str, listing: RowListing) -> dict[str, str]:
    """Return the path of each entry of a list."""
    return {identity: f"{at}/{path(identity)}" for identity in listing.rows}


def with_unread(listing: RowListing, unread: Mapping[str, Problem]) -> RowListing:
    """Return a listing with more resources that could not be read."""
    return replace(listing, unread={**listing.unread, **unread}) if unread else listing


def refused(
    api: ProxmoxApi, state: ClusterState, kind: str, failure: ProxmoxRequestFailed, where: str = "/"
) -> Listing[Any, ProxmoxContext]:
    """Return what a refused list proves: nothing, or that this release has no such resources."""
    context = context_of(api, state)
    if failure.status in ABSENT:
        if not state.doubt and api.expected.get(kind):
            what = f"this release does not have it ({failure.summary}), but some are expected"
            return Listing({}, context, Problem("", what, cause="not-supported"))
        return Listing({}, context, state.doubt)
    if failure.status == 403:
        return Listing({}, context, refused_for_right(failure, where, state))
    raise failure


def refused_for_right(failure: ProxmoxRequestFailed, where: str, state: ClusterState) -> Problem:
    """Return the problem of a request that is refused for want of a right on a path."""
    return lacks_right(failure.summary, where, state.rights.token_id)
