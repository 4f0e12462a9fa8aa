"""A guest's row as the text of its configuration again: which key a field is in, and what that key has to be.

A NIC, a disk or a property string is one value to Proxmox VE, so it is made whole from the live row with the
changes in it. What is made is parsed again: text that would not read back as the wanted row is not used.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.commands import UnsafeValueError, item, joined, properties, word
from reconciler.collectors.proxmox.kinds.guest import disks, nics, options
from reconciler.collectors.proxmox.kinds.guest.cloud_init import IPCONFIG_SLOT
from reconciler.collectors.proxmox.property_string import BootOrder, Features
from reconciler.model.pointer import member, parts_of
from reconciler.model.value import LIVE, Row

_DEVICE = re.compile(r"(?:scsi|virtio|sata|ide|net|usb|hostpci)\d+")
_CLOUD_INIT = {"user": "ciuser", "type": "citype", "upgrade": "ciupgrade", "custom": "cicustom"}
_DEVICES = re.compile(r"audio0|ivshmem|rng0|spice_enhancements|vga|watchdog")
"""Devices that no host's hardware is behind, so that a command may set them."""
_OPTION_KEYS = {"allow_ksm": "allow-ksm", "kvm_arguments": "args", "environment": "env"}
_DISK_KEYS = {"pre_enrolled_keys": "pre-enrolled-keys"}
_NIC_KEYS = {"host_managed": "host-managed"}


def key_of(path: str, kind: str) -> str | None:
    """Return the key of a configuration in which a field is; None where it is in none, or in several."""
    match parts_of(path):
        case ("name",):
            return "hostname" if kind == "lxc" else "name"
        case ("nics" | "disks", key, *_) | ("cloud_init", "ipconfig", key, *_):
            return key
        case ("cloud_init", name, *_):
            return _CLOUD_INIT.get(name)
        case ("options", *below):
            return _option_key(tuple(below))
        case (key,) | ("startup" as key, _):
            return key
    return None


def _option_key(parts: tuple[str, ...]) -> str | None:
    match parts:
        case ("agent", *_):
            return "agent"
        case ("devices", slot, *_):
            return slot if _DEVICES.fullmatch(slot) else None
        case (name,) if name not in {"devices", "smbios"}:
            return _OPTION_KEYS.get(name, name)
    return None


def text_of(key: str, path: str, row: Row) -> str | None:
    """Return the text of a key for a row; None where the key has to be deleted.

    Raises `UnsafeValueError` for a row that no text reads back as.
    """
    if nics.NIC_SLOT.fullmatch(key):
        return nic_text(str(row["type"]), key, member(row, ("nics", key)))
    if disks.DISK_SLOT.fullmatch(key):
        return disk_text(key, member(row, ("disks", key)))
    if IPCONFIG_SLOT.fullmatch(key):
        return ip_config_text(member(row, ("cloud_init", "ipconfig", key)))
    if key in _WHOLE:
        return _WHOLE[key](row)
    parts = parts_of(path)
    if parts[:2] == ("options", "devices"):
        return device_text(key, member(row, parts[:3]))
    value = member(row, parts)
    return None if value is None or value in ([], {}) else word(value)


def nic_text(kind: str, slot: str, nic: Mapping[str, Any] | None) -> str | None:
    """Return the text of a NIC; it keeps its MAC."""
    if nic is None:
        return None
    values = dict(nics.GuestNic.model_validate(nic).model_dump(mode="json", exclude_none=True))
    wanted = dict(values)
    mac = values.pop("mac", None)
    model = values.pop("model", None)
    if (model is None) == (kind == "qemu") or (kind == "lxc" and "name" not in values):
        message = "a VM's NIC needs its model, and a container's its name"
        raise UnsafeValueError(message)
    first = f"{model}={mac}" if mac else str(model)
    if model is None:
        first = f"name={item(values.pop('name'))}"
        values |= {} if mac is None else {"hwaddr": mac}
    present = {name: value for name, value in values.items() if value not in (False, [])}
    items = {_NIC_KEYS.get(name, name): _item(value) for name, value in present.items()}
    text = properties(items, first)
    read, unread = nics.read(slot, text)
    return _same(text, nics.GuestNic, read, unread, wanted)


def disk_text(slot: str, disk: Mapping[str, Any] | None) -> str | None:
    """Return the text of a disk, with the volume that it has."""
    if disk is None:
        return None
    wanted = disks.Disk.model_validate(disk).model_dump(mode="json", exclude_none=True)
    values = dict(wanted)
    storage, volume = values.pop("storage", None), values.pop("volume", None)
    first = "none" if volume is None else f"{storage}:{volume}" if storage else str(volume)
    normal = disks.Disk.model_validate(disks.disk_defaults(slot)).model_dump(mode="json", exclude_none=True)
    items = dict(values.pop("options", {}))
    for name, value in values.items():
        if value in (normal.get(name), []):
            continue
        items[_DISK_KEYS.get(name, name)] = {"discard": "on"}.get(name) or _item(value)
    text = properties(items, first)
    read, unread = disks.read(slot, text)
    return _same(text, disks.Disk, read, unread, wanted)


def ip_config_text(settings: Mapping[str, Any] | None) -> str | None:
    """Return the text of the cloud-init settings of an interface."""
    values = _set(settings)
    if not values:
        return None
    text = properties(values)
    return _same(text, nics.IpConfig, dict(property_string.parse(text)), {}, values)


def device_text(slot: str, device: Mapping[str, Any] | None) -> str | None:
    """Return the text of a device: its display, its watchdog."""
    values = _set(device)
    if not values:
        return None
    text = properties(values)
    read = options.GuestOptions.model_validate({"devices": {slot: text}}, context=LIVE).devices
    return _checked(text, read.get(slot), values)


def _same(
    text: str,
    model: type[BaseModel],
    read: dict[str, Any],
    unread: Mapping[str, str],
    wanted: Mapping[str, Any],
) -> str:
    try:
        found = model.model_validate(read, context=LIVE).model_dump(mode="json", exclude_none=True)
    except ValidationError:
        found = {}
    return _checked(text, None if unread else found, dict(wanted))


def _checked(text: str, read: object, wanted: object) -> str:
    if read != wanted:
        message = "no configuration text reads back as the desired value"
        raise UnsafeValueError(message)
    return text


def _item(value: Any) -> str:
    return joined(value, ";") if isinstance(value, list | tuple) else item(value)


def _set(values: object) -> dict[str, Any]:
    """Return the items of a mapping that are set."""
    found = values if isinstance(values, Mapping) else {}
    return {str(name): value for name, value in found.items() if value is not None}


def _startup(row: Row) -> str | None:
    values = _set(row.get("startup"))
    return properties(values) if values else None


def _agent(row: Row) -> str | None:
    more = _set(member(row, ("options", "agent")))
    if "freeze-fs" in more:
        message = "the name of freeze-fs differs between releases of Proxmox VE"
        raise UnsafeValueError(message)
    if not row.get("agent") and not more:
        return None
    return properties(more, word(bool(row.get("agent"))))


def _boot(row: Row) -> str | None:
    order = row.get("boot")
    if not order:
        return None
    assert isinstance(order, list | tuple)
    if not all(_DEVICE.fullmatch(str(each)) for each in order):
        message = "its boot order is not a list of devices"
        raise UnsafeValueError(message)
    text = f"order={joined(order, ';')}"
    return _checked(text, _parsed(BootOrder, text), list(order))


def _parsed(field_type: Any, text: str) -> object:
    adapter = TypeAdapter(field_type)
    return adapter.dump_python(adapter.validate_python(text), mode="json")


def _features(row: Row) -> str | None:
    wanted = row.get("features")
    if not wanted:
        return None
    assert isinstance(wanted, list | tuple)
    items = [word(each if "=" in str(each) else f"{each}=1") for each in wanted]
    text = ",".join(items)
    return _checked(text, _parsed(Features, text), list(wanted))


def _listed(name: str, separator: str) -> Callable[[Row], str | None]:
    def text(row: Row) -> str | None:
        values = row.get(name)
        return joined(values, separator) if isinstance(values, list | tuple) and values else None

    return text


def _hotplug(row: Row) -> str | None:
    features = member(row, ("options", "hotplug"))
    if features is None:
        return None
    return joined(features) if features else "0"


def _custom(row: Row) -> str | None:
    values = _set(member(row, ("cloud_init", "custom")))
    return properties(values) if values else None


def _limit(row: Row) -> str | None:
    return word(row["cpulimit"]) if row.get("cpulimit") else None


_WHOLE: Mapping[str, Callable[[Row], str | None]] = {
    "startup": _startup,
    "agent": _agent,
    "boot": _boot,
    "cicustom": _custom,
    "features": _features,
    "hotplug": _hotplug,
    "cpulimit": _limit,
    "tags": _listed("tags", ";"),
    "nameserver": _listed("nameserver", " "),
    "searchdomain": _listed("searchdomain", " "),
}
"""Keys whose text is not that of their field: key → the text for a row."""
