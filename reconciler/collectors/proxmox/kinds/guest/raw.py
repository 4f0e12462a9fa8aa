"""A guest as it was read: where it is, its configuration as the API sent it, and what was asked apart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from reconciler.collectors.http.values import is_true
from reconciler.collectors.proxmox.kinds.guest.addresses import read_interfaces
from reconciler.model.fingerprint import NONE

Power = Literal["running", "stopped"]


@dataclass(slots=True)
class RawGuest:
    """One guest; it is filled in while the guests are read."""

    type: str
    """qemu or lxc."""
    node: str
    status: str | None = None
    """The word of Proxmox VE for whether it runs: of a VM its run state."""
    power: Power | None = None
    ha_state: str | None = None
    """The state in which high availability has it; None for a guest that it does not keep."""
    pool: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    """Its configuration, without notes and password."""
    running: Mapping[str, Any] | None = None
    """The configuration that runs until pending changes are active; None for the same."""
    lxc: Any = None
    """The raw lines of a container, which only its whole configuration has."""
    interfaces: Any = None
    """The answer of its guest agent, or of the host for a container."""
    agent_error: str | None = None
    newest_backup: str | None = None
    backups_rejected: str | None = None
    """Why a newer backup does not count."""
    backups_unread: str | None = None
    """Why there may be newer backups."""
    oldest_snapshot: str | None = None
    snapshots_unread: str | None = None
    """Why its snapshots are not known."""
    has_description: bool = False
    description: str | None = None
    description_fingerprint: str = NONE
    cloud_init_password: str = NONE
    unread: tuple[str, ...] = ()
    """Fields that could not be read."""

    @property
    def lock(self) -> str | None:
        """Its lock, which holds it for now: backup, migrate …."""
        lock = self.config.get("lock")
        return str(lock) if lock else None

    @property
    def beside(self) -> dict[str, Any]:
        """The fields of a guest that come from elsewhere than its configuration."""
        return {
            "node": self.node,
            "power": self.power,
            "pool": self.pool,
            "has_description": self.has_description,
            "newest_backup": self.newest_backup,
            "backups_rejected": self.backups_rejected,
            "backups_unread": self.backups_unread,
            "oldest_snapshot": self.oldest_snapshot,
            "snapshots_unread": self.snapshots_unread,
            "description": self.description,
            "description_fingerprint": self.description_fingerprint,
            "cloud_init_password": self.cloud_init_password,
            "unread": self.unread or None,
            "addresses": read_interfaces(self.interfaces),
        }


def read_pending(data: Any) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the configuration with its pending changes, and the one that runs until then; None for the same.

    Of a running guest, `value` is what runs, `pending` what is configured, and `delete` what goes away (2
    forces it).
    """
    config: dict[str, Any] = {}
    running: dict[str, Any] = {}
    changed = False
    for item in data if isinstance(data, list) else ():
        if not isinstance(item, dict) or not item.get("key"):
            continue
        key = str(item["key"])
        deleted = is_true(item.get("delete"))
        waiting = item.get("pending")
        changed = changed or deleted or waiting is not None
        if item.get("value") is not None:
            running[key] = item["value"]
        if not deleted:
            config[key] = item.get("value") if waiting is None else waiting
    return config, running if changed else None
