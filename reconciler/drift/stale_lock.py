"""A guest has been locked for so long that what locked it has probably died.

While a guest is locked (`backup`, `migrate`, `snapshot` …), its configuration is in transition, and drift of
it is an info. A lock that outlives its task would excuse drift forever, and nothing can be done with the
guest until it is removed.

Fires:
    For a guest that has had the same lock for more than `drift.lock_max_age` (24 hours), as the runs saw it.
    From then on its drift is rated like that of any other.

Does not fire:
    For a lock that another one replaced meanwhile. Without a pulse (`history.pulse: null`), because nothing
    remembers since when a lock is there. For what this run could not read.

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
