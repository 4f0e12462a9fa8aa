"""The normal form of an exact resource: one comparison of two mappings shows whether a row is as declared."""

from reconciler.model.desired import Declared
from reconciler.model.kind import AnyKind
from reconciler.model.value import Row


def normal_form(kind: AnyKind, declared: Declared, defaults: Row) -> Row:
    """Return the row that an exact resource is declared to have; `defaults` are those for its live row.

    The form that was made when it was loaded serves unless the live row has other defaults than what is
    declared of it: the scope of a firewall, for one, shows only there.
    """
    if declared.filled is not None and declared.defaults == defaults:
        return declared.filled
    return kind.with_defaults(declared.fields, defaults)


def is_as_declared(kind: AnyKind, normal: Row, live: Row) -> bool:
    """Return whether a live row has its normal form, whatever its other fields are."""
    if live | normal != live:
        return False
    beside = len(live) - len(normal)  # all of the normal form is live; counting is quicker than sets
    return not beside or beside == len((live.keys() & kind.not_adopted_fields) - normal.keys())
