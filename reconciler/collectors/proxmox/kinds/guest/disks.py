"""A guest's disk: scsi0, virtio1, efidisk0, unused2 of a VM; rootfs and mp0 of a container."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.property_string import Properties, at_default_named
from reconciler.model.fields.marks import unless
from reconciler.model.fields.numbers import Flag, Size
from reconciler.model.fields.text import Names, Text
from reconciler.model.pointer import parts_of, pointer
from reconciler.model.references import RefTo
from reconciler.model.value import Value

DISK_SLOT = re.compile(r"(?:scsi|virtio|sata|ide|efidisk|tpmstate|unused|mp)\d+|rootfs")

DiskSlot = Annotated[
    str,
    StringConstraints(pattern=f"^(?:{DISK_SLOT.pattern})$"),
    Field(description="slot: scsi0, rootfs, mp0"),
]

_VOLUME = re.compile(r"([A-Za-z][A-Za-z0-9._-]*):(.+)", re.DOTALL)
_NAMES = {
    "pre-enrolled-keys": "pre_enrolled_keys",
    **{
        name: name
        for name in (
            "size media format cache aio discard iothread ssd backup replicate ro serial mp mountoptions"
            " efitype version"
        ).split()
    },
}
_OPTIONS = frozenset(
    "detect_zeroes ms-cert product queues rerror scsiblock shared snapshot vendor werror wwn model"
    " acl idmap keepattrs quota import-from cyls heads secs trans".split()
)
_LIMIT = re.compile(r"(?:m?bps|iops)(?:_(?:rd|wr))?(?:_max)?(?:_length)?")
_OPTION_DEFAULTS = {
    "shared": "0",
    "scsiblock": "0",
    "keepattrs": "0",
    "ms-cert": "2011",
    "detect_zeroes": "1",
    "snapshot": "0",
    "quota": "0",
    "rerror": "report",
    "werror": "enospc",
    **{
        f"{unit}{of}{peak}": "0"
        for unit in ("bps", "mbps", "iops")
        for of in ("", "_rd", "_wr")
        for peak in ("", "_max")
    },
}
"""Of options that are not set; a limit of 0 is none (qm(1), pct(1), qemu(1))."""


def _discards(value: object) -> object:
    return False if value == "ignore" else value


def _only_options(options: dict[str, str]) -> dict[str, str]:
    for name in options:
        if name in _NAMES:
            message = f"{name} is a field of the disk: write {_NAMES[name]} beside options"
            raise ValueError(message)
        if name not in _OPTIONS and not _LIMIT.fullmatch(name):
            message = f"{name} is not an option of a disk"
            raise ValueError(message)
    return options


class Disk(Value):
    """A disk, drive or mount point. Unset options have the Proxmox VE default."""

    storage: Annotated[
        str | None, RefTo("storage"), Field(description="Storage ID; null for a host path or an empty drive")
    ] = None
    volume: Annotated[
        str | None, Field(description="Volume on the storage, or a host path; null for an empty drive")
    ] = None
    size: Annotated[
        Size | None, Field(description="Configured size, such as 32G; Proxmox VE may leave it out")
    ] = None
    media: Annotated[str, Field(description="disk or cdrom")] = "disk"
    format: Annotated[str | None, Field(description="Image format, such as raw or qcow2")] = None
    cache: Annotated[
        Annotated[str, unless("none")] | None, Field(description="Cache mode (default none)")
    ] = None
    aio: Annotated[
        Annotated[str, unless("io_uring")] | None,
        Field(description="Asynchronous I/O mode (default io_uring where the storage supports it)"),
    ] = None
    discard: Annotated[
        Flag, BeforeValidator(_discards), Field(description="Pass discard (TRIM) requests to the storage")
    ] = False
    iothread: Annotated[Flag, Field(description="Use an I/O thread for the disk")] = False
    ssd: Annotated[Flag, Field(description="SSD emulation")] = False
    backup: Annotated[
        Flag, Field(description="Include in backups; a container mount point is excluded by default")
    ] = True
    replicate: Annotated[Flag, Field(description="Include in storage replication")] = True
    ro: Annotated[Flag, Field(description="Read-only")] = False
    serial: Annotated[Text | None, Field(description="Serial number that the guest sees")] = None
    mp: Annotated[
        str | None, Field(description="Container only: path of the mount point in the container")
    ] = None
    mountoptions: Annotated[
        Names | None,
        Field(description="Container only: mount options, such as noatime; order does not matter"),
    ] = None
    efitype: Annotated[
        str | None, Field(description="EFI disk only: size and type of the OVMF variables, 2m or 4m")
    ] = None
    pre_enrolled_keys: Annotated[
        Flag | None, Field(description="EFI disk only: Secure Boot keys are pre-enrolled")
    ] = None
    version: Annotated[Text | None, Field(description="TPM state only: TPM version, v1.2 or v2.0")] = None
    options: Annotated[
        Properties,
        at_default_named(_OPTION_DEFAULTS),
        AfterValidator(_only_options),
        Field(default_factory=dict, description="I/O limits and further options, as the API names them"),
    ]


def disk_defaults(slot: str) -> dict[str, object]:
    """Return the defaults of a disk in a slot, beyond those that all disks have."""
    if slot == "rootfs":
        return {"mountoptions": []}
    if slot.startswith("mp"):
        return {"backup": False, "mountoptions": []}
    if slot.startswith("efidisk"):
        return {"efitype": "2m", "pre_enrolled_keys": False}
    return {"version": "v1.2"} if slot.startswith("tpmstate") else {}


def read(slot: str, text: str) -> tuple[dict[str, object], dict[str, str]]:
    """Return the fields of a disk from its property string, and what is not read, by JSON pointer."""
    values = property_string.parse(text, "volume" if slot == "rootfs" or slot.startswith("mp") else "file")
    names = [values.pop(name, "") for name in ("file", "volume")]
    fields = disk_defaults(slot) | _place(next(filter(None, names), "none"))
    options: dict[str, str] = {}
    unread: dict[str, str] = {}
    for key, value in values.items():
        if key in _NAMES:
            fields |= {_NAMES[key]: value} if value else {}
        elif key in _OPTIONS or _LIMIT.fullmatch(key):
            options[key] = value
        else:
            unread[pointer(slot, key)] = value
    return fields | {"options": options}, unread


def _place(volume: str) -> dict[str, object]:
    match = _VOLUME.fullmatch(volume)
    if match is not None:
        return {"storage": match[1], "volume": match[2]}
    return {} if volume == "none" else {"volume": volume}


def field_above(path: str) -> str | None:
    """Return the pointer of the field of a disk from which that of another one follows.

    Each storage names its own volumes, and another volume (an ISO image, a new disk) has its own size.
    """
    match parts_of(path):
        case "disks", slot, "volume":
            return pointer("disks", slot, "storage")
        case "disks", slot, "size":
            return pointer("disks", slot, "volume")
    return None


def read_disks(slots: Mapping[str, str]) -> tuple[dict[str, dict[str, object]], dict[str, str]]:
    """Return every disk among a guest's slots, and what is not read, by JSON pointer."""
    disks: dict[str, dict[str, object]] = {}
    unread: dict[str, str] = {}
    for slot in filter(DISK_SLOT.fullmatch, slots):
        disks[slot], unknown = read(slot, slots[slot])
        unread |= unknown
    return disks, unread
