"""The keys of a published row at any depth, and rows with another value at one of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal

from tests.contracts.facts import Fact, properties

_Absent = Enum("_Absent", "ABSENT")
ABSENT: Final = _Absent.ABSENT
"""In the place of a value: the key is not there."""


@dataclass(frozen=True)
class Part:
    """A part of a property string: `tag` of `virtio=MAC,bridge=vmbr0,tag=11`."""

    name: str
    default_key: str
    """The part whose name is left out."""
    instead_of: frozenset[str] = frozenset()
    """The parts of which there is one at a time: `virtio`, `e1000`; `file`, `volume`."""


Step = str | Part | Literal[0]
"""A member of an object, a part of a property string, or the first item of a list."""
Steps = tuple[Step, ...]


@dataclass(frozen=True)
class ApiKey:
    """A key of a row."""

    name: str
    """As in the facts: `net[n].tag`, `locations[].path`."""
    steps: Steps
    fact: Fact

    @property
    def is_required(self) -> bool:
        """Whether it is a part without which a property string is not valid."""
        part = self.steps[-1]
        return isinstance(part, Part) and not (self.fact.get("optional") or part.instead_of)


def every_key(fact: Fact, name: str = "", steps: Steps = ()) -> Iterator[ApiKey]:
    """Yield every key at any depth, each once."""
    found: dict[str, ApiKey] = {}
    for key in _keys(fact, name, steps):
        known = found.get(key.name)
        found[key.name] = key if known is None or not known.fact else known
    yield from found.values()


def _keys(fact: Fact, name: str, steps: Steps) -> Iterator[ApiKey]:
    for member, inner in properties(fact).items():
        where = f"{name}.{member}" if name else member
        at = (*steps, member.replace("[n]", "0"))
        yield ApiKey(where, at, inner)
        yield from _keys(inner, where, at)
    parts: Mapping[str, Fact] = fact.get("parts", {})
    default_key = next((part for part, inner in parts.items() if inner.get("default_key")), "")
    models = frozenset(part for part, inner in parts.items() if inner.get("keyAlias"))
    for part, inner in parts.items():
        one_of = models | {default_key} if part in models else {inner["alias"]} if "alias" in inner else ()
        yield ApiKey(f"{name}.{part}", (*steps, Part(part, default_key, frozenset(one_of))), inner)
    if "items" in fact:
        yield from _keys(fact["items"], f"{name}[]", (*steps, 0))
    for choice in (*fact.get("anyOf", ()), *fact.get("oneOf", ())):
        yield from _keys(choice, name, steps)


def with_value(value: Any, steps: Steps, new: Any) -> Any:
    """Return a row with another value at some steps; what is above it is made where it is not there."""
    step, *rest = steps
    if isinstance(step, Part):
        return _with_part(value, step, new)
    if step == 0:
        items = list(value) if isinstance(value, list) else []
        item = with_value(items[0] if items else None, tuple(rest), new) if rest else new
        return [*([] if item is ABSENT else [item]), *items[1:]]
    row = dict(value) if isinstance(value, Mapping) else {}
    inner = with_value(row.get(step), tuple(rest), new) if rest else new
    row.pop(step, None)
    return row if inner is ABSENT else {**row, step: inner}


def _with_part(text: Any, part: Part, new: Any) -> Any:
    """Return a property string with another value of a part; `ABSENT` where that leaves nothing."""
    items: dict[str, str] = {}
    for item in str(text or "").split(","):
        name, equals, value = item.partition("=")
        if item:
            items |= {name: value} if equals else {part.default_key: item}
    if new is not ABSENT:
        items = {name: value for name, value in items.items() if name not in part.instead_of}
    items.pop(part.name, None)
    items |= {} if new is ABSENT else {part.name: str(new)}
    first = [items.pop(part.default_key)] if part.default_key in items else []
    return ",".join([*first, *(f"{name}={value}" for name, value in items.items())]) or ABSENT
