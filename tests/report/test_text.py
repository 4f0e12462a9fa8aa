import io
import os

import pytest

from reconciler.report import markdown, text
from tests.drift import house
from tests.report import samples


class Terminal(io.StringIO):
    def isatty(self):
        return True


def _printed(report, environment=None, file=None):
    file = file or io.StringIO()
    text.render(report, text.console(file, environment or {}))
    return file.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140, 200])
@pytest.mark.parametrize("sample", [samples.believable, samples.hostile, samples.large])
def test_no_line_is_wider_than_the_terminal(sample, width):
    assert max(map(len, text.to_text(sample(), width).splitlines())) <= width


def test_piped_output_has_no_colour_and_a_hundred_columns():
    printed = _printed(samples.believable())
    assert "\x1b" not in printed
    assert 90 < max(map(len, printed.splitlines())) <= 100


def test_a_terminal_has_colour_unless_it_is_not_wanted():
    environment = {"TERM": "xterm-256color", "COLUMNS": "90"}
    assert "\x1b[" in _printed(samples.believable(), environment, Terminal())
    plain = _printed(samples.believable(), environment | {"NO_COLOR": "1"}, Terminal())
    assert "\x1b[3" not in plain
    assert "hall/lamp/104" in plain


def test_the_environment_of_the_process_is_the_default(monkeypatch):
    monkeypatch.setattr(os, "environ", {"COLUMNS": "61"})
    assert text.console(io.StringIO()).width == 61


def test_hostile_text_reaches_the_terminal_as_text():
    printed = text.to_text(samples.hostile(), 80)
    assert not set(printed) & set("\x1b\r\x07\u202e\u2066\u200b\u2028")
    assert "[bold" in printed
    for line in printed.splitlines():
        assert not line.lstrip().startswith(("::", "##["))


def test_the_verdict_is_the_last_line():
    *_, last = text.to_text(samples.quiet()).splitlines()
    assert last.startswith("IN SYNC  2 declared resources of 2")


def test_many_alike_are_one_line():
    printed = text.to_text(samples.large(300), 140)
    assert "300 unmanaged" in printed
    assert "hall/lamp 300, 301, 302, 303, 304 and 295" in printed
    assert "… and 100 more: --format json has them all" in printed


def test_a_source_that_fails_is_told_of_once():
    state = house.desired({str(at): {} for at in range(20)})
    reason = "hall.lan: connection refused; is it up?"
    live = house.snapshot(
        {},
        {"hall/lamp": {"listed": "failed", "problem": reason}},
        sources={"hall": {"status": "failed", "problem": reason}, "barn": {"status": "failed"}},
    )
    report = house.judge(live, state).report
    printed = text.to_text(report, 120)
    assert "20 unverified: the source failed" in printed
    assert "hall failed: hall.lan: connection refused" in printed
    for shown in (printed, markdown.render(report)):
        assert shown.count("connection refused") == 1
    assert "barn failed: no reason given" in printed
    assert "hall/lamp failed" not in printed


def test_what_is_resolved_is_counted_after_a_while():
    state = house.desired({str(at): {"watts": 1} for at in range(30)})
    first = house.judge(house.snapshot({str(at): {} for at in range(30)}), state)
    second = house.judge(house.snapshot({str(at): {"watts": 1} for at in range(30)}, None, 1), state, first)
    printed = text.to_text(second.report)
    assert "hall/lamp/19: drifted /watts" in printed
    assert "… and 10 more" in printed
    assert "hall/lamp/20" not in printed


def test_a_flag_that_is_not_active_yet_is_told_in_one_word():
    live = {"1": {"watts": 60, "lit": True, "pending": {"/lit": False, "/watts": 40}}}
    printed = text.to_text(house.judge(house.snapshot(live), house.desired({"1": {}})).report, 120)
    assert "pending-change  /lit  true is configured, not active yet" in printed
    assert "pending-change  /watts  40 runs, 60 is configured" in printed
