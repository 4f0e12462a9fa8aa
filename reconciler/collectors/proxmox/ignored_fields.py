"""Every key of a Proxmox VE configuration that no model reads, with the reason: the one table.

What is in neither a model nor this table appears by name under `unmodelled`. Keys: the schemas of the
endpoints that write these configurations (`pve-config-key-formats`).
"""

from collections.abc import Mapping

_OF_THE_CALL = "is a parameter of the call that changes it, no configuration"
_HIDDEN = "is a secret"
_NOT_NEEDED = "is read from no node: an operator sets it once, by hand"

GUEST: Mapping[str, str] = {
    **dict.fromkeys(("delete", "force", "node", "revert", "skiplock", "vmid"), _OF_THE_CALL),
    **dict.fromkeys(("parent", "snaptime", "snapstate", "vmstate"), "is about snapshots"),
    **dict.fromkeys(("runningmachine", "runningcpu", "running-nets-host-mtu"), "is about a saved state"),
    "cdrom": "is another name of ide2",
    "cipassword": "is a secret, and masked; its fingerprint is read where it is not",
    "digest": "changes with every edit",
    "lxc": "raw lines, which /pending leaves out",
    "meta": "is read as created",
    "smbios1": "is the identity that Proxmox VE made",
    "smp": "is an old name of cores",
    "vmgenid": "is made anew by Proxmox VE",
}

STORAGE: Mapping[str, str] = {
    **dict.fromkeys(("encryption-key", "keyring", "password"), _HIDDEN),
    **dict.fromkeys(
        ("comstar_hg", "comstar_tg", "iscsiprovider", "lio_tpg", "nowritecache"), "is of ZFS over iSCSI"
    ),
    "authsupported": "is set by Proxmox VE",
    "digest": "changes with every edit",
    "master-pubkey": "belongs to the encryption key",
    "saferemove-stepsize": "only with saferemove_throughput",
    "saferemove_throughput": "only matters while a volume is wiped",
}

NODE: Mapping[str, str] = {
    **dict.fromkeys(("delete", "digest", "node"), _OF_THE_CALL),
    **dict.fromkeys(
        (
            "acme",
            "acmedomain[n]",
            "ballooning-target",
            "description",
            "location",
            "startall-onboot-delay",
            "wakeonlan",
        ),
        _NOT_NEEDED,
    ),
}

NETWORK: Mapping[str, str] = {
    **dict.fromkeys(("active", "exists"), "is state"),
    **dict.fromkeys(("families", "priority"), "is the order of the file"),
    **dict.fromkeys(("address", "netmask"), "is read as cidr"),
    **dict.fromkeys(("address6", "netmask6"), "is read as cidr6"),
    **dict.fromkeys(("comments", "comments6"), "is read as comment"),
}

BACKUP_JOB: Mapping[str, str] = {
    "id": "is the key",
    "vmid": "is read as guests",
    "type": "is always vzdump",
    "next-run": "changes with the clock",
    "quiet": "only for the command line",
    "stop": "only for the command line",
    "maxfiles": "is written as prune-backups since Proxmox VE 7",
}

DATACENTER: Mapping[str, str] = {
    "consent-text": "is text for the login page",
    "delete": _OF_THE_CALL,
    "description": "is text for the summary page",
    "digest": "changes with every edit",
    "http_proxy": "may hold a password",
    "location": "is for the map",
    "migration_unsecure": "is an old name of migration",
    "notify": "is an old form of notifications",
    **dict.fromkeys(("u2f", "webauthn"), "is about logging in"),
    "allowed-tags": "follows from the others",
}
