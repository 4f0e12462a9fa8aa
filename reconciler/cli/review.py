"""`reconciler review`: what merging a change of the desired state would do; no source is asked."""

from typing import TYPE_CHECKING

import click

from reconciler.cli.context import Context, pass_context
from reconciler.errors import EXIT_ERROR, EXIT_IN_SYNC

if TYPE_CHECKING:
    from reconciler.config.file import Config
    from reconciler.review.answer import Review
    from reconciler.review.comment import Posted


@click.command("review")
@click.option("--base", metavar="REF", required=True, help="Commit that the change will be merged into.")
@click.option("--head", metavar="REF", required=True, help="Last commit of the change.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@click.option(
    "--output",
    "outputs",
    metavar="FORMAT:FILE",
    multiple=True,
    help="Also write the answer to a file: markdown:effect.md; can be repeated.",
)
@click.option(
    "--comment",
    "number",
    metavar="NUMBER",
    type=click.IntRange(1),
    help="Also create or update the comment on this Gitea pull request, and set the commit status of HEAD.",
)
@click.option(
    "--merged",
    is_flag=True,
    help="HEAD was merged: show what it opened and closed. BASE is the commit that it branched from.",
)
@pass_context
def command(
    context: Context,
    base: str,
    head: str,
    form: str,
    outputs: tuple[str, ...],
    number: int | None,
    merged: bool,
) -> int:
    """Show the effect of merging a change to the desired state.

    Compares base and head with the last recorded snapshot, and shows the findings that the change opens,
    closes and changes. Both commits are read with git: nothing of the change is checked out or run, and
    no secrets of sources are needed. The configuration comes from the work tree. Exit code 1 if the
    desired state of the change is not valid.
    """
    from reconciler import files
    from reconciler.cli.review_outputs import parse_outputs, rendered
    from reconciler.jobs.review import review
    from reconciler.jobs.steps import now

    wanted = parse_outputs(outputs)
    config = context.config()
    with context.progress() as progress:
        found = review(config, base, head, progress, merged=merged)
    moment = now()
    for output_form, file in wanted:
        files.write_atomically(file, rendered(found, output_form, moment).encode())
    click.echo(rendered(found, form, moment), nl=False)
    if number is not None:
        _comment(context, config, number, found)
    return EXIT_ERROR if found.outcome == "invalid" else EXIT_IN_SYNC


def _comment(context: Context, config: "Config", number: int, found: "Review") -> None:
    from reconciler.jobs.comment import comment

    report(number, comment(config, context.environment, number, found))


def report(number: int, posted: "Posted") -> None:
    """Print how far a review came on its pull request."""
    for warning in posted.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"pull request {number}: {posted.done}", err=True)
