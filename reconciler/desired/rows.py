"""The rows of one desired-state file as declarations, with every problem of every row.

The row `"*"` is common to all rows of its file: a row's own field replaces the common one whole, `null` takes
it back to the default, and a row with `absent` has none of it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from reconciler.desired import declaration_type
from reconciler.desired.limits import beyond_limits
from reconciler.errors import Problem
from reconciler.model.desired import Declared
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind
from reconciler.yamlfile.tree import YamlPath, YamlTree
from reconciler.yamlfile.validation import dotted, problem_at, problems

_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_OF_LIVE_RESOURCES = {
    declaration_type.EXACT: "remove it: no source has fields that could differ",
    declaration_type.PLANNED_FOR: "remove it: no source has one that could be missing",
}
"""Keys about a row that a kind without live resources cannot have → what to do."""
COMMON = "*"
"""The id of the row that is common to all rows of its file."""


@dataclass(frozen=True, slots=True)
class DesiredFile:
    """A parsed file, with the source and kind that its path names."""

    source: str
    kind: AnyKind
    tree: YamlTree


def declared_rows(file: DesiredFile, keys: Mapping[str, Key], found: list[Problem]) -> dict[Key, Declared]:
    """Return the declarations of a file, without the rows that have problems."""
    tree = file.tree
    model: Any = file.kind.model
    adapter = declaration_type.adapter(model)
    rows = {identity: row for identity, row in tree.value.items() if row is not None}
    found += _empty_rows(tree, rows)
    found += _out_of_place(file, rows)
    for identity, problem in list(_absent_with_fields(tree, rows)):
        found.append(problem)
        rows.pop(identity, None)
    try:
        parsed = adapter.validate_python(rows)
    except ValidationError as error:
        shape: Any = declaration_type.declaration_type(model)
        found += problems(error, tree, dict[str, shape])
        wrong = {detail["loc"][0] for detail in error.errors(include_url=False, include_input=False)}
        rows = {identity: row for identity, row in rows.items() if identity not in wrong}
        parsed = adapter.validate_python(rows)
    fields: dict[str, dict[str, Any]] = adapter.dump_python(parsed, mode="json")
    for identity, row in fields.items() if file.kind.limits else ():
        found += [problem_at(tree, (identity, *path), what) for path, what in beyond_limits(file.kind, row)]
    if tree.zeros:
        found += _leading_zeros(tree, rows, fields, ())
    lines = dict(zip(tree.value, tree.entry_places(), strict=True))
    nulls = bool(tree.nulls)
    common = _row(fields.pop(COMMON, {}), model, nulls=nulls)
    return {
        key: _made(file.kind, key, lines[identity], _row(fields[identity], model, nulls=nulls), common)
        for identity, key in keys.items()
        if identity in fields
    }


@dataclass(frozen=True, slots=True)
class _Row:
    """The fields of one row of a file, apart from the keys that are about the row itself."""

    fields: dict[str, Any]
    about: dict[str, Any]
    reset_to_default: tuple[tuple[str, ...], ...]


def _row(fields: dict[str, Any], model: Any, *, nulls: bool) -> _Row:
    about = {name: fields.pop(name) for name in declaration_type.RESERVED if name in fields}
    return _Row(fields, about, tuple(declaration_type.apply_defaults(fields, model)) if nulls else ())


def _made(kind: AnyKind, key: Key, declared_at: str, row: _Row, common: _Row) -> Declared:
    """Return a declaration from a row and what is common to the rows of its file; an absent one has none."""
    if row.about.get(declaration_type.ABSENT):
        return Declared(key, row.fields, declared_at, absent=True)
    day = row.about.get(declaration_type.PLANNED_FOR)
    exact = row.about.get(declaration_type.EXACT, common.about.get(declaration_type.EXACT, False))
    fields = {**common.fields, **row.fields} if common.fields else row.fields
    defaults = kind.defaults(fields) if exact else None
    return Declared(
        key,
        fields,
        declared_at,
        exact=exact,
        filled=kind.with_defaults(fields, defaults) if defaults is not None else None,
        defaults=defaults,
        planned=None if day is None else date.fromisoformat(day),
        reset_to_default=(
            *row.reset_to_default,
            *(path for path in common.reset_to_default if path[0] not in row.fields),
        ),
    )


def only_policies(file: DesiredFile, declared: Mapping[Key, Declared]) -> bool:
    """Return whether a file has rows, and nothing in them but policies: where a node is expected offline."""
    kind = file.kind
    return bool(declared) and all(
        each.fields and not each.exact and not each.absent and each.fields.keys() <= kind.policies
        for each in declared.values()
    )


def _out_of_place(file: DesiredFile, rows: dict[str, Any]) -> Iterator[Problem]:
    """Yield the keys about a row that it cannot have."""
    tree, kind = file.tree, file.kind
    for identity, row in rows.items():
        if not isinstance(row, dict):
            continue
        of_live = _OF_LIVE_RESOURCES if kind.fetch is None else {}
        for name in row:
            if name in of_live:
                what, remedy = f"{kind.plural} are only declared", of_live[name]
            elif identity == COMMON and name in {declaration_type.ABSENT, declaration_type.PLANNED_FOR}:
                what, remedy = "is about a single resource", "write it in the row of each resource"
            else:
                continue
            place = dotted((identity, name))
            yield Problem(tree.position((identity, name)), f"{place}: {what}", remedy)


def _empty_rows(tree: YamlTree, rows: Mapping[str, Any]) -> Iterator[Problem]:
    for identity in tree.value.keys() - rows.keys():
        what = f"{dotted((identity,))}: has no value"
        remedy = f"write {{}} to declare only that it exists, or {{{declaration_type.ABSENT}: true}}"
        if identity == COMMON:
            remedy = f"write what the rows of the file share, such as {{{declaration_type.EXACT}: true}}"
        yield Problem(tree.position((identity,)), what, remedy)


def _leading_zeros(tree: YamlTree, raw: Any, parsed: Any, path: YamlPath) -> Iterator[Problem]:
    """Yield each number with a leading zero: other tools that read YAML take it for an octal one."""
    if isinstance(raw, dict) and isinstance(parsed, dict):
        for name in raw.keys() & parsed.keys():
            yield from _leading_zeros(tree, raw[name], parsed[name], (*path, name))
    elif isinstance(raw, list) and isinstance(parsed, list):
        for index, (one, other) in enumerate(zip(raw, parsed, strict=False)):
            yield from _leading_zeros(tree, one, other, (*path, index))
    elif isinstance(raw, str) and type(parsed) is int and _LEADING_ZERO.fullmatch(raw):
        yield problem_at(tree, path, f"has a leading zero, which YAML 1.1 reads as octal; write {parsed}")


def _absent_with_fields(tree: YamlTree, rows: Mapping[str, Any]) -> Iterator[tuple[str, Problem]]:
    """Yield each resource that must not exist and yet has fields."""
    for identity, row in rows.items():
        if (
            declaration_type.ABSENT in row
            and isinstance(row, dict)
            and len(row) > 1
            and declaration_type.is_true(row[declaration_type.ABSENT])
        ):
            what = f"{dotted((identity,))}: `{declaration_type.ABSENT}: true` allows no other fields"
            others = " and ".join(dotted((name,)) for name in row if name != declaration_type.ABSENT)
            remedy = f"remove {others}, or {declaration_type.ABSENT}"
            yield identity, Problem(tree.position((identity, declaration_type.ABSENT)), what, remedy)
