"""An unchanged site makes no commit: every spelling of a row that means the same is recorded as the same."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from reconciler import files
from reconciler.collectors.http.redaction import without_secrets
from reconciler.collectors.npm.connection.client import SECRETS
from reconciler.collectors.source import read_source
from reconciler.config.settings import DriftSettings
from reconciler.desired.load import load
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.drift.identify import identify
from reconciler.kinds import SYSTEMS
from reconciler.lab import load_site
from reconciler.lab.npm.api import all_lists as npm_lists
from reconciler.lab.unifi.rows import all_lists as unifi_lists
from reconciler.model.progress import Silent
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Snapshot, dump_resources
from reconciler.model.system import SourceContext
from tests.blind_spots import npm, unifi, unifi_integration
from tests.blind_spots.keys import ApiKey, with_value
from tests.blind_spots.place import _ENVIRONMENT, _SETTINGS, RUN, Place, Raw
from tests.blind_spots.spellings import spelled

PLACES = {
    f"{place.system} {place.version} {place.endpoint}": place
    for module in (unifi, unifi_integration, npm)
    for place in module.places()
}
SPELLINGS = 3
"""Of each row."""


def recorded(place: Place, row: Raw) -> bytes:
    """What is recorded of a row, and what could not be read of it."""
    snapshot = place.read(row)
    kind = place.of_kind
    rows = dump_resources(snapshot.resources, {"unifi": {kind.name: kind}, "npm": {kind.name: kind}})
    config = {str(key): [kind.split(each)[0], each.get("unread")] for key, each in rows.items()}
    (scope,) = snapshot.scopes
    return files.canonical({"rows": config, "unread": sorted(scope.unread), "listed": scope.listed})


def rows_of(place: Place, key: ApiKey) -> list[Raw]:
    """The rows with each value of a key."""
    return [with_value(place.row_of(key), key.steps, value) for value in place.values(key)]


@pytest.mark.parametrize("name", PLACES)
def test_every_spelling_of_every_row_is_recorded_alike(name):
    place, source, wrong = PLACES[name], Random(name), []
    for key in place.keys.values():
        if place.status and key.name not in place.row:
            continue
        for row in rows_of(place, key):
            before = recorded(place, row)
            for _ in range(SPELLINGS):
                other = spelled(row, source)
                if recorded(place, other) != before:
                    wrong.append(f"{key.name}: {row} -> {other}")
    assert wrong == []


def defaults_of(place: Place) -> dict[str, Any]:
    """The keys of the API that are not in the row and are fields with a default, and that default."""
    fields = place.of_kind.model.model_fields
    left_out = fields.keys() & place.keys.keys() - place.row.keys() - place.required
    found = {name: fields[name].get_default(call_default_factory=True) for name in sorted(left_out)}
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, str | bool) and name not in place.of_kind.secrets | GIVEN_BY_OTHERS
    }


GIVEN_BY_OTHERS = frozenset({"src_limiting_enabled", "src_limiting_type", "use_fixedip"})
"""Flags that are what other keys show where they are not there, as of old."""


WITH_DEFAULTS = {
    name: defaults
    for name, place in PLACES.items()
    if place.kind != "switch-port" and (defaults := defaults_of(place))
}
"""Of a port, what is set on it is not what its profile has, also where both are the default."""


@pytest.mark.parametrize("name", WITH_DEFAULTS)
def test_a_default_that_is_written_out_is_one_that_is_left_out(name):
    place = PLACES[name]
    for key, default in WITH_DEFAULTS[name].items():
        for written in (default, None, ""):
            assert recorded(place, {**place.row, key: written}) == recorded(place, place.row), (key, written)


def test_enough_defaults_are_written_out():
    assert sum(map(len, WITH_DEFAULTS.values())) > 200


SITE = load_site()
LISTS: dict[str, Any] = {
    "unifi": {**unifi_lists(SITE["unifi"]), "site-feature-migration": []},
    "npm": npm_lists(SITE["npm"]),
}


class _Answers:
    """The lists of the lab as the client of a system reads them."""

    expected: Mapping[str, frozenset[str]] = {}
    empty: frozenset[str] = frozenset()

    def __init__(self, system: str, lists: dict[str, Any], context: SourceContext) -> None:
        self.settings = SimpleNamespace(
            name=system, host="lab.test", store_descriptions=True, site="default", api_key=None
        )
        self.facts: Any = unifi._facts(zone_based=True) if system == "unifi" else npm._FACTS
        more = SECRETS.__contains__ if system == "npm" else lambda _name: False
        self._lists = without_secrets(lists, context.fingerprinter, more)

    def begin(self, reads: Any) -> None:
        """Nothing: answers are there at once."""

    def rows(self, read: Any) -> Any:
        return self._lists.get(read if isinstance(read, str) else read.path, [])

    def doubt(self, _read: Any) -> None:
        """None: every list is whole."""


def run(system: str, lists: dict[str, Any], previous: Recorded | None) -> tuple[bytes, Recorded]:
    """What a run records of the lists of a site, and the record of it."""

    @contextmanager
    def connect(_settings: Any, context: SourceContext) -> Iterator[Any]:
        yield _Answers(system, lists, context)

    source = unifi._SOURCE if system == "unifi" else npm._SOURCE
    kinds = {source.name: {kind.name: kind for kind in SYSTEMS[system].kinds}}
    context = SourceContext(_ENVIRONMENT, Path("/"), Silent(), {})
    found = read_source(source, replace(SYSTEMS[system], connect=connect), context, _SETTINGS, None)
    snapshot = identify(Snapshot(RUN, tuple(found.scopes), found.resources), None, previous, kinds)
    inventory = carry_forward(snapshot, previous, kinds)
    nothing = load({}, kinds, directory="desired-state")
    report = compare(inventory, nothing, previous, DriftSettings(), kinds)
    rows = {str(key): row for key, row in inventory.config.items()}
    scopes = [scope.model_dump(mode="json") for scope in inventory.scopes]
    assert not report.events
    return files.canonical({"rows": rows, "scopes": scopes}), Recorded(report, inventory, {})


@pytest.mark.parametrize("system", LISTS)
def test_an_unchanged_site_is_recorded_as_it_was(system):
    before, record = run(system, LISTS[system], None)
    for seed in range(25):
        source = Random(seed)
        lists = {path: spelled(rows, source) for path, rows in LISTS[system].items()}
        lists = {path: source.sample(rows, len(rows)) for path, rows in lists.items()}
        assert run(system, lists, record)[0] == before, seed
