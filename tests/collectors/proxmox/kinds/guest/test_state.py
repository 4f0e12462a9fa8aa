"""Whether a guest runs and how it is: every run state of QEMU, state of high availability, and lock."""

import pytest

from reconciler.collectors.proxmox.kinds.guest.raw import RawGuest
from reconciler.collectors.proxmox.kinds.guest.state import health, power_of
from reconciler.model.resource import Health
from tests.contracts.facts import load

RUN_STATES = (
    "debug", "inmigrate", "internal-error", "io-error", "paused", "postmigrate", "prelaunch",
    "finish-migrate", "restore-vm", "running", "save-vm", "shutdown", "suspended", "watchdog",
    "guest-panicked", "colo",
)  # fmt: skip
"""`RunState` of QEMU (qapi/run-state.json)."""
NEVER_EXCUSED = {
    "io-error", "internal-error", "guest-panicked", "watchdog", "shutdown", "debug", "suspended"
}  # fmt: skip
HA_STATES = (
    "stopped", "request_stop", "request_start", "request_start_balance", "started", "fence", "recovery",
    "migrate", "relocate", "freeze", "error", "queued", "ignored", "disabled",
)  # fmt: skip
"""Service states of pve-ha-manager."""
LOCKS = load("proxmox-9.2").config_keys["qemu"]["lock"]["enum"]


def guest(status, lock=None, ha_state=None, **more):
    config = {"lock": lock} if lock else {}
    return RawGuest(
        "qemu", "a", status=status, ha_state=ha_state, config=config, power=power_of(status, lock), **more
    )


@pytest.mark.parametrize("status", RUN_STATES)
def test_a_vm_with_a_process_runs_unless_it_only_has_it_for_its_backup(status):
    assert power_of(status, None) == "running"
    for lock in LOCKS:
        only_for_backup = (status, lock) == ("prelaunch", "backup")
        assert power_of(status, lock) == ("stopped" if only_for_backup else "running")


def test_a_status_that_does_not_show_whether_it_runs_is_not_guessed():
    assert power_of("stopped", "backup") == "stopped"
    assert [power_of(word, None) for word in ("unknown", "", None, "hibernating")] == [None] * 4


@pytest.mark.parametrize("status", RUN_STATES)
def test_only_what_runs_is_healthy(status):
    alone, locked = health(guest(status)), health(guest(status, "snapshot"))
    assert (alone.state, alone.alarm) == (("healthy", None) if status == "running" else ("degraded", True))
    assert (locked.alarm is True) == (status in NEVER_EXCUSED)
    assert (alone.reason is None) == (status == "running")


@pytest.mark.parametrize("state", HA_STATES)
@pytest.mark.parametrize("status", ["running", "stopped", "paused"])
def test_high_availability_that_gave_up_is_an_alarm_whether_it_runs_or_not(state, status):
    found = health(guest(status, ha_state=state))
    if state in {"error", "fence", "recovery"}:
        assert (found.state, found.alarm) == ("degraded", True)
    else:
        assert found == health(guest(status))


def test_a_stopped_guest_is_stopped_also_during_its_backup():
    assert health(guest("stopped", agent_error="x")) == Health(state="stopped")
    assert health(guest("prelaunch", "backup")) == Health(state="stopped")


def test_an_agent_that_does_not_answer_is_no_alarm():
    reason = "its guest agent does not answer: QEMU guest agent is not running"
    found = health(guest("running", agent_error="QEMU guest agent is not running"))
    assert found == Health(state="degraded", reason=reason)
