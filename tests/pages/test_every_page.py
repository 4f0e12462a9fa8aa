"""What holds for every page: a page gets all of this by its line in SCREENS."""

from pathlib import Path

import pytest

from reconciler.publish.pages.screens import SCREENS
from tests.pages.browser import PHONE, axe
from tests.pages.sites import RECORDS

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
ROUTES = [screen.route for screen in SCREENS]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDEST = """[...document.querySelectorAll("main *")].filter(
    (each) => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1
).slice(0, 5).map((each) => each.outerHTML.slice(0, 120))"""
"""What is wider than the window, for the message of a failure."""
MARKUP = "img, iframe, object, embed, [onerror], [style]:not(.window .spacer td)"
"""Nothing that a page has; the only style is the height of what a long list leaves out, set by the script."""
LOOKED_AT = ("lab", "hostile")


def picture(page, name: str) -> None:
    """Keep what a page looks like, as an artefact."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    (SCREENSHOTS / f"{name}.png").write_bytes(page.screenshot())  # given a path, it leaves a thread


def name_of(route: str) -> str:
    return route.strip("/") or "index"


@pytest.mark.parametrize("site", RECORDS)
@pytest.mark.parametrize("route", ROUTES)
def test_a_page(visit, site, route):
    """One visit: nothing goes wrong, nothing is markup, both themes, a phone, and paper."""
    looking, name = visit(site), f"{site}-{name_of(route)}"
    page = looking.open(route)
    assert page.title()
    assert page.locator("h1").count() == 1
    assert page.locator("main").inner_text().strip()
    assert page.locator(MARKUP).count() == 0
    fits(page)
    picture(page, f"{name}-light")
    if site == "lab":
        assert axe(page) == []
    page.emulate_media(color_scheme="dark")
    picture(page, f"{name}-dark")
    if site == "lab":
        assert axe(page, "color-contrast") == []
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    fits(page)
    picture(page, f"{name}-phone")
    on_paper(page)
    looking.quiet()


def fits(page) -> None:
    """No page is wider than its window."""
    assert page.evaluate(OVERFLOW) <= 0, page.evaluate(WIDEST)


def on_paper(page) -> None:
    """What only works on a screen is left out, and the rest fits."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 900})
    for part in (".menu", ".tools", ".skip", ".filters", ".copy"):
        assert not any(each.is_visible() for each in page.locator(part).all()), part
    assert page.locator("main").is_visible()
    fits(page)
    assert page.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.parametrize("site", LOOKED_AT)
@pytest.mark.parametrize("route", ROUTES)
def test_readable_without_script(visit, site, route):
    page = visit(site, java_script_enabled=False).open(route)
    assert page.locator("main").inner_text().strip()
    assert not any(each.is_visible() for each in page.locator(".needs-script").all())


@pytest.mark.parametrize("route", ROUTES)
def test_out_of_date_by_the_clock_of_the_reader(visit, view, route):
    """The banner comes when the time is over, while the page is open, and all of it turns grey."""
    looking = visit("lab")
    page, run = looking.page, view("lab").run
    page.clock.install(time=run.collected_at)
    looking.open(route)
    banner, main = page.locator(".stale-banner"), page.locator("main")
    assert not banner.is_visible()
    page.clock.fast_forward((run.stale_after - run.collected_at).seconds * 1000 + 60_000)
    banner.wait_for(state="visible")
    assert main.evaluate("each => getComputedStyle(each).filter") == "grayscale(1)"
    looking.quiet()


@pytest.mark.parametrize("route", ROUTES)
def test_for_another_reader(visit, route):
    """Another zone and language: digits and the order of a date stay. The first key leads to the content."""
    looking = visit("lab", timezone_id="Asia/Kathmandu", locale="ar-EG")
    page = looking.open(route)
    shown = page.locator(".foot time").first
    moment = page.evaluate("text => new Date(text).getTime()", shown.get_attribute("datetime")) / 1000
    local = page.evaluate("seconds => new Date((seconds + 5.75 * 3600) * 1000).toISOString()", moment)
    assert shown.inner_text() == local[:16].replace("T", " ")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash + ' ' + document.activeElement.id") == "#main main"
    looking.quiet()
