"""Write live resources as desired state: YAML that loads back to the same declared fields.

Fields at their defaults are left out, and so are fields that cannot be declared.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from reconciler.desired.declaration_type import EXACT, adapter
from reconciler.desired.limits import beyond_limits
from reconciler.desired.load import SUFFIX
from reconciler.desired.rows import COMMON
from reconciler.errors import Problem
from reconciler.model.defaults import default
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind, Kinds
from reconciler.model.naming import layered
from reconciler.model.secret_fields import with_current_secrets
from reconciler.model.snapshot import by_kind
from reconciler.model.value import Row
from reconciler.text import natural, quoted
from reconciler.yamlfile.notation import entry
from reconciler.yamlfile.shapes import field_types, member_type, unwrap
from reconciler.yamlfile.syntax import MAX_BYTES
from reconciler.yamlfile.validation import dotted, first_error

_FILE_BYTES = MAX_BYTES * 3 // 4
"""The size at which a kind continues in another file: it leaves room to grow below the limit for reading."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """Desired state written from live rows."""

    files: Mapping[str, str]
    """Path below the desired-state folder → YAML."""
    refused: tuple[Problem, ...]
    """The rows that desired state cannot express."""


def adopt(rows: Mapping[Key, Row], kinds: Kinds, listed: Iterable[tuple[str, str]]) -> Adopted:
    """Return live rows as desired-state files: every declarable (source, kind) in `listed` gets one.

    One file per kind, `<source>/<kind>.yaml`, of exact rows; a kind without rows gets the line that opts it
    in, and one too large for one file is split into `<source>/<kind>/001.yaml` and so on. A row that
    `validate` would refuse is left out.
    """
    groups: dict[tuple[str, str], list[str]] = {
        (source, name): []
        for source, name in sorted(listed, key=lambda at: (kinds[at[0]][at[1]].fetch is None, at))
        if kinds[source][name].can_be_declared
    }
    for key in sorted(rows, key=lambda key: (natural(key.id), key.id)):
        if key[:2] in groups:
            groups[key[:2]].append(key.id)
    by_source = by_kind(rows)
    files: dict[str, str] = {}
    refused: list[Problem] = []
    for (source, name), ids in groups.items():
        kind = kinds[source][name]
        known = by_source.get(source, {})
        texts: list[str] = []
        owners: dict[str, str] = {}
        for identity in ids:
            row = adopted_row(identity, known[name][identity], kind, known)
            if kind.fetch is None:
                row = _without_refused(row, refused)
            problem = refusal(Key(source, name, identity), row, kind) or _taken(
                Key(source, name, identity), row, kind, owners
            )
            if problem is None:
                texts.append("".join(f"{line}\n" for line in entry(identity, row)))
            else:
                refused.append(problem)
        chunks = [] if kind.fetch is None and not texts else list(_chunks(texts))
        for number, chunk in enumerate(chunks, start=1):
            stem = f"{source}/{name}" if len(chunks) == 1 else f"{source}/{name}/{number:03}"
            files[f"{stem}{SUFFIX}"] = _header(len(chunk), source, kind) + "".join(chunk)
    return Adopted(dict(sorted(files.items())), tuple(refused))


def adopted_row(identity: str, row: Row, kind: AnyKind, rows: Mapping[str, Mapping[str, Row]]) -> Row:
    """Return what is declared of a live row: its fields that are not at their defaults."""
    config = {name: value for name, value in row.items() if name not in kind.not_adopted_fields}
    config = with_current_secrets(kind.model, config)
    defaults = layered(kind.defaults(row), kind.of_id(identity, row))
    reduced: Row = _reduced(kind.adopted(identity, config, rows), kind.model, defaults)
    return reduced


@lru_cache(maxsize=256)
def _identity(shape: Any) -> TypeAdapter[Any]:
    """Return the parser of the ids of a kind."""
    return TypeAdapter(shape)


def refusal(key: Key, row: Row, kind: AnyKind) -> Problem | None:
    """Return why `validate` would refuse a row; None where it would not."""
    if key.id == COMMON:
        return Problem(str(key), f"cannot be declared: {COMMON!r} stands for all rows of a file")
    try:
        same = _identity(kind.identity).validate_python(key.id) == key.id
        model: Any = kind.model
        parser = adapter(model)
        fields = parser.dump_python(parser.validate_python({key.id: row}), mode="json")[key.id]
    except ValidationError as error:
        what = first_error(error, below=1, whole="its id")
        return Problem(str(key), f"cannot be declared: {what}")
    for path, what in beyond_limits(kind, fields):
        return Problem(str(key), f"cannot be declared: {dotted(path)} {what}")
    return None if same else Problem(str(key), "cannot be declared: its id reads back as another one")


def _taken(key: Key, row: Row, kind: AnyKind, owners: dict[str, str]) -> Problem | None:
    """Return that another row goes by a name of this one, where only one can; else note its names."""
    if kind.naming is None or kind.naming.siblings:
        return None
    names = dict.fromkeys((*kind.naming.target(key.id, row), key.id))
    taken = next((name for name in names if name in owners), None)
    if taken is not None:
        return Problem(
            str(key), f"cannot be declared: {quoted(taken)} is also a name of {quoted(owners[taken])}"
        )
    owners.update(dict.fromkeys(names, key.id))
    return None


def _without_refused(row: Row, refused: Iterable[Problem]) -> Row:
    """Return a row that is only declared without what names a resource which cannot be."""
    subjects = {problem.subject for problem in refused}
    return {name: value for name, value in row.items() if not isinstance(value, str) or value not in subjects}


def _header(count: int, source: str, kind: AnyKind) -> str:
    what = f"{count} {kind.name if count == 1 else kind.plural} of {source}"
    if kind.fetch is None:
        return f"# {what}, as seen in use.\n"
    return (
        f"# {what}, as read from the API. A field that is not written has its default, and `exact` holds\n"
        f"# every {kind.name} to that; one that is not here is unmanaged.\n"
        f"'{COMMON}': {{{EXACT}: true}}\n"
    )


def _chunks(texts: list[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode())
        if chunk and size + length > _FILE_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(text)
        size += length
    yield chunk


def _reduced(value: Any, shape: Any, defaults: Any) -> Any:
    """Return a JSON value without the fields at their defaults: those of the model, or those given."""
    shape = unwrap(shape)
    if isinstance(value, (list, tuple)):
        return [_reduced(item, member_type(shape, index), {}) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    inner = defaults if isinstance(defaults, dict) else {}
    known = field_types(shape)
    if known is None:
        names = sorted(value, key=lambda name: (natural(name), name))
        present = (name for name in names if value[name] is not None)
        return {name: _reduced(value[name], member_type(shape, name), inner.get(name)) for name in present}
    model: type[BaseModel] = shape
    written = (name for name in known if value.get(name) is not None)
    reduced = {
        name: _reduced(value[name], known[name], inner.get(name))
        for name in written
        if value[name] != (default(model, name) if inner.get(name) is None else inner[name])
    }
    return {
        name: each for name, each in reduced.items() if each != {} or not isinstance(inner.get(name), dict)
    }
