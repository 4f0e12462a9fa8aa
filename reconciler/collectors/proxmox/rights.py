"""What a list proves: whether the token may see all of it, and whether what it lacks is really gone.

By hand: `pvesh get /access/permissions`. Proxmox VE leaves out of most lists what a token may not see,
without a word; so silence is absence only where the rights say so.
"""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from shlex import quote
from typing import TYPE_CHECKING, Any
from urllib.parse import quote as quote_path

from reconciler.collectors.http.connection_errors import clean
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed
from reconciler.errors import Problem
from reconciler.model.kind import Listed

if TYPE_CHECKING:
    from reconciler.collectors.proxmox.cluster_state import ClusterState

_TREES = frozenset({"/nodes", "/pool", "/sdn", "/storage", "/vms"})
"""Paths that `/access/permissions` always names, but for those where the token may do nothing."""


def grant_command(path: str, token_id: str) -> str:
    """The command that gives a token what reading needs; a token has no more than its user has."""
    user = token_id.rpartition("!")[0]
    return f"run: pveum acl modify {quote(path)} --roles PVEAuditor --users {user} --tokens '{token_id}'"


def proof(found: "ClusterState", tree: str, *rights: str) -> tuple[Listed, Problem | None]:
    """Whether a list of what lies under `tree` (`/vms`) is whole, from the rights of the token.

    One of `rights` must be held on `/` or `tree` and propagate, and no path below may lack it.
    """
    if found.doubt:
        return "partial", found.doubt
    if found.permissions is None:
        what = "/access/permissions cannot be read, so nothing proves that the list is complete"
        return "partial", Problem("", what, cause="may-be-hidden")
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
    what = f"the token lacks {rights[0]} on {where}, so what is not listed may only be hidden"
    return "partial", _lacking_right(what, clean(lacking[0]), found.token_id)


def _lacking_right(what: str, path: str, token_id: str) -> Problem:
    return Problem("", what, grant_command(path, token_id), "token-lacks-right")


def may(found: "ClusterState", path: str, right: str) -> bool:
    """Whether the token has a right on a path: its own, or what propagates from the nearest one above."""
    permissions = found.permissions or {}
    if path in permissions:
        return _held(permissions[path], (right,), propagates=False)
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        if path in permissions:
            return _held(permissions[path], (right,), propagates=True)
    return False


def none_visible(api: ProxmoxApi, kind: str) -> Problem | None:
    """Why an empty list of what every site has some of is not believed; None where none were expected."""
    expected = len(api.expected.get(kind, ()))
    if not expected or kind in api.empty:
        return None
    what = f"no {kind} is visible and {expected} should be, which is also what a token without rights sees"
    remedy = f"if they are gone for good: run --accept-missing {api.settings.name}/{kind}"
    return Problem("", what, remedy, "may-be-hidden")


def hidden(
    api: ProxmoxApi,
    kind: str,
    seen: AbstractSet[str],
    ask: Callable[[str], Iterable[str]],
    where: Callable[[str], str],
) -> dict[str, Problem]:
    """Expected ids that a list lacks although nothing proves that they are not there, with the reason.

    `/access/permissions` leaves out paths where a token may do nothing, so `proof` cannot know of them. But
    asked for directly, what is hidden answers 403, and what is not there says so. Who answers is there; any
    other answer tells nothing. `ask` gives the paths, each for releases that do not know the one before, and
    `where` what the token needs rights on.
    """
    lacking = sorted(api.expected.get(kind, frozenset()) - seen)
    waiting = {identity: tuple(ask(identity)) for identity in lacking}
    found: dict[str, Problem] = {}
    while asked := {paths[0]: identity for identity, paths in waiting.items() if paths}:
        for at, data in api.get_many(asked):
            identity = asked[at]
            if isinstance(data, ProxmoxRequestFailed) and data.unknown:
                waiting[identity] = waiting[identity][1:]
                continue
            del waiting[identity]
            why = _there(data, where(identity), api.settings.token_id)
            if why is not None:
                found[identity] = api.concealed[where(identity)] = why
    return dict(sorted(found.items()))


def unseen(
    api: ProxmoxApi, kind: str, seen: AbstractSet[str], where: Callable[[str], str], *rights: str
) -> dict[str, Problem]:
    """Expected ids that a list lacks and that the token may not see where they would be, with the reason.

    For what does not answer an auditor when asked for directly: the rights on the one path are asked for
    instead (`/access/permissions?path=…`). `where` gives the path of an id.
    """
    lacking = sorted(api.expected.get(kind, frozenset()) - seen)
    asked = {
        f"access/permissions?path={quote_path(where(identity), safe='')}": identity for identity in lacking
    }
    found: dict[str, Problem] = {}
    for at, data in api.get_many(asked):
        identity = asked[at]
        path = where(identity)
        if isinstance(data, ProxmoxRequestFailed):
            what = f"it is in no list, and asking for rights on {clean(path)} fails ({data.summary})"
            found[identity] = Problem("", what, cause="may-be-hidden")
        elif not isinstance(data, dict) or not _held(data.get(path), rights, propagates=False):
            found[identity] = _lacking_right("the token may not see it", clean(path), api.settings.token_id)
    return dict(sorted(found.items()))


def _there(data: Any, where: str, token_id: str) -> Problem | None:
    """Why what no list names may be there all the same, from the answer of its own path."""
    if not isinstance(data, ProxmoxRequestFailed):
        return _lacking_right("it is in no list, and yet it answers when asked for", where, token_id)
    if data.status == 403:
        return _lacking_right("the token may not see it", where, token_id)
    if data.gone:
        return None
    return Problem("", f"it is in no list, and asking for it fails ({data.summary})", cause="may-be-hidden")


def _held(held: Any, rights: tuple[str, ...], *, propagates: bool) -> bool:
    if not isinstance(held, dict):
        return False
    values = [str(held[right]) for right in rights if right in held]
    return any(value in {"1", "True"} for value in values) if propagates else bool(values)
