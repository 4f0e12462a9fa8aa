"""The frame of every page: search, theme, copying, and what is shown of untrusted text."""

import pytest

from reconciler.text import visible
from tests.pages.sites import SCRIPT


def test_search_by_keys(visit):
    looking = visit("lab")
    page = looking.open("/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "combobox"
    page.keyboard.type("192.168.11.122")
    page.locator(".search [role=option]").first.wait_for()
    assert "192.168.11.122" in page.locator(".search [aria-selected=true]").inner_text()
    page.keyboard.press("ArrowDown")
    chosen = page.locator(".search [aria-selected=true]")
    assert chosen.get_attribute("id") == page.evaluate(
        "document.activeElement.getAttribute('aria-activedescendant')"
    )
    page.keyboard.press("Escape")
    assert not page.locator(".search [role=listbox]").is_visible()


@pytest.mark.parametrize("wanted", ["redis-02", "REDIS-02", "pve/guest/142", "142"])
def test_search_finds_by_name_and_key(visit, wanted):
    page = visit("lab").open("/drift")
    page.locator(".search input").fill(wanted)
    first = page.locator(".search [role=option]").first
    first.wait_for()
    assert "pve/guest/142" in first.inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/resource#/v1/inventory/guests/pve/142")


def test_search_takes_any_text(visit):
    looking = visit("hostile")
    page = looking.open("/")
    for wanted in ("(", "\\", "[", "%", "<script>", "\u202e", "no such thing"):
        page.locator(".search input").fill(wanted)
        page.locator(".search [role=listbox]").wait_for()
    page.get_by_text("no resource has that").wait_for()
    page.locator(".search input").fill("  ")
    page.locator(".search [role=listbox]").wait_for(state="hidden")
    looking.quiet()


def test_search_says_when_there_is_no_index(visit):
    looking = visit("lab")
    looking.page.route("**/v1/index/resources", lambda route: route.fulfill(status=503, body="{}"))
    page = looking.open("/")
    page.locator(".search input").fill("x")
    page.locator(".search .error").wait_for()
    assert "cannot be read: 503" in page.locator(".search .error").inner_text()


@pytest.mark.parametrize("route", ["/", "/drift", "/inventory"])
def test_markup_in_names_is_text(visit, route):
    page = visit("hostile").open(route)
    assert SCRIPT in page.locator("main").inner_text()


def test_markup_in_the_search_is_text(visit):
    looking = visit("hostile")
    page = looking.open("/")
    page.locator(".search input").fill("onerror")
    page.locator(".search [role=option]").first.wait_for()
    assert SCRIPT in page.locator(".search [role=option]").first.inner_text()
    looking.quiet()


def test_invisible_text_is_made_visible_alike(visit):
    """The script and the templates escape the same characters."""
    page = visit("hostile").open("/inventory")
    shown = page.locator("main").inner_text()
    assert not set("\u202e\u2066\u200b\u2028\x1b\x07") & set(shown)
    text = "".join(map(chr, [*range(0x180, 0x3000), *range(0xFE00, 0xFFFE), *range(0xE0000, 0xE0200)]))
    assert page.evaluate("text => reconciler.visible(text)", text) == visible(text, 12 * len(text))


def test_the_theme_is_kept(visit):
    looking = visit("lab", color_scheme="light")
    page = looking.open("/")
    button = page.get_by_role("button", name="Theme: system")
    button.click()
    page.get_by_role("button", name="Theme: light").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page = looking.open("/drift")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == back
    page.get_by_role("button", name="Theme: dark").click()
    assert page.locator("html").get_attribute("data-theme") is None


@pytest.mark.parametrize("secure", [True, False], ids=["https", "plain http"])
def test_a_command_is_copied_as_it_is_pasted(visit, secure):
    """Browsers offer no clipboard to a page of plain HTTP on the LAN: it is copied by a selection there."""
    looking = visit("lab", permissions=["clipboard-read", "clipboard-write"])
    if not secure:
        looking.page.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    page = looking.open("/drift#finding=0afe27d0a93d")
    button = page.locator(".block:not([hidden]) .copy").first
    wanted = button.get_attribute("data-copy")
    assert wanted is not None
    assert wanted.startswith("pct set 142 --digest")
    button.click()
    page.get_by_role("button", name="copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == wanted
