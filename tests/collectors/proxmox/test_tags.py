"""Tags in the case that counts, by the tag style of the datacenter: both sides, and every form of it."""

import pytest

from reconciler.config.settings import DriftSettings
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.kinds import SYSTEMS
from reconciler.model.desired import Declared, DesiredState
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded
from tests.collectors.proxmox.lab_site import read

KINDS = {"pve": {kind.name: kind for kind in SYSTEMS["proxmox"].kinds}}
KEY = Key("pve", "guest", "111")
CASED = (
    "case-sensitive=1",
    "ordering=config,case-sensitive=1",
    {"case-sensitive": 1},
    {"case-sensitive": "1"},
)
FOLDED = (None, "shape=full", "case-sensitive=0", {"case-sensitive": 0}, {"color-map": "Prod:ffffff"})


@pytest.fixture
def site(own_lab):
    own_lab.state.edit_guest(111, tags="Prod;web")
    return own_lab


def run(site, *, style=None, tags=None, exact=False, previous=None):
    options = site.state.cluster["options"]
    options.pop("tag-style", None)
    options |= {"tag-style": style} if style is not None else {}
    declared = (
        {} if tags is None else {KEY: Declared(KEY, {"tags": sorted(tags)}, "guest.yaml:1", exact=exact)}
    )
    desired = DesiredState(declared, frozenset(), lambda _key, _path: "guest.yaml:1")
    inventory = carry_forward(read(site), previous, KINDS)
    return Recorded(compare(inventory, desired, previous, DriftSettings(), KINDS), inventory, {})


def drift(recorded):
    return [each.path for each in recorded.report.findings if each.type == "drifted" and each.path == "/tags"]


@pytest.mark.parametrize("style", CASED)
@pytest.mark.parametrize("exact", [False, True])
def test_case_counts_where_the_datacenter_says_so(site, style, exact):
    same = run(site, style=style, tags=["Prod", "web"], exact=exact)
    assert same.inventory.config[KEY]["tags"] == ["Prod", "web"]
    assert not drift(same)
    assert drift(run(site, style=style, tags=["prod", "web"], exact=exact)) == ["/tags"]
    site.state.edit_guest(111, tags="web;prod")
    assert [
        event.path for event in run(site, style=style, previous=run(site, style=style)).report.events
    ] == []
    assert drift(run(site, style=style, tags=["Prod", "web"], exact=exact)) == ["/tags"]


@pytest.mark.parametrize("style", FOLDED)
@pytest.mark.parametrize("exact", [False, True])
def test_no_spelling_is_drift_or_a_change_where_it_does_not(site, style, exact):
    before = run(site, style=style)
    assert before.inventory.config[KEY]["tags"] == ["prod", "web"]
    for live in ("WEB,prod", "prod web", "web;Prod"):
        site.state.edit_guest(111, tags=live)
        for tags in (["Prod", "WEB"], ["web", "prod"], ["PROD", "Prod", "web"]):
            assert not drift(run(site, style=style, tags=tags, exact=exact))
        now = run(site, style=style, previous=before)
        assert now.inventory.config == before.inventory.config
    assert drift(run(site, style=style, tags=["Prod"], exact=exact)) == ["/tags"]


@pytest.mark.parametrize("style", [CASED[0], None])
def test_a_style_that_could_not_be_read_changes_nothing(site, style):
    before = run(site, style=style)
    site.faults.answer("/cluster/options", 500, "broken")
    now = run(site, style=style, previous=before, tags=["prod", "web"])
    assert now.inventory.config[KEY]["tags"] == before.inventory.config[KEY]["tags"]
    assert now.report.verdicts[str(KEY)] == "unverified"
    lower = Key("pve", "guest", "112")
    assert "unread" not in now.inventory.observed[lower], "without a capital letter, case does not matter"
