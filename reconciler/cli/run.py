"""`reconciler run`: the main job."""

import click

from reconciler.cli import reports
from reconciler.cli.context import Context, pass_context
from reconciler.config.severity import FailOn
from reconciler.errors import EXIT_ERROR


@click.command("run")
@click.option(
    "--accept-missing",
    "accepted",
    multiple=True,
    metavar="SOURCE/KIND",
    callback=reports.source_kind,
    help="Accept that resources missing from SOURCE/KIND were really deleted; "
    "skips the mass-loss guard for this run.",
)
@reports.options
@pass_context
def command(
    context: Context,
    accepted: frozenset[tuple[str, str]],
    report_format: str,
    outputs: tuple[reports.Output, ...],
    fail_on: FailOn | None,
) -> int:
    """The main job: collect, compare, record, publish."""
    from reconciler.drift.exit_code import of_comparison
    from reconciler.jobs import run as job

    config = context.config()
    try:
        with context.progress() as progress:
            outcome = job.run(config, context.environment, progress, accepted)
    except job.UnfinishedError as error:
        failed = reports.show(error.report, report_format, outputs)
        context.print_problems([*reports.failures(error.report), *failed])
        raise
    try:
        failed = (*outcome.failed, *reports.show(outcome.report, report_format, outputs))
    finally:
        if report_format == "text":
            click.echo(reports.recorded_sentence(outcome.written))
            click.echo(f"published {outcome.published.current}/v1")
    context.print_problems([*reports.failures(outcome.report), *failed])
    context.print_problems(outcome.written.problems)
    reports.sources_failed(outcome.report)
    if outcome.written.problems:
        return EXIT_ERROR
    fail_on = fail_on or config.settings.drift.fail_on
    return of_comparison(outcome.report, fail_on, failed=bool(failed))
