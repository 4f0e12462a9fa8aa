"""The values of docs/life-of-a-run.md, taken from two runs on the simulated site."""

import json
import re

import pytest

from reconciler.errors import EXIT_DRIFT, EXIT_INCOMPLETE
from reconciler.lab import Lab
from tests.docs.generate import DOCS
from tests.lab.client import connect
from tests.site_repository import SiteRepository

PAGE = (DOCS / "life-of-a-run.md").read_text()
WIRE, ROW, DOCUMENT, DRIFTED, UNVERIFIED, HEALTH = map(
    json.loads, re.findall(r"^```json\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
)


def shows(whole, part):
    """Whether a value has all that the page shows of it."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and shows(whole[name], each) for name, each in part.items()
        )
    return bool(whole == part)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run that finds less memory than declared; then one with a node offline and a wrong password."""
    with pytest.MonkeyPatch.context() as patch, Lab(hosts=1) as lab:
        site = SiteRepository(tmp_path_factory.mktemp("site"), patch)
        site.configure_all(lab)
        site.commit()
        lab.state.edit_guest(113, memory="16384")
        with connect(lab) as client:
            found = {"wire": client.data("/nodes/r630-01/qemu/113/pending")}
        assert site.run("run") == EXIT_DRIFT
        found["report"] = site.report()
        found["rows"] = json.loads(site.git("show", "drift-state:reports/latest/live/pve/guest.json"))
        published = site.root / "public/current/v1"
        found["document"] = json.loads((published / "inventory/guests/pve/113.json").read_text())
        lab.state.set_node_online("r630-02", online=False)
        patch.setenv("NPM_PASSWORD", "wrong")
        assert site.run("run") == EXIT_INCOMPLETE
        found["failure"] = site.report()
        found["health"] = json.loads((published / "health.json").read_text())
        return found


def finding(report, key):
    (found,) = [each for each in report["findings"] if each["key"] == key and "rule" not in each]
    return found


def test_a_value_on_its_way(runs):
    assert WIRE in runs["wire"]
    assert shows(runs["rows"], ROW)
    assert shows(runs["document"], DOCUMENT)


def test_a_finding_on_its_way(runs):
    assert shows(finding(runs["report"], "pve/guest/113"), DRIFTED)


def test_failures_on_their_way(runs):
    assert shows(finding(runs["failure"], "pve/guest/137"), UNVERIFIED)
    assert shows(runs["health"], HEALTH)
    assert runs["failure"]["summary"]["incomplete"]
    assert not shows(runs["health"], {"data": {"sources": {"unifi": {"status": "failed"}}}})
