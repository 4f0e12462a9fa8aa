"""`reconciler validate`: are config, ignore rules and desired state well-formed? No network, no secret."""

import click

from reconciler.cli.context import Context, pass_context


@click.command("validate")
@pass_context
def command(context: Context) -> int:
    """Check config, ignore rules and desired state; needs no network."""
    from reconciler import pipeline

    config = context.config()
    desired, ignores = pipeline.load_all(config)
    rules = f", {len(ignores)} ignore rules" if ignores else ""
    click.echo(
        f"{config.file} and {config.settings.desired_state}/ are well-formed: "
        f"{len(desired.resources)} resources of {len(desired.opted_in)} kinds are declared{rules}"
    )
    return 0
