"""How much room a report has: the width, and the rows of one screen."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

PIPED_WIDTH = 120
"""Columns where there is no terminal to ask, and in CI, where a terminal has an arbitrary width."""

SCREEN_ROWS = 40
"""Rows up to which a report shows how to settle its findings, and at which one for a terminal is cut."""

LOG_ROWS = 250
"""Rows at which the blocks of a report for a file or a log are cut."""

MOST_ROWS = 20_000
"""The same for a report that was asked for in full."""


@dataclass(frozen=True, slots=True)
class Screen:
    """The room for a report, and how much of it is wanted."""

    width: int = PIPED_WIDTH
    rows: int = LOG_ROWS
    """Rows at which the list of blocks is cut."""
    full: bool = False
    """Show everything about each finding: `--verbose`, or a filter."""
    colour: bool = False
    """Whether the severity can be shown in colour; else it is a letter."""


def in_ci(environment: Mapping[str, str] | None = None) -> bool:
    """Return whether a CI runner reads the output: no one watches it, and its terminal has no real width."""
    value = (os.environ if environment is None else environment).get("CI", "")
    return value.strip().lower() not in {"", "0", "false", "no"}


def width_of(file: IO[str], environment: Mapping[str, str]) -> int | None:
    """Return the width to use; None to ask the terminal."""
    given = environment.get("COLUMNS", "")
    columns = int(given) if given.isascii() and given.isdigit() else 0
    if in_ci(environment):
        return max(columns, PIPED_WIDTH)
    if file.isatty() or columns:
        return None
    return PIPED_WIDTH
