"""The run in one line: the same facts in the same order in every run, so that `grep` finds them.

    28 findings from 20 causes (12 new, 1 resolved): 2 errors, 15 warnings, 11 notes · rules FIRING ·
    321 of 321 declared verified, 217 exact · 400 resources · declared 99.6 % · read 12:53 UTC on 2026-11-25

What has nothing to report is left out, except the counts. A resource that could not be verified is not a
finding here: it is missing from the count of verified ones.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from reconciler.config.severity import Severity
from reconciler.model.findings import Finding, split_ignored
from reconciler.model.snapshot import Run, Scope
from reconciler.model.summary import Summary
from reconciler.text import counted, enumerated

SEPARATOR = " · "

_NOUNS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}


def headline(
    summary: Summary,
    run: Run,
    scopes: Iterable[Scope],
    findings: Sequence[Finding],
    resolved: int,
    unchecked: int = 0,
) -> str:
    """Return the headline of a run; `findings` are all of it, the ignored ones too."""
    active = [finding for finding in split_ignored(findings)[0] if finding.type != "unverified"]
    counts = _findings(active, run, resolved)
    parts = [counts if summary.declared or active else "nothing is declared yet"]
    if active or summary.declared:
        rules = "rules FIRING" if summary.rules == "firing" else "rules OK"
        parts.append(f"{rules}, {unchecked} not checked" if unchecked else rules)
    if summary.declared:
        parts.append(f"{summary.verified} of {summary.declared} declared verified, {summary.exact} exact")
    parts.append(counted(summary.resources, "resource"))
    if summary.coverage is not None and summary.declared:
        parts.append(f"declared {int(summary.coverage * 1000) / 10:g} %")
    if summary.ignored:
        parts.append(f"{summary.ignored} silenced")
    parts.append(f"read {run.collected_at:%H:%M} UTC on {run.collected_at:%Y-%m-%d}")
    return SEPARATOR.join([*parts, *_sources(run, scopes)])


def _findings(active: Sequence[Finding], run: Run, resolved: int) -> str:
    changes = _changes(active, run, resolved)
    after = f" ({changes})" if changes else ""
    if not active:
        return f"no findings{after}"
    shown = {finding.id for finding in active}
    causes = sum(finding.cause not in shown for finding in active)
    counts = Counter(finding.severity for finding in active)
    severities = ", ".join(counted(counts[each], noun) for each, noun in _NOUNS.items() if counts[each])
    return f"{counted(len(active), 'finding')} from {counted(causes, 'cause')}{after}: {severities}"


def _changes(active: Sequence[Finding], run: Run, resolved: int) -> str:
    """Return how many findings came, came back and went."""
    reopened = sum(finding.reopened == run.collected_at for finding in active)
    new = sum(finding.first_seen >= run.collected_at for finding in active if not finding.reopened)
    numbers = {"new": new, "reopened": reopened, "resolved": resolved}
    return ", ".join(f"{number} {name}" for name, number in numbers.items() if number)


def _sources(run: Run, scopes: Iterable[Scope]) -> Iterator[str]:
    """Yield the sources that are not complete, and which kinds are not; why is in the report."""
    short: dict[str, list[str]] = {}
    for scope in scopes:
        if scope.listed != "complete" or scope.unread:
            short.setdefault(scope.source, []).append(scope.kind)
    for name, status in sorted(run.sources.items()):
        kinds = short.get(name, ()) if status.status == "partial" else ()
        if status.status != "complete":
            yield f"{name} {status.status}" + (f" ({enumerated(kinds, 3)})" if kinds else "")
