import re

import pytest
from markdown_it import MarkdownIt

from reconciler.model.fix import Fix, by_hand
from reconciler.model.value import Row
from reconciler.report import markdown
from reconciler.report.blocks import blocks_of
from reconciler.report.context import ReportContext
from reconciler.report.markdown_blocks import lines_of
from tests.drift import house
from tests.report import samples
from tests.report.test_blocks import _report as made


def _tokens(source):
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(source)


ALL = [samples.believable, samples.hostile, samples.ignored, samples.quiet, samples.unconfigured]
FOLDS = re.compile(r"(<details><summary>[\w :]+</summary>|</details>)\n?")


@pytest.mark.parametrize("sample", ALL)
def test_it_is_lists_of_text_and_code_and_nothing_else(sample):
    tokens = _tokens(markdown.render(sample()))
    kinds = {child.type for token in tokens if token.type == "inline" for child in token.children or []}
    assert kinds <= {"text", "code_inline", "strong_open", "strong_close", "softbreak"}
    assert {token.type.removesuffix("_open").removesuffix("_close") for token in tokens} <= {
        *("paragraph", "heading", "inline", "bullet_list", "list_item", "html_block")
    }
    for token in tokens:
        assert token.type != "html_block" or FOLDS.fullmatch(token.content), token.content


@pytest.mark.parametrize("sample", ALL)
def test_what_is_folded_is_closed_again(sample):
    page = markdown.render(sample())
    assert re.findall(r"(?m)^<(/?details)>", page) == ["details", "/details"] * page.count("<details>")


def test_the_verdict_is_on_line_one():
    first, *_ = markdown.render(samples.believable()).splitlines()
    assert first.startswith("**INCOMPLETE**: 6 findings from 5 causes")


def test_consequences_are_below_their_cause():
    page = markdown.render(samples.believable())
    cause = "\n- 🔵 `hall/lamp/106` `backup` `/watts` `10` → `20`"
    effect = "\n  - 🔵 `hall/lamp/106` `backup` pending-change `/watts`"
    assert 0 < page.index(cause) < page.index(effect) < page.index("\n- 🔵 `hall/lamp/666`")


def test_a_large_report_is_cut_and_counted():
    report = samples.large()
    page = markdown.render(report)
    assert len(page.encode()) <= markdown.MAX_REPORT_BYTES
    drifted = sum(line.startswith("- 🟠") for line in page.splitlines())
    assert f"… and {3000 - drifted} more: drift.json has them all." in page
    assert "`unmanaged` 3000 of `hall/lamp`" in page


def test_the_worst_case_stays_below_the_limit():
    bad = "\U000e0041`|\u202e" * 400
    live = {f"hall/lamp/{at}{bad}": {"name": bad, "note": bad} for at in range(400)}
    declared = {at: {"note": "x"} for at in live} | {f"hall/lamp/x{at}{bad}": {} for at in range(40)}
    scopes = {"hall/lamp": {"unread": {f"x{at}{bad}": bad + str(at) for at in range(40)}}}
    state = house.desired(declared)
    first = house.judge(house.snapshot(live, scopes), state)
    for previous in (None, first):
        report = house.judge(
            house.snapshot(live if previous is None else {}, scopes, 1), state, previous
        ).report
        assert len(markdown.render(report).encode()) <= markdown.MAX_REPORT_BYTES


def test_commands_that_settle_several_fields_are_shown_once_with_what_they_do():
    report = made(("hall/lamp/1", "drifted", "info", None), ("hall/lamp/1", "drifted", "info", None))
    (block,) = blocks_of(report)
    fix = Fix(where="one", commands=(("qm", "set", "1"),), effect="at once")
    page = "\n".join(
        lines_of(block, report, ReportContext(fixes={each.id: fix for each in block.causes}), full=True)
    )
    assert page.count("set back: `qm set 1` on `one`") == 1
    page = "\n".join(
        lines_of(block, report, ReportContext(fixes={block.causes[0].id: by_hand("set it there")}), full=True)
    )
    assert "set back by hand: `set it there`" in page


def test_a_source_that_fails_has_one_line():
    page = markdown.render(samples.believable())
    assert (
        "- `barn` failed: `barn.lan:8006: connection refused; is it up?`, last read 2026-11-22T21:05:00Z"
        in page
    )
    assert "`barn/lamp`" not in page
    assert "- `hall/bulb` partial: `the token has no Bulb.Audit on /bulbs`" in page


def test_a_thousand_reasons_stay_below_the_limit():
    unread = {f"{group}-{at}": f"broken in way {group}" for group in range(1100) for at in range(9)}
    declared: dict[str, Row] = {identity: {} for identity in unread}
    report = house.judge(
        house.snapshot({}, {"hall/lamp": {"unread": unread}}), house.desired(declared)
    ).report
    page = markdown.render(report)
    assert len(page.encode()) <= markdown.MAX_REPORT_BYTES
    shown = page.count("9 resources unverified")
    assert shown > 10
    assert f"… and {1100 - shown} more: drift.json has them all." in page
