import io
import os
import re
import time

import pytest
from rich.color import Color

from reconciler.model.act import Act
from reconciler.model.fix import Fix
from reconciler.report import markdown, text
from reconciler.report.context import NO_CONTEXT, Merge, ReportContext
from reconciler.report.screen import SCREEN_ROWS, Screen
from reconciler.report.text import rows
from tests.drift import house
from tests.report import samples


def _several():
    return samples.large(60)


ALL = [
    samples.believable,
    samples.hostile,
    _several,
    samples.ignored,
    samples.quiet,
    samples.unconfigured,
]
MARK = re.compile(r"[EWi▲!·] ")


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def _printed(report, monkeypatch, environment=None, file=None, context=NO_CONTEXT, done=""):
    file = file or io.StringIO()
    monkeypatch.setattr(os, "environ", environment or {})
    return text.for_stream(report, file, context, done)


def _unbroken(line, width):
    """Whether a line is one that stays in one piece: a place, a command, or the run in one line."""
    return len(line) <= width or re.match(
        r"([A-Z]+ ?[A-Z]* {2}| +\S+:\d+( +\S+( \S+)?)?$| +(accept|reconciler) )", line
    )


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("sample", ALL)
@pytest.mark.parametrize("full", [False, True])
def test_no_line_is_wider_than_the_terminal_except_what_stays_in_one_piece(sample, width, full):
    for line in text.to_text(sample(), width, full=full).splitlines():
        assert _unbroken(line, width), line


@pytest.mark.parametrize("sample", ALL)
@pytest.mark.parametrize("full", [False, True])
def test_a_place_is_never_folded_or_cut(sample, full):
    report = sample()
    places = {finding.where for finding in report.findings if finding.where}
    for width in (30, 80):
        shown = text.to_text(report, width, full=full)
        for place in re.findall(r"\S+\.yaml:?\d*…?", shown):
            assert place.strip("();") in places | {f"config/ignore.yaml:{line}" for line in range(9)}, place


@pytest.mark.parametrize("sample", ALL)
def test_the_first_and_the_last_line_are_one_line_each_in_one_order(sample):
    report = sample()
    for width in (20, 80, 200):
        first, *_, last = text.to_text(report, width).splitlines()
        assert re.fullmatch(
            r"(IN SYNC|DRIFTED|INCOMPLETE|NO VERDICT)  "
            r"(nothing is declared yet|no findings( \(.+\))?|\d+ findings? from \d+ causes?( \(.+\))?: .+?)"
            r"( · rules (OK|FIRING) · \d+ of \d+ declared verified, \d+ exact)?"
            r" · \d+ resources?( · declared [\d.]+ %)?( · \d+ silenced)?"
            r" · read \d\d:\d\d UTC on \d{4}-\d\d-\d\d( · .+)*",
            first,
        )
        assert last.startswith(first.split(":")[0].split(" · ")[0])
        assert last.endswith(report.run.id)


def test_in_sync_is_two_lines_where_everything_is_exact():
    report = samples.quiet()
    exact = report.summary.model_copy(update={"not_exact": (), "no_file": ()})
    report = report.model_copy(update={"summary": exact})
    assert len(text.to_text(report).splitlines()) == 2


def test_what_became_of_the_run_ends_the_last_line(monkeypatch):
    printed = _printed(samples.quiet(), monkeypatch, done="recorded as 7121a6a · exit 0")
    assert printed.endswith("3fa9c1 · recorded as 7121a6a · exit 0\n")


def test_piped_output_has_no_colour_and_letters_for_severities(monkeypatch):
    printed = _printed(samples.believable(), monkeypatch)
    assert "\x1b" not in printed
    assert "E hall/lamp/104 db1  missing" in printed
    assert 100 < max(map(len, printed.splitlines()[1:-1])) <= 120


def test_a_terminal_has_colour_and_marks_unless_it_is_not_wanted(monkeypatch):
    environment = {"TERM": "xterm-256color", "COLUMNS": "90"}
    coloured = _printed(samples.believable(), monkeypatch, environment, Terminal())
    assert "\x1b[" in coloured
    assert "▲" in coloured
    plain = _printed(samples.believable(), monkeypatch, environment | {"NO_COLOR": "1"}, Terminal())
    assert "\x1b[3" not in plain
    assert "▲" not in plain
    assert "hall/lamp/104" in plain


@pytest.mark.parametrize("ci", ["1", "true", "woodpecker"])
@pytest.mark.parametrize("columns", ["0", "20", "80"])
def test_in_ci_a_line_is_not_narrow_and_no_cursor_is_moved(monkeypatch, ci, columns):
    environment = {"TERM": "xterm-256color", "COLUMNS": columns, "CI": ci}
    printed = _printed(samples.believable(), monkeypatch, environment, Terminal())
    assert set(re.findall(r"\x1b\[[\d;]*(.)", printed)) <= {"m"}
    plain = re.sub(r"\x1b\[[\d;]*m", "", printed)
    assert max(map(len, plain.splitlines()[1:-1])) > 100


def test_an_output_without_our_signs_gets_ascii(monkeypatch):
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    printed = _printed(samples.believable(), monkeypatch, file=file)
    printed.encode("ascii")
    assert "11 -> 12" in printed


def test_the_environment_of_the_process_is_the_default(monkeypatch):
    monkeypatch.setattr(os, "environ", {"COLUMNS": "61"})
    assert text.console(io.StringIO()).width == 61


def _luminance(colour):
    red, green, blue = (each / 255 for each in colour)
    parts = [
        each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in (red, green, blue)
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("background", [(255, 255, 255), (0, 0, 0), (253, 246, 227), (0, 43, 54)])
def test_colours_are_readable_on_light_and_dark(background):
    """WCAG asks 3:1 of large text and of marks; the backgrounds are white, black and those of Solarized."""
    for style in rows.MANY_COLOURS.values():
        colour = Color.parse(style.removeprefix("bold ")).get_truecolor()
        high, low = sorted((_luminance(colour), _luminance(background)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 3.2, style


@pytest.mark.parametrize(("term", "many"), [("xterm", False), ("xterm-256color", True), ("linux", False)])
def test_a_terminal_of_few_colours_gets_none_that_a_background_hides(monkeypatch, term, many):
    printed = _printed(samples.believable(), monkeypatch, {"TERM": term, "COLUMNS": "100"}, Terminal())
    codes = {code for codes in re.findall(r"\x1b\[([\d;]*)m", printed) for code in codes.split(";")}
    assert bool({"38"} & codes) == many
    assert many or codes <= {"", "0", "1", "31", "32", "35"}
    assert rows.MANY_COLOURS.keys() == rows.FEW_COLOURS.keys()


@pytest.mark.parametrize("full", [False, True])
def test_hostile_text_reaches_the_terminal_as_text(full):
    printed = text.to_text(samples.hostile(), 80, full=full)
    assert not set(printed) & set("\x1b\r\x07\u202e\u2066\u200b\u2028")
    assert "[bold" in printed
    for line in printed.splitlines():
        assert not line.lstrip().startswith(("::", "##["))


def test_many_alike_are_one_block_and_errors_are_never_cut(monkeypatch):
    printed = text.to_text(samples.large(200), 140)
    assert "unmanaged  200 of hall/lamp: 200 (web200), 201 (web201)" in printed
    many = text.to_text(samples.large(1300), 140)
    assert re.search(r"… \d+ more causes \(\d+ warnings, 1300 notes\): reconciler drift --verbose", many)
    assert len(many.splitlines()) <= 250
    errors = samples.large(100)
    worse = tuple(each.model_copy(update={"severity": "error"}) for each in errors.findings)
    shown = _printed(
        errors.model_copy(update={"findings": worse}),
        monkeypatch,
        {"TERM": "xterm", "COLUMNS": "100"},
        Terminal(),
    )
    assert shown.count("/watts") == 100


def test_a_terminal_shows_one_screen_and_counts_the_rest(monkeypatch):
    report = samples.large(100)
    environment = {"TERM": "xterm", "COLUMNS": "120"}
    printed = _printed(report, monkeypatch, environment, Terminal())
    assert len(printed.splitlines()) <= SCREEN_ROWS
    shown = sum(bool(MARK.match(line)) for line in re.sub(r"\x1b\[[\d;]*m", "", printed).splitlines())
    left = 100 - shown
    assert f"… {left + 100} more causes ({left} warnings, 100 notes)" in printed
    whole = _printed(report, monkeypatch, environment, Terminal(), context=ReportContext(full=True))
    assert "more causes" not in whole
    assert whole.count("accept    ") == 200


def test_a_source_that_fails_is_one_line_with_its_cause_and_remedy():
    state = house.desired({str(at): {} for at in range(20)})
    reason = "hall.lan: connection refused; is it up?"
    live = house.snapshot(
        {},
        {"hall/lamp": {"listed": "failed", "problem": reason}},
        sources={"hall": {"status": "failed", "problem": reason}, "barn": {"status": "failed"}},
    )
    report = house.judge(live, state).report
    for width in (80, 120):
        printed = text.to_text(report, width)
        assert "20 resources unverified" in " ".join(printed.split())
        assert "barn failed: no reason given" in printed
        for shown in (printed, markdown.render(report)):
            assert shown.count("connection refused") == 1
        assert "hall/lamp failed" not in printed
        assert "0 of 20 declared verified" in printed
    assert re.search(r"hall/lamp/19 +desired-state/hall/lamp.yaml:\d+\n", text.to_text(report, full=True))


def test_a_partial_source_shows_which_kind_and_why():
    scopes = {"hall/bulb": {"listed": "partial", "problem": "the token has no Bulb.Audit on /bulbs"}}
    live = house.snapshot({"1": {}}, scopes, sources={"hall": {"status": "partial"}})
    printed = text.to_text(house.judge(live, house.desired({"1": {}})).report)
    assert printed.splitlines()[0].endswith(" · hall partial (bulb)")
    assert "hall/bulb partial: the token has no Bulb.Audit on /bulbs" in printed


def test_rules_that_could_not_be_checked_are_counted_and_named_on_request():
    report = samples.believable()
    assert "Not checked   3 rules, not in full (--verbose lists them)" in text.to_text(report)
    assert "duplicate-mac" not in text.to_text(report)
    assert "(duplicate-ip, duplicate-mac)" in text.to_text(report, full=True)


def test_ignored_findings_are_not_listed_as_waiting():
    report = samples.believable()
    assert "Unconfirmed   hall/lamp/107" in text.to_text(report)
    silenced = tuple(each.model_copy(update={"ignored_by": "x:1"}) for each in report.unconfirmed)
    assert "Unconfirmed" not in text.to_text(report.model_copy(update={"unconfirmed": silenced}))


def test_what_is_resolved_is_counted_after_a_while():
    state = house.desired({str(at): {"watts": 1} for at in range(30)})
    first = house.judge(house.snapshot({str(at): {} for at in range(30)}), state)
    second = house.judge(house.snapshot({str(at): {"watts": 1} for at in range(30)}, None, 1), state, first)
    printed = text.to_text(second.report)
    assert printed.startswith("IN SYNC  no findings (30 resolved) · ")
    assert (
        "Resolved      hall/lamp/0: /watts · hall/lamp/1: /watts · hall/lamp/2: /watts · … and 27 more"
        in printed
    )
    assert "hall/lamp/29: /watts" in text.to_text(second.report, full=True)


def test_a_value_that_is_not_active_yet_is_one_line():
    live = {"1": {"watts": 60, "lit": True, "pending": {"/lit": False, "/watts": 40}}}
    printed = text.to_text(house.judge(house.snapshot(live), house.desired({"1": {}})).report)
    assert "pending-change: /lit  true not active yet" in printed
    assert "pending-change: /watts  40 runs, 60 is configured" in printed


def test_rules_that_fire_do_not_make_a_site_drifted():
    live = {"1": {"health": {"state": "degraded", "reason": "it flickers", "alarm": True}}}
    report = house.judge(house.snapshot(live), house.desired({"1": {}})).report
    assert report.active
    first = text.to_text(report).splitlines()[0]
    assert first.startswith("IN SYNC  1 finding from 1 cause")
    assert "rules FIRING" in first


def _context(report, **options):
    (finding,) = (each for each in report.findings if each.change)
    fix = Fix(
        where="r630-02",
        commands=(("qm", "set", "101", "--name", "a b"), ("qm", "x" * 200)),
        effect="waits",
        right="VM.Config.Options on /vms/101",
    ).model_copy(update=options)
    merge = Merge("4f2c1ab0123456789", house.START, "Ann", "more watts (PR 41)")
    return finding, ReportContext({finding.id: fix}, {finding.id: merge})


def _drifted(**changes):
    report = house.judge(house.snapshot({"1": {"watts": 5}}), house.desired({"1": {"watts": 4}})).report
    findings = tuple(each.model_copy(update=changes) for each in report.findings)
    return report.model_copy(update={"findings": findings})


@pytest.mark.parametrize("width", [60, 120])
def test_a_block_shows_who_moved_it_and_the_whole_command_that_sets_it_back(width):
    act = Act(at=house.START, account="root@pam", what="qmconfig", reference="UPID:x")
    report = _drifted(moved="desired", agreed=5, who=(act,))
    _, context = _context(report)
    printed = text.plain_text(report, Screen(width, full=True), context)
    assert "log root@pam qmconfig at 2026-11-23 21:05 UTC may be the reason" in " ".join(printed.split())
    assert "    merged    4f2c1ab01234 more watts (PR 41)" in printed
    assert "    apply     qm set 101 --name 'a b'\n" in printed
    assert f"              qm {'x' * 200}\n" in printed
    assert "desired moved" in printed
    assert "on r630-02" in printed
    assert "needs VM.Config.Options" in " ".join(printed.split())
    for shown in (printed, markdown.render(report, context)):
        assert "4f2c1ab01234" in shown


def test_a_command_that_cannot_be_shown_as_it_is_is_not_shown():
    report = _drifted()
    finding, context = _context(report, commands=(("qm", "set", "1", "--name", "a\u202eb"),))
    printed = text.plain_text(report, Screen(full=True), context)
    assert f"set back  reconciler fix {finding.id}\n" in printed
    assert "qm set" not in printed
    assert "qm set" not in markdown.render(report, context)


def test_where_no_command_is_safe_it_states_what_to_set_where():
    report = _drifted()
    _, context = _context(report, commands=(), by_hand="set it in the UI", why_not="the row is locked")
    printed = text.plain_text(report, Screen(full=True), context)
    assert "set back by hand set it in the UI" in " ".join(printed.split())
    assert "set back no command the row is locked" in " ".join(printed.split())


def test_a_report_of_ten_thousand_findings_is_bounded():
    report = samples.large(5000)
    began = time.monotonic()
    short, full = text.to_text(report), text.to_text(report, full=True)
    page = markdown.render(report)
    assert time.monotonic() - began < 60
    assert len(short.splitlines()) <= 250
    assert len(full.splitlines()) <= 20_010
    assert len(full.encode()) < 4_000_000
    assert len(page.encode()) <= markdown.MAX_REPORT_BYTES
