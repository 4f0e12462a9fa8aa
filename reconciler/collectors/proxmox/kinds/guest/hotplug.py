"""The effect of a changed key on a guest: `effects.yaml`, the guest's `hotplug` option, and whether it runs.

A guest that is stopped takes every change at once. Of a VM that runs, what its `hotplug` option leaves out
waits until it is stopped and started (`vmconfig_hotplug_pending` of qemu-server and pve-container).
"""

import re
from collections.abc import Mapping
from typing import Any

from reconciler.collectors.proxmox.commands import effects_table
from reconciler.collectors.proxmox.kinds.guest.cloud_init import IPCONFIG_SLOT
from reconciler.collectors.proxmox.kinds.guest.disks import DISK_SLOT
from reconciler.collectors.proxmox.kinds.guest.nics import NIC_SLOT
from reconciler.model.fix import Effect, WantedFields
from reconciler.model.pointer import member, parts_of
from reconciler.model.value import Row

_DEFAULT = frozenset({"disk", "network", "usb"})
_LIMIT = re.compile(r"(?:m?bps|iops)(?:_(?:rd|wr))?(?:_max)?(?:_length)?")
_GROUPS = (
    (NIC_SLOT, "nic"),
    (DISK_SLOT, "disk"),
    (IPCONFIG_SLOT, "ipconfig"),
    (re.compile("agent"), "agent"),
)
_ROOT = "root@pam"
_MORE = {"startup": ", Sys.Modify on /", "tags": ", Sys.Modify on / for registered tags"}
_RIGHTS = {"nic": "VM.Config.Network", "disk": "VM.Config.Disk", "ipconfig": "VM.Config.Network"}


def table_of(row: Row) -> Mapping[str, Any]:
    """Return the effects of keys for a type of guest."""
    table: Mapping[str, Any] = effects_table("guest")[str(row.get("type"))]
    return table


def effect_of(wanted: WantedFields, path: str, key: str) -> Effect | None:
    """Return the effect of a change; None where no command makes it."""
    row = wanted.row
    effect = _of_table(wanted, path, key)
    if effect is None or row.get("power") == "stopped" or _already_runs(wanted, path):
        return effect and "at once"
    if key == "balloon":
        return "waits" if _is_off(wanted.live(path)) != _is_off(wanted.changes[path]) else effect
    features = table_of(row)["features"]
    if effect == "replug":
        return effect if features.get("replug") in _features(row) or row.get("type") == "lxc" else "waits"
    if key in features and features[key] in _features(row):
        return "at once"
    if key == "hotplug" and _touches(wanted):
        return "waits"
    return effect


def right_of(wanted: WantedFields, key: str) -> str:
    """Return the right that a key needs, with its path; of one that only root may set, the account."""
    right = _right(wanted.target, key)
    return right if right == _ROOT else f"{right} on /vms/{wanted.id}{_MORE.get(key, '')}"


def _right(row: Row, key: str) -> str:
    group = _group(key)
    if group in _RIGHTS:
        return _RIGHTS[group]
    if key == "features":
        nesting = row.get("features", []) in ([], ["nesting"]) and row.get("unprivileged")
        return "VM.Allocate" if nesting else _ROOT
    rights = table_of(row)["rights"]
    return next((right for right, keys in rights.items() if key in keys), "VM.Config.Options")


def _group(key: str) -> str:
    return next((name for pattern, name in _GROUPS if pattern.fullmatch(key)), "keys")


def _of_table(wanted: WantedFields, path: str, key: str) -> Effect | None:
    table = table_of(wanted.row)
    group = _group(key)
    if group == "keys":
        effect: Effect | None = table["keys"].get(key)
        return effect
    parts = parts_of(path)
    below = parts[3:] if group == "ipconfig" else parts[2:]
    if group == "agent":
        below = parts[-1:]
    if group == "disk" and below[:1] == ("options",) and not _LIMIT.fullmatch(below[-1]):
        return "waits"
    found: Effect | None = table[group].get(below[0] if below else "whole")
    return found


def _already_runs(wanted: WantedFields, path: str) -> bool:
    """Return whether what is wanted still runs, because another change of the field waits."""
    pending = wanted.row.get("pending")
    return isinstance(pending, dict) and path in pending and pending[path] == wanted.changes[path]


def _features(row: Row) -> frozenset[str]:
    found = member(row, ("options", "hotplug"))
    return _DEFAULT if found is None else frozenset(map(str, found))


def _touches(wanted: WantedFields) -> bool:
    """Return whether changes of `hotplug` are about memory or CPUs, which wait."""
    return bool((_features(wanted.row) ^ _features(wanted.target)) & {"memory", "cpu"})


def _is_off(balloon: object) -> bool:
    return balloon == 0 and balloon is not None
