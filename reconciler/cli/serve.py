"""`reconciler serve`: the published tree on this machine; for a LAN, use nginx or Caddy."""

from contextlib import suppress
from pathlib import Path
from threading import Event

import click

from reconciler.cli.context import Context, pass_context


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
@click.option(
    "--directory", type=click.Path(path_type=Path, file_okay=False), help="Instead of the configured one."
)
@pass_context
def command(context: Context, host: str, port: int, directory: Path | None) -> int:
    """Serve the published tree on this machine."""
    from reconciler.publish import release
    from reconciler.publish.serve.server import ReleaseServer

    directory = directory or context.config().publish_directory
    with ReleaseServer(directory, host=host, port=port) as server:
        click.echo(f"serving {directory} at {server.url}/v1 (Ctrl-C ends it)")
        if release.current(directory) is None:
            remedy = "`reconciler run` or `reconciler publish` puts it there, and it is served then"
            click.echo(f"warning: {directory}: nothing is published there yet; {remedy}", err=True)
        with suppress(KeyboardInterrupt):
            Event().wait()
    return 0
