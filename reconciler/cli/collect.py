"""`reconciler collect`: the live state as a snapshot file."""

import click

from reconciler.cli import reports
from reconciler.cli.context import Context, pass_context


@click.command("collect")
@click.option(
    "--output", "target", required=True, metavar="FILE", help="Where the snapshot goes; - is standard output."
)
@pass_context
def command(context: Context, target: str) -> int:
    """Read the live state into a snapshot file."""
    from reconciler import files, pipeline
    from reconciler.kinds import kinds_of
    from reconciler.model.snapshot import dump_resources, snapshot_document
    from reconciler.report.neutral import terminal

    config = context.config()
    with context.progress() as progress, pipeline.without_cyclic_gc():
        snapshot = pipeline.collect_live(config, context.environment, progress)
        rows = dump_resources(snapshot.resources, kinds_of(config))
    reports.write(target, files.canonical(snapshot_document(snapshot.run, snapshot.scopes, rows)))
    for name, source in snapshot.run.sources.items():
        if source.reason:
            click.echo(f"{name} is {source.status}: {terminal(source.reason, 500)}", err=True)
    return reports.reading_code(snapshot.run)
