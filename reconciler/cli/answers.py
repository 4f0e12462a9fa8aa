"""The options and outputs of commands that answer a question: `history`, `show`, `who` and the like."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reconciler.cli.context import Context
from reconciler.errors import EXIT_IN_SYNC

if TYPE_CHECKING:
    from reconciler.config.file import Config
    from reconciler.model.timeline import Answer

F = TypeVar("F", bound=Callable[..., Any])

format_option = click.option(
    "--format",
    "answer_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)

at_option = click.option(
    "--at",
    metavar="DATE|REF|RUN",
    help="Show the state at that time. A DATE is 2026-11-24 (the end of that day), '2026-11-24 "
    "13:00' in the time zone of this machine, 2026-11-24T13:00:00Z, yesterday, or an age "
    "such as 24h. A REF is a commit or branch of the history, or of the desired state (the "
    "state recorded at the time of that commit). A RUN is a run id or its beginning.",
)


def limit(default: int) -> Callable[[F], F]:
    """Return the option that bounds an answer."""
    return click.option(
        "--limit",
        type=click.IntRange(min=0),
        default=default,
        show_default=True,
        help="Maximum number of entries to show; 0: all.",
    )


def config(context: Context) -> "Config | None":
    """Return the configuration; None in a clone of only the history, which has none."""
    if context.named is None and not context.config_file.exists():
        return None
    return context.config()


def moment(at: str | None) -> datetime | str | None:
    """Return the time that `--at` stands for; a run or a ref as it is."""
    from reconciler.jobs.steps import now
    from reconciler.model.when import parse_when

    return at if at is None else parse_when(at, now(), end_of_day=True) or at


def show(context: Context, answer: "Answer", lines: Iterable[str], answer_format: str) -> int:
    """Print an answer, and on standard error what it may lack; return the exit code."""
    if answer_format == "json":
        from reconciler import files
        from reconciler.model.snapshot import SCHEMA_VERSION

        document = {"schema_version": SCHEMA_VERSION, **answer.model_dump(mode="json")}
        click.echo(files.canonical(document), nl=False)
    else:
        for line in lines:
            click.echo(line)
    for problem in answer.problems:
        click.echo(f"warning: {escaped(str(problem))}", err=True)
    return EXIT_IN_SYNC


def escaped(text: str) -> str:
    """Return untrusted text for a line of the terminal."""
    from reconciler.report.escape import escape_terminal

    return escape_terminal(text, 500)
