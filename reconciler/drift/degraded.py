"""A system reports that a resource does not work as it should and needs an operator.

Proxmox VE reports such states beside the configuration: a VM paused by an I/O error, a guest that high
availability has given up on, an HA or firewall rule that is skipped because of a conflict. The configuration
may be exactly as declared.

Fires:
    For a resource whose health has an `alarm`: a guest in state `io-error`, `internal-error`,
    `guest-panicked`, `paused`, `prelaunch`, `suspended` … or with `hastate: error`; a rule or an IP set
    with `errors`; a replication job whose last attempts failed; a node whose local resource manager (LRM)
    of high availability reports nothing, or whose clock is off; a cluster whose Ceph is not `HEALTH_OK`.

Does not fire:
    For a guest that is paused, or started but not running, while it is locked: for its backup, a snapshot, a
    migration (see [stale-lock](#stale-lock)). For a stopped guest, a node that is offline, or a guest agent
    that does not answer: they are degraded or stopped, without an alarm. For disabled rules. For resources
    that this run could not read.

Fix:
    Fix the cause in the reason: free space on the storage and `qm resume VMID`, `ha-manager set SID --state
    disabled` and then `started`, or correct the rule.

Accept:
    Add an ignore rule for the resource:

    ```yaml
    - target: {source: pve, kind: guest, id: "117"}
      type: degraded
      reason: paused by hand while its licence is moved
      expires: 2026-12-05
    ```
"""

from collections.abc import Iterator

from reconciler.drift import findings
from reconciler.drift.findings import Comparison
from reconciler.model.findings import Finding

RULE = "degraded"


def degraded_resources(comparison: Comparison) -> Iterator[Finding]:
    """Yield a finding for each resource of this run whose health has an alarm."""
    for key, row in comparison.inventory.observed.items():
        health = row.get("health")
        if isinstance(health, dict) and health.get("alarm") and key not in comparison.inventory.as_of:
            yield findings.of_rule(comparison, key, RULE, str(health.get("reason") or health["state"]))
