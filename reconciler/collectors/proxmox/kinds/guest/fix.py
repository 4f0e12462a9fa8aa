"""How findings about a guest are settled: commands that are printed, and never sent.

Checked against qm(1) and pct(1). `qm` and `pct` run only on the node of the guest.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from reconciler.collectors.by_hand import instruction, set_by_hand
from reconciler.collectors.proxmox.commands import (
    Setting,
    UnsafeValueError,
    hidden_part,
    keeps_hidden,
    name,
    refused,
    set_command,
)
from reconciler.collectors.proxmox.kinds.guest import moves
from reconciler.collectors.proxmox.kinds.guest.cloud_init import IPCONFIG_SLOT
from reconciler.collectors.proxmox.kinds.guest.hotplug import effect_of, right_of
from reconciler.collectors.proxmox.kinds.guest.texts import key_of, text_of
from reconciler.model.fix import CommandWords, Fix, WantedFields, by_hand, strongest
from reconciler.model.pointer import member, parts_of
from reconciler.model.value import Row

_APART: dict[str, Callable[[WantedFields, str], Fix]] = {
    "power": moves.set_power,
    "node": moves.migrate,
    "allowed_nodes": moves.migrate,
    "pool": moves.set_pool,
}
"""Fields that are not keys of the configuration."""
_PATTERN = re.compile(r"[a-z][a-z0-9_-]*")
_CLOUD_INIT = re.compile(r"ci(?:custom|type|upgrade|user)|nameserver|searchdomain")
_UNITS = {"K": 1, "M": 2, "G": 3, "T": 4, "P": 5}


def change(wanted: WantedFields) -> Fix:
    """Return the commands that set fields of a guest, and what of them is set by hand."""
    if wanted.row.get("type") not in {"qemu", "lxc"}:
        return set_by_hand("proxmox", "guest", wanted)
    settings: dict[str, Setting] = {}
    others: list[Fix] = []
    target = _configured(wanted)
    for path in wanted.changes:
        found = _isolated(wanted, path, target)
        if isinstance(found, Setting):
            earlier = settings.get(found.key)
            settings[found.key] = found if earlier is None else _stronger(earlier, found)
        else:
            others.append(found)
    vmid = name(wanted.id)
    if wanted.row.get("type") == "qemu" and any(_needs_new_drive(key) for key in settings):
        right = f"VM.Config.Cloudinit on /vms/{vmid}"
        others.append(_of_node(wanted, ("qm", "cloudinit", "update", vmid), right))
    words = (moves.tool(wanted), "set", vmid)
    node = moves.node_of(wanted)
    made = set_command(wanted, words, list(settings.values()), others, where=node)
    return _guarded_once(made)


def activate(wanted: WantedFields) -> Fix:
    """Return how changes that wait become active, and how they are reverted instead."""
    vmid = name(wanted.id)
    tool = moves.tool(wanted)
    keys: dict[str, None] = {}
    unmodelled = wanted.row.get("unmodelled")
    for path in wanted.changes:
        hidden = isinstance(unmodelled, dict) and path in unmodelled
        key = parts_of(path)[0] if hidden else key_of(path, str(wanted.row.get("type")))
        if key is not None and _PATTERN.fullmatch(key):
            keys[key] = None
    revert = ((tool, "set", vmid, "--revert", ",".join(keys)),) if keys else ()
    if wanted.row.get("power") == "stopped":
        return Fix(effect="by hand", by_hand=f"start guest {vmid}, or revert the change", instead=revert)
    return Fix(
        where=moves.node_of(wanted),
        commands=((tool, "reboot", vmid),),
        effect="restarts",
        right=f"VM.PowerMgmt on /vms/{vmid}",
        instead=revert,
    )


def _isolated(wanted: WantedFields, path: str, target: Row) -> Setting | Fix:
    """Return the setting of one field, or how it is set otherwise."""
    try:
        return _one(wanted, path, target)
    except UnsafeValueError as error:
        return refused(error, _by_hand(wanted, path))
    except ValidationError:
        return by_hand(_by_hand(wanted, path))


def _one(wanted: WantedFields, path: str, target: Row) -> Setting | Fix:
    parts = parts_of(path)
    if len(parts) == 1 and parts[0] in _APART:
        return _APART[parts[0]](wanted, path)
    if parts[0] == "disks" and parts[2:] == ("size",):
        return _resize(wanted, path)
    key = _settable(wanted, path)
    effect = effect_of(wanted, path, key) if key is not None else None
    if key is None or effect is None:
        return by_hand(_by_hand(wanted, path))
    hidden = hidden_part(wanted, key)
    if hidden is not None:
        return keeps_hidden(key, hidden)
    return Setting(key, text_of(key, path, target), effect, right_of(wanted, key))


def _settable(wanted: WantedFields, path: str) -> str | None:
    """Return the key that a command sets for a field; None where none does."""
    parts = parts_of(path)
    key = key_of(path, str(wanted.row.get("type")))
    apart = parts[0] in _APART or (parts[0] == "disks" and parts[2:] == ("size",))
    if key is None or apart or effect_of(wanted, path, key) is None or _is_of_the_host(wanted, parts):
        return None
    return key


def _configured(wanted: WantedFields) -> Row:
    """Return the row with the changes that commands make: no text has one that is made by hand."""
    changes = {path: value for path, value in wanted.changes.items() if _settable(wanted, path)}
    return replace(wanted, changes=changes).target


def _by_hand(wanted: WantedFields, path: str) -> str:
    return instruction("proxmox", "guest", wanted, path)


def _resize(wanted: WantedFields, path: str) -> Fix:
    """Return how a disk is made larger; it can never be made smaller."""
    slot = parts_of(path)[1]
    live, desired = wanted.live(path), wanted.changes[path]
    small = live is None or desired is None or _bytes(desired) <= _bytes(live)
    if small or not _grows(wanted, slot):
        return by_hand(_by_hand(wanted, path))
    vmid = name(wanted.id)
    words: CommandWords = ("pct", "resize") if moves.tool(wanted) == "pct" else ("qm", "disk", "resize")
    guard = ("--digest", name(wanted.digest)) if wanted.digest else ()
    size = f"{int(str(desired)[:-1]) * 1024}T" if str(desired).endswith("P") else str(desired)
    return Fix(
        where=moves.node_of(wanted),
        commands=((*words, vmid, slot, size, *guard),),
        effect="grow only",
        right=f"VM.Config.Disk on /vms/{vmid}",
    )


def _grows(wanted: WantedFields, slot: str) -> bool:
    """Return whether a disk is a volume whose size a command may change."""
    disk = member(wanted.row, ("disks", slot))
    of_data = re.fullmatch(r"(?:scsi|virtio|sata|ide|mp)\d+|rootfs", slot) is not None
    return of_data and isinstance(disk, dict) and bool(disk.get("storage")) and disk.get("media") == "disk"


def _bytes(size: Any) -> int:
    text = str(size)
    unit = _UNITS.get(text[-1:], 0)
    digits = text[:-1] if text[-1:].isalpha() else text
    return int(digits) * int(1024**unit)


def _is_of_the_host(wanted: WantedFields, parts: tuple[str, ...]) -> bool:
    """Return whether a disk is a path of the node, which only root may set, or is not there yet."""
    if parts[0] != "disks":
        return False
    disk = member(wanted.row, parts[:2])
    if len(parts) < 3 or not isinstance(disk, dict):
        return True
    return disk.get("volume") is not None and not disk.get("storage")


def _stronger(one: Setting, other: Setting) -> Setting:
    return Setting(other.key, other.value, strongest([one.effect, other.effect]), other.right)


def _needs_new_drive(key: str) -> bool:
    return IPCONFIG_SLOT.fullmatch(key) is not None or _CLOUD_INIT.fullmatch(key) is not None


def _of_node(wanted: WantedFields, words: CommandWords, right: str) -> Fix:
    return Fix(where=moves.node_of(wanted), commands=(words,), effect="at once", right=right)


def _guarded_once(fix: Fix) -> Fix:
    """Return a fix in which only the first command has the digest: it changes the digest for the others."""
    commands = (*fix.commands[:1], *map(_undigested, fix.commands[1:]))
    return fix.model_copy(update={"commands": commands})


def _undigested(words: CommandWords) -> CommandWords:
    if "--digest" not in words:
        return words
    at = words.index("--digest")
    return (*words[:at], *words[at + 2 :])
