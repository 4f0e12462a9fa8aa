"""The part of a report that a command line asks for: places, severity, rules and a time."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from reconciler.config.file import Config
from reconciler.config.severity import Severity
from reconciler.errors import Problem, UsageError
from reconciler.jobs.selection import not_known
from reconciler.jobs.since import moment_of
from reconciler.jobs.steps import Evaluation
from reconciler.kinds import RULES, kinds_of
from reconciler.model.findings import INTERNAL, OF_COMPARISON
from reconciler.model.key import Key
from reconciler.report.choice import Choice
from reconciler.text import printable
from reconciler.yamlfile.validation import did_you_mean

_FINDING = re.compile(r"[0-9a-f]{4,12}")
"""The id of a finding, or the beginning of one."""

TYPES = frozenset({*OF_COMPARISON, INTERNAL, *RULES})
"""Whatever `--rule` may name."""


def choose(
    config: Config,
    targets: Sequence[str] = (),
    *,
    severity: Severity | None = None,
    new: bool = False,
    rules: Sequence[str] = (),
    since: str | None = None,
    now: datetime,
) -> Choice:
    """Return the choice that a command line makes; raises `UsageError` with every name that does not exist.

    Whether a key exists is known only when the site was read: see `refuse_unknown_keys`.
    """
    problems: list[Problem] = []
    places = _places(config, targets, problems)
    problems += [_no_rule(rule) for rule in rules if rule not in TYPES]
    moment = moment_of(config, since, now) if since is not None else None
    if isinstance(moment, Problem):
        problems.append(moment)
        moment = None
    if problems:
        raise UsageError(problems)
    return Choice(
        **places,  # type: ignore[arg-type]
        severity=severity or "info",
        new=new,
        types=frozenset(rules),
        since=moment,
        words=_words(targets, severity, rules, since, moment, new=new),
    )


def refuse_unknown_keys(choice: Choice, evaluation: Evaluation) -> None:
    """Raise `UsageError` for every chosen key or finding that does not exist, with the nearest one."""
    report, inventory = evaluation.report, evaluation.inventory
    findings = (*report.every, *report.resolved, *report.lasting)
    known = {*inventory.config, *inventory.observed, *(finding.key for finding in findings)}
    known |= {Key.parse(text) for text in report.verdicts}
    incomplete = inventory.incomplete
    problems = [_no_resource(key, known, incomplete) for key in sorted(choice.keys - known)]
    ids = {finding.id for finding in findings}
    for identity in sorted(choice.ids):
        if any(each.startswith(identity) for each in ids):
            continue
        what = f"is not the id of a finding of this run{did_you_mean(identity, ids)}"
        problems.append(Problem(identity, what, "`reconciler drift --verbose` shows the ids"))
    if problems:
        raise UsageError(problems)


_LIST = "name it as reports do, such as pve/guest/101"


def _places(config: Config, targets: Sequence[str], problems: list[Problem]) -> dict[str, frozenset[object]]:
    """Return the places that words name, by the field of a choice; add a problem for each that names none."""
    kinds = {source: frozenset(each) for source, each in kinds_of(config).items()}
    places: dict[str, set[object]] = {"sources": set(), "kinds": set(), "keys": set(), "ids": set()}
    for target in dict.fromkeys(targets):
        found = _place(target, kinds)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            places[found[0]].add(found[1])
    return {name: frozenset(each) for name, each in places.items()}


def _no_rule(rule: str) -> Problem:
    what = f"is not a rule or a type of finding{did_you_mean(rule, TYPES)}"
    return Problem(f"--rule {printable(rule[:60])}", what, "docs/rules.md lists the rules")


def _place(target: str, kinds: Mapping[str, frozenset[str]]) -> tuple[str, object] | Problem:
    """Return the kind of place that a word names, and the place."""
    parts = target.split("/", 2)
    if target in kinds:
        return "sources", target
    if len(parts) == 1 and _FINDING.fullmatch(target.casefold()):
        return "ids", target.casefold()
    shown = printable(target[:200])
    if parts[0] not in kinds:
        what = f"names a source that is not configured{did_you_mean(parts[0], kinds)}"
        return Problem(shown or '""', what, f"choose one of {', '.join(sorted(kinds))}")
    if len(parts) == 1 or parts[1] not in kinds[parts[0]]:
        each = [f"{parts[0]}/{kind}" for kind in sorted(kinds[parts[0]])]
        what = f"names a kind that does not exist{did_you_mean('/'.join(parts[:2]), each)}"
        return Problem(shown, what, f"choose one of {', '.join(each)}")
    if len(parts) == 2 or not parts[2]:
        return "kinds", (parts[0], parts[1])
    return "keys", Key(*parts)


def _no_resource(key: Key, known: Iterable[Key], incomplete: Collection[tuple[str, str]]) -> Problem:
    subject, near = printable(str(key)), did_you_mean(str(key), _near(key, known))
    if key[:2] in incomplete:
        return not_known(subject, key, near)
    return Problem(subject, f"does not exist{near}", _LIST)


def _near(key: Key, known: Iterable[Key]) -> list[str]:
    return [str(each) for each in known if each[:2] == key[:2]]


def _words(
    targets: Sequence[str],
    severity: Severity | None,
    rules: Sequence[str],
    since: str | None,
    moment: datetime | None,
    *,
    new: bool,
) -> str:
    """Return a choice as it was asked for, with the time in UTC."""
    words = [*map(printable, targets)]
    words += [f"--severity {severity}"] if severity else []
    words += ["--new"] if new else []
    words += [f"--rule {rule}" for rule in rules]
    if since is not None and moment is not None:
        words.append(f"--since {printable(since)} ({moment:%Y-%m-%d %H:%M} UTC)")
    return " ".join(words)
