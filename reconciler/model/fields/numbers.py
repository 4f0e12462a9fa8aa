"""Flags, numbers, sizes and times."""

import re
from functools import lru_cache
from math import ceil
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from reconciler.config.duration import duration
from reconciler.model.fields.marks import AsWritten, unless
from reconciler.model.fields.text import Text, split_words

Flag = bool
"""true/false; on the wire also 0/1, "0"/"1", on/off, yes/no."""
MAX_SAFE_INT = 2**53 - 1
"""The largest whole number that every reader of JSON keeps exact (RFC 8259, section 6)."""
Count = Annotated[int, Field(ge=0, le=MAX_SAFE_INT)]
Amount = Annotated[float, Field(ge=0, le=MAX_SAFE_INT, allow_inf_nan=False)]
MiB = Annotated[int, Field(ge=0, le=MAX_SAFE_INT, description="Size in MiB")]
On = Annotated[Annotated[Flag, unless(default=True)] | None, Field(description="Default true")]
Off = Annotated[Annotated[Flag, unless(default=False)] | None, Field(description="Default false")]
_UNITS = "KMGTP"
_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,18})?)\s*([KMGTP]?)(?:i?B)?", re.IGNORECASE)


@lru_cache(maxsize=4096)
def _size(text: str) -> str:
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        message = "is not a size; write a number with K, M, G or T, such as 32G"
        raise ValueError(message)
    unit = match[2].upper()
    amount = round(float(match[1]) * 1024 ** (_UNITS.index(unit) + 1 if unit else 0))
    for power in range(len(_UNITS), 0, -1):
        if amount and amount % 1024**power == 0:
            return f"{amount // 1024**power}{_UNITS[power - 1]}"
    return f"{amount}B" if amount else "0"


@lru_cache(maxsize=4096)
def size_in_mib(text: str) -> int:
    """Return a size as the field `Size` writes it, in whole MiB, rounded up; raises `ValueError`."""
    match = _SIZE.fullmatch(text)
    if match is None:
        message = f"{text[:20]!r} is not a size"
        raise ValueError(message)
    unit = match[2].upper()
    power = _UNITS.index(unit) + 1 if unit else 0
    return ceil(float(match[1]) * 1024.0 ** (power - 2))


def _size_with_unit(value: object) -> object:
    if (
        isinstance(value, str)
        and value[-1:].isdecimal()
        and value.strip("0. ")
        and value.strip().replace(".", "", 1).isdecimal()
    ):
        message = f"has no unit; write {value.strip()[:9]}G, or another of K, M, G and T"
        raise ValueError(message)
    return value


Size = Annotated[
    str,
    Field(coerce_numbers_to_str=True),
    AfterValidator(_size),
    Field(description="Size with a binary unit: 32G, 707456K; compared by amount"),
    AsWritten(_size_with_unit),
]
Moment = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"),
    Field(description="A time in UTC: 2026-11-23T21:05:00Z"),
]


def _age(text: str) -> str:
    duration(text)
    return text.strip()


Age = Annotated[
    str,
    AfterValidator(_age),
    Field(description="Duration: 30s, 15m, 26h, 7d", examples=["26h"]),
]


@lru_cache(maxsize=4096)
def ranges(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return a set of numbers with what is in a row as one: 2, 5, 10-20; raises `ValueError`."""
    spans: list[tuple[int, int]] = []
    for value in filter(None, values):
        low, _, high = value.partition("-")
        if not low.isdecimal() or not (high or low).isdecimal() or int(high or low) < int(low):
            message = "is not a list of numbers and ranges, such as 2, 5, 10-20"
            raise ValueError(message)
        spans.append((int(low), int(high or low)))
    merged: list[tuple[int, int]] = []
    for low_end, high_end in sorted(spans):
        if merged and low_end <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high_end))
        else:
            merged.append((low_end, high_end))
    return tuple(str(low) if low == high else f"{low}-{high}" for low, high in merged)


@lru_cache(maxsize=4096)
def _numbers(values: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(values)))


Ranges = Annotated[
    tuple[Text, ...],
    BeforeValidator(split_words),
    AfterValidator(ranges),
    Field(description="A set of numbers, such as VLAN ids: 2, 5, 10-20; order does not matter"),
]
Numbers = Annotated[
    tuple[Count, ...],
    BeforeValidator(split_words),
    AfterValidator(_numbers),
    Field(description="A set of numbers; order does not matter"),
]
