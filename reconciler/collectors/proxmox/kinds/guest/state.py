"""Whether a guest runs, and its health, from the words of Proxmox VE.

The status of a VM in `/cluster/resources` is the run state of its QEMU process, where pvestatd could ask it:
`paused`, `io-error`, `prelaunch` … A VM that is stopped is started, but not run, for the time of its backup.
By hand: `qm status VMID --verbose`, `ha-manager status`.
"""

from collections.abc import Mapping

from reconciler.collectors.proxmox.kinds.guest.raw import Power, RawGuest
from reconciler.model.resource import Health

_TROUBLES: Mapping[str, str] = {
    "io-error": "it is paused because of an I/O error of a disk",
    "internal-error": "it is paused because of an internal error of QEMU",
    "guest-panicked": "its operating system has crashed",
    "watchdog": "its watchdog has stopped it",
    "shutdown": "it has shut down, but its process is still running",
    "debug": "it is stopped in a debugger",
    "suspended": "it is suspended (asleep)",
}
"""Run states in which nothing but an operator, or the guest, helps."""
_WAITING: Mapping[str, str] = {
    "paused": "it is paused",
    "prelaunch": "its process is running, but it was never started",
    "inmigrate": "it is waiting for an incoming migration",
    "postmigrate": "it is paused after a migration",
    "finish-migrate": "it is paused at the end of a migration",
    "restore-vm": "it is paused while its state is restored",
    "save-vm": "it is paused while its state is saved",
    "colo": "it is paused between checkpoints",
}
"""Run states that are in order while something is done with the guest, which then is locked."""
_RUNS = _TROUBLES.keys() | _WAITING.keys() | {"running"}
_HA_TROUBLES: Mapping[str, str] = {
    "error": "HA has given up on it (state error)",
    "fence": "HA is waiting for its node to be fenced",
    "recovery": "HA cannot find a node for it (state recovery)",
}


def power_of(status: str | None, lock: str | None) -> Power | None:
    """Return whether a guest runs; None for a status that does not show it (`unknown`)."""
    if status == "stopped" or (status == "prelaunch" and lock == "backup"):
        return "stopped"
    return "running" if status in _RUNS else None


def may_be_stopped(status: str | None, lock: str | None) -> bool:
    """Return whether a guest that has a process may run only for its backup."""
    return status == "running" and lock == "backup"


def health(raw: RawGuest) -> Health:
    """Return the health of a guest that is not a template; what needs an operator raises an alarm."""
    status = raw.status or ""
    trouble = _HA_TROUBLES.get(raw.ha_state or "")
    if trouble is None and raw.power == "running":
        trouble = _TROUBLES.get(status) or (None if raw.lock else _WAITING.get(status))
    if trouble is not None:
        return Health(state="degraded", reason=trouble, alarm=True)
    if raw.power == "stopped":
        return Health(state="stopped")
    if raw.agent_error:
        return Health(state="degraded", reason=f"its guest agent does not answer: {raw.agent_error}")
    return Health(state="healthy")
