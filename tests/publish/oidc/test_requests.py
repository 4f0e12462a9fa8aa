"""Who is logged in gets the routes, types and errors that the other web servers give to everybody."""

import gzip
import json

import pytest

from reconciler.publish.serve.answers import PROBLEM
from tests.docs.v1.examples import route_of
from tests.publish import site
from tests.publish.oidc.apache import ProtectedServer
from tests.publish.oidc.browser import ask, send
from tests.publish.test_publish import changed, put
from tests.publish.test_web_servers import REQUESTS, add_odd_files, check_answer, written
from tests.publish.web_servers import PORTAL, TYPES, check_headers

CACHED = "private, no-cache"


@pytest.fixture(scope="module")
def odd(apache) -> ProtectedServer:
    """The same server, with files in the release that no publish puts there."""
    add_odd_files(apache.directory)
    return apache


@pytest.fixture
def token(provider) -> str:
    return str(provider.token())


@pytest.mark.parametrize("case", REQUESTS)
def test_request(odd, token, case):
    line, *headers = [case["send"]] if isinstance(case["send"], str) else case["send"]
    login = f"Authorization: Bearer {token}"
    answer = send(odd, written({**case, "send": [line, login, *headers]}))
    check_answer(answer, case, "apache", CACHED)


def test_every_document_is_served_at_its_route(apache, token):
    for path, data in site.documents().items():
        seen = ask(apache, route_of(path), token=token)
        assert (seen.status, seen.body) == (200, site.PLACEHOLDERS.get(path, data)), path
        assert seen.headers["Content-Type"] == TYPES[path.rpartition(".")[2]]
        check_headers(seen)


@pytest.mark.parametrize(
    ("accept", "packed"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("br, gzip;q=0.5", True),
        ("deflate,gzip", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000 , br", False),
        ("br", False),
        ("xgzip, gzipx", False),
        ("", False),
    ],
)
def test_who_accepts_gzip_gets_it(apache, token, accept, packed):
    for route in ("/v1/inventory/live", "/v1/feed", "/", "/drift", "/assets/style.css"):
        plain = ask(apache, route, token=token)
        seen = ask(apache, route, f"Accept-Encoding: {accept}", token=token)
        assert seen.headers["Content-Type"] == plain.headers["Content-Type"]
        assert seen.headers["Content-Encoding"] == ("gzip" if packed else None), route
        assert (gzip.decompress(seen.body) if packed else seen.body) == plain.body
        for answer in (plain, seen):
            assert "Accept-Encoding" in str(answer.headers["Vary"])
            assert ("Origin" in str(answer.headers["Vary"])) == route.startswith("/v1")


@pytest.mark.parametrize("route", ["/v1/summary", "/v1/feed", "/", "/drift", "/assets/script.js"])
@pytest.mark.parametrize("accept", ["identity", "gzip"])
def test_what_is_unchanged_is_not_sent_again(apache, token, route, accept):
    accepts = f"Accept-Encoding: {accept}"
    tag = ask(apache, route, accepts, token=token).headers["ETag"]
    again = ask(apache, route, accepts, f"If-None-Match: {tag}", f"Origin: {PORTAL}", token=token)
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Cache-Control"] == CACHED
    allowed = again.headers["Access-Control-Allow-Origin"]
    assert allowed == (PORTAL if route.startswith("/v1") else None)


def test_a_browser_may_ask_what_a_page_of_the_portal_may_send(apache):
    seen = ask(
        apache,
        "/v1/summary",
        f"Origin: {PORTAL}",
        "Access-Control-Request-Method: GET",
        "Access-Control-Request-Headers: authorization",
        method="OPTIONS",
    )
    assert (seen.status, seen.body) == (204, b"")
    assert seen.headers["Access-Control-Allow-Origin"] == PORTAL
    assert "Authorization" in seen.headers["Access-Control-Allow-Headers"]
    assert seen.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert "Access-Control-Allow-Credentials" not in seen.headers


@pytest.mark.parametrize("path", ["/v1/summary", "/v1/unknown", "/v1"])
def test_a_page_of_the_portal_can_read_that_it_needs_a_login(apache, path):
    seen = ask(apache, path, f"Origin: {PORTAL}")
    assert (seen.status, seen.headers["Content-Type"]) == (401, PROBLEM)
    assert seen.headers["Access-Control-Allow-Origin"] == PORTAL


@pytest.mark.parametrize(
    "ending",
    ["json", "gz", "json.gz", "fr", "utf8", "var", "cgi", "php", "shtml", "html", "js", "asis", "map"],
)
def test_the_name_of_a_resource_does_not_change_how_its_document_is_served(apache, token, ending):
    data = json.dumps({"text": "<!--#echo var='DATE_LOCAL' --> URI: x" + " " * 2000}).encode()
    folder = (apache.directory / "current").resolve() / "v1" / "inventory"
    (folder / f"a.{ending}.json").write_bytes(data)
    (folder / f"a.{ending}.json.gz").write_bytes(gzip.compress(data))
    for accept in ("identity", "gzip"):
        seen = ask(apache, f"/v1/inventory/a.{ending}", f"Accept-Encoding: {accept}", token=token)
        assert (seen.status, seen.headers["Content-Type"]) == (200, "application/json")
        assert (gzip.decompress(seen.body) if accept == "gzip" else seen.body) == data
        assert seen.headers["Content-Encoding"] == (None if accept == "identity" else "gzip")


def test_a_switch_is_seen_at_once_and_an_old_tag_is_no_longer_good(apache, token):
    path = "/v1/summary"
    before = ask(apache, path, token=token)
    current = apache.directory / "current"
    release = current.readlink()
    put(apache.directory, changed())
    try:
        after = ask(apache, path, f"If-None-Match: {before.headers['ETag']}", token=token)
        assert after.status == 200
        assert after.body != before.body
    finally:
        current.unlink()
        current.symlink_to(release)
