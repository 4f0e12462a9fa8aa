"""A rollback that is on hold, and the runs and publishes after it."""


def served(site):
    return (site.root / "public/current").readlink().name


def test_a_hold_lasts_over_runs_until_it_is_ended(pushed_site, lab, capsys):
    site = pushed_site
    assert site.run("run") == 0
    first = served(site)
    lab.state.edit_guest(113, memory="16384")
    assert site.run("run") in {0, 2}
    assert served(site) != first
    assert site.run("publish", "--rollback", "--hold") == 0
    assert served(site) == first
    lab.state.edit_guest(113, memory="32768")
    capsys.readouterr()
    assert site.run("run") in {0, 2}
    shown = capsys.readouterr()
    assert "not published: on hold" in shown.out
    assert "a rollback is on hold since " in shown.err
    assert site.run("publish") == 0
    assert capsys.readouterr().out.endswith(f"`reconciler publish --resume` ends it; {first} stays\n")
    assert site.run("doctor") in {0, 3}
    assert "a rollback is on hold since" in capsys.readouterr().out
    assert served(site) == first
    assert site.run("publish", "--resume") == 0
    assert served(site) != first
    assert site.run("publish", "--check") in {0, 1}
    assert "SHA-256" not in capsys.readouterr().err
