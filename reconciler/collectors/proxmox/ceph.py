"""The health of Ceph, where a cluster has it, from `/cluster/ceph/status`, which is a 500 without Ceph.

By hand: `pvesh get /cluster/ceph/status`, `ceph health`. The names of checks are kept, and their messages are
not: those count objects, and change with every answer.
"""

from collections.abc import Mapping
from typing import Any

from reconciler.model.resource import Health
from reconciler.text import clean

_OK = "HEALTH_OK"


def ceph_state(answer: Any) -> str | None:
    """Return the state of Ceph and the checks that it fails: `HEALTH_WARN: OSD_DOWN`; None without Ceph."""
    found = answer.get("health") if isinstance(answer, Mapping) else None
    if not isinstance(found, Mapping) or not isinstance(found.get("status"), str):
        return None
    checks = found.get("checks")
    failed = [
        str(name)
        for name, check in (checks.items() if isinstance(checks, Mapping) else ())
        if isinstance(check, Mapping) and check.get("severity") != _OK and not check.get("muted")
    ]
    state = clean(found["status"])
    return state if state == _OK or not failed else clean(f"{state}: {', '.join(sorted(failed))}")


def ceph_health(state: str | None) -> Health | None:
    """Return the health that Ceph gives its cluster; None where nothing is wrong with it."""
    if state is None or state == _OK:
        return None
    return Health(state="degraded", reason=f"Ceph: {state}", alarm=True)
