"""Load desired state: YAML files as declared resources, with every problem of every file at once.

The layout is `<source>/<kind>.yaml` or `<source>/<kind>/*.yaml`; a file maps ids to declared fields, and a
file with `{}` declares nothing of its kind, on purpose. Hidden files and README.md are passed over; any other
file is a problem, so that no declaration goes unchecked by mistake.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints, TypeAdapter, ValidationError

from reconciler.desired import declaration_type
from reconciler.errors import DesiredStateError, Problem, in_order
from reconciler.model.desired import Declared, DesiredState
from reconciler.model.findings import Verdict
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind, FieldClass, Kinds
from reconciler.model.pointer import parts_of
from reconciler.text import natural, nfc, printable
from reconciler.yamlfile.tree import YamlError, YamlTree, parse_yaml
from reconciler.yamlfile.validation import did_you_mean, dotted, problems

SUFFIX = ".yaml"
_FILE = f"<source>/<kind>{SUFFIX}"
_LAYOUT = f"desired state is read from {_FILE} or <source>/<kind>/*{SUFFIX}"
_PROOF_OF_DECLARED: frozenset[Verdict] = frozenset({"in_sync", "drifted", "missing"})

_NotEmpty = Annotated[str, StringConstraints(min_length=1), AfterValidator(nfc)]
_Written = dict[Key, tuple[YamlTree, str]]
"""Where each resource is declared: the file and the id as written."""
Withheld = Mapping[tuple[str, str], str]
"""(source, kind) → the field that is not read from it."""
Contradictions = Callable[[DesiredState, Collection[Key]], Iterable[Problem]]
"""Finds problems between declared resources, from those that are valid by themselves, and every key."""


@dataclass(frozen=True, slots=True)
class _File:
    """A parsed file, with the source and kind that its path names."""

    source: str
    kind: AnyKind
    tree: YamlTree


def load(
    tree: Mapping[str, bytes],
    kinds: Kinds,
    *,
    directory: str,
    withheld: Withheld = MappingProxyType({}),
    contradictions: Contradictions = lambda _desired, _written: (),
) -> DesiredState:
    """Return the desired state in `tree`: path below the desired-state folder → content of the file.

    `directory` is that folder as messages and `declared_at` show it. What is `withheld` cannot be declared,
    because no live value could ever match it. Raises `DesiredStateError` with every problem of every file,
    by file, line and column.
    """
    found: list[Problem] = []
    files: list[_File] = []
    for path in sorted(tree, key=natural):
        if passed_over(path):
            continue
        try:
            files += _parse(path, tree[path], kinds, printable(f"{directory}/{path}"), found)
        except (DesiredStateError, YamlError) as error:
            found += error.problems
    resources: dict[Key, Declared] = {}
    written: _Written = {}
    for file in files:
        keys = _keys(file, written, found)
        resources |= _declared(file, keys, found)
        found += _withheld_fields(file, withheld)
    opted_in = frozenset((file.source, file.kind.name) for file in files)
    desired = DesiredState(resources, opted_in, partial(_locate, written, directory))
    found += contradictions(desired, written.keys())
    if found:
        raise DesiredStateError(in_order(found))
    return desired


def passed_over(path: str) -> bool:
    """Return whether a path is ignored because of its name: hidden, or a README.md."""
    parts = path.split("/")
    return parts[-1] == "README.md" or any(part.startswith(".") for part in parts)


def declarable(kind: AnyKind) -> bool:
    """Return whether desired state may declare resources of a kind."""
    return kind.declarable and kind.field_class is FieldClass.CONFIG


def emptied(previous: Mapping[str, Verdict], desired: DesiredState) -> list[Problem]:
    """Return the problem of desired state that is suddenly empty: a wrong folder or a lost checkout.

    `previous` are the verdicts of the last report. A file with `{}` shows that the emptiness is intended.
    """
    before = sum(verdict in _PROOF_OF_DECLARED for verdict in previous.values())
    if not before or desired.resources or desired.opted_in:
        return []
    what = f"nothing is declared any more; the last run had {before} declared resources"
    remedy = f"check `desired_state` in the configuration; if this is intended, keep one {_FILE} with {{}}"
    return [Problem("desired state", what, remedy)]


def _locate(written: _Written, directory: str, key: Key, pointer: str) -> str:
    """Return `file:line` of a field, else of its nearest parent, else the file that it would be in."""
    if key not in written:
        return printable(f"{directory}/{key.source}/{key.kind}{SUFFIX}")
    tree, identity = written[key]
    return tree.line((identity, *parts_of(pointer)))


def _parse(path: str, data: bytes, kinds: Kinds, shown: str, found: list[Problem]) -> Iterator[_File]:
    """Yield the file, even if parts of it are refused: its other problems are reported too."""
    source, kind = _place(path, kinds, shown)
    try:
        tree = parse_yaml(data, shown)
    except YamlError as error:
        if error.tree is None or not isinstance(error.tree.value, dict):
            raise
        found += error.problems
        tree = error.tree
    if tree.value is None:
        remedy = f"write {{}} to declare no {kind.name}, or remove the file"
        raise DesiredStateError(Problem(shown, "is empty", remedy))
    if not isinstance(tree.value, dict):
        what = "must be a mapping from ids to fields"
        raise DesiredStateError(Problem(tree.position(()), what, "write it as `id: {field: value}`"))
    yield _File(source, kind, tree)


def _place(path: str, kinds: Kinds, shown: str) -> tuple[str, AnyKind]:
    """Return the source and kind that a path names."""
    stem, dot, suffix = path.rpartition(".")
    parts = stem.split("/")
    if suffix.casefold() in {"yml", "yaml"} and f"{dot}{suffix}" != SUFFIX:
        raise DesiredStateError(Problem(shown, f"does not end in {SUFFIX}", "rename it"))
    if f"{dot}{suffix}" != SUFFIX or len(parts) not in {2, 3}:
        raise DesiredStateError(Problem(shown, "is not a desired-state file", _LAYOUT))
    source, name = parts[:2]
    if source not in kinds:
        what = f"no source {source} is configured"
        raise DesiredStateError(Problem(shown, _unknown(what, source, kinds)))
    kind = kinds[source].get(name)
    names = [known.name for known in kinds[source].values() if declarable(known)]
    if kind is None:
        raise DesiredStateError(Problem(shown, _unknown(f"{source} has no kind {name}", name, names)))
    if not declarable(kind):
        what = f"a {name} cannot be declared: it is inventory only"
        remedy = f"kinds of {source} that can be declared: {', '.join(sorted(names))}"
        raise DesiredStateError(Problem(shown, what, remedy))
    return source, kind


def _unknown(what: str, name: str, known: Mapping[str, object] | list[str]) -> str:
    near = did_you_mean(name, known)
    return printable(what) + (near or f" (known: {', '.join(sorted(known)) or 'none'})")


@lru_cache(maxsize=64)
def _identities(shape: Any) -> tuple[Any, TypeAdapter[Any]]:
    """Return the type of a mapping from ids of a type, and its parser."""
    mapping: Any = dict[_NotEmpty, Any] if shape is str else dict[shape, Any]
    return mapping, TypeAdapter(mapping)


def _keys(file: _File, written: _Written, found: list[Problem]) -> dict[str, Key]:
    """Return id as written → key, for rows that no file declares before; adds them to `written`."""
    tree, kind = file.tree, file.kind
    mapping, adapter = _identities(kind.identity)
    keys: dict[str, Key] = {}
    for identity in tree.value:
        try:
            (name,) = adapter.validate_python({identity: None})
        except ValidationError as error:
            found += problems(error, tree, mapping)
            continue
        key = Key(file.source, kind.name, name)
        if key in written:
            first, spelling = written[key]
            what = f"{dotted((identity,))}: is declared twice"
            remedy = f"it is already declared at {first.line((spelling,))}; keep one"
            found.append(Problem(tree.position((identity,)), what, remedy))
            continue
        written[key] = (tree, identity)
        keys[identity] = key
    return keys


def _declared(file: _File, keys: Mapping[str, Key], found: list[Problem]) -> dict[Key, Declared]:
    """Return the declarations of a file, without the rows that have problems."""
    tree = file.tree
    model: Any = file.kind.model
    adapter = declaration_type.adapter(model)
    rows = {identity: row for identity, row in tree.value.items() if row is not None}
    found += _empty_rows(tree, rows)
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
    declared: dict[Key, Declared] = {}
    fields: dict[str, dict[str, Any]] = adapter.dump_python(parsed, mode="json")
    lines = dict(zip(tree.value, tree.lines(), strict=True))
    for identity, key in keys.items():
        if identity not in fields:
            continue
        row = fields[identity]
        reset_to_default = tuple(declaration_type.apply_defaults(row, model)) if tree.nulls else ()
        absent = declaration_type.ABSENT in row and row.pop(declaration_type.ABSENT)
        declared[key] = Declared(key, row, lines[identity], absent, reset_to_default)
    return declared


def _empty_rows(tree: YamlTree, rows: Mapping[str, Any]) -> Iterator[Problem]:
    for identity in tree.value.keys() - rows.keys():
        what = f"{dotted((identity,))}: has no value"
        remedy = f"write {{}} to declare only that it exists, or {{{declaration_type.ABSENT}: true}}"
        yield Problem(tree.position((identity,)), what, remedy)


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


def _withheld_fields(file: _File, withheld: Withheld) -> Iterator[Problem]:
    """Yield each declared field that the configuration keeps from being read: it would differ forever."""
    name = withheld.get((file.source, file.kind.name))
    if name is None:
        return
    for identity, row in file.tree.value.items():
        if isinstance(row, dict) and name in row:
            what = f"{dotted((identity, name))}: is not read from {file.source}"
            remedy = "set store_descriptions: true for that source, or remove the field"
            yield Problem(file.tree.position((identity, name)), what, remedy)
