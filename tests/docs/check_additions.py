"""Checks of a copy of the repository to which the examples of CONTRIBUTING.md were added.

`test_contributing.py` runs them there; in the repository itself nothing collects them.
"""

import json
from pathlib import Path

import reconciler
from reconciler.kinds import RULES, SYSTEMS
from reconciler.lab import Lab
from tests.docs.generate import DOCS
from tests.site_repository import SiteRepository

ROOT = Path(__file__).parents[2]


def test_the_copy_is_what_runs():
    assert Path(reconciler.__file__).parents[1] == ROOT


def test_the_kind_and_the_document_are_recorded_and_published(tmp_path, monkeypatch):
    with Lab(hosts=1) as lab:
        site = SiteRepository(tmp_path / "site", monkeypatch)
        site.configure_all(lab)
        site.commit()
        assert site.run("run") == 0
    recorded = site.git("show", "drift-state:reports/latest/live/unifi/device-tag.json")
    tree = site.root / "public/current/v1"
    published = json.loads((tree / "inventory/device-tags/unifi/attic.json").read_text())
    assert published["data"]["fields"] == json.loads(recorded)["attic"]
    assert published["data"]["fields"]["member_table"] == ["74:AC:B9:00:00:05"]
    assert json.loads((tree / "unread.json").read_text())["data"] == {"scopes": []}
    index = json.loads((tree / "index.json").read_text())["data"]
    assert "/v1/unread" in [entry["link"] for entry in index["documents"]]


def test_the_kind_and_the_system_have_schemas_and_pages(capsys):
    from reconciler.cli.main import run

    for name in ("device-tag", "desired.device-tag", "rewrite", "desired.rewrite"):
        assert run(["schema", name]) == 0
    assert run(["schema", "config"]) == 0
    assert '"const": "adguard"' in capsys.readouterr().out
    assert "adguard" in SYSTEMS
    assert "## unifi: device-tag" in (DOCS / "kinds.md").read_text()
    assert "## A source of type `adguard`" in (DOCS / "configuration.md").read_text()


def test_the_rule_has_its_page():
    assert RULES["certificate-unused"].severity == "info"
    page = (DOCS / "rules.md").read_text()
    assert "## certificate-unused" in page
    assert "It is renewed for nothing, and its names show up in public logs." in page


def test_the_command_is_in_the_help(capsys):
    from reconciler.cli.main import run

    assert run(["--help"]) == 0
    assert "  sources " in capsys.readouterr().out
