"""Options of a node and settings of its system, from the site description.

By hand: `pvenode config get`, `pvesh get /nodes/NODE/dns`, `pvesh get /nodes/NODE/hosts`.
"""

import hashlib
import time
from typing import Any

from reconciler.lab.proxmox.request import Request

Row = dict[str, Any]


def config(request: Request, node: str) -> Row:
    """Answer `/nodes/{node}/config`: what is set, and the digest of the file."""
    request.rights.require("/", "Sys.Audit")
    options: Row = request.node(node).facts.get("options", {})
    return {**options, "digest": _digest(repr(sorted(options.items())))}


def dns(request: Request, node: str) -> Row:
    """Answer `/nodes/{node}/dns`: up to three name servers, and the search domain."""
    request.rights.require(f"/nodes/{node}", "Sys.Audit")
    found: Row = request.node(node).facts.get("dns", {})
    return {"dns1": "192.168.11.102", "dns2": "192.168.11.139", "search": "lan"} | found


def clock(request: Request, node: str) -> Row:
    """Answer `/nodes/{node}/time`: the clock, and its time zone."""
    request.rights.require(f"/nodes/{node}", "Sys.Audit")
    now = int(time.time())
    zone = request.node(node).facts.get("timezone", "Europe/Berlin")
    return {"time": now, "localtime": now + 3600, "timezone": zone}


def hosts(request: Request, node: str) -> Row:
    """Answer `/nodes/{node}/hosts`: the file as it is."""
    request.rights.require("/", "Sys.Audit")
    facts = request.node(node).facts
    own = f"{facts['ip']} {node}.lan {node}"
    text = f"127.0.0.1 localhost.localdomain localhost\n{own}\n\n# IPv6\n::1 localhost\n"
    return {"data": text, "digest": _digest(text)}


def _digest(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
