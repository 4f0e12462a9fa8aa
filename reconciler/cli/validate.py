"""`reconciler validate`: are config, ignore rules and desired state well-formed? No network, no secret."""

import click

from reconciler.cli.context import Context, pass_context


@click.command("validate")
@pass_context
def command(context: Context) -> int:
    """Check config, ignore rules and desired state; needs no network."""
    from reconciler.drift import rules
    from reconciler.jobs.steps import load
    from reconciler.kinds import RULES
    from reconciler.text import counted, printable
    from reconciler.yamlfile.validation import did_you_mean

    config = context.config()
    intent = load(config)
    declared = intent.desired
    for name in rules.unknown(config.settings.drift.severity.rules, RULES):
        what = f"no rule of this version is named {printable(name)}{did_you_mean(name, RULES)}"
        click.echo(f"warning: drift.severity.rules: {what}", err=True)
    resources, kinds = counted(len(declared.resources), "resource"), counted(len(declared.opted_in), "kind")
    ignores = f", {counted(len(intent.ignores), 'ignore rule')}" if intent.ignores else ""
    click.echo(
        f"{config.file} and {config.settings.desired_state}/ are valid: {resources} of {kinds}{ignores}"
    )
    return 0
