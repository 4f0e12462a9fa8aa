"""Reading a controller over real sockets: which it is, ways in, its three APIs, and what goes wrong."""

from typing import Any

import pytest
from pydantic import ValidationError

from reconciler.collectors.unifi import SYSTEM
from reconciler.collectors.unifi.connection.settings import UnifiSettings
from reconciler.config.settings import FileSettings
from reconciler.drift.identify import identify
from reconciler.lab.faults import Fault
from reconciler.lab.unifi.ids import oid
from reconciler.lab.wire import Answer
from reconciler.model.fingerprint import same_secret
from tests.collectors.http.stub import Reply, serve
from tests.collectors.sources import ACCOUNT, KEY, OWNER, npm, read, reason, rows, scopes, unifi
from tests.problems import texts

KINDS = {"unifi": {kind.name: kind for kind in SYSTEM.kinds}}
COUNTS = {
    "network": 8,
    "device": 6,
    "switch-port": 43,
    "port-profile": 3,
    "wlan": 3,
    "port-forward": 4,
    "firewall-zone": 7,
    "firewall-group": 2,
    "firewall-policy": 3,
    "firewall-order": 2,
    "acl-rule": 2,
    "acl-order": 1,
    "switch-stack": 1,
    "lag": 3,
    "reservation": 4,
    "static-dns": 4,
    "site-settings": 1,
    "static-route": 1,
    "ap-group": 2,
    "client-group": 2,
    "dhcp-option": 2,
    "scheduled-task": 1,
    "dpi-group": 1,
    "traffic-route": 2,
    "traffic-rule": 2,
    "nat-rule": 4,
    "nat-order": 1,
    "radius-profile": 2,
    "radius-user": 2,
    "dynamic-dns": 2,
    "hotspot-operator": 1,
    "wireguard-peer": 2,
    "client": 66,
}
WITHOUT_INTEGRATION = COUNTS | {"static-dns": 3, "acl-rule": 0, "acl-order": 0, "switch-stack": 0, "lag": 0}


def counts(snapshot):
    return {kind: scope.count for kind, scope in scopes(snapshot).items()}


def listed(snapshot):
    return {kind: scope.listed for kind, scope in scopes(snapshot).items()}


@pytest.mark.parametrize(
    ("console", "changes", "expected"),
    [(True, {}, COUNTS), (True, ACCOUNT, WITHOUT_INTEGRATION), (False, ACCOUNT, WITHOUT_INTEGRATION)],
    ids=["console with a key", "console with an account", "controller of its own"],
)
def test_everything_is_read(site_lab, console, changes, expected):
    site_lab.unifi.console = console
    snapshot = read(unifi(site_lab, **changes))
    assert counts(snapshot) == expected
    assert set(listed(snapshot).values()) == {"complete"}
    assert snapshot.run.sources["unifi"].version == "10.5.66"


def test_only_gets_but_for_one_login_and_one_logout(site_lab):
    read(unifi(site_lab, **ACCOUNT))
    others = {line: n for line, n in site_lab.served("unifi").requests.items() if not line.startswith("GET ")}
    assert others == {"POST /api/auth/login": 1, "POST /api/auth/logout": 1}
    assert set(site_lab.served("unifi").requests.values()) == {1}, "nothing is asked for twice"


def test_a_key_logs_nobody_in(site_lab):
    read(unifi(site_lab))
    assert {line.split()[0] for line in site_lab.served("unifi").requests} == {"GET"}


def test_what_the_integration_api_has_is_the_same_as_in_the_others(site_lab):
    site_lab.unifi.key_opens = "integration"
    source = unifi(site_lab)
    few = rows(read(source), source)["unifi"]
    site_lab.unifi.key_opens = "everything"
    all_ = rows(read(source), source)["unifi"]
    compared = 0
    for kind, found in few.items():
        assert found.keys() == all_[kind].keys()
        for identity, row in found.items() if kind != "client" else ():
            whole, at = all_[kind][identity], f"{kind}/{identity}"
            skipped = {"unread", "unmodelled", "upstream_id", "index", *row.get("unread", ())}
            for field in (row.keys() | whole.keys()) - skipped:
                assert (at, field, row.get(field)) == (at, field, whole.get(field))
                compared += 1
    assert compared > 250


def test_a_key_for_one_api_alone_reads_what_that_has_and_says_what_it_has_not(site_lab):
    site_lab.unifi.key_opens = "integration"
    snapshot = read(unifi(site_lab))
    found = scopes(snapshot)
    assert {kind for kind, scope in found.items() if scope.listed == "complete"} == {
        "network", "device", "wlan", "firewall-zone", "firewall-group", "firewall-policy", "firewall-order",
        "static-dns", "client", "acl-rule", "acl-order", "switch-stack", "lag",
    }  # fmt: skip
    assert "the API key opens only the integration API" in str(found["port-forward"].problem)
    assert "set username and password" in str(found["port-forward"].problem)
    assert snapshot.run.sources["unifi"].status == "partial"


def test_an_account_opens_what_the_key_does_not(site_lab):
    site_lab.unifi.key_opens = "integration"
    snapshot = read(unifi(site_lab, username="reader", password="${UNIFI_PASSWORD}"))
    assert counts(snapshot) == COUNTS
    assert site_lab.unifi.logins == 1


def test_what_the_integration_api_does_not_tell_is_unread_and_no_default(site_lab):
    site_lab.unifi.key_opens = "integration"
    source = unifi(site_lab)
    found = rows(read(source), source)["unifi"]
    assert "igmp_snooping" in found["network"]["Servers"]["unread"]
    assert {"enabled", "wan_type", "wan_dns"} <= set(found["network"]["WAN"]["unread"])
    assert "ip_settings" in found["device"]["74:AC:B9:00:00:02"]["unread"]
    assert {"wpa_mode", "passphrase"} <= set(found["wlan"]["things"]["unread"])


def test_the_firewall_is_the_one_that_the_site_has(site_lab):
    site_lab.unifi.zone_based = False
    snapshot = read(unifi(site_lab))
    assert counts(snapshot)["firewall-policy"] == 2
    assert counts(snapshot)["firewall-zone"] == 0
    assert {key.id for key in snapshot.resources if key.kind == "firewall-policy"} == {
        "WAN_IN:Drop invalid",
        "LAN_IN:Printers",
    }
    assert set(listed(snapshot).values()) == {"complete"}


def test_zones_that_are_expected_are_not_gone_with_the_engine(site_lab):
    site_lab.unifi.zone_based = False
    snapshot = read(unifi(site_lab), expected=["unifi/firewall-zone/Things"])
    assert (
        str(scopes(snapshot)["firewall-zone"].problem)
        == "the site has not migrated to the zone-based firewall"
    )


def test_where_the_engine_cannot_be_told_no_rule_is_gone(site_lab):
    site_lab.served("unifi").faults.answer("/site-feature-migration", 500, "x", body=b"{}")
    snapshot = read(unifi(site_lab))
    found = scopes(snapshot)
    assert found["firewall-policy"].listed == found["firewall-zone"].listed == "failed"
    assert "the firewall type of the site is unknown" in str(found["firewall-policy"].problem)


def test_rows_without_a_mac_are_left_out_with_a_note(site_lab):
    assert scopes(read(unifi(site_lab)))["reservation"].notes == ("1 row has no mac and is left out",)


def test_an_override_without_its_port_is_a_note(site_lab):
    core = next(row for row in site_lab.unifi.lists["stat/device"] if row["name"] == "Core")
    core["port_overrides"].append({"poe_mode": "off"})
    scope = scopes(read(unifi(site_lab)))["switch-port"]
    assert scope.listed == "complete"
    assert scope.notes == ("1 row has no port_idx among the overrides of 74:AC:B9:00:00:02 and is left out",)


def test_ports_of_a_switch_that_is_away_are_unread_and_not_gone(site_lab):
    expected = ["unifi/switch-port/74:AC:B9:00:00:06:1", "unifi/switch-port/74:AC:B9:00:00:02:1"]
    scope = scopes(read(unifi(site_lab), expected=expected))["switch-port"]
    assert texts(scope.unread) == {"74:AC:B9:00:00:06:1": "its switch is offline and lists no port"}


def test_names_that_are_shared_keep_both_rows(site_lab):
    lists = site_lab.unifi.lists
    lists["rest/networkconf"].append({**lists["rest/networkconf"][2], "_id": "f" * 24, "vlan": 99})
    lists["rest/wlanconf"].append(
        {**lists["rest/wlanconf"][0], "_id": "f" * 24, "networkconf_id": oid("network", "IoT")}
    )
    snapshot = read(unifi(site_lab))
    assert scopes(snapshot)["network"].ambiguous == {"Servers": ("Servers~2",)}
    snapshot = identify(snapshot, None, None, KINDS)
    assert scopes(snapshot)["network"].ambiguous == {"Servers": ("Servers~2",)}
    assert scopes(snapshot)["wlan"].ambiguous is None, "a name on two networks is no mistake"
    assert {key.id for key in snapshot.resources if key.kind == "wlan"} == {
        "lan",
        "lan:IoT",
        "things",
        "guests",
    }


def test_an_empty_list_of_what_every_site_has_is_not_believed(site_lab):
    site_lab.unifi.lists["rest/networkconf"].clear()
    scope = scopes(read(unifi(site_lab), expected=["unifi/network/Servers"]))["network"]
    assert scope.listed == "partial"
    assert "run --accept-missing unifi/network" in str(scope.problem)


def test_pages_are_read_to_the_end(site_lab):
    site_lab.unifi.key_opens = "integration"
    clients = site_lab.state.unifi["clients"]
    clients += [
        {"mac": f"02:00:00:00:{n // 256:02x}:{n % 256:02x}", "network": "IoT", "wlan": "things"}
        for n in range(500)
    ]
    snapshot = read(unifi(site_lab))
    assert counts(snapshot)["client"] == 566
    pages = [n for line, n in site_lab.served("unifi").requests.items() if line.endswith("/clients")]
    assert pages == [3]


def test_a_list_that_shifts_between_pages_proves_nothing(site_lab):
    site_lab.unifi.key_opens = "integration"
    site_lab.state.unifi["clients"] += [
        {"mac": f"02:00:00:00:01:{n:02x}", "network": "IoT", "wlan": "things"} for n in range(200)
    ]
    site_lab.unifi.shifting = True
    scope = scopes(read(unifi(site_lab)))["client"]
    assert scope.listed == "partial"
    assert "it changed while it was read" in str(scope.problem)


def page(rows_, total, offset=0, limit=200):
    import json

    body = {"offset": offset, "limit": limit, "count": len(rows_), "totalCount": total, "data": rows_}
    return Answer(json.dumps(body).encode(), content_type="application/json")


@pytest.mark.parametrize("total", [0, 10_000], ids=["too low", "too high"])
def test_a_total_that_is_wrong_ends_no_list_early_and_no_list_late(site_lab, total):
    site_lab.unifi.key_opens = "integration"
    some = [{"id": str(n), "macAddress": f"02:00:00:00:00:{n:02x}", "type": "WIRED"} for n in range(7)]
    site_lab.served("unifi").faults.add(Fault("/clients", page(some, total)))
    scope = scopes(read(unifi(site_lab)))["client"]
    assert (scope.count, scope.listed) == (7, "partial")


def test_pages_that_repeat_themselves_end(site_lab):
    site_lab.unifi.key_opens = "integration"
    some = [{"id": str(n), "macAddress": f"02:00:00:00:00:{n:02x}", "type": "WIRED"} for n in range(5)]
    site_lab.served("unifi").faults.add(Fault("/clients", page(some, 100, limit=5)))
    scope = scopes(read(unifi(site_lab)))["client"]
    assert (scope.count, str(scope.problem)) == (5, "its pages repeat themselves")


BAD = [
    ({"secrets": {"UNIFI_API_KEY": "wrong"}}, {}, "the API key is refused (401", "check UNIFI_API_KEY"),
    ({"secrets": {"UNIFI_PASSWORD": "wrong"}}, ACCOUNT, "the login is refused (403", "UNIFI_PASSWORD"),
    ({}, ACCOUNT | {"username": "former"}, "the login is refused (403", "not disabled"),
    ({"secrets": {"UNIFI_PASSWORD": "unifi-1ab0-second"}}, ACCOUNT | {"username": "second"},
     "the account asks for a second factor (499", "without 2FA"),
    ({}, {"site": "nowhere"}, "there is no site nowhere (there are: default (Home), lab (Test bench))",
     "set site"),
    ({}, {"url": "https://127.0.0.1:1"}, "cannot be reached (connection refused)", "check url"),
    ({}, {"ca_file": None}, "the TLS certificate is not trusted", "set ca_file"),
    ({}, {"ca_file": None, "fingerprint": ":".join(["AB"] * 32)}, "is not the configured one but ",
     "openssl"),
    ({}, {"ca_file": "/nowhere.pem"}, "does not exist", "set ca_file"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "changes", "what", "remedy"), BAD, ids=[each[2][:30] for each in BAD]
)
def test_who_is_not_let_in_is_told_why_in_one_line_and_the_others_go_on(
    site_lab, environment, changes, what, remedy
):
    snapshot = read(unifi(site_lab, **changes), npm(site_lab), **environment)
    told = reason(snapshot)
    assert what in told
    assert remedy in told
    assert snapshot.run.sources["npm"].status == "complete"


def test_an_unset_variable_is_named(site_lab):
    assert "UNIFI_API_KEY is not set" in reason(read(unifi(site_lab), secrets={"UNIFI_API_KEY": ""}))


@pytest.mark.parametrize("console", [True, False])
def test_a_controller_that_takes_no_more_logins(site_lab, console):
    site_lab.unifi.console = console
    site_lab.unifi.login_limit = 0
    told = reason(read(unifi(site_lab, **ACCOUNT)))
    assert "currently refuses all logins, even correct ones (429 AUTHENTICATION_FAILED_LIMIT_REACHED" in told
    assert "wait some minutes" in told
    assert site_lab.unifi.logins == 1, "one attempt, and no loop"


def test_a_controller_of_its_own_tells_of_a_second_factor_differently(site_lab):
    site_lab.unifi.console = False
    secrets = {"UNIFI_PASSWORD": "unifi-1ab0-second"}
    told = reason(read(unifi(site_lab, **ACCOUNT | {"username": "second"}), secrets=secrets))
    assert "second factor (400 api.err.Ubic2faTokenRequired)" in told


def test_a_controller_of_its_own_without_keys(site_lab):
    site_lab.unifi.console = False
    told = reason(read(unifi(site_lab), secrets={"UNIFI_API_KEY": "none"}))
    assert "a controller without UniFi OS may not accept API keys: use username and password" in told


def test_a_session_that_ends_mid_run_leaves_the_rest_unread(site_lab):
    site_lab.unifi.lasts = 9
    snapshot = read(unifi(site_lab, **ACCOUNT))
    found = scopes(snapshot)
    failed = {kind: scope.problem for kind, scope in found.items() if scope.listed == "failed"}
    assert 0 < len(failed) < len(found)
    assert all("the session is invalid or has expired" in str(each) for each in failed.values())
    assert site_lab.unifi.logins == 1


def test_an_account_that_lacks_a_section(site_lab):
    secrets = {"UNIFI_PASSWORD": "unifi-1ab0-narrow"}
    snapshot = read(unifi(site_lab, **ACCOUNT | {"username": "narrow"}), secrets=secrets)
    found = scopes(snapshot)
    assert {kind for kind, scope in found.items() if scope.listed != "complete"} == {"port-forward"}
    assert "403 api.err.NoPermission; give the account the role View Only" in str(
        found["port-forward"].problem
    )


def test_a_controller_that_restarts(site_lab, no_pause):
    faults = site_lab.served("unifi").faults
    faults.answer("/", 502, "Bad Gateway", body=b"", content_type="text/html", times=99)
    told = reason(read(unifi(site_lab)))
    assert "the controller does not answer yet (502); it may be restarting" in told
    faults.clear()
    faults.html("/proxy/network/*")
    told = reason(read(unifi(site_lab)))
    assert "the answer is a web page, not JSON; the controller may be restarting" in told


def test_one_bad_gateway_is_asked_again(site_lab):
    site_lab.served("unifi").faults.answer("/rest/portforward", 502, "Bad Gateway", body=b"", times=1)
    assert set(listed(read(unifi(site_lab))).values()) == {"complete"}


def test_an_error_inside_200_is_an_error(site_lab):
    body = b'{"meta":{"rc":"error","msg":"api.err.LoginRequired"},"data":[]}'
    site_lab.served("unifi").faults.answer("/rest/portforward", 200, "OK", body=body)
    found = scopes(read(unifi(site_lab)))["port-forward"]
    assert found.listed == "failed"
    assert "api.err.LoginRequired" in str(found.problem)


@pytest.mark.parametrize("fault", ["truncate", "cut", "html"])
def test_an_answer_that_is_none_fails_that_list_alone(site_lab, fault):
    getattr(site_lab.served("unifi").faults, fault)("/rest/wlanconf")
    found = listed(read(unifi(site_lab)))
    assert [kind for kind, each in found.items() if each != "complete"] == ["wlan"]


def test_a_list_that_comes_too_late(site_lab):
    site_lab.served("unifi").faults.slow("/rest/wlanconf", 30)
    found = scopes(read(unifi(site_lab, timeout="1s")))
    assert found["wlan"].listed == "failed"
    assert "no answer within 1 s" in str(found["wlan"].problem)


def test_names_that_cannot_be_read_leave_fields_unread(site_lab):
    site_lab.served("unifi").faults.answer("/rest/networkconf", 403, "Forbidden", body=b"{}")
    source = unifi(site_lab)
    snapshot = read(source)
    found = rows(snapshot, source)["unifi"]
    assert found["wlan"]["lan"]["unread"] == ["network"]
    assert "tagged_vlans" in found["switch-port"]["74:AC:B9:00:00:02:1"]["unread"]
    assert found["firewall-zone"]["Internal"]["unread"] == ["networks"]


def test_what_a_reader_is_not_shown_and_an_owner_is(site_lab):
    source = unifi(site_lab)
    for key, shown in ((KEY, False), (OWNER, True)):
        secrets = {"UNIFI_API_KEY": key, "F": "k" * 32}
        found = rows(read(source, secrets=secrets, fingerprint_key="${F}"), source)["unifi"]
        assert (found["wlan"]["lan"]["passphrase"] is not None) is shown
        assert found["wlan"]["guests"]["passphrase"] == "none", "left behind: the WLAN is open"
    found = rows(read(source, secrets={"UNIFI_API_KEY": OWNER}), source)["unifi"]
    assert found["wlan"]["lan"]["passphrase"] == "set", "there is one, and no key to fingerprint it"
    assert found["network"]["Road warriors"]["secrets"] == {"x_wireguard_private_key": "set"}
    found = rows(read(source), source)["unifi"]
    assert found["network"]["Road warriors"]["secrets"] is None, "a reader is not shown it"


def test_while_a_key_is_replaced_fingerprints_of_both_can_be_compared(site_lab):
    source, keys = unifi(site_lab), {"UNIFI_API_KEY": OWNER, "OLD": "first" * 8, "NEW": "second" * 8}

    def passphrase(**settings: Any) -> object:
        return rows(read(source, secrets=keys, **settings), source)["unifi"]["wlan"]["lan"]["passphrase"]

    before = passphrase(fingerprint_key="${OLD}")
    both = passphrase(fingerprint_key="${NEW}", fingerprint_key_previous="${OLD}")
    after = passphrase(fingerprint_key="${NEW}")
    assert same_secret(before, after) is None
    assert (same_secret(before, both), same_secret(both, after)) == (True, True)


def test_a_previous_key_needs_a_key():
    with pytest.raises(ValidationError, match="fingerprint_key_previous has no effect without"):
        FileSettings.model_validate({"site": "x", "sources": [{}], "fingerprint_key_previous": "${OLD}"})


def test_a_back_door_passphrase_or_an_opened_wlan_shows_without_any_key(site_lab):
    source = unifi(site_lab)

    def wlan() -> dict[str, Any]:
        found: dict[str, Any] = rows(read(source, secrets={"UNIFI_API_KEY": OWNER}), source)["unifi"]["wlan"]
        return found["lan"]

    lists = site_lab.unifi.lists
    row = next(row for row in lists["rest/wlanconf"] if row["name"] == "lan")
    things = next(each["_id"] for each in lists["rest/networkconf"] if each["name"] == "IoT")
    row |= {
        "private_preshared_keys_enabled": True,
        "private_preshared_keys": [{"password": "known", "networkconf_id": things}],
    }
    assert wlan()["private_passphrases"] == {"IoT": ["set"]}
    row["private_preshared_keys"] += [{"password": "back door", "networkconf_id": things}]
    assert wlan()["private_passphrases"] == {"IoT": ["set", "set"]}
    row["security"] = "open"
    assert (wlan()["passphrase"], wlan()["private_passphrases"]) == ("none", {})


def test_a_fingerprint_key_that_is_not_there_is_told(site_lab):
    told = reason(read(unifi(site_lab), fingerprint_key="${NOWHERE}"))
    assert "fingerprint_key: the environment variable NOWHERE is not set" in told


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({}, "set api_key, or username and password"),
        ({"username": "a"}, "password is missing"),
        ({"password": "${P}"}, "username is missing"),
        ({"api_key": "literal"}, "is a secret and must not be written here"),
        ({"api_key": "${K}", "url": "https://u:p@h"}, "users and passwords do not belong in it"),
        ({"api_key": "${K}", "url": "192.168.1.1"}, "is not the URL of a server"),
        ({"api_key": "${K}", "url": "https://h/path"}, "is not the URL of a server"),
        ({"api_key": "${K}", "url": "https://h:99999"}, "is not the URL of a server"),
        ({"api_key": "${K}", "site": "a/b"}, "should match pattern"),
        ({"api_key": "${K}", "ca_file": "x", "verify_tls": "false"}, "cannot be combined with ca_file"),
        ({"api_key": "${K}", "timeout": "1h"}, "is longer than 10m"),
    ],
)
def test_wrong_settings(entry, message):
    with pytest.raises(ValidationError, match=message):
        UnifiSettings.model_validate({"name": "u", "type": "unifi", "url": "https://192.168.1.1"} | entry)


def test_trust_by_fingerprint_and_by_nothing(site_lab):
    pinned = unifi(site_lab, ca_file=None, fingerprint=site_lab.fingerprint)
    assert set(listed(read(pinned)).values()) == {"complete"}
    trusting = unifi(site_lab, ca_file=None, verify_tls=False)
    assert set(listed(read(trusting)).values()) == {"complete"}


def test_another_form_of_the_same_rows_is_the_same(site_lab):
    source = unifi(site_lab)
    before = rows(read(source), source)["unifi"]
    for form in ("one", "two"):
        site_lab.unifi.form = form
        again = rows(read(source), source)["unifi"]
        for kind in before.keys() - {"client"}:
            assert again[kind] == before[kind], kind


def test_a_controller_older_than_dns_records_has_none_unless_some_are_expected(site_lab):
    site_lab.served("unifi").faults.answer("/static-dns", 404, "Not Found", body=b"{}")
    found = scopes(read(unifi(site_lab, **ACCOUNT)))["static-dns"]
    assert (found.listed, found.count) == ("complete", 0)
    found = scopes(read(unifi(site_lab, **ACCOUNT), expected=["unifi/static-dns/A:git.lan.example"]))[
        "static-dns"
    ]
    assert found.listed == "failed"


@pytest.mark.parametrize(
    ("path", "kind", "identity"),
    [
        ("trafficroutes", "traffic-route", "Updates by the WAN"),
        ("trafficrules", "traffic-rule", "Guests are slow"),
        ("nat", "nat-rule", "Office as it is"),
        ("nat", "nat-order", "site"),
        ("rest/usergroup", "client-group", "Slow lane"),
        ("rest/dhcpoption", "dhcp-option", "search"),
        ("rest/scheduletask", "scheduled-task", "Access points at night"),
        ("rest/dpigroup", "dpi-group", "No streaming"),
    ],
)
def test_a_release_without_such_a_list_has_none_unless_some_are_expected(site_lab, path, kind, identity):
    site_lab.served("unifi").faults.answer(f"/{path}", 404, "Not Found", body=b"{}")
    found = scopes(read(unifi(site_lab)))[kind]
    assert (found.listed, found.count) == ("complete", 0)
    found = scopes(read(unifi(site_lab), expected=[f"unifi/{kind}/{identity}"]))[kind]
    assert found.listed == "failed"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("rest/usergroup", "client-group"),
        ("rest/dhcpoption", "dhcp-option"),
        ("rest/scheduletask", "scheduled-task"),
        ("rest/dpigroup", "dpi-group"),
    ],
)
def test_a_list_that_an_account_may_not_see_is_not_empty(site_lab, path, kind):
    refusal = b'{"meta": {"rc": "error", "msg": "api.err.NoPermission"}, "data": []}'
    site_lab.served("unifi").faults.answer(f"/{path}", 403, "Forbidden", body=refusal)
    assert scopes(read(unifi(site_lab)))[kind].listed == "failed"


def test_restrictions_without_their_list_are_unread(site_lab):
    site_lab.served("unifi").faults.answer("/rest/dpiapp", 500, "x", body=b"{}")
    source = unifi(site_lab)
    found = rows(read(source), source)["unifi"]["dpi-group"]["No streaming"]
    assert (found["restrictions"], found["unread"]) == ([], ["restrictions"])


def test_an_order_of_nat_that_has_lost_its_last_rule_is_empty(site_lab):
    site_lab.unifi.lists["nat"] = [each for each in site_lab.unifi.lists["nat"] if each["type"] != "DNAT"]
    source = unifi(site_lab)
    found = rows(read(source), source)["unifi"]["nat-order"]["site"]
    assert (found["destination_nat"], len(found["source_nat"])) == ([], 2)
    site_lab.unifi.lists["nat"] = []
    assert counts(read(source))["nat-order"] == 0
    found = rows(read(source, expected=["unifi/nat-order/site"]), source)["unifi"]["nat-order"]["site"]
    assert (found["destination_nat"], found["source_nat"]) == ([], [])


def test_forwarded_domains_that_cannot_be_read_are_not_gone(site_lab):
    site_lab.served("unifi").faults.answer("/dns/policies", 500, "x", body=b"{}")
    assert scopes(read(unifi(site_lab)))["static-dns"].listed == "complete", "none is expected"
    expected = ["unifi/static-dns/FORWARD_DOMAIN:corp.example"]
    found = scopes(read(unifi(site_lab), expected=expected))["static-dns"]
    assert found.listed == "partial"
    assert "forwarded domains cannot be read" in str(found.problem)


def test_policies_without_the_names_of_their_zones_have_no_ids(site_lab):
    site_lab.served("unifi").faults.answer("/firewall/zone", 500, "x", body=b"{}")
    found = scopes(read(unifi(site_lab), expected=["unifi/firewall-policy/a:b:c"]))["firewall-policy"]
    assert (found.listed, found.count) == ("partial", 0)
    assert "the list of zones cannot be read" in str(found.problem)


def test_options_of_dhcp_are_named(site_lab):
    default = site_lab.unifi.lists["rest/networkconf"][1]
    default |= {"dhcpd_user_option_" + "c" * 24: "lan.example", "dhcpd_user_option_" + "d" * 24: "gone"}
    site_lab.unifi.lists["rest/dhcpoption"].append({"_id": "c" * 24, "name": "domains"})
    source = unifi(site_lab)
    assert rows(read(source), source)["unifi"]["network"]["Default"]["dhcpd_options"] == {
        "domains": "lan.example",
        f"id {'d' * 24}": "gone",
    }


def test_a_key_with_odd_letters_is_told(site_lab):
    assert "contains characters that are not valid in an API key" in reason(
        read(unifi(site_lab), secrets={"UNIFI_API_KEY": "schlüssel"})
    )


def test_groups_of_access_points_by_name(site_lab):
    wlan = site_lab.unifi.lists["rest/wlanconf"][0]
    wlan |= {"ap_group_mode": "groups"}
    source = unifi(site_lab)
    assert rows(read(source), source)["unifi"]["wlan"]["lan"]["ap_groups"] == ["All APs"]


def test_a_site_that_is_not_the_first(site_lab):
    assert read(unifi(site_lab, site="lab")).run.sources["unifi"].status == "complete"


def test_nobody_answers_the_login(site_lab):
    site_lab.served("unifi").faults.cut("/api/auth/login")
    assert "the login got no answer" in reason(read(unifi(site_lab, **ACCOUNT)))


def test_a_login_that_answers_with_a_web_page(site_lab):
    site_lab.served("unifi").faults.html("/api/auth/login")
    assert "a web page answers instead of the login; check url" in reason(read(unifi(site_lab, **ACCOUNT)))


def test_a_server_that_is_none_of_ours(site_lab):
    faults = site_lab.served("unifi").faults
    faults.answer("*", 404, "Not Found", body=b"not here", content_type="text/plain")
    told = reason(read(unifi(site_lab, **ACCOUNT)))
    assert "check url, and that this is a UniFi controller" in told


def test_a_portal_in_front_of_the_controller_is_not_taken_for_a_refused_key(tmp_path):
    portal = Reply(b"", 302, headers={"Location": "https://sso.example/?rd=unifi"})
    with serve(lambda _path: portal, tmp_path) as stub:
        entry = {
            "name": "unifi",
            "type": "unifi",
            "url": f"https://{stub.host}",
            "ca_file": str(stub.ca_file),
        }
        source = UnifiSettings.model_validate(entry | {"api_key": "${UNIFI_API_KEY}"})
        shown = reason(read(source))
    redirect = "302 it redirects to https://sso.example/?rd=unifi; set url to the controller itself"
    assert shown == f"{stub.host}: {redirect}"
