"""Payloads of another shape than any contract: nothing ends a run, nothing is gone without proof."""

from typing import Any

import pytest

from reconciler.lab.faults import Fault
from reconciler.lab.wire import as_json, page
from tests.collectors.sources import ACCOUNT, npm, read, reason, rows, scopes, unifi
from tests.problems import texts


def classic(data: Any, **meta: Any):
    return as_json({"meta": meta or {"rc": "ok"}, "data": data})


def answered(lab, name, path, answer):
    lab.served(name).faults.add(Fault(path, answer))


MAC = "74:ac:b9:00:00:02"
NESTED: Any = "x"
for _ in range(900):
    NESTED = [NESTED]

ODD = [
    ("/integration/v1/sites", as_json({"data": [None, {}], "totalCount": 2, "limit": 200})),
    ("/dns/policies", as_json({"data": ["a"], "totalCount": 1, "limit": 200})),
    ("/dns/policies", as_json({"data": [], "totalCount": [1], "limit": {}})),
    ("/site-feature-migration", as_json([{"feature": ["a"]}])),
    ("/rest/wlanconf", classic([], rc=[])),
    ("/rest/networkconf", classic([{"name": "x", "purpose": ["corporate"]}])),
    ("/rest/portconf", classic([{"name": "x", "excluded_networkconf_ids": 5}])),
    ("/rest/wlanconf", classic([{"name": "x", "wlan_bands": 5}])),
    ("/stat/device", classic([{"mac": MAC, "state": "1" * 5000, "port_table": [{"port_idx": "1" * 5000}]}])),
    ("/rest/user", classic([{"mac": "74:ac:b9:00:00:02", "use_fixedip": True, "x": NESTED}])),
    ("/rest/portforward", classic([{"dst_port": ["443"], "proto": {}}])),
    ("/firewall-policies", as_json([{"name": "x", "source": "x", "destination": 5}])),
    ("/static-dns", as_json([{"key": "..", "record_type": ["A"]}, {"key": 5}])),
    ("/stat/sta", classic([None, "x", {"mac": 5}, {"mac": "74:ac:b9:00:00:02", "sw_port": [1], "ip": "x"}])),
    ("/stat/sysinfo", classic("x")),
    ("/self/sites", classic([{"name": ["default"]}, None])),
    ("/apgroups", as_json({"a": 1})),
]  # fmt: skip


@pytest.mark.parametrize(("path", "answer"), ODD, ids=[f"{n} {each[0]}" for n, each in enumerate(ODD)])
def test_unifi_nothing_ends_the_run(site_lab, path, answer):
    answered(site_lab, "unifi", path, answer)
    snapshot = read(unifi(site_lab), npm(site_lab))
    assert snapshot.run.sources["npm"].status == "complete"
    assert snapshot.run.sources["unifi"].status != "failed"
    for scope in snapshot.scopes:
        for said in map(str, [scope.problem, *scope.unread.values()]):
            assert "\n" not in said
            assert "Exceeds the limit" not in said


NPM_ODD = [
    (
        "/nginx/proxy-hosts",
        as_json([{"id": None, "domain_names": ["a.b"]}, {"id": [1], "domain_names": ["a.b"]}]),
    ),
    ("/nginx/certificates", as_json([{"id": [1], "domain_names": "x"}, {"id": None}])),
    ("/nginx/access-lists", as_json([None, {"id": {}, "name": 5}])),
    ("/users/me", as_json({"roles": 5, "permissions": 7})),
    ("/users/me", as_json([1])),
    ("/nginx/streams", as_json([{"id": 1, "incoming_port": {}, "tcp_forwarding": "x"}])),
    ("/api/", as_json([1])),
]


@pytest.mark.parametrize(
    ("path", "answer"), NPM_ODD, ids=[f"{n} {each[0]}" for n, each in enumerate(NPM_ODD)]
)
def test_npm_nothing_ends_the_run(site_lab, path, answer):
    answered(site_lab, "npm", path, answer)
    snapshot = read(npm(site_lab), unifi(site_lab))
    assert snapshot.run.sources["unifi"].status == "complete"
    assert snapshot.run.sources["npm"].status != "failed"


def test_a_token_that_no_header_can_carry(site_lab):
    answered(site_lab, "npm", "/api/tokens", as_json({"token": "é"}))
    assert "the login gives no token" in reason(read(npm(site_lab)), "npm")


def test_one_row_that_is_none_leaves_the_others_and_proves_nothing(site_lab):
    forwards = [*site_lab.unifi.lists["rest/portforward"], None]
    answered(site_lab, "unifi", "/rest/portforward", classic(forwards))
    scope = scopes(read(unifi(site_lab)))["port-forward"]
    assert (scope.count, scope.listed, str(scope.problem)) == (4, "partial", "1 of its rows is not an object")


LACKING = [
    ("rest/networkconf", "name", "network/Servers"),
    ("rest/wlanconf", "name", "wlan/lan"),
    ("rest/portconf", "name", "port-profile/Camera"),
    ("rest/portforward", "dst_port", "port-forward/wan:tcp:443"),
    ("firewall/zone", "name", "firewall-zone/Things"),
    ("static-dns", "key", "static-dns/A:git.lan.example"),
]


@pytest.mark.parametrize(("path", "field", "key"), LACKING)
def test_a_row_without_its_id_may_be_the_one_that_is_not_seen(site_lab, path, field, key):
    site_lab.unifi.zone_based = True
    whole = scopes(read(unifi(site_lab), expected=[f"unifi/{key}"]))[key.partition("/")[0]]
    assert whole.listed == "complete"
    for row in site_lab.unifi.lists[path]:
        row.pop(field)
    scope = scopes(read(unifi(site_lab), expected=[f"unifi/{key}"]))[key.partition("/")[0]]
    assert scope.listed == "partial"
    assert "may be the missing ones" in str(scope.problem) or "cannot" in str(scope.problem)


@pytest.mark.parametrize("names", [None, [], [None], "git.lan.example"])
def test_a_proxy_host_without_names_may_be_the_one_that_is_not_seen(site_lab, names):
    site_lab.npm.lists["proxy-hosts"][0]["domain_names"] = names
    scope = scopes(read(npm(site_lab), expected=["npm/proxy-host/git.lan.example"]), "npm")["proxy-host"]
    assert scope.listed == "partial"


@pytest.mark.parametrize("change", [None, {"port_idx": None}, {"name": "x"}])
def test_a_port_that_does_not_say_which_it_is_leaves_expected_ones_unread(site_lab, change):
    core = next(row for row in site_lab.unifi.lists["stat/device"] if row["name"] == "Core")
    core["port_table"][8] = change
    key = "74:AC:B9:00:00:02:9"
    scope = scopes(read(unifi(site_lab), expected=[f"unifi/switch-port/{key}"]))["switch-port"]
    assert texts(scope.unread) == {key: "a port of its switch has no number"} or scope.listed != "complete"


def test_numbers_in_other_forms_are_numbers(site_lab):
    core = next(row for row in site_lab.unifi.lists["stat/device"] if row["name"] == "Core")
    for port in core["port_table"]:
        port["port_idx"] = float(port["port_idx"])
    for row in site_lab.unifi.lists["rest/networkconf"]:
        if row.get("vlan"):
            row["vlan"] = f" {row['vlan']}"
    source = unifi(site_lab)
    snapshot = read(source)
    assert scopes(snapshot)["switch-port"].count == 43
    assert rows(snapshot, source)["unifi"]["network"]["Servers"]["vlan"] == 11


@pytest.mark.parametrize("vlan", ["", "abc", [33], None])
def test_a_vlan_that_cannot_be_read_is_unread_and_the_vlans_that_carry_it_too(site_lab, vlan):
    source = unifi(site_lab)
    before = rows(read(source), source)["unifi"]
    servers = next(row for row in site_lab.unifi.lists["rest/networkconf"] if row["name"] == "Servers")
    servers["vlan"] = vlan
    found = rows(read(source), source)["unifi"]
    assert found["network"]["Servers"]["unread"] == ["vlan"]
    port, old = (each["switch-port"]["74:AC:B9:00:00:02:1"] for each in (found, before))
    assert "tagged_vlans" in port["unread"]
    assert port["tagged_networks"] == old["tagged_networks"]
    assert found["firewall-zone"] == before["firewall-zone"]


def test_what_refers_to_a_list_that_is_not_believed_is_unread(site_lab):
    site_lab.unifi.lists["rest/networkconf"].clear()
    source = unifi(site_lab)
    found = rows(read(source, expected=["unifi/network/Servers"]), source)["unifi"]
    assert found["firewall-zone"]["Internal"]["unread"] == ["networks"]
    assert "native_network" in found["port-profile"]["Proxmox"]["unread"]
    assert found["reservation"]["00:11:32:00:00:20"]["unread"] == ["network"]


def test_overrides_of_the_wrong_type_are_not_no_overrides(site_lab):
    core = next(row for row in site_lab.unifi.lists["stat/device"] if row["name"] == "Core")
    core["port_overrides"] = {"2": {}}
    key = "74:AC:B9:00:00:02:9"
    scope = scopes(read(unifi(site_lab), expected=[f"unifi/switch-port/{key}"]))["switch-port"]
    assert texts(scope.unread) == {key: "the overrides of its switch are not a list"}


def test_a_mac_with_dashes_is_the_same_mac(site_lab):
    core = next(row for row in site_lab.unifi.lists["stat/device"] if row["name"] == "Core")
    core["mac"] = "74-AC-B9-00-00-02"
    assert (
        scopes(read(unifi(site_lab), expected=["unifi/device/74:AC:B9:00:00:02"]))["device"].listed
        == "complete"
    )


@pytest.mark.parametrize("given", [{"path": "/a"}, [None], "x"])
def test_locations_of_the_wrong_type_are_not_no_locations(site_lab, given):
    site_lab.npm.lists["proxy-hosts"][0]["locations"] = given
    source = npm(site_lab)
    found = rows(read(source), source)["npm"]["proxy-host"]["git.lan.example"]
    assert found["unread"] == ["locations"]


def test_two_locations_with_one_path_are_both_kept(site_lab):
    site_lab.npm.lists["proxy-hosts"][0]["locations"] = [
        {"path": "/a", "forward_host": "10.1.1.1"},
        {"path": "/a", "forward_host": "10.2.2.2"},
    ]
    source = npm(site_lab)
    found = rows(read(source), source)["npm"]["proxy-host"]["git.lan.example"]["locations"]
    assert {path: each["forward_host"] for path, each in found.items()} == {
        "/a": "10.1.1.1",
        "/a~2": "10.2.2.2",
    }


def test_names_that_may_only_be_hidden_are_unread(site_lab):
    site_lab.state.npm["users"]["reader@lan.example"]["visibility"] = "user"
    for row in site_lab.npm.lists["proxy-hosts"]:
        row["owner_user_id"] = 2
    site_lab.npm.lists["proxy-hosts"][0]["npmplus_mtls_certificate_id"] = 5
    source = npm(site_lab)
    found = rows(read(source), source)["npm"]["proxy-host"]
    assert found["git.lan.example"]["unread"] == ["certificate", "mtls_certificate"]
    assert found["vault.lan.example"]["unread"] == ["access_lists", "certificate"]


def test_a_token_in_an_error_is_not_told(site_lab):
    token = "JWTSECRETMARK"
    answered(site_lab, "npm", "/api/tokens", as_json({"token": token}))
    answered(site_lab, "npm", "/users/me", as_json({"permissions": {"visibility": "all"}}))
    for path in ("proxy-hosts", "redirection-hosts", "streams", "certificates", "access-lists"):
        answered(
            site_lab,
            "npm",
            f"/nginx/{path}",
            as_json({"error": {"message": f"bad token Bearer {token}"}}, 400),
        )
    told = reason(read(npm(site_lab)), "npm")
    assert token not in told
    assert "400 bad token Bearer ***" in told


def test_what_nginx_quotes_of_a_configuration_is_not_told(site_lab):
    where = "/data/nginx/proxy_host/1.conf:50"
    error = f"nginx: [emerg] unknown directive \"SECRETMARK\" in 'also SECRETMARK' {where}"
    site_lab.npm.lists["proxy-hosts"][0]["meta"] = {"nginx_online": False, "nginx_err": error}
    source = npm(site_lab)
    health = rows(read(source), source)["npm"]["proxy-host"]["git.lan.example"]["health"]
    assert "SECRETMARK" not in health["reason"]
    assert health["reason"].endswith("unknown directive … in … /data/nginx/proxy_host/1.conf:50")


@pytest.mark.parametrize("stored", [False, True])
def test_descriptions_of_streams_are_kept_only_when_asked_for(site_lab, stored):
    site_lab.npm.lists["streams"][0]["npmplus_description"] = "login is hunter2"
    source = npm(site_lab, store_descriptions=stored)
    found = rows(read(source), source)["npm"]["stream"]["2222/tcp"]
    assert found["has_description"] is True
    assert ("npmplus_description" in found) is stored


@pytest.mark.parametrize("status", [404, 400])
@pytest.mark.parametrize(("zones", "count"), [(True, 3), (False, 2)])
def test_an_engine_that_is_not_told_is_the_one_that_has_zones(site_lab, status, zones, count):
    answered(site_lab, "unifi", "/site-feature-migration", as_json({}, status))
    site_lab.unifi.zone_based = zones
    scope = scopes(read(unifi(site_lab)))["firewall-policy"]
    assert (scope.listed, scope.count) == ("complete", count)


def test_volatile_keys_change_nothing(site_lab):
    source = unifi(site_lab)
    before = rows(read(source), source)["unifi"]
    for path in ("rest/wlanconf", "rest/networkconf", "rest/portconf", "firewall/zone", "static-dns"):
        for row in site_lab.unifi.lists[path]:
            row |= {"num_sta": 3, "satisfaction": 98, "rx_bytes": 7, "last_seen": 1, "user-num_sta": 2}
    again = rows(read(source), source)["unifi"]
    for kind in before.keys() - {"client", "device", "switch-port"}:
        assert again[kind] == before[kind], kind


def test_rows_without_a_number_have_the_same_ids_in_any_order(site_lab):
    forwards = site_lab.unifi.lists["rest/portforward"]
    one, other = ({**forwards[0], "fwd": fwd} for fwd in ("10.0.0.1", "10.0.0.2"))
    for row in (one, other):
        row.pop("_id")
    source = unifi(site_lab)
    forwards[:] = [one, other]
    before = rows(read(source), source)["unifi"]["port-forward"]
    forwards[:] = [other, one]
    assert rows(read(source), source)["unifi"]["port-forward"] == before


def test_a_redirect_is_told_with_where_it_leads(site_lab):
    moved = page(301, ("Location", "https://other.example/"))
    answered(site_lab, "unifi", "/proxy/network/*", moved)
    told = reason(read(unifi(site_lab)))
    assert "301 it redirects to https://other.example/" in told
    assert "restarting" not in told
    answered(site_lab, "npm", "/api/", moved)
    assert "it redirects to https://other.example/; set url to that server" in reason(
        read(npm(site_lab)), "npm"
    )


def test_a_byte_order_mark_is_no_error(site_lab):
    answer = classic([])
    marked = type(answer)(b"\xef\xbb\xbf" + answer.body, content_type="application/json")
    answered(site_lab, "unifi", "/rest/portforward", marked)
    assert scopes(read(unifi(site_lab)))["port-forward"].listed == "complete"


def test_pages_without_a_limit_are_read_to_an_empty_one(site_lab):
    site_lab.unifi.key_opens = "integration"
    some = [{"id": str(n), "macAddress": f"02:00:00:00:00:{n:02x}", "type": "WIRED"} for n in range(60)]

    from reconciler.collectors.unifi.connection.pages import all_pages

    found, doubt = all_pages(lambda offset: {"data": some[offset : offset + 25], "totalCount": 60})
    assert (len(found), doubt) == (60, None)


def test_what_is_adopted_is_valid(site_lab):
    site_lab.unifi.lists["rest/portforward"][0]["proto"] = "all"
    site_lab.npm.lists["streams"][0]["incoming_port"] = " 7 "
    assert "wan:all:443" in {key.id for key in read(unifi(site_lab)).resources}
    snapshot = read(npm(site_lab))
    assert "7/tcp" in {key.id for key in snapshot.resources}


def test_an_account_of_a_controller_that_answers_pages_to_the_login(site_lab):
    answered(site_lab, "unifi", "/api/auth/login", page())
    assert "a web page answers instead of the login" in reason(read(unifi(site_lab, **ACCOUNT)))
