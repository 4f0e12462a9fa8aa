"""`reconciler try-alarms`: send a test to the sinks of alarms."""

import click

from reconciler.cli.context import Context, pass_context
from reconciler.errors import EXIT_ERROR, EXIT_IN_SYNC


@click.command("try-alarms")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@pass_context
def command(context: Context, names: tuple[str, ...]) -> int:
    """Send a test message to the alarm sinks.

    Reads only the configuration, and the secrets of these sinks from the environment. Exit code 0 if all
    sinks accepted the message, 1 if one did not.
    """
    from reconciler.jobs.alarms import try_sinks

    deliveries = try_sinks(context.config(), context.environment, names)
    for each in deliveries:
        click.echo(f"{each.sink}: {'delivered' if each.delivered else 'not delivered'}")
    context.print_problems(problem for each in deliveries for problem in each.problems)
    return EXIT_IN_SYNC if all(each.delivered for each in deliveries) else EXIT_ERROR
