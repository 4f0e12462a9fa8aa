"""Whether a run saw enough: a run that is blind is never green.

A run is incomplete when something declared could not be verified, a configured source failed, an earlier
finding could not be confirmed, or a part of this program failed. What an ignore rule silences, and what is
on a node declared `expected: offline`, does not count.
"""

from collections.abc import Iterable, Iterator, Sequence

from reconciler.config.severity import SEVERITIES, FailOn, Severity
from reconciler.drift.expected_offline import ExpectedOffline
from reconciler.drift.ignore import Ignore
from reconciler.model.findings import INTERNAL, PLANNED, Finding, split_ignored
from reconciler.model.snapshot import Run


def failed_sources(run: Run, ignores: Iterable[Ignore], offline: ExpectedOffline) -> Iterator[str]:
    """Yield the sources that failed, unless a rule in force covers them or all their nodes are offline."""
    today = run.collected_at.date()
    working = [ignore for ignore in ignores if ignore.rule.expires >= today]
    for name, source in sorted(run.sources.items()):
        covered = offline.covers(name) or any(ignore.covers_failure(name) for ignore in working)
        if source.status == "failed" and not covered:
            yield name


def is_incomplete(
    failed: Sequence[str], findings: Iterable[Finding], unconfirmed: Iterable[Finding], fail_on: FailOn
) -> bool:
    """Return whether a run is incomplete; `failed` are its failed sources, `fail_on` rates what waits."""
    return (
        bool(failed)
        or any(_is_blind(finding) for finding in split_ignored(findings)[0])
        or any_reaches(split_ignored(unconfirmed)[0], threshold(fail_on))
    )


def threshold(fail_on: FailOn) -> Severity:
    """Return the severity from which findings count; `never` changes the exit code, not what is known."""
    return "warning" if fail_on == "never" else fail_on


def any_reaches(active: Iterable[Finding], least: Severity) -> bool:
    """Return whether a finding that is certain has at least this severity."""
    return any(
        SEVERITIES.index(finding.severity) >= SEVERITIES.index(least)
        for finding in active
        if finding.type not in {"unverified", PLANNED, INTERNAL}
    )


def _is_blind(finding: Finding) -> bool:
    declared = finding.declared_at is not None
    return finding.type == INTERNAL or (finding.type == "unverified" and declared)
