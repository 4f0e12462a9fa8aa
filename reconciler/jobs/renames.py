"""Resources that got another id: the same row under another name in the next record."""

from collections.abc import Mapping
from contextlib import suppress

from reconciler.model.kind import AnyKind
from reconciler.model.value import Row


def other_id(kind: AnyKind | None, row: Row, there: Mapping[str, Row], but: Mapping[str, Row]) -> str | None:
    """Return the one id among `there`, and not among `but`, whose row is the same thing as a row.

    That is a row with a name in common; of a kind whose ids never change, there is none.
    """
    if kind is not None and kind.naming is None:
        return None
    names = _row_names(kind, row)
    found = [
        identity
        for identity, each in there.items()
        if identity not in but and (each == row or not names.isdisjoint(_row_names(kind, each)))
    ]
    return found[0] if len(found) == 1 else None


def _row_names(kind: AnyKind | None, row: Row) -> frozenset[str]:
    if kind is None or kind.naming is None:
        return frozenset()
    with suppress(ValueError, TypeError, KeyError, AttributeError):
        return frozenset(kind.naming.names(row))
    return frozenset()
