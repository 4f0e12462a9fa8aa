"""The nodes of a cluster run different versions of Proxmox VE.

During an upgrade this is expected. Otherwise guests may fail to migrate to older nodes, and new features
work only on some nodes.

Fires:
    For a cluster whose nodes report more than one version of `pve-manager`. It is one finding; the nodes
    with older versions are related.

Does not fire:
    For nodes that are offline or could not be read; for nodes of different sources.

Fix:
    Upgrade the older nodes.

Accept:
    Add an ignore rule for the cluster until the upgrade is done.
"""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Violation
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel
from reconciler.text import natural

_VERSIONS_MAX = 5
"""So many versions older than the newest are named."""


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the clusters with nodes of several versions."""
    for cluster in model.inputs.clusters:
        nodes: dict[str, list[Key]] = {}
        for key, node in model.inputs.nodes.items():
            if key.source == cluster.source and node.version:
                nodes.setdefault(node.version, []).append(key)
        if len(nodes) > 1:
            *older, newest = sorted(nodes, key=natural)
            behind = tuple(sorted(key for version in older for key in nodes[version]))
            shown = (*older[:_VERSIONS_MAX], *(["…"] if len(older) > _VERSIONS_MAX else []), newest)
            reason = f"its nodes run different versions: {', '.join(shown)}"
            evidence = tuple(sorted(key for each in nodes.values() for key in each))
            yield Violation(cluster, reason, behind, evidence)


RULE = SiteRule(
    name="versions-differ",
    severity="info",
    hint="upgrade the older nodes",
    check=check,
    reads=("cluster", "node"),
)
