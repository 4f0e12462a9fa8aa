from datetime import UTC, datetime, timedelta
from typing import Annotated

import pytest

from reconciler import files
from reconciler.errors import Problem
from reconciler.model.key import Key
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.resource import METRIC, OBSERVED, FieldClass, Resource
from reconciler.model.snapshot import (
    Run,
    Scope,
    Snapshot,
    by_kind,
    dump_resources,
    from_kinds,
    parse_snapshot,
    snapshot_document,
)
from reconciler.model.value import parse_timestamp, timestamp


class Lamp(Resource):
    colour: str = "white"
    note: str | None = None
    seen: Annotated[tuple[str, ...], OBSERVED] = ()
    watts: Annotated[int | None, METRIC] = None


def _kind(**options):
    return Kind(
        "lamp",
        "lamps",
        Lamp,
        lambda _api, _shared: Listing({}),
        lambda _id, raw, _context: Lamp(**raw),
        **options,
    )


LAMP = _kind()
KINDS = {"hall": {"lamp": LAMP}}
RUN = Run(
    id="20261123T210500Z-3fa9c1",
    site="lan",
    collected_at=datetime(2026, 11, 23, 21, 5, 0, 999, tzinfo=UTC),
    stale_after=datetime(2026, 11, 23, 21, 35, tzinfo=UTC),
    version="0.1.0",
)
SCOPE = Scope(
    source="hall",
    kind="lamp",
    listed="partial",
    problem=Problem("", "dark"),
    count=1,
    unread={"2": Problem("", "broken")},
)
LAMPS = {Key("hall", "lamp", "1"): Lamp(colour="red", seen=("a",), watts=5)}


def _document():
    return snapshot_document(RUN, (SCOPE,), dump_resources(LAMPS, KINDS))


def test_a_snapshot_survives_its_json_form():
    data = files.canonical(_document())
    assert parse_snapshot(data, KINDS) == Snapshot(RUN, (SCOPE,), LAMPS)
    assert b'"collected_at": "2026-11-23T21:05:00Z"' in data


def test_sources_that_are_not_configured_are_left_out():
    snapshot = parse_snapshot(files.canonical(_document()), {"other": {}})
    assert snapshot.resources == {}
    assert snapshot.scopes == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("schema_version"), "schema_version None"),
        (lambda d: d.update(schema_version="2.0"), "schema_version '2.0'"),
        (lambda d: d.pop("run"), "is not a snapshot: KeyError"),
        (lambda d: d["run"].update(id="../x"), "is not a snapshot that this version can read: id"),
        (lambda d: d["resources"]["hall"]["lamp"]["1"].update(colour=[]), r"1\.colour"),
        (lambda d: d.update(resources=[]), "is not a snapshot: AttributeError"),
    ],
)
def test_what_is_no_snapshot_is_one_line(change, message):
    document = files.parse_json(files.canonical(_document()))
    change(document)
    with pytest.raises(ValueError, match=message) as error:
        parse_snapshot(files.canonical(document), KINDS)
    assert "\n" not in str(error.value)


def test_rows_and_their_tree_are_inverse():
    rows = dump_resources(LAMPS, KINDS)
    assert from_kinds(by_kind(rows)) == rows


def test_a_row_splits_by_the_class_of_its_fields():
    row = LAMP.dump({"1": Lamp(seen=("a",), watts=5)})["1"]
    assert LAMP.split(row) == ({"colour": "white", "unmodelled": {}}, {"seen": ["a"], "watts": 5})
    assert _kind(field_class=FieldClass.OBSERVED).split(row) == ({}, row)


def test_time_stamps_are_rfc_3339_in_utc():
    moment = datetime(2026, 11, 23, 21, 5, tzinfo=UTC)
    assert timestamp(moment) == "2026-11-23T21:05:00Z"
    assert parse_timestamp(timestamp(moment)) == moment
    with pytest.raises(ValueError, match="does not match"):
        parse_timestamp("yesterday")


def test_keys_that_a_later_version_adds_are_passed_over():
    document = files.parse_json(files.canonical(_document()))
    document["schema_version"] = "1.9"
    document["moon"] = "full"
    document["run"]["phase"] = document["scopes"][0]["phase"] = 3
    document["resources"]["hall"]["lamp"]["1"]["glow"] = {"by": "night"}
    assert parse_snapshot(files.canonical(document), KINDS) == Snapshot(RUN, (SCOPE,), LAMPS)


def test_rows_that_an_earlier_run_read_keep_their_time():
    old = RUN.collected_at.replace(microsecond=0) - timedelta(hours=1)
    key = Key("hall", "lamp", "1")
    data = files.canonical(snapshot_document(RUN, (SCOPE,), dump_resources(LAMPS, KINDS), {key: old}))
    assert b'"hall/lamp/1": "2026-11-23T20:05:00Z"' in data
    assert parse_snapshot(data, KINDS).as_of == {key: old}
