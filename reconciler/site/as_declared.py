"""The rows that are not as declared, as they are declared.

A rule that fires because something is gone finds here which field had it: an address, a VLAN, a backup job.
Rows that are as declared are left out: nothing in them is a finding.
"""

from collections.abc import Mapping
from typing import Any

from reconciler.config.file import SITE
from reconciler.model.desired import Declared, DesiredState
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind, Kinds
from reconciler.model.naming import layered
from reconciler.model.snapshot import Inventory
from reconciler.model.value import Row


def as_declared(inventory: Inventory, desired: DesiredState, kinds: Kinds) -> Inventory:
    """Return the declared rows that differ from the live ones, or have none; nothing is observed of them."""
    config: dict[Key, Row] = {}
    for key, declared in desired.resources.items():
        if declared.absent or key.source == SITE or key.kind not in kinds.get(key.source, {}):
            continue
        live = inventory.config.get(key)
        row = _declared_row(kinds[key.source][key.kind], declared, live or {})
        if row != live:
            config[key] = row
    return Inventory(inventory.run, (), config, {}, {})


def _declared_row(kind: AnyKind, declared: Declared, live: Row) -> Row:
    """Return a row as it is declared, with null for what every live row has and it does not declare."""
    fields = layered(kind.of_id(declared.key.id, live or declared.fields), declared.fields)
    if declared.exact:
        as_loaded = declared.filled if fields is declared.fields else None
        filled = (
            as_loaded if as_loaded is not None else kind.with_defaults(fields, kind.defaults(live or fields))
        )
        kept = {name: value for name, value in live.items() if name in kind.not_adopted_fields}
        row = {**kept, **{name: value for name, value in filled.items() if value is not None}}
    else:
        row = _laid_over(live or kind.with_defaults({}, kind.defaults({})), fields)
    return {**dict.fromkeys(kind.required_fields), **row}


def _laid_over(live: Mapping[str, Any], declared: Mapping[str, Any]) -> Row:
    """Return a live row with the declared values in place of its own; without entries declared as null."""
    row = dict(live)
    for name, value in declared.items():
        if value is None:
            row.pop(name, None)
        elif isinstance(value, dict) and value:
            inner = live.get(name)
            row[name] = _laid_over(inner if isinstance(inner, dict) else {}, value)
        else:
            row[name] = value
    return row
