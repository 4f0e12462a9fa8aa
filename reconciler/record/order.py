"""The order of runs: which of two readings of the site is the newer one, and their place in the history.

Runs that could be read before another began are older than it, whatever their clocks show. Of those that were
recorded in the meantime, moments are not compared: the clocks of two runners differ, and two runs may begin
in the same second. Durations are: a run that had taken longer when it was recorded than ours has taken by
now must have begun before ours. Where that is not so, it counts as the newer one: ours is then kept beside
it, and the next run settles it. So an older reading never replaces a newer one.
"""

import secrets
from datetime import UTC, datetime

from reconciler.model.recorded import Position

_RESOLUTION = 1.0
"""Seconds: the moment at which a run began is known no better."""


def seconds_since(moment: datetime) -> float:
    """Return the seconds since a moment, by the clock of this machine."""
    return round((datetime.now(UTC) - moment).total_seconds(), 3)


def may_be_newer(took: float | None, began: datetime) -> bool:
    """Return whether a run that was recorded after ours began (at `began`) may have begun after it too.

    `took`: how long that run had taken when it was recorded.
    """
    return took is None or took - _RESOLUTION <= seconds_since(began)


def next_position(tip: Position | None, lost: int = 0) -> Position:
    """Return the place of the next commit on a tip; `lost`: the last serial of a history that went back."""
    if tip is None:
        return Position(secrets.token_hex(6), lost + 1)
    return Position(tip.lineage, max(tip.serial, lost) + 1)


def parse_took(value: object) -> float | None:
    """Return how long a run took from JSON; None for anything else."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
