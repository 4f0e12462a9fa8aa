"""`reconciler drift`: compare only; nothing is recorded or published."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reconciler.cli import filters as filtering
from reconciler.cli import reports
from reconciler.cli.context import Context, pass_context

if TYPE_CHECKING:
    from reconciler.config.file import Config
    from reconciler.jobs.steps import Evaluation


@click.command("drift")
@click.option(
    "--snapshot",
    metavar="FILE|RUN",
    help="Compare with a recorded state instead of the live state: a snapshot file, the id of a "
    "recorded run or its beginning, or latest.",
)
@click.option(
    "--desired",
    "ref",
    metavar="REF",
    help="Compare the desired state of this commit, branch or tag instead of the work tree's; "
    "configuration and ignore rules still come from the work tree.",
)
@filtering.options
@reports.options
@pass_context
def command(
    context: Context,
    snapshot: str | None,
    ref: str | None,
    filters: filtering.Filters,
    wanted: reports.Wanted,
) -> int:
    """Compare desired state with the live state, or with a snapshot.

    With --snapshot, it needs neither network nor secrets; pull requests are reviewed this way.

    Arguments and filters select what is shown, in every format; a finding is shown with its cause. The
    first line, the summary and the exit code always cover the whole comparison.
    """
    from reconciler.drift.exit_code import of_comparison
    from reconciler.jobs.beside import beside_of
    from reconciler.jobs.choose import refuse_unknown_keys
    from reconciler.report.choice import notes, select

    config = context.config()
    choice = filters.choose(config)
    evaluation = _evaluate(context, config, snapshot, ref)
    refuse_unknown_keys(choice, evaluation)
    report = evaluation.report
    part = select(report, choice)
    fail_on = wanted.fail_on or config.settings.drift.fail_on

    def code(failed: bool) -> int:
        return of_comparison(report, fail_on, offline=snapshot is not None, failed=failed)

    verbose = wanted.verbose or not choice.everything
    inventory = evaluation.inventory if snapshot in {None, "latest"} and ref is None else None
    beside = beside_of(config, part, inventory, report)
    beside = replace(beside, notes=tuple(notes(report, choice, part)), full=verbose)
    failed = reports.show(part, wanted.format, wanted.outputs, beside, code=code)
    context.print_problems([*reports.failures(report), *failed])
    if snapshot is None:
        reports.sources_failed(report)
    return code(bool(failed))


def _evaluate(context: Context, config: "Config", snapshot: str | None, ref: str | None) -> "Evaluation":
    """Compare with a snapshot, or with the live state."""
    from reconciler.jobs.drift import drift_live, drift_snapshot

    with context.progress() as progress:
        if snapshot is None:
            return drift_live(config, context.environment, progress, ref)
        return drift_snapshot(config, snapshot, progress, ref)
