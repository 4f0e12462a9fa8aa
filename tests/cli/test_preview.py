"""Jobs that only look: with the git host away, with edits that nobody committed, with nothing declared."""

import json
import subprocess

import pytest

from reconciler.lab import Lab
from tests.site_repository import SiteRepository


@pytest.fixture(scope="module")
def lab():
    with Lab() as lab:
        yield lab


@pytest.fixture
def site(lab, tmp_path, monkeypatch):
    """A site whose runs are pushed to a bare remote."""
    repository = SiteRepository(tmp_path / "site", monkeypatch)
    repository.declare_example()
    repository.configure(repository.source(lab), history="{push: origin}")
    repository.commit()
    subprocess.run(["git", "init", "--quiet", "--bare", "origin.git"], cwd=tmp_path, check=True)
    repository.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    return repository


def test_the_git_host_may_be_away(site, capsys, tmp_path):
    assert site.run("run") == 0
    site.write("desired-state/pve/pool.yaml", "infra:\n  guests: [101]\n")
    site.git("remote", "set-url", "origin", str(tmp_path / "nowhere.git"))
    capsys.readouterr()
    for command in ("drift", "drift --snapshot latest", "collect --output x.json", "drift --snapshot x.json"):
        code = site.run(*command.split())
        out, err = capsys.readouterr()
        assert code == (2 if "drift" in command else 0), err
        assert err.count("warning: origin: cannot be reached") == 1
        assert "continuing with the record as last fetched" in err
        assert "drift" not in command or "pve/pool/infra" in out


def test_a_run_shows_its_report_before_it_says_that_it_could_not_push(site, capsys, tmp_path):
    assert site.run("run") == 0
    tip = site.git("rev-parse", "origin/drift-state")
    site.git("remote", "set-url", "origin", str(tmp_path / "nowhere.git"))
    site.write("desired-state/pve/pool.yaml", "infra:\n  guests: [101]\n")
    capsys.readouterr()
    assert site.run("run") == 1
    out, err = capsys.readouterr()
    assert "pve/pool/infra" in out
    assert "error: origin: cannot be reached" in err
    assert site.git("rev-parse", "origin/drift-state") == tip


def test_a_repository_without_that_remote_can_be_looked_at(lab, tmp_path, monkeypatch, capsys):
    site = SiteRepository(tmp_path / "site", monkeypatch)
    site.declare_example()
    site.configure(site.source(lab), history="{push: origin}")
    assert site.run("drift") == 0
    assert "git remote add origin URL, or set history.push to null" in capsys.readouterr().err
    assert site.run("run") == 1


def test_collect_needs_neither_git_nor_a_repository(lab, tmp_path, monkeypatch, capsys):
    site = SiteRepository(tmp_path / "site", monkeypatch)
    site.configure(site.source(lab))
    site.git("commit", "--quiet", "--allow-empty", "--message", "x")
    (site.root / ".git/HEAD").write_text("broken")
    assert site.run("collect", "--output", "x.json") == 0, capsys.readouterr().err


def test_what_nobody_committed_is_told(site, capsys):
    site.write("desired-state/pve/pool.yaml", "infra:\n  guests: [101]\n")
    assert site.run("run") == 2
    assert "desired state uncommitted" in capsys.readouterr().out
    run = site.report("origin/drift-state")["run"]
    assert "desired_commit" not in run
    assert run["desired_tree"]
    assert "Desired-Commit" not in site.git("log", "-1", "--format=%B", "origin/drift-state")


def test_a_snapshot_is_compared_with_what_is_declared_here(site, capsys):
    assert site.run("run") == 0
    site.write("desired-state/pve/pool.yaml", "infra:\n  guests: [101]\n")
    here = site.commit()
    capsys.readouterr()
    assert site.run("drift", "--snapshot", "latest", "--format", "json") == 2
    assert json.loads(capsys.readouterr().out)["run"]["desired_commit"] == here


def test_a_recorded_run_is_as_incomplete_as_it_was(tmp_path, monkeypatch, capsys):
    with Lab() as own:
        site = SiteRepository(tmp_path / "site", monkeypatch)
        site.declare_example()
        site.configure(site.source(own))
        site.commit()
        assert site.run("run") == 0
        own.state.set_node_online("r630-02", online=False)
        assert site.run("run") == 3
        own.state.edit_guest(113, memory="1024")
        run = site.report()["run"]["id"]
        verdicts = []
        for name in ("latest", run):
            capsys.readouterr()
            assert site.run("drift", "--snapshot", name, "--format", "json") == 3
            verdicts.append(json.loads(capsys.readouterr().out)["verdicts"])
        assert verdicts[0] == verdicts[1] == site.report()["verdicts"]
        assert list(verdicts[0].values()).count("unverified") > 20


def test_desired_state_that_fell_to_nothing_is_an_error_before_it_is_merged_too(site, capsys):
    assert site.run("run") == 0
    for path in (site.root / "desired-state").rglob("*.yaml"):
        path.unlink()
    for arguments in (("drift", "--snapshot", "latest"), ("drift",), ("run",)):
        assert site.run(*arguments) == 1
        assert "nothing is declared any more; the last run knew" in capsys.readouterr().err


def test_desired_state_behind_a_link_is_refused(site, lab, capsys):
    site.write("real/desired/pve/guest.yaml", "101: {}\n")
    (site.root / "linked").symlink_to("real")
    site.configure(site.source(lab), more="desired_state: linked/desired\n")
    for name in ("run", "drift", "validate"):
        assert site.run(name) == 1
        assert (
            "linked/desired: leads through the symbolic link linked; make it a folder"
            in capsys.readouterr().err
        )


def test_a_slot_that_there_is_not_is_a_mistake(site, capsys):
    site.write("desired-state/pve/guest.yaml", "101:\n  nics: {nte0: {tag: 11}}\n  disks: {foo: {}}\n")
    assert site.run("validate") == 1
    err = capsys.readouterr().err
    assert "guest.yaml:2:10: 101.nics.nte0: must match ^net\\d+$ (slot: net0)" in err
    assert "guest.yaml:3:11: 101.disks.foo: must match" in err


def test_an_option_that_there_is_not_is_a_mistake(site, capsys):
    options = "scsi0: {options: {ssd: 1}}, scsi1: {options: {turbo: 1}}, scsi2: {options: {mbps_rd: 9}}"
    site.write("desired-state/pve/guest.yaml", f"101: {{disks: {{{options}}}}}\n")
    assert site.run("validate") == 1
    err = capsys.readouterr().err
    assert "101.disks.scsi0.options: ssd is a field of the disk: write ssd beside options" in err
    assert "101.disks.scsi1.options: turbo is not an option of a disk" in err
    assert "scsi2" not in err


def test_a_cluster_that_lost_every_guest_is_believed_when_a_person_says_so(tmp_path, monkeypatch):
    with Lab() as own:
        site = SiteRepository(tmp_path / "site", monkeypatch)
        site.write("desired-state/pve/guest.yaml", "101: {}\n")
        site.configure(site.source(own))
        site.commit()
        for vmid in list(own.state.guests):
            own.state.remove_guest(vmid)
        assert site.run("run") == 3
        problems = {finding["key"]: finding.get("problem", {}) for finding in site.report()["findings"]}
        assert "no guest is visible and 1 should be" in problems["pve/guest/101"]["what"]
        assert site.report()["verdicts"]["pve/guest/101"] == "unverified"
        assert site.run("run", "--accept-missing", "pve/guest") == 2
        for arguments in ((), (), ("--accept-missing", "pve/guest")):
            assert site.report()["verdicts"]["pve/guest/101"] == "missing"
            assert site.run("run", *arguments) == 2
        own.state.add_guest(101, node="ml110", name="web1")
        assert site.run("run") == 0
        assert site.report()["verdicts"]["pve/guest/101"] == "in_sync"


def test_a_severity_of_a_rule_that_this_version_does_not_have_is_a_warning(tmp_path, monkeypatch, capsys):
    """A configuration may be newer than the tool, and a name may be misspelt: neither stops a run."""
    site = SiteRepository(tmp_path / "site", monkeypatch)
    monkeypatch.setenv("X", "x")
    source = "  - {name: pve, type: proxmox, hosts: a, token_id: u@pve!tok, token_secret: '${X}'}\n"
    site.write("desired-state/pve/guest.yaml", "{}\n")
    site.configure(source, more="drift: {severity: {rules: {of-tomorrow: error, pending-chang: error}}}\n")
    assert site.run("validate") == 0
    told = capsys.readouterr().err.splitlines()
    said = "warning: drift.severity.rules: no rule of this version has the name"
    assert told == [f"{said} of-tomorrow", f"{said} pending-chang (did you mean pending-change?)"]
