"""`reconciler drift`: compare only; nothing is recorded or published."""

import click

from reconciler.cli import reports
from reconciler.cli.context import Context, pass_context


@click.command("drift")
@click.option(
    "--snapshot",
    metavar="FILE|RUN",
    help="Compare with this instead of the live state: a snapshot file, a recorded run's id, or latest.",
)
@reports.options
@pass_context
def command(
    context: Context,
    snapshot: str | None,
    report_format: str,
    outputs: tuple[reports.Output, ...],
    fail_on: str | None,
) -> int:
    """Compare desired state with the live state, or with a snapshot.

    With --snapshot it needs neither network nor secrets: that is how a pull request is reviewed.
    """
    from reconciler.jobs.drift import drift_live, drift_snapshot, offline_exit_code

    config = reports.with_fail_on(context.config(), fail_on)
    if snapshot is None:
        with context.progress() as progress:
            report = drift_live(config, context.environment, progress)
        code = report.summary.exit_code
    else:
        with context.progress() as progress:
            report = drift_snapshot(config, snapshot, progress)
        code = offline_exit_code(config, report)
    reports.show(report, report_format, outputs)
    if snapshot is None:
        reports.sources_failed(report.run)
    return code
