"""`reconciler adopt`: desired state for the live resources, so that no one types 200 guests."""

import click

from reconciler.cli import reports
from reconciler.cli.context import Context, pass_context


@click.command("adopt")
@click.option("--all", "everything", is_flag=True, help="Every declarable kind: the default.")
@click.option(
    "--write", is_flag=True, help="Write the files instead of printing them; none of them may exist."
)
@click.option(
    "--only",
    multiple=True,
    metavar="SOURCE/KIND",
    callback=reports.source_kind,
    help="Only these kinds (pve/guest): what goes into one file.",
)
@pass_context
def command(context: Context, everything: bool, write: bool, only: frozenset[tuple[str, str]]) -> int:
    """Print or write desired state for the live resources.

    One file for each kind, of exact rows.
    """
    del everything
    from reconciler.desired.adopt import stream
    from reconciler.drift.exit_code import exit_code
    from reconciler.jobs.adopt import adopt_live, write_new
    from reconciler.report.escape import escape_terminal

    config = context.config()
    with context.progress() as progress:
        adoption = adopt_live(config, context.environment, progress, only)
    texts = adoption.files
    if write:
        click.echo(_written(write_new(config, texts), config.settings.desired_state))
    else:
        whole = len(only) == 1 and len(texts) == 1
        text = next(iter(texts.values())) if whole else stream(texts, config.settings.desired_state)
        click.echo(text.encode(), nl=False)
    reports.all_failed(adoption.run)
    for reason in adoption.left_out:
        click.echo(f"left out: {escape_terminal(reason, 500)}", err=True)
    statuses = [source.status for source in adoption.run.sources.values()]
    return exit_code(statuses, incomplete=bool(adoption.left_out))


def _written(files: int, directory: str) -> str:
    """Return a sentence about the files that were written."""
    from reconciler.text import counted

    return f"wrote {counted(files, 'file')} below {directory}; check them with `reconciler validate`"
