"""`reconciler drift`: compared with the live state or a snapshot; nothing is recorded."""

import json


def test_the_git_host_may_be_away(pushed_site, capsys, tmp_path):
    site = pushed_site
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


def test_a_repository_without_that_remote_can_be_looked_at(quiet_lab, site, capsys):
    site.configure(site.source(quiet_lab), history="{push: origin}")
    assert site.run("drift") == 0
    assert "git remote add origin URL, or set history.push to null" in capsys.readouterr().err
    assert site.run("run") == 1


def test_a_snapshot_is_compared_with_what_is_declared_here(pushed_site, capsys):
    site = pushed_site
    assert site.run("run") == 0
    site.write("desired-state/pve/pool.yaml", "infra:\n  guests: [101]\n")
    here = site.commit()
    capsys.readouterr()
    assert site.run("drift", "--snapshot", "latest", "--format", "json") == 2
    assert json.loads(capsys.readouterr().out)["run"]["desired_commit"] == here


def test_a_recorded_run_is_as_incomplete_as_it_was(lab, site, capsys):
    site.configure(site.source(lab))
    site.commit()
    assert site.run("run") == 0
    lab.state.set_node_online("r630-02", online=False)
    assert site.run("run") == 3
    lab.state.edit_guest(113, memory="1024")
    run = site.report()["run"]["id"]
    verdicts = []
    for name in ("latest", run):
        capsys.readouterr()
        assert site.run("drift", "--snapshot", name, "--format", "json") == 3
        verdicts.append(json.loads(capsys.readouterr().out)["verdicts"])
    assert verdicts[0] == verdicts[1] == site.report()["verdicts"]
    assert list(verdicts[0].values()).count("unverified") > 20


def test_desired_state_that_fell_to_nothing_is_an_error_before_it_is_merged_too(pushed_site, capsys):
    site = pushed_site
    assert site.run("run") == 0
    for path in (site.root / "desired-state").rglob("*.yaml"):
        path.unlink()
    for arguments in (("drift", "--snapshot", "latest"), ("drift",), ("run",)):
        assert site.run(*arguments) == 1
        assert "nothing is declared any more; the last run had" in capsys.readouterr().err


def test_desired_state_behind_a_link_is_refused(pushed_site, lab, capsys):
    site = pushed_site
    site.write("real/desired/pve/guest.yaml", "101: {}\n")
    (site.root / "linked").symlink_to("real")
    site.configure(site.source(lab), more="desired_state: linked/desired\n")
    for name in ("run", "drift", "validate"):
        assert site.run(name) == 1
        assert (
            "linked/desired: leads through the symbolic link linked; make it a folder"
            in capsys.readouterr().err
        )
