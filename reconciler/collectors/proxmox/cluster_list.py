"""Lists that the cluster keeps as a whole (`/cluster/backup`, `/cluster/replication` …), read alike.

Some show only what the token may see, without a word; others answer 403. A path that this release does not
have (501) is a list of nothing, unless something of it is expected.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, named, rows
from reconciler.collectors.proxmox.rights import grant_command, proof
from reconciler.errors import Problem
from reconciler.model.kind import Listed, Listing

_ABSENT = frozenset({404, 501})


def fetch_list(api: ProxmoxApi, state: ClusterState, kind: str, at: str, key: str, *filtered: str) -> Listing:
    """The rows of a list by what their `key` says.

    `filtered` are the tree and the rights by which the API filters the list silently; without them it needs a
    right on `/` and is refused where that lacks.
    """
    listed: Listed = "partial" if state.doubt else "complete"
    problem = state.doubt
    if filtered:
        listed, problem = proof(state, *filtered)
    try:
        found, nameless = named(rows(api.get(at), api.settings.hosts[0], at), key)
    except ProxmoxRequestFailed as refusal:
        return refused(api, state, kind, refusal)
    if listed == "complete" and nameless:
        listed, problem = "partial", nameless
    return Listing({name: noted(row, api) for name, row in found.items()}, listed, problem)


def without_hidden(listing: Listing, unread: Mapping[str, Problem]) -> Listing:
    """A listing with what it lacks and may only hide; nothing changes where it proves nothing anyhow."""
    return replace(listing, unread={**listing.unread, **unread}) if unread else listing


def refused(api: ProxmoxApi, state: ClusterState, kind: str, refusal: ProxmoxRequestFailed) -> Listing:
    """What a refused list is worth: nothing, or the proof that this release has no such thing."""
    if refusal.status in _ABSENT:
        if state.doubt:
            return Listing({}, "partial", state.doubt)
        if not api.expected.get(kind):
            return Listing({})
        what = f"this release does not have it ({refusal.summary}), and some is expected"
        return Listing({}, "partial", Problem("", what, cause="not-supported"))
    if refusal.status == 403:
        return Listing({}, "partial", lacks_right(refusal, "/", state))
    raise refusal


def lacks_right(refusal: ProxmoxRequestFailed, where: str, state: ClusterState) -> Problem:
    """Return the problem of a request that is refused for a right on a path."""
    return Problem("", refusal.summary, grant_command(where, state.token_id), "token-lacks-right")


def noted(row: Mapping[str, Any], api: ProxmoxApi) -> dict[str, Any]:
    """A row without its comment, unless the source stores descriptions; that there is one is kept."""
    notes = str(row.get("comment") or "").rstrip()
    kept = {"comment": notes} if notes and api.settings.store_descriptions else {}
    return (
        {name: value for name, value in row.items() if name != "comment"}
        | {"has_comment": bool(notes)}
        | kept
    )


def fields(raw: Mapping[str, Any], names: Iterable[str], ignored: Iterable[str] = ()) -> dict[str, Any]:
    """The fields of a row: `max-relocate` is `max_relocate`; what is none and not ignored is unmodelled."""
    known = {name.replace("_", "-"): name for name in names} | {name: name for name in names}
    found = {known[key]: value for key, value in raw.items() if key in known and value not in (None, "")}
    return found | {"unmodelled": sorted(raw.keys() - known.keys() - set(ignored))}
