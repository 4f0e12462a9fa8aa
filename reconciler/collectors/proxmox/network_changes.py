"""Which interfaces of a node have changes that are not applied: `changes` of `/nodes/NODE/network`.

It is a unified diff from /etc/network/interfaces to what waits beside it. A hunk begins and ends in the
middle of a stanza, and the diff may show a new stanza as the end of one and the beginning of the next. So the
stanzas of both sides of a hunk are compared, and not its lines. The lines before the first stanza of a hunk
belong to an interface that the hunk does not name: the rows, which are as after the change, show which has
them.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import whole_number

UNKNOWN = "?"
"""Instead of a name: a change that no interface can be found for, or of the file as a whole."""

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_IFACE = re.compile(r"iface\s+(\S+)(?:\s+(\S+))?")
_AUTO = re.compile(r"(?:auto|allow-\S+)((?:\s+\S+)+)")
_OF_FILE = re.compile(r"(?:source(?:-directory)?|mapping|template|no-auto-down|no-scripts)\b")
_CONTEXT = 3
"""So many unchanged lines follow a change, unless the file ends."""
_TRUE = frozenset({"1", "on", "true"})
_SUFFIX = re.compile(r"(address|netmask|cidr|gateway|comments|options)6")
_LISTED = {"slaves": "bond-slaves", "cidr": "address"}
_LINES = frozenset({"options", "comments"})

_Line = tuple[str, ...]


@dataclass(slots=True)
class _Side:
    """The stanzas that one side of the diff shows: interface, or number of a hunk → its lines."""

    stanzas: dict[str | int, list[_Line]] = field(default_factory=dict)
    first: dict[int, tuple[str, bool]] = field(default_factory=dict)
    """Hunk → the first interface that it names, and whether with its IPv6 part."""

    def add(self, hunk: int, lines: Iterable[str], owner: str | int) -> str | int:
        """Add the lines of a hunk that begins in the stanza of `owner`; returns in whose it ends."""
        self.stanzas.setdefault(owner, [])
        for line in filter(None, map(str.strip, lines)):
            names = _stanza_interfaces(line)
            if names is not None and (named := next(iter(names), None)):
                of_6 = _IFACE.match(line)
                self.first.setdefault(hunk, (named, bool(of_6 and of_6[2] == "inet6")))
            owner = owner if names is None else names[0] if len(names) == 1 else UNKNOWN
            for each in names or (owner,):
                self.stanzas.setdefault(each, []).append(_parsed(line))
        return owner


def waiting(changes: object, rows: Mapping[str, ApiRow]) -> frozenset[str]:
    """Return the interfaces that a diff changes, adds or removes, and `UNKNOWN` for what has no name."""
    if not changes:
        return frozenset()
    old, new = _Side(), _Side()
    moved: dict[str | int, str | int] = {}
    for number, (start, lines) in enumerate(_hunks(str(changes))):
        owner = UNKNOWN if start <= 1 else number
        before = old.add(number, (text for sign, text in lines if sign != "+"), owner)
        after = new.add(number, (text for sign, text in lines if sign != "-"), owner)
        if before != after and _is_cut(lines):
            tail = ("", str(number))
            old.stanzas[before].append(tail)
            new.stanzas[after].append(tail)
            moved |= {before: after, after: after}
    facts = {name: _facts(row) for name, row in rows.items()}
    changed = {
        owner
        for owner in old.stanzas | new.stanzas
        if _differs(
            old.stanzas.get(owner), new.stanzas.get(owner), facts.get(str(moved.get(owner)), frozenset())
        )
    }
    found = {owner if isinstance(owner, str) else _find(owner, old, new, facts, rows) for owner in changed}
    return frozenset(found or {UNKNOWN})


def _hunks(diff: str) -> list[tuple[int, list[tuple[str, str]]]]:
    """Return the first line of each hunk on the old side, and its lines, each with its sign."""
    hunks: list[tuple[int, list[tuple[str, str]]]] = []
    left = right = 0
    for line in diff.splitlines():
        sign = line[:1] or " "
        if head := _HUNK.match(line):
            left, right = (1 if count is None else int(count) for count in head.group(2, 3))
            hunks.append((int(head[1]), []))
        elif sign in " +-" and (left > 0 or right > 0):
            hunks[-1][1].append((sign, line[1:]))
            left -= sign != "+"
            right -= sign != "-"
    return hunks


def _is_cut(lines: list[tuple[str, str]]) -> bool:
    """Return whether the file goes on after a hunk."""
    last = lines[-_CONTEXT:]
    return len(last) == _CONTEXT and all(sign == " " for sign, _ in last)


def _stanza_interfaces(line: str) -> list[str] | None:
    """Return the interfaces whose stanza begins with a line, none for one of the file; None: it goes on."""
    if iface := _IFACE.match(line):
        return [iface[1]]
    if auto := _AUTO.match(line):
        return auto[1].split()
    return [] if _OF_FILE.match(line) else None


def _differs(old: list[_Line] | None, new: list[_Line] | None, facts: Collection[_Line]) -> bool:
    """Return whether a stanza is another one after the change.

    Where the rest of one side is not shown, because it is in the stanza of the interface with these `facts`
    after the change, it is the same if that has what the other side has.
    """
    if old is None or new is None:
        return True
    if old == new:
        return False
    cut, whole = (old, new) if old and not old[-1][0] else (new, old)
    known = len(cut) - 1
    if not cut or cut[-1][0] or whole[:known] != cut[:known]:
        return True
    return not set(whole[known:]).issubset(facts)


def _find(
    hunk: int, old: _Side, new: _Side, facts: Mapping[str, AbstractSet[_Line]], rows: Mapping[str, ApiRow]
) -> str:
    """Return the interface that has the lines before the first stanza of a hunk, or `UNKNOWN`.

    It has the lines of the new side, as far as rows show such lines at all, and none of those that went.
    """
    candidates = set(facts)
    known = False
    lines = new.stanzas[hunk]
    for line in {*lines, *old.stanzas[hunk]}:
        having = {name for name, own in facts.items() if line in own}
        if having:
            known = True
            candidates = candidates & having if line in lines else candidates - having
    named, of_6 = new.first.get(hunk, ("", False))
    if of_6 and named in candidates:
        return named
    before = _just_before(named, rows)
    if len(candidates) > 1 and before in candidates:
        return before
    return candidates.pop() if known and len(candidates) == 1 else UNKNOWN


def _just_before(name: str, rows: Mapping[str, ApiRow]) -> str:
    """Return the interface whose stanza ends where that of another one begins."""
    places = {each: place for each, row in rows.items() if (place := whole_number(row.get("priority")))}
    earlier = [each for each in places if places[each] < places.get(name, 0)]
    return max(earlier, key=places.__getitem__, default=UNKNOWN)


def _facts(row: ApiRow) -> frozenset[_Line]:
    """Return the lines that a row shows of its stanza."""
    return frozenset(_of_row(row))


def _of_row(row: ApiRow) -> Iterator[_Line]:
    for key, value in row.items():
        name = _SUFFIX.sub(r"\1", key).replace("_", "-")
        if name in _LINES:
            lines = value if isinstance(value, list) else str(value).splitlines()
            yield from (_parsed(line if name == "options" else f"#{line}") for line in map(str, lines))
        elif not isinstance(value, list | dict):
            yield _parsed(f"{_LISTED.get(name, name)} {_text(value)}")


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _parsed(line: str) -> _Line:
    """Return a line in one form: words without regard to their order, spaces, and spellings of true."""
    line = line.strip()
    if line.startswith("#"):
        return "#", line.lstrip("#").strip()
    words = line.split() or [""]
    return words[0].replace("_", "-"), *sorted("yes" if word in _TRUE else word for word in words[1:])
