"""`config/ignore.yaml`: findings to silence, each with a reason and an end.

An ignored finding stays in the report, marked with the line of its rule, and is counted apart. An expired
rule ignores nothing and is a finding itself, so that nothing is silenced permanently.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from fnmatch import translate
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError

from reconciler.config.base import Settings
from reconciler.config.file import read
from reconciler.drift.rules import RULES, Rules
from reconciler.errors import ConfigError, Problem, in_order
from reconciler.model.findings import INTERNAL, OF_COMPARISON, Finding
from reconciler.model.kind import Kinds
from reconciler.model.pointer import parts_of
from reconciler.text import quoted
from reconciler.yamlfile.shapes import field_types, member_type
from reconciler.yamlfile.tree import YamlPath, YamlTree
from reconciler.yamlfile.validation import did_you_mean, dotted, problems

FILE = "ignore.yaml"
"""Beside the configuration."""

KIND = "ignore-rule"
EXPIRED = "expired-ignore-rule"
EXPIRING = "expiring-ignore-rule"
UNUSED = "unused-ignore-rule"
NOT_IGNORED = frozenset({EXPIRED, EXPIRING, UNUSED, INTERNAL})
"""The types of findings that no rule covers."""

_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_POINTER = re.compile(r"(?:/(?:[^/~]|~[01])+)+")


def _day(text: object) -> object:
    return as_day(text) if isinstance(text, str) else text


def as_day(text: str) -> date:
    """Parse a day in the one form that every reader understands: `date.fromisoformat` takes more."""
    message = "is not a date; write it as 2027-01-31"
    if not _DAY.fullmatch(text):
        raise ValueError(message)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(message) from None


def _pointer(text: str) -> str:
    if not _POINTER.fullmatch(text):
        message = "is not a JSON pointer; write it as /memory or /nics/net0/tag"
        raise ValueError(message)
    return text


class Target(Settings):
    """The resources that a rule is about: a whole source, a kind of it, or some resources of a kind."""

    source: Annotated[
        str,
        Field(description="Name of the source; without kind and id: the whole source, including its failure"),
    ]
    kind: Annotated[str | None, Field(description="Kind: guest; null: every kind of the source")] = None
    id: Annotated[
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)] | None,
        Field(description="Id, or a pattern with * and ?: '9*'; null: every resource of the kind"),
    ] = None
    wildcards: Annotated[bool, Field(description="false: * and ? in the id are literal characters")] = True

    @property
    def about(self) -> str:
        """The subject as one text: `npm`, `pve/guest`, `pve/guest/9*`."""
        return "/".join(part for part in (self.source, self.kind, self.id) if part is not None)


def _target(value: object) -> object:
    """Return the target that a text stands for: `npm`, `pve/guest`, or a key as reports write it."""
    if not isinstance(value, str):
        return value
    source, *kind_and_id = value.strip().split("/", 2)
    named = zip(("kind", "id"), kind_and_id, strict=False)
    return {"source": source, **{name: part for name, part in named if part}, "wildcards": False}


class IgnoreRule(Settings):
    """One entry of the file."""

    target: Annotated[
        Target,
        BeforeValidator(_target, json_schema_input_type=Target | str),
        Field(description="Resources: a key as in reports (pve/guest/101), or a mapping"),
    ]
    type: Annotated[
        str | None,
        Field(description="Only findings of this type: unmanaged, pending-change; null: every finding"),
    ] = None
    path: Annotated[
        Annotated[str, AfterValidator(_pointer)] | None,
        Field(description="JSON pointer of a field, including all fields below it; null: every finding"),
    ] = None
    reason: Annotated[_Words, Field(description="Reason why the findings are acceptable")]
    owner: Annotated[_Words | None, Field(description="Person to contact")] = None
    expires: Annotated[date, BeforeValidator(_day), Field(description="Last day, UTC: 2027-01-31")]


@dataclass(frozen=True)
class Ignore:
    """A rule and where it stands. No slots, so that its pattern is compiled once."""

    rule: IgnoreRule
    where: str
    """`config/ignore.yaml:3`."""

    @property
    def about(self) -> str:
        """The subject of the rule as one text: `pve/guest/9*/memory`, `pve/guest/9* unmanaged`."""
        about, only = f"{self.rule.target.about}{self.rule.path or ''}", self.rule.type
        return f"{about} {only}" if only else about

    @cached_property
    def _id(self) -> re.Pattern[str]:
        """Its id pattern, in which only `*` and `?` are special: a bracket is a bracket."""
        target = self.rule.target
        if target.id is not None and not target.wildcards:
            return re.compile(rf"{re.escape(target.id)}\Z")
        return re.compile(translate((target.id or "*").replace("[", "[[]")))

    def covers(self, finding: Finding) -> bool:
        """Return whether the rule is about a finding."""
        key, rule = finding.key, self.rule
        if finding.type in NOT_IGNORED:
            return False
        if rule.target.kind not in {None, key.kind} or key.source != rule.target.source:
            return False
        if not self._id.match(key.id):
            return False
        if rule.type not in {None, finding.type}:
            return False
        return rule.path is None or (finding.path != "" and _below(finding.path, rule.path))

    def covers_failure(self, source: str) -> bool:
        """Return whether the rule is about a source as a whole, so that its failure is accepted too."""
        target = self.rule.target
        whole = target.source == source and target.kind is None and self.rule.path is None
        return whole and self.rule.type in {None, "unverified"}


def subject_of(finding: Finding) -> dict[str, str]:
    """Return the keys of a rule that say which findings it covers, for one finding and no other."""
    subject = {"target": str(finding.key), "type": finding.type}
    return {**subject, "path": finding.path} if finding.path else subject


def _below(path: str, top: str) -> bool:
    return f"{path}/".startswith(f"{top}/")


def load(file: Path, kinds: Kinds, rules: Rules = RULES, name: str | None = None) -> tuple[Ignore, ...]:
    """Load the rules of a file; none where there is no file. `name`: how rules and problems name it.

    Raises `ConfigError` with every problem as `file:line:column: subject: what is wrong`.
    """
    if not file.exists() and not file.is_symlink():
        return ()
    tree, found = read(file, "make it a file that the run may read, or remove it", name)
    return rules_of(tree, found, kinds, rules)


def rules_of(tree: YamlTree, found: list[Problem], kinds: Kinds, rules: Rules = RULES) -> tuple[Ignore, ...]:
    """Return the rules of a file that was read, with the problems of its refused parts in `found`.

    Raises `ConfigError` with these problems and those of every rule.
    """
    if tree.value is not None and not isinstance(tree.value, list):
        raise ConfigError([*found, Problem(tree.position(()), "must be a list of rules, each after a `- `")])
    ignores: dict[int, Ignore] = {}
    types = rules.keys() - NOT_IGNORED
    for number, entry in enumerate(tree.value or ()):
        try:
            ignores[number] = Ignore(IgnoreRule.model_validate(entry), tree.line((number,)))
        except ValidationError as error:
            found += problems(error, tree, IgnoreRule, (number,))
            found += _also_wrong(tree, number, entry, kinds, types)
    found += _wrong(tree, ignores, kinds, types)
    if found:
        raise ConfigError(in_order(found))
    return tuple(ignores.values())


def _also_wrong(
    tree: YamlTree, number: int, entry: Any, kinds: Kinds, rules: AbstractSet[str]
) -> Iterator[Problem]:
    """Find what else is wrong with a rule that is not valid: what it is about."""
    fields = entry if isinstance(entry, dict) else {}
    try:
        target = Target.model_validate(_target(fields.get("target")))
    except ValidationError:
        return
    kind, path = fields.get("type"), fields.get("path")
    kind = kind if isinstance(kind, str) else None
    path = path if isinstance(path, str) and _POINTER.fullmatch(path) else None
    for names, what in _idle(target, kind, path, kinds, rules):
        yield Problem(tree.position((number, *names)), f"{dotted((number, *names))}: {what}")


def _wrong(
    tree: YamlTree, ignores: Mapping[int, Ignore], kinds: Kinds, rules: AbstractSet[str]
) -> Iterator[Problem]:
    """Find rules that cannot cover anything, that are written twice, or that share a line.

    `rules` are those whose findings can be ignored.
    """
    seen: dict[str, str] = {}
    lines: set[str] = set()
    for number, ignore in ignores.items():
        rule = ignore.rule
        for names, what in _idle(rule.target, rule.type, rule.path, kinds, rules):
            path: YamlPath = (number, *names)
            yield Problem(tree.position(path), f"{dotted(path)}: {what}")
        at, subject = tree.position((number,)), dotted((number,))
        if ignore.about in seen:
            yield Problem(at, f"{subject}: is already written at {seen[ignore.about]}", "keep one")
        elif ignore.where in lines:
            remedy = "give each a line of its own: reports name a rule by its line"
            yield Problem(at, f"{subject}: begins on the line of another rule", remedy)
        seen.setdefault(ignore.about, ignore.where)
        lines.add(ignore.where)


def _idle(
    target: Target, type_: str | None, path: str | None, kinds: Kinds, rules: AbstractSet[str]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield why a rule can never cover a finding: the key that is wrong, and the reason."""
    source, kind = target.source, target.kind
    if source not in kinds:
        yield ("target", "source"), f"no source of this name is configured{_near(source, kinds)}"
    elif kind is None:
        if target.id is not None or path is not None:
            yield ("target", "kind"), "is missing: an id or a path belongs to a kind"
    elif kind not in kinds[source]:
        yield ("target", "kind"), f"{source} has no such kind{_near(kind, kinds[source])}"
    elif path is not None:
        for problem in _no_field(kinds[source][kind].model, path):
            yield ("path",), f"{kind} has {problem}"
    types = {*OF_COMPARISON, *rules}
    if type_ is not None and type_ not in types:
        yield ("type",), f"no finding has this type{_near(type_, types)}"
    if path is not None and type_ in {*OF_COMPARISON} - {"drifted"}:
        yield ("path",), f"{type_} is the type of findings about a whole resource; leave the path out"


def _no_field(shape: Any, path: str) -> Iterator[str]:
    """Yield the first name of a path that is not a field, with the nearest one; skip free names."""
    for name in parts_of(path):
        known = field_types(shape)
        if known is not None and name not in known:
            yield f"no field {quoted(name)}{did_you_mean(name, known)}"
            return
        shape = member_type(shape, name)


def _near(name: str, names: Iterable[str]) -> str:
    names = sorted(names)
    return did_you_mean(name, names) or f" (there are: {', '.join(names)})"
