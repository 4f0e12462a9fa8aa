"""A guest as it was read: where it is, its configuration as the API sent it, and what was asked apart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.collectors.proxmox.kinds.guest.addresses import read_interfaces
from reconciler.model.fingerprint import NONE


@dataclass(slots=True)
class RawGuest:
    """One guest; it is filled in while the guests are read."""

    type: str
    """qemu or lxc."""
    node: str
    power: str | None = None
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
    has_description: bool = False
    description: str | None = None
    description_fingerprint: str = NONE
    cloud_init_password: str = NONE
    unread: tuple[str, ...] = ()
    """Fields that could not be read."""

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
            "description": self.description,
            "description_fingerprint": self.description_fingerprint,
            "cloud_init_password": self.cloud_init_password,
            "unread": self.unread or None,
            "addresses": read_interfaces(self.interfaces),
        }
