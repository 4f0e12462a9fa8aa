"""An inventory with changes laid over it: the site as it would be, for `what-if` and for reviews."""

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.key import Key
from reconciler.model.snapshot import Inventory
from reconciler.model.value import Row


def lay_over(inventory: Inventory, changes: Mapping[Key, Row | None]) -> Inventory:
    """Return an inventory in which some rows have other fields; None removes a row.

    A key without a row gets a row of these fields. What was observed stays, but for removed rows; the lists
    prove what they proved.
    """
    config, observed, as_of = dict(inventory.config), dict(inventory.observed), dict(inventory.as_of)
    for key, fields in changes.items():
        if fields is None:
            for rows in (config, observed, as_of):
                rows.pop(key, None)
        else:
            config[key] = {**config.get(key, {}), **fields}
    return replace(inventory, config=config, observed=observed, as_of=as_of)
