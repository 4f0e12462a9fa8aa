"""Keys that resources had before: where each leads, whatever its kind, and however often it moved."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.kinds import SYSTEMS
from reconciler.model.key import Key
from reconciler.model.recorded import KeyMove, Recorded
from reconciler.record import moved_keys
from tests.drift import naming
from tests.drift.test_identify import ROWS, sites


def judged(found, declared, previous: Recorded | None, hours: float) -> Recorded:
    """A run so many hours after the first, with the keys that moved until then."""
    recorded = naming.judge(found, declared, previous)
    moment = recorded.report.run.collected_at + timedelta(hours=hours)
    run = recorded.report.run.model_copy(update={"collected_at": moment})
    recorded = replace(recorded, report=recorded.report.model_copy(update={"run": run}))
    return replace(recorded, moved=moved_keys(previous, recorded))


def test_every_kind_whose_rows_have_names_is_drawn_or_is_named_alone():
    """The others go by their own name only, as a network does, or are drawn by the two that share a form."""
    named = {
        f"{system.name}/{kind.name}"
        for system in SYSTEMS.values()
        for kind in system.kinds
        if kind.naming is not None
    }
    alike = {
        "unifi/port-profile": "unifi/network",
        "unifi/switch-stack": "unifi/network",
        "unifi/firewall-zone": "unifi/network",
        "unifi/acl-rule": "unifi/network",
        "unifi/static-route": "unifi/network",
        "unifi/ap-group": "unifi/network",
        "unifi/client-group": "unifi/network",
        "unifi/dhcp-option": "unifi/network",
        "unifi/scheduled-task": "unifi/network",
        "unifi/dpi-group": "unifi/network",
        "unifi/traffic-route": "unifi/network",
        "unifi/traffic-rule": "unifi/network",
        "unifi/nat-rule": "unifi/network",
        "unifi/firewall-group": "unifi/network",
        "unifi/radius-profile": "unifi/network",
        "unifi/radius-user": "unifi/network",
        "unifi/hotspot-operator": "unifi/network",
        "unifi/firewall-order": "unifi/firewall-policy",
        "npm/redirection-host": "npm/proxy-host",
        "npm/dead-host": "npm/proxy-host",
        "npm/access-list": "unifi/network",
    }
    assert named - alike.keys() <= set(ROWS)
    assert set(alike.values()) <= set(ROWS)


@pytest.mark.parametrize("at", ROWS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_an_earlier_key_leads_to_its_resource(at: str, data: st.DataObject) -> None:
    """In each run other ids are declared, and rows come and go; `holder` is who held each free key last."""
    holder: dict[str, str] = {}
    previous: Recorded | None = None
    held: dict[str, str] = {}
    for number in range(4):
        rows, declared = data.draw(sites(at))
        state = naming.loosely_desired(declared)
        found = naming.identified({at: rows}, state, previous)
        now = naming.keys(found)
        previous = judged(found, state, previous, number)
        for own_id, key in held.items():
            if own_id not in now:
                holder = {old: each for old, each in holder.items() if each != own_id}
            elif now[own_id] != key:
                holder[key] = own_id
        taken = {key.id for key in previous.inventory.config}
        holder = {old: own_id for old, own_id in holder.items() if old not in taken}
        leads = {old.id: move.key.id for old, move in previous.moved.items()}
        assert {old: leads.get(old) for old in holder} == {old: now[own_id] for old, own_id in holder.items()}
        assert taken.isdisjoint(leads), "what is there wins"
        held = now


A, B, C, D = (Key("npm", "proxy-host", name) for name in "abcd")


def run(
    previous: Recorded | None, days: float, live: str, *, moved: dict[str, str] | None = None
) -> Recorded:
    """A run that reads the proxy hosts of these names."""
    rows: dict[str, Any] = {name: {"domain_names": [name]} for name in live}
    recorded = judged(naming.snapshot({"npm/proxy-host": rows}), naming.desired({}), None, 24 * days)
    scopes = [scope.model_copy(update={"moved": moved}) for scope in recorded.report.scopes]
    recorded = replace(recorded, report=recorded.report.model_copy(update={"scopes": tuple(scopes)}))
    return replace(recorded, moved=moved_keys(previous, recorded))


def test_a_chain_leads_to_the_last_key_and_each_part_of_it_has_its_own_time():
    first = run(None, 0, "b", moved={"a": "b"})
    second = run(first, 3, "c", moved={"b": "c"})
    start = first.report.run.collected_at
    assert second.moved == {A: KeyMove(C, start), B: KeyMove(C, start + timedelta(days=3))}


def test_a_key_is_forgotten_after_thirty_days():
    first = run(None, 0, "b", moved={"a": "b"})
    assert run(first, 29.9, "b").moved == first.moved
    assert run(first, 30, "b").moved == {}


def test_a_resource_that_gets_an_earlier_key_wins_for_good():
    first = run(None, 0, "b", moved={"a": "b"})
    reused = run(first, 1, "ab")
    assert reused.moved == {}
    assert run(reused, 2, "b").moved == {}


def test_a_resource_that_moves_back_leaves_only_the_other_key():
    first = run(None, 0, "b", moved={"a": "b"})
    back = run(first, 1, "a", moved={"b": "a"})
    assert set(back.moved) == {B}
    assert back.moved[B].key == A


def test_two_that_change_places_leave_nothing():
    assert run(None, 0, "ab", moved={"a": "b", "b": "a"}).moved == {}


def test_a_run_that_could_not_read_the_list_forgets_nothing():
    first = run(None, 0, "b", moved={"a": "b"})
    assert run(first, 1, "").moved == first.moved
