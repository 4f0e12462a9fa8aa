"""People log in at the provider with a browser: authorization code, PKCE, a session, a logout."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from reconciler.publish.serve.answers import PROBLEM
from tests.publish import site
from tests.publish.oidc.browser import Browser, ask
from tests.publish.oidc.provider import CLIENT, NO_GROUPS, PORTAL_USER, READER, STRANGER
from tests.publish.web_servers import check_headers

SESSION = "__Host-drift"
PAGES = {"/": "index.html", "/drift": "drift.html", "/not-checked": "not-checked.html"}


@pytest.fixture
def browser(apache) -> Browser:
    return Browser(apache)


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def with_query(url: str, **changes: str) -> str:
    return urlsplit(url)._replace(query=urlencode({**query(url), **changes})).geturl()


@pytest.mark.parametrize("path", [*PAGES, "/index", "/unknown", "/drift?severity=error&q=%3Cb%3E"])
def test_a_page_without_a_session_leads_to_the_provider_and_shows_nothing(browser, provider, path):
    seen = browser.get(path)
    if path == "/index":
        assert (seen.status, seen.body) == (404, site.PLACEHOLDERS["404.html"])
        return
    assert seen.status == 302
    assert seen.target.startswith(f"{provider.issuer}/authorize?")
    asked = query(seen.target)
    assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
    assert asked["redirect_uri"] == f"{browser.server.url}/oidc/callback"
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) > 20
    assert "\u2713".encode() not in seen.body
    assert all("no-store" in value for value in seen.headers.get_all("Cache-Control"))
    (cookie,) = seen.headers.get_all("Set-Cookie")
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}


@pytest.mark.parametrize(("path", "file"), PAGES.items())
def test_after_the_login_a_person_sees_the_page_that_was_asked_for(browser, path, file):
    seen = browser.log_in(READER, path)
    assert (seen.status, seen.body) == (200, site.PLACEHOLDERS[file])
    assert seen.url == f"{browser.server.url}{path}"
    assert seen.headers["Cache-Control"] == "private, no-cache"
    check_headers(seen, page=True)


def test_the_session_cookie_is_a_random_number_that_scripts_and_other_sites_do_not_get(browser):
    browser.log_in(READER)
    cookie = browser.cookies()[SESSION]
    assert re.fullmatch(r"[\w-]{20,}", str(cookie.value))
    assert (cookie.secure, cookie.path, cookie.domain_specified) == (True, "/", False)
    assert {name.lower(): value for name, value in vars(cookie)["_rest"].items()} == {
        "httponly": None,
        "samesite": "Lax",
    }


def test_a_session_reads_documents_and_assets_too(browser):
    browser.log_in(READER)
    seen = browser.get("/v1/inventory/live")
    assert (seen.status, seen.body) == (200, site.documents()["v1/inventory/live.json"])
    assert browser.get("/v1/inventory/live", If_None_Match=seen.headers["ETag"]).status == 304
    assert browser.get("/assets/style.css").body == site.PLACEHOLDERS["assets/style.css"]
    assert browser.get("/v1/feed").body == site.PLACEHOLDERS["v1/feed.atom"]
    assert browser.get("/unknown").body == site.PLACEHOLDERS["404.html"]
    assert browser.get("/v1/unknown").headers["Content-Type"] == PROBLEM


@pytest.mark.parametrize("headers", [{}, {"Accept": "text/html"}, {"X-Requested-With": "XMLHttpRequest"}])
def test_what_scripts_read_is_never_a_redirect(browser, headers):
    for path in ("/v1", "/v1/summary", "/v1/feed", "/v1/unknown", "/assets/style.css"):
        seen = browser.get(path, **headers)
        assert (seen.status, seen.headers["Content-Type"]) == (401, PROBLEM), path
        assert seen.headers.get_all("WWW-Authenticate")[0].startswith("Bearer ")
        assert not browser.cookies()


def test_the_logout_ends_the_session_here_and_at_the_provider(browser, provider):
    browser.log_in(READER)
    session = browser.cookies()[SESSION]
    seen = browser.follow(browser.get("/logout"), until=provider.issuer)
    assert seen.target.startswith(f"{provider.issuer}/logout?")
    assert browser.follow(seen).status == 200
    assert SESSION not in browser.cookies()
    browser.jar.set_cookie(session)
    assert browser.get("/drift").status == 302
    assert browser.get("/v1/summary").status == 401


@pytest.mark.parametrize("value", ["", "x", "A" * 27, "../../etc/passwd", "eyJhbGciOiJub25lIn0.e30."])
def test_a_session_cannot_be_guessed(browser, value):
    for name in (SESSION, "mod_auth_openidc_session"):
        assert browser.get("/drift", Cookie=f"{name}={value}").status == 302
        assert browser.get("/v1/summary", Cookie=f"{name}={value}").status == 401


@pytest.mark.parametrize("user", [PORTAL_USER, STRANGER, NO_GROUPS])
def test_a_person_whose_groups_do_not_read_pages_gets_403(browser, user):
    seen = browser.log_in(user, "/drift")
    assert (seen.status, seen.headers["Content-Type"]) == (403, PROBLEM)
    assert browser.get("/").status == 403
    assert browser.get("/v1/summary").status == (200 if user == PORTAL_USER else 403)
    assert browser.get("/v1/health").status == 403


def test_an_answer_of_the_provider_is_good_for_the_browser_that_asked_and_once(apache, browser):
    back = browser.sent_back(READER)
    stranger = Browser(apache)
    stranger.get(back)
    assert SESSION not in stranger.cookies()
    assert browser.follow(browser.get(back)).status == 200
    browser.jar.clear()
    browser.get(back)
    assert SESSION not in browser.cookies()


@pytest.mark.parametrize("name", ["state", "code", "iss"])
def test_an_altered_answer_of_the_provider_starts_no_session(browser, name):
    back = browser.sent_back(READER)
    altered = with_query(back, **{name: "https://elsewhere.example/x"})
    seen = browser.get(altered)
    assert seen.status != 302 or seen.target.startswith(browser.server.url)
    assert SESSION not in browser.cookies()


@pytest.mark.parametrize("name", ["nonce", "code_challenge"])
def test_an_answer_to_another_question_starts_no_session(browser, name):
    asked = browser.get("/drift").target
    back = browser.answer_of(READER, with_query(asked, **{name: "A" * 43}))
    seen = browser.get(back)
    assert SESSION not in browser.cookies()
    assert "\u2713".encode() not in seen.body


ELSEWHERE = [
    "https://evil.example/",
    "http://evil.example",
    "//evil.example/",
    "///evil.example/",
    "https:///evil.example/",
    "https:evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%09/evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    " https://evil.example",
    "https://{host}.evil.example/",
    "https://{host}@evil.example/",
    "https://evil.example#{host}/",
    "https://evil.example?{host}/",
    "https://evil.example\\@{host}/",
    "javascript:alert(1)",
    "data:text/html,x",
    "/x\r\nLocation: https://evil.example",
    "https://{host}/\r\nSet-Cookie: x=y",
]


@pytest.mark.parametrize("target", ELSEWHERE)
@pytest.mark.parametrize("logged_in", [True, False])
def test_neither_login_nor_logout_leads_elsewhere(browser, provider, readers_cookie, target, logged_in):
    host = urlsplit(browser.server.url).netloc
    target = target.format(host=host)
    for asked in (
        {"logout": target},
        {"target_link_uri": target, "iss": provider.issuer},
        {"iss": "https://evil.example", "target_link_uri": browser.server.url},
        {"refresh": target, "access_token": "x"},
        {"session": "logout", "redirect_uri": target},
        {"error": "access_denied", "state": "x", "redirect_uri": target},
    ):
        cookie = {"Cookie": readers_cookie} if logged_in and "logout" not in asked else {}
        seen = browser.get(f"/oidc/callback?{urlencode(asked)}", **cookie)
        assert "x=y" not in str(seen.headers)
        if seen.status in {301, 302, 303, 307}:
            assert seen.target.startswith((f"{browser.server.url}/", f"{provider.issuer}/"))
            back = query(seen.target).get("post_logout_redirect_uri", browser.server.url)
            assert back.startswith(browser.server.url)


@pytest.mark.parametrize("path", ["/drift", "/"])
def test_a_logout_may_lead_to_a_page_of_this_server(browser, provider, path):
    browser.log_in(READER)
    seen = browser.get(f"/oidc/callback?{urlencode({'logout': browser.server.url + path})}")
    assert seen.target.startswith(f"{provider.issuer}/logout?")
    assert query(seen.target)["post_logout_redirect_uri"] == browser.server.url + path


@pytest.fixture(scope="module")
def readers_cookie(apache) -> str:
    browser = Browser(apache)
    browser.log_in(READER)
    return f"{SESSION}={browser.cookies()[SESSION].value}"


@pytest.mark.parametrize(
    "path", ["//evil.example/", "/%2f/evil.example", "/\\evil.example", "//evil.example/drift"]
)
def test_the_page_that_was_asked_for_is_never_elsewhere(browser, path):
    seen = browser.get(path)
    assert seen.status in {302, 400, 404}


@pytest.mark.parametrize(
    "path", ["/", "/drift?q=%3Cb%3E", "//evil.example/", "/logout", "/oidc/callback?code=x&state=y"]
)
def test_another_name_of_the_host_leads_to_the_one_that_has_sessions(apache, path):
    seen = ask(apache, path, "Accept: text/html")
    assert seen.status in {302, 404}
    assert path == "//evil.example/" or seen.status == 302
    if seen.status == 302:
        assert seen.headers["Location"] == f"{apache.url}{path}"
