"""A guest's rarer options: those that most guests leave at their default.

An option at its documented default counts as not set, however it is written, so that `tablet: true`,
`tablet: 1` and no `tablet` are one. Formats and defaults: schemas of `/nodes/{node}/qemu|lxc/{vmid}/config`.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo

from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.property_string import Properties, without_defaults
from reconciler.model.fields.marks import unless
from reconciler.model.fields.numbers import Amount, Count, Flag, Off, On, Ranges, ranges
from reconciler.model.fields.text import Names, Text
from reconciler.model.fingerprint import NONE, RowFingerprinter, SecretFingerprint
from reconciler.model.pointer import pointer
from reconciler.model.value import LIVE, Value

OPTION_DEVICE = re.compile(
    r"(?:serial|parallel|numa|virtiofs|dev)\d+|audio0|rng0|vga|watchdog|ivshmem|spice_enhancements|amd-sev|intel-tdx"
)
_NUMBERED = ("serial", "parallel", "numa", "virtiofs", "dev", "audio", "rng")
_NAMED = frozenset("vga watchdog ivshmem spice_enhancements amd-sev intel-tdx".split())
_DEFAULT_KEYS = {
    "serial": "device",
    "parallel": "device",
    "virtiofs": "dirid",
    "dev": "path",
    "rng": "source",
    "vga": "type",
    "watchdog": "model",
    "amd-sev": "type",
    "intel-tdx": "type",
}
_KNOWN = {
    "audio": "device driver",
    "dev": "path deny-write gid mode uid",
    "ivshmem": "size name",
    "numa": "cpus hostnodes memory policy",
    "parallel": "device",
    "rng": "source max_bytes period",
    "serial": "device",
    "spice_enhancements": "foldersharing videostreaming",
    "vga": "type memory clipboard",
    "virtiofs": "dirid cache direct-io expose-acl expose-xattr",
    "watchdog": "model action",
    "amd-sev": "type allow-smt kernel-hashes no-debug no-key-sharing",
    "intel-tdx": "type attestation vsock-cid vsock-port",
    "agent": "type fstrim_cloned_disks freeze-fs freeze-fs-on-backup guest-fsfreeze",
}
_DEFAULTS = {
    "amd-sev": {"allow-smt": "1", "kernel-hashes": "0", "no-debug": "0", "no-key-sharing": "0"},
    "audio": {"driver": "spice"},
    "dev": {"deny-write": "0", "gid": "0", "mode": "0660", "uid": "0"},
    "intel-tdx": {"attestation": "1", "vsock-cid": "2", "vsock-port": "4050"},
    "rng": {"max_bytes": "1024", "period": "1000"},
    "spice_enhancements": {"foldersharing": "0", "videostreaming": "0"},
    "vga": {"type": "std"},
    "virtiofs": {"cache": "auto", "direct-io": "0", "expose-acl": "0", "expose-xattr": "0"},
    "agent": {
        "type": "virtio",
        "fstrim_cloned_disks": "0",
        "freeze-fs": "1",
    },
}
"""Documented ones (qm(1), pct(1)): a property that has its own is none."""
_IMPLIED = {"watchdog": {"model": "i6300esb"}}
"""Properties that a device has where its text has none."""
_SETS = {"numa": ("cpus", "hostnodes")}
"""Properties that are sets of numbers."""


_AGENT_NAMES = {"freeze-fs-on-backup": "freeze-fs", "guest-fsfreeze": "freeze-fs"}
"""The names of agent options before Proxmox VE 9.2."""


def _family(slot: str) -> str:
    return slot.rstrip("0123456789")


def _device(slot: str, text: str) -> dict[str, str]:
    family = _family(slot)
    return _IMPLIED.get(family, {}) | property_string.parse(text, _DEFAULT_KEYS.get(family, "value"))


def _parsed(devices: object) -> object:
    if not isinstance(devices, dict):
        return devices
    return {
        slot: _device(str(slot), each) if isinstance(each, str) else each for slot, each in devices.items()
    }


def _devices(devices: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    return {slot: None if each is None else _one(slot, each, info) for slot, each in devices.items()}


def _one(slot: str, device: dict[str, str | None], info: ValidationInfo) -> dict[str, str | None]:
    family = _family(slot)
    sets = {name: each for name in _SETS.get(family, ()) if (each := device.get(name)) is not None}
    device = device | {
        name: ";".join(ranges(tuple(re.split(r"[;, ]+", each)))) for name, each in sets.items()
    }
    return without_defaults(device, _DEFAULTS.get(family, {}), info)


def _agent(agent: dict[str, str | None], info: ValidationInfo) -> dict[str, str | None]:
    named = {_AGENT_NAMES.get(name, name): value for name, value in agent.items()}
    return without_defaults(named, _DEFAULTS["agent"], info)


def _hotplug(names: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return None for the default, which may be written as 1."""
    return None if names in {("disk", "network", "usb"), ("1",)} else names


OptionSlot = Annotated[
    str,
    StringConstraints(pattern=f"^(?:{OPTION_DEVICE.pattern})$"),
    Field(description="slot: serial0, vga, rng0"),
]


class GuestOptions(Value):
    """Further options of a guest; a field that is null is at its default."""

    acpi: Annotated[On, Field(description="VM only: ACPI (default true)")] = None
    kvm: Annotated[On, Field(description="VM only: KVM hardware virtualization (default true)")] = None
    tablet: Annotated[On, Field(description="VM only: USB tablet as pointing device (default true)")] = None
    reboot: Annotated[
        On, Field(description="VM only: allow reboots; false: the VM exits on reboot (default true)")
    ] = None
    allow_ksm: Annotated[On, Field(description="VM only: memory may be merged by KSM (default true)")] = None
    autostart: Annotated[
        Off, Field(description="VM only: restart after a crash; Proxmox VE ignores it (default false)")
    ] = None
    freeze: Annotated[Off, Field(description="VM only: freeze the CPU at startup (default false)")] = None
    keephugepages: Annotated[
        Off, Field(description="VM only: keep hugepages after shutdown (default false)")
    ] = None
    tdf: Annotated[Off, Field(description="VM only: time drift fix (default false)")] = None
    localtime: Annotated[
        Flag | None, Field(description="VM only: real-time clock uses local time (default true for Windows)")
    ] = None
    affinity: Annotated[
        Ranges | None, Field(description="VM only: host CPUs that may run it: 0, 5, 8-11")
    ] = None
    vcpus: Annotated[
        Annotated[Count, unless(0)] | None,
        Field(description="VM only: number of hotplugged vCPUs (default 0)"),
    ] = None
    shares: Annotated[
        Annotated[Count, unless(1000)] | None,
        Field(description="VM only: memory shares for automatic ballooning (default 1000)"),
    ] = None
    hugepages: Annotated[
        Text | None, Field(description="VM only: hugepage size (any, 2 or 1024 mebibytes)")
    ] = None
    hotplug: Annotated[
        Annotated[Names, AfterValidator(_hotplug)] | None,
        Field(description="VM only: hotplug features (default disk, network, usb)"),
    ] = None
    keyboard: Annotated[str | None, Field(description="VM only: keyboard layout of the VNC server")] = None
    startdate: Annotated[
        Annotated[str, unless("now")] | None,
        Field(description="VM only: initial date of the real-time clock (default now)"),
    ] = None
    hookscript: Annotated[str | None, Field(description="Volume of the hookscript")] = None
    vmstatestorage: Annotated[Text | None, Field(description="VM only: default storage for VM state")] = None
    migrate_downtime: Annotated[
        Annotated[Amount, unless(0.1)] | None,
        Field(description="VM only: maximum downtime of a migration in seconds (default 0.1)"),
    ] = None
    migrate_speed: Annotated[
        Annotated[Amount, unless(0)] | None,
        Field(description="VM only: maximum migration speed in MB/s (default no limit)"),
    ] = None
    kvm_arguments: Annotated[
        SecretFingerprint, Field(description="VM only: arguments passed to KVM (fingerprint)")
    ] = NONE
    agent: Annotated[
        Annotated[Properties, AfterValidator(_agent)] | None,
        Field(description="VM only: options of the QEMU guest agent"),
    ] = None
    smbios: Annotated[
        Properties | None, Field(description="VM only: SMBIOS type 1 fields, without the uuid")
    ] = None
    cmode: Annotated[
        Annotated[str, unless("tty")] | None,
        Field(description="Container only: console mode (tty, console or shell; default tty)"),
    ] = None
    console: Annotated[On, Field(description="Container only: attach /dev/console (default true)")] = None
    debug: Annotated[Off, Field(description="Container only: debug log level at start (default false)")] = (
        None
    )
    tty: Annotated[
        Annotated[Count, unless(2)] | None, Field(description="Container only: number of ttys (default 2)")
    ] = None
    timezone: Annotated[
        str | None, Field(description="Container only: time zone; host: same as the node")
    ] = None
    entrypoint: Annotated[
        SecretFingerprint,
        Field(description="Container only: command run as init (fingerprint); none: /sbin/init"),
    ] = NONE
    environment: Annotated[
        SecretFingerprint, Field(description="Container only: runtime environment (fingerprint)")
    ] = NONE
    devices: Annotated[
        dict[OptionSlot, Properties | None],
        BeforeValidator(_parsed),
        AfterValidator(_devices),
        Field(
            default_factory=dict,
            description="Serial ports, display, watchdog, NUMA nodes and passed-through devices, by slot",
        ),
    ]


_SCALARS = {
    name.replace("_", "-") if name == "allow_ksm" else name: name
    for name in GuestOptions.model_fields.keys()
    - {"kvm_arguments", "environment", "entrypoint", "agent", "smbios", "devices"}
}
_SECRETS = {"args": "kvm_arguments", "env": "environment", "entrypoint": "entrypoint"}
_INIT = "/sbin/init"
OPTION_KEYS = frozenset(_SCALARS) | frozenset(_SECRETS) | {"smbios1"}
_SMBIOS = frozenset("family manufacturer product serial sku version".split())


def read_options(
    config: Mapping[str, str], numbered: Iterable[str], agent: Mapping[str, str], row: RowFingerprinter
) -> tuple[GuestOptions | None, dict[str, str]]:
    """Return the options that are not at their default (None when all are), and what is not read, by pointer.

    `numbered` are its keys that end in a number; `agent` are the properties of the guest agent besides
    `enabled`; `row` makes the fingerprints of what may hold a secret.
    """
    slots = [key for key in numbered if key.startswith(_NUMBERED) and OPTION_DEVICE.fullmatch(key)]
    slots += _NAMED & config.keys()
    if not slots and not agent and OPTION_KEYS.isdisjoint(config):
        return None, {}
    found: dict[str, object] = {name: config[key] for key, name in _SCALARS.items() if key in config}
    secrets = {key: config[key] for key in _SECRETS.keys() & config.keys()}
    if secrets.get("entrypoint") == _INIT:
        del secrets["entrypoint"]
    found |= {_SECRETS[key]: row.secret(f"/{key}", text) for key, text in secrets.items()}
    unread: dict[str, str] = {}
    found["devices"] = {slot: _known(slot, _device(slot, config[slot]), unread) for slot in slots}
    found["smbios"] = _smbios(config.get("smbios1", ""), unread) or None
    if agent:
        found["agent"] = _known("agent", agent, unread)
    options = GuestOptions.model_validate(found, context=LIVE)
    devices = {slot: each for slot, each in options.devices.items() if each and any(each.values())}
    rest = options.agent if options.agent and any(options.agent.values()) else None
    options = options.model_copy(update={"devices": devices, "agent": rest})
    return None if options == GuestOptions(devices={}) else options, unread


def _smbios(text: str, unread: dict[str, str]) -> dict[str, str]:
    """Return the identity in plain text, which Proxmox VE writes in base64 where it is not."""
    values = property_string.parse(text)
    plain = values.pop("base64", "0") != "1"
    values.pop("uuid", None)
    unread |= {pointer("smbios1", key): value for key, value in values.items() if key not in _SMBIOS}
    return {key: value if plain else _decoded(value) for key, value in values.items() if key in _SMBIOS}


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return text


def _known(slot: str, properties: Mapping[str, str], unread: dict[str, str]) -> dict[str, str]:
    """Return the properties that a slot may have; others go to `unread`, by JSON pointer."""
    known = _KNOWN[_family(slot)].split()
    unread |= {pointer(slot, key): value for key, value in properties.items() if key not in known}
    return {key: value for key, value in properties.items() if key in known}
