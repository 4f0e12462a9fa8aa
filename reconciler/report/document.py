"""A report as JSON: the same facts for programs, in canonical bytes."""

from reconciler import files
from reconciler.model.findings import DriftReport
from reconciler.model.report_document import parse_report, report_document


def render(report: DriftReport) -> bytes:
    """Return the canonical bytes of a report."""
    return files.canonical(report_document(report))


def parse(data: bytes) -> DriftReport:
    """Return the report with these bytes; raises `ValueError` with one line if it cannot be read."""
    return parse_report(files.parse_json(data))
