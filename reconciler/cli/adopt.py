"""`reconciler adopt --all`: desired state for the live resources, so that no one types 200 guests."""

import click

from reconciler.cli import reports
from reconciler.cli.context import Context, pass_context


@click.command("adopt")
@click.option(
    "--all", "everything", is_flag=True, required=True, help="Every resource of every declarable kind."
)
@click.option(
    "--only",
    multiple=True,
    metavar="SOURCE/KIND",
    callback=reports.source_kind,
    help="Only these kinds (pve/guest): what goes into one file.",
)
@pass_context
def command(context: Context, everything: bool, only: frozenset[tuple[str, str]]) -> int:
    """Print desired state for the live resources."""
    from reconciler.desired.adopt import stream
    from reconciler.drift.exit_code import exit_code
    from reconciler.jobs.adopt import adopt_live
    from reconciler.report.escape import escape_terminal

    config = context.config()
    with context.progress() as progress:
        adoption = adopt_live(config, context.environment, progress, only)
    texts = adoption.files
    whole = len(only) == 1 and len(texts) == 1
    text = next(iter(texts.values())) if whole else stream(texts, config.settings.desired_state)
    click.echo(text.encode(), nl=False)
    reports.sources_failed(adoption.run)
    for reason in adoption.left_out:
        click.echo(f"left out: {escape_terminal(reason, 500)}", err=True)
    statuses = [source.status for source in adoption.run.sources.values()]
    return exit_code(statuses, incomplete=bool(adoption.left_out))
