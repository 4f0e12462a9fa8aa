"""`reconciler collect`: the live state as a file."""

import json

from tests.site_repository import SiteRepository


def test_collect_needs_neither_git_nor_a_repository(quiet_lab, tmp_path, monkeypatch, capsys):
    site = SiteRepository(tmp_path / "site", monkeypatch)
    site.configure(site.source(quiet_lab))
    site.git("commit", "--quiet", "--allow-empty", "--message", "x")
    (site.root / ".git/HEAD").write_text("broken")
    assert site.run("collect", "--output", "x.json") == 0, capsys.readouterr().err


def test_a_declared_guest_that_a_collected_snapshot_may_not_show_is_not_missing(lab, site, tmp_path):
    lab.state.set_acl("/vms/106", "reconciler@pve!blind", None)
    site.configure(site.source(lab, token_id="reconciler@pve!blind"))
    snapshot = str(tmp_path / "snapshot.json")
    assert site.run("collect", "--output", snapshot) == 3
    scopes = {
        scope["kind"]: scope for scope in json.loads((tmp_path / "snapshot.json").read_text())["scopes"]
    }
    assert "the token may not see it" in scopes["guest"]["unread"]["105"]["what"]
    assert site.run("drift", "--snapshot", snapshot) == 3


def test_who_only_collects_needs_no_desired_state(quiet_lab, site, tmp_path):
    site.configure(site.source(quiet_lab))
    site.write("desired-state/pve/guest.yaml", "101: {nmae: typo}")
    assert site.run("collect", "--output", str(tmp_path / "snapshot.json")) == 0
