"""The common parts of zones and vnets: the configuration, and the changes that are not applied yet.

With `pending=1` a row holds what runs, `pending` what is configured otherwise (a key that goes is `deleted`),
and `state` is new, changed or deleted. A release before 9 has only a mark for `pending`.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from reconciler.collectors.proxmox.pending import running_otherwise
from reconciler.model.resource import Resource

_Sdn = TypeVar("_Sdn", bound=Resource)
_APART = ("pending", "state")


def layers(row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the configured row, and the one that runs where that differs; with `state`, both."""
    base = {key: value for key, value in row.items() if key not in _APART}
    pending = row.get("pending")
    state = str(row.get("state") or "")
    if not state and not isinstance(pending, dict):
        return base, None
    changes = pending if isinstance(pending, dict) else {}
    configured = {**base, **{key: value for key, value in changes.items() if value != "deleted"}}
    configured = {key: value for key, value in configured.items() if changes.get(key) != "deleted"}
    return {**configured, "state": state}, base


def with_pending(resource: _Sdn, other: _Sdn | None, state: str) -> _Sdn:
    """Return the configured resource, with what runs by JSON pointer; of a new one nothing runs yet."""
    if state == "new":
        return resource.model_copy(update={"pending": {"/type": None}})
    if state == "deleted":
        return resource.model_copy(update={"pending": {"/to_be_deleted": False}})
    if other is None:
        return resource
    return resource.model_copy(update={"pending": running_otherwise(resource, other) or None})
