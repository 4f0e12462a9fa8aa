"""`reconciler show`: one resource as it was recorded, or the report of one run."""

import click

from reconciler.cli import answers, reports
from reconciler.cli.context import Context, pass_context
from reconciler.errors import EXIT_IN_SYNC


@click.command("show")
@click.argument("what", metavar="KEY|RUN")
@answers.at_option
@click.option(
    "--format",
    "answer_format",
    type=click.Choice(reports.FORMATS),
    default="text",
    show_default=True,
    help="Output format; for a resource, text or json.",
)
@pass_context
def command(context: Context, what: str, at: str | None, answer_format: str) -> int:
    """Show one resource, or the report of one run, as recorded.

    KEY is a resource key such as pve/guest/101, or an id or name that only one resource has. RUN is a run
    id or its beginning (20261125T12), or latest. Times are UTC. Reads only git: needs no secrets, and no
    network except to fetch the record.
    """
    from reconciler.jobs import show
    from reconciler.report.beside import Beside

    config = answers.config(context)
    with context.progress() as progress:
        if not show.is_run(what):
            if answer_format not in {"text", "json"}:
                message = f"{answer_format} is a format of the report of a run; of a resource, text or json"
                raise click.UsageError(message)
            from reconciler.report import resource

            found = show.resource(config, what, answers.moment(at), progress)
            return answers.show(context, found, resource.lines(found), answer_format)
        if at is not None:
            message = "--at is for a resource; a run has its own time"
            raise click.UsageError(message)
        report, problems = show.report(config, what, progress)
    failed = reports.show(report, answer_format, beside=Beside(full=True))
    for problem in problems:
        click.echo(f"warning: {answers.escaped(str(problem))}", err=True)
    context.print_problems(failed)
    return EXIT_IN_SYNC if not failed else 1
