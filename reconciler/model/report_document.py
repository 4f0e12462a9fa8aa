"""The JSON form of a drift report: what is recorded in `drift.json` and published."""

from typing import Any

from pydantic import ValidationError

from reconciler.model.findings import DriftReport, Finding
from reconciler.model.snapshot import SCHEMA_VERSION, check_version
from reconciler.model.value import Row
from reconciler.yamlfile.validation import first_error


def report_document(report: DriftReport) -> Row:
    """Return the JSON form of a report, as recorded in `drift.json` and as published.

    A change always has both sides, so that a null can be told apart from a missing field.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        **report.model_dump(mode="json", exclude_none=True, exclude={"findings", "resolved", "unconfirmed"}),
        "findings": [finding_row(finding) for finding in report.findings],
        "resolved": [finding_row(finding) for finding in report.resolved],
        "unconfirmed": [finding_row(finding) for finding in report.unconfirmed],
    }


def summary_document(report: DriftReport) -> Row:
    """Return the JSON form of a report without its findings: the run and its counts."""
    return {
        "schema_version": SCHEMA_VERSION,
        **report.model_dump(mode="json", exclude_none=True, include={"run", "summary"}),
    }


def parse_report(document: Any) -> DriftReport:
    """Return the report whose JSON form is `document`; unknown keys of a later minor version are ignored.

    Raises `ValueError` with one line if it is not a report of a version that we read.
    """
    check_version(document)
    fields = {name: value for name, value in document.items() if name != "schema_version"}
    try:
        return DriftReport.model_validate(fields, extra="ignore")
    except ValidationError as error:
        message = f"is not a drift report that this version can read: {first_error(error)}"
        raise ValueError(message) from error


def finding_row(finding: Finding) -> Row:
    """Return the JSON form of a finding."""
    row = finding.model_dump(mode="json", exclude_none=True, exclude_defaults=False)
    change, pending = finding.change, finding.pending
    if change is not None:
        row["change"].update(desired=change.desired, live=change.live)
        items = [item.model_dump(mode="json", exclude_unset=True) for item in change.items]
        row["change"].pop("items")
        row["change"] |= {"items": items} if items else {}
    if pending is not None:
        row["pending"].update(configured=pending.configured, running=pending.running)
    if finding.moved not in {None, "never"}:
        row["agreed"] = finding.agreed
    return row
