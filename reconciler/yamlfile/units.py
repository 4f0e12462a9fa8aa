"""Units of numbers: the one that the description of a field names, and amounts written in another one."""

import re
from collections.abc import Mapping

_BYTES = {"B": 2.0**-20, "K": 2.0**-10, "M": 1.0, "G": 2.0**10, "T": 2.0**20}
_DECIMAL = {"K": 1e-3, "M": 1.0, "G": 1e3}
_TIMES = {"S": 1.0, "M": 60.0, "H": 3600.0, "D": 86400.0}
_FACTORS: Mapping[str, Mapping[str, float]] = {
    "MiB": _BYTES,
    "KiB/s": {unit: factor * 2**10 for unit, factor in _BYTES.items()},
    "MB/s": _DECIMAL,
    "Mbit/s": _DECIMAL,
    "Kbit/s": {unit: factor * 1e3 for unit, factor in _DECIMAL.items()},
    "seconds": _TIMES,
    "minutes": {unit: factor / 60 for unit, factor in _TIMES.items()},
    "MHz": _DECIMAL,
    "dBm": {"D": 1.0},
}
"""Unit → first letter of a written unit → how much of the unit it is."""
_SIGNED = "dBm"
"""The unit whose amounts may be negative: a power; the others are sizes, rates and times."""
_NAMED = re.compile(rf"\b({'|'.join(map(re.escape, _FACTORS))})(?![\w/])", re.IGNORECASE)
_NAMES = {name.lower(): name for name in _FACTORS}
_AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?)\s*([A-Za-z])[A-Za-z]*(?:/s)?")


def unit_of(description: str | None) -> str | None:
    """Return the unit that a description names: `MiB` of "VM only, MiB; 0: no ballooning"."""
    named = _NAMED.search(description or "")
    return _NAMES[named[1].lower()] if named else None


def in_unit(text: str, unit: str, *, whole: bool) -> str | None:
    """Return an amount that is written with a unit as a number of `unit`; None if it is not one."""
    written = _AMOUNT.fullmatch(text.strip())
    factor = _FACTORS[unit].get(written[2].upper()) if written else None
    if written is None or factor is None:
        return None
    amount = float(written[1]) * factor
    if amount < 0 and unit != _SIGNED:
        return None
    if amount == int(amount):
        return str(int(amount))
    return None if whole else f"{amount:g}"
