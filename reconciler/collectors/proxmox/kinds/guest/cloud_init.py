"""The cloud-init settings of a VM, without the password, and only the number of its SSH keys."""

import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import unquote

from pydantic import Field, StringConstraints

from reconciler.collectors.proxmox.kinds.guest.nics import IpConfig
from reconciler.collectors.proxmox.property_string import Properties, read_properties
from reconciler.model.fields import Count, Flag
from reconciler.model.value import Value

IPCONFIG_SLOT = re.compile(r"ipconfig\d+")

IpConfigSlot = Annotated[
    str,
    StringConstraints(pattern=f"^{IPCONFIG_SLOT.pattern}$"),
    Field(description="ipconfig0 is that of net0"),
]

_FIELDS = {"ciuser": "user", "citype": "type", "ciupgrade": "upgrade", "cicustom": "custom"}
_CUSTOM = frozenset({"user", "network", "meta", "vendor"})
CLOUD_INIT_KEYS = frozenset(_FIELDS) | {"sshkeys"}


class CloudInit(Value):
    """The cloud-init part of a VM's configuration; none when nothing of it is set."""

    user: str | None = None
    type: str | None = None
    upgrade: Annotated[Flag, Field(description="Upgrade packages at the first boot")] = True
    custom: Annotated[
        Properties, Field(default_factory=dict, description="Files that replace the generated ones")
    ]
    ssh_keys: Annotated[Count, Field(description="How many public keys")] = 0
    ipconfig: Annotated[
        dict[IpConfigSlot, IpConfig], Field(default_factory=dict, description="ipconfig0 is that of net0")
    ]


def read_cloud_init(config: Mapping[str, str]) -> tuple[dict[str, object] | None, list[str]]:
    """Return the fields of a VM's configuration (None when it has none), and the names that are not read."""
    slots = [key for key in config if key.startswith("ipconfig") and IPCONFIG_SLOT.fullmatch(key)]
    if not slots and not CLOUD_INIT_KEYS & config.keys():
        return None, []
    fields: dict[str, object] = {name: config[key] for key, name in _FIELDS.items() if key in config}
    keys = unquote(config.get("sshkeys", "")).splitlines()
    fields["ssh_keys"] = sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in keys)
    unread: list[str] = []
    known = IpConfig.model_fields
    fields["ipconfig"] = {slot: read_properties(config, slot, "", known, unread) for slot in slots}
    if "cicustom" in config:
        fields["custom"] = read_properties(config, "cicustom", "", _CUSTOM, unread)
    return fields, unread
