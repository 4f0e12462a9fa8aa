"""Findings of a rule with very many are in groups, and nothing that the next run needs is lost."""

import json
import re
import time
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.config.settings import DriftSettings
from reconciler.drift import grouping
from reconciler.drift.compare import compare
from reconciler.drift.ignore import Ignore, IgnoreRule
from reconciler.model.desired import DesiredState
from reconciler.model.findings import DriftReport, Finding
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded
from reconciler.model.report_document import parse_report, report_document
from reconciler.model.rule import Rule, RuleResults, Violation
from reconciler.publish.documents.inventory import resource
from reconciler.publish.view import view
from reconciler.report.markdown import render as to_markdown
from reconciler.report.text import to_text
from tests.site.rows import KINDS, NOW, built

RULE = "no-backup"
NOTHING = DesiredState({}, frozenset(), lambda _key, _path: "")
IGNORED = Ignore(
    IgnoreRule.model_validate(
        {
            "target": {"source": "pve", "kind": "guest", "id": "1*"},
            "reason": "caches",
            "expires": "2027-06-30",
        }
    ),
    "config/ignore.yaml:1",
)


def judged(
    number: int, ids: Any, previous: Recorded | None, *, unchecked: bool = False, ignores: Any = ()
) -> Recorded:
    """A run in which a rule fires for the guests with these ids, or cannot be checked."""
    site = built({}, sources=("pve",), moment=NOW + timedelta(minutes=15 * number))
    found = tuple(Violation(Key("pve", "guest", str(each)), "no backup job covers it") for each in ids)
    results = RuleResults(
        {RULE: Rule("info", "add it to a job")},
        {RULE: found} if found else {},
        {RULE: "a list is missing"} if unchecked else {},
    )
    report = compare(site, NOTHING, previous, DriftSettings(), KINDS, ignores, results)
    return Recorded(recorded(report), site, {})


def recorded(report: DriftReport) -> DriftReport:
    """A report as it comes back from the record."""
    return parse_report(json.loads(json.dumps(report_document(report))))


def facts(findings: Any) -> set[tuple[object, ...]]:
    return {
        (each.id, each.key, each.type, each.severity, each.first_seen, each.ignored_by) for each in findings
    }


def lists(report: DriftReport) -> list[set[tuple[object, ...]]]:
    return [
        facts(report.every),
        facts((*report.resolved, *report.of_groups("resolved"))),
        facts((*report.unconfirmed, *report.of_groups("unconfirmed"))),
    ]


RUNS = st.lists(st.tuples(st.sets(st.integers(1, 30)), st.booleans(), st.booleans()), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None)
@given(RUNS)
def test_groups_lose_nothing_that_later_runs_need(runs):
    """Whatever comes and goes across runs, groups or not: the same findings, since the same time."""
    limit = grouping.GROUP_ABOVE
    outcomes = []
    for above in (7, limit):
        grouping.GROUP_ABOVE = above
        try:
            previous = None
            told = []
            for number, (ids, unchecked, ignoring) in enumerate(runs):
                ignores = (IGNORED,) if ignoring else ()
                previous = judged(number, sorted(ids), previous, unchecked=unchecked, ignores=ignores)
                told.append((lists(previous.report), previous.report.summary))
            outcomes.append(told)
        finally:
            grouping.GROUP_ABOVE = limit
    assert outcomes[0] == outcomes[1]


def test_thousands_of_guests_without_a_backup_are_one_entry():
    first = judged(0, range(1000, 7000), None)
    report = first.report
    assert report.findings == ()
    (group,) = report.grouped
    assert (group.type, group.source, group.kind, group.count) == (RULE, "pve", "guest", 6000)
    assert group.ids == tuple(map(str, range(1000, 7000)))
    assert group.title == "no backup job covers it"
    assert report.summary.findings["info"] == report.summary.causes["info"] == 6000
    assert len(json.dumps(report_document(report))) < 6000 * 20

    second = judged(1, range(1001, 7001), first).report
    assert sorted((each.count, each.first_seen) for each in second.grouped) == [
        (1, NOW + timedelta(minutes=15)),
        (5999, NOW),
    ]
    assert [str(each.key) for each in second.resolved] == ["pve/guest/1000"]

    fewer = judged(2, range(1001, 1003), Recorded(second, first.inventory, {})).report
    assert [(each.key.id, each.first_seen) for each in fewer.findings] == [("1001", NOW), ("1002", NOW)]
    assert sum(each.count for each in fewer.grouped if each.state == "resolved") == 5998


def test_a_group_is_one_line_and_each_resource_still_has_its_finding():
    made = judged(0, range(1000, 7000), None)
    for text in (to_text(made.report), to_markdown(made.report)):
        assert "no-backup 6000 of" in " ".join(text.replace("`", "").split())
        (named, more) = re.findall(r"1000, 1001, ([\d, ]+) and (\d+) more", " ".join(text.split()))[0]
        assert len(named.split(", ")) + 2 + int(more) == 6000
    shown = view(made, {"guest": "guests"})
    document: Any = resource(shown, Key("pve", "guest", "6999"))
    (finding,) = document["data"]["findings"]
    assert finding["type"] == RULE
    drift: Any = shown.report
    assert drift["findings"] == []
    assert drift["grouped"][0]["count"] == 6000


def test_the_time_grows_with_the_number_of_findings():
    def seconds(count: int) -> float:
        started = time.process_time()
        judged(1, range(count), judged(0, range(count), None))
        return time.process_time() - started

    seconds(1000)
    assert seconds(24_000) < 4 * 2 * max(seconds(12_000), 0.05)


def test_findings_of_fields_are_never_in_groups():
    pending = [_finding(number, "pending-change", "/memory") for number in range(6000)]
    assert grouping.group_findings(pending, "open") == (tuple(pending), ())


def _finding(number: int, type_: str, path: str) -> Finding:
    return Finding.model_validate(
        {
            "id": f"{number:012}",
            "type": type_,
            "key": f"pve/guest/{number}",
            "title": "memory is configured",
            "severity": "info",
            "pending": {"path": path},
            "first_seen": NOW,
        }
    )
