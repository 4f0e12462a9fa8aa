"""Reading a proxy manager over real sockets: ways in, who sees what, both products, and what goes wrong."""

import pytest

from tests.collectors.sources import npm, read, reason, rows, scopes, unifi

COUNTS = {
    "proxy-host": 6,
    "redirection-host": 1,
    "dead-host": 1,
    "stream": 2,
    "access-list": 1,
    "certificate": 2,
}


def listed(snapshot):
    return {kind: scope.listed for kind, scope in scopes(snapshot, "npm").items()}


@pytest.mark.parametrize("plus", [False, True], ids=["NPM", "NPMplus"])
def test_everything_is_read(site_lab, plus):
    site_lab.npm.plus = plus
    snapshot = read(npm(site_lab))
    assert {kind: scope.count for kind, scope in scopes(snapshot, "npm").items()} == COUNTS
    assert set(listed(snapshot).values()) == {"complete"}
    assert snapshot.run.sources["npm"].version == "2.15.1"


def test_only_gets_but_for_one_login(site_lab):
    read(npm(site_lab))
    requests = site_lab.served("npm").requests
    assert {line for line in requests if not line.startswith("GET ")} == {"POST /api/tokens"}
    assert set(requests.values()) == {1}


def test_both_products_agree_on_what_both_have(site_lab):
    source = npm(site_lab)
    one = rows(read(source), source)["npm"]
    site_lab.npm.plus = True
    other = rows(read(source), source)["npm"]
    assert one["stream"].keys() == other["stream"].keys()
    for name, row in one["proxy-host"].items():
        plus = other["proxy-host"][name]
        for field in (
            "domain_names",
            "forward_host",
            "forward_port",
            "certificate",
            "access_lists",
            "locations",
        ):
            assert plus.get(field) == row.get(field), (name, field)


def account(name, password):
    return {"username": f"{name}@lan.example"}, {"NPM_PASSWORD": f"npm-1ab0-{password}"}


def test_an_account_that_sees_only_what_it_owns_proves_nothing(site_lab):
    changes, secrets = account("own", "own")
    snapshot = read(npm(site_lab, **changes), secrets=secrets, expected=["npm/proxy-host/git.lan.example"])
    assert set(listed(snapshot).values()) == {"partial"}
    assert "sees only its own items; set its visibility to all items" in str(
        scopes(snapshot, "npm")["stream"].problem
    )


def test_a_section_that_is_hidden(site_lab):
    changes, secrets = account("narrow", "narrow")
    found = scopes(read(npm(site_lab, **changes), secrets=secrets), "npm")
    assert {kind for kind, scope in found.items() if scope.listed != "complete"} == {"stream"}
    assert "403 Permission Denied; allow the account to view this section" in str(found["stream"].problem)


def test_who_the_account_is_cannot_be_read(site_lab):
    site_lab.served("npm").faults.answer("/users/me", 404, "Not Found", body=b"{}")
    found = scopes(read(npm(site_lab)), "npm")
    assert {scope.listed for scope in found.values()} == {"partial"}
    assert "its permissions cannot be read" in str(found["stream"].problem)


BAD = [
    ({}, {"NPM_PASSWORD": "wrong"}, "the login is refused (401 Invalid email or password)", "check username"),
    (
        {"username": "former@lan.example"},
        {"NPM_PASSWORD": "npm-1ab0-former"},
        "the login is refused",
        "disabled",
    ),
    (
        {"username": "second@lan.example"},
        {"NPM_PASSWORD": "npm-1ab0-second"},
        "asks for a second factor",
        "2FA",
    ),
    ({"url": "https://127.0.0.1:1"}, {}, "cannot be reached (connection refused)", "check url"),
    ({"ca_file": None}, {}, "the TLS certificate is not trusted", "set ca_file"),
    ({}, {"NPM_PASSWORD": ""}, "the environment variable NPM_PASSWORD is not set", "export NPM_PASSWORD"),
]


@pytest.mark.parametrize(("changes", "secrets", "what", "remedy"), BAD, ids=[each[2][:25] for each in BAD])
def test_who_is_not_let_in_is_told_why_and_the_others_go_on(site_lab, changes, secrets, what, remedy):
    snapshot = read(npm(site_lab, **changes), unifi(site_lab), secrets=secrets)
    told = reason(snapshot, "npm")
    assert what in told
    assert remedy in told
    assert snapshot.run.sources["unifi"].status == "complete"


def test_a_password_that_lets_nobody_in(site_lab):
    site_lab.npm.plus = True
    site_lab.npm.password_login = False
    told = reason(read(npm(site_lab)), "npm")
    assert "logging in with a password is not possible (403" in told


def test_too_many_failed_logins(site_lab):
    site_lab.npm.plus = True
    for _ in range(5):
        read(npm(site_lab), secrets={"NPM_PASSWORD": "wrong"})
    assert "currently refuses all logins" in reason(read(npm(site_lab)), "npm")


def test_npmplus_without_tls_is_told(site_lab):
    from reconciler.collectors.http.response import Response
    from reconciler.collectors.npm.connection.client import NpmClient
    from reconciler.model.progress import Silent
    from reconciler.model.system import SourceContext

    context = SourceContext({"NPM_PASSWORD": "x"}, site_lab.ca_file.parent, Silent())
    client = NpmClient(npm(site_lab, url="http://127.0.0.1:81", ca_file=None), context)
    told = str(client._no_login(Response(200, {}, b"{}"), {"expires": "2027"}))
    assert "NPMplus speaks only HTTPS" in told


def test_a_login_that_ends_mid_run(site_lab):
    site_lab.npm.lasts = 3
    found = scopes(read(npm(site_lab)), "npm")
    failed = [scope.problem for scope in found.values() if scope.listed == "failed"]
    assert failed
    assert all("the login is invalid or has expired" in str(each) for each in failed)


def test_a_proxy_host_without_names_is_a_note(site_lab):
    site_lab.npm.lists["proxy-hosts"].append(
        {**site_lab.npm.lists["proxy-hosts"][0], "id": 9, "domain_names": []}
    )
    scope = scopes(read(npm(site_lab)), "npm")["proxy-host"]
    assert (scope.listed, scope.notes) == ("complete", ("1 row has no domain_names and is left out",))


def test_a_server_that_starts(site_lab, no_pause):
    faults = site_lab.served("npm").faults
    faults.answer("/api/", 502, "Bad Gateway", body=b"", content_type="text/html")
    assert "the server does not answer yet (502); it may be starting" in reason(read(npm(site_lab)), "npm")
    faults.clear()
    faults.html("/api/")
    assert "the answer is a web page, not JSON" in reason(read(npm(site_lab)), "npm")
    faults.clear()
    faults.html("/nginx/streams")
    found = listed(read(npm(site_lab)))
    assert [kind for kind, each in found.items() if each != "complete"] == ["stream"]


def test_names_that_cannot_be_read_leave_fields_unread(site_lab):
    faults = site_lab.served("npm").faults
    faults.answer("/nginx/certificates", 403, "Forbidden", body=b"{}")
    faults.answer("/nginx/access-lists", 403, "Forbidden", body=b"{}")
    source = npm(site_lab)
    found = rows(read(source), source)["npm"]["proxy-host"]
    assert found["vault.lan.example"]["unread"] == ["access_lists", "certificate"]
    assert "unread" not in found["wiki.lan.example"], "it has neither"


def test_another_form_of_the_same_rows_is_the_same(site_lab):
    source = npm(site_lab)
    before = rows(read(source), source)
    for form in ("one", "two"):
        site_lab.npm.form = form
        assert rows(read(source), source) == before


def test_the_name_of_the_account_may_be_a_reference(site_lab):
    snapshot = read(npm(site_lab, username="${NPM_USER}"), secrets={"NPM_USER": "reader@lan.example"})
    assert snapshot.run.sources["npm"].status == "complete"
    told = reason(read(npm(site_lab, username="${NPM_USER}")), "npm")
    assert "NPM_USER is not set" in told


def test_users_of_an_access_list_are_counted_and_never_named(site_lab):
    source = npm(site_lab)
    (office,) = site_lab.npm.lists["access-lists"]
    office["items"] = [
        {"id": 8, "username": "zoe.miller", "password": "", "hint": "q*******"},
        {"id": 9, "username": "adam.smith", "password": "", "hint": "q*******"},
    ]
    office["clients"].reverse()
    snapshot = read(source)
    found = rows(snapshot, source)["npm"]["access-list"]["Office"]
    assert (found["users"], found["logins"]) == (2, "set")
    assert found["clients"] == ["allow 203.0.113.0/24", "deny all"]
    text = repr(snapshot) + repr(rows(snapshot, source))
    assert not [each for each in ("zoe", "miller", "adam", "smith", "q***") if each in text]


def test_a_404_host_is_read_with_its_certificate(site_lab):
    source = npm(site_lab)
    (gone,) = site_lab.npm.lists["dead-hosts"]
    gone |= {"certificate_id": 2, "ssl_forced": True, "domain_names": ["gone.example", "old.example"]}
    found = rows(read(source), source)["npm"]["dead-host"]["gone.example"]
    assert found["certificate"] == "old.example"
    assert found["domain_names"] == ["gone.example", "old.example"]
    assert "block_exploits" not in found


@pytest.mark.parametrize(
    "certificates", [b"[]", b'[{"id": 1, "domain_names": {"x": 1}}]'], ids=["none", "odd"]
)
def test_names_of_certificates_that_are_not_known_are_unread(site_lab, certificates):
    source = npm(site_lab)
    before = rows(read(source), source)["npm"]
    site_lab.served("npm").faults.answer("/nginx/certificates", 200, "OK", body=certificates)
    found = rows(read(source), source)["npm"]
    certified = [name for name, row in before["proxy-host"].items() if "certificate" in row]
    assert certified
    for name in certified:
        assert "certificate" not in found["proxy-host"][name]
        assert "certificate" in found["proxy-host"][name]["unread"]
