"""Port map, addresses and capacity: pages that are complete without a script, of any site."""

from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings

from reconciler.publish.pages.addresses import MOST_ADDRESSES, MOST_BLOCKS
from reconciler.publish.pages.port_map import MOST_IN_PICTURE, MOST_NAMES
from reconciler.publish.pages.render import page_files
from tests.publish import site
from tests.publish.html_page import checked
from tests.publish.joined_site import shown, town
from tests.site.rows import HOUSE, Rows, address, guest, network, node, port, proxy_host, with_house
from tests.site.test_properties import QUICK, SITES

NAMES = ("port-map", "addresses", "capacity")
SOURCES = ("pve", "pve2", "unifi", "npm")
HOSTILE = "<img src=x onerror=alert(1)> \"'&\u202e"
GIT = "https://git.example/ops/site"


def pages(view):
    """Name → page, of the screens that show what is joined."""
    found: Any = {each.path: each.data for each in page_files(view)}
    return {name: checked(found[f"{name}.html"]) for name in NAMES}


def trend_of(*memory):
    """The capacity page of a house with runs on the days before, of which so much was recorded."""
    view = shown(with_house(HOUSE))
    runs = [replace(site.entry(24 * back), memory=each) for back, each in enumerate(memory)]
    past = replace(view.recorded.past, runs=tuple(reversed(runs)))
    return pages(replace(view, recorded=replace(view.recorded, past=past)))["capacity"]


def test_the_trend_has_each_day_whose_memory_is_known():
    one, two = ({"assigned_mib": mib, "physical_mib": 8192} for mib in (3072, 2048))
    page = trend_of(one, None, two)
    (picture,) = page.all("svg", "capacity-trend")
    assert len([each for each in page.all("rect") if picture in each.inside]) == 2
    text = page.all("main")[0].text
    assert "Running guests are assigned 3 GiB, 37 % of the nodes, 1 GiB more than on 2026-11-21." in text
    assert "2026-11-21: 2 GiB of 8 GiB assigned" in text
    assert trend_of(one, None).all("svg", "capacity-trend") == []
    assert "as much as on" in trend_of(one, one).all("main")[0].text


def rows_of(page, cls):
    (table,) = page.all("table", cls)
    own = [each for each in page.all("tr") if table in each.inside]
    return [each for each in own if each.attributes.keys() & {"data-address", "data-p"}]


@settings(QUICK, max_examples=15)
@given(SITES)
def test_pages_of_any_site_have_every_name_and_address(rows):
    view = shown(rows, sources=SOURCES)
    found = pages(view)
    paths = view.site.portmap["paths"]
    listed = rows_of(found["port-map"], "port-map-table") if paths else []
    assert len(listed) == len(paths)
    assert [each.has("is-broken") for each in listed] == sorted(
        (not path["complete"] for path in paths), reverse=True
    )
    numbers = {each.attributes["data-p"] for each in listed}
    shapes = [each for each in found["port-map"].elements if "data-p" in each.attributes and each.tag != "tr"]
    assert {number for each in shapes for number in each.attributes["data-p"].split()} == numbers
    addresses = rows_of(found["addresses"], "addresses-table")
    assert {each.attributes["data-address"] for each in addresses} == {
        each["address"] for each in view.site.addresses
    }
    twice = {finding.key.id for finding in view.recorded.report.findings if finding.type == "duplicate-ip"}
    assert {
        each.attributes["data-address"] for each in addresses if each.attributes["data-state"] == "conflict"
    } >= twice
    bars = found["capacity"].all("svg", "capacity-bar")
    assert len(bars) >= 2 * len(view.site.capacity["nodes"])


def test_pages_of_a_record_without_a_site_model_show_that_nothing_is_known():
    found = pages(site.shown())
    assert "No proxy host, stream or port forward is recorded." in found["port-map"].all("main")[0].text
    assert "No network with an address range is recorded." in found["addresses"].all("main")[0].text
    assert "No Proxmox VE node is recorded." in found["capacity"].all("main")[0].text


@pytest.fixture(scope="module")
def house():
    broken: Rows = {
        "npm/proxy-host/wiki.example.org": proxy_host("wiki.example.org", "10.0.20.99"),
        "npm/proxy-host/off.example.org": proxy_host("off.example.org", enabled=False),
        "pve/guest/102": guest(102, nic={"ip": "10.0.20.5/24"}, name=HOSTILE, memory=60000),
        "pve/guest/104": guest(104, nic={"ip": "10.0.20.6/24"}, name=HOSTILE),
        "npm/proxy-host/evil.example.org": proxy_host("evil.example.org", "10.0.20.6"),
        "pve/guest/103": guest(103, nic=None, memory=60000, node="r2"),
        "site/address/10.0.20.200": address(service=HOSTILE),
    }
    view = shown(with_house(broken))
    return replace(view, repository=Links()), pages(replace(view, repository=Links()))


class Links:
    """Links into a repository."""

    def edit_kind(self, source, kind):
        return f"{GIT}/{source}/{kind}.yaml"


def test_broken_paths_come_first_with_the_reason_the_remedy_and_the_editor(house):
    page = house[1]["port-map"]
    (panel,) = page.all("section", "port-map-broken")
    assert "wiki.example.org: no resource is known to have 10.0.20.99." in panel.text
    assert "declare it. Edit" in panel.text
    links = [each.attributes["href"] for each in page.all("a") if panel in each.inside]
    assert links == ["#name=wiki.example.org", f"{GIT}/site/address.yaml"]
    first, *_ = rows_of(page, "port-map-table")
    assert first.text.startswith("wiki.example.org")
    (section, *_) = page.all("details")
    assert section.text.startswith("Broken paths 1 name")
    assert "open" in section.attributes


def test_a_path_has_a_cell_for_each_step_and_leads_back_from_its_port(house):
    page = house[1]["port-map"]
    (row,) = [each for each in rows_of(page, "port-map-table") if each.text.startswith("git.example.org")]
    cells = [each for each in page.all("td") if row in each.inside]
    assert [each.attributes["data-label"] for each in cells] == [
        "Proxy or forward", "Address", "Host", "Bridge and VLAN", "NIC", "Switch port",
    ]  # fmt: skip
    assert [each.text for each in cells][3:5] == ["r1:vmbr0 VLAN 20 3 names", "r1:eno1 3 names"]
    links = [each.attributes["href"] for each in page.all("a") if row in each.inside]
    assert f"#port={port(1)}" in map(unquote, links)
    assert "/resource#/v1/inventory/guests/pve/101" in links
    (off,) = [each for each in rows_of(page, "port-map-table") if each.text.startswith("off.example.org")]
    assert "(disabled)" in off.text


def test_a_picture_has_words_for_who_cannot_see_it(house):
    pictures = house[1]["port-map"].all("svg", "port-map-picture")
    assert [each.attributes["role"] for each in pictures] == ["img"] * len(pictures)
    assert pictures[0].attributes["aria-label"] == "1 name: wiki.example.org"
    assert "leading to" in pictures[1].attributes["aria-label"]


def test_an_address_in_conflict_comes_first_and_is_marked_in_the_grid(house):
    page = house[1]["addresses"]
    first, *_ = rows_of(page, "addresses-table")
    assert first.attributes["data-address"] == "10.0.20.5"
    assert "in conflict: used by pve/guest/101 and pve/guest/102" in first.text
    (cell,) = page.all("a", "is-conflict")
    assert cell.attributes["title"].startswith("10.0.20.5 g101 (101), ")
    assert "Edit the declared addresses" in page.all("main")[0].text


def test_a_node_whose_guests_fit_nowhere_is_named_with_what_is_lacking(house):
    page = house[1]["capacity"]
    (panel,) = page.all("section", "panel")
    assert "Without r1: 58.6 GiB too little. 1 running guest fits nowhere:" in panel.text
    assert "Without r2: 58.6 GiB too little." in panel.text


def test_hostile_names_are_text(house):
    for name, page in house[1].items():
        texts = [each.text for each in page.all("body")]
        assert "<img src=x onerror=alert(1)>" in texts[0], name
        assert "\u202e" not in texts[0], name
    titles = [each.attributes.get("title", "") for each in house[1]["addresses"].elements]
    assert any("<img src=x" in each for each in titles)


def test_large_sites_are_shown_in_part_and_say_so():
    view = shown(town(MOST_NAMES + 100, nodes=3))
    found = pages(view)
    page = found["port-map"]
    assert len(rows_of(page, "port-map-table")) == MOST_NAMES
    assert "The first 300 of 400 names are listed" in page.all("main")[0].text
    sections = page.all("details")
    assert [each.text.split(";")[0] for each in page.all("summary")] == [
        "Node r0 134 names", "Node r1 133 names", "Node r2 133 names",
    ]  # fmt: skip
    assert not any("open" in each.attributes for each in sections)
    for section in sections:
        names = [
            each
            for each in page.all("g")
            if section in each.inside and each.attributes["data-link"].startswith("#name")
        ]
        assert len({each.attributes["data-link"] for each in names}) == MOST_IN_PICTURE
    assert len(rows_of(found["addresses"], "addresses-table")) == MOST_ADDRESSES


def test_more_blocks_than_a_page_draws_are_left_to_the_script():
    rows = {"unifi/network/lan": network(1, "10.0.0.1/8")}
    rows |= {f"site/address/10.9.{number}.5": address() for number in range(MOST_BLOCKS + 6)}
    page = pages(shown(rows))["addresses"]
    assert len(page.all("ol", "addresses-grid")) == MOST_BLOCKS
    left = [each.attributes["data-block"] for each in page.all("details") if "data-block" in each.attributes]
    assert left == [f"10.9.{number}.0/24" for number in range(MOST_BLOCKS - 1, MOST_BLOCKS + 6)]


def test_a_node_of_unknown_size_has_a_bar_without_a_limit():
    view = shown({**HOUSE, "pve/node/r1": node("r1", memory=None, threads=None)})
    text = pages(view)["capacity"].all("main")[0].text
    assert "2 GiB of an unknown size assigned" in text
    assert "2 virtual CPUs on an unknown number of threads" in text
