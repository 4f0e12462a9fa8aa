"""The hold of a rollback: a file in the publish folder, while which nothing new is published."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reconciler.errors import Problem
from reconciler.files import canonical, parse_json, read_regular, write_atomically
from reconciler.model.value import parse_timestamp, timestamp
from reconciler.publish.release import HOLD

_RESUME = "`reconciler publish --resume` ends it"
_LARGEST = 4096


@dataclass(frozen=True, slots=True)
class Hold:
    """Since when a release is held; None where the file does not say."""

    since: datetime | None

    @property
    def problem(self) -> Problem:
        """Why nothing is published, and how to change that."""
        since = f" since {timestamp(self.since)}" if self.since else ""
        return Problem("publish", f"nothing is published: a rollback is on hold{since}", _RESUME)


def read_hold(directory: Path) -> Hold | None:
    """Return the hold of a publish folder, if there is one; raises `OSError` when that is not known."""
    try:
        data = read_regular(directory / HOLD, _LARGEST)
    except FileNotFoundError:
        return None
    try:
        return Hold(parse_timestamp(parse_json(data)["since"]))
    except (ValueError, KeyError, TypeError):
        return Hold(None)


def start_hold(directory: Path, now: datetime) -> None:
    """Hold a publish folder from now on."""
    write_atomically(directory / HOLD, canonical({"since": timestamp(now)}))


def end_hold(directory: Path) -> None:
    """Let new releases be published again."""
    (directory / HOLD).unlink(missing_ok=True)
