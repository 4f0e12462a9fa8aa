"""`reconciler ignore`: silence findings, each with a reason and a last day."""

from typing import Any

import click

from reconciler.cli import edits
from reconciler.cli.context import Context, pass_context


@click.command("ignore")
@click.argument("findings", nargs=-1, metavar="[FINDING]...")
@click.option("--cause", metavar="FINDING", help="Silence the cause of this finding.")
@click.option("--reason", required=True, help="Why the finding is acceptable.")
@click.option("--until", required=True, metavar="DATE|DURATION", help="Last day: 2027-01-31, or 30d.")
@click.option("--owner", help="Person to contact.")
@click.option("--with-consequences", "consequences", is_flag=True, help="Also silence their consequences.")
@click.option("--dry-run", is_flag=True, help="Show the difference without writing anything.")
@pass_context
def command(
    context: Context,
    /,
    findings: tuple[str, ...],
    dry_run: bool,
    **rule: Any,
) -> int:
    """Silence findings, with a reason and a last day.

    Writes an ignore rule for each finding to config/ignore.yaml. FINDING is the id of a finding of the
    last recorded run, or its beginning. No source is read.
    """
    from reconciler.drift.ignore import FILE
    from reconciler.jobs.ignore import IgnoreRequest, silence_findings, write_silencing
    from reconciler.text import counted

    if not findings and rule["cause"] is None:
        message = "name a finding, or its cause with --cause; `reconciler drift` lists them"
        raise click.UsageError(message)
    config = context.config()
    request = IgnoreRequest(findings, **rule)
    with context.progress() as progress:
        silencing = silence_findings(config, progress, request)
    folder = config.named(config.file.parent)
    if not dry_run:
        write_silencing(config, silencing)
    edits.show(folder, {FILE: silencing.replacement})
    rules = counted(len(silencing.findings), "finding")
    if dry_run:
        click.echo(f"nothing is written: {rules} would be silenced until {silencing.until}", err=True)
    else:
        click.echo(f"silenced {rules} until {silencing.until} in {folder}/{FILE}", err=True)
    return 0
