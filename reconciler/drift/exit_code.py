"""The one place where the exit code of a command that reads or compares is decided."""

from collections.abc import Iterable

from reconciler.config.severity import FailOn
from reconciler.drift.completeness import any_reaches, is_incomplete, threshold
from reconciler.errors import EXIT_DRIFT, EXIT_ERROR, EXIT_IN_SYNC, EXIT_INCOMPLETE
from reconciler.model.findings import DriftReport
from reconciler.model.listing import Listed


def exit_code(
    sources: Iterable[Listed], *, incomplete: bool, drifted: bool = False, fail_on: FailOn = "warning"
) -> int:
    """Return 1 when no source could be read, else 3 when incomplete, 2 when drifted, else 0.

    `sources` are the statuses of the sources that were read; none where none was asked. `fail_on: never`
    turns 2 and 3 into 0, but not 1.
    """
    if set(sources) == {"failed"}:
        return EXIT_ERROR
    if fail_on == "never":
        return EXIT_IN_SYNC
    if incomplete:
        return EXIT_INCOMPLETE
    return EXIT_DRIFT if drifted else EXIT_IN_SYNC


def of_comparison(
    report: DriftReport, fail_on: FailOn, *, offline: bool = False, failed: bool = False
) -> int:
    """Return the exit code of a comparison.

    `offline`: it read no source, so that none could fail. `failed`: a document or renderer failed.
    """
    waiting = (*report.unconfirmed, *report.of_groups("unconfirmed"))
    return exit_code(
        () if offline else [source.status for source in report.run.sources.values()],
        incomplete=failed or is_incomplete(report.summary.failed_sources, report.every, waiting, fail_on),
        drifted=any_reaches(report.active, threshold(fail_on)),
        fail_on=fail_on,
    )
