"""The history: the run that an address names, and what the chart and the lists say without a script."""

import pytest

from reconciler.publish.serve.server import ReleaseServer
from tests.pages.browser import visiting
from tests.pages.sites import publish_site
from tests.publish import site

CHANGED = "20261123T180500Z-00000c"
QUIET = "20261123T205000Z-000001"
PANEL = "[data-chosen]"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("public-history")
    publish_site(site.shown(), directory)
    with ReleaseServer(directory) as running:
        yield running.url


@pytest.fixture
def looking(browser, server):
    with visiting(browser, server) as each:
        yield each


def shown(page, run):
    """The text of the panel of a run."""
    page.locator(f"{PANEL} h2", has_text=run).wait_for()
    page.locator(f"{PANEL} [data-content] > *").first.wait_for()
    return page.locator(PANEL).inner_text()


def test_a_run_that_changed_something(looking):
    page = looking.open(f"/history#run={CHANGED}")
    text = shown(page, CHANGED)
    assert "incomplete" in text
    assert "New: 3" in text
    assert "Resolved: 1" in text
    findings = page.locator(f'{PANEL} a[href^="/drift#finding="]')
    assert findings.count() > 3
    assert page.locator(f'{PANEL} a[href^="/resource#/v1/inventory/"]').count() > 0
    assert page.locator(f'{PANEL} a[href="/v1/history/{CHANGED}"]').count() == 1
    assert page.locator(".history-runs [data-current]").get_attribute("id") == f"run={CHANGED}"
    looking.quiet()


def test_a_run_that_changed_nothing_and_one_that_is_forgotten(looking):
    page = looking.open(f"/history#run={QUIET}")
    assert "It changed nothing that is kept." in shown(page, QUIET)
    for run, words in {
        "20200101T000000Z-000000": "Nothing is known of it any more",
        "../../etc/passwd": "No run has such an id.",
        "<img src=x onerror=alert(1)>": "No run has such an id.",
    }.items():
        page.evaluate("run => { location.hash = 'run=' + encodeURIComponent(run); }", run)
        page.locator(f"{PANEL} [data-content]", has_text=words).wait_for()
        assert run in page.locator(f"{PANEL} h2").inner_text()
    page.evaluate("location.hash = ''")
    page.locator(PANEL).wait_for(state="hidden")
    looking.quiet()


def test_without_a_script(browser, server):
    with visiting(browser, server, java_script_enabled=False) as looking:
        page = looking.open("/history")
        text = page.locator("main").inner_text()
        assert "2 findings resolved in the last 90 days; median time open" in text
        assert "about 5 runs missed" in text
        assert "(+3)" in page.locator(f'[id="run={CHANGED}"]').inner_text()
        assert page.locator(".history-chart rect.is-went").count() == 2
        assert page.locator("table tbody tr").count() == 31
