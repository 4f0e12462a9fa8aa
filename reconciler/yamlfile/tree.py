"""YAML as plain values with positions, without YAML's surprises.

Built on the event stream of PyYAML's C parser (libyaml), not on its constructors: scalars stay text (`no`,
`010`, `1.10` and MACs keep their spelling), duplicate keys, aliases, anchors and tags are refused, and depth
and size are capped, which also stops the "billion laughs" attack (yaml/pyyaml#235).
"""

import re
from array import array
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from yaml import YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from reconciler.errors import Problem, ReconcilerError
from reconciler.text import nfc, quoted
from reconciler.yamlfile.syntax import MAX_PROBLEMS, at, encoding_problems, syntax_problem

YamlPath = Sequence[str | int]
"""Keys and list indexes from the root of a tree to a value."""

MAX_DEPTH = 20
_ZERO = re.compile(rb"0(?<![\w.:-]0)\d+(?![\w.:-])")
_NULLS = frozenset({"", "~", "null"})
_ODD_KEYS = frozenset({"", "<<"})
_REFUSED = object()
"""Placeholder for a refused value; it never ends up in a tree."""


@dataclass(frozen=True, slots=True)
class YamlTree:
    """A parsed file: dict, list, str and None (for a plain `null`, `~` or nothing), and their positions."""

    file: str
    value: Any
    nulls: int
    """How many values are None."""
    places: dict[int, "array[int]"]
    """`id` of each container in `value` → the place of each of its keys or items, in their order: 32 bits of
    the line and 32 of the column, because libyaml's marks would need more memory than all values."""
    zeros: bool = False
    """Whether a number may be written with a leading zero."""
    _orders: dict[int, dict[str, int]] = field(default_factory=dict, repr=False, compare=False)
    """`id` of each mapping that was looked up → key → its index."""

    def position(self, path: YamlPath) -> str:
        """Return `file:line:column` of a key or list item, else of the nearest parent that exists."""
        return at(self.file, *self._place(path))

    def line(self, path: YamlPath) -> str:
        """Return `file:line`, likewise."""
        return f"{self.file}:{self._place(path)[0] + 1}"

    def entry_places(self) -> list[str]:
        """Return `file:line` of each key or item of the root, in their order."""
        return [f"{self.file}:{(place >> 32) + 1}" for place in self.places.get(id(self.value), ())]

    def without(self, names: Collection[str]) -> "YamlTree":
        """Return the tree without some keys of its root."""
        kept = {key: value for key, value in self.value.items() if key not in names}
        each = zip(self.value, self.places[id(self.value)], strict=True)
        places = {**self.places, id(kept): array("Q", [place for key, place in each if key not in names])}
        return YamlTree(self.file, kept, self.nulls, places, self.zeros)

    def _place(self, path: YamlPath) -> tuple[int, int]:
        here: Any = self.value
        place = 0
        for step in path:
            if isinstance(here, dict) and step in here:
                index = self._order(here)[str(step)]
            elif isinstance(here, list) and isinstance(step, int) and 0 <= step < len(here):
                index = step
            else:
                break
            place = self.places[id(here)][index]
            here = here[step]
        return place >> 32, place & 0xFFFFFFFF

    def _order(self, mapping: dict[str, Any]) -> dict[str, int]:
        order = self._orders.get(id(mapping))
        if order is None:
            order = self._orders[id(mapping)] = {key: index for index, key in enumerate(mapping)}
        return order


class YamlError(ReconcilerError):
    """A file outside the subset of YAML that we accept; carries every problem that could be found.

    `tree` is the file without its refused parts; None if it could not be parsed.
    """

    tree: YamlTree | None = None


def parse_yaml(data: bytes, file: str) -> YamlTree:
    """Parse one YAML document; an empty file is None. Its text is in Unicode's composed form (NFC).

    Raises `YamlError` with every problem found, and with the rest of the tree if only parts are refused.
    """
    found = [*encoding_problems(data, file)]
    if found:
        raise YamlError(found)
    builder = _Builder(data if data.isascii() else nfc(data.decode("utf-8-sig")).encode(), file)
    tree: YamlTree | None = None
    try:
        value, zeros = builder.document(), _ZERO.search(data) is not None
        tree = YamlTree(file, value, builder.nulls, builder.places, zeros)
    except _TooMuchError:
        pass
    except YAMLError as error:
        builder.problems.append(syntax_problem(error, data, file))
    if tree is None or builder.problems:
        refused = YamlError(builder.problems)
        refused.tree = tree if tree is not None and tree.value is not _REFUSED else None
        raise refused
    return tree


class _TooMuchError(Exception):
    """Parsing stops here; the reason is among the problems."""


class _Builder:
    """Builds values from events. `mapping` and `sequence` run for every node: keep them lean."""

    def __init__(self, data: bytes, file: str) -> None:
        try:
            from yaml import CSafeLoader  # absent without libyaml
        except ImportError as error:
            what = "cannot be read: this PyYAML was built without libyaml"
            remedy = (
                "install PyYAML's own wheel (pip install --force-reinstall pyyaml), or Debian's python3-yaml"
            )
            raise YamlError(Problem(file, what, remedy)) from error
        self.next: Callable[[], Any] = CSafeLoader(data).get_event
        self.file = file
        self.marked = b"&" in data or b"!" in data
        """Whether the file may contain anchors or tags."""
        self.depth = 0
        self.nulls = 0
        self.places: dict[int, array[int]] = {}
        self.problems: list[Problem] = []

    def document(self) -> Any:
        """Return the value of the only document."""
        self.next()  # start of the stream
        if not isinstance(self.next(), DocumentStartEvent):
            return None
        value = self.node(self.next())
        self.next()  # end of the document
        event = self.next()
        if isinstance(event, DocumentStartEvent):
            remedy = "keep one document per file, without `---` inside"
            self.refuse(event.start_mark, "a second document", remedy)
        return value

    def node(self, event: Any) -> Any:
        """Return the value that begins with `event`."""
        if event.__class__ is AliasEvent:
            self.refuse(event.start_mark, f"the alias *{event.anchor}", "write the value out")
            return _REFUSED
        if event.anchor is not None:
            self.refuse(event.start_mark, f"the anchor &{event.anchor}", "write each value out")
        if event.tag is not None:
            self.refuse(event.start_mark, "an explicit tag", "remove it: every scalar is read as text")
        if event.__class__ is ScalarEvent:
            if event.value in _NULLS and not event.style:
                self.nulls += 1
                return None
            return intern(event.value)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            what = f"is nested deeper than {MAX_DEPTH} levels"
            self.problems.append(
                Problem(
                    at(self.file, event.start_mark.line, event.start_mark.column), what, "nest it less deeply"
                )
            )
            raise _TooMuchError
        value: Any = self.mapping() if event.__class__ is MappingStartEvent else self.sequence()
        self.depth -= 1
        return value

    def mapping(self) -> dict[str, Any]:
        """Return the mapping whose start was read."""
        following, marked, scalar, end = self.next, self.marked, ScalarEvent, MappingEndEvent
        value: dict[str, Any] = {}
        places = array("Q")
        while (event := following()).__class__ is not end:
            mark = event.start_mark
            key = event.value if event.__class__ is scalar else None
            if key is None or ((marked or key in _ODD_KEYS) and self.is_odd(event)):
                self.refuse_key(event)
                self.node(following())
                continue
            if key in value:
                remedy = (
                    f"it is already declared on line {(places[list(value).index(key)] >> 32) + 1}; keep one"
                )
                self.refuse(mark, f"a second key {quoted(key)}", remedy)
                self.node(following())
                continue
            event = following()
            if event.__class__ is scalar and not marked:
                text: str | None = event.value
                if text in _NULLS and not event.style:
                    self.nulls += 1
                    text = None
                value[key] = text and intern(text)
            elif (inner := self.node(event)) is not _REFUSED:
                value[key] = inner
            else:
                continue
            places.append(mark.line << 32 | mark.column)
        self.places[id(value)] = places
        return value

    def sequence(self) -> list[Any]:
        """Return the sequence whose start was read."""
        value: list[Any] = []
        places = array("Q")
        while (event := self.next()).__class__ is not SequenceEndEvent:
            if (item := self.node(event)) is not _REFUSED:
                mark = event.start_mark
                places.append(mark.line << 32 | mark.column)
                value.append(item)
        self.places[id(value)] = places
        return value

    @staticmethod
    def is_odd(event: Any) -> bool:
        """Return whether a scalar cannot be a key: it has an anchor or tag, is a merge key, or is empty."""
        marked = event.anchor is not None or event.tag is not None
        return marked or (event.value in _ODD_KEYS and not event.style)

    def refuse_key(self, event: Any) -> None:
        """Refuse a key; skip one that is not text, with everything in it."""
        if event.__class__ is not ScalarEvent:
            self.refuse(event.start_mark, "a key that is not plain text", "put keys with braces in quotes")
            self.node(event)
        elif event.anchor is not None or event.tag is not None:
            self.node(event)
        else:
            what = "the merge key <<" if event.value else "an empty key"
            self.refuse(event.start_mark, what, "write the fields out" if event.value else "name it")

    def refuse(self, mark: Any, what: str, remedy: str) -> None:
        """Record a problem, and stop parsing if there are too many."""
        self.problems.append(
            Problem(at(self.file, mark.line, mark.column), f"{what} is not allowed here", remedy)
        )
        if len(self.problems) >= MAX_PROBLEMS:
            where = at(self.file, mark.line, mark.column)
            self.problems.append(
                Problem(where, f"more than {MAX_PROBLEMS} problems", "fix those above first")
            )
            raise _TooMuchError
