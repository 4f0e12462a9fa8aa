"""`reconciler validate`: are config, ignore rules and desired state well-formed? No network, no secret."""

import click

from reconciler.cli.context import Context, pass_context


@click.command("validate")
@pass_context
def command(context: Context) -> int:
    """Check config, ignore rules and desired state; needs no network."""
    from reconciler.drift import rules
    from reconciler.jobs.steps import load_all
    from reconciler.kinds import RULES
    from reconciler.text import printable
    from reconciler.yamlfile.validation import did_you_mean

    config = context.config()
    desired, ignores = load_all(config)
    for name in rules.unknown(config.settings.drift.severity.rules, RULES):
        what = f"no rule of this version has the name {printable(name)}{did_you_mean(name, RULES)}"
        click.echo(f"warning: drift.severity.rules: {what}", err=True)
    told = f", {len(ignores)} ignore rules" if ignores else ""
    click.echo(
        f"{config.file} and {config.settings.desired_state}/ are well-formed: "
        f"{len(desired.resources)} resources of {len(desired.opted_in)} kinds are declared{told}"
    )
    return 0
