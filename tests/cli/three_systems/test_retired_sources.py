"""A source or kind that leaves the configuration: an event, and its last rows stay for a while, marked."""

import json
from datetime import timedelta

import pytest

from reconciler.jobs import steps


@pytest.fixture
def site(site):
    """The whole site, but nothing of the proxy manager and nothing of the site itself is declared."""
    for name in ("npm", "site"):
        for path in (site.root / "desired-state" / name).iterdir():
            path.unlink()
    site.commit()
    return site


def _live(site):
    return json.loads((site.root / "public/current/v1/inventory/proxy-hosts.json").read_text())["data"][
        "resources"
    ]


def test_a_source_that_leaves_is_an_event_and_comes_back_as_it_was(lab, site, monkeypatch, capsys):
    config = site.root / "config/reconciler.yaml"
    whole = config.read_text()
    first = site.run("run")
    before = {row["key"]: row for row in _live(site)}
    assert before
    assert all("as_of" not in row for row in before.values())
    capsys.readouterr()
    start = whole.index("  - name: npm")
    config.write_text(
        whole[:start] + "\n".join(line for line in whole[start:].splitlines() if not line.startswith("  "))
    )
    assert site.run("run") == first
    out = capsys.readouterr().out
    assert "site/source/npm: not-configured" in out
    assert "npm: not configured any more" in out
    kept = {row["key"]: row for row in _live(site)}
    assert kept.keys() == before.keys()
    assert all(row["as_of"] and row["verdict"] is None for row in kept.values())
    assert not [each for each in site.report()["unconfirmed"] if each["key"].startswith("npm/")]

    assert site.run("run") == first
    out = capsys.readouterr().out
    assert "site/source/npm: not-configured" not in out
    assert "no commit" in out

    config.write_text(whole)
    assert site.run("run") == first
    assert "created" not in capsys.readouterr().out
    assert {row["key"]: row["fields"] for row in _live(site)} == {
        k: row["fields"] for k, row in before.items()
    }

    config.write_text(
        whole[:start] + "\n".join(line for line in whole[start:].splitlines() if not line.startswith("  "))
    )
    now = steps.now()
    for days, there in ((6, True), (8, False)):
        monkeypatch.setattr(steps, "now", lambda days=days: now + timedelta(days=days))
        site.run("run")
        assert (site.root / "public/current/v1/inventory/proxy-hosts.json").exists() == there
    assert "npm/proxy-host" not in site.git("show", "drift-state:reports/latest/run.json")
