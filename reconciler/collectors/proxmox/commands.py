"""Commands of Proxmox VE as words: values as options take them, and the values that no command may hold.

Syntax: qm(1), pct(1), pvesm(1), pvesh(1), ha-manager(1). Text of the site and of the desired state is
untrusted: what is not plain printable text is refused, and what could be an option or two properties.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reconciler.model.fix import (
    CommandWords,
    Effect,
    Fix,
    WantedFields,
    by_hand,
    joined_fixes,
    strongest,
    why_not,
)
from reconciler.model.pointer import parts_of
from reconciler.text import shown, visible
from reconciler.yamlfile.tree import parse_yaml

_LONGEST = 20_000
"""Characters of a value; more than the vmids of a backup job of 2,000 guests."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:+-]*")


class UnsafeValueError(ValueError):
    """A value that no command may hold."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One option of a command that changes a configuration."""

    key: str
    value: str | None
    """None: the key is deleted, which sets its default."""
    effect: Effect
    right: str
    """With its path: `VM.Config.Memory on /vms/113`."""


def word(value: object) -> str:
    """Return a value as an option takes it; raises `UnsafeValueError` for one that no command may hold."""
    text = item(value)
    if text.startswith("-"):
        message = f"{shown(text)} could be taken for an option"
        raise UnsafeValueError(message)
    return text


def item(value: object) -> str:
    """Return a value as it stands in a text; raises `UnsafeValueError` where that is not plain."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, dict):
        return properties(value)
    if isinstance(value, list | tuple):
        return joined(value)
    text = str(value)
    plain = text.isprintable() and text == text.strip() and visible(text, _LONGEST) == text
    if not text or not plain:
        message = f"{shown(text)} cannot be written as a command argument"
        raise UnsafeValueError(message)
    return text


def joined(values: Iterable[object], separator: str = ",") -> str:
    """Return values as one text; raises `UnsafeValueError` for one that has the separator in it."""
    words = [item(value) for value in values]
    for each in words:
        if re.search(r"[,;\s]", each):
            message = f"{shown(each)} cannot be an item of a list"
            raise UnsafeValueError(message)
    return word(separator.join(words))


def properties(values: Mapping[str, Any], first: str | None = None) -> str:
    """Return a property string, its items in order of their names after the one that has no name."""
    items = [] if first is None else [_property(first)]
    items += [f"{key}={_property(item(values[key]))}" for key in sorted(values) if values[key] is not None]
    return word(",".join(items))


def _property(text: str) -> str:
    if "," in text:
        message = f"{shown(text)} cannot be part of a property string"
        raise UnsafeValueError(message)
    return text


def name(text: str) -> str:
    """Return the id of a resource as a word; raises `UnsafeValueError` for one that is not plain."""
    if not _NAME.fullmatch(text):
        message = f"{shown(text)} cannot be written as a command argument"
        raise UnsafeValueError(message)
    return text


def nested_name(text: str) -> str:
    """Return an id that has parts (a pool, a volume) as a word; each part has to be plain."""
    for part in text.split("/"):
        name(part)
    return text


def hidden_part(wanted: WantedFields, key: str) -> str | None:
    """Return the part of a key's live text that no model reads: setting the key again would lose it."""
    unmodelled = wanted.row.get("unmodelled")
    for at in unmodelled if isinstance(unmodelled, dict) else ():
        if parts_of(str(at))[0] == key:
            return str(at)
    return None


def keeps_hidden(key: str, at: str) -> Fix:
    """Return that a key is not set because of a part of it that no model reads."""
    return why_not(f"{key} has {shown(at)}, which this version does not read; a command would remove it")


def set_command(
    wanted: WantedFields,
    words: CommandWords,
    settings: Sequence[Setting],
    others: Sequence[Fix] = (),
    *,
    where: str | None = None,
    guarded: bool = True,
) -> Fix:
    """Return one command that makes all settings, and what the other changes need, as one fix.

    A `guarded` command has the digest, where it is known.
    """
    command: list[str] = [*words]
    if guarded and wanted.digest:
        command += ["--digest", name(wanted.digest)]
    for each in settings:
        command += [] if each.value is None else [f"--{each.key}", each.value]
    deleted = [each.key for each in settings if each.value is None]
    command += ["--delete", ",".join(deleted)] if deleted else []
    rights = dict.fromkeys(each.right for each in settings)
    own = Fix(
        where=where,
        commands=(tuple(command),),
        effect=strongest(each.effect for each in settings),
        right=", ".join(rights),
    )
    return joined_fixes([own, *others] if settings else others)


def refused(error: UnsafeValueError, instruction: str) -> Fix:
    """Return that a value is too odd for a command, and what to set by hand."""
    return by_hand(f"{instruction} ({error})")


@cache
def effects_table(folder: str) -> Mapping[str, Any]:
    """Return `effects.yaml` of a folder below `kinds/`: which keys commands set, and their effects.

    It is read when a fix first needs it.
    """
    file = Path(__file__).parent / "kinds" / folder / "effects.yaml"
    table: Mapping[str, Any] = parse_yaml(file.read_bytes(), file.name).value
    return table
