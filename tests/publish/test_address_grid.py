"""Subnets as grids: a cell for each address, and counts that add up."""

from collections import Counter
from ipaddress import ip_network

from hypothesis import given

from reconciler.publish.pages.address_grid import STATES, grids
from tests.publish.joined_site import shown
from tests.site.test_properties import QUICK, SITES


def row(subnet, *dhcp):
    return {"subnet": subnet, "dhcp": [{"first": first, "last": last} for first, last in dhcp]}


def cells(grid):
    return {cell.address: cell.state for block in grid.blocks for cell in block.cells}


@QUICK
@given(SITES)
def test_counts_add_up_to_the_size_of_the_subnet_and_are_those_of_the_cells(rows):
    view = shown(rows, sources=("pve", "pve2", "unifi", "npm"))
    conflicts = {each["address"]: "twice" for each in view.site.addresses[::5]}
    for grid in grids(view.site.subnets, view.site.addresses, conflicts):
        net = ip_network(grid.row["subnet"])
        assert all(grid.counts.values()), "only states that there are"
        assert list(grid.counts) == [state for state in STATES if state in grid.counts]
        if net.version == 6:
            assert grid.blocks == ()
            continue
        assert sum(grid.counts.values()) == net.num_addresses
        shown_here = cells(grid)
        if net.prefixlen >= 24:
            assert Counter(shown_here.values()) == grid.counts
            assert [ip_network(f"{each}/32") for each in shown_here] == list(net.subnets(new_prefix=32))
        if grid.row["next_free"] in shown_here:
            assert shown_here[grid.row["next_free"]] == "free"
        for address, state in shown_here.items():
            assert (state == "conflict") == (address in conflicts)


def test_each_state_has_a_cell():
    every = [
        {"address": "10.0.0.1", "state": "gateway"},
        {"address": "10.0.0.2", "state": "taken"},
        {"address": "10.0.0.3", "state": "observed"},
        {"address": "10.0.0.4", "state": "reserved"},
        {"address": "10.0.0.5", "state": "declared"},
        {"address": "10.0.0.6", "state": "taken"},
        {"address": "10.0.0.8", "state": "dhcp"},
    ]
    (grid,) = grids([row("10.0.0.0/28", ("10.0.0.8", "10.0.0.11"))], every, {"10.0.0.6": "used twice"})
    assert list(cells(grid).values()) == [
        "end", "gateway", "taken", "observed", "reserved", "declared", "conflict", "free",
        "dhcp", "dhcp", "dhcp", "dhcp", "free", "free", "free", "end",
    ]  # fmt: skip
    assert set(cells(grid).values()) == set(STATES)


def test_of_a_large_subnet_only_the_blocks_in_use_are_drawn():
    every = [{"address": f"10.{number}.7.9", "state": "taken"} for number in (3, 200)]
    (grid,) = grids([row("10.0.0.0/8", ("10.0.1.0", "10.0.1.255"))], every, {})
    assert [block.subnet for block in grid.blocks] == ["10.3.7.0/24", "10.200.7.0/24"]
    assert [len(block.cells) for block in grid.blocks] == [256, 256]
    assert grid.counts == {"taken": 2, "dhcp": 256, "end": 2, "free": (1 << 24) - 260}


def test_links_between_two_routers_have_no_ends():
    (grid,) = grids([row("10.0.0.4/31")], [{"address": "10.0.0.4", "state": "taken"}], {})
    assert cells(grid) == {"10.0.0.4": "taken", "10.0.0.5": "free"}
