"""The formats of a report: a renderer each, imported when it is used, because some are slow to import."""

from collections.abc import Callable, Mapping
from functools import partial

from reconciler.errors import Problem
from reconciler.isolation import isolated
from reconciler.model.findings import DriftReport
from reconciler.report.beside import NOTHING_BESIDE, Beside


def _text(report: DriftReport, beside: Beside) -> bytes:
    from reconciler.report import text

    return text.to_text(report, beside=beside).encode("utf-8", "replace")


def _json(report: DriftReport, _beside: Beside) -> bytes:
    from reconciler.report import document

    return document.render(report)


def _markdown(report: DriftReport, beside: Beside) -> bytes:
    from reconciler.report import markdown

    return markdown.render(report, beside).encode("utf-8", "replace")


def _junit(report: DriftReport, beside: Beside) -> bytes:
    from reconciler.report import junit

    return junit.render(report, beside)


RENDERERS: Mapping[str, Callable[[DriftReport, Beside], bytes]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
    "junit": _junit,
}


def render(report: DriftReport, name: str, beside: Beside = NOTHING_BESIDE) -> bytes | Problem:
    """Return the bytes of a report in a format; a problem if its renderer failed."""
    return isolated(place(name), partial(RENDERERS[name], report, beside))


def place(name: str) -> str:
    """Return the place at which a failure of a renderer is reported."""
    return f"report as {name}"
