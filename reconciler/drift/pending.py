"""A configured value is not active yet.

A guest must be restarted, or the network configuration of a node must be applied. This is never drift. The
finding is about the guest, one for each field; all pending network changes of a node are one finding about
the node.

Fires:
    For each field whose running value differs from the configured one, declared or not.

Does not fire:
    For a resource that this run could not read: its earlier findings are kept as unconfirmed.

Fix:
    Restart the guest or apply the change, or revert it.

Accept:
    Ignore everything below a field:

    ```yaml
    - target: {source: pve, kind: node, id: r630-03}
      type: pending-change
      reason: applied in the maintenance on Saturday
      expires: 2026-12-05
    ```
"""

from collections.abc import Iterator

from reconciler.drift import findings, sentences
from reconciler.drift.findings import Comparison
from reconciler.model.findings import Finding, PendingChange
from reconciler.model.pointer import member, parts_of
from reconciler.model.value import Row

RULE = "pending-change"


def pending_changes(comparison: Comparison) -> Iterator[Finding]:
    """Yield a finding for each value, declared or not, that this run read as configured but not active."""
    for key, row in comparison.inventory.config.items():
        pending = row.get("pending")
        if not isinstance(pending, dict) or key in comparison.inventory.as_of:
            continue
        for path, running in pending.items():
            change = PendingChange(path=path, configured=member(row, parts_of(path)), running=running)
            yield findings.of_rule(comparison, key, RULE, sentences.pending(change), pending=change)


def running(row: Row, path: str) -> object:
    """Return the running value at a path, where it is known to differ from the configured one; else None."""
    pending = row.get("pending")
    for known, value in pending.items() if isinstance(pending, dict) else ():
        if f"{path}/".startswith(f"{known}/"):
            return member(value, parts_of(path[len(known) :]))
    return None
