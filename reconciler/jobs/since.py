"""A moment as people write it: a run, a date in this machine's time zone, an age, or a commit."""

import re
from datetime import UTC, datetime

from reconciler.config.file import Config
from reconciler.errors import Problem, ReconcilerError, UsageError
from reconciler.model.snapshot import moment_of as moment_of_run
from reconciler.model.when import parse_when
from reconciler.text import printable

FORMS = (
    "write a run, a date such as 2026-11-25 or 2026-11-25T12:38, yesterday, an age such as 24h, or a commit"
)

_RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")


def moment_of(config: Config, text: str, now: datetime) -> datetime | Problem:
    """Return the moment that a text stands for, in UTC; a problem if it stands for none.

    A date without a time is its midnight. Dates without an offset are in the zone of this machine. The time
    of a commit is that of its run, else the second before it was committed, so that a run within that second
    came after it.
    """
    found = _of_clock(text.strip(), now)
    if found is None:
        found = _of_run(config, text.strip())
    if found is None:
        found = _of_commit(config, text.strip())
    if found is None:
        subject = f"--since {printable(text[:100])}"
        return Problem(subject, "is not a run, a date, an age or a commit", FORMS)
    return found.astimezone(UTC)


def _of_clock(text: str, now: datetime) -> datetime | None:
    try:
        return moment_of_run(text) if _RUN.fullmatch(text) else parse_when(text, now)
    except (ValueError, UsageError):
        return None


def _of_run(config: Config, text: str) -> datetime | None:
    """Return the time of a run by the beginning of its id."""
    from reconciler import record
    from reconciler.record import queries

    if not queries.RUN_PREFIX.fullmatch(text):
        return None
    try:
        repository = record.open_repository(config.root, secrets=config.secret_variables)
        return moment_of_run(queries.whole_run_id(repository, config.settings.history, text))
    except (ReconcilerError, ValueError):
        return None


def _of_commit(config: Config, text: str) -> datetime | None:
    """Return the time of a commit of the history, of the desired state, or of any other branch."""
    from reconciler import record

    try:
        return record.commit_time(record.open_repository(config.root, secrets=config.secret_variables), text)
    except ReconcilerError:
        return None
