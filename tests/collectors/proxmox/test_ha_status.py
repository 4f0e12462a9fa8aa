"""What the rows of `/cluster/ha/status/current` mean."""

import pytest

from reconciler.collectors.proxmox.ha_status import HaStatus, node_health, read_ha_status


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("a (maintenance mode, Mon Nov 23 21:05:00 2026)", "maintenance"),
        ("a (idle, Tue Dec  1 01:05:00 2026)", "idle"),
        ("a (old timestamp - dead?, Mon Nov 23 21:05:00 2026)", "old timestamp - dead?"),
        ("a (unable to read lrm status)", "unable to read lrm status"),
        ("another form", "unknown"),
        (None, "unknown"),
    ],
)
def test_the_state_is_in_the_text(text, state):
    assert read_ha_status([{"type": "lrm", "node": "a", "status": text}]).nodes == {"a": state}


def test_an_odd_answer_shows_nothing():
    assert read_ha_status({"data": 1}) == HaStatus({}, {}, None)
    assert read_ha_status([3, {"type": "service"}]) == HaStatus({}, {}, None)
    assert node_health(None).state == "healthy"


def test_services_and_fencing():
    found = read_ha_status(
        [
            {"type": "service", "sid": "vm:100", "crm_state": "error", "state": "error"},
            {"type": "service", "sid": "vm:101", "state": "queued"},
            {"type": "fencing", "armed-state": "disarmed"},
        ]
    )
    assert found.services == {"vm:100": "error", "vm:101": "queued"}
    assert found.armed == "disarmed"
