"""A default that depends on the live row is that of the live row, not of what is declared of it."""

import pytest

from reconciler.config.settings import DriftSettings
from reconciler.desired.adopt import adopt
from reconciler.desired.load import load
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.model.key import Key
from reconciler.model.snapshot import Inventory, Scope, Snapshot
from tests.blind_spots.place import RUN
from tests.blind_spots.test_adopted_is_clean import ROWS
from tests.collectors.raws import normalise


def adopted(name):
    kind, identity, raw, context = ROWS[name]
    kinds = {"s": {kind.name: kind}}
    key = Key("s", kind.name, identity)
    scope = Scope(source="s", kind=kind.name, listed="complete", count=1)
    resource = normalise(kind, identity, raw, context)
    inventory = carry_forward(Snapshot(RUN, (scope,), {key: resource}), None, kinds)
    written = adopt(inventory.config, kinds, [key[:2]])
    desired = load({path: text.encode() for path, text in written.files.items()}, kinds, directory="d")
    return kinds, key, inventory, desired


def other(value):
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else f"{value}x" if isinstance(value, str) else None


def undeclared(name):
    """The fields of a row with a default of its own that adopt leaves out, each with other values."""
    kinds, key, inventory, desired = adopted(name)
    declared = desired.resources.get(key)
    if declared is None:
        return
    kind, row = kinds["s"][key.kind], inventory.config[key]
    for field, default in kind.defaults(row).items():
        if field in declared.fields or row.get(field) != default or field not in kind.adopted_fields:
            continue
        as_declared = declared.filled.get(field) if declared.filled is not None else None
        for value in (as_declared, other(default)):
            # a value behind a closed gate is stale
            if (
                value is not None
                and value != default
                and kind.without_stale(row | {field: value}).get(field) == value
            ):
                yield kinds, key, inventory, desired, field, value


DEPENDING = [name for name, (kind, _, _, _) in ROWS.items() if kind.defaults.__name__ != "_no_defaults"]


@pytest.mark.parametrize("name", DEPENDING)
def test_any_other_value_is_drift(name):
    for kinds, key, inventory, desired, field, value in undeclared(name):
        changed = {key: inventory.config[key] | {field: value}}
        then = Inventory(inventory.run, inventory.scopes, changed, inventory.observed, inventory.as_of)
        report = compare(then, desired, None, DriftSettings(), kinds)
        paths = {finding.path for finding in report.findings if finding.type == "drifted"}
        assert f"/{field}" in paths, (field, value, paths)


def test_there_are_enough_of_them():
    tried = [name for name in DEPENDING for _ in undeclared(name)]
    assert len(tried) > 500
    assert len({ROWS[name][0].name for name in tried}) >= 4
