"""`reconciler review-open`: reviews of all open pull requests, for the scheduled job."""

import click

from reconciler.cli.context import Context, pass_context
from reconciler.errors import EXIT_ERROR, EXIT_IN_SYNC


@click.command("review-open")
@pass_context
def command(context: Context) -> int:
    """Review every open pull request, and update its comment.

    For pull requests from forks, whose own workflow may not comment. Their commits are fetched and read
    with git, never checked out. Exit code 1 if one of them could not be reviewed.
    """
    from reconciler.cli.review import report
    from reconciler.jobs.comment import review_open

    config, failed = context.config(), False
    with context.progress() as progress:
        for each in review_open(config, context.environment, progress):
            context.print_problems(each.problems)
            failed |= bool(each.problems)
            if each.posted is not None:
                report(each.number, each.posted)
    return EXIT_ERROR if failed else EXIT_IN_SYNC
