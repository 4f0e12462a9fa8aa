"""What the answers of `/cluster/ceph/status` mean."""

import pytest

from reconciler.collectors.proxmox.ceph import ceph_health, ceph_state


def check(severity="HEALTH_WARN", **more):
    return {"severity": severity, "summary": {"message": "123/456 objects", "count": 1}, **more}


@pytest.mark.parametrize(
    ("health", "state"),
    [
        ({"status": "HEALTH_OK", "checks": {}}, "HEALTH_OK"),
        ({"status": "HEALTH_OK", "checks": {"POOL_FULL": check("HEALTH_OK")}}, "HEALTH_OK"),
        (
            {"status": "HEALTH_WARN", "checks": {"PG_DEGRADED": check(), "OSD_DOWN": check()}},
            "HEALTH_WARN: OSD_DOWN, PG_DEGRADED",
        ),
        ({"status": "HEALTH_ERR", "checks": {"OSD_DOWN": check(muted=True)}}, "HEALTH_ERR"),
        ({"status": "HEALTH_WARN"}, "HEALTH_WARN"),
        ({"checks": []}, None),
        ("odd", None),
    ],
)
def test_the_state_and_what_fails(health, state):
    assert ceph_state({"health": health}) == state


def test_a_cluster_without_ceph_has_no_state():
    assert ceph_state(RuntimeError("500 binary not installed: /usr/bin/ceph-mon")) is None
    assert ceph_health(None) is None
    assert ceph_health("HEALTH_OK") is None
