"""The arguments and options that choose a part of a report."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import click

from reconciler.config.severity import SEVERITIES, Severity

if TYPE_CHECKING:
    from reconciler.config.file import Config
    from reconciler.report.choice import Choice

F = TypeVar("F", bound=Callable[..., Any])

_SINCE = (
    "Show only findings that appeared or reappeared after this: a run, a commit, a date "
    "(2026-11-25, 2026-11-25T12:38, today, yesterday) in the time zone of this machine "
    "unless it ends in an offset or Z, or an age such as 24h. Reports print times in UTC."
)


class Filters(NamedTuple):
    """The filters of a command line, as they were written."""

    targets: tuple[str, ...]
    severity: Severity | None
    new: bool
    rules: tuple[str, ...]
    since: str | None

    def choose(self, config: "Config") -> "Choice":
        """Return the choice that it makes; raises `UsageError` with every name that does not exist."""
        from reconciler.jobs.choose import choose
        from reconciler.jobs.steps import now

        return choose(
            config,
            self.targets,
            severity=self.severity,
            new=self.new,
            rules=self.rules,
            since=self.since,
            now=now(),
        )


def options(function: F) -> F:
    """Add the arguments and options, as one argument `filters`."""

    @wraps(function)
    def command(*arguments: Any, **others: Any) -> Any:
        chosen = Filters(**{name: others.pop(name) for name in Filters._fields})
        return function(*arguments, filters=chosen, **others)

    wrapped: Callable[..., Any] = command
    for option in (
        click.option("--since", metavar="RUN|DATE|REF", help=_SINCE),
        click.option(
            "--rule",
            "rules",
            multiple=True,
            metavar="RULE",
            help="Show only findings of this rule, or of a type such as missing; can be repeated.",
        ),
        click.option(
            "--new", is_flag=True, help="Show only findings that the last recorded run did not have."
        ),
        click.option(
            "--severity",
            type=click.Choice(SEVERITIES),
            help="Show only findings of this severity or above.",
        ),
        click.argument("targets", nargs=-1, metavar="[KEY|SOURCE/KIND|SOURCE|FINDING]..."),
    ):
        wrapped = option(wrapped)
    return cast("F", wrapped)
