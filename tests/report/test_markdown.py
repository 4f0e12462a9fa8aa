import pytest
from markdown_it import MarkdownIt

from reconciler.model.value import Row
from reconciler.report import markdown
from tests.drift import house
from tests.report import samples


def _tokens(source):
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(source)


@pytest.mark.parametrize(
    "sample",
    [samples.believable, samples.hostile, samples.ignored, samples.quiet, samples.unconfigured],
)
def test_it_is_tables_of_text_and_code_and_nothing_else(sample):
    tokens = _tokens(markdown.render(sample()))
    kinds = {child.type for token in tokens if token.type == "inline" for child in token.children or []}
    assert kinds <= {"text", "code_inline", "strong_open", "strong_close", "softbreak"}
    assert {token.type.removesuffix("_open").removesuffix("_close") for token in tokens} <= {
        *("paragraph", "heading", "inline", "table", "thead", "tbody", "tr", "th", "td"),
        *("bullet_list", "list_item"),
    }


def test_every_row_has_every_column():
    for sample in (samples.believable(), samples.hostile(), samples.ignored(), samples.large()):
        rows: list[int] = []
        for token in _tokens(markdown.render(sample)):
            if token.type in {"th_open", "td_open"}:
                rows[-1] += 1
            elif token.type == "tr_open":
                rows.append(0)
        assert set(rows) <= {1, 2, 4, 5, 7}
        assert 7 in rows


def test_the_verdict_is_on_line_one():
    first, *_ = markdown.render(samples.believable()).splitlines()
    assert first.startswith("**incomplete**: 7 findings from 6 causes in 7 resources: 1 missing, 3 drifted")


def test_a_large_report_is_cut_and_counted():
    report = samples.large()
    page = markdown.render(report)
    assert len(page.encode()) <= markdown.MAX_REPORT_BYTES
    drifted = sum(line.startswith("| warning") for line in page.splitlines())
    assert f"… and {3000 - drifted} more: drift.json has them all." in page
    assert "3000 of `hall/lamp`" in page


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


def test_a_source_that_fails_has_one_row():
    page = markdown.render(samples.believable())
    assert (
        "| `barn` | failed | 2026-11-22T21:05:00Z | `barn.lan:8006: connection refused; is it up?` |" in page
    )
    assert "`barn/lamp`" not in page
    assert "| `hall/bulb` | partial |  | `the token has no Bulb.Audit on /bulbs` |" in page


def test_a_thousand_groups_of_many_stay_below_the_limit():
    unread = {f"{group}-{at}": f"broken in way {group}" for group in range(1100) for at in range(9)}
    declared: dict[str, Row] = {identity: {} for identity in unread}
    report = house.judge(
        house.snapshot({}, {"hall/lamp": {"unread": unread}}), house.desired(declared)
    ).report
    page = markdown.render(report)
    assert len(page.encode()) <= markdown.MAX_REPORT_BYTES
    shown = page.count("9 of `hall/lamp`")
    assert shown > 10
    assert f"… and {(1100 - shown) * 9} more: drift.json has them all." in page
