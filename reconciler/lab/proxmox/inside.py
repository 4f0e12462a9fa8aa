"""The network as seen inside guests: the QEMU guest agent, and the interfaces of a container.

By hand: `pvesh get /nodes/NODE/qemu/VMID/agent/network-get-interfaces`,
`pvesh get /nodes/NODE/lxc/VMID/interfaces`.
"""

import re
from typing import Any

from reconciler.lab.members import Guest
from reconciler.lab.proxmox.error import ApiError
from reconciler.lab.proxmox.request import Request

_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
_NIC = re.compile(r"net\d+")
_UNSUPPORTED = {
    "error": {"class": "Unsupported", "desc": "this feature or command is not currently supported"}
}


def agent_interfaces(request: Request, node: str, system: str, number: str) -> dict[str, Any]:
    """Answer `…/agent/network-get-interfaces`: it needs a right of its own, and a running agent."""
    guest = request.guest_for(("VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"), node, system, number)
    if not agent_enabled(guest):
        raise ApiError(500, "No QEMU guest agent configured")
    if guest.power != "running":
        raise ApiError(500, f"VM {number} is not running")
    if guest.agent == "down":
        raise ApiError(500, "QEMU guest agent is not running")
    if guest.agent == "unsupported":
        return {"result": _UNSUPPORTED}
    rows = [_interface("lo", "00:00:00:00:00:00", ["127.0.0.1/8", "::1/128"])]
    for order, (slot, mac) in enumerate(_nics(guest).items()):
        addresses = guest.addresses.get(slot, [])
        rows.append(_interface(f"ens{18 + order}", mac.lower(), [*addresses, _link_local(mac)]))
    rows.append(
        {"name": "docker0"} if "k3s" in guest.name else {"name": "sit0", "hardware-address": "00:00:00:00"}
    )
    return {"result": rows}


def container_interfaces(
    request: Request, node: str, system: str, number: str
) -> list[dict[str, Any]] | None:
    """Answer `…/interfaces` of a container: null while it is stopped."""
    guest = request.guest(node, system, number)
    if guest.power != "running":
        return None
    rows = [_container_row("lo", "00:00:00:00:00:00", ["127.0.0.1/8", "::1/128"])]
    for slot, mac in _nics(guest).items():
        options = dict(part.partition("=")[::2] for part in str(guest.config[slot]).split(","))
        static = [options["ip"]] if "/" in options.get("ip", "") else []
        addresses = [*static, *guest.addresses.get(slot, []), _link_local(mac)]
        rows.append(_container_row(options["name"], mac.lower(), addresses))
    return rows


def agent_enabled(guest: Guest) -> bool:
    """Return whether the configuration enables the guest agent (`1` or `enabled=1,…`)."""
    first = str(guest.config.get("agent", "0")).split(",", maxsplit=1)[0]
    return first.removeprefix("enabled=") == "1"


def _nics(guest: Guest) -> dict[str, str]:
    slots = sorted(key for key in guest.config if _NIC.fullmatch(key))
    macs = {slot: _MAC.search(str(guest.config[slot])) for slot in slots}
    return {slot: mac[0] for slot, mac in macs.items() if mac}


def _interface(name: str, mac: str, addresses: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "hardware-address": mac,
        "ip-addresses": [_address(address, "ipv4", "ipv6") for address in addresses],
        "statistics": {"rx-bytes": 0, "tx-bytes": 0},
    }


def _container_row(name: str, mac: str, addresses: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "hwaddr": mac, "hardware-address": mac}
    for address in addresses:
        row.setdefault("inet6" if ":" in address else "inet", address)
    return row | {"ip-addresses": [_address(address, "inet", "inet6") for address in addresses]}


def _address(address: str, four: str, six: str) -> dict[str, Any]:
    ip, _, prefix = address.partition("/")
    return {"ip-address": ip, "ip-address-type": six if ":" in ip else four, "prefix": int(prefix)}


def _link_local(mac: str) -> str:
    parts = [int(part, 16) for part in mac.split(":")]
    parts[0] ^= 2
    groups = (parts[0:2], [parts[2], 0xFF], [0xFE, parts[3]], parts[4:6])
    return "fe80::" + ":".join(f"{high << 8 | low:x}" for high, low in groups) + "/64"
