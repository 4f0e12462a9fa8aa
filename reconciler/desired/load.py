"""Load desired state: YAML files as declared resources, with every problem of every file at once.

The layout is `<source>/<kind>.yaml` or `<source>/<kind>/*.yaml`; a file maps ids to declared fields, and a
file with `{}` declares nothing of its kind, on purpose. Hidden files and README.md are passed over; any other
file is a problem, so that no declaration goes unchecked by mistake.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints, TypeAdapter, ValidationError

from reconciler.desired.declaration_type import as_written
from reconciler.desired.parsed import ParsedFiles
from reconciler.desired.rows import COMMON, DesiredFile, declared_rows, only_policies
from reconciler.errors import DesiredStateError, Problem, in_order
from reconciler.model.desired import Declared, DesiredState
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind, Kinds
from reconciler.model.pointer import parts_of
from reconciler.model.summary import Verdict
from reconciler.text import natural, nfc, printable
from reconciler.yamlfile.shapes import field_types
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


def load(
    tree: Mapping[str, bytes],
    kinds: Kinds,
    *,
    directory: str,
    withheld: Withheld = MappingProxyType({}),
    contradictions: Contradictions = lambda _desired, _written: (),
    parsed: ParsedFiles | None = None,
) -> DesiredState:
    """Return the desired state in `tree`: path below the desired-state folder → content of the file.

    `directory` is that folder as messages and `declared_at` show it. What is `withheld` cannot be declared,
    because no live value could ever match it. `parsed` has the files of a tree that was loaded before, and
    gets those of this one. Raises `DesiredStateError` with every problem of every file,
    by file, line and column.
    """
    parsed = parsed or ParsedFiles()
    found: list[Problem] = []
    files: list[DesiredFile] = []
    for path in sorted(tree, key=natural):
        if passed_over(path):
            continue
        try:
            files += parsed.files(
                path, tree[path], found, partial(_parsed, path, tree, kinds, directory, found)
            )
        except (DesiredStateError, YamlError) as error:
            found += error.problems
    resources: dict[Key, Declared] = {}
    written: _Written = {}
    opted_in: set[tuple[str, str]] = set()
    for file in files:
        keys = _keys(file, written, found)
        declared = parsed.rows(file, keys, found, partial(declared_rows, file, keys, found))
        resources |= declared
        if not only_policies(file, declared):
            opted_in.add((file.source, file.kind.name))
        found += _withheld_fields(file, withheld)
    with_file = frozenset((file.source, file.kind.name) for file in files)
    locate = partial(_locate, written, directory)
    position = partial(_locate, written, directory, column=True)
    desired = DesiredState(resources, frozenset(opted_in), locate, with_file, position)
    found += contradictions(desired, written.keys())
    if found:
        raise DesiredStateError(in_order(found))
    return desired


def passed_over(path: str) -> bool:
    """Return whether a path is ignored because of its name: hidden, or a README.md."""
    parts = path.split("/")
    return parts[-1] == "README.md" or any(part.startswith(".") for part in parts)


def emptied(previous: Mapping[str, Verdict], desired: DesiredState) -> list[Problem]:
    """Return the problem of desired state that is suddenly empty: a wrong folder or a lost checkout.

    `previous` are the verdicts of the last report. A file with `{}` shows that the emptiness is intended.
    """
    before = sum(verdict in _PROOF_OF_DECLARED for verdict in previous.values())
    if not before or desired.resources or desired.with_file:
        return []
    what = f"nothing is declared any more; the last run had {before} declared resources"
    remedy = f"check `desired_state` in the configuration; if this is intended, keep one {_FILE} with {{}}"
    return [Problem("desired state", what, remedy)]


def _locate(written: _Written, directory: str, key: Key, pointer: str, *, column: bool = False) -> str:
    """Return `file:line` of a field, else of its nearest parent, else the file that it would be in."""
    if key not in written:
        return printable(f"{directory}/{key.source}/{key.kind}{SUFFIX}")
    tree, identity = written[key]
    parts = parts_of(pointer)
    row, common = tree.value[identity], tree.value.get(COMMON)
    is_common = parts and isinstance(common, dict) and parts[0] in common and parts[0] not in (row or ())
    path = (COMMON if is_common else identity, *parts)
    return tree.position(path) if column else tree.line(path)


def _parsed(
    path: str, tree: Mapping[str, bytes], kinds: Kinds, directory: str, found: list[Problem]
) -> list[DesiredFile]:
    return [*_parse(path, tree[path], kinds, printable(f"{directory}/{path}"), found)]


def _parse(path: str, data: bytes, kinds: Kinds, shown: str, found: list[Problem]) -> Iterator[DesiredFile]:
    """Yield the file, even if parts of it are refused: its other problems are reported too."""
    source, kind = _place(path, kinds, shown)
    try:
        tree = parse_yaml(data, shown)
        refused: Sequence[Problem] = ()
    except YamlError as error:
        if error.tree is None or not isinstance(error.tree.value, dict):
            raise
        tree, refused = error.tree, error.problems
    flat = _flat_fields(tree, kind) if isinstance(tree.value, dict) else []
    if flat:
        what = f"{dotted(flat[:1])}: is a field of a {kind.name}, where an id is expected"
        remedy = "write the id first, and indent the fields below it"
        found.append(Problem(tree.position(flat[:1]), what, remedy))
        refused = [each for each in refused if not each.subject.endswith(":1")]  # the same field of the next
        tree = tree.without({name for name, row in tree.value.items() if not isinstance(row, dict)} | {*flat})
    found += refused
    if tree.value is None:
        remedy = f"write {{}} to declare no {kind.name}, or remove the file"
        raise DesiredStateError(Problem(shown, "is empty", remedy))
    if not isinstance(tree.value, dict):
        what = "must be a mapping from ids to fields"
        raise DesiredStateError(Problem(tree.position(()), what, "write it as `id: {field: value}`"))
    yield DesiredFile(source, kind, tree)


def _flat_fields(tree: YamlTree, kind: AnyKind) -> list[str]:
    """Return the fields at the level of the ids, of a file in which the fields of a row are not indented."""
    rows: dict[str, Any] = tree.value
    fields = field_types(kind.model) or {}
    if not any(name in fields and isinstance(row, str | list) for name, row in rows.items()):
        return []
    return [name for name in rows if name in fields]


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
    names = [known.name for known in kinds[source].values() if known.can_be_declared]
    if kind is None:
        raise DesiredStateError(Problem(shown, _unknown(f"{source} has no kind {name}", name, names)))
    if not kind.can_be_declared:
        what = f"a {name} cannot be declared: it is inventory only"
        remedy = f"kinds of {source} that can be declared: {', '.join(sorted(names))}"
        raise DesiredStateError(Problem(shown, what, remedy))
    return source, kind


def _unknown(what: str, name: str, known: Mapping[str, object] | list[str]) -> str:
    near = did_you_mean(name, known)
    return printable(what) + (near or f" (known: {', '.join(sorted(known)) or 'none'})")


@lru_cache(maxsize=64)
def identities(shape: Any) -> tuple[Any, TypeAdapter[Any]]:
    """Return the type of a mapping from ids of a type, and its parser."""
    generic: Any = dict
    mapping = generic[_NotEmpty if shape is str else as_written(shape), Any]
    return mapping, TypeAdapter(mapping)


def _keys(file: DesiredFile, written: _Written, found: list[Problem]) -> dict[str, Key]:
    """Return id as written → key, for rows that no file declares before; adds them to `written`."""
    tree, kind = file.tree, file.kind
    mapping, adapter = identities(kind.identity)
    keys: dict[str, Key] = {}
    for identity in tree.value:
        if identity == COMMON:
            continue
        try:
            (name,) = adapter.validate_python({identity: None})
        except ValidationError as error:
            found += problems(error, tree, mapping)
            continue
        key = Key(file.source, kind.name, name)
        if identity.isdecimal() and identity != name:
            what = f"{dotted((identity,))}: has a leading zero, which YAML 1.1 reads as octal; write {name}"
            found.append(Problem(tree.position((identity,)), what))
        if key in written:
            first, spelling = written[key]
            what = f"{dotted((identity,))}: is declared twice"
            remedy = f"it is already declared at {first.line((spelling,))}; keep one"
            found.append(Problem(tree.position((identity,)), what, remedy))
            continue
        written[key] = (tree, identity)
        keys[identity] = key
    return keys


def _withheld_fields(file: DesiredFile, withheld: Withheld) -> Iterator[Problem]:
    """Yield each declared field that the configuration keeps from being read: it would differ forever."""
    name = withheld.get((file.source, file.kind.name))
    if name is None:
        return
    for identity, row in file.tree.value.items():
        if isinstance(row, dict) and name in row:
            what = f"{dotted((identity, name))}: is not read from {file.source}"
            remedy = "set store_descriptions: true for that source, or remove the field"
            yield Problem(file.tree.position((identity, name)), what, remedy)
