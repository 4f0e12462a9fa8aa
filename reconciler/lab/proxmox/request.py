"""What an endpoint is given: the state, the caller's rights, the query, and this moment's readings."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.lab.proxmox.error import ApiError, invalid
from reconciler.lab.proxmox.rights import Rights
from reconciler.lab.state import Guest, Node, State


@dataclass(frozen=True, slots=True)
class Request:
    """One authenticated GET."""

    state: State
    rights: Rights
    query: Mapping[str, str]
    local: str
    """The node whose listener took the call."""
    readings: random.Random
    """Source of the values that change with every answer."""

    def flag(self, name: str) -> bool:
        """A boolean query parameter, in the spellings Proxmox takes."""
        return self.query.get(name, "0").lower() in {"1", "on", "yes", "true"}

    def node(self, name: str) -> Node:
        """The node of a path; raises what Proxmox answers when it is unknown or down."""
        node = self.state.nodes.get(name)
        if node is None:
            cause = f"failed to get address info for: {name}: Name or service not known"
            raise ApiError(500, f"hostname lookup '{name}' failed - {cause}")
        if not node.online:
            raise ApiError(595, "No route to host", empty=True)
        return node

    def guest(self, node: str, system: str, number: str) -> Guest:
        """The guest of a path, which the caller may audit; raises 403, or 500 when it is not there."""
        return self.guest_for(("VM.Audit",), node, system, number)

    def guest_for(self, privileges: tuple[str, ...], node: str, system: str, number: str) -> Guest:
        """The guest of a path, for a caller who has one of the privileges on it."""
        if not number.isdecimal() or not 100 <= int(number) <= 999999999:
            raise invalid({"vmid": f"type check ('integer') failed - got '{number}'"})
        vmid = int(number)
        self.rights.require(f"/vms/{vmid}", *privileges)
        self.node(node)
        guest = self.state.guests.get(vmid)
        if guest is None or guest.type != system or guest.node != node:
            folder = "qemu-server" if system == "qemu" else "lxc"
            raise ApiError(500, f"Configuration file 'nodes/{node}/{folder}/{vmid}.conf' does not exist")
        return guest


def uptime(started: float, *, base: int) -> int:
    """Seconds since a start, as a machine that had run for `base` seconds then."""
    return base + int(time.monotonic() - started)
