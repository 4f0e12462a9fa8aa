"""A guest has been locked for so long that the task that locked it has probably died.

While a guest is locked (`backup`, `migrate`, `snapshot` …), its configuration is in transition, and its drift
is an info. A lock that outlives its task would excuse drift forever, and no operation is possible on the
guest until the lock is removed.

Fires:
    For a guest that has had the same lock for more than `drift.lock_max_age` (24 hours), as seen by the
    runs. From then on its drift has the usual severity.

Does not fire:
    If another lock has replaced it in the meantime. Without a pulse (`history.pulse: null`), because the
    start of the lock is not recorded. For guests that this run could not read.

Fix:
    Check that no task works on the guest (`qm status VMID`, the tasks of its node), then `qm unlock VMID` or
    `pct unlock VMID`. A VM that is `suspended` is in hibernation: start it.

Accept:
    For work that takes longer: a longer `drift.lock_max_age`, or an ignore rule for the guest.
"""

from collections.abc import Iterator

from reconciler.drift import findings
from reconciler.drift.findings import Comparison
from reconciler.model.findings import Finding

RULE = "stale-lock"


def stale_locks(comparison: Comparison) -> Iterator[Finding]:
    """Yield a finding for each resource that this run read as locked, and that has been so for too long."""
    kinds, as_of = comparison.kinds, comparison.inventory.as_of
    for key, observed in comparison.inventory.observed.items():
        locked = kinds[key.source][key.kind].locked if key not in as_of else None
        if (
            locked is not None
            and (lock := locked(observed, ""))
            and not findings.is_young(comparison, observed)
        ):
            title = f"it has been locked since {observed['locked_since']} ({lock})"
            yield findings.of_rule(comparison, key, RULE, title)
