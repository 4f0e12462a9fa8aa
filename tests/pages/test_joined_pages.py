"""Port map, addresses and capacity in a real browser: what their scripts add to the page."""

import pytest

from reconciler.publish.pages.port_map import MOST_NAMES
from reconciler.publish.serve.server import ReleaseServer
from tests.pages.browser import PHONE, axe, until, visiting
from tests.pages.sites import publish_site
from tests.publish.joined_site import shown, town
from tests.site.rows import SWITCH, address

NAME, PORT = "git.lan.example", "74:AC:B9:00:00:02:2"
BEHIND = [":2222/tcp", NAME, "old.example", "www.lan.example"]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The address of a site with more names and blocks than a page shows."""
    directory = tmp_path_factory.mktemp("public-town")
    more = {f"site/address/10.20.{number}.5": address() for number in range(100, 130)}
    publish_site(shown({**town(MOST_NAMES + 10), **more}), directory)
    with ReleaseServer(directory) as server:
        yield server.url


def listed(page, table):
    """The first cells of the rows that are shown."""
    rows = page.locator(f"{table} tbody tr:visible th[scope=row]").all_inner_texts()
    return [text.removesuffix(" (disabled)").strip() for text in rows]


def chosen(page):
    """The texts of the boxes that are highlighted."""
    return page.locator("g.is-chosen text").all_text_contents()


def test_a_link_to_a_name_shows_its_path_alone(visit):
    looking = visit("lab")
    page = looking.open(f"/port-map#name={NAME}")
    assert listed(page, ".port-map-table") == [NAME]
    assert {NAME, "gitea (115)", "r630-01:vmbr0 VLAN 11", "r630-01:eno2", "Core port 3"} <= {*chosen(page)}
    assert "www.lan.example" not in chosen(page)
    assert page.locator(".port-map-status").inner_text() == f"The path of {NAME}"
    assert page.locator("details[open]").count() == 1
    page.get_by_role("button", name="show all").click()
    until(page, "location.hash === ''")
    assert len(listed(page, ".port-map-table")) > len(BEHIND)
    assert chosen(page) == []
    looking.quiet()


@pytest.mark.parametrize("way", ["link", "click", "key"])
def test_from_a_switch_port_back_to_all_names(visit, way):
    looking = visit("lab")
    page = looking.open(f"/port-map#port={PORT}" if way == "link" else "/port-map")
    box = page.locator(f'g[data-link="#port={PORT.replace(":", "%3A")}"]')
    if way == "click":
        box.click()
    elif way == "key":
        box.focus()
        page.keyboard.press("Enter")
    page.locator(".port-map-status", has_text="lead through Core port 2").wait_for()
    assert sorted(listed(page, ".port-map-table")) == sorted(BEHIND)
    assert box.get_attribute("aria-pressed") == "true"
    looking.quiet()


def test_arrow_keys_lead_from_box_to_box(visit):
    looking = visit("lab")
    page = looking.open("/port-map")
    picture = page.locator("svg.port-map-picture", has_text="gitea (115)")
    assert picture.get_attribute("role") == "group"
    assert picture.locator("[tabindex='0']").count() == 1
    picture.locator("[tabindex='0']").focus()
    seen = [page.evaluate("document.activeElement.getAttribute('aria-label')")]
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
        seen.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert seen[3:5] == ["gitea (115)", "web-01 (111)"]
    assert len({*seen}) > 5
    assert picture.locator("[tabindex='0']").count() == 1
    looking.quiet()


def test_a_line_is_clicked_near_it(visit):
    looking = visit("lab")
    page = looking.open("/port-map")
    line = page.locator("svg.port-map-picture", has_text="gitea (115)").locator("path.is-observed").first
    place = line.bounding_box()
    page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2 + 3)
    until(page, "location.hash.startsWith('#name=')")
    assert len(listed(page, ".port-map-table")) == 1
    looking.quiet()


def test_text_filters_the_names_and_the_address_keeps_it(visit):
    looking = visit("lab")
    page = looking.open("/port-map")
    page.get_by_label("Text").fill("GITEA")
    page.locator(".port-map-status", has_text="2 of").wait_for()
    assert listed(page, ".port-map-table") == [":2222/tcp", NAME]
    assert page.evaluate("location.hash") == "#q=GITEA"
    page.get_by_label("Text").fill("no such thing")
    page.locator(".port-map-status", has_text="0 of").wait_for()
    assert listed(page, ".port-map-table") == []
    assert axe(page) == []
    looking.quiet()


def test_on_a_phone_the_map_is_a_list_of_steps(visit):
    looking = visit("lab", viewport=PHONE)
    page = looking.open(f"/port-map#name={NAME}")
    assert not page.locator(".port-map-pictures").is_visible()
    row = page.locator(".port-map-table tbody tr:visible")
    tops = [each.bounding_box()["y"] for each in row.locator("th, td").all()]
    assert tops == sorted(tops)
    assert len({*tops}) == len(tops) == 7
    looking.quiet()


def test_names_beyond_the_page_are_found_in_the_document(browser, large):
    with visiting(browser, large) as looking:
        search_beyond(looking.open("/port-map"))
        looking.quiet()


def search_beyond(page):
    assert len(listed(page, ".port-map-table")) == MOST_NAMES
    last = f"app-{MOST_NAMES + 9}.example.org"
    page.get_by_label("Text").fill(last)
    page.locator(".port-map-status", has_text="1 of 310").wait_for()
    assert listed(page, ".port-map-table") == [last]
    page.evaluate("value => { location.hash = value }", f"#port={SWITCH}:1")
    page.locator(".port-map-status", has_text="62 of 310 names lead through Core port 1").wait_for()
    assert len(listed(page, ".port-map-table")) == 62
    height = page.locator("details[open] svg.port-map-picture").evaluate("each => each.getBBox().height")
    page.get_by_label("Text").fill("app-40.")
    page.locator(".port-map-status", has_text="1 of 310").wait_for()
    assert (
        page.locator("details[open] svg.port-map-picture").evaluate("each => each.getBBox().height")
        < height / 5
    )


def test_an_address_in_the_grid_leads_to_what_has_it(visit):
    looking = visit("lab")
    page = looking.open("/addresses")
    cell = page.locator("a.addresses-cell", has_text="115").first
    assert cell.get_attribute("title") == "192.168.11.115 gitea (115) (Git): taken"
    assert cell.get_attribute("href") == "/resource#/v1/inventory/guests/pve/115"
    assert page.locator("ol.addresses-grid").first.locator("li").count() == 256
    assert page.locator("a.is-conflict").count() == 1
    looking.quiet()


def test_addresses_are_filtered_by_state_text_and_link(visit):
    looking = visit("lab")
    page = looking.open("/addresses#state=conflict")
    assert listed(page, ".addresses-table") == ["192.168.11.122"]
    page.get_by_label("State").select_option("reserved")
    page.locator(".addresses-status", has_text="4 of").wait_for()
    page.get_by_label("Text").fill("telephones")
    page.locator(".addresses-status", has_text="1 of").wait_for()
    assert listed(page, ".addresses-table") == ["192.168.11.151"]
    assert page.evaluate("location.hash") == "#state=reserved&q=telephones"
    page.get_by_role("button", name="show all").click()
    until(page, "location.hash === ''")
    page.get_by_role("link", name="List its addresses").nth(2).click()
    page.locator(".addresses-status", has_text="of").wait_for()
    assert {text.rpartition(".")[0] for text in listed(page, ".addresses-table")} == {"192.168.12"}
    looking.quiet()


def test_blocks_beyond_the_page_are_drawn_when_they_are_unfolded(browser, large):
    with visiting(browser, large) as looking:
        unfold(looking.open("/addresses"))
        looking.quiet()


def unfold(page):
    left = page.locator("details[data-block]")
    block = left.first.get_attribute("data-block")
    left.first.locator("summary").click()
    grid = page.locator(f'ol[aria-label="{block}"]')
    grid.wait_for()
    assert grid.locator("li").count() == 256
    assert grid.locator("a.is-declared").count() == 1
    assert grid.locator("li.is-end").count() == 0
