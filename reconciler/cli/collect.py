"""`reconciler collect`: the live state as a snapshot file."""

import click

from reconciler.cli import reports
from reconciler.cli.context import Context, pass_context


@click.command("collect")
@click.option(
    "--output", "target", required=True, metavar="FILE", help="Snapshot file; - is standard output."
)
@pass_context
def command(context: Context, target: str) -> int:
    """Read the live state into a snapshot file."""
    from reconciler import files
    from reconciler.drift.exit_code import exit_code
    from reconciler.jobs.collect import collect_live
    from reconciler.jobs.steps import without_cyclic_gc
    from reconciler.kinds import kinds_of
    from reconciler.model.snapshot import dump_resources, snapshot_document
    from reconciler.report.escape import escape_terminal
    from reconciler.report.unreadable import source_problem

    config = context.config()
    with context.progress() as progress, without_cyclic_gc():
        snapshot = collect_live(config, context.environment, progress)
        rows = dump_resources(snapshot.resources, kinds_of(config))
    reports.write(target, files.canonical(snapshot_document(snapshot.run, snapshot.scopes, rows)))
    reports.all_failed(snapshot.run)
    partial = [(name, source) for name, source in snapshot.run.sources.items() if source.status != "complete"]
    for name, source in partial:
        why = source_problem(name, source, snapshot.scopes)
        click.echo(f"warning: {name} is {source.status}: {escape_terminal(why, 500)}", err=True)
    statuses = [source.status for source in snapshot.run.sources.values()]
    return exit_code(statuses, incomplete=bool(partial))
