"""A storage is not available on a node whose guests have disks on it.

The guests cannot start, or their disks hang. The finding is about the storage, however many guests use it;
the guests are related.

Fires:
    For a storage that is not available on the node of a guest, running or not, with a disk on it: either on
    no node at all, or only on other nodes.

Does not fire:
    For templates; for disks without a storage, and unused ones; for a storage whose availability no node
    reported.

Fix:
    Make the storage available on that node, or move the guests.

Accept:
    Add an ignore rule for the storage while it is repaired.
"""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.pointer import pointer
from reconciler.model.rule import Violation
from reconciler.site import places
from reconciler.site.guest_rows import GuestRow
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the storages that are not available on the node of a guest with a disk on them."""
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
        for name, slot in _used(guest).items():
            storage = missing[at].get(name)
            if storage is not None:
                reason = f"it is not available on {guest.node}, where guests have disks on it"
                disk = pointer("disks", slot, "storage")
                evidence_fields = (
                    *places.of_fields(storage, "/nodes", "/disabled"),
                    (key, disk),
                    (key, "/node"),
                )
                yield Violation(storage, reason, (key,), (), evidence_fields)


def _used(guest: GuestRow) -> dict[str, str]:
    """Return storage → the slot of a disk on it that the guest uses."""
    disks = ((disk.get("storage"), slot) for slot, disk in guest.disks.items())
    return {name: slot for name, slot in disks if name is not None and not slot.startswith("unused")}


RULE = SiteRule(
    name="inactive-storage",
    severity="warning",
    hint="bring the storage back there, or move the guests",
    check=check,
    reads=("guest", "storage"),
    needs=("guest", "storage"),
)
