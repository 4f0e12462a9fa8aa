"""The site as it would be with the changed declarations rolled out, and what that lets in from outside."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from reconciler.model.desired import DesiredState
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.model.snapshot import Inventory
from reconciler.model.value import Row
from reconciler.site.as_declared import as_declared
from reconciler.site.inputs import SiteInputs
from reconciler.site.overlay import lay_over


def rolled_out(
    inventory: Inventory,
    desired: DesiredState,
    kinds: Kinds,
    changed: AbstractSet[Key],
    unmanaged: AbstractSet[Key] = frozenset(),
) -> Inventory:
    """Return the inventory in which each changed resource is as it is declared; others stay as they are.

    A resource that is declared as absent is removed, and so is one that is `unmanaged` because the change
    deletes its declaration. A guest is removed together with the clients that its NICs were seen as.
    """
    rows: dict[Key, Row | None] = {
        key: {name: value for name, value in row.items() if value is not None}
        for key, row in as_declared(inventory, desired, kinds).config.items()
        if key in changed
    }
    absent = (key for key in changed if key in desired.resources and desired.resources[key].absent)
    removed = {*absent, *(unmanaged & changed)}
    return lay_over(
        inventory, {**rows, **dict.fromkeys(removed), **dict.fromkeys(_clients(inventory, removed))}
    )


def _clients(inventory: Inventory, removed: set[Key]) -> list[Key]:
    """Return the clients whose MAC addresses only removed guests have."""
    if not removed:
        return []
    inputs = SiteInputs(inventory)
    return [
        key
        for key in inputs.clients
        if (owners := inputs.mac_owners.get(key.id)) and removed.issuperset(owners)
    ]


def newly_let_in(
    before: Inventory, after: Inventory, kinds: Kinds, changed: AbstractSet[Key]
) -> Mapping[Key, str]:
    """Return the resources that let in other traffic than they do now, each with what, in words."""
    found = {}
    for key in changed:
        kind = kinds.get(key.source, {}).get(key.kind)
        row = after.config.get(key)
        if kind is None or row is None:
            continue
        now, then = kind.lets_in(key.id, before.config.get(key, {})), kind.lets_in(key.id, row)
        if then is not None and then != (now if key in before.config else None):
            found[key] = then
    return found
