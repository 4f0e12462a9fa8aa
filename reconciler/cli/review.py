"""`reconciler review`: what merging a change of the desired state would do; no source is asked."""

import click

from reconciler.cli.context import Context, pass_context
from reconciler.errors import EXIT_ERROR, EXIT_IN_SYNC


@click.command("review")
@click.option("--base", metavar="REF", required=True, help="The commit that the change is to be merged into.")
@click.option("--head", metavar="REF", required=True, help="The last commit of the change.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="Format of the answer.",
)
@click.option(
    "--output",
    "outputs",
    metavar="FORMAT:FILE",
    multiple=True,
    help="Also write it to a file: markdown:effect.md. Can be given several times.",
)
@pass_context
def command(context: Context, base: str, head: str, form: str, outputs: tuple[str, ...]) -> int:
    """Show what merging a change would open, close and change, on the last recorded snapshot.

    Both commits are read with git: nothing of the change is checked out or run, and no secret is needed.
    The configuration is that of the work tree. Exit 1 if the desired state of the change is not valid.
    """
    from reconciler import files
    from reconciler.cli.review_outputs import parse_outputs, rendered
    from reconciler.jobs.review import review
    from reconciler.jobs.steps import now

    wanted = parse_outputs(outputs)
    config = context.config()
    with context.progress() as progress:
        found = review(config, base, head, progress)
    moment = now()
    for output_form, file in wanted:
        files.write_atomically(file, rendered(found, output_form, moment).encode())
    click.echo(rendered(found, form, moment), nl=False)
    return EXIT_ERROR if found.outcome == "invalid" else EXIT_IN_SYNC
