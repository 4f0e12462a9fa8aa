"""Send to all sinks at once: each for a bounded time, and none stops another."""

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from reconciler.alarms.sinks.context import SinkContext, subject
from reconciler.config.alarms import EmailSink, NtfySink, Sink, WebhookSink
from reconciler.errors import Problem, ReconcilerError
from reconciler.isolation import isolated
from reconciler.model.alarm import Alarm
from reconciler.model.deadline import Deadline

DELIVERY_SECONDS = 20.0
"""Longest time for all sinks together."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How sending to a sink went."""

    sink: str
    problems: tuple[Problem, ...] = ()
    """Why it was not delivered, or what else went wrong."""
    delivered: bool = False


def deliver(
    alarms: Sequence[tuple[Sink, Alarm]],
    environment: Mapping[str, str],
    root: Path,
    seconds: float = DELIVERY_SECONDS,
) -> tuple[Delivery, ...]:
    """Send each alarm to its sink; return how it went, in the same order.

    A sink that is not through in time is given up: it may have been notified, and will be again.
    """
    late = Problem("", f"no answer within {seconds:g} s", "check that server", "timeout")
    ends = time.monotonic() + seconds
    context = SinkContext(environment, root, Deadline(ends, late))
    results: queue.SimpleQueue[tuple[int, Delivery]] = queue.SimpleQueue()
    for number, (sink, alarm) in enumerate(alarms):
        # A daemon: a server that sends a byte a second must not keep the process from ending.
        work = partial(_put, results, number, partial(_send, sink, alarm, context), sink.name)
        threading.Thread(target=work, name=f"alarm-{sink.name}", daemon=True).start()
    found: dict[int, Delivery] = {}
    while len(found) < len(alarms):
        try:
            number, delivery = results.get(timeout=max(0.0, ends + 0.5 - time.monotonic()))
        except queue.Empty:
            break
        found[number] = delivery
    return tuple(found.get(number) or _late(sink, late) for number, (sink, _) in enumerate(alarms))


def _late(sink: Sink, late: Problem) -> Delivery:
    return Delivery(sink.name, (Problem(subject(sink.name), late.what, late.remedy, late.cause),))


def _put(
    results: "queue.SimpleQueue[tuple[int, Delivery]]",
    number: int,
    send: Callable[[], Delivery],
    name: str,
) -> None:
    outcome = isolated(subject(name), send)
    if isinstance(outcome, Problem):
        outcome = Delivery(name, (outcome,))
    results.put((number, outcome))


def _send(sink: Sink, alarm: Alarm, context: SinkContext) -> Delivery:
    try:
        problem = _sender(sink)(sink, alarm, context)
    except ReconcilerError as error:
        return Delivery(sink.name, error.problems)
    return Delivery(sink.name, (problem,) if isinstance(problem, Problem) else (), delivered=True)


def _sender(sink: Sink) -> Callable[[Any, Alarm, SinkContext], Problem | None]:
    """Return the function of a type of sink, imported only when it is used."""
    match sink:
        case WebhookSink():
            from reconciler.alarms.sinks import webhook

            return webhook.send
        case NtfySink():
            from reconciler.alarms.sinks import ntfy

            return ntfy.send
        case EmailSink():
            from reconciler.alarms.sinks import email

            return email.send
