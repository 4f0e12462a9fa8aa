"""A report as JSON: the same facts for programs, in canonical bytes."""

from reconciler import files
from reconciler.model.findings import DriftReport, parse_report, report_document


def render(report: DriftReport) -> bytes:
    """The canonical bytes of a report."""
    return files.canonical(report_document(report))


def parse(data: bytes) -> DriftReport:
    """The report with these bytes; raises `ValueError` with one line when it is none that we read."""
    return parse_report(files.parse_json(data))
