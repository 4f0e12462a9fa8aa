"""The ledger where runs overtake each other or wait: every life is that of the record it lands on."""

from dataclasses import replace
from datetime import datetime

import pytest

from reconciler import record
from reconciler.config.settings import HistorySettings
from reconciler.drift import ledger
from reconciler.model.findings import Finding
from reconciler.model.key import Key
from reconciler.model.value import Row
from tests.record.parts import GUESTS, LOCAL, MARKDOWN, PUSHED, at, drifted, git, recorded

ONE, TWO, THREE = (drifted(Key("pve", "guest", str(number)), 1, 2) for number in (101, 102, 103))
LIVES = {finding.id: name for finding, name in ((ONE, "one"), (TWO, "two"), (THREE, "three"))}


@pytest.fixture
def other(bare, tmp_path):
    git(tmp_path, "clone", "--quiet", str(bare), "other")
    return record.open_repository(tmp_path / "other")


def made(previous, hours: float, *findings: Finding):
    """A run that found these findings; `first_seen` as the comparison has it from the record."""
    known = ledger.lives(ledger.known(previous), at(hours))
    dated = [
        each.model_copy(update={"first_seen": known[each.id].first_seen if each.id in known else at(hours)})
        for each in findings
    ]
    guests: dict[str, Row] = {**GUESTS, "103": {"name": "c"}, "900": {"n": hours}}
    run = recorded(at(hours), guests, findings=dated)
    return replace(run, ledger=ledger.advance(previous, run))


def write(repo, run, previous, settings: HistorySettings = PUSHED):
    return record.write(repo, settings, run, previous, MARKDOWN, advance=ledger.advance)


def lives(repo, settings: HistorySettings = PUSHED) -> dict[str, tuple[datetime, datetime | None]]:
    found = record.read(repo, settings, fetch=settings.push is not None)
    assert found is not None
    return {LIVES[each]: (entry.first_seen, entry.resolved_at) for each, entry in found.ledger.items()}


def test_a_ledger_comes_back_as_it_was_written(repo):
    first = made(None, 0, ONE, TWO)
    write(repo, first, None, LOCAL)
    found = record.read(repo, LOCAL)
    assert found is not None
    assert found.ledger == first.ledger
    write(repo, made(found, 1, ONE), found, LOCAL)
    assert lives(repo, LOCAL) == {"one": (at(0), None), "two": (at(0), at(1))}


def test_a_run_that_another_one_overtook_is_counted_on_top_of_it(repo, other):
    write(repo, made(None, 0, ONE), None)
    before = record.read(repo, PUSHED)
    mine = made(before, 2, ONE, TWO)
    theirs = record.read(other, PUSHED)
    write(other, made(theirs, 1, ONE, THREE), theirs)
    known = record.read(repo, PUSHED)
    assert known is not None
    assert before is not None
    write(repo, mine, replace(before, known=known.known))
    assert lives(repo) == {"one": (at(0), None), "two": (at(2), None), "three": (at(1), at(2))}


def test_a_superseded_run_changes_no_life(repo, other):
    write(repo, made(None, 0, ONE), None)
    before, theirs = record.read(repo, PUSHED), record.read(other, PUSHED)
    write(other, made(theirs, 2, ONE, THREE), theirs)
    assert write(repo, made(before, 1, TWO), before).reason == "superseded"
    assert lives(repo) == {"one": (at(0), None), "three": (at(2), None)}


def test_runs_that_waited_are_counted_on_top_of_what_others_recorded(repo, other, bare):
    write(repo, made(None, 0, ONE), None)
    before, theirs = record.read(repo, PUSHED), record.read(other, PUSHED)
    away = bare.with_name("away")
    bare.rename(away)
    write(repo, made(before, 2, ONE, TWO), before)
    away.rename(bare)
    write(other, made(theirs, 1, ONE, THREE), theirs)
    waiting = record.read(repo, PUSHED)
    last = write(repo, made(waiting, 3, ONE, TWO), waiting)
    assert last.delivered == 1
    assert lives(repo) == {"one": (at(0), None), "two": (at(2), None), "three": (at(1), at(2))}
