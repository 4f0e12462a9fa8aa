"""Which of two overlapping runs is newer: never by clocks of two machines, nor by the second."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reconciler import record
from reconciler.model.key import Key
from reconciler.record import order
from tests.record.parts import GUESTS, LOCAL, MARKDOWN, PUSHED, count, git, recorded, run_in

ROW = Key("pve", "guest", "200")


def now(ago: float, skew: float = 0) -> datetime:
    """So many seconds ago, by a clock that is ahead by `skew` seconds."""
    return (datetime.now(UTC) - timedelta(seconds=ago - skew)).replace(microsecond=0)


def reading(moment, value):
    run = recorded(moment, {**GUESTS, "200": {"n": value}})
    facts = run.report.run.model_copy(update={"id": f"{moment:%Y%m%dT%H%M%SZ}-{value:06x}"})
    return replace(
        run, report=run.report.model_copy(update={"run": facts}), inventory=replace(run.inventory, run=facts)
    )


class Clock:
    """Makes a runner's clock be ahead while it writes."""

    def __init__(self, monkeypatch, skew):
        real = order.seconds_since
        monkeypatch.setattr(order, "seconds_since", lambda moment: real(moment) + skew)


@pytest.fixture
def other(bare, tmp_path):
    git(tmp_path, "clone", "--quiet", str(bare), "other")
    return record.open_repository(tmp_path / "other")


def value_of(repo):
    read = record.read(repo, PUSHED)
    assert read is not None
    return read.inventory.config[ROW]["n"]


def start(repo, other):
    record.write(repo, PUSHED, reading(now(900), 0), None, MARKDOWN)
    return record.read(repo, PUSHED), record.read(other, PUSHED)


def test_two_runs_of_one_second(repo, other, bare):
    """Which of them is newer is not known: what is there stays, and the other is beside it."""
    mine, theirs = start(repo, other)
    moment = now(20)
    first = record.write(other, PUSHED, reading(moment, 2), theirs, MARKDOWN)
    second = record.write(repo, PUSHED, reading(moment, 1), mine, MARKDOWN)
    assert (first.reason, second.reason) == ("changed", "superseded")
    assert (first.last, second.last) == (True, False)
    assert value_of(repo) == 2
    assert run_in(bare, "drift-pulse") == reading(moment, 2).report.run.id
    assert record.read_run(repo, PUSHED, reading(moment, 1).report.run.id)


@pytest.mark.parametrize("skew", [-3600, -60, 0, 60, 3600], ids=lambda skew: f"{skew} s")
@pytest.mark.parametrize(
    ("began", "theirs_began", "expected"),
    [(60, 10, "superseded"), (60, 60, "superseded"), (10, 60, "changed"), (10, 12, "changed")],
)
def test_runs_on_machines_whose_clocks_differ(repo, other, monkeypatch, skew, began, theirs_began, expected):
    """The other run is recorded in the meantime; its clock is ahead, and that changes nothing."""
    mine, theirs = start(repo, other)
    with monkeypatch.context() as patch:
        Clock(patch, skew)
        record.write(other, PUSHED, reading(now(theirs_began, skew), 2), theirs, MARKDOWN)
    written = record.write(repo, PUSHED, reading(now(began), 1), mine, MARKDOWN)
    assert written.reason == expected
    assert value_of(repo) == (1 if expected == "changed" else 2)
    assert count(repo.root, "refs/remotes/origin/drift-state") == 3


@pytest.mark.parametrize("skew", [-3600, 3600])
def test_what_could_be_read_before_is_older_whatever_its_clock_says(repo, other, monkeypatch, skew):
    start(repo, other)
    with monkeypatch.context() as patch:
        Clock(patch, skew)
        record.write(other, PUSHED, reading(now(5, skew), 2), record.read(other, PUSHED), MARKDOWN)
    written = record.write(repo, PUSHED, reading(now(1), 3), record.read(repo, PUSHED), MARKDOWN)
    assert (written.reason, value_of(repo)) == ("changed", 3)


def test_an_unchanged_run_that_may_be_newer_keeps_its_pulse(repo, other, bare):
    mine, theirs = start(repo, other)
    moment = now(20)
    record.write(other, PUSHED, reading(moment, 0), theirs, MARKDOWN)
    late = replace(reading(moment, 0), changed_at={})
    facts = late.report.run.model_copy(update={"id": f"{late.report.run.id[:-6]}abcdef"})
    late = replace(late, report=late.report.model_copy(update={"run": facts}))
    written = record.write(repo, PUSHED, late, mine, MARKDOWN)
    assert (written.reason, written.last) == ("unchanged", False)
    assert run_in(bare, "drift-pulse") == reading(moment, 0).report.run.id


def test_a_commit_of_a_person_is_not_a_run(repo, root):
    """The tip is another commit than the one that was read, and its run is the same."""
    record.write(repo, LOCAL, reading(now(30), 0), None, MARKDOWN)
    previous = record.read(repo, LOCAL)
    commit = git(root, "commit-tree", "-p", "drift-state", "drift-state^{tree}", "-m", "mine")
    git(root, "update-ref", "refs/heads/drift-state", commit)
    assert record.write(repo, LOCAL, reading(now(5), 1), previous, MARKDOWN).reason == "changed"
