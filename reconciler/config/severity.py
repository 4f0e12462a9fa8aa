"""The severity of findings, and the lowest severity that fails a run."""

from typing import Literal

Severity = Literal["info", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")
"""From least to most severe."""

FailOn = Literal["info", "warning", "error", "never"]
"""The lowest severity that causes exit code 2; `never`: neither 2 nor 3."""
