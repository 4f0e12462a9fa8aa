from datetime import UTC, datetime

import pytest

from reconciler import files
from reconciler.errors import Problem
from reconciler.model.findings import DriftReport, FieldChange, Finding, finding_id
from reconciler.model.key import Key
from reconciler.model.report_document import parse_report, report_document, summary_document
from reconciler.model.snapshot import GuardState, Run, Scope, SourceStatus
from reconciler.model.summary import Summary

NOW = datetime(2026, 11, 23, 21, 5, tzinfo=UTC)
KEY = Key("hall", "lamp", "1/odd")
RUN = Run(
    id="20261123T210500Z-3fa9c1",
    site="lan",
    collected_at=NOW,
    stale_after=NOW,
    version="0.1.0",
    sources={"hall": SourceStatus(system="house", status="partial", problem=Problem("", "dark"))},
)
FINDING = Finding(
    id=finding_id(KEY, "/sockets/s1"),
    key=KEY,
    name="\u202eevil",
    type="drifted",
    title="sockets.s1 is not set",
    severity="warning",
    change=FieldChange(path="/sockets/s1", desired={"fuse": None}, live=None),
    first_seen=NOW,
)
REPORT = DriftReport(
    run=RUN,
    summary=Summary(
        verdict="drifted",
        drifted=True,
        incomplete=False,
        resources=1,
        verdicts={"in_sync": 0, "drifted": 1, "missing": 0, "unmanaged": 0, "unverified": 0},
        inventory=0,
        findings={"info": 0, "warning": 1, "error": 0},
        ignored=0,
        headline="1 finding",
    ),
    findings=(FINDING,),
    scopes=(
        Scope(source="hall", kind="lamp", listed="partial", count=1, guard=GuardState(lost=("2",), seen=1)),
    ),
    verdicts={str(KEY): "drifted"},
    resolved=(FINDING.model_copy(update={"id": "0" * 12, "change": None}),),
)


def _document():
    return files.parse_json(files.canonical(report_document(REPORT)))


def test_a_report_survives_its_json_form():
    assert parse_report(_document()) == REPORT


def test_a_change_names_both_sides_even_when_one_is_null():
    (row,) = _document()["findings"]
    assert row["change"] == {"path": "/sockets/s1", "desired": {"fuse": None}, "live": None, "declared": True}
    assert row["key"] == "hall/lamp/1/odd"


def test_a_summary_has_the_run_and_the_counts():
    document = summary_document(REPORT)
    assert set(document) == {"schema_version", "run", "summary"}
    assert document["summary"] == report_document(REPORT)["summary"]


def test_keys_of_a_later_minor_version_are_ignored():
    document = _document()
    document |= {"schema_version": "1.9", "later": 1, "run": {**document["run"], "later": 1}}
    assert parse_report(document) == REPORT


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": "2.0"}, "schema_version '2.0'"),
        ({"findings": [{}]}, r"read: findings\.0\.id: is missing"),
        ({"run": None}, "is not a drift report that this version can read: run"),
    ],
)
def test_what_is_no_report_is_one_line(change, message):
    with pytest.raises(ValueError, match=message) as error:
        parse_report(report_document(REPORT) | change)
    assert "\n" not in str(error.value)


def test_an_id_depends_on_key_and_aspect_alone():
    assert finding_id(KEY, "/a") == finding_id(Key("hall", "lamp", "1/odd"), "/a")
    assert (
        len({finding_id(KEY, "/a"), finding_id(KEY, "/b"), finding_id(Key("hall", "lamp", "1"), "/a")}) == 3
    )
