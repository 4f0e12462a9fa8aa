"""The formats of a report: a renderer each, imported when it is used, because some are slow to import."""

from collections.abc import Callable, Mapping
from functools import partial

from reconciler.errors import Problem
from reconciler.isolation import isolated
from reconciler.model.findings import DriftReport


def _text(report: DriftReport) -> bytes:
    from reconciler.report import text

    return text.to_text(report).encode()


def _json(report: DriftReport) -> bytes:
    from reconciler.report import document

    return document.render(report)


def _markdown(report: DriftReport) -> bytes:
    from reconciler.report import markdown

    return markdown.render(report).encode("utf-8", "replace")


RENDERERS: Mapping[str, Callable[[DriftReport], bytes]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
}


def render(report: DriftReport, name: str) -> bytes | Problem:
    """Return the bytes of a report in a format; a problem if its renderer failed."""
    return isolated(place(name), partial(RENDERERS[name], report))


def place(name: str) -> str:
    """Return the place at which a failure of a renderer is reported."""
    return f"report as {name}"
