"""`config/ignore.yaml`: findings that alarm nobody, each with a reason and an end.

What is ignored stays in the report, marked with the line of its rule, and counts apart. A rule that has
expired ignores nothing any more and is a finding itself, so that nothing is silenced for ever.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError

from reconciler import yamltree
from reconciler.config import SITE, Settings, read
from reconciler.drift import findings
from reconciler.drift.findings import Case
from reconciler.errors import ConfigError, Problem, in_order
from reconciler.model.findings import Finding, IgnoreUse
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.validation import did_you_mean, dotted, problems

FILE = "ignore.yaml"
"""Beside the configuration."""

KIND = "ignore-rule"
EXPIRED = "expired-ignore-rule"

_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


def _day(text: object) -> object:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else text
    except ValueError:
        message = "is no date; write it as 2027-01-31"
        raise ValueError(message) from None


def _pointer(text: str) -> str:
    if not text.startswith("/") or text == "/":
        message = "is no JSON pointer; write it as /memory or /nics/net0/tag"
        raise ValueError(message)
    return text


class Target(Settings):
    """Which resources a rule is about."""

    source: Annotated[str, Field(description="Name of the source")]
    kind: Annotated[str, Field(description="Kind: guest")]
    id: Annotated[
        str,
        StringConstraints(min_length=1),
        Field(description="Id, or a pattern with * and ?: '9*'"),
    ]


class IgnoreRule(Settings):
    """One entry of the file."""

    target: Annotated[Target, Field(description="Which resources")]
    path: Annotated[
        Annotated[str, AfterValidator(_pointer)] | None,
        Field(description="JSON pointer of a field: that and all below it; none: every finding"),
    ] = None
    reason: Annotated[_Words, Field(description="Why nobody need be alarmed")]
    owner: Annotated[_Words | None, Field(description="Who to ask")] = None
    expires: Annotated[date, BeforeValidator(_day), Field(description="Last day, UTC: 2027-01-31")]


@dataclass(frozen=True, slots=True)
class Ignore:
    """A rule and where it stands."""

    rule: IgnoreRule
    where: str
    """`config/ignore.yaml:3`."""

    @property
    def about(self) -> str:
        """What the rule is about, as one text: `pve/guest/9*/memory`."""
        target = self.rule.target
        return f"{target.source}/{target.kind}/{target.id}{self.rule.path or ''}"

    def covers(self, finding: Finding) -> bool:
        """Whether the rule is about a finding; its id pattern knows `*` and `?` alone."""
        key, target, path = finding.key, self.rule.target, self.rule.path
        if (key.source, key.kind) != (target.source, target.kind):
            return False
        if not fnmatchcase(key.id, target.id.replace("[", "[[]")):
            return False
        return path is None or (finding.change is not None and _below(finding.change.path, path))


def _below(path: str, top: str) -> bool:
    return f"{path}/".startswith(f"{top.rstrip('/')}/")


def load(file: Path, kinds: Kinds) -> tuple[Ignore, ...]:
    """The rules of a file; none where there is no file.

    Raises `ConfigError` with every problem as `file:line:column: subject: what is wrong`.
    """
    if not file.exists() and not file.is_symlink():
        return ()
    tree, found = read(file)
    if tree.value is None:
        return ()
    if not isinstance(tree.value, list):
        raise ConfigError([*found, Problem(tree.position(()), "must be a list of rules, each after a `- `")])
    ignores: dict[int, Ignore] = {}
    for number, entry in enumerate(tree.value):
        try:
            ignores[number] = Ignore(IgnoreRule.model_validate(entry), tree.line((number,)))
        except ValidationError as error:
            found += problems(error, tree, IgnoreRule, (number,))
    found += _unknown(tree, ignores, kinds)
    if found:
        raise ConfigError(in_order(found))
    return tuple(ignores.values())


def _unknown(tree: yamltree.Tree, ignores: Mapping[int, Ignore], kinds: Kinds) -> Iterator[Problem]:
    """Rules about what is not configured, and rules that stand there twice."""
    seen: dict[str, str] = {}
    for number, ignore in ignores.items():
        target = ignore.rule.target
        names: Mapping[str, object] = kinds.get(target.source, {})
        if not names:
            near = did_you_mean(target.source, kinds) or f" (there are: {', '.join(kinds)})"
            what = f"{dotted((number, 'target', 'source'))}: no source of this name is configured{near}"
            yield Problem(tree.position((number, "target", "source")), what)
        elif target.kind not in names:
            near = did_you_mean(target.kind, names) or f" (there are: {', '.join(sorted(names))})"
            what = f"{dotted((number, 'target', 'kind'))}: {target.source} has no such kind{near}"
            yield Problem(tree.position((number, "target", "kind")), what)
        first = seen.setdefault(ignore.about, ignore.where)
        if first != ignore.where:
            yield Problem(
                tree.position((number,)), f"{dotted((number,))}: the same stands at {first}", "keep one"
            )


def apply(
    case: Case, found: Sequence[Finding], ignores: Sequence[Ignore]
) -> tuple[list[Finding], tuple[IgnoreUse, ...]]:
    """The findings, those that a rule covers marked, with one for each expired rule; and what each rule did.

    Today is the day of the run, so that a replay says the same.
    """
    today = case.site.run.collected_at.date()
    working = [ignore for ignore in ignores if ignore.rule.expires >= today]
    hits = dict.fromkeys((ignore.where for ignore in ignores), 0)
    told: list[Finding] = []
    for finding in found:
        by = None
        if finding.ignored_by is None:
            by = next((ignore.where for ignore in working if ignore.covers(finding)), None)
        told.append(finding if by is None else finding.model_copy(update={"ignored_by": by}))
        if by is not None:
            hits[by] += 1
    for ignore in ignores:
        if ignore not in working:
            covered = sum(map(ignore.covers, found))
            told.append(_expired(case, ignore, covered))
    return told, tuple(_use(ignore, hits[ignore.where]) for ignore in ignores)


def _expired(case: Case, ignore: Ignore, covered: int) -> Finding:
    rule = ignore.rule
    what = "1 finding" if covered == 1 else f"{covered} findings"
    reason = f"it expired on {rule.expires} and would cover {what}; it was for: {rule.reason}"
    finding = findings.of_rule(case, Key(SITE, KIND, ignore.about), EXPIRED, reason)
    return finding.model_copy(update={"declared_at": ignore.where})


def _use(ignore: Ignore, hits: int) -> IgnoreUse:
    rule = ignore.rule
    return IgnoreUse(
        where=ignore.where,
        about=ignore.about,
        reason=rule.reason,
        owner=rule.owner,
        expires=str(rule.expires),
        hits=hits,
    )
