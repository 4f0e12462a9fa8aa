"""view → HTML pages, their stylesheet and their script.

Import it where it is used: jinja2 is slow to import. All text is escaped by jinja2; no page has a script, a
style or a handler of its own, so that the strictest Content-Security-Policy holds.
"""

from collections.abc import Iterator
from functools import cache, partial
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reconciler.isolation import isolated
from reconciler.model.value import timestamp
from reconciler.publish.documents.form import PublishedFile
from reconciler.publish.pages.screens import SCREENS, Page
from reconciler.publish.pages.words import MARKS, page_value
from reconciler.publish.view import View
from reconciler.report.sections import moment
from reconciler.text import counted

_FIRST = ("core",)
"""The parts of stylesheet and script that all others build on."""


def page_files(view: View) -> Iterator[PublishedFile]:
    """Yield every page, then what they share; a page that fails costs only itself."""
    for screen in SCREENS:
        data = isolated(f"page {screen.route}", partial(_page, screen, view))
        yield PublishedFile(f"{screen.name}.html", data, dated=True)
    yield PublishedFile("assets/icon.svg", _asset("icon.svg"), dated=False)
    yield PublishedFile("assets/script.js", _joined("script", ".js"), dated=False)
    yield PublishedFile("assets/style.css", _joined("style", ".css"), dated=False)


def _page(screen: Page, view: View) -> bytes:
    envelope = view.stamped(None)
    text = (
        _environment()
        .get_template(f"{screen.name}.html.j2")
        .render(
            screen=screen,
            screens=[each for each in SCREENS if each.in_menu],
            site=view.run.site,
            run_id=view.run.id,
            collected_at=envelope["collected_at"],
            stale_after=envelope["stale_after"],
            summary=view.recorded.report.summary,
            **screen.content(view),
        )
    )
    return text.encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reconciler.publish.pages"),
        autoescape=True,
        finalize=page_value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "timestamp": timestamp,
        "moment": moment,
        "counted": counted,
        "raw": Markup.escape,
    }
    environment.globals["marks"] = MARKS
    return environment


def _asset(name: str) -> bytes:
    return (files("reconciler.publish.pages") / "assets" / name).read_bytes()


@cache
def _joined(folder: str, suffix: str) -> bytes:
    """Return the parts of the stylesheet or the script in one piece: the shared ones, then one per screen."""
    parts = files("reconciler.publish.pages") / "assets" / folder
    names = sorted(part.name.removesuffix(suffix) for part in parts.iterdir() if part.name.endswith(suffix))
    names = [*_FIRST, *(name for name in names if name not in _FIRST)]
    return b"\n".join((parts / f"{name}{suffix}").read_bytes() for name in names)
