"""Find what settles findings of the last recorded run: no network, no secret, and nothing is sent."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.config.file import Config
from reconciler.drift.fixes import FixSite, fixes
from reconciler.errors import Problem, RecordError, UsageError
from reconciler.jobs import steps
from reconciler.kinds import SYSTEMS, kinds_of
from reconciler.model.findings import DriftReport, Finding
from reconciler.model.fix import CommandWords, Fix
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Run
from reconciler.model.value import timestamp
from reconciler.report.settled import Settled, SettledFinding, in_order, own_consequences
from reconciler.text import enumerated, quoted


@dataclass(frozen=True, slots=True)
class Fixes:
    """Findings of a recorded run, and how they are settled."""

    run: Run
    entries: tuple[Settled, ...]
    """By resource, so that the fields of one are set by one command."""
    each: tuple[SettledFinding, ...]
    """The same findings one by one."""
    warnings: tuple[Problem, ...]


def fix_recorded(config: Config, named: Sequence[str], cause: str | None = None) -> Fixes:
    """Return how findings are settled: those named by id, or the cause of one, or all active causes.

    `named` are ids, beginnings of ids, keys of resources, kinds or sources. Raises `UsageError` for
    what is not known.
    """
    recorded = _read(config)
    report = recorded.report
    chosen = list({finding.id: finding for finding in _chosen(report, named, cause)}.values())
    site = FixSite(report, recorded.inventory, kinds_of(config))
    entries = tuple(_settled(site, report, chosen))
    own = (one for entry in entries for one in own_consequences(entry.findings, entry.consequences))
    fix_of = site.each([*chosen, *own])
    each = tuple(
        SettledFinding(id=one.id, key=str(one.key), path=one.path, fix=fix_of[one.id]) for one in chosen
    )
    return Fixes(report.run, tuple(_unguarded(entries)), each, (*recorded.problems, *_stale(report.run)))


def _chosen(report: DriftReport, named: Sequence[str], cause: str | None) -> list[Finding]:
    """Return the findings that are asked for; without any name, the active causes, the worst first."""
    if cause is not None:
        return [_cause_of(report, finding) for finding in _selected_findings(report, [cause])]
    return list(_selected_findings(report, named)) if named else in_order(_causes(report))


def fixes_of(recorded: Recorded) -> dict[str, Fix]:
    """Return finding id → how it is settled, for reports and `/v1`, of a recorded run.

    It needs no configuration: kinds are known by name, because no two systems share one.
    """
    named = {kind.name: kind for system in SYSTEMS.values() for kind in system.kinds}
    kinds = dict.fromkeys(recorded.report.run.sources, named)
    return fixes(recorded.report, recorded.inventory, kinds)


def _read(config: Config) -> Recorded:
    """Read the last recorded run as it was fetched last."""
    from reconciler import record
    from reconciler.kinds import kind_finder

    repository = record.open_repository(config.root, secrets=config.secret_variables)
    recorded = record.read(repository, config.settings.history, kind_finder(config), fetch=False)
    if recorded is None:
        what = "nothing is recorded yet"
        raise RecordError(Problem(str(config.root), what, "run `reconciler run`, or git fetch the branch"))
    return recorded


def _causes(report: DriftReport) -> Iterator[Finding]:
    """Yield the active findings that follow from no other active one."""
    active = {finding.id for finding in report.active}
    return (finding for finding in report.active if finding.cause not in active)


def _cause_of(report: DriftReport, finding: Finding) -> Finding:
    known = {each.id: each for each in report.every}
    return known.get(finding.cause or "", finding)


def _selected_findings(report: DriftReport, named: Sequence[str]) -> Iterator[Finding]:
    """Yield the findings that are named; raises `UsageError` with every name that is not known."""
    known = (*report.every, *report.unconfirmed)
    problems: list[Problem] = []
    found: list[Finding] = []
    for text in named:
        matching = _matching(known, text)
        if len({each.id for each in matching}) == 1 or (matching and text in _places(matching[0])):
            found += matching
        else:
            problems.append(_unknown(report, known, text, matching))
    if problems:
        raise UsageError(problems)
    yield from found


def _matching(known: Iterable[Finding], text: str) -> list[Finding]:
    there = [each for each in known if text in _places(each)]
    return there or [each for each in known if text and each.id.startswith(text.lower())]


def _places(finding: Finding) -> tuple[str, str, str]:
    """Return the names of the places that a finding is in: its resource, kind and source."""
    key = finding.key
    return str(key), f"{key.source}/{key.kind}", key.source


def _unknown(
    report: DriftReport, known: Iterable[Finding], text: str, matching: Sequence[Finding]
) -> Problem:
    """Return why a name is of no finding, with the nearest names."""
    from difflib import get_close_matches

    if matching:
        ids = enumerated([each.id for each in matching])
        return Problem(quoted(text), f"is the beginning of several findings: {ids}", "write more of its id")
    if any(each.id.startswith(text.lower()) for each in report.resolved if text):
        return Problem(quoted(text), "is resolved: the last run did not find it any more")
    if (verdict := report.verdicts.get(text)) is not None:
        return Problem(quoted(text), f"has no finding in the last recorded run: it is {_words(verdict)}")
    if any(key.startswith(f"{text}/") for key in report.verdicts if text):
        return Problem(quoted(text), "has no finding in the last recorded run")
    names = [name for each in known for name in (_places(each)[:2] if "/" in text else (each.id,))]
    near = get_close_matches(text, dict.fromkeys(names), n=3, cutoff=0.5)
    remedy = f"did you mean {enumerated(near)}?" if near else "`reconciler fix` lists those of all causes"
    return Problem(quoted(text), "is not a finding of the last recorded run", remedy)


def _words(verdict: str) -> str:
    return verdict.replace("_", " ")


def _settled(site: FixSite, report: DriftReport, findings: Sequence[Finding]) -> Iterator[Settled]:
    """Yield an entry for each resource, in the order of the first of its findings."""
    chosen = {finding.id for finding in findings}
    by_cause: dict[str, list[Finding]] = {}
    for finding in report.active:
        if finding.cause is not None and finding.id not in chosen:
            by_cause.setdefault(finding.cause, []).append(finding)
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.key, []).append(finding)
    for group in groups.values():
        after = tuple(each for finding in group for each in by_cause.get(finding.id, ()))
        fix = site.fix([*group, *own_consequences(group, after)])
        yield Settled(tuple(group), fix, after)


def _unguarded(entries: Iterable[Settled]) -> Iterator[Settled]:
    """Yield entries in which each digest stands once: the rows of a file share one, which then changes."""
    seen: set[str] = set()
    for entry in entries:
        commands = tuple(_once(words, seen) for words in entry.fix.commands)
        yield Settled(entry.findings, entry.fix.model_copy(update={"commands": commands}), entry.consequences)


def _once(words: CommandWords, seen: set[str]) -> CommandWords:
    if "--digest" not in words:
        return words
    at = words.index("--digest")
    if words[at + 1] in seen:
        return (*words[:at], *words[at + 2 :])
    seen.add(words[at + 1])
    return words


def _stale(run: Run) -> Iterator[Problem]:
    if steps.now() > run.stale_after:
        what = f"was read {timestamp(run.collected_at)} and is out of date"
        remedy = "run `reconciler run` (or git fetch its branch) first"
        yield Problem("the last recorded run", what, remedy)
