"""`reconciler run`: the main job."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reconciler.cli import reports
from reconciler.cli.context import Context, pass_context
from reconciler.errors import EXIT_ERROR

if TYPE_CHECKING:
    from reconciler.config.file import Config
    from reconciler.watch.ending import Ending


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
@click.option(
    "--commit-status",
    is_flag=True,
    help="Also set the status reconciler/drift of the checked-out commit in Gitea.",
)
@reports.options
@pass_context
def command(
    context: Context,
    accepted: frozenset[tuple[str, str]],
    commit_status: bool,
    wanted: reports.Wanted,
) -> int:
    """The main job: collect, compare, record, publish."""
    from reconciler.jobs.watch import watched

    config = context.config()
    return watched(
        "run",
        config,
        context.environment,
        context.warn,
        lambda: _run(context, config, accepted, wanted),
        commit_status=commit_status,
    )


def _run(
    context: Context, config: "Config", accepted: frozenset[tuple[str, str]], wanted: reports.Wanted
) -> "Ending":
    from reconciler.drift.exit_code import of_comparison
    from reconciler.jobs import run as job
    from reconciler.jobs.report_context import report_context_of
    from reconciler.watch.ending import Ending

    try:
        with context.progress() as progress:
            outcome = job.run(config, context.environment, progress, accepted)
    except job.UnfinishedError as error:
        failed = reports.show(error.report, wanted.format, wanted.outputs, code=lambda _failed: EXIT_ERROR)
        context.print_problems([*reports.failures(error.report), *failed])
        raise

    def code(failed: bool) -> int:
        if outcome.written.problems:
            return EXIT_ERROR
        least = wanted.fail_on or config.settings.drift.fail_on
        return of_comparison(outcome.report, least, failed=failed or bool(outcome.failed))

    published = (
        "not published: on hold" if outcome.published.hold else f"published {outcome.published.current}/v1"
    )
    done = f"{reports.recorded_sentence(outcome.written)} · {published}"
    report_context = replace(
        report_context_of(config, outcome.report, outcome.inventory), full=wanted.verbose
    )
    shown_failed = reports.show(outcome.report, wanted.format, wanted.outputs, report_context, done, code)
    failed = (*outcome.failed, *shown_failed)
    context.print_problems([*reports.failures(outcome.report), *failed])
    context.print_problems(outcome.written.problems)
    reports.sources_failed(outcome.report)
    return Ending(
        code(bool(failed)),
        outcome.report,
        recorded=not outcome.written.problems,
        published=not outcome.published.hold,
        problems=(*failed, *outcome.written.problems),
    )
