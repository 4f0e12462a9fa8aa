"""A run that does not see what made the last one red is not green: each source fails, in each way."""

import shutil

import pytest

_IGNORED = '- {{target: {{source: {name}}}, reason: it is being replaced, expires: "2099-12-31"}}\n'


@pytest.fixture
def site(site):
    """The whole site of which only Proxmox VE is declared, so that the others fail unnoticed."""
    file = site.root / "config/reconciler.yaml"
    file.write_text(file.read_text().replace("target-unknown: info", "target-unknown: warning"))
    for name in ("unifi", "npm", "site"):
        shutil.rmtree(site.root / "desired-state" / name)
    site.commit()
    return site


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
