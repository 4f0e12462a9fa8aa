"""Durations as written in the configuration and in desired state."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

_LENGTH = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(value: object) -> timedelta:
    """Return the duration that a text such as `26h` stands for; raises `ValueError` if it is not one."""
    if isinstance(value, timedelta):
        return value
    match = _LENGTH.fullmatch(str(value).strip())
    if match is None or not int(match[1]):
        message = "is not a duration; write a number with s, m, h or d, such as 15m"
        raise ValueError(message)
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    Field(json_schema_extra={"type": "string", "pattern": f"^{_LENGTH.pattern}$", "examples": ["15m"]}),
]
"""A duration: `30s`, `15m`, `26h`, `7d`."""
