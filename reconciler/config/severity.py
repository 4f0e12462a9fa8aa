"""The severity of findings, the side that moved, and the lowest severity that fails a run."""

from typing import Literal

Severity = Literal["info", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")
"""From least to most severe."""

Moved = Literal["live", "desired", "both", "never"]
"""The side that moved away from the value on which both agreed; never: they never agreed."""

FailOn = Literal["info", "warning", "error", "never"]
"""The lowest severity that causes exit code 2; `never`: neither 2 nor 3."""
