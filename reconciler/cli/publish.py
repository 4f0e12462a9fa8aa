"""`reconciler publish`: pages and `/v1` from the record, and what is done with releases.

No secret and no network, but for `--fetch` and the heartbeat; all but publishing itself needs no git and no
record either.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.context import Context, pass_context
from reconciler.errors import EXIT_ERROR, EXIT_IN_SYNC, EXIT_INCOMPLETE

if TYPE_CHECKING:
    from reconciler.config.file import Config


@click.command("publish")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Publish folder, instead of the configured one.",
)
@click.option(
    "--fetch",
    is_flag=True,
    help="Fetch the history and the pulse from their remote first; nothing is pushed.",
)
@click.option(
    "--mark-stale", is_flag=True, help="Mark stale data in the served release; run it from a timer."
)
@click.option(
    "--rollback",
    is_flag=False,
    flag_value="",
    metavar="[RELEASE]",
    help="Serve RELEASE again, or the previous one; the next run publishes again.",
)
@click.option("--hold", is_flag=True, help="With --rollback: publish nothing until --resume.")
@click.option("--resume", is_flag=True, help="End the hold after a rollback, and publish.")
@click.option("--check", is_flag=True, help="Verify every file of the served release.")
@pass_context
def command(context: Context, /, directory: Path | None, rollback: str | None, **flags: bool) -> int:
    """Build the /v1 tree and the pages from the record, or manage the published releases.

    --mark-stale, --rollback and --check use only the publish folder.
    """
    _refuse_wrong_use(rollback, flags)
    if flags["mark_stale"]:
        return _mark_stale(_folder(context, directory))
    if rollback is not None:
        return _roll_back(_folder(context, directory), rollback or None, hold=flags["hold"])
    if flags["check"]:
        return _check(context, _folder(context, directory))
    return _publish(context, directory, fetch=flags["fetch"], resume=flags["resume"])


def _refuse_wrong_use(rollback: str | None, flags: Mapping[str, bool]) -> None:
    """Raise `UsageError` for options that do not go together."""
    wanted = {**flags, "rollback": rollback is not None}
    given = [name for name in ("mark_stale", "rollback", "resume", "check") if wanted[name]]
    names = [f"--{name.replace('_', '-')}" for name in given]
    message = ""
    if len(names) > 1:
        message = f"choose one of {' and '.join(names)}"
    elif flags["hold"] and given != ["rollback"]:
        message = "--hold goes with --rollback"
    elif flags["fetch"] and given not in ([], ["resume"]):
        message = f"--fetch is for publishing, not for {names[0]}"
    if message:
        raise click.UsageError(message)


def _config(context: Context) -> "Config | None":
    """Return the configuration; None in a clone of only the history."""
    bare = context.named is None and not context.config_file.exists()
    return None if bare else context.config()


def _folder(context: Context, directory: Path | None) -> Path:
    from reconciler.jobs.releases import publish_folder

    return directory or publish_folder(_config(context))


def _publish(context: Context, directory: Path | None, *, fetch: bool, resume: bool) -> int:
    """Publish, and report that to the heartbeat of publishing."""
    from reconciler.jobs.watch import watched
    from reconciler.watch.ending import Ending

    config = _config(context)
    if config is None:
        return _published(context, config, directory, fetch=fetch, resume=resume)

    def publish() -> Ending:
        return Ending(_published(context, config, directory, fetch=fetch, resume=resume), published=True)

    return watched("publish", config, context.environment, context.warn, publish)


def _published(
    context: Context, config: "Config | None", directory: Path | None, *, fetch: bool, resume: bool
) -> int:
    from reconciler.jobs.publish import publish_record

    published, doubts = publish_record(config, directory, fetch=fetch, resume=resume)
    for trouble in doubts:
        click.echo(f"warning: {trouble}", err=True)
    if published.hold:
        click.echo(f"{published.hold.problem}; {published.release.name} stays")
        return EXIT_IN_SYNC
    click.echo(f"published {published.current}/v1 ({published.documents} documents, {published.written} new)")
    context.print_problems(published.problems)
    return EXIT_INCOMPLETE if published.problems else EXIT_IN_SYNC


def _mark_stale(directory: Path) -> int:
    from reconciler.jobs.releases import mark_stale

    marked = mark_stale(directory)
    sources = f" (sources: {', '.join(sorted(marked.sources))})" if marked.sources else ""
    if not marked.changed:
        state = f"is marked as out of date already{sources}" if marked.stale else "is not out of date"
        click.echo(f"release {marked.release} {state}")
    elif marked.stale:
        click.echo(f"marked {marked.changed} files of release {marked.release} as out of date{sources}")
    else:
        click.echo(f"unmarked {marked.changed} files: release {marked.release} is not out of date")
    return EXIT_IN_SYNC


def _roll_back(directory: Path, to: str | None, *, hold: bool) -> int:
    from reconciler.jobs.releases import roll_back

    result = roll_back(directory, to, hold=hold)
    after = (
        "nothing new is published until `reconciler publish --resume`"
        if hold
        else "the next run publishes again"
    )
    if result.release == result.before:
        click.echo(f"release {result.release} is served already; {after}")
    else:
        instead = f" instead of {result.before}" if result.before else ""
        click.echo(f"release {result.release} is served{instead}; {after}")
    return EXIT_IN_SYNC


def _check(context: Context, directory: Path) -> int:
    from reconciler.jobs.releases import check

    checked = check(directory)
    context.print_problems(checked.problems)
    if checked.problems:
        return EXIT_ERROR
    click.echo(
        f"release {checked.release} is as it was published ({checked.files} files, {checked.bytes:,} bytes)"
    )
    return EXIT_IN_SYNC
