"""Times as people write them: a day, a day and a time in the zone of this machine, RFC 3339, or an age."""

import re
from datetime import UTC, date, datetime, time, timedelta

from reconciler.config.duration import duration
from reconciler.errors import Problem, UsageError
from reconciler.text import visible

_LOOKS_LIKE_ONE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[T ].*)?", re.DOTALL)
_DAYS = {"today": 0, "yesterday": 1}
_FORMS = "write 2026-11-24, 2026-11-24 13:00 (in the zone of this machine), or 2026-11-24T13:00:00Z"


def parse_when(text: str, now: datetime, *, end_of_day: bool = False) -> datetime | None:
    """Return the time that a text stands for, in UTC; None for what is not written like one.

    A day (also `today`, `yesterday`) is its beginning, or with `end_of_day` its last second. A time without a
    zone is in the zone of this machine. An age (`24h`) counts from `now`. Raises `UsageError` for one that
    does not exist: 2026-13-01.
    """
    stripped = text.strip()
    try:
        if stripped in _DAYS:
            day = now.astimezone().date() - timedelta(days=_DAYS[stripped])
            return _day(day, end_of_day=end_of_day).astimezone(UTC)
        if _LOOKS_LIKE_ONE.fullmatch(stripped):
            return _parsed(stripped, end_of_day=end_of_day).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError(Problem(visible(stripped, 60), "is not a time", _FORMS)) from None
    try:
        return now - duration(stripped)
    except (ValueError, OverflowError):
        return None


def _parsed(text: str, *, end_of_day: bool) -> datetime:
    if len(text) <= len("2026-11-24"):
        return _day(date.fromisoformat(text), end_of_day=end_of_day)
    moment = datetime.fromisoformat(re.sub(r"\s+(?=[+-]|[Zz]$)", "", text).replace("z", "Z"))
    return moment.astimezone() if moment.tzinfo is None else moment


def _day(day: date, *, end_of_day: bool) -> datetime:
    if not end_of_day:
        return datetime.combine(day, time()).astimezone()
    return datetime.combine(day + timedelta(days=1), time()).astimezone() - timedelta(seconds=1)
