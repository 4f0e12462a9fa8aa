"""One browser, and pages in it that remember everything that went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from playwright.sync_api import Browser, Dialog, Page, Request, sync_playwright

from tests.processes import program, wait_until

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE = 60_000
"""Milliseconds; the machine may be busy."""
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}


_GIVEN_UP = "net::ERR_ABORTED"
"""Chromium's word for a request that it ended itself, as for the icon of a page that is left early."""
_NOT_FOUND = "error: Failed to load resource: the server responded with a status of 404 (NOT FOUND)"
"""What the console says of a page that is served with this status, as 404.html is."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium while the block lasts."""
    executable = program("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS, timeout=PATIENCE)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """A page that somebody looks at."""

    page: Page
    base: str
    scripted: bool = True
    wrong: list[str] = field(default_factory=list)
    """What the console said, what was thrown, what was not answered, and requests to elsewhere."""
    documents: int = 0
    """How many documents were asked for so far: each visit and each reload asks for one."""
    asked: dict[Request, int] = field(default_factory=dict)
    """Each request with the document that it was for."""
    given_up: list[Request] = field(default_factory=list)
    """Requests that the browser itself ended."""

    def open(self, route: str) -> Page:
        """Go to a page, and wait until its script is done."""
        self.page.goto(f"{self.base}{route}", wait_until="load")
        if self.scripted:
            self.page.wait_for_selector("html[data-ready]", state="attached")
        if route == "/404":
            self.wrong.remove(_NOT_FOUND)
        return self.page

    def quiet(self) -> None:
        """Nothing went wrong; to give up what a page still waits for as it is left is right."""
        stayed = [f"given up: {each.url}" for each in self.given_up if self.asked.get(each) == self.documents]
        assert self.wrong + stayed == [], self.wrong + stayed


def until(page: Page, holds: str) -> None:
    """Wait until an expression holds; Playwright's own wait is an eval, which the CSP refuses."""
    wait_until(lambda: page.evaluate(holds), holds)


def filtered(page: Page, *words: str) -> None:
    """Wait until the address has these words, and the page shows what it says; no words: no filter."""
    until(page, "document.querySelector('[data-filters]').dataset.applied === location.hash")
    until(page, f"{list(words)}.every((word) => location.hash.includes(word))")
    if not words:
        until(page, "location.hash === ''")
    until(page, "document.querySelector('[data-filters]').dataset.applied === location.hash")


@contextmanager
def visiting(browser: Browser, base: str, **options: Any) -> Iterator[Visit]:
    """A page of a new, private window."""
    context = browser.new_context(**{"viewport": WIDE, **options})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    visit = Visit(page, base, scripted=options.get("java_script_enabled", True))
    page.on("console", lambda message: _heard(visit, message.type, message.text))
    page.on("pageerror", lambda error: visit.wrong.append(f"thrown: {error}"))
    page.on("dialog", lambda dialog: _asked_by(visit, dialog))
    page.on("request", lambda request: _asked(visit, request))
    page.on("requestfailed", lambda request: _failed(visit, request))
    try:
        yield visit
    finally:
        context.close()


def _heard(visit: Visit, kind: str, text: str) -> None:
    if kind in {"error", "warning"}:
        visit.wrong.append(f"{kind}: {text}")


def _asked_by(visit: Visit, dialog: Dialog) -> None:
    visit.wrong.append(f"dialog: {dialog.message}")
    dialog.dismiss()


def _asked(visit: Visit, request: Request) -> None:
    visit.documents += request.is_navigation_request()
    visit.asked[request] = visit.documents
    if not request.url.startswith((visit.base, "data:")):
        visit.wrong.append(f"request to elsewhere: {request.url}")


def _failed(visit: Visit, request: Request) -> None:
    if request.failure == _GIVEN_UP and not request.is_navigation_request():
        visit.given_up.append(request)
    else:
        visit.wrong.append(f"failed: {request.url} {request.failure}")


def axe(page: Page, rule: str | None = None) -> list[str]:
    """The serious violations of accessibility rules (or of one rule) on a page, by axe-core."""
    if not page.evaluate("'axe' in window"):
        page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text())
    only = {"runOnly": {"type": "rule", "values": [rule]}} if rule else {}
    found = page.evaluate("options => axe.run(document, options)", {"resultTypes": ["violations"], **only})
    return [
        f"{each['id']}: {each['help']}: {[str(node['target']) for node in each['nodes'][:4]]}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
    ]
