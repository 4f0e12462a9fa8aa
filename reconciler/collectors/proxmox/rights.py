"""The rights of the token, and which lists they make complete.

By hand: `pvesh get /access/permissions`. Proxmox VE silently leaves out of most lists what a token may not
see, so a missing row proves something only where the rights do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Any

from reconciler.collectors.http.values import is_true
from reconciler.errors import Problem
from reconciler.text import clean

_TREES = frozenset({"/access", "/access/groups", "/nodes", "/pool", "/sdn", "/storage", "/vms"})
"""Paths that `/access/permissions` always lists, except those where the token may do nothing."""


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights of a token."""

    token_id: str = ""
    permissions: Mapping[str, Mapping[str, Any]] | None = None
    """Path → right → 1 when it propagates; None when they could not be read."""

    @property
    def none_granted(self) -> bool:
        """Whether the token holds no right on any path: privilege separation, and nothing was granted."""
        return self.permissions is not None and not any(self.permissions.values())


def grant_command(path: str, token_id: str) -> str:
    """Return the command that grants a token what reading needs; it never has more than its user."""
    user = token_id.rpartition("!")[0]
    return f"run: pveum acl modify {quote(path)} --roles PVEAuditor --users {user} --tokens '{token_id}'"


def lacks_right(what: str, path: str, token_id: str) -> Problem:
    """Return the problem of what cannot be read for want of a right on a path."""
    return Problem("", what, grant_command(path, token_id), "token-lacks-right")


def has_right(rights: Rights, path: str, right: str) -> bool:
    """Check a right on a path: granted there, or propagated from the nearest path above."""
    permissions = rights.permissions or {}
    if path in permissions:
        return holds(permissions[path], (right,), propagates=False)
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        if path in permissions:
            return holds(permissions[path], (right,), propagates=True)
    return False


def listing_problem(rights: Rights, tree: str, *names: str) -> Problem | None:
    """Return why a list of what lies under `tree` (`/vms`) may be incomplete; None where rights show all.

    One of the rights `names` must be held on `/` or `tree` and propagate, and no path below may lack it.
    """
    if rights.permissions is None:
        what = "/access/permissions cannot be read, so the list cannot be proven complete"
        return Problem("", what, cause="may-be-hidden")
    lists_trees = tree in _TREES and not _TREES.isdisjoint(rights.permissions)
    top = tree if tree in rights.permissions or lists_trees else "/"
    if not rights.permissions:
        top = "/"
    lacking = [] if holds(rights.permissions.get(top), names, propagates=True) else [top]
    lacking += sorted(
        path
        for path, held in rights.permissions.items()
        if path.startswith(f"{tree}/") and not holds(held, names, propagates=False)
    )
    if not lacking:
        return None
    where = ", ".join(clean(path) for path in lacking[:3]) + (" and more" if len(lacking) > 3 else "")
    what = f"the token lacks {names[0]} on {where}, so unlisted resources may only be hidden"
    return lacks_right(what, clean(lacking[0]), rights.token_id)


def holds(held: Any, names: tuple[str, ...], *, propagates: bool) -> bool:
    """Check whether the rights held on one path include one of some, and one that propagates if so asked."""
    if not isinstance(held, dict):
        return False
    values = [held[name] for name in names if name in held]
    return any(map(is_true, values)) if propagates else bool(values)
