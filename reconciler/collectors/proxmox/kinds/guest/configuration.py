"""The configuration of a guest as fields: each is read by itself, so that an odd one costs no other."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from pydantic import ValidationError

from reconciler.collectors.http.credentials import WithoutCredentials
from reconciler.collectors.http.values import is_true
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.kinds.guest import policy
from reconciler.collectors.proxmox.kinds.guest.cloud_init import (
    CLOUD_INIT_KEYS,
    IPCONFIG_SLOT,
    read_cloud_init,
)
from reconciler.collectors.proxmox.kinds.guest.defaults import BY_TYPE
from reconciler.collectors.proxmox.kinds.guest.disks import DISK_SLOT, read_disks
from reconciler.collectors.proxmox.kinds.guest.nics import NIC_SLOT, read_nics
from reconciler.collectors.proxmox.kinds.guest.options import OPTION_DEVICE, OPTION_KEYS, read_options
from reconciler.collectors.proxmox.kinds.guest.passthrough import read_passthrough
from reconciler.collectors.proxmox.kinds.guest.raw import RawGuest
from reconciler.collectors.proxmox.kinds.guest.state import health
from reconciler.collectors.proxmox.raw_lines import RawLines, of_container
from reconciler.model.fingerprint import RowFingerprinter
from reconciler.yamlfile.validation import first_error

_SAME = frozenset(
    "template tags onboot protection ostype arch cores sockets cpu cpulimit cpuunits numa memory balloon swap"
    " machine bios scsihw boot bootdisk unprivileged features nameserver searchdomain lock digest".split()
)
_READ = (
    _SAME
    | CLOUD_INIT_KEYS
    | OPTION_KEYS
    | {"name", "hostname", "startup", "agent", "description", "lxc", "smbios1", "smp"}
)
_SLOTS = re.compile(
    f"(?:{DISK_SLOT.pattern}|{NIC_SLOT.pattern}|{IPCONFIG_SLOT.pattern}"
    f"|{OPTION_DEVICE.pattern}|(?:hostpci|usb)\\d+)"
)
_PARTS = (
    (DISK_SLOT, "disks"),
    (NIC_SLOT, "nics"),
    (IPCONFIG_SLOT, "cloud_init"),
    (OPTION_DEVICE, "options"),
    (re.compile(r"hostpci\d+"), "hostpci"),
    (re.compile(r"usb\d+"), "usb"),
)
_BY_KEY = {
    **dict.fromkeys(OPTION_KEYS, "options"),
    **dict.fromkeys(CLOUD_INIT_KEYS, "cloud_init"),
    **{key: key for key in _SAME},
    "hostname": "name",
    "name": "name",
    "smp": "sockets",
    "startup": "startup",
    "agent": "agent",
    "meta": "created",
}
_MEMORY = frozenset({"current"})
_STARTUP = frozenset({"order", "up", "down"})
_TEXTS = {
    "cpu": ("cputype", property_string.CPU_ITEMS),
    "machine": ("type", property_string.MACHINE_ITEMS),
}
"""Property strings that are one field → their default key, and the items that are read."""
_SCALARS = (str, int, float)


@dataclass
class _Configuration:
    """The parts of a configuration that have been read, each apart from the others."""

    odd: dict[str, str] = field(default_factory=dict)
    """Field → why it cannot be parsed."""
    unknown: dict[str, str] = field(default_factory=dict)
    """Properties that no field reads, by JSON pointer."""

    def read_part(self, read: Callable[[], Any], nothing: Any, *fields: str) -> Any:
        """Return a part; `nothing` where it cannot be parsed, and then its fields are unread."""
        try:
            return read()
        except ValueError as error:
            why = first_error(error) if isinstance(error, ValidationError) else str(error)
            self.odd |= dict.fromkeys(fields, f"{fields[0]}: {why}")
            return nothing

    def known(self, found: tuple[Any, dict[str, str]]) -> Any:
        """Return a part, and keep its properties that no field reads."""
        value, unknown = found
        self.unknown |= unknown
        return value

    def texts(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Return the configuration as text; the fields of what has another shape are unread."""
        config: dict[str, str] = {}
        for key, value in values.items():
            if isinstance(value, _SCALARS):
                text = str(value)
                config |= {key: intern(text)} if text else {}
            elif value is not None and (name := _field_of(key)) is not None:
                self.odd[name] = f"{key}: is neither text nor a number"
        return config


def _field_of(key: str) -> str | None:
    """Return the field that a key is read as; None for a key that no field reads."""
    found = (name for slot, name in _PARTS if slot.fullmatch(key))
    return _BY_KEY.get(key) or next(found, None)


def read_configuration(
    vmid: str, raw: RawGuest, values: Mapping[str, Any], context: ProxmoxContext
) -> dict[str, Any]:
    """Return the fields of a guest with a configuration; `unread` has those that cannot be parsed."""
    reading = _Configuration()
    config = reading.texts(values)
    if "tags" in config and not context.cased_tags:
        config["tags"] = config["tags"].casefold()
    lines = reading.read_part(
        lambda: of_container(raw.lxc or []), RawLines((), ()), "lxc_lines", "lxc_secrets"
    )
    fields = {
        **BY_TYPE.get(raw.type, {}),
        **{key: config[key] for key in _SAME & config.keys()},
        **_of_texts(config, reading),
        **({"sockets": config.get("sockets", config["smp"])} if "smp" in config else {}),
        "name": config.get("name")
        or config.get("hostname")
        or (f"VM {vmid}" if raw.type == "qemu" else f"CT{vmid}"),
        "type": raw.type,
        **raw.beside,
        **_of_slots(raw.type, config, reading, context.fingerprints),
        **_of_properties(config, reading),
        "lxc_lines": lines.shown,
        "lxc_secrets": [context.fingerprints.secret("/lxc", line) for line in lines.hidden],
        "created": policy.created(config.get("meta")),
        "health": None if is_true(config.get("template")) else health(raw),
        "unmodelled": _unmodelled(values, reading.unknown, context),
    }
    unread = tuple(sorted({*reading.odd, *raw.unread}))
    return fields | {"unread": unread or None, "unparsed": reading.odd or None}


def _of_slots(
    kind: str, config: Mapping[str, str], reading: _Configuration, row: RowFingerprinter
) -> dict[str, Any]:
    """Return the fields that are made of several keys."""
    slots = {key: text for key, text in config.items() if key[-1:].isdigit() or key == "rootfs"}
    known, part = reading.known, reading.read_part
    agent = part(lambda: property_string.parse(config.get("agent", ""), "enabled"), {}, "agent", "options")
    enabled = {"agent": agent.pop("enabled", False)} if "agent" in config else {}
    return {
        **enabled,
        "hostpci": part(lambda: known(read_passthrough(slots, "hostpci")), {}, "hostpci"),
        "usb": part(lambda: known(read_passthrough(slots, "usb")), {}, "usb"),
        "disks": part(lambda: known(read_disks(slots)), {}, "disks"),
        "nics": part(lambda: known(read_nics(slots)), {}, "nics"),
        "options": part(lambda: known(read_options(config, slots, agent, row)), None, "options"),
        "cloud_init": part(lambda: known(read_cloud_init(config)), None, "cloud_init")
        if kind == "qemu"
        else None,
    }


def _of_properties(config: Mapping[str, str], reading: _Configuration) -> dict[str, Any]:
    """Return the fields that are properties of one key."""

    def properties(key: str, default_key: str, names: frozenset[str]) -> dict[str, str]:
        return property_string.read_properties(config, key, default_key, names, reading.unknown)

    memory = reading.read_part(lambda: properties("memory", "current", _MEMORY), {}, "memory")
    startup = reading.read_part(lambda: properties("startup", "order", _STARTUP), {}, "startup")
    return {"memory": memory.get("current", "512"), "startup": startup or None}


def _of_texts(config: Mapping[str, str], reading: _Configuration) -> dict[str, Any]:
    """Return the property strings that are one field each, without the items that are not read."""
    found: dict[str, Any] = {}
    for key, (default_key, known) in _TEXTS.items():
        if "," in config.get(key, "") or "=" in config.get(key, ""):
            found[key] = _known_text(config, key, default_key, known, reading)
    if "=" in config.get("boot", ""):
        found["boot"] = property_string.known_boot(config, reading.unknown)
    if "features" in config:
        found["features"] = property_string.known_features(config, reading.unknown)
    return found


def _known_text(
    config: Mapping[str, str], key: str, default_key: str, known: frozenset[str], reading: _Configuration
) -> str | None:
    def read() -> str | None:
        return property_string.known_text(config, key, default_key, known, reading.unknown) or None

    found: str | None = reading.read_part(read, None, key)
    return found


def _unmodelled(
    config: Mapping[str, object], inside: Mapping[str, str], context: ProxmoxContext
) -> dict[str, str | None]:
    """Return the keys, and the properties `inside` of keys, that are not read."""
    left = config.keys() - _READ
    found = {key: config[key] for key in left if not _SLOTS.fullmatch(key)} if left else {}
    found |= {key: value for key, value in config.items() if isinstance(value, WithoutCredentials)}
    unread = ignored_fields("proxmox", "guest").unmodelled(found, frozenset(), context.fingerprints)
    return unread | {at: context.fingerprints.fingerprint(at, value) for at, value in sorted(inside.items())}
