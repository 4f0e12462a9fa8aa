"""`reconciler what-if`: what an outage would cost, from the last record."""

import json

import pytest

from reconciler.lab import Lab
from tests.site_repository import SiteRepository


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A site of three systems with one recorded run; the sources are gone."""
    monkeypatch = pytest.MonkeyPatch()
    with Lab() as lab:
        lab.state.edit_guest(122, name="evil-\x1b[2J-::set-output")
        site = SiteRepository(tmp_path_factory.mktemp("what-if") / "site", monkeypatch)
        site.configure_all(lab)
        site.commit()
        assert site.run("run") in {0, 2}
    for name in ("PVE_TOKEN_SECRET", "UNIFI_API_KEY", "NPM_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    yield site
    monkeypatch.undo()


def test_a_node_a_storage_and_a_guest(recorded, capsys):
    assert recorded.run("what-if", "--down", "pve/node/r630-01") == 0
    out = capsys.readouterr().out
    assert "guests stop" in out
    assert "names lost: " in out
    assert "git.lan.example" in out
    assert "db-01 (113)" in out
    assert "as recorded at " in out
    assert "\x1b" not in out
    assert recorded.run("what-if", "--down", "nas", "--format", "json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["outage"]["stopped"]["pve/guest/115"] == "needs pve/storage/nas"
    assert document["outage"]["names_lost"] == [":2222/tcp", "git.lan.example"]


def test_what_a_name_needs(recorded, capsys):
    assert recorded.run("what-if", "--needs", "npm/proxy-host/git.lan.example") == 0
    out = capsys.readouterr().out
    assert "runs on: pve/node/r630-01" in out
    assert "disk scsi1: pve/storage/nas" in out
    assert "uplink, port 8: unifi/device/74:AC:B9:00:00:01 (Gateway)" in out


def test_untrusted_names_stay_text(recorded, capsys):
    assert recorded.run("what-if", "--down", "122", "--needs", "122") == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "::set-output" not in out
    assert "evil-" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--down", "r630-99"], '"r630-99": is not in the last record; name a resource as source/kind/id'),
        (["--down", "pve/node/r630-0"], "did you mean pve/node/r630-0"),
        (
            ["--down", "npm/proxy-host/git.lan.example"],
            "is a proxy-host, and what-if knows only these as down",
        ),
        (["--down", "pve/pool/infrastructure"], "is a pool, and what-if knows only these as down"),
        (["--down", ""], '"": is not in the last record'),
        (["--down", "\x1b[2J"], r"\x1b[2J"),
        ([], "name what is down with --down KEY"),
    ],
)
def test_what_cannot_be_answered_says_why(recorded, capsys, arguments, message):
    assert recorded.run("what-if", *arguments) == 64
    error = capsys.readouterr().err
    assert message in error
    assert "\x1b" not in error


def test_every_mistake_is_named_at_once(recorded, capsys):
    assert recorded.run("what-if", "--down", "one", "--down", "two", "--needs", "three") == 64
    assert [line.split('"')[1] for line in capsys.readouterr().err.splitlines()] == ["one", "two", "three"]


def test_an_id_of_several_resources_is_asked_back(recorded, capsys):
    assert recorded.run("what-if", "--needs", "git.lan.example") == 64
    may_be = "may be npm/proxy-host/git.lan.example and unifi/static-dns/A:git.lan.example"
    assert capsys.readouterr().err == f'error: "git.lan.example": {may_be}; name it as source/kind/id\n'


def test_before_the_first_run(quiet_lab, site, capsys):
    site.configure(site.source(quiet_lab))
    assert site.run("what-if", "--down", "pve/node/r630-01") == 1
    assert capsys.readouterr().err == "error: what-if: nothing is recorded yet; run `reconciler run` first\n"
