"""How much a finding weighs, and from which weight on it fails a run."""

from typing import Literal

Severity = Literal["info", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")
"""Least first."""

FailOn = Literal["info", "warning", "error", "never"]
"""The lowest severity that causes exit code 2; `never`: neither 2 nor 3."""
