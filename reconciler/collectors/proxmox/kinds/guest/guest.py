"""Guests: VMs (qemu) and containers (lxc), by VMID.

Read from `/cluster/resources` (the node of each guest) and `/nodes/NODE/qemu|lxc/VMID/pending` (the
configuration with its pending changes). By hand: `qm pending VMID`, `pct pending VMID`, or
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
    """Startup and shutdown order of a guest."""

    order: Annotated[
        Count | None, Field(description="Position in the startup order; shutdown is in reverse order")
    ] = None
    up: Annotated[Count | None, Field(description="Startup delay: seconds until the next guest starts")] = (
        None
    )
    down: Annotated[
        Count | None, Field(description="Shutdown timeout: seconds to wait until the guest is off")
    ] = None


class Guest(Resource):
    """A VM or container. Unset options have their documented default; unsupported options are left out."""

    name: Annotated[Text, Field(description="VM name, or container hostname")]
    type: Annotated[Literal["qemu", "lxc"], Field(description="qemu (VM) or lxc (container)")]
    node: Annotated[str, Field(description="Node that the guest is on")]
    power: Annotated[Literal["running", "stopped"], Field(description="Current power state")]
    pool: Annotated[str | None, RefTo("pool"), Field(description="Resource pool of the guest")] = None
    template: Annotated[Flag, Field(description="Guest is a template")] = False
    tags: CasedTags = ()
    onboot: Annotated[Flag, Field(description="Start at boot of the node")] = False
    startup: Annotated[Startup | None, Field(description="Start/Shutdown order")] = None
    protection: Annotated[Flag, Field(description="The guest and its disks cannot be removed")] = False
    ostype: Annotated[
        str | None, Field(description="Guest OS type, such as l26 or win11 for a VM, debian for a container")
    ] = None
    arch: Annotated[
        str | None, Field(description="CPU architecture, such as x86_64 for a VM, amd64 for a container")
    ] = None
    cores: Annotated[
        Count | None,
        Field(
            description="CPU cores; of a VM per socket; a container without a value uses all cores of its "
            "node"
        ),
    ] = None
    sockets: Annotated[Count | None, Field(description="VM only: CPU sockets")] = None
    cpu: Annotated[CpuText | None, Field(description="VM only: CPU type and flags (default kvm64)")] = None
    cpulimit: Annotated[Amount, Field(description="CPU limit in CPUs; 0: no limit")] = 0
    cpuunits: Annotated[
        Annotated[Count, unless(100)] | None,
        Field(description="CPU weight relative to other guests (default 100)"),
    ] = None
    numa: Annotated[Flag | None, Field(description="VM only: NUMA enabled")] = None
    memory: Annotated[MiB, Field(description="Memory in MiB")] = 512
    balloon: Annotated[
        MiB | None, Field(description="VM only: ballooning target in MiB; 0: no ballooning (default memory)")
    ] = None
    swap: Annotated[MiB | None, Field(description="Container only: swap in MiB")] = None
    machine: Annotated[
        MachineText | None, Field(description="VM only: machine type and its options (default pc)")
    ] = None
    bios: Annotated[str | None, Field(description="VM only: firmware, seabios or ovmf")] = None
    scsihw: Annotated[
        str | None, Field(description="VM only: SCSI controller model, such as virtio-scsi-single")
    ] = None
    boot: Annotated[BootOrder, Field(description="VM only: boot devices, in order")] = ()
    bootdisk: Annotated[
        str | None, Field(description="VM only: boot disk of older configurations, replaced by `boot`")
    ] = None
    agent: Annotated[Flag | None, Field(description="VM only: QEMU guest agent enabled")] = None
    unprivileged: Annotated[Flag | None, Field(description="Container only: unprivileged container")] = None
    features: Annotated[
        Features,
        Field(description="Container only: enabled features, such as nesting, keyctl or mount=cifs;nfs"),
    ] = ()
    lxc_lines: Annotated[
        TextLines, Field(description="Container only: raw LXC configuration lines, in order")
    ] = ()
    lxc_secrets: Annotated[
        SecretFingerprints,
        Field(description="Container only: hooks and environment among the raw LXC lines (fingerprints)"),
    ] = ()
    nameserver: Annotated[
        HostAddresses,
        Field(description="DNS servers of a container, or of a VM through cloud-init; order matters"),
    ] = ()
    searchdomain: Annotated[
        HostAddresses,
        Field(description="DNS search domains of a container, or of a VM through cloud-init; order matters"),
    ] = ()
    disks: Annotated[
        dict[DiskSlot, Disk],
        Field(default_factory=dict, description="Disks, drives and mount points by slot: scsi0, rootfs, mp0"),
    ]
    nics: Annotated[
        dict[NicSlot, GuestNic], Field(default_factory=dict, description="Network interfaces by slot: net0")
    ]
    cloud_init: Annotated[CloudInit | None, Field(description="VM only: cloud-init settings")] = None
    hostpci: Annotated[
        dict[PassthroughSlot, Passed],
        Field(default_factory=dict, description="VM only: PCI devices of the host, by slot"),
    ]
    usb: Annotated[
        dict[PassthroughSlot, Passed],
        Field(default_factory=dict, description="VM only: USB devices, by slot"),
    ]
    options: Annotated[
        GuestOptions | None, Field(description="Further options; null if all are at their default")
    ] = None
    has_description: Annotated[Flag, Field(description="true if there are notes")] = False
    description: Annotated[Notes | None, Field(description="Notes; stored only with store_descriptions")] = (
        None
    )
    description_fingerprint: Annotated[SecretFingerprint, Field(description="Notes (fingerprint)")] = NONE
    cloud_init_password: Annotated[
        SecretFingerprint, Field(description="VM only: cloud-init password, none or set; Proxmox VE masks it")
    ] = NONE
    created: Annotated[Moment | None, Field(description="VM only: creation time")] = None
    allowed_nodes: Annotated[
        Names | None, POLICY, Field(description="Policy, declared only: nodes that the guest may run on")
    ] = None
    backup: Annotated[
        policy.BackupPolicy | None,
        POLICY,
        Field(description="Policy, declared only: age of the newest backup"),
    ] = None
    snapshots: Annotated[
        policy.SnapshotPolicy | None,
        POLICY,
        Field(description="Policy, declared only: age of the oldest snapshot"),
    ] = None
    newest_backup: Annotated[
        Moment | None,
        OBSERVED,
        Field(description="Time of the newest backup that counts, across all storages"),
    ] = None
    backups_rejected: Annotated[
        str | None, OBSERVED, Field(description="Why a newer backup does not count")
    ] = None
    backups_unread: Annotated[
        str | None, OBSERVED, Field(description="Why there may be newer backups than `newest_backup`")
    ] = None
    oldest_snapshot: Annotated[Moment | None, OBSERVED, Field(description="Time of the oldest snapshot")] = (
        None
    )
    snapshots_unread: Annotated[
        str | None, OBSERVED, Field(description="Why the snapshots could not be read")
    ] = None
    lock: Annotated[str | None, OBSERVED, Field(description="Configuration lock: backup, migrate, …")] = None
    locked_since: Annotated[
        Moment | None, OBSERVED, Field(description="Time of the first run that read this lock")
    ] = None
    digest: Digest = None
    addresses: Annotated[
        dict[str, Interface] | None,
        OBSERVED,
        Field(
            description="IP addresses that the guest reports, by interface; null if not asked or no answer"
        ),
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
    used_kinds=frozenset({"resource-mapping"}),
    locked=policy.locked,
    needs=("cluster",),
    as_meant=policy.as_meant,
    fix=KindFixes(_change, _activate, _restore),
)
