"""Guests: VMs (qemu) and containers (lxc), by vmid.

Read from `/cluster/resources` (where each is) and `/nodes/NODE/qemu|lxc/VMID/pending` (its configuration,
with the changes that wait for a restart). By hand: `qm pending VMID`, `pct pending VMID`, or
`pvesh get /nodes/NODE/qemu/VMID/pending`.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.digest import Digest
from reconciler.collectors.proxmox.kinds.guest import policy
from reconciler.collectors.proxmox.kinds.guest.addresses import Interface
from reconciler.collectors.proxmox.kinds.guest.cloud_init import CloudInit
from reconciler.collectors.proxmox.kinds.guest.configuration import read_configuration
from reconciler.collectors.proxmox.kinds.guest.defaults import defaults
from reconciler.collectors.proxmox.kinds.guest.disks import Disk, DiskSlot, field_above
from reconciler.collectors.proxmox.kinds.guest.fetch import fetch_guests
from reconciler.collectors.proxmox.kinds.guest.nics import GuestNic, NicSlot
from reconciler.collectors.proxmox.kinds.guest.options import GuestOptions
from reconciler.collectors.proxmox.kinds.guest.passthrough import Passed, PassthroughSlot, used_mappings
from reconciler.collectors.proxmox.kinds.guest.raw import RawGuest
from reconciler.collectors.proxmox.pending import running_otherwise
from reconciler.collectors.proxmox.property_string import (
    BootOrder,
    CpuText,
    Features,
    MachineText,
)
from reconciler.model.fields.hosts import HostAddresses
from reconciler.model.fields.marks import unless
from reconciler.model.fields.numbers import Amount, Count, Flag, MiB, Moment
from reconciler.model.fields.text import CasedTags, Names, Notes, Text, TextLines
from reconciler.model.fingerprint import NONE, SecretFingerprint, SecretFingerprints
from reconciler.model.fix import Fix, KindFixes, RowsById, WantedFields
from reconciler.model.kind import Kind
from reconciler.model.pointer import pointer
from reconciler.model.references import RefTo
from reconciler.model.relations import on_node
from reconciler.model.resource import OBSERVED, POLICY, Resource
from reconciler.model.value import Value


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
    tags: CasedTags = ()
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
    cpuunits: Annotated[Annotated[Count, unless(100)] | None, Field(description="Weight; none: 100")] = None
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
    nameserver: HostAddresses = ()
    searchdomain: HostAddresses = ()
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
    snapshots: Annotated[
        policy.SnapshotPolicy | None,
        POLICY,
        Field(description="Policy, only declared: age of its snapshots"),
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
    oldest_snapshot: Annotated[Moment | None, OBSERVED, Field(description="When it was made")] = None
    snapshots_unread: Annotated[str | None, OBSERVED, Field(description="Why they are not known")] = None
    lock: Annotated[
        str | None, OBSERVED, Field(description="backup, migrate, …: its configuration is in transition")
    ] = None
    locked_since: Annotated[Moment | None, OBSERVED, Field(description="When a run first saw this lock")] = (
        None
    )
    digest: Digest = None
    addresses: Annotated[
        dict[str, Interface] | None,
        OBSERVED,
        Field(description="Interface → addresses that the guest reports; none: not asked, or no answer"),
    ] = None


_NOT_PENDING = ("addresses", "digest", "lock", "locked_since")
NOT_SHOWN = "(not shown)"
"""In place of the value of a key that no field reads: that it changes is shown, and its value is not."""


def normalise(vmid: str, raw: RawGuest, context: ProxmoxContext) -> Guest:
    """Make a guest of what was read of it; raises `ValueError` when it cannot be parsed."""
    guest = Guest.of_row(read_configuration(vmid, raw, raw.config, context))
    running = raw.running
    if running is None:
        return guest
    other = Guest.of_row(read_configuration(vmid, raw, running, context))
    pending = running_otherwise(guest, other, *_NOT_PENDING)
    changed = {pointer(key) for key in {*raw.config, *running} if raw.config.get(key) != running.get(key)}
    pending |= {at: NOT_SHOWN for at in guest.unmodelled if at in changed}
    return guest.model_copy(update={"pending": pending or None})


def _change(wanted: WantedFields) -> Fix:
    from reconciler.collectors.proxmox.kinds.guest import fix  # read when a fix is first asked for

    return fix.change(wanted)


def _activate(wanted: WantedFields) -> Fix:
    from reconciler.collectors.proxmox.kinds.guest import fix

    return fix.activate(wanted)


def _restore(vmid: str, rows: RowsById) -> Fix | None:
    from reconciler.collectors.proxmox.kinds.guest import moves

    return moves.restore(vmid, rows)


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
    follows=field_above,
    host=on_node,
    uses=used_mappings,
    locked=policy.locked,
    needs=("cluster",),
    as_meant=policy.as_meant,
    fix=KindFixes(_change, _activate, _restore),
)
