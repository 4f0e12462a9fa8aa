"""`reconciler validate`: are config, ignore rules and desired state well-formed? No network, no secret."""

import click

from reconciler.cli.context import Context, pass_context


@click.command("validate")
@click.option(
    "--base",
    metavar="COMMIT",
    help="Warn of secrets that would be sent to another server than in this commit.  [default: "
    "the last commit]",
)
@pass_context
def command(context: Context, base: str | None) -> int:
    """Check config, ignore rules and desired state; needs no network."""
    from reconciler.drift import rules
    from reconciler.drift.exactness import not_exact, without_file
    from reconciler.jobs.steps import load
    from reconciler.jobs.validate import secrets_in_doubt
    from reconciler.kinds import RULES, kinds_of
    from reconciler.report.lines import join_ids
    from reconciler.text import counted, printable
    from reconciler.yamlfile.validation import did_you_mean

    config = context.config()
    intent = load(config)
    declared = intent.desired
    for name in rules.unknown(config.settings.drift.severity.rules, RULES):
        what = f"no rule of this version is named {printable(name)}{did_you_mean(name, RULES)}"
        click.echo(f"warning: drift.severity.rules: {what}", err=True)
    for doubt in secrets_in_doubt(config, base):
        click.echo(f"warning: {doubt}", err=True)
    names = kinds_of(config)
    for pattern, known in config.settings.drift.severity.unmatched(names):
        what = f"{printable(pattern)} matches no configured source and kind{did_you_mean(pattern, known)}"
        click.echo(f"warning: drift.severity.unmanaged: {what}", err=True)
    resources, kinds = counted(len(declared.resources), "resource"), counted(len(declared.opted_in), "kind")
    ignores = f", {counted(len(intent.ignores), 'ignore rule')}" if intent.ignores else ""
    click.echo(
        f"{config.file} and {config.settings.desired_state}/ are valid: {resources} of {kinds}{ignores}"
    )
    loose, missing = list(not_exact(declared, names)), list(without_file(declared, names))
    if loose:
        some = join_ids([printable(str(key)) for key in loose[:5]], len(loose))
        click.echo(
            f"not exact, so only declared fields are compared: {counted(len(loose), 'resource')}: {some}"
        )
    if missing:
        click.echo(f"without a file, so never drift: {', '.join(missing)}")
    return 0
