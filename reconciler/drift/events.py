"""Events: changes between two runs that are not drift, such as a guest that moved or a changed secret."""

from collections.abc import Iterator

from reconciler.model.findings import Event
from reconciler.model.fingerprint import comparable
from reconciler.model.kind import AnyKind, Kinds
from reconciler.model.pointer import member, parts_of
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Inventory
from reconciler.model.value import Row


def events(inventory: Inventory, previous: Recorded | None, kinds: Kinds) -> Iterator[Event]:
    """Yield the events of the rows that this run read, against those that the last one recorded."""
    if previous is None:
        return
    for key, row in inventory.config.items():
        kind = kinds[key.source][key.kind]
        before = previous.inventory.config.get(key)
        if before is None or before == row or key in inventory.as_of:
            continue
        for what, path in (*(kind.events(before, row) if kind.events else ()), *_secrets(kind, before, row)):
            name = row.get("name")
            yield Event(
                key=key,
                name=name if isinstance(name, str) else None,
                what=what,
                path=path,
                before=member(before, parts_of(path)),
                after=member(row, parts_of(path)),
            )


def _secrets(kind: AnyKind, before: Row, row: Row) -> Iterator[tuple[str, str]]:
    """Yield the secrets whose value changed; fingerprints of two keys cannot be compared."""
    for name in sorted(kind.fingerprints):
        old, new = before.get(name), row.get(name)
        if old != new and comparable(old, new):
            yield "secret-changed", f"/{name}"
