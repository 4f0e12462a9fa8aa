"""High availability is suspended: a node is in maintenance mode, or HA is disarmed.

A node in maintenance mode is online, and Proxmox VE 9 lists it like any other node. Its HA guests run on
other nodes, and none returns until the mode ends. While HA is disarmed, no node is fenced and no guest is
started on another node.

Fires:
    For a node that is online and in maintenance mode. For a cluster whose high availability is disarmed, or
    is being disarmed.

Does not fire:
    Without high availability; for a node that is offline; before Proxmox VE 9.2 for disarming, which those
    releases do not have. If a run may not read `/cluster/ha/status/current` (`Sys.Audit` on `/`).

Fix:
    End maintenance: `ha-manager crm-command node-maintenance disable NODE`, or arm HA again:
    `ha-manager crm-command arm-ha`.

Accept:
    Add an ignore rule for the node until the work is done:

    ```yaml
    - target: {source: pve, kind: node, id: r630-02}
      type: ha-suspended
      reason: new memory
      expires: 2026-12-05
    ```
"""

from collections.abc import Iterator

from reconciler.model.rule import Violation
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the nodes in maintenance, and the clusters whose high availability is disarmed."""
    inputs = model.inputs
    for key, seen in inputs.nodes_seen.items():
        if seen.ha == "maintenance":
            what = "it is online, and in maintenance mode: its guests with high availability run elsewhere"
            yield Violation(key, what)
    for key, state in inputs.clusters_seen.items():
        if state.ha_armed in {"disarming", "disarmed"}:
            yield Violation(key, f"high availability is {state.ha_armed}: no node is fenced")


RULE = SiteRule(
    name="ha-suspended",
    severity="warning",
    hint="end the maintenance, or arm high availability again",
    check=check,
    reads=("node", "cluster"),
)
