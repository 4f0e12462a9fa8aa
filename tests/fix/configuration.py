"""A small interpreter of commands that set a configuration: words and a row → the row that they make.

It knows the syntax of qm(1), pct(1), pvesm(1), pvesh(1) and ha-manager(1), and nothing of `reconciler`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Raw = dict[str, Any]


class RefusedError(Exception):
    """Proxmox VE would refuse the command."""


def options(words: Sequence[str]) -> dict[str, str]:
    """Return the options of a command, each with its value."""
    found: dict[str, str] = {}
    rest = list(words)
    while rest:
        name = rest.pop(0)
        if not re.fullmatch(r"--[a-z][a-z0-9_-]*", name) or not rest or name[2:] in found:
            message = f"{name!r} is not an option with its value"
            raise RefusedError(message)
        found[name[2:]] = rest.pop(0)
    return found


def split(words: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the words before the options, and the options."""
    at = next((index for index, each in enumerate(words) if each.startswith("--")), len(words))
    return tuple(words[:at]), options(words[at:])


def configure(row: Mapping[str, Any], words: Sequence[str]) -> Raw:
    """Return the row that a command makes of one; raises `RefusedError` as Proxmox VE would refuse."""
    head, given = split(words)
    digest = given.pop("digest", None)
    if digest is not None and digest != str(row.get("digest")):
        message = "checksum mismatch (file change by other user?)"
        raise RefusedError(message)
    if head[:3] == ("qm", "disk", "resize") or head[:2] == ("pct", "resize"):
        slot, size = head[-2:]
        return {**row, slot: _resized(str(row[slot]), size)}
    if head[:2] == ("qm", "cloudinit"):
        return dict(row)
    deleted = given.pop("delete", "")
    if not given and not deleted:
        message = "nothing to set"
        raise RefusedError(message)
    for key in filter(None, deleted.split(",")):
        if key in given:
            message = f"{key} is set and deleted"
            raise RefusedError(message)
    gone = {*deleted.split(","), *({"smp"} if "sockets" in given else ())}
    return {key: value for key, value in row.items() if key not in gone} | given


def _resized(text: str, size: str) -> str:
    if not re.fullmatch(r"\d+[KMGT]", size):
        message = f"{size!r} is not a size"
        raise RefusedError(message)
    kept = [item for item in text.split(",") if not item.startswith("size=")]
    return ",".join([*kept, f"size={size}"])
