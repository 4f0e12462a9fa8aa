"""Bars for amounts: how long each part is, and where a limit stands. A pure function of the amounts."""

from collections.abc import Iterable
from typing import NamedTuple

LENGTH = 300
"""Of a bar that is as long as the scale."""


class BarPart(NamedTuple):
    """A part of a bar."""

    x: float
    width: float
    role: str
    """Class of its colour; `over` for what is beyond the limit."""


class AmountBar(NamedTuple):
    """Amounts side by side, with a limit."""

    parts: tuple[BarPart, ...]
    limit: float | None
    """Where the limit stands; None: there is none."""
    mark: float | None
    """Where a measured value stands."""


def bar(
    amounts: Iterable[tuple[float, str]],
    scale: float,
    limit: float | None = None,
    mark: float | None = None,
    *,
    is_hard: bool = True,
) -> AmountBar:
    """Return a bar of amounts, each with its role; beyond a hard limit they become parts of their own."""

    def wide(amount: float) -> float:
        return amount / scale * LENGTH if scale > 0 else 0.0

    parts: list[BarPart] = []
    start = 0.0
    for amount, role in amounts:
        end = start + amount
        edge = min(max(limit, start), end) if limit is not None and is_hard else end
        for low, high, own in ((start, edge, role), (edge, end, "over")):
            if high > low:
                parts.append(BarPart(round(wide(low), 1), round(wide(high - low), 1), own))
        start = end
    at = [None if each is None else round(min(wide(each), LENGTH), 1) for each in (limit, mark)]
    return AmountBar(tuple(parts), *at)


def size(mib: float) -> str:
    """Return an amount of MiB as people write it: `512 MiB`, `76.3 GiB`, `1.5 TiB`."""
    for unit in ("MiB", "GiB", "TiB"):
        if abs(mib) < 1024 or unit == "TiB":
            break
        mib /= 1024
    return f"{mib:.1f}".removesuffix(".0") + f" {unit}"
