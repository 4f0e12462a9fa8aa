"""The meaning of names on a command line: findings by their id, resources by their key, kinds, sources."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from reconciler.errors import Problem, UsageError
from reconciler.model.findings import Finding
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.text import printable, shown
from reconciler.yamlfile.validation import did_you_mean

_ID = re.compile(r"[0-9a-f]{4,12}")


@dataclass(frozen=True, slots=True)
class EarlierFindings:
    """The findings of an earlier run, some of which may be gone."""

    findings: tuple[Finding, ...] = ()
    unconfirmed: frozenset[str] = frozenset()
    """The ids of those that this run could neither confirm nor resolve."""


NOTHING_EARLIER = EarlierFindings()


@dataclass(frozen=True, slots=True)
class Selection:
    """The findings, resources and kinds that were named."""

    findings: tuple[Finding, ...] = ()
    keys: tuple[Key, ...] = ()
    places: frozenset[tuple[str, str]] = frozenset()
    """(source, kind)."""


def select(
    names: Iterable[str],
    findings: Sequence[Finding],
    keys: Collection[Key],
    kinds: Kinds,
    earlier: EarlierFindings = NOTHING_EARLIER,
    incomplete: Collection[tuple[str, str]] = (),
) -> Selection:
    """Return what names stand for; raises `UsageError` with every name that stands for nothing.

    A finding of an `earlier` run that is gone, or cannot be confirmed now, is named as such.
    `incomplete` are the (source, kind) whose list could not be read in full.
    """
    found: list[Finding] = []
    chosen: list[Key] = []
    places: set[tuple[str, str]] = set()
    problems: list[Problem] = []
    for name in dict.fromkeys(names):
        source, _, rest = name.partition("/")
        identity = rest.partition("/")[2]
        try:
            if not rest and source in kinds:
                places |= {(source, each) for each in kinds[source]}
            elif rest and source not in kinds:
                problems.append(_no_source(name, source, kinds))
            elif not rest:
                found.append(finding_named(name, findings, [f"{each}/" for each in kinds], earlier))
            elif not identity:
                places.add((source, _kind(name, kinds)))
            else:
                chosen.append(_key(name, keys, kinds, incomplete))
        except UsageError as error:
            problems += error.problems
    if problems:
        raise UsageError(problems)
    return Selection(tuple({each.id: each for each in found}.values()), tuple(chosen), frozenset(places))


def finding_named(
    name: str,
    findings: Sequence[Finding],
    others: Iterable[str] = (),
    earlier: EarlierFindings = NOTHING_EARLIER,
) -> Finding:
    """Return the finding with an id, or the only one whose id begins so; raises `UsageError` without one."""
    written = name.strip().casefold()
    same = [each for each in findings if each.id == written]
    same = same or [each for each in findings if _ID.fullmatch(written) and each.id.startswith(written)]
    if len({each.id for each in same}) == 1:
        return same[0]
    if same:
        ids = ", ".join(sorted({each.id for each in same})[:5])
        raise UsageError(
            Problem(shown(name), f"several findings begin with this: {ids}", "write more of the id")
        )
    before = (each for each in earlier.findings if _ID.fullmatch(written) and each.id.startswith(written))
    gone = next(before, None)
    if gone is not None:
        raise _not_now(name, gone, earlier)
    near = did_you_mean(written, [*{each.id: None for each in findings}, *others])
    what = f"is not the id of a finding{near}"
    raise UsageError(Problem(shown(name), what, "`reconciler drift` lists the findings with their ids"))


def _not_now(name: str, finding: Finding, earlier: EarlierFindings) -> UsageError:
    """Return the error for a finding of an earlier run that this one does not have."""
    key = printable(str(finding.key))
    if finding.id in earlier.unconfirmed:
        what = f"cannot be confirmed now: {key} could not be verified"
        remedy = "fix what `reconciler doctor` names, or use the last record with --snapshot latest"
        return UsageError(Problem(shown(name), what, remedy))
    what = f"is not a finding any more: {key} does not differ there now"
    return UsageError(Problem(shown(name), what, "there is nothing to do"))


def with_consequences(finding: Finding, findings: Iterable[Finding]) -> list[Finding]:
    """Return the cause of a finding, or itself if it has none, and all that follows from it."""
    root = finding.cause or finding.id
    return [each for each in findings if root in {each.id, each.cause}]


def _no_source(name: str, source: str, kinds: Kinds) -> Problem:
    what = f"{shown(source)} is not a configured source{did_you_mean(source, kinds)}"
    return Problem(shown(name), what, f"choose one of {', '.join(sorted(kinds))}")


def _kind(name: str, kinds: Kinds) -> str:
    source, kind = name.strip("/").split("/")[:2]
    if kind not in kinds[source]:
        near = did_you_mean(kind, kinds[source])
        raise UsageError(Problem(shown(name), f"{source} has no such kind{near}"))
    return kind


def _key(name: str, keys: Collection[Key], kinds: Kinds, incomplete: Collection[tuple[str, str]]) -> Key:
    source, kind, identity = name.split("/", 2)
    _kind(name, kinds)
    key = Key(source, kind, identity)
    if key not in keys:
        near = did_you_mean(identity, [each.id for each in keys if each[:2] == (source, kind)])
        if (source, kind) in incomplete:
            raise UsageError(not_known(shown(name), key, near))
        raise UsageError(Problem(shown(name), f"is neither live nor declared{near}"))
    return key


def not_known(subject: str, key: Key, near: str) -> Problem:
    """Return the problem of a key that is not declared, in a kind whose list could not be read in full."""
    what = f"is not declared, and {key.source}/{key.kind} could not be read in full{near}"
    return Problem(subject, what, "`reconciler doctor` shows why")
