"""Text for people: printable, short, quoted, and in the order in which people count."""

import re

_SHOWN = 60
_RUNS = re.compile(r"([^0-9]*)([0-9]{0,18})")


def printable(text: str) -> str:
    """Return a text with every character escaped that a terminal would not print: it stays on its line."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def shown(text: str) -> str:
    """Return a text from outside for a message: printable, short and in quotes."""
    return f'"{printable(text[:_SHOWN])}{"…" if len(text) > _SHOWN else ""}"'


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 finding`, `2 findings`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def natural(text: str) -> tuple[tuple[str, int], ...]:
    """Return a sort key as people count: `net2` before `net10`, line 9 before line 10."""
    return tuple((word, int(digits or 0)) for word, digits in _RUNS.findall(text))
