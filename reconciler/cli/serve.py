"""`reconciler serve`: the published tree on this machine; for a LAN, use nginx or Caddy."""

from contextlib import suppress
from pathlib import Path
from threading import Event

import click

from reconciler.cli.context import Context, pass_context

PORT = 8080
"""Where `serve` listens where no other port is given."""


def _origins(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    from reconciler.config.addresses import origin

    try:
        return tuple(origin(value) for value in values)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0: any free port.",
)
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Publish folder, instead of the configured one.",
)
@click.option(
    "--origin",
    "origins",
    multiple=True,
    callback=_origins,
    help="Origin whose pages may read /v1 in a browser, instead of publish.origins; may be repeated.",
)
@pass_context
def command(context: Context, host: str, port: int, directory: Path | None, origins: tuple[str, ...]) -> int:
    """Serve the published tree on this machine."""
    from reconciler.publish import release
    from reconciler.publish.serve.server import ReleaseServer

    if directory is None:
        config = context.config()
        directory, origins = config.publish_directory, origins or tuple(config.settings.publish.origins)
    with ReleaseServer(directory, host=host, port=port, origins=origins) as server:
        click.echo(f"serving {directory} at {server.url}/ (documents below /v1; Ctrl-C ends it)")
        if release.current(directory) is None:
            remedy = "`reconciler run` or `reconciler publish` puts it there, and it is served then"
            click.echo(f"warning: {directory}: nothing is published there yet; {remedy}", err=True)
        with suppress(KeyboardInterrupt):
            Event().wait()
    return 0
