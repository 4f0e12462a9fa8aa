"""Who has an address: every source, every notation, every time."""

import pytest

from reconciler.errors import RecordError
from reconciler.jobs.who import who
from reconciler.model.progress import Silent
from tests.jobs.past import MAC, Past, guest
from tests.record.parts import at

WEB, DB = "pve/guest/101", "pve/guest/102"
OTHER_MAC = "BC:24:11:00:00:02"
LAN = {
    "name": "LAN",
    "vlan": 5,
    "purpose": "corporate",
    "ip_subnet": "192.168.11.1/24",
    "enabled": True,
}
SITE = {
    WEB: guest(),
    DB: guest("db", None, mac=OTHER_MAC),
    f"unifi/reservation/{OTHER_MAC}": {"use_fixedip": True, "fixed_ip": "192.168.11.6", "name": "db"},
    "unifi/network/LAN": LAN,
    "unifi/static-dns/A:web.lan": {
        "record_type": "A",
        "name": "web.lan",
        "value": "192.168.11.5",
        "enabled": True,
    },
    "npm/proxy-host/git.example": {
        "domain_names": ["git.example", "code.example"],
        "forward_host": "web.lan",
        "forward_port": 80,
        "enabled": True,
    },
    "pve/node/n1": {"name": "n1", "address": "192.168.11.2"},
    "pve/node-network/n1:vmbr0": {
        "node": "n1",
        "iface": "vmbr0",
        "type": "bridge",
        "cidr": "192.168.11.2/24",
    },
    "site/address/192.168.11.7": {"service": "printer", "role": "device"},
    "site/address/192.168.11.5": {"service": "web", "owner": WEB},
    "unifi/device/74:AC:B9:00:00:01": {"name": "sw1", "ip_settings": {"ip": "192.168.11.8"}},
}
SEEN = {
    WEB: {"addresses": {"eth0": {"mac": MAC, "addresses": ["192.168.11.5/24", "fd00::5/64"]}}},
    "unifi/client/AA:BB:CC:00:00:09": {"hostname": "Annes-Phone", "ip": "192.168.11.99"},
}


@pytest.fixture
def past(tmp_path) -> Past:
    return Past(tmp_path / "site")


@pytest.fixture
def site(past) -> Past:
    past.run(SITE, observed=SEEN)
    return past


def ask(past, text, when=None, limit=0):
    return who(past.config, text, when, limit, Silent())


def holders(answer):
    return [(each.address, str(each.key), *each.how) for each in answer.holdings]


WEB_ROW = ("192.168.11.5", WEB, "configured", "seen by its agent", "declared")
WEB_SIX = ("fd00::5", WEB, "seen by its agent")
DB_ROW = ("192.168.11.6", DB, "reserved")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.168.11.5", [WEB_ROW]),
        (" 192.168.11.5/24 ", [WEB_ROW]),
        ("fd00:0:0::5", [WEB_SIX]),
        ("FD00::5", [WEB_SIX]),
        ("[fd00::5]", [WEB_SIX]),
        ("101", [WEB_ROW, WEB_SIX]),
        ("web1", [WEB_ROW, WEB_SIX]),
        ("WEB1", [WEB_ROW, WEB_SIX]),
        ("pve/guest/101", [WEB_ROW, WEB_SIX]),
        ("PVE/guest/101", [WEB_ROW, WEB_SIX]),
        (MAC, [WEB_ROW, WEB_SIX]),
        ("bc-24-11-00-00-01", [WEB_ROW, WEB_SIX]),
        ("bc24.1100.0001", [WEB_ROW, WEB_SIX]),
        ("BC2411000001", [WEB_ROW, WEB_SIX]),
        ("192.168.11.6", [DB_ROW]),
        ("db", [DB_ROW]),
        ("102", [DB_ROW]),
        (OTHER_MAC.lower(), [DB_ROW]),
        ("192.168.11.1", [("192.168.11.1", "unifi/network/LAN", "gateway")]),
        ("192.168.11.2", [("192.168.11.2", "pve/node/n1", "configured", "its address in the cluster")]),
        ("n1", [("192.168.11.2", "pve/node/n1", "configured", "its address in the cluster")]),
        ("192.168.11.7", [("192.168.11.7", "site/address/192.168.11.7", "declared")]),
        ("192.168.11.8", [("192.168.11.8", "unifi/device/74:AC:B9:00:00:01", "configured")]),
        ("sw1", [("192.168.11.8", "unifi/device/74:AC:B9:00:00:01", "configured")]),
        ("192.168.11.99", [("192.168.11.99", "unifi/client/AA:BB:CC:00:00:09", "seen by the controller")]),
        ("annes-phone", [("192.168.11.99", "unifi/client/AA:BB:CC:00:00:09", "seen by the controller")]),
        ("aabb.cc00.0009", [("192.168.11.99", "unifi/client/AA:BB:CC:00:00:09", "seen by the controller")]),
        ("web.lan", [WEB_ROW]),
        ("WEB.lan.", [WEB_ROW]),
        ("code.example", [WEB_ROW]),
    ],
)
def test_every_source_and_every_notation(site, text, expected):
    assert holders(ask(site, text)) == expected


def test_names_and_rules_that_lead_to_an_address_are_shown(site):
    found = [(str(each.key), each.what, each.names) for each in ask(site, "192.168.11.5").mentions]
    assert found == [
        ("unifi/static-dns/A:web.lan", "DNS record", ("web.lan",)),
        ("npm/proxy-host/git.example", "proxy host", ("code.example", "git.example")),
    ]


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("192.168.11.77", r"it lies in unifi/network/LAN \(192.168.11.0/24\)"),
        ("10.9.9.9", "it lies in no known network"),
        ("fd01::1", "it lies in no known network"),
        ("wbe1", "did you mean web1"),
        ("BC:24:11:FF:FF:FF", "write an address"),
        ("4711", "write an address"),
        ("pve/guest/999", "did you mean pve/guest/10"),
        ("pve/gest/101", "did you mean pve/guest/101"),
        ("\x1b[31m", "write an address"),
        ("", "write an address"),
    ],
)
def test_what_no_record_has_is_an_error(site, text, remedy):
    with pytest.raises(RecordError, match=f"no record has it.*{remedy}") as raised:
        ask(site, text)
    assert "\x1b" not in str(raised.value)


def moved(past):
    """web1 has the address for two runs, nobody for one, then db."""
    past.run({WEB: guest(), DB: guest("db", "192.168.11.9")})
    past.run({WEB: guest(memory=2), DB: guest("db", "192.168.11.9")})
    past.run({WEB: guest("web1", "192.168.11.10"), DB: guest("db", "192.168.11.9")})
    past.run({WEB: guest("web1", "192.168.11.10"), DB: guest("db")})


def test_spans_are_from_the_first_record_with_it_to_the_first_without(past):
    moved(past)
    answer = ask(past, "192.168.11.5")
    (now,), (earlier,) = answer.holdings, answer.earlier
    assert (str(now.key), now.since, now.since_first_record, now.until) == (DB, at(4), False, None)
    assert (str(earlier.key), earlier.since, earlier.since_first_record, earlier.until) == (
        WEB,
        at(1),
        True,
        at(3),
    )
    assert answer.now


@pytest.mark.parametrize(
    ("hour", "present", "others"),
    [(1.5, [WEB], [DB]), (2.5, [WEB], [DB]), (3.5, [], [DB, WEB]), (9, [DB], [WEB])],
)
def test_who_had_it_at_a_time(past, hour, present, others):
    moved(past)
    answer = ask(past, "192.168.11.5", at(hour))
    assert [str(each.key) for each in answer.holdings] == present
    assert sorted(str(each.key) for each in answer.earlier) == sorted(others)
    assert answer.now == (hour == 9)


def test_a_guest_that_is_gone_is_found_by_id_name_and_mac(past):
    past.run({WEB: guest(), DB: guest("db", "192.168.11.9", mac=OTHER_MAC)})
    past.run({DB: guest("db", "192.168.11.9", mac=OTHER_MAC)})
    for text in ("101", "web1", MAC.lower(), "192.168.11.5", "pve/guest/101"):
        answer = ask(past, text)
        assert answer.holdings == (), text
        assert [(str(each.key), each.until) for each in answer.earlier] == [(WEB, at(2))], text


def test_observed_values_are_known_of_the_last_run_only(past):
    past.run({WEB: guest("web1", None)}, observed={WEB: SEEN[WEB]})
    past.run({WEB: guest("web1", None, memory=1)}, observed={WEB: SEEN[WEB]})
    assert [each.how for each in ask(past, "192.168.11.5").holdings] == [("seen by its agent",)]
    assert ask(past, "192.168.11.5").holdings[0].since is None
    with pytest.raises(RecordError, match="no record has it"):
        ask(past, "192.168.11.5", at(1))


def test_two_holders_at_one_time_are_two_lines(past):
    past.run({WEB: guest(), "pve2/guest/101": guest("copy")})
    assert [str(each.key) for each in ask(past, "192.168.11.5").holdings] == [WEB, "pve2/guest/101"]
    assert [str(each.key) for each in ask(past, "101").holdings] == [WEB, "pve2/guest/101"]


def test_a_guest_without_a_known_address_is_found_by_its_names(past):
    past.run({WEB: guest("web1", None)})
    for text in ("101", "web1", MAC):
        (holding,) = ask(past, text).holdings
        assert (holding.address, str(holding.key), holding.how, holding.macs) == (
            None,
            WEB,
            ("no address known",),
            (MAC,),
        )


def test_earlier_holders_are_bounded_and_counted(past):
    for number in range(10, 15):
        past.run({WEB: guest("web1", f"192.168.11.{number}")})
    answer = ask(past, "101", limit=2)
    assert [each.address for each in answer.earlier] == ["192.168.11.13", "192.168.11.12"]
    assert answer.earlier_total == 4


def test_rows_that_are_odd_cost_only_themselves(past):
    past.run({WEB: guest()})
    past.git("checkout", "--quiet", "drift-state")
    path = past.root / "reports/latest/live/pve/guest.json"
    path.write_text('{"101": {"nics": 5, "name": ["192.168.11.5"]}, "9": "192.168.11.5", "x": null}')
    past.git("commit", "--quiet", "--all", "--message", "by hand")
    past.git("checkout", "--quiet", "main")
    past.run({WEB: guest(memory=2)})
    assert [str(each.key) for each in ask(past, "192.168.11.5").holdings] == [WEB]


def test_a_kind_or_source_that_is_gone_is_survived(past):
    past.run({WEB: guest(), "old/guest/1": guest("old"), "pve/gone/1": {"ip": "192.168.11.5"}})
    past.run({WEB: guest()})
    assert [str(each.key) for each in ask(past, "192.168.11.5").holdings] == [WEB]
