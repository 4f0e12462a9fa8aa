"""The keys of an API that no model reads: those that are ignored, and those whose changes are shown.

`<system>/ignored_fields.yaml` has the ignored ones, each with the reason. A key of a configuration that no
model reads and that is not in this table is `unmodelled`: the record has its JSON pointer, and with
`fingerprint_key` the keyed fingerprint of its value, so that a change of it is an event.

A name is that of a key, at any depth: `schedule.mode` in an object, `locations[].path` in the items of a
list. `[n]` stands for a number, `x_*` for every key that starts so. `locations[path].id` also names the
member by which an item keeps its place when others come and go.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from reconciler import files
from reconciler.collectors.http.credentials import WithoutCredentials
from reconciler.collectors.http.redaction import Redacted
from reconciler.model.fields.addresses import canonical_address
from reconciler.model.fields.ethernet import mac_address
from reconciler.model.fingerprint import RowFingerprinter, secret_of
from reconciler.model.pointer import pointer
from reconciler.yamlfile.tree import parse_yaml

EVERY_KIND = "*"
"""The section of the keys that rows of every kind may have."""

_ELSEWHERE = re.compile(r"read (?:as|with)|the id\b|part of the id\b|follows from|the object behind")
"""The reasons of keys whose changes show elsewhere; a test proves each of them."""

_ITEM = re.compile(r"\[(\w*)\](?=\.|$)")
_NUMBER = r"\d+"
_FLAGS = {"true": "1", "false": "0"}
_NOTHING: tuple[object, ...] = (None, "", [], {})


@dataclass(frozen=True)
class KeyNames:
    """Names of keys, with the keys above those that are nested."""

    exact: frozenset[str]
    families: re.Pattern[str] | None
    above: frozenset[str]
    """The objects and lists (`locations[]`) of which single keys are named."""
    members: Mapping[str, str]
    """List → the member by which its items are known."""

    def __contains__(self, name: str) -> bool:
        return name in self.exact or (self.families is not None and self.families.fullmatch(name) is not None)


def names_of(written: Iterable[str]) -> KeyNames:
    """Return the names of keys as they are written in a table."""
    plain: set[str] = set()
    members: dict[str, str] = {}
    for name in written:
        for match in _ITEM.finditer(name):
            if match[1] and match[1] != "n":
                members[_plain(name[: match.start()])] = match[1]
        plain.add(_plain(name))
    families = sorted(name for name in plain if "[n]" in name or "*" in name)
    return KeyNames(
        exact=frozenset(plain.difference(families)),
        families=re.compile("|".join(map(_family, families))) if families else None,
        above=frozenset(above for name in plain for above in _above(name)),
        members=members,
    )


def _plain(name: str) -> str:
    """Return a name without the members of items: `locations[].id`."""
    return _ITEM.sub(lambda match: "[n]" if match[1] == "n" else "[]", name)


def _family(name: str) -> str:
    return re.escape(name).replace(r"\[n\]", _NUMBER).replace(r"\*", "[^.]*")


def _above(name: str) -> Iterator[str]:
    for place, char in enumerate(name):
        if char == ".":
            yield name[:place]
            yield name[:place].removesuffix("[]")


@dataclass(frozen=True)
class IgnoredFields:
    """The ignored keys of one kind."""

    reasons: Mapping[str, str]
    """Key → why no model reads it."""
    names: KeyNames

    @cached_property
    def read_elsewhere(self) -> KeyNames:
        """The keys among them that another field is read from."""
        return names_of(name for name, reason in self.reasons.items() if reason.startswith("read "))

    def unmodelled(
        self, row: Mapping[str, Any], read: AbstractSet[str], fingerprints: RowFingerprinter
    ) -> dict[str, str | None]:
        """Return the keys of a row, by JSON pointer, that are neither read nor ignored and not empty.

        An address that is read without its credentials is one too: a change of those is not in its field.
        """
        return {
            at: fingerprints.fingerprint(at, _text(value))
            for at, value in sorted(
                _unread(row, (_read(frozenset(read)), self.read_elsewhere, self.names), "", ())
            )
        }

    @staticmethod
    def items(found: Mapping[str, Any], fingerprints: RowFingerprinter) -> dict[str, str | None]:
        """Return items inside keys, by JSON pointer, as `unmodelled` does."""
        return {
            at: fingerprints.fingerprint(at, _text(value))
            for at, value in sorted(found.items())
            if value not in _NOTHING
        }

    def names_only(self, row: Mapping[str, Any], read: AbstractSet[str]) -> dict[str, str | None]:
        """Return the keys as `unmodelled` does, of a row whose values change by themselves."""
        return dict.fromkeys(self.unmodelled(row, read, RowFingerprinter()))


@lru_cache(maxsize=256)
def _read(names: frozenset[str]) -> KeyNames:
    return names_of(names)


_Known = tuple[KeyNames, KeyNames, KeyNames]
"""The keys that are read, those that another field is read from, and all that are ignored."""


def _unread(
    row: Mapping[str, Any], known: _Known, above: str, at: tuple[str, ...]
) -> Iterator[tuple[str, Any]]:
    """Yield each key of a row that is not known, or has credentials, by its JSON pointer, with its value."""
    for key, value in row.items():
        name = f"{above}{key}"
        if value in _NOTHING or any(name in names for names in known):
            if any(name in names for names in known[:-1]) and _has_credentials(value):
                yield pointer(*at, key), value
            continue
        inside = any(name in names.above for names in known)
        if inside and isinstance(value, dict):
            yield from _unread(value, known, f"{name}.", (*at, key))
        elif inside and isinstance(value, list) and all(isinstance(item, dict) for item in value):
            yield from _unread_items(value, known, name, (*at, key))
        else:
            yield pointer(*at, key), value


def _unread_items(
    items: list[Any], known: _Known, name: str, at: tuple[str, ...]
) -> Iterator[tuple[str, Any]]:
    """Yield the keys of the items of a list: each by its member, or else the values of all together."""
    member = next((names.members[name] for names in known if name in names.members), None)
    together: dict[str, list[Any]] = {}
    for item in items:
        place = "*" if member is None else str(item.get(member, ""))
        for where, value in _unread(item, known, f"{name}[].", (*at, place)):
            together.setdefault(where, []).append(value)
    for where, values in together.items():
        yield where, values[0] if member is not None and len(values) == 1 else values


def _has_credentials(value: Any) -> bool:
    if isinstance(value, str):
        return isinstance(value, WithoutCredentials)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_has_credentials, inner))


_DEEPEST = 64
"""Values nested deeper are taken as they are written: no API has such a key, and `files` writes none."""


def _text(value: Any) -> str:
    """Return a value as the text of which its fingerprint is made: alike for what an API means alike."""
    found = _normal(value)
    return found if isinstance(found, str) else files.canonical(found).decode()


def _normal(value: Any, deepest: int = _DEEPEST) -> Any:
    """Return a value with its scalars as text and its lists in order: APIs write both in any form."""
    if not deepest:
        return repr(value)
    if isinstance(value, Redacted):
        return secret_of(value.fingerprint)
    if isinstance(value, WithoutCredentials):
        return value.whole
    if isinstance(value, Mapping):
        return {str(key): _normal(item, deepest - 1) for key, item in value.items() if item not in _NOTHING}
    if isinstance(value, list | tuple):
        return sorted((_normal(item, deepest - 1) for item in value), key=repr)
    if isinstance(value, bool):
        return str(int(value))
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return _FLAGS.get(text.lower()) or mac_address(text) or canonical_address(text) or text


@cache
def ignored_fields(system: str, kind: str) -> IgnoredFields:
    """Return the ignored keys of a kind; none where the system's table has no section for it."""
    table = read_table(system)
    reasons = {**table.get(EVERY_KIND, {}), **table.get(kind, {})}
    return IgnoredFields(reasons=reasons, names=names_of(reasons))


@cache
def read_table(system: str) -> Mapping[str, Mapping[str, str]]:
    """Return the table of a system: kind → key or pattern → reason. It is read when a row first needs it."""
    file = Path(__file__).parent / system / "ignored_fields.yaml"
    table: Mapping[str, Mapping[str, str]] = parse_yaml(file.read_bytes(), file.name).value
    return table


def shows_elsewhere(reason: str) -> bool:
    """Return whether a change of a key with this reason shows in another field."""
    return _ELSEWHERE.match(reason) is not None


def unseen_keys(system: str) -> dict[str, dict[str, str]]:
    """Return the keys of a system whose changes nothing shows: section of its table → key → reason."""
    return {
        section: unseen
        for section, table in read_table(system).items()
        if (unseen := {key: str(why) for key, why in table.items() if not shows_elsewhere(str(why))})
    }
