"""Merge live values into desired-state files: what is taken over, and nothing else, is written.

Each resource is written where it is declared; a new one beside its nearest neighbour, in the natural order of
ids. What is common to the rows of a file (`"*"`) stays: a row that differs from it replaces it.
"""

import copy
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from reconciler.desired.accepted_list import accepted_list
from reconciler.desired.adopt import adopted_row
from reconciler.desired.declaration_type import ABSENT, EXACT, is_true
from reconciler.desired.load import SUFFIX, identities
from reconciler.desired.rows import COMMON
from reconciler.model.desired import DesiredState
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind, Kinds
from reconciler.model.pointer import has_member, member
from reconciler.model.snapshot import by_kind
from reconciler.model.value import Row
from reconciler.text import natural
from reconciler.yamlfile.edit import rewritten
from reconciler.yamlfile.shapes import field_types, member_type, unwrap
from reconciler.yamlfile.tree import parse_yaml


@dataclass(frozen=True, slots=True)
class Accepted:
    """A live value to take over: of a field, or a resource as a whole."""

    key: Key
    parts: tuple[str, ...] = ()
    """The path of the field; empty: the whole resource, which is removed if it is not live."""
    gone: bool = False
    """Whether the field goes, because what it names goes."""
    only_exact: bool = False
    """Whether the resource only becomes exact, and no value is taken over."""
    named: bool = False
    """Whether someone named this very resource: one that is declared not to be exact becomes exact then."""


def merge(
    tree: Mapping[str, bytes],
    directory: str,
    desired: DesiredState,
    kinds: Kinds,
    rows: Mapping[Key, Row],
    accepted: Iterable[Accepted],
) -> dict[str, bytes]:
    """Return path below the desired-state folder → new content, of the files that change.

    `rows` are the live ones. Raises `YamlError` for a file that cannot be edited.
    """
    groups: dict[tuple[str, str], list[Accepted]] = {}
    for each in accepted:
        groups.setdefault(each.key[:2], []).append(each)
    live = by_kind(rows)
    changed: dict[str, bytes] = {}
    for (source, name), wanted in groups.items():
        kind = kinds[source][name]
        paths = sorted((path for path in tree if _is_of(path, source, name)), key=natural)
        files = {path: parse_yaml(tree[path], f"{directory}/{path}").value or {} for path in paths}
        files = files or {f"{source}/{name}{SUFFIX}": {}}
        merging = _Merging(kind, files, desired, live.get(source, {}))
        for each in wanted:
            merging.take(each)
        merging.share_exact()
        for path, value in merging.files.items():
            data = tree.get(path, b"")
            new = rewritten(data, f"{directory}/{path}", value)
            if new != data:
                changed[path] = new
    return changed


def _is_of(path: str, source: str, kind: str) -> bool:
    """Return whether a file declares resources of a kind, in either layout."""
    parts = path.split("/")
    if parts[-1].startswith(".") or not path.endswith(SUFFIX):
        return False
    return parts == [source, kind + SUFFIX] or (parts[:2] == [source, kind] and len(parts) == 3)


class _Merging:
    """The files of one kind as values, while live values are taken over."""

    def __init__(
        self,
        kind: AnyKind,
        files: Mapping[str, Any],
        desired: DesiredState,
        live: Mapping[str, Mapping[str, Row]],
    ) -> None:
        self.files = {path: copy.deepcopy(value) for path, value in files.items()}
        self._kind, self._desired, self._live = kind, desired, live
        self._rows = live.get(kind.name, {})
        _, parser = identities(kind.identity)
        self._made_exact: dict[str, set[str]] = {}
        self._written: dict[str, tuple[str, str]] = {}
        """Id → file, and the id as written there."""
        for path, value in self.files.items():
            for identity in value:
                if identity != COMMON:
                    self._written[_normalised(parser, identity)] = (path, identity)

        self._order = sorted((natural(each), each) for each in self._written)

    def take(self, accepted: Accepted) -> None:
        """Take over one live value."""
        identity = accepted.key.id
        row = self._rows.get(identity)
        if accepted.only_exact:
            self._make_exact(accepted)
        elif accepted.gone:
            path, written = self._written[identity]
            self._drop(self.files[path][written], accepted.parts, {}, inherited=False)
        elif accepted.parts:
            self._take_field(accepted.key, accepted.parts)
        elif row is None:
            path, written = self._written.pop(identity)
            self._order.remove((natural(identity), identity))
            del self.files[path][written]
        elif identity in self._written:
            path, written = self._written[identity]
            self.files[path][written] = self._new_row(path, identity, row)
        else:
            self._add(identity, row)

    def _common(self, path: str) -> dict[str, Any]:
        common = self.files[path].get(COMMON)
        return common if isinstance(common, dict) else {}

    def _is_exact(self, path: str, row: Any) -> bool:
        value = (row or {}).get(EXACT, self._common(path).get(EXACT))
        return value is not None and is_true(value)

    def _make_exact(self, accepted: Accepted) -> None:
        path, written = self._written[accepted.key.id]
        row = self.files[path][written] or {}
        if not self._is_exact(path, row) and (accepted.named or EXACT not in row):
            self.files[path][written] = {EXACT: True} | {name: row[name] for name in row if name != EXACT}
            self._made_exact.setdefault(path, set()).add(written)

    def share_exact(self) -> None:
        """Write `exact` once for a file in which it was written into every row."""
        for path, names in self._made_exact.items():
            rows = self.files[path]
            if len(names) > 1 and names == rows.keys() - {COMMON}:
                for name in names:
                    del rows[name][EXACT]
                common = {COMMON: {EXACT: True} | self._common(path)}
                self.files[path] = common | {name: rows[name] for name in rows if name != COMMON}

    def _new_row(self, path: str, identity: str, row: Row) -> dict[str, Any]:
        """Return a row for a file, which replaces what is common there and differs from the live row."""
        new: dict[str, Any] = adopted_row(identity, row, self._kind, self._live)
        common = self._common(path)
        for name in common.keys() - new.keys() - {EXACT} - self._kind.policies:
            given = row.get(name) if name in self._kind.not_adopted_fields else None
            new[name] = self._nothing(name) if given is None else given
        if self._kind.fetch is None or is_true(common.get(EXACT, False)):
            return new
        return {EXACT: True, **new}

    def _nothing(self, name: str) -> Any:
        """Return how a row declares that a field, which is common to its file, is at its default."""
        shape = unwrap((field_types(self._kind.model) or {}).get(name))
        return {} if member_type(shape, "") is not None and field_types(shape) is None else None

    def _add(self, identity: str, row: Row) -> None:
        """Add a row after its nearest predecessor, in the file of that."""
        order = natural(identity), identity
        place = bisect_left(self._order, order)
        if self._order:
            path, beside = self._written[self._order[max(place - 1, 0)][1]]
        else:
            path, beside = list(self.files)[-1], ""
        new = self._new_row(path, identity, row)
        entries = list(self.files[path].items())
        index = next((index for index, (name, _) in enumerate(entries) if name == beside), len(entries))
        entries.insert(index + (place > 0), (identity, new))
        self._order.insert(place, order)
        self.files[path] = dict(entries)
        self._written[identity] = (path, identity)

    def _take_field(self, key: Key, parts: tuple[str, ...]) -> None:
        """Write one field of a declared row as it is live; without its line where that is the default."""
        path, written = self._written[key.id]
        row = self.files[path][written] = self.files[path][written] or {}
        live, common = self._rows[key.id], self._common(path)
        name = parts[0]
        if name not in row and name in common and len(parts) > 1:
            row[name] = copy.deepcopy(self._desired.resources[key].fields.get(name))
        source = live if name in self._kind.not_adopted_fields else self._adopted(key.id, live)
        if has_member(source, parts) and member(source, parts) is not None:
            self._put(row, parts, member(source, parts))
        elif self._is_exact(path, row) or self._is_entry(parts):
            self._drop(row, parts, source, inherited=name in common)
        elif (value := member(live, parts)) is not None or self._may_be_null(parts):
            self._put(row, parts, value)
        else:
            self._drop(row, parts, source, inherited=name in common)

    def _adopted(self, identity: str, row: Row) -> Row:
        return adopted_row(identity, row, self._kind, self._live)

    def _shape(self, parts: tuple[str, ...]) -> Any:
        shape: Any = self._kind.model
        for part in parts:
            shape = member_type(shape, part)
        return shape

    def _is_entry(self, parts: tuple[str, ...]) -> bool:
        """Return whether a path is that of an entry of a mapping, not of a field."""
        return field_types(self._shape(parts[:-1])) is None

    def _may_be_null(self, parts: tuple[str, ...]) -> bool:
        model = unwrap(self._shape(parts[:-1]))
        info = getattr(model, "model_fields", {}).get(parts[-1])
        return info is not None and not info.is_required()

    def _put(self, row: dict[str, Any], parts: tuple[str, ...], value: Any) -> None:
        here = row
        for part in parts[:-1]:
            if not isinstance(here.get(part), dict):
                here[part] = {}
            here = here[part]
        old = here.get(parts[-1])
        if isinstance(old, list) and isinstance(value, list):
            value = accepted_list(self._shape(parts), old, value)
        here[parts[-1]] = value
        row.pop(ABSENT, None)

    def _drop(self, row: dict[str, Any], parts: tuple[str, ...], adopted: Row, *, inherited: bool) -> None:
        """Take out a field, and what is empty without it."""
        above: list[dict[str, Any]] = [row]
        for part in parts[:-1]:
            inner = above[-1].get(part)
            if not isinstance(inner, dict):
                return
            above.append(inner)
        above[-1].pop(parts[-1], None)
        for depth in range(len(parts) - 1, 0, -1):
            here = parts[:depth]
            if above[depth] or (not self._is_free(here) and has_member(adopted, here)):
                break
            del above[depth - 1][parts[depth - 1]]
        if inherited and parts[0] not in row:
            row[parts[0]] = self._nothing(parts[0])

    def _is_free(self, parts: tuple[str, ...]) -> bool:
        """Return whether a path is that of a mapping with names of its own."""
        return field_types(self._shape(parts)) is None


def _normalised(parser: Any, identity: str) -> str:
    try:
        (name,) = parser.validate_python({identity: None})
    except ValidationError:
        return identity
    return str(name)
