"""`reconciler publish`: pages and /v1 from the record; needs no secret, and no network without `--fetch`."""

from pathlib import Path

import click

from reconciler.cli.context import Context, pass_context
from reconciler.errors import EXIT_IN_SYNC, EXIT_INCOMPLETE


@click.command("publish")
@click.option(
    "--directory", type=click.Path(path_type=Path, file_okay=False), help="Instead of the configured one."
)
@click.option(
    "--fetch",
    is_flag=True,
    help="Fetch the history and the pulse from their remote first; nothing is pushed.",
)
@pass_context
def command(context: Context, directory: Path | None, *, fetch: bool) -> int:
    """Build the /v1 tree from the record."""
    from reconciler.jobs.publish import publish_record

    bare = context.named is None and not context.config_file.exists()
    published, doubts = publish_record(None if bare else context.config(), directory, fetch=fetch)
    for trouble in doubts:
        click.echo(f"warning: {trouble}", err=True)
    click.echo(f"published {published.current}/v1 ({published.documents} documents, {published.written} new)")
    context.print_problems(published.problems)
    return EXIT_INCOMPLETE if published.problems else EXIT_IN_SYNC
