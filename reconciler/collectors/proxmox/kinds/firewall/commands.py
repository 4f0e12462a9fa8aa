"""The command that sets options of a firewall, by its scope.

What can cut people off from the nodes (the firewall of the datacenter or of a node, and its policies) is set
by hand, and so are rules, of which only the position is known.
"""

from dataclasses import replace
from typing import Any

from reconciler.collectors.by_hand import instruction
from reconciler.collectors.proxmox.commands import UnsafeValueError, name
from reconciler.collectors.proxmox.settable import RowCommand, change_row, plain
from reconciler.model.fix import CommandWords, Fix, WantedFields, by_hand, joined_fixes
from reconciler.model.pointer import parts_of

_CUTS_OFF = frozenset({"enable", "policy_in", "policy_out", "policy_forward"})


def change(wanted: WantedFields) -> Fix:
    """Return the command that sets options, and what is set by hand."""
    if wanted.id.startswith("guest:"):
        return change_row(_COMMAND, wanted)
    safe = {path: value for path, value in wanted.changes.items() if parts_of(path)[0] not in _CUTS_OFF}
    fixes = [by_hand(_careful(wanted, path)) for path in wanted.changes if path not in safe]
    if safe:
        fixes.insert(0, change_row(_COMMAND, replace(wanted, changes=safe)))
    return joined_fixes(fixes)


def _careful(wanted: WantedFields, path: str) -> str:
    text = instruction("proxmox", "firewall", wanted, path)
    return f"{text}, after checking its rules: a mistake can lock you out of the nodes"


def _words(wanted: WantedFields) -> CommandWords:
    """Return the command for a scope; raises `UnsafeValueError` where the place of a guest is not known."""
    kind, _, identity = wanted.id.partition(":")
    if kind == "cluster":
        return ("pvesh", "set", "/cluster/firewall/options")
    if kind == "node":
        return ("pvesh", "set", f"/nodes/{name(identity)}/firewall/options")
    if kind == "vnet":
        return ("pvesh", "set", f"/cluster/sdn/vnets/{name(identity)}/firewall/options")
    guest = (wanted.rows("guest") or {}).get(identity)
    if guest is None:
        message = "the node of the guest could not be read"
        raise UnsafeValueError(message)
    place = f"/nodes/{name(str(guest['node']))}/{name(str(guest['type']))}/{name(identity)}"
    return ("pvesh", "set", f"{place}/firewall/options")


def _on(wanted: WantedFields) -> str:
    kind, _, identity = wanted.id.partition(":")
    if kind == "vnet":
        vnet = (wanted.rows("sdn-vnet") or {}).get(identity, {})
        return f"/sdn/zones/{vnet.get('zone', 'ZONE')}/{identity}"
    return {"cluster": "/", "node": f"/nodes/{identity}"}.get(kind, f"/vms/{identity}")


def _option(field: str, value: Any) -> str | None:
    if field == "log_ratelimit" and value:
        value = {"enable": "1", **{each: item for each, item in value.items() if item is not None}}
    return plain(field, value)


_RIGHTS = {"guest": "VM.Config.Network", "vnet": "SDN.Allocate"}
_COMMAND = RowCommand(
    kind="firewall",
    words=_words,
    rights=lambda wanted: _RIGHTS.get(wanted.id.partition(":")[0], "Sys.Modify"),
    on=_on,
    text=_option,
)
