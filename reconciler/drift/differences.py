"""The differences between declared and live fields, one by one where a person can read them.

Both sides are JSON values of the same field types, so equality is exact. Only declared fields are compared,
and only unequal mappings reach DeepDiff, whose import costs as much as comparing thousands of equal guests.
"""

from collections.abc import Iterator, Mapping
from itertools import takewhile

from reconciler.model.findings import FieldChange
from reconciler.model.pointer import member, pointer
from reconciler.model.value import Row

_MAX_LEVELS = 24
_MAX_MEMBERS = 5000
"""Mappings with more levels or members than these are reported as one value, not line by line."""


def differences(declared: Mapping[str, object], live: Mapping[str, object]) -> Iterator[FieldChange]:
    """Yield the declared fields that are not as declared; undeclared ones are not compared.

    Mappings are compared as subsets, and a declared entry of None must not exist; lists are compared whole.
    """
    for name, wanted in declared.items():
        have = live.get(name)
        if wanted != have and not _as_declared(wanted, have):
            yield from _field(pointer(name), wanted, have)


def _as_declared(wanted: object, have: object) -> bool:
    return wanted == have or (isinstance(wanted, dict) and _holds(have, wanted))


def _holds(have: object, wanted: Row) -> bool:
    """Return whether a live mapping has all that is declared of it; a missing one meets entries of None."""
    if have is None:
        return bool(wanted) and all(_as_declared(value, None) for value in wanted.values())
    if not isinstance(have, dict):
        return False
    if wanted.items() <= have.items():  # in C, where nothing below is a subset again
        return True
    for name, value in wanted.items():
        other = have.get(name)
        if value != other and not (isinstance(value, dict) and _holds(other, value)):
            return False
    return True


def _field(path: str, wanted: object, have: object) -> Iterator[FieldChange]:
    """Yield the differences of one field that is not as declared."""
    if not isinstance(wanted, dict) or not isinstance(have, dict):
        yield FieldChange(path=path, desired=wanted, live=have)
        return
    wanted, have = _narrowed(wanted, have)
    for parts in _paths(wanted, have) if _readable(wanted) and _readable(have) else [()]:
        yield FieldChange(
            path=path + pointer(*parts), desired=member(wanted, parts), live=member(have, parts)
        )


def _narrowed(wanted: Row, have: Row) -> tuple[Row, Row]:
    """Return both sides of a mapping, without undeclared members and those that are as declared."""
    left: Row = {}
    right: Row = {}
    for name, value in wanted.items():
        other = have.get(name)
        if _as_declared(value, other):
            continue
        if isinstance(value, dict) and isinstance(other, dict):
            left[name], right[name] = _narrowed(value, other)
            continue
        if value is not None:
            left[name] = value
        if other is not None:
            right[name] = other
    return left, right


def _paths(wanted: Row, have: Row) -> list[tuple[str, ...]]:
    """Return the paths of the members that differ; for anything inside a list, the path of the list."""
    from deepdiff import DeepDiff

    # Every member counts: by default DeepDiff skips `__names` and calls dissimilar mappings one change. Lists
    # are compared item by item, without its quadratic search for moved ones.
    difference = DeepDiff(
        wanted,
        have,
        view="tree",
        ignore_private_variables=False,
        threshold_to_diff_deeper=0,
        zip_ordered_iterables=True,
    )
    found = {
        tuple(takewhile(lambda part: isinstance(part, str), level.path(output_format="list")))
        for levels in difference.values()
        for level in levels
    }
    return sorted(found) or [()]


def _readable(value: object, level: int = 0) -> bool:
    """Return whether a value is small and shallow enough to report its differences one by one."""
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if level > _MAX_LEVELS or len(members) > _MAX_MEMBERS:
        return False
    return all(_readable(member, level + 1) for member in members)
