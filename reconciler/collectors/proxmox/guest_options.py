"""A guest's rarer options: those that most guests leave at their default.

An option at its documented default is none, however it is written, so that `tablet: true`, `tablet: 1` and no
`tablet` are one. Formats and defaults: schemas of `/nodes/{node}/qemu|lxc/{vmid}/config`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.property_string import Properties
from reconciler.model.fields import Amount, Count, Flag, Names, Text
from reconciler.model.value import Value


def _unless(default: object) -> AfterValidator:
    """None for the default, which is what an option that is not set has."""
    return AfterValidator(lambda value: None if value == default else value)


On = Annotated[Annotated[Flag, _unless(default=True)] | None, Field(description="none: true, the default")]
Off = Annotated[Annotated[Flag, _unless(default=False)] | None, Field(description="none: false, the default")]

DEVICE = re.compile(
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
_AT_DEFAULT = {"vga": ({"type": "std"}, {}), "watchdog": ({"model": "i6300esb"},)}


def _without_defaults(devices: dict[str, Any]) -> dict[str, Any]:
    return {
        slot: None if properties is not None and properties in _AT_DEFAULT.get(slot, ()) else properties
        for slot, properties in devices.items()
    }


Device = Annotated[
    str, StringConstraints(pattern=f"^(?:{DEVICE.pattern})$"), Field(description="slot: serial0, vga, rng0")
]


class GuestOptions(Value):
    """What differs from the defaults; a field that is none is at its default."""

    acpi: On = None
    kvm: On = None
    tablet: On = None
    reboot: On = None
    allow_ksm: On = None
    autostart: Off = None
    freeze: Off = None
    keephugepages: Off = None
    tdf: Off = None
    localtime: Annotated[Flag | None, Field(description="Windows guests have it by default")] = None
    affinity: Annotated[Text | None, Field(description="Host CPUs: 0,5,8-11")] = None
    vcpus: Annotated[Annotated[Count, _unless(0)] | None, Field(description="Of hot plugged ones")] = None
    shares: Annotated[Count, _unless(1000)] | None = None
    hugepages: Text | None = None
    hotplug: Annotated[
        Annotated[Names, _unless(("disk", "network", "usb"))] | None,
        Field(description="none: disk, network, usb"),
    ] = None
    keyboard: str | None = None
    startdate: Annotated[str, _unless("now")] | None = None
    hookscript: Annotated[str | None, Field(description="Volume of a script run at start and stop")] = None
    vmstatestorage: Text | None = None
    migrate_downtime: Annotated[Annotated[Amount, _unless(0.1)] | None, Field(description="Seconds")] = None
    migrate_speed: Annotated[Annotated[Amount, _unless(0)] | None, Field(description="MB/s")] = None
    has_args: Annotated[Off, Field(description="VM only: arguments for kvm, which may hold secrets")] = None
    agent: Annotated[Properties | None, Field(description="VM only: of the guest agent")] = None
    cmode: Annotated[Annotated[str, _unless("tty")] | None, Field(description="Container only")] = None
    console: Annotated[On, Field(description="Container only")] = None
    debug: Annotated[Off, Field(description="Container only")] = None
    tty: Annotated[Annotated[Count, _unless(2)] | None, Field(description="Container only")] = None
    timezone: Annotated[str | None, Field(description="Container only; host: that of the host")] = None
    entrypoint: Annotated[
        Annotated[str, _unless("/sbin/init")] | None, Field(description="Container only")
    ] = None
    has_env: Annotated[Off, Field(description="Container only: environment, which may hold secrets")] = None
    devices: Annotated[
        dict[Device, Properties | None],
        AfterValidator(_without_defaults),
        Field(default_factory=dict, description="Serial ports, display, passed devices, NUMA nodes, by slot"),
    ]


_SCALARS = {
    name.replace("_", "-") if name == "allow_ksm" else name: name
    for name in GuestOptions.model_fields.keys() - {"has_args", "has_env", "agent", "devices"}
}
_PRESENCE = {"args": "has_args", "env": "has_env"}
_AGENT_DEFAULTS = {
    "type": "virtio",
    "fstrim_cloned_disks": "0",
    "freeze-fs-on-backup": "1",
    "guest-fsfreeze": "1",
}
_NOTHING = GuestOptions(devices={})
KEYS = frozenset(_SCALARS) | frozenset(_PRESENCE)


def read(config: Mapping[str, str], numbered: Iterable[str], agent: Mapping[str, str]) -> GuestOptions | None:
    """The options of a configuration that are not at their default; None when all are.

    `numbered` are its keys that end in a number; `agent` is what the property string of the guest agent says
    beside `enabled`.
    """
    slots = [key for key in numbered if key.startswith(_NUMBERED) and DEVICE.fullmatch(key)]
    slots += _NAMED & config.keys()
    rest = {key: value for key, value in agent.items() if value != _AGENT_DEFAULTS.get(key)}
    if not slots and not rest and KEYS.isdisjoint(config):
        return None
    found: dict[str, object] = {name: config[key] for key, name in _SCALARS.items() if key in config}
    found |= {name: bool(config[key]) for key, name in _PRESENCE.items() if key in config}
    devices = {slot: _device(slot, config[slot]) for slot in slots}
    found["devices"] = {slot: each for slot, each in devices.items() if each not in _AT_DEFAULT.get(slot, ())}
    options = GuestOptions.model_validate(found | ({"agent": rest} if rest else {}))
    return None if options == _NOTHING else options


def _device(slot: str, text: str) -> dict[str, str]:
    return property_string.parse(text, _DEFAULT_KEYS.get(slot.rstrip("0123456789"), "value"))
