"""`reconciler drift`: compare only; nothing is recorded or published."""

import click

from reconciler.cli import reports
from reconciler.cli.context import Context, pass_context
from reconciler.config.severity import FailOn


@click.command("drift")
@click.option(
    "--snapshot",
    metavar="FILE|RUN",
    help="Compare with this instead of the live state: a snapshot file, the id of a recorded run or its "
    "beginning, or latest.",
)
@click.option(
    "--desired",
    "ref",
    metavar="REF",
    help="Compare the desired state of this commit, branch or tag instead of the work tree's; configuration "
    "and ignore rules are those of the work tree.",
)
@reports.options
@pass_context
def command(
    context: Context,
    snapshot: str | None,
    ref: str | None,
    report_format: str,
    outputs: tuple[reports.Output, ...],
    fail_on: FailOn | None,
) -> int:
    """Compare desired state with the live state, or with a snapshot.

    With --snapshot it needs neither network nor secrets: that is how a pull request is reviewed.
    """
    from reconciler.drift.exit_code import of_comparison
    from reconciler.jobs.drift import drift_live, drift_snapshot

    config = context.config()
    with context.progress() as progress:
        if snapshot is None:
            report = drift_live(config, context.environment, progress, ref)
        else:
            report = drift_snapshot(config, snapshot, progress, ref)
    failed = reports.show(report, report_format, outputs)
    context.print_problems([*reports.failures(report), *failed])
    if snapshot is None:
        reports.sources_failed(report)
    fail_on = fail_on or config.settings.drift.fail_on
    return of_comparison(report, fail_on, offline=snapshot is not None, failed=bool(failed))
