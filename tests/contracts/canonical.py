"""Write JSON so that a changed key is a changed line: short objects on one line, others key by key."""

import json
from typing import Any

WIDTH = 160


def text(value: Any) -> str:
    """The one text of a value, with a final newline; the order of keys is that of the value."""
    return _written(value, 0, 0) + "\n"


def _written(value: Any, level: int, used: int) -> str:
    line = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    if not _nested(value) or (level > 1 and len(line) + used + level < WIDTH and not _deep(value)):
        return line
    inner = " " * (level + 1)
    if isinstance(value, dict):
        parts = [
            f"{inner}{json.dumps(key, ensure_ascii=False)}: {_written(item, level + 1, len(key) + 4)}"
            for key, item in value.items()
        ]
        return "{\n" + ",\n".join(parts) + "\n" + " " * level + "}"
    parts = [inner + _written(item, level + 1, 0) for item in value]
    return "[\n" + ",\n".join(parts) + "\n" + " " * level + "]"


def _nested(value: Any) -> bool:
    """Whether a value holds objects; a list of plain values stays on one line, however long."""
    return isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(each, dict) for each in value)
    )


def _deep(value: Any) -> bool:
    """Whether a map of keys is in it, each of which has a line of its own."""
    if isinstance(value, dict):
        return any(
            (name == "properties" and isinstance(item, dict)) or _deep(item) for name, item in value.items()
        )
    return isinstance(value, list) and any(_deep(each) for each in value)
