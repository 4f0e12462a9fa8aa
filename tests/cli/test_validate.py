"""`reconciler validate`: mistakes with their place, without network or secrets."""

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
