"""How often a lost race is repeated, and how long to wait before it."""

import random

ATTEMPTS = 8
_FIRST = 0.1
_LONGEST = 5.0


def pause(attempt: int) -> float:
    """Return the seconds before attempt 1, 2 …: doubling, and random, so that two losers do not collide."""
    return min(_LONGEST, _FIRST * float(1 << attempt)) * random.SystemRandom().uniform(0.5, 1)
