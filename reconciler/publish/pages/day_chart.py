"""Findings by day as SVG: those that stood at the end of each day, and those that came and went."""

from collections.abc import Sequence
from typing import NamedTuple

from reconciler.publish.documents.history_days import HistoryDay
from reconciler.text import counted

STEP = 10
"""Width of a day, with the space after it."""
BAR = 8
HEIGHT = 80
"""Of the bars of open findings."""
MOVES = 30
"""Of the bars above and below the line: findings that came, and those that went."""
FEWEST = 31
"""So many days a chart is wide, however few are known."""


class DayBar(NamedTuple):
    """One rectangle."""

    x: int
    y: float
    height: float
    look: str
    """Its class: open, came, went or unknown."""
    title: str


class DayChart(NamedTuple):
    """The chart."""

    bars: tuple[DayBar, ...]
    width: int
    most: int
    """Findings at the top of the scale."""
    first: str
    """The first day: 2026-08-24."""
    last: str
    height: int = HEIGHT + 2 * MOVES + 10
    base: int = HEIGHT
    line: int = HEIGHT + 5 + MOVES
    bar: int = BAR


def day_chart(days: Sequence[HistoryDay]) -> DayChart | None:
    """Return the chart of days, which come newest first; None where nothing is known of any."""
    known = [each for each in days if each.open is not None]
    if not known:
        return None
    shown = list(reversed(days))
    most = max(each.open or 0 for each in known)
    moves = max(max(each.opened or 0, each.resolved or 0) for each in known)
    left = max(0, FEWEST - len(shown))
    bars: list[DayBar] = []
    for number, day in enumerate(shown, left):
        bars += _bars(day, number * STEP, most, moves)
    return DayChart(tuple(bars), (left + len(shown)) * STEP, most, shown[0].date, shown[-1].date)


def _bars(day: HistoryDay, x: int, most: int, moves: int) -> list[DayBar]:
    if day.open is None:
        return [DayBar(x, HEIGHT - 2, 2, "unknown", f"{day.date}: not known")]
    came, went = day.opened or 0, day.resolved or 0
    title = f"{day.date}: {counted(day.open, 'finding')} open, {came} new, {went} resolved"
    line = HEIGHT + 5 + MOVES
    tall, up, down = _scaled(day.open, most, HEIGHT), _scaled(came, moves, MOVES), _scaled(went, moves, MOVES)
    return [
        DayBar(x, HEIGHT - tall, tall, "open", title),
        *([DayBar(x, line - up, up, "came", title)] if came else []),
        *([DayBar(x, line, down, "went", title)] if went else []),
    ]


def _scaled(count: int, most: int, height: int) -> float:
    """Return the height of a bar; a single finding among thousands is still seen."""
    return round(max(height * count / most, 2), 1) if count else 0
