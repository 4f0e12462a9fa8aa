"""Guests: VMs (qemu) and containers (lxc), by vmid.

Read from `/cluster/resources` (where each is) and `/nodes/NODE/qemu|lxc/VMID/pending` (its configuration,
with the changes that wait for a restart). By hand: `qm pending VMID`, `pct pending VMID`, or
`pvesh get /nodes/NODE/qemu/VMID/pending`.
"""

import re
from collections.abc import Mapping
from sys import intern
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from reconciler.collectors.http.values import is_true
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.kinds.guest import policy
from reconciler.collectors.proxmox.kinds.guest.addresses import Interface
from reconciler.collectors.proxmox.kinds.guest.cloud_init import (
    CLOUD_INIT_KEYS,
    IPCONFIG_SLOT,
    CloudInit,
    read_cloud_init,
)
from reconciler.collectors.proxmox.kinds.guest.defaults import BY_TYPE, defaults
from reconciler.collectors.proxmox.kinds.guest.disks import (
    DISK_SLOT,
    Disk,
    DiskSlot,
    read_disks,
    volume_follows_storage,
)
from reconciler.collectors.proxmox.kinds.guest.fetch import fetch_guests
from reconciler.collectors.proxmox.kinds.guest.nics import NIC_SLOT, GuestNic, NicSlot, read_nics
from reconciler.collectors.proxmox.kinds.guest.options import (
    OPTION_DEVICE,
    OPTION_KEYS,
    GuestOptions,
    read_options,
)
from reconciler.collectors.proxmox.kinds.guest.passthrough import Passed, PassthroughSlot, read_passthrough
from reconciler.collectors.proxmox.kinds.guest.raw import RawGuest
from reconciler.collectors.proxmox.property_string import (
    BootOrder,
    CpuText,
    Features,
    MachineText,
)
from reconciler.collectors.proxmox.raw_lines import of_container
from reconciler.model.fields import (
    Amount,
    Count,
    Flag,
    MiB,
    Moment,
    Names,
    Notes,
    Tags,
    Text,
    TextLines,
    Words,
)
from reconciler.model.fingerprint import NONE, SecretFingerprint, SecretFingerprints
from reconciler.model.kind import Kind
from reconciler.model.pointer import differing, pointer
from reconciler.model.references import RefTo
from reconciler.model.relations import on_node
from reconciler.model.resource import OBSERVED, POLICY, Resource
from reconciler.model.value import Row, Value


class Startup(Value):
    """When a guest starts and stops with its node."""

    order: Count | None = None
    up: Annotated[Count | None, Field(description="Seconds until the next one starts")] = None
    down: Annotated[Count | None, Field(description="Seconds until the next one stops")] = None


class Guest(Resource):
    """A VM or a container. What is not set has its documented default; what it cannot have is left out."""

    name: Annotated[Text, Field(description="Name of a VM, hostname of a container")]
    type: Literal["qemu", "lxc"]
    node: str
    power: Annotated[Literal["running", "stopped"], Field(description="Whether it runs now")]
    pool: Annotated[str | None, RefTo("pool")] = None
    template: Flag = False
    tags: Tags = ()
    onboot: Annotated[Flag, Field(description="Starts with its node")] = False
    startup: Startup | None = None
    protection: Annotated[Flag, Field(description="Cannot be removed")] = False
    ostype: str | None = None
    arch: str | None = None
    cores: Annotated[
        Count | None, Field(description="Per socket; of a container none: all of the node's")
    ] = None
    sockets: Annotated[Count | None, Field(description="VM only")] = None
    cpu: Annotated[CpuText | None, Field(description="VM only: type and flags")] = None
    cpulimit: Annotated[Amount, Field(description="In CPUs; 0: no limit")] = 0
    cpuunits: Annotated[Count | None, Field(description="Weight; none: that of the cgroup version")] = None
    numa: Annotated[Flag | None, Field(description="VM only")] = None
    memory: MiB = 512
    balloon: Annotated[MiB | None, Field(description="VM only, MiB; 0: no ballooning; none: memory")] = None
    swap: Annotated[MiB | None, Field(description="Container only, MiB")] = None
    machine: Annotated[MachineText | None, Field(description="VM only")] = None
    bios: Annotated[str | None, Field(description="VM only: seabios or ovmf")] = None
    scsihw: Annotated[str | None, Field(description="VM only: SCSI controller")] = None
    boot: BootOrder = ()
    bootdisk: Annotated[str | None, Field(description="VM only; of old configurations")] = None
    agent: Annotated[Flag | None, Field(description="VM only: whether the guest agent is used")] = None
    unprivileged: Annotated[Flag | None, Field(description="Container only")] = None
    features: Features = ()
    lxc_lines: Annotated[
        TextLines, Field(description="Container only: raw lines of LXC, in their order")
    ] = ()
    lxc_secrets: Annotated[
        SecretFingerprints, Field(description="Container only: hooks and environment among its raw lines")
    ] = ()
    nameserver: Words = ()
    searchdomain: Words = ()
    disks: Annotated[
        dict[DiskSlot, Disk], Field(default_factory=dict, description="By slot: scsi0, rootfs, mp0")
    ]
    nics: Annotated[dict[NicSlot, GuestNic], Field(default_factory=dict, description="By slot: net0")]
    cloud_init: CloudInit | None = None
    hostpci: Annotated[
        dict[PassthroughSlot, Passed], Field(default_factory=dict, description="Devices of the host, by slot")
    ]
    usb: Annotated[
        dict[PassthroughSlot, Passed], Field(default_factory=dict, description="USB devices, by slot")
    ]
    options: Annotated[GuestOptions | None, Field(description="Rarer ones; none: all at their default")] = (
        None
    )
    has_description: Annotated[Flag, Field(description="Whether there are notes")] = False
    description: Annotated[Notes | None, Field(description="Notes; only with store_descriptions")] = None
    description_fingerprint: SecretFingerprint = NONE
    cloud_init_password: Annotated[
        SecretFingerprint,
        Field(description="none or set, as far as Proxmox VE shows it; it masks it by itself"),
    ] = NONE
    created: Annotated[Moment | None, Field(description="VM only: when it was made")] = None
    allowed_nodes: Annotated[
        Names | None, POLICY, Field(description="Policy, only declared: nodes that it may run on")
    ] = None
    backup: Annotated[
        policy.BackupPolicy | None,
        POLICY,
        Field(description="Policy, only declared: age of its backups"),
    ] = None
    newest_backup: Annotated[
        Moment | None, OBSERVED, Field(description="Of all storages, the newest that counts")
    ] = None
    backups_rejected: Annotated[
        str | None, OBSERVED, Field(description="Why a newer backup does not count")
    ] = None
    backups_unread: Annotated[
        str | None, OBSERVED, Field(description="Why there may be newer backups than the one seen")
    ] = None
    lock: Annotated[
        str | None, OBSERVED, Field(description="backup, migrate, …: its configuration is in transition")
    ] = None
    addresses: Annotated[
        dict[str, Interface] | None,
        OBSERVED,
        Field(description="Interface → addresses that the guest reports; none: not asked, or no answer"),
    ] = None


_SAME = frozenset(
    "template tags onboot protection ostype arch cores sockets cpu cpulimit cpuunits numa memory balloon swap"
    " machine bios scsihw boot bootdisk unprivileged features nameserver searchdomain lock".split()
)
_READ = (
    _SAME
    | CLOUD_INIT_KEYS
    | OPTION_KEYS
    | {"name", "hostname", "startup", "agent", "description", "lxc", "smbios1"}
)
_SLOTS = re.compile(
    f"(?:{DISK_SLOT.pattern}|{NIC_SLOT.pattern}|{IPCONFIG_SLOT.pattern}"
    f"|{OPTION_DEVICE.pattern}|(?:hostpci|usb)\\d+)"
)
_MEMORY = frozenset({"current"})
_STARTUP = frozenset({"order", "up", "down"})

_NOT_PENDING = {"unmodelled", "unread", "addresses", "lock", "health"}
NOT_SHOWN = "(not shown)"
"""In place of the value of a key that no field reads: that it changes is shown, and its value is not."""

_SCALARS = (str, int, float)


def normalise(vmid: str, raw: RawGuest, context: ProxmoxContext) -> Guest:
    """Make a guest of what was read of it; raises `ValueError` when it cannot be parsed."""
    guest = _configured(vmid, raw, raw.config, context)
    running = raw.running
    if running is None:
        return guest
    pending = differing(_shown(guest), _shown(_configured(vmid, raw, running, context)))
    changed = {pointer(key) for key in {*raw.config, *running} if raw.config.get(key) != running.get(key)}
    pending |= {at: NOT_SHOWN for at in guest.unmodelled if at in changed}
    return guest.model_copy(update={"pending": pending or None})


def _shown(guest: Guest) -> Row:
    return guest.model_dump(mode="json", exclude_none=True, exclude=_NOT_PENDING)


def _configured(vmid: str, raw: RawGuest, values: Mapping[str, Any], context: ProxmoxContext) -> Guest:
    config = {
        key: intern(text)
        for key, value in values.items()
        if isinstance(value, _SCALARS) and (text := str(value))
    }
    slots = {key: text for key, text in config.items() if key[-1:].isdigit() or key == "rootfs"}
    kind = raw.type
    disks, unread_disks = read_disks(slots)
    nics, unread_nics = read_nics(slots)
    agent = property_string.parse(config.get("agent", ""), "enabled")
    enabled = {"agent": agent.pop("enabled", False)} if "agent" in config else {}
    options, unread_options = read_options(config, slots, agent, context.fingerprints)
    devices, unread_devices = read_passthrough(slots)
    cloud_init, unread_init = read_cloud_init(config) if kind == "qemu" else (None, {})
    lines = of_container(raw.lxc or [])
    unread = unread_disks | unread_nics | unread_options | unread_devices | unread_init
    memory = property_string.read_properties(config, "memory", "current", _MEMORY, unread)
    startup = property_string.read_properties(config, "startup", "order", _STARTUP, unread)
    return Guest.model_validate(
        {
            **BY_TYPE.get(kind, {}),
            **{key: config[key] for key in _SAME & config.keys()},
            **enabled,
            "name": config.get("name")
            or config.get("hostname")
            or (f"VM {vmid}" if kind == "qemu" else f"CT{vmid}"),
            "type": kind,
            **raw.beside,
            "memory": memory.get("current", "512"),
            "startup": startup or None,
            "lxc_lines": lines.shown,
            "lxc_secrets": [context.fingerprints.secret("/lxc", line) for line in lines.hidden],
            "disks": disks,
            "nics": nics,
            "cloud_init": cloud_init,
            "hostpci": {slot: each for slot, each in devices.items() if slot.startswith("hostpci")},
            "usb": {slot: each for slot, each in devices.items() if slot.startswith("usb")},
            "options": options,
            "created": policy.created(config.get("meta")),
            "health": None if is_true(config.get("template")) else policy.health(raw),
            "unmodelled": _unmodelled(values, unread, context),
        }
    )


def _unmodelled(
    config: Mapping[str, object], inside: Mapping[str, str], context: ProxmoxContext
) -> dict[str, str | None]:
    """Return the keys, and the properties `inside` of keys, that are not read."""
    left = config.keys() - _READ
    found = {key: config[key] for key in left if not _SLOTS.fullmatch(key)} if left else {}
    unread = ignored_fields("proxmox", "guest").unmodelled(found, frozenset(), context.fingerprints)
    return unread | {at: context.fingerprints.fingerprint(at, value) for at, value in sorted(inside.items())}


def _vmid(text: str) -> str:
    if not text.isdecimal() or not 100 <= int(text) <= 999_999_999:
        message = "is not a vmid; it is a number from 100 to 999999999"
        raise ValueError(message)
    return str(int(text))


KIND = Kind(
    name="guest",
    plural="guests",
    model=Guest,
    fetch=fetch_guests,
    normalise=normalise,
    identity=Annotated[str, AfterValidator(_vmid)],
    defaults=defaults,
    notes="description",
    not_adopted=frozenset(
        {"node", "power", "created", "has_description", "description", "description_fingerprint"}
    ),
    adopted=policy.adopted,
    judge=policy.judge,
    events=policy.events,
    follows=volume_follows_storage,
    host=on_node,
    locked=policy.locked,
)
