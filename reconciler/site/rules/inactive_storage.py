"""A guest has a disk on a storage that is not available on its node.

The guest cannot start, or its disk stands still. The finding is about the guest; the storage is related.

Fires:
    For a guest, running or not, when the storage of one of its disks is not available on the node of the
    guest: on no node at all, or only on others.

Does not fire:
    For templates; for disks without a storage; for a storage of which no node reported whether it is
    available.

Fix:
    Bring the storage back on that node, or move the guest.

Accept:
    An ignore rule for the guest while the storage is repaired.
"""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Violation
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the guests with a disk on a storage that is not available on their node."""
    available = {
        at: frozenset(seen.available_on)
        for at, seen in model.inputs.storages_seen.items()
        if seen.available_on is not None
    }
    missing: dict[tuple[str, str], dict[str, Key]] = {}
    for key, guest in model.inputs.guests.items():
        at = (key.source, guest.node)
        if at not in missing:
            missing[at] = {
                storage.id: storage
                for storage, nodes in available.items()
                if storage.source == key.source and guest.node not in nodes
            }
        if not missing[at] or guest.template:
            continue
        used: set[str | None] = {disk.get("storage") for disk in guest.disks.values()}
        for name, storage in missing[at].items():
            if name in used:
                yield Violation(key, f"{name} is not available on {guest.node}", (storage,))


RULE = SiteRule(
    name="inactive-storage",
    severity="warning",
    hint="bring the storage back there, or move the guest",
    check=check,
    reads=("guest", "storage"),
    needs=("guest", "storage"),
)
