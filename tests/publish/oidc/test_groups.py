"""Groups decide who reads which path; no spelling of a path, and no header of a client, gets around them."""

import json

import pytest

from reconciler.publish.serve.answers import PROBLEM
from tests.publish import site
from tests.publish.oidc.browser import Browser, ask
from tests.publish.oidc.provider import GROUPS, NO_GROUPS, PORTAL_USER, READER, STRANGER
from tests.publish.web_servers import check_headers

DOCUMENTS = {
    "/" + path.removesuffix(".json").removesuffix("/index"): data for path, data in site.documents().items()
}


def portal_may(route: str) -> bool:
    return route == "/v1/summary" or route.startswith(("/v1/inventory/", "/v1/portmap/"))


def test_the_portal_gets_what_it_may_read_and_nothing_else(apache, provider):
    token = provider.of(PORTAL_USER)["access_token"]
    assert {portal_may(route) for route in DOCUMENTS} == {True, False}
    for route, data in DOCUMENTS.items():
        seen = ask(apache, route, token=token)
        if portal_may(route):
            assert (seen.status, seen.body) == (200, data)
        else:
            forbidden(seen)


@pytest.mark.parametrize(
    "groups", [GROUPS[STRANGER], GROUPS[NO_GROUPS], None, "", "infra-readers2", {"infra-readers": 1}, 1, True]
)
def test_other_groups_get_no_document_at_all(apache, provider, groups):
    token = provider.token(groups=groups)
    for route in (*DOCUMENTS, "/", "/drift", "/v1/feed", "/v1/unknown"):
        forbidden(ask(apache, route, token=token))


def forbidden(seen):
    assert (seen.status, seen.headers["Content-Type"]) == (403, PROBLEM)
    assert seen.headers["Cache-Control"] == "no-store"
    assert json.loads(seen.body)["status"] == 403
    check_headers(seen, page="script-src" in str(seen.headers["Content-Security-Policy"]))


def test_a_machine_is_named_by_its_account(apache, provider):
    token = provider.of_machine()
    assert ask(apache, "/v1/summary", token=token).status == 200
    forbidden(ask(apache, "/v1/health", token=token))


AROUND = [
    "/v1/inventory/../health",
    "/v1/inventory/guests/../../health",
    "/v1/inventory/%2e%2e/health",
    "/v1/inventory/%2E%2E/health",
    "/v1/inventory/.%2e/health",
    "/v1/inventory/%252e%252e/health",
    "/v1/inventory/..%2fhealth",
    "/v1/inventory/..%252fhealth",
    "/v1/inventory%2f..%2fhealth",
    "/v1/inventory%2f%2e%2e%2fhealth",
    "/v1/inventory/..;/health",
    "/v1/inventory;/../health",
    "/v1/inventory/..\\health",
    "/v1/inventory/%5c../health",
    "/v1/inventory/./../health",
    "/v1/inventory//../health",
    "/v1/inventory/%00/../../health",
    "//v1/health",
    "///v1//health",
    "/v1//health",
    "/./v1/health",
    "/v1/./health",
    "/v1%2fhealth",
    "/%2fv1/health",
    "/%76%31/health",
    "/v1/%68ealth",
    "/v1/health/",
    "/v1/health//",
    "/v1/health/.",
    "/v1/health?x=/v1/summary",
    "/v1/health?/v1/inventory/x.json",
    "/v1/health;/v1/summary",
    "/v1/health;.json",
    "/v1/health%3b.json",
    "/v1/health#/v1/summary",
    "/v1/health%23/v1/summary",
    "/v1/health%3f",
    "/v1/health%20",
    "/v1/health%09",
    "/v1/health%0a",
    "/v1/health.",
    "/v1/health.json",
    "/v1/health.json.gz",
    "/v1/summary/../health",
    "/v1/summary.json/../health",
    "/v1/summary/%2e%2e/health.json",
    "/V1/health",
    "/V1/HEALTH",
    "/v1/Health",
    "/v1/summary%0a/../health",
    "/.files/v1/health.json",
    "/.files/v1/inventory/../health.json",
    "/%2efiles/v1/health.json",
    "/%2efiles/v1/inventory/%2e%2e/health.json",
    "//.files/v1/health.json",
    "/v1/inventory/../../.files/v1/health.json",
    "/.files/index.html",
    "/oidc/callback/../../v1/health",
    "/oidc/callback%2f..%2f..%2fv1/health",
    "/assets/../v1/health",
    "/assets/style.css/../../v1/health",
    "/404.html/../v1/health",
    "http://127.0.0.1/v1/health",
    "https://elsewhere.example/v1/health",
    "http://x@y/v1/inventory/../health",
    "/server-status",
    "/icons/",
    "/cgi-bin/",
    "/index.html",
    "/v1/index",
]


@pytest.mark.parametrize("path", AROUND)
def test_no_spelling_of_a_path_gets_around_the_groups(apache, provider, path):
    for who in (PORTAL_USER, STRANGER, None):
        token = provider.token(groups=GROUPS[who]) if who else ""
        seen = ask(apache, path, "Accept: text/html", token=token)
        hidden = [data for route, data in DOCUMENTS.items() if not (who == PORTAL_USER and portal_may(route))]
        assert seen.body not in hidden
        assert seen.status in ({400, 403, 404} if who else {302, 400, 401, 404}), (who, seen)
        assert seen.status != 302 or seen.headers["Location"].startswith(f"{apache.url}/")


FORGED = [
    "X-Remote-User: ada",
    "Remote-User: ada",
    "REMOTE_USER: ada",
    "OIDC_CLAIM_groups: infra-readers",
    "OIDC-CLAIM-groups: infra-readers",
    "OIDC_CLAIM_iss: x",
    "OIDC_access_token: x",
    "X-Forwarded-User: ada",
    "X-Forwarded-Groups: infra-readers",
    "X-Forwarded-For: 127.0.0.1",
    "X-Original-URL: /v1/health",
    "X-Rewrite-URL: /v1/health",
    "X-HTTP-Method-Override: GET",
    "REDIRECT_STATUS: 200",
    "Redirect-Status: 200",
    "drift_file: /v1/health.json",
    "Forwarded: for=127.0.0.1",
    "Host: drift.lan:1/v1/health",
    "Connection: close, Authorization",
]


@pytest.mark.parametrize("header", FORGED)
def test_what_a_client_claims_about_itself_is_not_believed(apache, provider, header):
    for who in (PORTAL_USER, STRANGER, None):
        token = provider.token(groups=GROUPS[who]) if who else ""
        seen = ask(apache, "/v1/health", header, token=token)
        assert seen.status in {400, 401, 403}, who
        assert seen.body != DOCUMENTS["/v1/health"]
        assert ask(apache, "/drift", header, token=token).status in {302, 400, 401, 403}, who


@pytest.mark.parametrize("header", ["OIDC_CLAIM_groups: infra-readers", "X-Remote-User: ada"])
def test_what_a_person_claims_besides_the_session_is_not_believed(apache, header):
    browser = Browser(apache)
    browser.log_in(PORTAL_USER)
    name, _, value = header.partition(": ")
    assert browser.get("/v1/summary", **{name: value}).status == 200
    assert browser.get("/v1/health", **{name: value}).status == 403


def test_a_token_besides_a_session_counts_alone(apache, provider):
    browser = Browser(apache)
    browser.log_in(READER)
    assert browser.get("/v1/health").status == 200
    for token, status in (
        (provider.token(groups=["portal"]), 403),
        (provider.token(aud="x"), 401),
        ("x", 401),
    ):
        assert browser.get("/v1/health", Authorization=f"Bearer {token}").status == status
    assert browser.get("/v1/health", Authorization="Basic YTpi").status == 401
