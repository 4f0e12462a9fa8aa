"""The limits of what may be declared: the least and the most of a number, and the values of a choice.

They are those of the published schemas, and hold only for desired state: a live value outside of them is
read as it is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.model.fields import canonical_address

EACH = "*"
"""Step into every entry of a mapping of resources' parts, or every item of a list."""


_RANGE = re.compile(r"\d+(?:[-:,]\d+)*")


@dataclass(frozen=True, slots=True)
class Limit:
    """The values that one field may have."""

    least: float | None = None
    most: float | None = None
    one_of: frozenset[str | float] = frozenset()
    """Texts, or numbers."""
    ip: int | None = None
    """The version of its addresses; words such as dhcp are left to the model."""

    def allows(self, value: Any) -> bool:
        """Return whether a value is within the limit; one that is not of its type is left to the model."""
        if self.ip is not None:
            return not isinstance(value, str) or _version(value) in {None, self.ip}
        numbers = _numbers(value)
        if self.one_of:
            return value == "" or value in self.one_of or (bool(numbers) and self.one_of.issuperset(numbers))
        return all(
            (self.least is None or number >= self.least) and (self.most is None or number <= self.most)
            for number in numbers
        )


LimitTree = Mapping[str, Any]
"""Step → the limit of a field, or the tree of what is in it."""


def family(name: str) -> str:
    """Return what the keys of numbered options have in common: `numa` of `numa0`."""
    return name.rstrip("0123456789") or name


def tree_of(limits: Mapping[str, Mapping[str, Any]]) -> LimitTree:
    """Return the tree of limits by their paths: `nics/*/mtu`."""
    tree: dict[str, Any] = {}
    for path, limit in limits.items():
        *above, last = path.split("/")
        here = tree
        for step in above:
            here = here.setdefault(step, {})
        here[last] = Limit(**{**limit, "one_of": frozenset(limit.get("one_of", ()))})
    return tree


def beyond(fields: Mapping[str, Any], tree: LimitTree) -> Iterator[tuple[tuple[str | int, ...], Limit]]:
    """Yield the path of each value that is outside its limit; runs for every declared row: keep it lean."""
    for name, value in fields.items():
        known = tree.get(name)
        if known is None:
            known = tree.get(EACH) or tree.get(family(name))
        if known is None or value is None:
            continue
        if known.__class__ is Limit:
            if not known.allows(value):
                yield (name,), known
        elif value.__class__ is dict:
            for path, limit in beyond(value, known):
                yield (name, *path), limit
        elif value.__class__ is list:
            yield from _of_items(name, value, known)


def _of_items(name: str, items: list[Any], tree: LimitTree) -> Iterator[tuple[tuple[str | int, ...], Limit]]:
    known = tree.get(EACH)
    for index, item in enumerate(items):
        if isinstance(known, Limit):
            if not known.allows(item):
                yield (name, index), known
        elif known is not None and isinstance(item, dict):
            for path, limit in beyond(item, known):
                yield (name, index, *path), limit


def _numbers(value: Any) -> tuple[float, ...]:
    """Return a number, also one that is written as text, or the ends of a range."""
    if value.__class__ is int or value.__class__ is float:
        return (value,)
    if not isinstance(value, str):
        return ()
    if _RANGE.fullmatch(value):
        return tuple(map(float, re.split("[-:,]", value)))
    try:
        return (float(value),)
    except ValueError:
        return ()


def _version(text: str) -> int | None:
    """Return the version of an address, with or without prefix length; None for other text."""
    address = canonical_address(text.partition("/")[0])
    return None if address is None else 6 if ":" in address else 4
