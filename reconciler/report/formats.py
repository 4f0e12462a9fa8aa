"""The formats of a report: a renderer each, imported when it is used, because some are slow to import."""

from collections.abc import Callable, Mapping
from functools import partial

from reconciler.errors import Problem
from reconciler.isolation import isolated
from reconciler.model.findings import DriftReport
from reconciler.report.context import NO_CONTEXT, ReportContext


def _text(report: DriftReport, context: ReportContext) -> bytes:
    from reconciler.report import text

    return text.to_text(report, context=context).encode("utf-8", "replace")


def _json(report: DriftReport, _context: ReportContext) -> bytes:
    from reconciler.report import document

    return document.render(report)


def _markdown(report: DriftReport, context: ReportContext) -> bytes:
    from reconciler.report import markdown

    return markdown.render(report, context).encode("utf-8", "replace")


def _junit(report: DriftReport, context: ReportContext) -> bytes:
    from reconciler.report import junit

    return junit.render(report, context)


RENDERERS: Mapping[str, Callable[[DriftReport, ReportContext], bytes]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
    "junit": _junit,
}


def render(report: DriftReport, name: str, context: ReportContext = NO_CONTEXT) -> bytes | Problem:
    """Return the bytes of a report in a format; a problem if its renderer failed."""
    return isolated(place(name), partial(RENDERERS[name], report, context))


def place(name: str) -> str:
    """Return the place at which a failure of a renderer is reported."""
    return f"report as {name}"
