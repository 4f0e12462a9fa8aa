"""The state of high availability: of each node's local resource manager, of each service, of fencing.

Read from `/cluster/ha/status/current`, one call of every run. By hand: `ha-manager status`. A node in
maintenance is online, and only the text of its local resource manager (LRM) shows it:
`r630-02 (maintenance mode, Mon Nov 23 21:05:00 2026)`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.resource import Health

_LRM = re.compile(r"\S+ \((?P<state>.*?)(?:, \w{3} \w{3} [ \d]\d [\d:]{8} \d{4})?\)")
MAINTENANCE = "maintenance"
_DEAD: Mapping[str, str] = {
    "old timestamp - dead?": "its HA local resource manager (LRM) no longer reports",
    "detected time drift!": "its clock is ahead of the clock of the node that answered",
}
"""States that need an operator, while the node is online."""
_SERVICES: Mapping[str, str] = {
    "error": "HA has given up on it (state error)",
    "fence": "HA is waiting for its node to be fenced",
    "recovery": "HA cannot find a node for it (state recovery)",
}


@dataclass(frozen=True, slots=True)
class HaStatus:
    """The state of high availability in one run; empty where it is not used, or could not be read."""

    nodes: Mapping[str, str] = field(default_factory=dict)
    """Node → the state of its local resource manager: active, idle, maintenance …"""
    services: Mapping[str, str] = field(default_factory=dict)
    """Sid (`vm:100`) → the state that the cluster's resource manager has it in."""
    armed: str | None = None
    """armed, standby, disarming or disarmed; None before Proxmox VE 9.2."""


def read_ha_status(answer: Any) -> HaStatus:
    """Return the state of high availability from its rows; of what is not rows, nothing."""
    entries = [row for row in answer if isinstance(row, dict)] if isinstance(answer, list) else []
    lrms = {str(row.get("node")): _state(row.get("status")) for row in entries if row.get("type") == "lrm"}
    services = {
        str(row["sid"]): str(row.get("crm_state") or row.get("state") or "")
        for row in entries
        if row.get("type") == "service" and row.get("sid")
    }
    fencing = (row.get("armed-state") for row in entries if row.get("type") == "fencing")
    return HaStatus(lrms, services, next((str(each) for each in fencing if each), None))


def _state(status: object) -> str:
    match = _LRM.fullmatch(str(status or ""))
    return match["state"].removesuffix(" mode") if match else "unknown"


def node_health(state: str | None) -> Health:
    """Return the health of a node that is online, by the state of its local resource manager."""
    if state == MAINTENANCE:
        reason = "it is in maintenance mode; HA keeps its guests on other nodes"
        return Health(state="degraded", reason=reason)
    trouble = _DEAD.get(state or "")
    if trouble is not None:
        return Health(state="degraded", reason=trouble, alarm=True)
    return Health(state="healthy")


def service_health(state: str | None) -> Health | None:
    """Return the health of a resource; the alarm is that of its guest. None: its state is not known."""
    if not state:
        return None
    trouble = _SERVICES.get(state)
    return Health(state="degraded", reason=trouble) if trouble else Health(state="healthy")
