"""The last runs as a strip of bars: colour is the verdict, hollow is incomplete, a space is a gap.

Drawn as SVG by the server, so that it needs no script; the same is listed as text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log2

from reconciler.model.run_entry import RunEntry
from reconciler.publish.pages.words import run_page
from reconciler.report.sections import moment
from reconciler.text import counted, enumerated

MOST = 96
HEIGHT = 40
STEP = 10
"""Width of a bar with the space after it."""
_BAR = 7
_LOWEST = 12
_LATE = 1.75
"""Times the interval between runs, after which a run is missing."""

_WORDS = {"in_sync": "in sync", "drifted": "drifted", "incomplete": "incomplete"}
_NOUNS = {"error": "error", "warning": "warning", "info": "note"}


@dataclass(frozen=True, slots=True)
class Bar:
    """A run, or the gap before one."""

    x: int
    y: int
    height: int
    width: int
    look: str
    """Its class: good, warning, error or gap."""
    hollow: bool
    title: str
    page: str | None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StripSpan:
    """Runs in a row with the same outcome, for the list."""

    words: str
    first: datetime
    last: datetime
    count: int
    page: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The picture and the list."""

    bars: tuple[Bar, ...]
    spans: tuple[StripSpan, ...]
    width: int
    height: int = HEIGHT


def strip(runs: Sequence[RunEntry], interval: timedelta) -> Strip:
    """Return the strip of the last runs; `interval` is the time between two of them."""
    last = runs[-MOST:]
    most = max((sum(each.findings.values()) for each in last), default=0)
    bars: list[Bar] = []
    before: RunEntry | None = None
    for run in last:
        if before is not None and run.at - before.at > _LATE * interval:
            title = f"no run between {moment(before.at)} and {moment(run.at)}"
            bars.append(Bar(len(bars) * STEP, HEIGHT - 2, 2, _BAR, "gap", False, title, None))  # noqa: FBT003
        bars.append(_bar(run, len(bars), most))
        before = run
    kept = bars[-MOST:]
    moved = [_at(bar, number) for number, bar in enumerate(kept)]
    return Strip(tuple(moved), tuple(_spans(last)), max(len(moved), 1) * STEP - (STEP - _BAR))


def _at(bar: Bar, number: int) -> Bar:
    return Bar(number * STEP, bar.y, bar.height, bar.width, bar.look, bar.hollow, bar.title, bar.page, bar.at)


def _bar(run: RunEntry, number: int, most: int) -> Bar:
    found = sum(run.findings.values())
    share = log2(1 + found) / log2(1 + most) if most else 0.0
    height = round(_LOWEST + (HEIGHT - _LOWEST) * share)
    title = f"{moment(run.at)}: {_outcome(run)}, {_counts(run)}"
    hollow = run.verdict == "incomplete"
    return Bar(
        number * STEP, HEIGHT - height, height, _BAR, _look(run), hollow, title, run_page(run.id), run.at
    )


def _look(run: RunEntry) -> str:
    if run.findings.get("error"):
        return "error"
    return "good" if run.verdict == "in_sync" else "warning"


def _outcome(run: RunEntry) -> str:
    short = [name for name, state in run.sources.items() if state != "complete"]
    word = _WORDS[run.verdict]
    return f"{word} ({enumerated(short)} not read in full)" if short else word


def _counts(run: RunEntry) -> str:
    counts = [counted(run.findings[each], noun) for each, noun in _NOUNS.items() if run.findings.get(each, 0)]
    return ", ".join(counts) or "no findings"


def _spans(runs: Sequence[RunEntry]) -> Iterator[StripSpan]:
    """Yield the runs, newest first; those in a row with the same outcome and counts together."""
    together: list[RunEntry] = []
    for run in reversed(runs):
        if together and _words(run) != _words(together[0]):
            yield _span(together)
            together = []
        together.append(run)
    if together:
        yield _span(together)


def _span(together: Sequence[RunEntry]) -> StripSpan:
    newest = together[0]
    return StripSpan(_words(newest), together[-1].at, newest.at, len(together), run_page(newest.id))


def _words(run: RunEntry) -> str:
    return f"{_outcome(run)}, {_counts(run)}"
