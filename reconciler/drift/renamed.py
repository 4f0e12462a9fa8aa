"""Which undeclared things are missing ones under another name: entries of mappings, and whole resources."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.drift.findings import Comparison
from reconciler.files import compact
from reconciler.model.findings import Finding
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind
from reconciler.model.pointer import parts_of
from reconciler.model.value import Row
from reconciler.yamlfile.shapes import field_types, member_type


def renamed(comparison: Comparison, found: Sequence[Finding]) -> Iterator[tuple[Finding, Finding]]:
    """Yield the finding of each new name, with that of the old one."""
    yield from _entries(comparison, found)
    yield from _resources(comparison, found)


def _entries(comparison: Comparison, found: Iterable[Finding]) -> Iterator[tuple[Finding, Finding]]:
    """Yield each entry of a mapping that came, with the one that went and had the same content."""
    gone: dict[tuple[Key, str], list[tuple[Finding, object]]] = {}
    come: list[tuple[Finding, object]] = []
    for finding in found:
        change = finding.change
        if change is not None and change.live is None and change.desired is not None:
            gone.setdefault((finding.key, _above(change.path)), []).append((finding, change.desired))
        elif change is not None and change.desired is None and not change.declared:
            come.append((finding, change.live))
    for finding, live in come:
        others = gone.get((finding.key, _above(finding.path)), [])
        same = next((each for each in others if _has_all(live, each[1])), None)
        if same is not None and _is_entry(
            comparison.kinds[finding.key.source][finding.key.kind], finding.path
        ):
            others.remove(same)
            yield finding, same[0]


def _resources(comparison: Comparison, found: Iterable[Finding]) -> Iterator[tuple[Finding, Finding]]:
    """Yield each undeclared resource that is a missing one under another name, with the finding of that.

    Where several have the same content, none is known to be another one.
    """
    gone: list[tuple[Finding, Row]] = []
    come: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        kind = comparison.kinds.get(finding.key.source, {}).get(finding.key.kind)
        if kind is None or not kind.renamable:
            continue
        if finding.type == "unmanaged":
            come.setdefault(finding.key[:2], []).append(finding)
        elif finding.type == "missing" and (content := _declared_content(comparison, finding.key)):
            gone.append((finding, content))
    contents = _Contents(comparison, come)
    same = [(new, old) for old, content in gone for new in contents.with_content(old.key, content)]
    pairs = Counter(finding.id for pair in same for finding in pair)
    yield from ((new, old) for new, old in same if pairs[new.id] == pairs[old.id] == 1)


def _declared_content(comparison: Comparison, key: Key) -> Row:
    """Return all that is declared of a resource; nothing where no field is."""
    declared = comparison.desired.resources.get(key)
    if declared is None or not declared.fields:
        return {}
    return declared.fields if declared.filled is None else declared.filled


class _Contents:
    """Undeclared resources by the values of some fields."""

    def __init__(self, comparison: Comparison, findings: Mapping[tuple[str, str], Sequence[Finding]]) -> None:
        self._rows = comparison.inventory.config
        self._findings = findings
        self._known: dict[tuple[tuple[str, str], tuple[str, ...]], dict[bytes, list[Finding]]] = {}

    def with_content(self, key: Key, content: Row) -> Sequence[Finding]:
        """Return those of the kind of a key that have these values."""
        place, names = key[:2], tuple(sorted(content))
        if (place, names) not in self._known:
            groups = self._known[place, names] = {}
            for finding in self._findings.get(place, ()):
                row = self._rows.get(finding.key, {})
                groups.setdefault(compact({name: row.get(name) for name in names}), []).append(finding)
        return self._known[place, names].get(compact({name: content[name] for name in names}), ())


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _is_entry(kind: AnyKind, path: str) -> bool:
    """Return whether a pointer is that of an entry of a mapping, and not of a field."""
    shape: Any = kind.model
    for name in parts_of(path)[:-1]:
        shape = member_type(shape, name)
    return field_types(shape) is None


def _has_all(live: Any, desired: Any) -> bool:
    """Return whether an entry has what is declared of another one."""
    if not isinstance(desired, dict) or not isinstance(live, dict):
        return bool(live == desired)
    return all(_has_all(live.get(name), value) for name, value in desired.items())
