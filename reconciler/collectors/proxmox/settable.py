"""Kinds whose rows are set by one command, an option for each field: storages, jobs, rules, firewalls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.collectors.by_hand import instruction
from reconciler.collectors.proxmox.commands import (
    Setting,
    UnsafeValueError,
    effects_table,
    hidden_part,
    keeps_hidden,
    name,
    refused,
    set_command,
    word,
)
from reconciler.model.fix import CommandWords, Effect, Fix, WantedFields, by_hand, joined_fixes
from reconciler.model.pointer import parts_of
from reconciler.model.value import Row

Rendered = Callable[[str, Any], str | None]


def plain(_field: str, value: Any) -> str | None:
    """Return a value as an option takes it; None for nothing, which deletes the key."""
    return None if value is None or value in ([], {}) else word(value)


@dataclass(frozen=True, slots=True)
class RowCommand:
    """The command that sets fields of a row of one kind."""

    kind: str
    """Its section in `effects.yaml`: field → effect; another field is set by hand."""
    words: Callable[[WantedFields], CommandWords]
    """The command up to its options."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Field → option, where they differ."""
    right: str = "Sys.Modify"
    rights: Callable[[WantedFields], str] | None = None
    """In place of `right`, where it depends on the resource."""
    on: Callable[[WantedFields], str] = lambda _wanted: "/"
    """The path of the right."""
    text: Rendered = plain
    guarded: bool = True
    """Whether the command takes a digest."""
    selection: tuple[str, ...] = ()
    """Fields that exclude each other: `why_not` returns why they cannot be what they are in a row."""
    why_not: Callable[[Row], str | None] = lambda _row: None
    effect: Callable[[str, Any, Effect], Effect] = lambda _field, _value, effect: effect
    """The effect of a field from its value, where that counts."""


def change_row(command: RowCommand, wanted: WantedFields) -> Fix:
    """Return the command that sets fields of a row, and what of them is set by hand."""
    settings: dict[str, Setting] = {}
    others: list[Fix] = []
    for path in wanted.changes:
        try:
            found = _one(command, wanted, path)
        except UnsafeValueError as error:
            found = refused(error, instruction("proxmox", command.kind, wanted, path))
        if isinstance(found, Setting):
            settings[found.key] = found
        else:
            others.append(found)
    try:
        return set_command(
            wanted,
            command.words(wanted),
            list(settings.values()),
            others,
            guarded=command.guarded,
        )
    except UnsafeValueError as error:
        texts = (instruction("proxmox", command.kind, wanted, path) for path in wanted.changes)
        return joined_fixes([refused(error, text) for text in texts])


def _one(command: RowCommand, wanted: WantedFields, path: str) -> Setting | Fix:
    """Return the setting of one field; raises `UnsafeValueError` for a value that no command may hold."""
    field_name = parts_of(path)[0]
    key = command.keys.get(field_name, field_name)
    effects = effects_table("")[command.kind]
    if field_name not in effects:
        return by_hand(instruction("proxmox", command.kind, wanted, path))
    hidden = hidden_part(wanted, key)
    if hidden is not None:
        return keeps_hidden(key, hidden)
    target = wanted.target
    why = command.why_not(target) if field_name in command.selection else None
    if why is not None:
        raise UnsafeValueError(why)
    value = target.get(field_name)
    text = None if field_name in command.selection and not value else command.text(field_name, value)
    right = command.right if command.rights is None else command.rights(wanted)
    effect = command.effect(field_name, value, effects[field_name])
    return Setting(key, text, effect, f"{right} on {command.on(wanted)}")


def identity(wanted: WantedFields) -> str:
    """Return the id of a resource as a word; raises `UnsafeValueError` for one that is not plain."""
    return name(wanted.id)
