"""Another surface form of the same rows, for UniFi and Nginx Proxy Manager: order of sets, types of numbers.

Lists that are sets (ids, MAC addresses) come in any order; some numbers come as text, some flags as 0 or 1.
"""

import random
from collections.abc import Set as AbstractSet
from typing import Any


def shuffled(rows: list[dict[str, Any]], form: str, sets: AbstractSet[str], numbers: AbstractSet[str]) -> Any:
    """Return rows in the form that `form` names; without one, as they are."""
    if not form:
        return rows
    source = random.Random(form)
    found = [_row(row, source, sets, numbers) for row in rows]
    source.shuffle(found)
    return found


def _row(row: Any, source: random.Random, sets: AbstractSet[str], numbers: AbstractSet[str]) -> Any:
    if isinstance(row, list):
        return [_row(item, source, sets, numbers) for item in row]
    if not isinstance(row, dict):
        return row
    keys = list(row)
    source.shuffle(keys)
    return {key: _value(key, row[key], source, sets, numbers) for key in keys}


def _value(
    key: str, value: Any, source: random.Random, sets: AbstractSet[str], numbers: AbstractSet[str]
) -> Any:
    if key in sets and isinstance(value, list):
        return source.sample([_row(item, source, sets, numbers) for item in value], len(value))
    if key in numbers and isinstance(value, bool):
        return source.choice((value, int(value)))
    if key in numbers and isinstance(value, int):
        return source.choice((value, str(value)))
    return _row(value, source, sets, numbers)
