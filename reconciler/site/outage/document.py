"""The JSON form of an outage and of what a resource needs."""

from reconciler.model.value import Row
from reconciler.site.outage.needs import Need
from reconciler.site.outage.outage import Outage


def outage_document(lost: Outage) -> Row:
    """Return an outage; a resource that is also down, or stops, with what it needs."""
    parts = lost.parts
    return {
        "down": [str(key) for key in parts.asked],
        "also_down": {str(key): str(by) for key, by in {**parts.hanging, **parts.storages}.items()},
        "stopped": {
            str(key): parts.placed[key].reason if key in parts.placed else f"needs {by}"
            for key, by in parts.stopped.items()
        },
        "restarted": {
            str(key): {"node": each.node, "fits": each.fits}
            for key, each in parts.placed.items()
            if each.node is not None
        },
        "nodes_cut_off": [str(key) for key in lost.nodes],
        "cut_off": {str(key): {"by": str(cut.by), "whole": cut.whole} for key, cut in parts.cut.items()},
        "names_lost": list(lost.names),
        "names_interrupted": list(lost.interrupted),
        "addresses_lost": list(lost.addresses),
        "without_backup": [str(key) for key in lost.backups],
        "memory_ratios": {str(key): ratio for key, ratio in lost.memory.items()},
        "without_quorum": list(lost.without_quorum),
        "unread_sources": list(lost.unread),
        "gateways_down": [str(key) for key in lost.gateways],
        "clients": lost.clients,
    }


def need_document(need: Need) -> Row:
    """Return one thing that a resource depends on, and all that this depends on."""
    return {"key": str(need.key), "role": need.role, "needs": [need_document(each) for each in need.needs]}
