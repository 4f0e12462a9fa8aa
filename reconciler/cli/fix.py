"""`reconciler fix`: print what settles a finding; nothing is sent."""

import sys

import click

from reconciler.cli.context import Context, pass_context


@click.command("fix")
@click.argument("findings", nargs=-1, metavar="[FINDING]...")
@click.option("--cause", metavar="ID", help="Only the cause of this finding, with its consequences.")
@click.option("--shell", "as_shell", is_flag=True, help="Print a shell script with comments.")
@click.option("--json", "as_json", is_flag=True, help="Print a list: id, key, path and fix of each finding.")
@pass_context
def command(
    context: Context, findings: tuple[str, ...], cause: str | None, as_shell: bool, as_json: bool
) -> int:
    """Print the commands that resolve findings; nothing is executed.

    FINDING is the id of a finding or its beginning, a resource key (pve/guest/101), a kind (pve/guest) or
    a source; the default is every cause of the last recorded run. Needs neither network nor secrets.
    """
    if as_shell and as_json:
        message = "--shell and --json exclude each other"
        raise click.UsageError(message)
    if findings and cause is not None:
        message = "name findings, or a --cause, not both"
        raise click.UsageError(message)
    from reconciler import files
    from reconciler.jobs.fix import fix_recorded
    from reconciler.report import settled

    found = fix_recorded(context.config(), findings, cause)
    for problem in found.warnings:
        click.echo(f"warning: {problem}", err=True)
    if as_json:
        click.echo(files.canonical(settled.to_rows(found.each)), nl=False)
    elif as_shell:
        click.echo(settled.to_shell(found.entries, found.run).encode(), nl=False)
    else:
        click.echo(_for_stream(settled.to_text(found.entries, found.run)), nl=False)
    return 0


def _for_stream(text: str) -> str | bytes:
    """Return text as standard output takes it; as UTF-8 where it would change a word of a command."""
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return text.encode()
    return text
