"""The limits of what may be declared: the least and the most of a number, and the values of a choice.

They are those of the published schemas, and hold only for desired state: a live value outside of them is
read as it is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.model.fields.addresses import canonical_address

EACH = "*"
"""Step into every entry of a mapping of resources' parts, or every item of a list."""


_NUMBERED = "[n]"
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
        if value in self.one_of:
            return True
        if self.ip is not None:
            return not isinstance(value, str) or _version(value) in {None, self.ip}
        if self.one_of:
            numbers = _numbers(value)
            return value == "" or (bool(numbers) and self.one_of.issuperset(numbers))
        if value.__class__ is int:
            return self._holds(value)
        return all(map(self._holds, _numbers(value)))

    def _holds(self, number: float) -> bool:
        least, most = self.least, self.most
        return (least is None or number >= least) and (most is None or number <= most)


LimitTree = Mapping[str, Any]
"""Step → the limit of a field, or the tree of what is in it."""


def family(name: str) -> str:
    """Return the step of the keys of numbered options: `numa[n]` of `numa0`."""
    known = name.rstrip("0123456789")
    return f"{known}{_NUMBERED}" if known != name else name


def tree_of(limits: Mapping[str, Mapping[str, Any]]) -> LimitTree:
    """Return the tree of limits by their paths: `nics/*/mtu`, `options/devices/numa[n]/policy`."""
    tree: dict[str, Any] = {}
    for path, limit in limits.items():
        *above, last = path.split("/")
        here = tree
        for step in above:
            if step.endswith(_NUMBERED):
                here[_NUMBERED] = True
            here = here.setdefault(step, {})
        here[last] = Limit(**{**limit, "one_of": frozenset(limit.get("one_of", ()))})
    return tree


def beyond(fields: Mapping[str, Any], tree: LimitTree) -> list[tuple[tuple[str | int, ...], Limit]]:
    """Return the path of each value that is outside its limit; runs for every declared row: keep it lean."""
    found: list[tuple[tuple[str | int, ...], Limit]] = []
    each, numbered = tree.get(EACH), _NUMBERED in tree
    for name, value in fields.items():
        known = tree.get(name) or each or (numbered and tree.get(family(name)))
        if not known or value is None:
            continue
        if value.__class__ is dict:
            if known.__class__ is dict and (inner := beyond(value, known)):
                found += [((name, *path), limit) for path, limit in inner]
        elif value.__class__ is list:
            found += _of_items(name, value, known)
        elif known.__class__ is Limit and not known.allows(value):
            found.append(((name,), known))
    return found


def _of_items(name: str, items: list[Any], tree: Any) -> Iterator[tuple[tuple[str | int, ...], Limit]]:
    known = tree.get(EACH) if isinstance(tree, dict) else None
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
