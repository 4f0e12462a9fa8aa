"""The inventory: 10,000 rows of which few are in the page, filters, sorting, and the keyboard."""

from tests.pages.browser import filtered, until
from tests.pages.sites import MANY

ROWS = ".window tbody tr:not(.spacer)"


def names(page) -> list[str]:
    found: list[str] = page.locator(f"{ROWS} td:first-child").all_inner_texts()
    return found


def test_only_the_rows_on_the_screen_are_in_the_page(visit):
    looking = visit("many")
    page = looking.open("/inventory")
    assert page.locator("[data-count]").inner_text() == f"{MANY} resources"
    assert page.locator(".window table").get_attribute("aria-rowcount") == str(MANY + 1)
    assert 10 < page.locator(ROWS).count() < 80
    page.locator(".window").evaluate("each => { each.scrollTop = each.scrollHeight; }")
    until(page, f"document.querySelector('{ROWS}:nth-last-child(2)').ariaRowIndex === '{MANY + 1}'")
    assert page.locator(ROWS).count() < 80
    looking.quiet()


def test_filters_are_in_the_address(visit):
    looking = visit("many")
    page = looking.open("/inventory#verdict=drifted&node=node-07")
    shown = page.locator("[data-count]").inner_text()
    assert shown.endswith(f" of {MANY} resources")
    found = int(shown.split()[0])
    assert 0 < found < MANY // 10
    page.get_by_label("Text").fill("vm-1 ")
    filtered(page, "vm-1")
    assert all("vm-1" in name for name in names(page))
    page.get_by_role("button", name="clear").click()
    filtered(page)
    assert page.locator("[data-count]").inner_text() == f"{MANY} resources"
    page.evaluate("location.hash = 'kind=no%2Fsuch'")
    page.locator("[data-none]").wait_for()
    looking.quiet()


def test_a_column_sorts_as_people_count(visit):
    page = visit("many").open("/inventory")
    page.get_by_role("button", name="name", exact=True).click()
    assert names(page)[:3] == ["vm-100", "vm-101", "vm-102"]
    page.get_by_role("button", name="name", exact=True).click()
    assert names(page)[0] == f"vm-{MANY + 99}"
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"


def test_by_keys(visit):
    page = visit("lab").open("/inventory#text=redis-0")
    table = page.locator(".window table")
    table.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    chosen = page.locator(f"{ROWS}[aria-selected=true]")
    assert chosen.count() == 1
    assert chosen.get_attribute("id") == table.get_attribute("aria-activedescendant")
    page.keyboard.press("Enter")
    page.wait_for_url("**/resource#/v1/inventory/**")


def test_without_script_the_first_rows_and_every_list(visit, view):
    page = visit("many", java_script_enabled=False).open("/inventory")
    assert page.locator(".resources tbody tr").count() == 200
    links = page.locator(".kinds a").evaluate_all("each => each.map((link) => link.getAttribute('href'))")
    assert links == list(view("many").lists.values())
