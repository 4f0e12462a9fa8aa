"""Growth for benchmarks: always the same, spread, unique."""

import re
from collections import Counter

from reconciler.lab import Lab, State, grow, load_site
from tests.lab.client import connect


def grown(n: int) -> State:
    state = State(load_site())
    grow(state, n)
    return state


def test_growth_is_deterministic():
    first, second = grown(500), grown(500)

    assert {v: (g.node, g.type, g.power, g.config) for v, g in first.guests.items()} == {
        v: (g.node, g.type, g.power, g.config) for v, g in second.guests.items()
    }


def test_growth_spreads_over_all_nodes_and_kinds():
    state = grown(1000)

    assert len(state.guests) == 1000
    nodes = Counter(guest.node for vmid, guest in state.guests.items() if vmid >= 10000)
    assert set(nodes) == set(state.nodes)
    assert max(nodes.values()) - min(nodes.values()) <= 1
    assert Counter(guest.type for guest in state.guests.values())["lxc"] > 300


def test_macs_and_addresses_stay_unique():
    guests = grown(3000).guests.values()
    text = " ".join(f"{guest.config} {guest.addresses}" for guest in guests)
    macs = re.findall(r"BC(?::[0-9A-F]{2}){5}", text)
    addresses = re.findall(r"10\.[0-9.]+(?=/8)", text)

    assert len(macs) == len(set(macs)) > 3000
    assert len(addresses) == len(set(addresses)) > 2900


def test_growing_to_less_changes_nothing():
    assert len(grown(10).guests) == 61


def test_a_grown_lab_answers():
    with Lab(guests=400) as lab, connect(lab) as client:
        rows = [row for row in client.data("/cluster/resources", type="vm") if row["vmid"] >= 10000]
        assert len(rows) == 400 - 61
        for row in rows[:6]:
            assert client.data(f"/nodes/{row['node']}/{row['id']}/config")["tags"]
