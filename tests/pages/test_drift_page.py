"""The drift page: filters in the address, one finding by its address, and more than the page has itself."""

from reconciler.publish.pages.drift import MOST
from tests.pages.browser import filtered
from tests.pages.sites import MANY

FINDING = "0afe27d0a93d"
"""Of the lab's site: the address of redis-02."""
SHOWN = ".blocks > .block:not([hidden])"


def test_filters_are_in_the_address(visit):
    looking = visit("lab")
    page = looking.open("/drift#severity=error")
    every = page.locator(".block").count()
    assert page.locator(SHOWN).count() == page.locator(".block.error").count() < every
    page.get_by_label("Severity").select_option("warning")
    page.get_by_label("Text").fill("redis-02")
    filtered(page, "redis-02", "warning")
    assert page.locator(SHOWN).count() == 1
    assert page.evaluate("location.hash") == "#severity=warning&text=redis-02"
    page.reload()
    assert page.get_by_label("Text").input_value() == "redis-02"
    assert page.locator(SHOWN).count() == 1
    page.get_by_role("button", name="clear").click()
    filtered(page)
    assert page.locator(SHOWN).count() == every
    looking.quiet()


def test_each_filter_leaves_what_it_names(visit):
    page = visit("lab").open("/drift")
    for name, holds in {
        "kind=pve%2Fguest": "each => each.dataset.kind === 'pve/guest'",
        "type=missing": "each => each.dataset.type.split(' ').includes('missing')",
        "moved=live": "each => each.dataset.moved.split(' ').includes('live')",
    }.items():
        page.evaluate("hash => { location.hash = hash; }", name)
        filtered(page, name)
        assert page.locator(".block[hidden]").count() > 0
        shown = page.locator(SHOWN)
        assert all(shown.evaluate_all(f"each => each.map({holds})")), name
    page.evaluate("() => { location.hash = 'type=nothing&text=%00<b>'; }")
    page.locator("[data-none]").wait_for()
    assert page.locator(SHOWN).count() == 0


def test_one_finding_by_its_address(visit):
    looking = visit("lab")
    page = looking.open(f"/drift#finding={FINDING}")
    assert page.locator(SHOWN).count() == 1
    assert page.locator(".target").inner_text().startswith("/nics/net0/ip")
    assert "192.168.11.142/24" in page.locator(SHOWN).inner_text()
    page.get_by_role("link", name="Show all findings").click()
    filtered(page)
    assert page.locator(".block[hidden]").count() == 0
    looking.quiet()


def test_the_address_of_a_finding_that_is_not_there(visit):
    page = visit("lab").open("/drift#finding=ffffffffffff")
    page.get_by_text("Finding ffffffffffff is not in this run.").wait_for()
    assert page.locator(SHOWN).count() == 0


def test_a_place_links_to_its_line(visit):
    page = visit("lab").open("/drift")
    link = page.locator(f'[id="finding={FINDING}"] .place a').first.get_attribute("href")
    assert link is not None
    assert link.startswith("https://gitea.lan/ops/site/src/commit/0123abcd")
    assert "/desired-state/pve/guest.yaml#L" in link


def test_more_findings_than_the_page_has_itself(visit):
    looking = visit("many")
    page = looking.open("/drift")
    assert page.locator(".block").count() == MOST
    page.locator(".window tbody tr:not(.spacer)").first.wait_for()
    left = MANY // 10 - MOST
    assert page.locator(".window table").get_attribute("aria-rowcount") == str(left + 1)
    assert page.locator(".window tbody tr").count() < 80
    page.locator(".window tbody a").first.click()
    page.locator(".alone .block").get_by_text("/memory").first.wait_for()
    assert page.locator(".alone .copy").count() > 0
    page.evaluate("location.hash = 'text=vm-9997'")
    filtered(page, "vm-9997")
    assert page.locator(".window tbody tr:not(.spacer)").count() == 1
    assert page.locator(SHOWN).count() == 0
    looking.quiet()


def test_nothing_is_open(visit):
    page = visit("empty").open("/drift")
    assert "No open finding" in page.locator("main").inner_text()
