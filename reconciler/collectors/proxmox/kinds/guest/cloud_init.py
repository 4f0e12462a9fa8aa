"""The cloud-init settings of a VM, without the password, and of its SSH keys only their fingerprints."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import unquote

from pydantic import Field, StringConstraints

from reconciler.collectors.proxmox.kinds.guest.nics import IpConfig
from reconciler.collectors.proxmox.property_string import Properties, read_properties
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Names
from reconciler.model.value import Value

IPCONFIG_SLOT = re.compile(r"ipconfig\d+")

IpConfigSlot = Annotated[
    str,
    StringConstraints(pattern=f"^{IPCONFIG_SLOT.pattern}$"),
    Field(description="ipconfig0 is that of net0"),
]

_FIELDS = {"ciuser": "user", "citype": "type", "ciupgrade": "upgrade", "cicustom": "custom"}
_PUBLIC_KEY = re.compile(r"(?:ssh|ecdsa|sk)-\S+ +([A-Za-z0-9+/=]+)")
_CUSTOM = frozenset({"user", "network", "meta", "vendor"})
CLOUD_INIT_KEYS = frozenset(_FIELDS) | {"sshkeys"}


class CloudInit(Value):
    """Cloud-init settings of a VM; null if none is set."""

    user: Annotated[str | None, Field(description="User that gets the SSH keys and password")] = None
    type: Annotated[
        str | None, Field(description="Configuration format: nocloud, configdrive2 or opennebula")
    ] = None
    upgrade: Annotated[Flag, Field(description="Upgrade packages after the first boot")] = True
    custom: Annotated[
        Properties,
        Field(
            default_factory=dict,
            description="Custom files that replace the generated ones: user, network, meta, vendor",
        ),
    ]
    ssh_keys: Annotated[
        Names,
        Field(
            description="Fingerprints of the SSH public keys, as `ssh-keygen -l` shows them; order does not "
            "matter"
        ),
    ] = ()
    ipconfig: Annotated[
        dict[IpConfigSlot, IpConfig],
        Field(default_factory=dict, description="IP settings by slot; ipconfig0 belongs to net0"),
    ]


def _fingerprint(line: str) -> str:
    """Return the fingerprint of a public key; that of the line itself where it cannot be parsed."""
    match = _PUBLIC_KEY.search(line)
    try:
        blob = base64.b64decode(match[1], validate=True) if match else line.strip().encode()
    except binascii.Error:
        blob = line.strip().encode()
    return f"SHA256:{base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip('=')}"


def read_cloud_init(config: Mapping[str, str]) -> tuple[dict[str, object] | None, dict[str, str]]:
    """Return the fields of a VM's configuration (None when it has none), and what is not read, by pointer."""
    slots = [key for key in config if key.startswith("ipconfig") and IPCONFIG_SLOT.fullmatch(key)]
    if not slots and not CLOUD_INIT_KEYS & config.keys():
        return None, {}
    fields: dict[str, object] = {name: config[key] for key, name in _FIELDS.items() if key in config}
    keys = unquote(config.get("sshkeys", "")).splitlines()
    fields["ssh_keys"] = [_fingerprint(line) for line in keys if line.strip() and line.lstrip()[0] != "#"]
    unread: dict[str, str] = {}
    known = IpConfig.model_fields
    fields["ipconfig"] = {slot: read_properties(config, slot, "", known, unread) for slot in slots}
    if "cicustom" in config:
        fields["custom"] = read_properties(config, "cicustom", "", _CUSTOM, unread)
    found = CloudInit.model_validate(fields)
    return None if found == CloudInit(custom={}, ipconfig={}) else fields, unread
