"""Outages, by the cases of `tests/cases/what_if`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.config.settings import CapacitySettings
from reconciler.model.key import Key
from reconciler.site.outage.document import need_document, outage_document
from reconciler.site.outage.needs import Needs
from reconciler.site.outage.outage import outage
from reconciler.site.outage.parts import CAN_GO_DOWN
from reconciler.site.site_model import SiteModel
from tests.site.rows import built, patched

FOLDER = Path(__file__).parents[2] / "cases" / "what_if"
CASES = {
    f"{file.stem}: {title}": case
    for file in sorted(FOLDER.glob("*.yaml"))
    for title, case in yaml.safe_load(file.read_text()).items()
}


def model_of(rows: Mapping[str, Any]) -> SiteModel:
    return SiteModel(built(patched(rows)), CapacitySettings())


def lost_with(model: SiteModel, *down: str, servers: Mapping[str, Any] | None = None) -> dict[str, Any]:
    keys = tuple(map(Key.parse, down))
    return outage_document(outage(model, keys, servers or {}, CapacitySettings()))


NOTHING = {
    "also_down": {}, "stopped": {}, "restarted": {}, "cut_off": {}, "nodes_cut_off": [], "names_lost": [],
    "names_interrupted": [], "addresses_lost": [], "without_backup": [], "memory_ratios": {},
    "without_quorum": [], "unread_sources": [], "gateways_down": [], "clients": 0,
}  # fmt: skip


@pytest.mark.parametrize("title", CASES)
def test_an_outage(title):
    case = CASES[title]
    found = lost_with(model_of(case.get("rows", {})), *case["down"], servers=case.get("servers"))
    assert found.pop("down") == case["down"]
    assert found == NOTHING | case["lost"]


def test_the_kinds_that_can_go_down_are_all_in_a_case():
    assert {Key.parse(key).kind for case in CASES.values() for key in case["down"]} == set(CAN_GO_DOWN)


EVERY: dict[str, dict[str, Any]] = {
    "pve/guest/102": {
        "nics": {"net0": {"bridge": "vmbr0", "tag": 11}},
        "disks": {"rootfs": {"storage": "nas"}},
    },
    "pve/guest/103": {"node": "r2", "nics": {}, "power": "stopped"},
    "pve/storage/nas": {"name": "nas", "type": "nfs", "server": "10.0.20.5"},
    "pve/ha-resource/ct:102": {},
    "unifi/device/74:AC:B9:00:00:09": {"name": "attic", "uplink": {"device": "74:AC:B9:00:00:02"}},
    "unifi/device/74:AC:B9:00:00:02": {"uplink": {"device": "74:AC:B9:00:00:09", "port": 1}},  # a loop
}
KEYS = sorted(key for key in patched(EVERY) if Key.parse(key).kind in CAN_GO_DOWN)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True), st.sampled_from(KEYS))
def test_more_that_is_down_never_loses_less(down, also):
    model = model_of(EVERY)
    few, many = lost_with(model, *down), lost_with(model, *{*down, also})
    for name in ("names_lost", "addresses_lost", "unread_sources", "gateways_down"):
        assert {*few[name]} <= {*many[name]}
    gone = {*many["stopped"], *many["restarted"], *many["down"]}
    assert {*few["stopped"], *few["restarted"]} <= gone


def test_needs_are_followed_once_and_end():
    model = model_of(EVERY)
    needs = Needs(model, {"npm": ("10.0.20.5",)})
    found = needs.needs_of(Key.parse("npm/proxy-host/git.example.org"))
    assert [(str(each.key), each.role) for each in found] == [
        ("pve/guest/101", "served by, leads to 10.0.20.5")
    ]
    assert need_document(found[0])["key"] == "pve/guest/101"
    assert {str(each.key) for each in found[0].needs} == {
        "pve/node/r1",
        "pve/storage/local",
        "unifi/network/servers",
        "unifi/switch-port/74:AC:B9:00:00:02:1",
    }
    (storage,) = [each for each in needs.needs_of(Key.parse("pve/guest/102")) if each.key.kind == "storage"]
    assert [(str(each.key), each.role) for each in storage.needs] == [
        ("pve/guest/101", "served from 10.0.20.5")
    ]


def everything(needs):
    for need in needs:
        yield need.key
        yield from everything(need.needs)


@pytest.mark.parametrize("key", KEYS)
def test_no_needs_go_round_in_circles(key):
    found = Needs(model_of(EVERY), {}).needs_of(Key.parse(key))
    assert Key.parse(key) not in {need.key for need in found}
    followed = [need.key for need in _with_needs(found)]
    assert len(followed) == len(set(followed)), "each is followed once"
    assert len([*everything(found)]) < 40


def _with_needs(needs):
    for need in needs:
        if need.needs:
            yield need
            yield from _with_needs(need.needs)
