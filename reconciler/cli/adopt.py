"""`reconciler adopt`: desired state for what is live, so that no one types 200 guests."""

from typing import TYPE_CHECKING

import click

from reconciler.cli import edits, reports
from reconciler.cli.context import Context, pass_context

if TYPE_CHECKING:
    from reconciler.config.file import Config
    from reconciler.jobs.adopt_choice import Request
    from reconciler.jobs.merge import Merged


@click.command("adopt")
@click.argument("names", nargs=-1, metavar="[SOURCE/KIND|KEY|FINDING]...")
@click.option("--cause", metavar="FINDING", help="Adopt a cause and all its consequences.")
@click.option(
    "--exact",
    is_flag=True,
    help="Add only what resources need to be exact: `exact: true`, undeclared fields, and files "
    "of kinds without one.",
)
@click.option(
    "--snapshot",
    metavar="FILE|RUN",
    help="Adopt a recorded state instead of the live state: a snapshot file, the id of a "
    "recorded run, or latest.",
)
@click.option(
    "--addresses",
    metavar="FILE",
    help="Adopt a list of addresses into site/address, instead of the live state: CSV, a Markdown table, or "
    "lines of `address name`.",
)
@click.option("--write", is_flag=True, help="Write the files; by default, only the difference is shown.")
@pass_context
def command(
    context: Context,
    names: tuple[str, ...],
    cause: str | None,
    exact: bool,
    snapshot: str | None,
    addresses: str | None,
    write: bool,
) -> int:
    """Write the live state into the desired state; show the difference first.

    Without arguments: everything that differs, and a file for each kind that has none. With arguments:
    only those kinds (pve/guest), resources (pve/guest/101) or findings (7454fda8f326, or its beginning).
    Comments, order, quotes and indentation of the files are kept.
    """
    from reconciler.drift.exit_code import exit_code
    from reconciler.jobs.adopt_choice import Request
    from reconciler.jobs.merge import write_merged
    from reconciler.report.escape import escape_terminal

    if addresses is not None and (names or cause or exact or snapshot):
        message = "--addresses goes with --write only: the addresses are those of the file"
        raise click.UsageError(message)
    config = context.config()
    merged = _merged(context, config, Request(names, cause, exact), snapshot, addresses)
    if live := snapshot is None and addresses is None:
        reports.all_failed(merged.run)
    folder = config.settings.desired_state
    if write:
        write_merged(config, merged)
        edits.count(folder, merged.replacements)
    else:
        edits.show(folder, merged.replacements)
    for note in merged.notes:
        click.echo(f"note: {escape_terminal(note, 500)}", err=True)
    for reason in merged.left_out:
        click.echo(f"left out: {escape_terminal(reason, 500)}", err=True)
    click.echo(_sentence(len(merged.replacements), folder, written=write), err=not write)
    statuses = [source.status for source in merged.run.sources.values()] if live else []
    return exit_code(statuses, incomplete=bool(merged.left_out))


def _merged(
    context: Context, config: "Config", request: "Request", snapshot: str | None, addresses: str | None
) -> "Merged":
    """Return what is taken over, from where it is asked for."""
    from reconciler.jobs.merge import merge_addresses, merge_live, merge_snapshot

    with context.progress() as progress:
        if addresses is not None:
            return merge_addresses(config, addresses)
        if snapshot is not None:
            return merge_snapshot(config, snapshot, progress, request)
        return merge_live(config, context.environment, progress, request)


def _sentence(files: int, folder: str, *, written: bool) -> str:
    """Return what was done, and what to do next."""
    from reconciler.text import counted

    if not files:
        return "nothing to adopt: no file changes"
    if written:
        return f"wrote {counted(files, 'file')} below {folder}; check them with `reconciler validate`"
    return f"nothing is written yet: {counted(files, 'file')} would change; add --write to write"
