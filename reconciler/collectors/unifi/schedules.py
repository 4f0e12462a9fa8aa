"""When a policy or a rule of a UniFi site is in force."""

from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.values import flag_of, list_of, object_of, text_of
from reconciler.model.fields.text import Names, Text
from reconciler.model.gate import Gate
from reconciler.model.value import Value


class RuleSchedule(Value):
    """The times when a rule is active."""

    mode: Annotated[
        Text, Field(description="Mode: ALWAYS, EVERY_DAY, EVERY_WEEK, ONE_TIME_ONLY or CUSTOM")
    ] = "ALWAYS"
    days: Annotated[
        Names, Field(description="Days of the week: mon, tue, …; only with EVERY_WEEK and CUSTOM")
    ] = ()
    date_start: Annotated[Text | None, Field(description="First date: 2026-12-24")] = None
    date_end: Annotated[Text | None, Field(description="Last date: 2026-12-26")] = None
    start: Annotated[Text | None, Field(description="Start time: 22:00; null: all day")] = None
    end: Annotated[Text | None, Field(description="End time: 06:00; null: all day")] = None


class Schedule(RuleSchedule):
    """The times when a policy is active."""

    date: Annotated[Text | None, Field(description="Date: 2026-12-24; only with ONE_TIME_ONLY")] = None


_TIMED = frozenset({"EVERY_DAY", "EVERY_WEEK", "ONE_TIME_ONLY", "CUSTOM"})
_DATES = ("date", "date_start", "date_end")
ONCE = "ONE_TIME_ONLY"


def schedule_gates(once: tuple[str, ...] = ("date",)) -> tuple[Gate, ...]:
    """Return the gates of a field `schedule`; `once` as for `schedule_of`."""
    modes = {date: {ONCE} if date in once else set() for date in _DATES}
    for date in ("date_start", "date_end"):
        modes[date].add("CUSTOM")
    dates = (
        Gate("/schedule/mode", (f"/schedule/{date}",), frozenset(opened_by))
        for date, opened_by in modes.items()
        if opened_by
    )
    return (
        Gate("/schedule/mode", ("/schedule/days",), frozenset({"EVERY_WEEK", "CUSTOM"})),
        *dates,
        Gate("/schedule/mode", ("/schedule/start", "/schedule/end"), _TIMED),
    )


SCHEDULE_GATES = schedule_gates()


def schedule_of(given: object, once: tuple[str, ...] = ("date",)) -> dict[str, Any]:
    """Return when a policy is in force: days and hours of another mode are stale.

    `once` names the dates of a policy that is in force only once. Raises `ValueError` for values of another
    type.
    """
    schedule = object_of(given)
    if not schedule:
        return {}
    mode = text_of(schedule.get("mode") or "ALWAYS")
    found: dict[str, Any] = {"mode": mode}
    if mode == "ALWAYS":
        return found
    if mode in {"EVERY_WEEK", "CUSTOM"}:
        found["days"] = list_of(schedule.get("repeat_on_days"))
    dates = {ONCE: once, "CUSTOM": ("date_start", "date_end")}.get(mode, ())
    found |= {key: schedule[key] for key in dates if schedule.get(key)}
    if not flag_of(schedule.get("time_all_day")):
        found |= {
            field: schedule[key]
            for field, key in (("start", "time_range_start"), ("end", "time_range_end"))
            if schedule.get(key)
        }
    return found
