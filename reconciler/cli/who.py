"""`reconciler who`: who has an address, a MAC address or a name, and since when."""

import click

from reconciler.cli import answers
from reconciler.cli.context import Context, pass_context


@click.command("who")
@click.argument("what", metavar="ADDRESS|MAC|NAME")
@answers.at_option
@answers.limit(20)
@answers.format_option
@pass_context
def command(context: Context, what: str, at: str | None, limit: int, answer_format: str) -> int:
    """Show who has an address, a MAC address or a name, and since when.

    Also accepts a VMID or a resource key. A MAC address may be in any notation; case does not matter.
    --limit applies to holders at other times. Times are UTC. Reads only git: needs no secrets, and no
    network except to fetch the record.
    """
    from reconciler.jobs.who import who
    from reconciler.report.who import lines

    with context.progress() as progress:
        answer = who(answers.config(context), what, answers.moment(at), limit, progress)
    return answers.show(context, answer, lines(answer), answer_format)
