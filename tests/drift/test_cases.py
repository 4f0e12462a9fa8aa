"""Every file in tests/cases/drift is a site over one or more runs, and what must be said about it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.config.settings import DriftSettings
from reconciler.config.severity import FailOn
from reconciler.drift.exit_code import of_comparison
from reconciler.model.findings import DriftReport, Finding
from tests.drift import house

CASES = sorted(Path(__file__).parents[1].joinpath("cases", "drift").glob("*.yaml"))


def _short(finding: Finding, names: dict[str, str] | None = None) -> dict[str, Any]:
    """A finding as the cases write it: only what is there, keys without `hall/lamp/`, a cause by its name."""
    row = finding.model_dump(mode="json", exclude_none=True, exclude={"id", "first_seen", "name"})
    row["key"] = row["key"].removeprefix("hall/").removeprefix("lamp/")
    change, pending = finding.change, finding.pending
    if change is not None:
        row["change"] = {change.path: [change.desired, change.live]}
    if pending is not None:
        row["pending"] = {pending.path: [pending.configured, pending.running]}
    row["declared_at"] = finding.where
    row["cause"] = (names or {}).get(finding.cause or "")
    if finding.problem is not None:
        row["problem"] = str(finding.problem)
    return row


def _matches(finding: Finding, expected: dict[str, Any], names: dict[str, str]) -> bool:
    short = _short(finding, names)
    return all(
        value in (short.get(name) or "")
        if name in {"title", "reason", "problem"}
        else short.get(name) == value
        for name, value in expected.items()
    )


def _check(report: DriftReport, expected: dict[str, Any], fail_on: FailOn) -> None:
    verdicts = {name.removeprefix("hall/").removeprefix("lamp/"): v for name, v in report.verdicts.items()}
    if "verdicts" in expected:
        assert verdicts == {str(at): verdict for at, verdict in expected["verdicts"].items()}
    names = {
        finding.id: f"{finding.key.id}{finding.path}" if finding.path else finding.key.id
        for finding in report.findings
    }
    for part in ("findings", "resolved", "unconfirmed"):
        if part in expected:
            found = getattr(report, part)
            assert len(found) == len(expected[part]), [_short(finding) for finding in found]
            for finding, wanted in zip(found, expected[part], strict=True):
                assert _matches(finding, wanted, names), (_short(finding, names), wanted)
    if "events" in expected:
        told = [
            [str(event.key).removeprefix("hall/lamp/"), event.what, event.path, event.old, event.new]
            for event in report.events
        ]
        assert told == expected["events"]
    if "hits" in expected:
        assert [use.hits for use in report.ignores] == expected["hits"]
    assert expected.get("degraded", report.degraded) == report.degraded
    if "exit_code" in expected:
        assert of_comparison(report, fail_on) == expected["exit_code"]
    for name, value in expected.get("summary", {}).items():
        wanted = tuple(value) if isinstance(value, list) else value
        assert getattr(report.summary, name) == wanted, name


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path):
    case = yaml.safe_load(path.read_text())
    settings = DriftSettings.model_validate(case.get("settings", {}))
    previous = None
    checked = 0
    for number, run in enumerate(case["runs"]):
        previous = house.judge(
            house.snapshot(
                run.get("live", {}),
                run.get("scopes"),
                number,
                run.get("sources"),
                run.get("version", "0.1.0"),
            ),
            house.desired(run.get("desired", case.get("desired", {})), _opted_in(case)),
            previous,
            settings=settings,
            ignores=house.ignore_rules(run.get("ignore", case.get("ignore", ()))),
            accepted=frozenset(tuple(at.split("/")) for at in run.get("accepted", ())),
        )
        if "expect" in run:
            checked += 1
            _check(previous.report, run["expect"], settings.fail_on)
    assert checked, "a case that expects nothing cannot fail"


def _opted_in(case: dict[str, Any]) -> set[tuple[str, str]]:
    return {tuple(at.split("/")) for at in case.get("opted_in", ())}


def test_there_are_cases():
    assert len(CASES) > 15
