"""Any change of any field, of every kind: once it is adopted, nothing differs there any more."""

import json

import pytest

from reconciler.desired.adopt import adopt
from reconciler.errors import ReconcilerError
from reconciler.jobs import steps
from reconciler.jobs.adopt_choice import LiveSite, Request
from reconciler.jobs.merge import load_tree, merge_site
from reconciler.kinds import SYSTEMS, kinds_of
from reconciler.model.key import Key
from reconciler.model.value import Row

PLACES = [
    (source, kind.name)
    for source, system in (("pve", "proxmox"), ("unifi", "unifi"), ("npm", "npm"))
    for kind in SYSTEMS[system].kinds
    if kind.can_be_declared
]


@pytest.fixture(scope="module")
def adopted_site(reading) -> LiveSite:
    """The lab's site as it was read once, adopted whole."""
    with pytest.MonkeyPatch.context() as patch:
        for name, system in reading.systems.items():
            patch.setitem(SYSTEMS, name, system)
        evaluation = reading.evaluate()
    kinds = kinds_of(reading.config)
    inventory = evaluation.inventory
    complete = {(scope.source, scope.kind) for scope in inventory.scopes if scope.source != "site"}
    files = adopt(inventory.config, kinds, complete).files
    return evaluated(
        LiveSite(
            reading.config,
            kinds,
            steps.Intent(load_tree(reading.config, {}, kinds), ()),
            {},
            evaluation,
            None,
        ),
        {path: text.encode() for path, text in files.items()},
        inventory,
    )


def evaluated(site, tree, inventory) -> LiveSite:
    intent = steps.Intent(load_tree(site.config, tree, site.kinds), ())
    evaluation = steps.evaluate_inventory(site.config, inventory, intent, None)
    return LiveSite(site.config, site.kinds, intent, tree, evaluation, None)


def drift(site, place):
    return [each for each in site.findings if each.key[:2] == place and not each.of_rule]


def with_rows(site, rows) -> LiveSite:
    inventory = site.evaluation.inventory
    changed = type(inventory)(
        inventory.run, inventory.scopes, {**inventory.config, **rows}, inventory.observed, inventory.as_of
    )
    return evaluated(site, site.tree, changed)


def swapped(site, place, turn):
    """Each row of a kind with the value that another row has in one of its fields, or without the field."""
    kind = site.kinds[place[0]][place[1]]
    rows = {key: row for key, row in site.evaluation.inventory.config.items() if key[:2] == place}
    names = [name for name in kind.adopted_fields if any(name in row for row in rows.values())]
    changed = {}
    for number, (key, row) in enumerate(rows.items()):
        name = names[(number + turn) % len(names)] if names else None
        others = [each[name] for each in rows.values() if name in each and each[name] != row.get(name)]
        if others:
            changed[key] = kind.without_stale({**row, name: others[(number + turn) % len(others)]})
    return changed


@pytest.mark.parametrize("place", PLACES, ids="/".join)
def test_fields(adopted_site, place):
    assert not drift(adopted_site, place)
    tried = refused = 0
    rows: dict[Key, Row] = {}
    for turn in range(3):
        rows = swapped(adopted_site, place, turn)
        site = with_rows(adopted_site, rows)
        differing = {each.key for each in drift(site, place)}
        merged = merge_site(site, Request(names=("/".join(place),)))
        out = {Key(*text.partition(": ")[0].split("/", 2)) for text in merged.left_out}
        tree = {**site.tree, **{path: each.after for path, each in merged.replacements.items()}}
        after = evaluated(site, tree, site.evaluation.inventory)
        left = {each.key for each in drift(after, place)}
        assert left <= out, [each.title for each in drift(after, place) if each.key not in out]
        assert out <= differing
        tried += len(differing - out)
        refused += len(out)
    assert tried or refused or len(rows) < 2, json.dumps({str(key): row for key, row in rows.items()})[:500]


@pytest.mark.parametrize("place", PLACES, ids="/".join)
def test_rows_that_come_and_go_leave_the_file_as_it_was(adopted_site, place):
    """A row that is gone is taken out, and written again where it was when it is back."""
    rows = [key for key in adopted_site.evaluation.inventory.config if key[:2] == place]
    inventory = adopted_site.evaluation.inventory
    for key in rows[:3]:
        config = {each: row for each, row in inventory.config.items() if each != key}
        without = type(inventory)(
            inventory.run, inventory.scopes, config, inventory.observed, inventory.as_of
        )
        site = evaluated(adopted_site, adopted_site.tree, without)
        if not any(each.key == key and each.type == "missing" for each in site.findings):
            continue
        if place == ("pve", "node"):
            with pytest.raises(ReconcilerError, match=f"^{key}: cannot be removed: it is named at desired"):
                merge_site(site, Request(names=(str(key),)))
            continue
        merged = merge_site(site, Request(names=(str(key),)))
        tree = {**site.tree, **{path: each.after for path, each in merged.replacements.items()}}
        again = evaluated(site, tree, inventory)
        assert not [each for each in drift(evaluated(site, tree, without), place) if each.key == key]
        back = merge_site(again, Request(names=(str(key),)))
        path = next(path for path in tree if path.startswith(f"{'/'.join(place)}."))
        head = adopted_site.tree[path].decode()
        assert back.replacements[path].after.decode() == head
