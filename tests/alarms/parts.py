"""Sinks, situations and what a sink is sent of them."""

from collections.abc import Mapping
from typing import Any

from reconciler.alarms.news import News, news, sent
from reconciler.alarms.situation import Situation
from reconciler.alarms.state import SinkState
from reconciler.config.alarms import SINKS, Sink
from reconciler.errors import Problem
from reconciler.model.alarm import RunStep
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded
from tests.drift import house

WELL: dict[RunStep, tuple[Problem, ...]] = {"load": (), "record": (), "publish": ()}
MORE: dict[str, dict[str, Any]] = {
    "webhook": {"url": "https://chat.lan/hooks/abc"},
    "ntfy": {"url": "https://ntfy.lan/drift"},
    "email": {"host": "smtp.lan", "from": "drift@site.example", "to": ["ops@site.example"]},
}


def sink(type_: str = "webhook", **settings: Any) -> Sink:
    """A sink of a type, with some settings of its own."""
    return SINKS[type_].model_validate({"name": "chat", "type": type_, **MORE[type_], **settings})


def situation(made: Recorded) -> Situation:
    """A run as alarms read it."""
    rows: Mapping[Key, Any] = made.inventory.config
    return Situation(made.report, made.inventory.as_of, lambda key: rows.get(key, {}).get("tags") or [])


class Reader:
    """What someone who reads all messages of a sink knows."""

    def __init__(self, to: Sink | None = None) -> None:
        self.sink = to or sink(severity="info")
        self.state: SinkState | None = None

    def gets(self, made: Recorded | None, steps: Any = None) -> News:
        """Return the news of a run, which there must be."""
        found = self.sends(made, steps)
        assert found is not None
        return found

    def sends(self, made: Recorded | None, steps: Any = None, *, arrives: bool = True) -> News | None:
        """Return the news of a run, which arrive or not."""
        now = None if made is None else situation(made)
        steps = WELL if steps is None else steps
        found = news(self.state, now, steps, self.sink)
        if found is not None and arrives:
            run = made.report.run if made else house.run()
            self.state = sent(self.state, now, steps, self.sink, run)
        return found


def changes(found: News | None) -> list[tuple[str, str]]:
    """The causes in news, as (change, key)."""
    return sorted((each.change, str(each.cause.key)) for each in found.causes) if found else []
