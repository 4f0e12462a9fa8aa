"""YAML as plain values with positions, read so that nothing in it surprises.

Built on the event stream of PyYAML's C parser (libyaml), not on its constructors: scalars stay text (`no`,
`010`, `1.10` and MACs are what they look like), duplicate keys, aliases, anchors and tags are refused, and
depth and size are capped, which also ends the "billion laughs" (yaml/pyyaml#235).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from yaml import MarkedYAMLError, YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from reconciler.errors import Problem, ReconcilerError, printable, shown

Path = Sequence[str | int]
"""Keys and list indexes from the root of a tree to a value."""

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20
_MAX_PROBLEMS = 100
_NULLS = frozenset({"", "~", "null"})
_ODD_KEYS = frozenset({"", "<<"})
_ORDINARY = bytes([0x09, 0x0A, 0x0D, *range(0x20, 0x7F)])
# What YAML forbids, and the line breaks of YAML 1.1 that no editor counts as such.
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_WORDS = (
    ("cannot start any token", "this character cannot stand here", "put the text in quotes"),
    (
        "mapping values are not allowed",
        "a ':' where none can be",
        "check the indentation, and put text that holds ': ' in quotes",
    ),
    ("could not find expected ':'", "a key without ':'", "write it as `key: value`"),
    ("did not find expected key", "what stands here is no key", "check indentation, quotes and braces"),
    ("did not find expected '-'", "what stands here is no list item", "check the indentation"),
    ("did not find expected ',' or", "a list or mapping in braces is not closed", "check commas and braces"),
    ("unexpected end of stream", "a quoted text is not closed", "close it with the same quote"),
)


class YamlError(ReconcilerError):
    """A file that is not YAML as we read it; carries every problem that could be found."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed file: dict, list, str and None (for a plain `null`, `~` or nothing), and where each stood."""

    file: str
    value: Any
    nulls: int
    """How many values are None."""
    places: dict[int, list[Any]]
    """`id` of each container in `value` → libyaml's mark of each of its keys or items, in their order."""
    _orders: dict[int, dict[str, int]] = field(default_factory=dict, repr=False, compare=False)
    """`id` of each mapping that was looked into → key → its place among the keys."""

    def position(self, path: Path) -> str:
        """`file:line:column` of a key or list item; of the nearest thing above it when it is not there."""
        return _at(self.file, *self._place(path))

    def line(self, path: Path) -> str:
        """`file:line`, likewise."""
        return f"{self.file}:{self._place(path)[0] + 1}"

    def lines(self) -> list[str]:
        """`file:line` of each key or item of the root, in their order."""
        return [f"{self.file}:{mark.line + 1}" for mark in self.places.get(id(self.value), ())]

    def _place(self, path: Path) -> tuple[int, int]:
        here: Any = self.value
        line = column = 0
        for step in path:
            if isinstance(here, dict) and step in here:
                index = self._order(here)[str(step)]
            elif isinstance(here, list) and isinstance(step, int) and 0 <= step < len(here):
                index = step
            else:
                break
            mark = self.places[id(here)][index]
            line, column = mark.line, mark.column
            here = here[step]
        return line, column

    def _order(self, mapping: dict[str, Any]) -> dict[str, int]:
        order = self._orders.get(id(mapping))
        if order is None:
            order = self._orders[id(mapping)] = {key: index for index, key in enumerate(mapping)}
        return order


def parse(data: bytes, file: str) -> Tree:
    """Parse one YAML document; an empty file is None. Raises `YamlError` with every problem found."""
    found = [*_encoding_problems(data, file)]
    if found:
        raise YamlError(found)
    builder = _Builder(data.removeprefix(b"\xef\xbb\xbf"), file)
    try:
        value = builder.document()
    except _TooMuchError:
        value = None
    except YAMLError as error:
        value = None
        builder.problems.append(_syntax_problem(error, data, file))
    if builder.problems:
        raise YamlError(builder.problems)
    return Tree(file, value, builder.nulls, builder.places)


class _TooMuchError(Exception):
    """The rest of the file is not worth reading; the reason is among the problems."""


class _Builder:
    """Makes values of events. The methods for mappings and sequences run for every node: keep them lean."""

    def __init__(self, data: bytes, file: str) -> None:
        try:
            from yaml import CSafeLoader  # absent without libyaml
        except ImportError as error:
            what = "cannot be read: this PyYAML was built without libyaml"
            remedy = (
                "install PyYAML's own wheel (pip install --force-reinstall pyyaml), or python3-yaml of Debian"
            )
            raise YamlError(Problem(file, what, remedy)) from error
        self.next: Callable[[], Any] = CSafeLoader(data).get_event
        self.file = file
        self.marked = b"&" in data or b"!" in data
        """Whether there can be anchors or tags."""
        self.depth = 0
        self.nulls = 0
        self.places: dict[int, list[Any]] = {}
        self.problems: list[Problem] = []

    def document(self) -> Any:
        """The value of the only document."""
        self.next()  # start of the stream
        if not isinstance(self.next(), DocumentStartEvent):
            return None
        value = self.node(self.next())
        self.next()  # end of the document
        event = self.next()
        if isinstance(event, DocumentStartEvent):
            self.refuse(event.start_mark, "a second document", "keep one document per file: no `---` inside")
        return value

    def node(self, event: Any) -> Any:
        """The value that begins with `event`."""
        if event.__class__ is AliasEvent:
            self.refuse(event.start_mark, f"the alias *{event.anchor}", "write the value out")
            return None
        if event.anchor is not None:
            self.refuse(event.start_mark, f"the anchor &{event.anchor}", "write each value out")
        if event.tag is not None:
            self.refuse(event.start_mark, "an explicit tag", "leave it out: every scalar is read as text")
        if event.__class__ is ScalarEvent:
            if event.value in _NULLS and not event.style:
                self.nulls += 1
                return None
            return intern(event.value)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            what = f"nested deeper than {MAX_DEPTH} levels"
            self.problems.append(
                Problem(
                    _at(self.file, event.start_mark.line, event.start_mark.column), what, "write it flatter"
                )
            )
            raise _TooMuchError
        value: Any = self.mapping() if event.__class__ is MappingStartEvent else self.sequence()
        self.depth -= 1
        return value

    def mapping(self) -> dict[str, Any]:
        """The mapping whose start was read."""
        following, marked, scalar, end = self.next, self.marked, ScalarEvent, MappingEndEvent
        value: dict[str, Any] = {}
        places: list[Any] = []
        while (event := following()).__class__ is not end:
            if event.__class__ is scalar:
                key = event.value
                if marked or key in _ODD_KEYS:
                    self.odd_key(event)
            else:
                key = self.collection_as_key(event)
            mark = event.start_mark
            if key in value:
                remedy = f"it stands on line {places[list(value).index(key)].line + 1} already; keep one"
                self.refuse(mark, f"the key {shown(key)} a second time", remedy)
                self.node(following())
                continue
            places.append(mark)
            event = following()
            if event.__class__ is scalar and not marked:
                text: str | None = event.value
                if text in _NULLS and not event.style:
                    self.nulls += 1
                    text = None
                value[key] = text and intern(text)
            else:
                value[key] = self.node(event)
        self.places[id(value)] = places
        return value

    def sequence(self) -> list[Any]:
        """The sequence whose start was read."""
        value: list[Any] = []
        places: list[Any] = []
        while (event := self.next()).__class__ is not SequenceEndEvent:
            places.append(event.start_mark)
            value.append(self.node(event))
        self.places[id(value)] = places
        return value

    def odd_key(self, event: Any) -> None:
        """Refuse a key with an anchor or tag, a merge key, or no text at all; any other is fine."""
        if event.anchor is not None or event.tag is not None:
            self.node(event)
        elif event.value in _ODD_KEYS and not event.style:
            what = "the merge key <<" if event.value else "an empty key"
            self.refuse(event.start_mark, what, "write the fields out" if event.value else "name it")

    def collection_as_key(self, event: Any) -> str:
        """A key that is no text; it and what it holds is read over."""
        self.refuse(event.start_mark, "a key that is no plain text", "put keys with braces in quotes")
        self.node(event)
        return f"\0{len(self.problems)}"  # the tree is never seen: the problem above ends it

    def refuse(self, mark: Any, what: str, remedy: str) -> None:
        """Note something that may not be in a file, and go on unless there is too much of it."""
        self.problems.append(
            Problem(_at(self.file, mark.line, mark.column), f"{what} is not allowed here", remedy)
        )
        if len(self.problems) >= _MAX_PROBLEMS:
            where = _at(self.file, mark.line, mark.column)
            self.problems.append(
                Problem(where, f"more than {_MAX_PROBLEMS} problems", "mend those above first")
            )
            raise _TooMuchError


def _at(file: str, line: int, column: int) -> str:
    return f"{file}:{line + 1}:{column + 1}"


def _encoding_problems(data: bytes, file: str) -> Iterator[Problem]:
    if len(data) > MAX_BYTES:
        what = f"is larger than {MAX_BYTES:,} bytes (1 MiB)"
        yield Problem(file, what, "split it; desired state may lie in <source>/<kind>/*.yaml")
        return
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        yield Problem(_offset(before, file), "is not UTF-8", "save the file as UTF-8")
        return
    if data.isascii() and not data.translate(None, _ORDINARY):
        return
    for count, match in enumerate(_ODD.finditer(text)):
        if count == _MAX_PROBLEMS:
            return
        what = f"the character U+{ord(match[0]):04X} is not allowed here"
        yield Problem(
            _offset(text[: match.start()], file), what, 'remove it, or write it as an escape in "…"'
        )


def _offset(before: str, file: str) -> str:
    return _at(file, before.count("\n"), len(before) - before.rfind("\n") - 1)


def _syntax_problem(error: YAMLError, data: bytes, file: str) -> Problem:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    if not isinstance(error, MarkedYAMLError) or mark is None:
        return Problem(file, f"is no YAML: {printable(str(error))}")
    where = _at(file, mark.line, mark.column)
    lines = [*data.decode().removeprefix("\ufeff").splitlines(), ""]
    before, after = lines[mark.line][: mark.column], lines[mark.line][mark.column :]
    if after.startswith("\t"):
        return Problem(where, "a tab where only spaces can be", "indent with spaces")
    if before.endswith("$") and after.startswith("{"):
        return Problem(where, "a reference inside braces or brackets", 'put it in quotes: "${NAME}"')
    begun = error.context_mark
    since = f" (begun on line {begun.line + 1})" if begun and begun.line != mark.line else ""
    said = printable(str(error.problem))
    for part, what, remedy in _WORDS:
        if part in said:
            return Problem(where, what + since, remedy)
    return Problem(where, f"is no YAML: {said}{since}")
