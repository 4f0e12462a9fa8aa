"""Rows of Proxmox VE as fields of a model."""

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.collectors.http.values import is_nothing, read_notes
from reconciler.collectors.ignored_fields import IgnoredFields
from reconciler.collectors.proxmox.context import ProxmoxContext

COMMENT = ("has_comment", "comment")
"""The fields of a kind with notes, which `read_comment` reads."""


def key_names(fields: Iterable[str]) -> dict[str, str]:
    """Return the API's key of each field → the field: `max-relocate` and `max_relocate` alike."""
    names = list(fields)
    return {name.replace("_", "-"): name for name in names} | {name: name for name in names}


def read_fields(
    raw: Mapping[str, Any], names: Mapping[str, str], ignored: IgnoredFields, context: ProxmoxContext
) -> dict[str, Any]:
    """Return what a row sets, by field; keys that are neither read nor ignored are `unmodelled`."""
    found = {names[key]: value for key, value in raw.items() if key in names and not is_nothing(value)}
    found["unmodelled"] = ignored.unmodelled(raw, names.keys(), context.fingerprints)
    return found


def read_comment(raw: Mapping[str, Any], context: ProxmoxContext, *keys: str) -> dict[str, object]:
    """Return the fields of a row's notes, which are under one of `keys`, or `comment`."""
    return read_notes(raw, *keys, field="comment", stored=context.store_descriptions)
