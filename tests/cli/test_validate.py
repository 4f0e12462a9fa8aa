"""`reconciler validate`: mistakes with their place, without network or secrets."""

import pytest

from tests.site_repository import SiteRepository


def test_a_slot_that_there_is_not_is_a_mistake(quiet_lab, site, capsys):
    site.configure(site.source(quiet_lab))
    site.write("desired-state/pve/guest.yaml", "101:\n  nics: {nte0: {tag: 11}}\n  disks: {foo: {}}\n")
    assert site.run("validate") == 1
    err = capsys.readouterr().err
    assert "guest.yaml:2:10: 101.nics.nte0: must match ^net\\d+$ (slot: net0)" in err
    assert "guest.yaml:3:11: 101.disks.foo: must match" in err


def test_an_option_that_there_is_not_is_a_mistake(quiet_lab, site, capsys):
    site.configure(site.source(quiet_lab))
    options = "scsi0: {options: {ssd: 1}}, scsi1: {options: {turbo: 1}}, scsi2: {options: {mbps_rd: 9}}"
    site.write("desired-state/pve/guest.yaml", f"101: {{disks: {{{options}}}}}\n")
    assert site.run("validate") == 1
    err = capsys.readouterr().err
    assert "101.disks.scsi0.options: ssd is a field of the disk: write ssd beside options" in err
    assert "101.disks.scsi1.options: turbo is not an option of a disk" in err
    assert "scsi2" not in err


def test_a_severity_of_a_rule_that_this_version_does_not_have_is_a_warning(tmp_path, monkeypatch, capsys):
    """A configuration may be newer than the tool, and a name may be misspelt: neither stops a run."""
    site = SiteRepository(tmp_path / "site", monkeypatch)
    monkeypatch.setenv("X", "x")
    source = "  - {name: pve, type: proxmox, hosts: a, token_id: u@pve!tok, token_secret: '${X}'}\n"
    site.write("desired-state/pve/guest.yaml", "{}\n")
    site.configure(source, more="drift: {severity: {rules: {of-tomorrow: error, pending-chang: error}}}\n")
    assert site.run("validate") == 0
    told = capsys.readouterr().err.splitlines()
    said = "warning: drift.severity.rules: no rule of this version is named"
    assert told == [f"{said} of-tomorrow", f"{said} pending-chang (did you mean pending-change?)"]


def test_a_severity_of_what_matches_nothing_is_a_warning(tmp_path, monkeypatch, capsys):
    site = SiteRepository(tmp_path / "site", monkeypatch)
    source = "  - {name: pve, type: proxmox, hosts: a, token_id: u@pve!tok, token_secret: '${X}'}\n"
    severities = '{default: info, "*/guest": error, "pve/*": warning, "*/gest": error, "nas/pool": error, '
    severities += '"pvee/guest": error}'
    site.configure(source, more=f"drift: {{severity: {{unmanaged: {severities}}}}}\n")
    site.write("desired-state/pve/guest.yaml", "{}\n")
    assert site.run("validate") == 0
    error = capsys.readouterr().err
    assert error.count("warning: drift.severity.unmanaged:") == 3
    assert "*/gest matches no configured source and kind (did you mean */guest?)" in error
    assert "nas/pool matches no configured source and kind (did you mean pve/pool?)" in error
    assert "pvee/guest matches no configured source and kind (did you mean pve/guest?)" in error


PVE = "  - {name: pve, type: proxmox, hosts: 'a.lan', token_id: u@pve!tok, token_secret: '${PVE}'}\n"
NPM = "  - {name: npm, type: npm, url: 'https://b.lan', username: '${USER_NAME}', password: '${NPM}'}\n"
OTHER = NPM.replace("name: npm", "name: other").replace("b.lan", "c.lan")


@pytest.mark.parametrize(
    ("before", "now", "warnings"),
    [
        ([PVE, NPM], [PVE, NPM], []),
        ([PVE, NPM], [NPM, PVE], []),
        ([PVE], [PVE, NPM], []),
        ([PVE, NPM], [PVE, NPM.replace("${NPM}", "${NPM_2}")], []),
        ([PVE], [PVE, NPM.replace("${NPM}", "${PVE}")], ["[1].password: ${PVE} is the secret of pve"]),
        (
            [PVE],
            [PVE, NPM.replace("${NPM}", "${GITEA_TOKEN}")],
            [
                "[1].password: ${GITEA_TOKEN} is the secret of the code host, and would be sent to https://b.lan"
            ],
        ),
        (
            [PVE, NPM],
            [PVE, NPM, OTHER],
            ["[2].password: ${NPM} is the secret of npm, and would be sent to https://c.lan"],
        ),
        (
            [PVE, NPM],
            [PVE, OTHER],
            ["[1].password: ${NPM} is the secret of npm, and would be sent to https://c.lan"],
        ),
        (
            [PVE, NPM],
            [PVE, NPM.replace("b.lan", "evil.lan")],
            ["[1].url: was https://b.lan: its secrets would be sent to https://evil.lan"],
        ),
        (
            [PVE, NPM],
            [PVE.replace("'a.lan'", "[a.lan, evil.lan]"), NPM],
            ["[0].hosts: was a.lan:8006: its secrets would be sent to a.lan:8006, evil.lan:8006"],
        ),
        (
            [PVE, NPM],
            [PVE, NPM.replace("b.lan", "evil.lan").replace("${NPM}", "${PVE}")],
            [
                "[1].password: ${PVE} is the secret of pve, and would be sent to https://evil.lan",
                "[1].url: was",
            ],
        ),
        (
            [PVE],
            [PVE.replace("'${PVE}'", "'${PVE}', verify_tls: false")],
            ["[0].verify_tls: has changed, and with it which server is trusted"],
        ),
        (
            [PVE],
            [PVE.replace("'${PVE}'", "'${PVE}', ca_file: other.pem")],
            ["[0].ca_file: has changed, and with it which server is trusted"],
        ),
    ],
)
@pytest.mark.parametrize("committed", [False, True], ids=["work tree", "base"])
def test_a_secret_that_would_be_sent_elsewhere_is_a_warning(
    tmp_path, monkeypatch, capsys, before, now, warnings, committed
):
    site = SiteRepository(tmp_path / "site", monkeypatch)
    site.write("desired-state/pve/guest.yaml", "{}\n")
    site.configure(*before)
    base = site.commit()
    site.configure(*now)
    if committed:
        site.commit()
    assert site.run("validate", *(["--base", base] if committed else [])) == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(warnings), lines
    for line, warning in zip(lines, warnings, strict=True):
        assert line.startswith("warning: config/reconciler.yaml:")
        assert f": sources{warning}" in line


@pytest.mark.parametrize(
    ("before", "now", "warning"),
    [
        ("", "", None),
        (
            "repository: https://git.lan/ops/site",
            "repository: https://evil.lan/ops/site",
            "gitea.repository: was https://git.lan/ops/site: its secrets would be sent to https://evil.lan",
        ),
        (
            "",
            "repository: https://evil.lan/ops/site",
            "gitea.repository: was the server whose workflow runs: its secrets would be sent to https://evil",
        ),
        ("repository: https://git.lan/ops/site", "", "gitea.repository: was https://git.lan/ops/site: its"),
        ("", "verify_tls: false", "gitea.verify_tls: has changed"),
        ("", "token: '${PVE}'", "gitea.token: ${PVE} is the secret of pve, and would be sent to the server"),
    ],
)
def test_the_token_of_the_code_host_that_would_be_sent_elsewhere_is_a_warning(
    tmp_path, monkeypatch, capsys, before, now, warning
):
    site = SiteRepository(tmp_path / "site", monkeypatch)
    site.write("desired-state/pve/guest.yaml", "{}\n")
    site.configure(PVE, more=f"gitea: {{{before}}}\n")
    base = site.commit()
    site.configure(PVE, more=f"gitea: {{{now}}}\n")
    assert site.run("validate", "--base", base) == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == (warning is not None), lines
    assert warning is None or warning in lines[0]


@pytest.mark.parametrize("base", ["nowhere", "--help", "HEAD:config"])
def test_a_base_that_is_no_commit(tmp_path, monkeypatch, capsys, base):
    site = SiteRepository(tmp_path / "site", monkeypatch)
    site.write("desired-state/pve/guest.yaml", "{}\n")
    site.configure(PVE)
    site.commit()
    assert site.run("validate", "--base", base) == 1
    assert "is neither a branch nor a commit of this repository" in capsys.readouterr().err
