"""Absence and its proof: a resource that a list lacks may be gone, or only hidden from the token.

`/access/permissions` leaves out paths where a token may do nothing, so rights on a tree do not prove that all
of it is listed. Asked for directly, a hidden resource answers 403, a missing one that it does not exist.
"""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import Any
from urllib.parse import quote

from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed
from reconciler.collectors.proxmox.rights import holds, lacks_right
from reconciler.errors import Problem
from reconciler.text import clean


def all_may_be_hidden(api: ProxmoxApi, kind: str) -> Problem | None:
    """Return why an empty list is not accepted where some are expected; None where none are."""
    expected = len(api.expected.get(kind, ()))
    if not expected or kind in api.empty:
        return None
    what = f"no {kind} is visible, but {expected} should be; a token without rights sees the same"
    remedy = f"if they are gone for good: run --accept-missing {api.settings.name}/{kind}"
    return Problem("", what, remedy, "may-be-hidden")


def may_be_hidden(
    api: ProxmoxApi,
    kind: str,
    listed: AbstractSet[str],
    ask: Callable[[str], Iterable[str]],
    where: Callable[[str], str],
) -> dict[str, Problem]:
    """Return the expected ids that a list lacks and that are not proved to be gone, with the problem.

    Each is asked for directly: what answers exists, and any answer but "does not exist" proves nothing. `ask`
    gives the paths, each for releases that do not know the one before, and `where` the path in the tree of
    permissions.
    """
    lacking = sorted(api.expected.get(kind, frozenset()) - listed)
    waiting = {identity: tuple(ask(identity)) for identity in lacking}
    found: dict[str, Problem] = {}
    while asked := {paths[0]: identity for identity, paths in waiting.items() if paths}:
        for at, data in api.get_many(asked):
            identity = asked[at]
            if isinstance(data, ProxmoxRequestFailed) and data.unknown:
                waiting[identity] = waiting[identity][1:]
                continue
            del waiting[identity]
            problem = _answered(data, where(identity), api.settings.token_id)
            if problem is not None:
                found[identity] = problem
    return dict(sorted(found.items()))


def rights_may_hide(
    api: ProxmoxApi, kind: str, listed: AbstractSet[str], where: Callable[[str], str], *rights: str
) -> dict[str, Problem]:
    """Return the expected ids that a list lacks and that the token could not see, with the problem.

    For what does not answer an auditor when asked for directly: the rights on its path are asked for instead
    (`/access/permissions?path=…`). `where` gives the path of an id.
    """
    lacking = sorted(api.expected.get(kind, frozenset()) - listed)
    asked = {f"access/permissions?path={quote(where(identity), safe='')}": identity for identity in lacking}
    found: dict[str, Problem] = {}
    for at, data in api.get_many(asked):
        identity = asked[at]
        path = where(identity)
        if isinstance(data, ProxmoxRequestFailed):
            what = f"it is not listed, and its rights on {clean(path)} cannot be read ({data.summary})"
            found[identity] = _not_proven(what, data)
        elif not isinstance(data, dict) or not holds(data.get(path), rights, propagates=False):
            found[identity] = lacks_right("the token may not see it", clean(path), api.settings.token_id)
    return dict(sorted(found.items()))


def _answered(data: Any, where: str, token_id: str) -> Problem | None:
    """Return why a resource that no list names may still exist, from the answer of its own path."""
    if not isinstance(data, ProxmoxRequestFailed):
        return lacks_right("it is not listed, but answers a direct request", where, token_id)
    if data.status == 403:
        return lacks_right("the token may not see it", where, token_id)
    if data.gone:
        return None
    return _not_proven(f"it is not listed, and a direct request fails ({data.summary})", data)


def _not_proven(what: str, failure: ProxmoxRequestFailed) -> Problem:
    return failure.problem if failure.for_time else Problem("", what, cause="may-be-hidden")
