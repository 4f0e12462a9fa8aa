"""Whole commands against systems that hang, with an interval of a few seconds: each ends in its time."""

import time

import pytest

from tests.site_repository import SiteRepository

SHORT = 6
LONGER = 20
"""Seconds between two runs: the other systems are read within 0.6 of it, on a busy machine too."""
HANGS = 60.0
BOUND = 40.0
"""For the whole of a command, also on a machine that is busy with other things; without a budget it hangs."""


def _every(site: SiteRepository, seconds: int) -> None:
    """Set the interval; without that it is the default, and there is time for everything."""
    file = site.root / "config/reconciler.yaml"
    file.write_text(f"interval: {seconds}s\n{file.read_text()}")


def _timed(site, *arguments: str) -> tuple[int, float]:
    started = time.monotonic()
    return site.run(*arguments), time.monotonic() - started


def _sources(site) -> dict[str, str]:
    return {name: each["status"] for name, each in site.report()["run"]["sources"].items()}


def test_one_system_that_hangs_takes_no_more_than_its_budget_and_nothing_from_the_others(lab, site, capsys):
    assert site.run("run") in {0, 2}
    before = site.git("rev-parse", "drift-state:reports/latest/live")
    lab.served("unifi").faults.slow("*", HANGS)
    _every(site, LONGER)
    capsys.readouterr()
    code, seconds = _timed(site, "run")
    assert code == 3
    assert seconds < BOUND
    assert _sources(site) == {"pve": "complete", "unifi": "failed", "npm": "complete"}
    changed = site.git("diff", before, "drift-state:reports/latest/live").splitlines()
    assert {line for line in changed if line[0] in "+-" and line[:3] not in {"+++", "---"}} <= {"-{}"}, (
        "no row is lost"
    )
    err = capsys.readouterr().err
    assert "unifi could not be read" in err
    assert "no time left: a source may be read for 12 s (0.6 of interval); raise interval" in err
    lab.served("unifi").faults.clear()
    assert site.run("run") in {0, 2}
    assert set(_sources(site).values()) == {"complete"}


@pytest.mark.parametrize("command", ["doctor", "drift", "collect --output snapshot.json", "adopt"])
def test_every_command_that_reads_ends_when_all_systems_hang(lab, site, command, capsys):
    for faults in (lab.faults, lab.served("unifi").faults, lab.served("npm").faults):
        faults.slow("*", HANGS)
    _every(site, SHORT)
    done, seconds = _timed(site, *command.split())
    assert seconds < BOUND
    out, err = capsys.readouterr()
    assert "no time left" in out + err
    assert done == 1, "no source could be read"


def test_guests_without_time_stay_and_come_first_in_the_next_run(lab, site, capsys):
    assert site.run("run") in {0, 2}
    everything = site.git("show", "drift-state:reports/latest/live/pve/guest.json")
    lab.faults.slow("/pending", 0.4)
    _every(site, SHORT)
    code, seconds = _timed(site, "run")
    assert code == 3
    assert seconds < BOUND
    report = site.report()
    (scope,) = [each for each in report["scopes"] if (each["source"], each["kind"]) == ("pve", "guest")]
    assert scope["listed"] == "complete"
    assert scope["out_of_time"] is True
    unread = scope["unread"]
    assert unread
    assert {each["cause"] for each in unread.values()} == {"no-time-left"}
    assert not [each for each in report["findings"] if each["type"] == "missing"]
    assert site.git("show", "drift-state:reports/latest/live/pve/guest.json") == everything
    asked = dict(lab.requests)
    assert site.run("run") == 3
    new = [line for line, times in lab.requests.items() if times > asked.get(line, 0)]
    pending = {line.split("/")[-2] for line in new if line.endswith("/pending")}
    assert set(unread) & pending
    assert len(pending & set(unread)) >= min(len(unread), len(pending)) - 8, "eight are on the way at once"
