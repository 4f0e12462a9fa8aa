"""`reconciler publish`: the /v1 tree from the record; needs no network and no secret."""

from pathlib import Path

import click

from reconciler.cli.context import Context, pass_context
from reconciler.errors import EXIT_IN_SYNC, EXIT_INCOMPLETE


@click.command("publish")
@click.option(
    "--directory", type=click.Path(path_type=Path, file_okay=False), help="Instead of the configured one."
)
@pass_context
def command(context: Context, directory: Path | None) -> int:
    """Build the /v1 tree from the record."""
    from reconciler.jobs.publish import publish_record

    bare = context.named is None and not context.config_file.exists()
    published, doubts = publish_record(None if bare else context.config(), directory)
    for trouble in doubts:
        click.echo(f"warning: {trouble}", err=True)
    click.echo(f"published {published.current}/v1 ({published.documents} documents, {published.written} new)")
    context.print_problems(published.problems)
    return EXIT_INCOMPLETE if published.problems else EXIT_IN_SYNC
