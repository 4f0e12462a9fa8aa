"""How things are measured: medians of wall or CPU time, and rows of a table."""

import re
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FULL = 10_000
"""Guests of the site that the budgets in L are stated for; smaller sites pay the same fixed costs."""


@dataclass(frozen=True)
class Ratio:
    """One budget: what was measured, its floor, and how much of it may be used."""

    step: str
    guests: int
    seconds: float
    """Or KB or MB, where the unit says so and the floor is 1."""
    floor: float
    budget: float
    unit: str = "L"
    at: tuple[int, ...] | None = None
    """The sizes that the budget is stated for; None: those in L for the full site, others for all."""

    @property
    def ratio(self) -> float:
        """Measured in floors."""
        return self.seconds / self.floor

    @property
    def met(self) -> bool:
        """Whether the budget holds."""
        return self.ratio <= self.budget

    @property
    def stated(self) -> bool:
        """Whether the budget is one at this size."""
        if self.at is not None:
            return self.guests in self.at
        return self.unit != "L" or self.guests >= FULL

    def line(self) -> str:
        """A row of the table."""
        sign = ("ok" if self.met else "OVER") if self.stated else "-"
        line = (
            f"{sign:<5}{self.step:<44}{self.guests:>7}  {self.ratio:>8.2f} of {self.budget:>6g} {self.unit}"
        )
        if self.floor == 1:
            return line
        return f"{line:<82}{self.seconds * 1000:>10.2f} ms, floor {self.floor * 1000:.2f} ms"

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "ratio": round(self.ratio, 3), "met": self.met if self.stated else None}


def peak() -> float:
    """Most memory this program had, in MB; `ru_maxrss` would count what forked it too."""
    status = Path("/proc/self/status").read_text()
    match = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert match, "this kernel does not tell"
    return int(match[1]) / 1024


def median(
    function: Callable[[], object], repeat: int = 5, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Median seconds of a call."""
    return statistics.median(_once(function, clock) for _ in range(repeat))


def _once(function: Callable[[], object], clock: Callable[[], float]) -> float:
    start = clock()
    result = function()
    took = clock() - start
    del result
    return took
