"""The next step of each finding, in plain words: how to accept it and how to fix it."""

import json

from reconciler.model.desired import Declared
from reconciler.model.findings import FieldChange
from reconciler.model.key import Key
from reconciler.model.pointer import parts_of
from reconciler.model.snapshot import Scope

_LONGEST = 60


def drifted(key: Key, change: FieldChange, where: str) -> str:
    """Return the next step for a field that is not as declared at `where`."""
    if not change.path:
        return f"remove it from {key.source}, or edit {where} to accept that it exists"
    name = ".".join(parts_of(change.path))
    if change.desired is None:
        return f"edit {where} to accept, or remove {name} in {key.source}"
    value = json.dumps(change.desired, ensure_ascii=False)
    shown = value if len(value) <= _LONGEST else "what is declared there"
    return f"edit {where} to accept, or set {name} back to {shown} in {key.source}"


def missing(declared: Declared) -> str:
    """Return the next step for a declared resource that is proved not to exist."""
    source, where = declared.key.source, declared.declared_at
    return f"restore it in {source}, or delete it from {where} if it is gone for good"


def unmanaged(key: Key, file: str) -> str:
    """Return the next step for an undeclared resource; `file` is where its kind is declared."""
    return f"add it to {file} (reconciler adopt --all prints the lines), or remove it from {key.source}"


def unverified(key: Key, scope: Scope | None) -> str:
    """Return the next step for a resource that could not be verified."""
    if scope is not None and scope.guard is not None:
        return f"if they are gone for good: reconciler run --accept-missing {key.source}/{key.kind}"
    return "fix the cause above; the last known values are kept until it can be read"
