"""Lists that the cluster keeps as a whole (`/cluster/backup`, `/cluster/replication` …), read alike.

Some show only what the token may see, without a word; others answer 403. A path that this release does not
have (501) is a list of nothing, unless something of it is expected.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.collectors.proxmox.cluster_state import Survey
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, named, rows
from reconciler.collectors.proxmox.rights import grant, proof
from reconciler.model.kind import Listed, Listing

_ABSENT = frozenset({404, 501})


def fetch_list(api: ProxmoxApi, survey: Survey, kind: str, at: str, key: str, *filtered: str) -> Listing:
    """The rows of a list by what their `key` says.

    `filtered` are the tree and the rights by which the API filters the list silently; without them it needs a
    right on `/` and is refused where that lacks.
    """
    listed: Listed = "partial" if survey.doubt else "complete"
    reason = survey.doubt
    if filtered:
        listed, reason = proof(survey, *filtered)
    try:
        found, nameless = named(rows(api.get(at), api.settings.hosts[0], at), key)
    except ProxmoxRequestFailed as refusal:
        return refused(api, survey, kind, refusal)
    if listed == "complete" and nameless:
        listed, reason = "partial", nameless
    return Listing({name: noted(row, api) for name, row in found.items()}, listed, reason)


def without_hidden(listing: Listing, unread: Mapping[str, str]) -> Listing:
    """A listing with what it lacks and may only hide; nothing changes where it proves nothing anyhow."""
    return replace(listing, unread={**listing.unread, **unread}) if unread else listing


def refused(api: ProxmoxApi, survey: Survey, kind: str, refusal: ProxmoxRequestFailed) -> Listing:
    """What a refused list is worth: nothing, or the proof that this release has no such thing."""
    if refusal.status in _ABSENT:
        if survey.doubt:
            return Listing({}, "partial", survey.doubt)
        if not api.expected.get(kind):
            return Listing({})
        return Listing(
            {}, "partial", f"this release does not have it ({refusal.summary}), and some is expected"
        )
    if refusal.status == 403:
        return Listing({}, "partial", f"{refusal.summary}; {grant('/', survey.token_id)}")
    raise refusal


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
