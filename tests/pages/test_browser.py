"""What counts as wrong while a page is looked at."""

from pathlib import Path

import pytest

from tests.processes import wait_until

SLOW = "**/never.svg"
ASK = "() => { const image = new Image(); image.src = '/never.svg'; document.body.append(image); }"
GIVE_UP = """() => {
  const stop = new AbortController();
  fetch('/never.svg', {signal: stop.signal}).catch(() => 0);
  stop.abort();
}"""


def test_what_is_still_on_its_way_as_a_page_is_left_is_not_wrong(visit):
    looking = visit("lab")
    page = looking.open("/drift")
    page.route(SLOW, lambda route: None)
    with page.expect_request(SLOW):
        page.evaluate(ASK)
    page.reload()
    wait_until(lambda: page.evaluate("1") and looking.given_up, "the request is given up")
    looking.quiet()


def test_what_a_page_gives_up_while_it_stays_is_wrong(visit):
    looking = visit("lab")
    page = looking.open("/drift")
    page.route(SLOW, lambda route: None)
    with page.expect_event("requestfailed"):
        page.evaluate(GIVE_UP)
    with pytest.raises(AssertionError, match="given up"):
        looking.quiet()


def test_an_answer_that_breaks_off_is_wrong(visit):
    looking = visit("lab")
    page = looking.open("/drift")
    page.route(SLOW, lambda route: route.abort("connectionreset"))
    with page.expect_event("requestfailed"):
        page.evaluate(ASK)
    with pytest.raises(AssertionError, match="/never"):
        looking.quiet()


def test_no_test_waits_by_an_eval_which_pages_refuse():
    """It fails only when the wait is not over at once: on a busy machine."""
    word = "wait_for_" + "function"
    assert [each.name for each in Path(__file__).parent.glob("*.py") if word in each.read_text()] == []
