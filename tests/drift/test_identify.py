"""Keys of rows that go by several names, that are renamed, and that share a name."""

import unicodedata
from dataclasses import replace
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.desired.adopt import adopt
from reconciler.desired.load import load
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.identify import identify, identify_inventory
from reconciler.model.fields.text import Names, Text
from reconciler.model.key import Key
from reconciler.model.references import Reference, RefTo, references_of, rewritten
from reconciler.model.resource import Resource
from reconciler.model.value import Value
from reconciler.site.declared import contradictions
from tests.casefiles import cases
from tests.drift import naming
from tests.drift.naming import KINDS


@cases("identify")
def test_keys_and_findings(case: Any) -> None:
    state, previous = naming.desired(case.get("declared")), None
    for number, run in enumerate(case["runs"], start=1):
        found = naming.identified(run["live"], state, previous)
        have = naming.keys(found)
        assert {at: have[at] for at in run.get("keys", {})} == run.get("keys", {}), number
        recorded = naming.judge(found, state, previous)
        if "findings" in run:
            assert naming.told(recorded) == run["findings"], number
        reasons = {str(each.key): each.reason for each in recorded.report.findings}
        for key, reason in run.get("reasons", {}).items():
            assert reasons[key] == reason
        if case.get("record") != "false":
            previous = recorded


NAMES = st.sampled_from(["a", "b", "c"])
OWN_ID = st.sampled_from([f"{number:024x}" for number in range(1, 7)])
ADDRESS = st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3"])
ROWS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "npm/proxy-host": st.fixed_dictionaries(
        {"domain_names": st.lists(NAMES, min_size=1, max_size=3, unique=True)}
    ),
    "npm/certificate": st.fixed_dictionaries(
        {"domain_names": st.just(["a"])},
        optional={"created_on": st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"])},
    ),
    "npm/stream": st.fixed_dictionaries(
        {"incoming_port": st.sampled_from(["22", "53"])}, optional={"udp_forwarding": st.booleans()}
    ),
    "unifi/network": st.fixed_dictionaries({"name": NAMES}),
    "unifi/wlan": st.fixed_dictionaries({"name": NAMES}, optional={"network": NAMES}),
    "unifi/static-dns": st.fixed_dictionaries(
        {"record_type": st.sampled_from(["A", "SRV"]), "name": NAMES, "value": ADDRESS},
        optional={"port": st.sampled_from([1, 2])},
    ),
    "unifi/dynamic-dns": st.fixed_dictionaries(
        {"host_name": NAMES, "interface": st.sampled_from(["wan", "wan2"])},
        optional={"service": st.sampled_from(["custom", "dyndns"])},
    ),
    "unifi/wireguard-peer": st.fixed_dictionaries({"name": NAMES}, optional={"network": NAMES}),
    "unifi/port-forward": st.fixed_dictionaries(
        {"proto": st.sampled_from(["tcp", "udp"]), "dst_port": st.sampled_from(["80", "443"])}
    ),
    "unifi/firewall-policy": st.fixed_dictionaries(
        {"name": NAMES, "source": st.fixed_dictionaries({"zone": NAMES})}
    ),
}
SIBLINGS = ("npm/certificate", "unifi/wlan", "unifi/static-dns", "unifi/dynamic-dns", "unifi/wireguard-peer")


@st.composite
def sites(draw: st.DrawFn, at: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rows of one kind by upstream id, and declared ids that some of them go by."""
    kind = KINDS[naming.place(at)[0]][naming.place(at)[1]]
    assert kind.naming is not None
    rows = naming.distinct(kind, draw(st.dictionaries(OWN_ID, ROWS[at], max_size=5)))
    names = [name for row in rows.values() for name in kind.naming.names(naming.row(kind, row))]
    declared = draw(st.lists(st.sampled_from(names), unique=True, max_size=3)) if names else []
    return rows, {at: {each: {} for each in declared}} if declared and kind.declarable else {}


@pytest.mark.parametrize("at", ROWS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_order_of_rows_never_matters(at: str, data: st.DataObject) -> None:
    rows, declared = data.draw(sites(at))
    other = dict(data.draw(st.permutations(list(rows.items()))))
    state = naming.loosely_desired(declared)
    one, two = (naming.identified({at: each}, state, None) for each in (rows, other))
    assert naming.keys(one) == naming.keys(two)
    assert one.scopes[0].ambiguous == two.scopes[0].ambiguous
    assert len(set(naming.keys(one).values())) == len(rows), "no two rows have one key"


@pytest.mark.parametrize("at", ROWS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_with_a_record_a_row_that_comes_or_goes_changes_no_other_key(at: str, data: st.DataObject) -> None:
    rows, declared = data.draw(sites(at))
    state = naming.loosely_desired(declared)
    before = naming.identified({at: rows}, state, None)
    previous = naming.judge(before, state, None)
    new, row = data.draw(OWN_ID), data.draw(ROWS[at])
    later = {own_id: each for own_id, each in rows.items() if own_id != new}
    kind = KINDS[naming.place(at)[0]][naming.place(at)[1]]
    if new not in rows:
        later = naming.distinct(kind, later | {new: row})
    held = naming.keys(before)
    for _ in range(3):
        found = naming.identified({at: later}, state, previous)
        now = naming.keys(found)
        changed = {own_id for own_id in now if own_id != new and now[own_id] != held[own_id]}
        # a declared id comes first: one that lost its row may be a name of an undeclared sibling
        ids = {key.id for key in state.resources}
        assert all(now[each] in ids and held[each] not in ids for each in changed)
        previous = naming.judge(found, state, previous)


@pytest.mark.parametrize("at", SIBLINGS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_without_a_record_a_newer_sibling_changes_no_other_key(at: str, data: st.DataObject) -> None:
    rows, _ = data.draw(sites(at))
    state = naming.loosely_desired({})
    newest = {**rows, "f" * 24: data.draw(ROWS[at])}
    before, after = (naming.keys(naming.identified({at: each}, state, None)) for each in (rows, newest))
    assert {own_id: after[own_id] for own_id in before} == before


@pytest.mark.parametrize("at", ROWS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_change_of_one_row_changes_no_key_and_is_never_missing(at: str, data: st.DataObject) -> None:
    row, other = data.draw(ROWS[at]), data.draw(ROWS[at])
    source, name = naming.place(at)
    kind = KINDS[source][name]
    first = naming.identified({at: {"1": row}}, None, None)
    (key,) = first.resources
    state = naming.desired({at: {key.id: {}}} if kind.declarable else {})
    previous = naming.judge(first, state, None)
    now = naming.identified({at: {"1": other}}, state, previous)
    assert naming.keys(now) == {"1": key.id}
    report = naming.judge(now, state, previous).report
    assert report.verdicts.get(str(key)) in {None, "in_sync", "drifted"}


@pytest.mark.parametrize("at", [at for at in ROWS if at != "npm/certificate"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_adopt_writes_is_clean_without_a_record(at: str, data: st.DataObject) -> None:
    row, other = data.draw(ROWS[at]), data.draw(ROWS[at])
    first = naming.identified({at: {"1": row}}, None, None)
    previous = naming.judge(first, naming.desired({}), None)
    kept = naming.identified({at: {"1": other}}, None, previous)
    files = adopt(carry_forward(kept, None, KINDS).config, KINDS, [naming.place(at)]).files
    state = load({path: text.encode() for path, text in files.items()}, KINDS, directory="wanted")
    again = naming.judge(naming.identified({at: {"1": other}}, state, None), state, None)
    assert set(again.report.verdicts.values()) == {"in_sync"}, files


@pytest.mark.parametrize("at", [at for at in ROWS if at != "npm/certificate"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_adopt_writes_names_no_row_twice(at: str, data: st.DataObject) -> None:
    rows, _ = data.draw(sites(at))
    found = carry_forward(naming.identified({at: rows}, None, None), None, KINDS).config
    adopted = adopt(found, KINDS, [naming.place(at)])
    state = load({path: text.encode() for path, text in adopted.files.items()}, KINDS, directory="wanted")
    problems = map(str, contradictions(state, state.resources.keys(), KINDS))
    assert [each for each in problems if "is also a name of" in each] == []
    assert len(state.resources) + len(adopted.refused) == len(found)


def test_the_second_of_two_equal_records_does_not_take_the_id_of_a_sibling_that_went() -> None:
    record = {"record_type": "A", "name": "b"}
    here, there = record | {"value": "10.0.0.1"}, record | {"value": "10.0.0.2"}
    rows: dict[str, Any] = {"3": here, "4": there | {"port": 1}, "5": there}
    state = naming.loosely_desired({"unifi/static-dns": {"A:b": {}}})
    before = naming.identified({"unifi/static-dns": rows}, state, None)
    held = naming.keys(before)
    del rows["3"]
    now = naming.identified({"unifi/static-dns": rows}, state, naming.judge(before, state, None))
    assert naming.keys(now) == {"4": held["4"], "5": held["5"]}


@pytest.mark.parametrize("at", ROWS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_recorded_snapshot_keeps_its_keys(at: str, data: st.DataObject) -> None:
    rows, declared = data.draw(sites(at))
    state = naming.loosely_desired(declared)
    found = naming.identified({at: rows}, state, None)
    assert identify(found, state, None, KINDS, recorded=True).resources == found.resources
    recorded = naming.judge(found, state, None)
    assert identify(found, state, recorded, KINDS, recorded=True).resources == found.resources
    assert identify_inventory(recorded.inventory, state, KINDS).config == recorded.inventory.config


def test_a_recorded_inventory_gets_the_ids_that_are_declared_now() -> None:
    live: naming.Live = {
        "npm/proxy-host": {"1": {"domain_names": ["a.example", "b.example"]}},
        "unifi/network": {"2": {"name": "IoT"}},
        "unifi/wlan": {"3": {"name": "things", "network": "IoT"}},
    }
    recorded = naming.judge(naming.identified(live, None, None), naming.desired({}), None)
    state = naming.desired(
        {"npm/proxy-host": {"b.example": {}}, "unifi/network": {"Things": {"name": "IoT"}}}
    )
    inventory = identify_inventory(recorded.inventory, state, KINDS)
    assert {str(key) for key in inventory.config} == {
        "npm/proxy-host/b.example", "unifi/network/Things", "unifi/wlan/things",
    }  # fmt: skip
    assert inventory.config[Key("unifi", "wlan", "things")]["network"] == "Things"


class _Hop(Value):
    network: Annotated[Text | None, RefTo("network")] = None
    plain: Text | None = None


class _Nested(Resource):
    one: Annotated[Text | None, RefTo("network")] = None
    several: Annotated[Names | None, RefTo("network")] = None
    hops: tuple[_Hop, ...] = ()
    by_name: dict[str, _Hop]
    values: Annotated[dict[str, Text], RefTo("zone")]
    keyed: dict[Annotated[Text, RefTo("network")], int]
    lists: dict[str, Annotated[tuple[Text, ...], RefTo("network")]]
    other: Text | None = None


def test_references_are_found_and_rewritten_at_any_depth() -> None:
    places = set(references_of(_Nested))
    assert places == {
        Reference(("one",), "network"),
        Reference(("several", "*"), "network"),
        Reference(("hops", "*", "network"), "network"),
        Reference(("by_name", "*", "network"), "network"),
        Reference(("values", "*"), "zone"),
        Reference(("keyed", "<keys>"), "network"),
        Reference(("lists", "*", "*"), "network"),
    }
    row: Any = {
        "one": "x", "several": ["x", "y"], "hops": [{"network": "x", "plain": "x"}], "other": "x",
        "by_name": {"x": {"network": "x"}}, "values": {"x": "x"}, "keyed": {"x": 1}, "lists": {"x": ["x"]},
    }  # fmt: skip
    for place in sorted(places):
        row = rewritten(row, place.path, {"x": "new"} if place.kind == "network" else {})
    assert row == {
        "one": "new", "several": ["new", "y"], "hops": [{"network": "new", "plain": "x"}], "other": "x",
        "by_name": {"x": {"network": "new"}}, "values": {"x": "x"}, "keyed": {"new": 1},
        "lists": {"x": ["new"]},
    }  # fmt: skip
    assert rewritten(row, ("lists", "*", "*"), {"z": "new"}) is row


REFERENCES = sorted(
    (f"{source}/{kind.name}", reference)
    for source, kinds in KINDS.items()
    for kind in kinds.values()
    for reference in kind.references
    if reference.kind in kinds
)


@pytest.mark.parametrize(("at", "reference"), REFERENCES, ids=str)
def test_every_reference_follows_what_it_refers_to(at: str, reference: Reference) -> None:
    """Of every kind: what refers to a renamed resource refers to its key."""
    source, name = naming.place(at)
    target, kind = KINDS[source][reference.kind], KINDS[source][name]
    new = "new.example" if reference.kind == "certificate" else "New"
    field = "domain_names" if reference.kind == "certificate" else "name"
    key = Key(source, name, "row")
    row = naming.with_reference(kind, reference, new)
    named = target.model.model_validate({field: [new] if field == "domain_names" else new})
    live = naming.snapshot({f"{source}/{reference.kind}": {}})
    live = replace(
        live,
        resources={
            key: row,
            Key(source, reference.kind, new): named.model_copy(update={"upstream_id": "1"}),
        },
    )
    old = {"domain_names": ["old.example"]} if field == "domain_names" else {"name": "Old"}
    before = naming.identified({f"{source}/{reference.kind}": {"1": old}}, None, None)
    found = identify(live, None, naming.judge(before, naming.desired({}), None), KINDS)
    kept = next(iter(before.resources)).id
    assert naming.reference_values(found.resources[key], reference) == {kept}


@given(st.text(st.characters(categories=["L", "M", "N"]), max_size=8))
def test_text_is_compared_in_its_composed_form(text: str) -> None:
    forms: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
    for form in forms:
        spelt = unicodedata.normalize(form, f"Büro {text}").strip()
        live: naming.Live = {"unifi/network": {"1": {"name": spelt, "domain_name": spelt}}}
        state = naming.loosely_desired({"unifi/network": {spelt: {"domain_name": spelt}}})
        other = unicodedata.normalize("NFC", spelt)
        assert naming.keys(naming.identified(live, state, None)) == {"1": other}
