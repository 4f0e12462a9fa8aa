"""A run that does not see what made the last one red is not green: each source fails, in each way."""

import re
import shutil

import pytest

from reconciler.lab import Lab
from tests.site_repository import SiteRepository

_IGNORED = '- {{target: {{source: {name}}}, reason: it is being replaced, expires: "2099-12-31"}}\n'


@pytest.fixture
def lab():
    with Lab(hosts=1) as lab:
        yield lab


@pytest.fixture
def site(tmp_path, monkeypatch, lab):
    """A site of three systems of which only Proxmox VE is declared, so that the others fail unnoticed."""
    repository = SiteRepository(tmp_path / "site", monkeypatch)
    repository.configure_all(lab)
    file = repository.root / "config/reconciler.yaml"
    text = file.read_text().replace("history: {push: origin}\n", "")
    file.write_text(re.sub(r"target-unknown: info", "target-unknown: warning", text))
    for name in ("unifi", "npm", "site"):
        shutil.rmtree(repository.root / "desired-state" / name)
    repository.commit()
    return repository


def _wrong_secret(lab, site, name):
    variable = {"unifi": "UNIFI_API_KEY", "npm": "NPM_PASSWORD"}[name]
    site.monkeypatch.setenv(variable, "wrong-" + "x" * 40)


def _down(lab, site, name):
    lab.served(name).server.close_host(0)


@pytest.mark.parametrize("fail", [_wrong_secret, _down])
@pytest.mark.parametrize("name", ["unifi", "npm"])
def test_a_source_that_fails_after_a_rule_fired_is_exit_3_and_a_line(lab, site, name, fail, capsys):
    lists = lab.unifi.lists["rest/portforward"] if name == "unifi" else lab.npm.lists["proxy-hosts"]
    lists[0]["fwd" if name == "unifi" else "forward_host"] = "192.168.11.199"
    assert site.run("run") == 2, capsys.readouterr().out
    capsys.readouterr()
    fail(lab, site, name)
    for _ in range(2):
        assert site.run("run") == 3
        output = capsys.readouterr()
        assert [
            line
            for line in output.err.splitlines()
            if line.startswith(f"warning: {name} could not be read: ")
        ]
        assert "IN SYNC" not in output.out.upper()
        assert site.report()["summary"]["failed_sources"] == [name]
    site.write("config/ignore.yaml", _IGNORED.format(name=name).encode())
    site.run("run")
    output = capsys.readouterr()
    assert "could not be read" not in output.err
    assert site.report()["summary"]["failed_sources"] == []
    summary = site.report()["summary"]
    waiting = [each for each in site.report()["unconfirmed"] if each["key"].startswith(f"{name}/")]
    assert waiting
    assert all(each["ignored_by"] for each in waiting)
    assert not summary["incomplete"] or name == "unifi", "a finding about NPM rests on addresses of UniFi"
