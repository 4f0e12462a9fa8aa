"""`reconciler history`: the runs, or the changes of one resource."""

import click

from reconciler.cli import answers
from reconciler.cli.context import Context, pass_context


@click.command("history")
@click.argument("key", required=False, metavar="[KEY]")
@answers.limit(50)
@answers.format_option
@pass_context
def command(context: Context, key: str | None, limit: int, answer_format: str) -> int:
    """List the recorded runs, or the changes of one resource.

    KEY is a resource key such as pve/guest/101, or an id or name that only one resource has. Newest
    first; times are UTC. Reads only git: needs no secrets, and no network except to fetch the record.
    """
    from reconciler.report import timeline as text

    with context.progress() as progress:
        if key is None:
            from reconciler.jobs.runs import runs

            listed = runs(answers.config(context), limit, progress)
            return answers.show(context, listed, text.runs(listed), answer_format)
        from reconciler.jobs.history import changes

        found = changes(answers.config(context), key, limit, progress)
    return answers.show(context, found, text.changes(found), answer_format)
