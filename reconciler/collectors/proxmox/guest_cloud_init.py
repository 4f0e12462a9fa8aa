"""What cloud-init sets in a VM; without the password, and of the SSH keys only how many."""

import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import unquote

from pydantic import Field, StringConstraints

from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.guest_nic import IpConfig
from reconciler.collectors.proxmox.property_string import Properties
from reconciler.model.fields import Count, Flag
from reconciler.model.value import Value

SLOT = re.compile(r"ipconfig\d+")

Slot = Annotated[
    str, StringConstraints(pattern=f"^{SLOT.pattern}$"), Field(description="ipconfig0 is that of net0")
]

_FIELDS = {"ciuser": "user", "citype": "type", "ciupgrade": "upgrade", "cicustom": "custom"}
KEYS = frozenset(_FIELDS) | {"sshkeys"}


class CloudInit(Value):
    """The cloud-init part of a VM's configuration; there is none when nothing of it is set."""

    user: str | None = None
    type: str | None = None
    upgrade: Annotated[Flag, Field(description="Upgrade packages at the first boot")] = True
    custom: Annotated[
        Properties, Field(default_factory=dict, description="Files that replace the generated ones")
    ]
    ssh_keys: Annotated[Count, Field(description="How many public keys")] = 0
    ipconfig: Annotated[
        dict[Slot, IpConfig], Field(default_factory=dict, description="ipconfig0 is that of net0")
    ]


def read(config: Mapping[str, str]) -> dict[str, object] | None:
    """The fields from a VM's configuration; None when it has none of them."""
    slots = [key for key in config if key.startswith("ipconfig") and SLOT.fullmatch(key)]
    if not slots and not KEYS & config.keys():
        return None
    fields: dict[str, object] = {name: config[key] for key, name in _FIELDS.items() if key in config}
    keys = unquote(config.get("sshkeys", "")).splitlines()
    fields["ssh_keys"] = sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in keys)
    fields["ipconfig"] = {
        slot: {
            key: value
            for key, value in property_string.parse(config[slot]).items()
            if key in IpConfig.model_fields
        }
        for slot in slots
    }
    return fields
