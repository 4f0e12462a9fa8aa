"""The input of an endpoint: the state, the caller's rights, the query, and the readings of this moment."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.lab.members import Guest, Node
from reconciler.lab.proxmox.error import ApiError, invalid
from reconciler.lab.proxmox.rights import Rights
from reconciler.lab.state import State


@dataclass(frozen=True, slots=True)
class Request:
    """One authenticated GET."""

    state: State
    rights: Rights
    query: Mapping[str, str]
    local: str
    """The node whose listener received the call."""
    readings: random.Random
    """Source of the values that change with every answer."""

    def flag(self, name: str) -> bool:
        """Return a boolean query parameter, in the spellings that Proxmox accepts."""
        return self.query.get(name, "0").lower() in {"1", "on", "yes", "true"}

    def node(self, name: str) -> Node:
        """Return the node of a path; raises the error of Proxmox if it is unknown or offline."""
        node = self.state.nodes.get(name)
        if node is None:
            cause = f"failed to get address info for: {name}: Name or service not known"
            raise ApiError(500, f"hostname lookup '{name}' failed - {cause}")
        if not node.online:
            raise ApiError(595, "No route to host", empty=True)
        return node

    def guest(self, node: str, system: str, number: str) -> Guest:
        """Return the guest of a path; raises 403 if the caller may not audit it, 500 if it does not exist."""
        return self.guest_for(("VM.Audit",), node, system, number)

    def guest_for(self, privileges: tuple[str, ...], node: str, system: str, number: str) -> Guest:
        """Return the guest of a path if the caller has one of the privileges on it."""
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
    """Return the seconds since a start, plus the `base` seconds that the machine had been running by then."""
    return base + int(time.monotonic() - started)
