"""/etc/network/interfaces of a node, written from its rows, and the diff to what waits to be applied.

By hand: `diff -b -N -u /etc/network/interfaces /etc/network/interfaces.new`.
"""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

_PATHS = ("/etc/network/interfaces", "/etc/network/interfaces.new")
_OPTIONS = (
    "address", "gateway", "bridge_ports", "bridge_stp", "bridge_fd", "bridge_vlan_aware", "bridge_vids",
    "slaves", "bond_miimon", "bond_mode", "bond_xmit_hash_policy", "vlan-raw-device", "mtu",
)  # fmt: skip


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> str | None:
    """Return the unified diff of two sets of rows (interface → facts); None where they are the same file."""
    lines = [f"{line}\n" for line in difflib.unified_diff(_file(before), _file(after), *_PATHS, lineterm="")]
    return "".join(lines) or None


def _file(rows: Mapping[str, Any]) -> list[str]:
    body = (line for name, facts in rows.items() for line in _stanza(name, facts))
    return ["auto lo", "iface lo inet loopback", "", *body, "source /etc/network/interfaces.d/*"]


def _stanza(name: str, facts: Mapping[str, Any]) -> Iterator[str]:
    if facts.get("autostart"):
        yield f"auto {name}"
    yield f"iface {name} inet {facts.get('method', 'manual')}"
    for key in _OPTIONS:
        if key in facts:
            value = facts["cidr"] if key == "address" else facts[key]
            shown = "yes" if key == "bridge_vlan_aware" else value
            yield f"\t{'bond-slaves' if key == 'slaves' else key.replace('_', '-')} {shown}"
    yield from (f"#{line}" for line in str(facts.get("comments", "")).splitlines())
    yield ""
