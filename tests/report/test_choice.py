from datetime import timedelta

import pytest

from reconciler.model.findings import GroupedFindings
from reconciler.model.key import Key
from reconciler.report import document, junit, markdown, text
from reconciler.report.choice import ALL, Choice, notes, select
from reconciler.report.context import ReportContext
from reconciler.report.screen import Screen
from tests.drift import house
from tests.report import samples
from tests.report.test_blocks import _report as made

REPORT = made(
    ("hall/lamp/1", "missing", "warning", None),
    ("hall/lamp/2", "duplicate-ip", "error", 0),
    ("hall/room/3", "no-backup", "info", None),
    ("barn/lamp/1", "drifted", "info", None),
    ("hall/lamp/4", "no-backup", "info", None),
)


def _keys(choice):
    return [str(finding.key) for finding in select(REPORT, choice).findings]


@pytest.mark.parametrize(
    ("choice", "keys"),
    [
        (ALL, ["hall/lamp/1", "hall/lamp/2", "hall/room/3", "barn/lamp/1", "hall/lamp/4"]),
        (Choice(sources=frozenset({"barn"}), words="x"), ["barn/lamp/1"]),
        (Choice(kinds=frozenset({("hall", "room")}), words="x"), ["hall/room/3"]),
        (Choice(keys=frozenset({Key("hall", "lamp", "1")}), words="x"), ["hall/lamp/1", "hall/lamp/2"]),
        (Choice(keys=frozenset({Key("hall", "lamp", "2")}), words="x"), ["hall/lamp/1", "hall/lamp/2"]),
        (Choice(ids=frozenset({f"{2:012x}"}), words="x"), ["hall/room/3"]),
        (Choice(severity="warning", words="x"), ["hall/lamp/1", "hall/lamp/2"]),
        (Choice(severity="error", words="x"), ["hall/lamp/1", "hall/lamp/2"]),
        (Choice(types=frozenset({"no-backup"}), words="x"), ["hall/room/3", "hall/lamp/4"]),
        (
            Choice(types=frozenset({"no-backup", "missing"}), words="x"),
            ["hall/lamp/1", "hall/room/3", "hall/lamp/4"],
        ),
        (Choice(sources=frozenset({"hall"}), types=frozenset({"drifted"}), words="x"), []),
        (Choice(new=True, words="x"), []),
        (
            Choice(since=house.START - timedelta(days=2), words="x"),
            [*map(str, (f.key for f in REPORT.findings))],
        ),
        (Choice(since=house.START, words="x"), []),
    ],
)
def test_places_are_alternatives_everything_else_narrows_and_a_cause_is_shown_too(choice, keys):
    assert _keys(choice) == keys


def test_what_came_back_is_as_new_as_its_return():
    reopened = REPORT.findings[2].model_copy(update={"reopened": house.START})
    report = REPORT.model_copy(update={"findings": (reopened,)})
    for choice in (Choice(new=True, words="x"), Choice(since=house.START - timedelta(hours=1), words="x")):
        assert select(report, choice).findings == (reopened,)


def test_the_summary_stays_that_of_the_run_and_the_second_line_shows_which_part_it_is():
    choice = Choice(types=frozenset({"no-backup"}), words="--rule no-backup")
    part = select(REPORT, choice)
    assert part.summary == REPORT.summary
    assert list(notes(REPORT, choice, part)) == ["showing 2 of 5 findings: --rule no-backup"]
    assert list(notes(REPORT, ALL, REPORT)) == []
    context = ReportContext(notes=("showing 2 of 5",))
    printed = text.plain_text(part, Screen(full=True), context)
    assert printed.splitlines()[1] == "showing 2 of 5"
    assert "Not compared" not in printed
    assert markdown.render(part, context).splitlines()[2] == "`showing 2 of 5`"
    assert b"showing 2 of 5" in junit.render(part, context)


def test_a_chosen_key_without_a_finding_has_its_verdict():
    report = samples.quiet()
    keys = frozenset({Key("hall", "lamp", "1"), Key("hall", "bulb", "7")})
    choice = Choice(keys=keys, words="hall/lamp/1 hall/bulb/7")
    assert list(notes(report, choice, select(report, choice)))[1:] == [
        "hall/bulb/7: not compared, because no file declares its kind",
        "hall/lamp/1: in sync",
    ]


def test_groups_are_narrowed_to_what_is_chosen():
    group = GroupedFindings(
        state="open",
        type="no-backup",
        source="hall",
        kind="lamp",
        title="x",
        severity="info",
        first_seen=house.START,
        count=6000,
        ids=tuple(map(str, range(6000))),
    )
    report = samples.quiet().model_copy(update={"grouped": (group,)})
    (narrow,) = select(report, Choice(keys=frozenset({Key("hall", "lamp", "7")}), words="x")).grouped
    assert (narrow.ids, narrow.count) == (("7",), 1)
    assert select(report, Choice(severity="error", words="x")).grouped == ()
    assert select(report, Choice(types=frozenset({"no-backup"}), words="x")).grouped == (group,)


@pytest.mark.parametrize("sample", [samples.believable, samples.hostile, samples.ignored, samples.large])
def test_every_format_takes_a_part(sample):
    report = sample()
    part = select(report, Choice(severity="warning", words="--severity warning"))
    for render in (document.render, markdown.render, junit.render, text.to_text):
        assert render(part)
    assert document.parse(document.render(part)) == part


def test_a_part_shows_the_ignore_rules_that_silence_something_in_it():
    report = samples.ignored()
    part = select(report, Choice(keys=frozenset({Key("hall", "lamp", "90")}), words="x"))
    assert [use.reason for use in part.ignores] == ["party"]
    assert len(report.ignores) > 1
