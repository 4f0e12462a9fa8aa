import pytest
from pydantic import ValidationError

from tests.collectors.proxmox.lab_site import settings

FINGERPRINT = ":".join(["ab"] * 32)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("r630-01.lan", "r630-01.lan:8006"),
        (" r630-01.lan:443 ", "r630-01.lan:443"),
        ("192.168.11.12", "192.168.11.12:8006"),
        ("[fd00::1]", "[fd00::1]:8006"),
        ("[fd00::1]:8443", "[fd00::1]:8443"),
    ],
)
def test_a_host_has_a_port(written, meant):
    assert settings(hosts=[written]).hosts == (meant,)
    assert settings(hosts=written).hosts == (meant,)


@pytest.mark.parametrize(
    "host",
    [
        "pve1..lan",
        ".lan",
        "a" * 64,
        "https://r630-01",
        "r630-01/api",
        "fd00::1",
        "a:0",
        "a:65536",
        "",
        "a b",
        "user@host",
        "a:port",
    ],
)
def test_what_is_no_host(host):
    with pytest.raises(ValidationError, match="is not a host; write host, host:port"):
        settings(hosts=[host])


def test_at_least_one_host():
    with pytest.raises(ValidationError, match="at least 1"):
        settings(hosts=[])


@pytest.mark.parametrize("token", ["reconciler", "root@pam", "a@pve!", "a b@pve!x", "a@pve!x=secret"])
def test_what_is_no_token_id(token):
    with pytest.raises(ValidationError, match="write it as user@realm!name"):
        settings(token_id=token)


def test_a_literal_secret_is_refused_and_not_repeated():
    with pytest.raises(ValidationError) as caught:
        settings(token_secret="5ecret")
    assert "5ecret" not in str(caught.value.errors(include_input=False, include_context=False))


def test_a_fingerprint_in_any_case():
    assert settings(fingerprint=f" {FINGERPRINT} ").fingerprint == (FINGERPRINT.upper(),)
    with pytest.raises(ValidationError, match="pvenode cert info"):
        settings(fingerprint="AA:BB")


@pytest.mark.parametrize(
    ("changes", "field", "other"),
    [
        ({"ca_file": "ca.pem", "fingerprint": FINGERPRINT}, "fingerprint", "ca_file"),
        ({"ca_file": "ca.pem", "verify_tls": "false"}, "verify_tls", "ca_file"),
        ({"fingerprint": FINGERPRINT, "verify_tls": "no"}, "verify_tls", "fingerprint"),
    ],
)
def test_one_way_to_trust(changes, field, other):
    with pytest.raises(ValidationError, match=f"cannot be combined with {other}") as caught:
        settings(**changes)
    assert [error["loc"] for error in caught.value.errors()] == [(field,)]


def test_a_fingerprint_for_all_hosts_or_for_each():
    other = ":".join(["CD"] * 32)
    one = settings(hosts=["a", "b"], fingerprint=FINGERPRINT)
    assert one.fingerprint_of("b:8006") == FINGERPRINT.upper()
    each = settings(hosts=["a", "b"], fingerprint=[FINGERPRINT, other])
    assert [each.fingerprint_of(host) for host in each.hosts] == [FINGERPRINT.upper(), other]
    with pytest.raises(ValidationError, match="must be one for each of the 3 hosts, in their order, not 2"):
        settings(hosts=["a", "b", "c"], fingerprint=[FINGERPRINT, other])


def test_a_realm_may_be_in_the_name_of_a_user():
    assert settings(token_id="reconciler@corp.lan@ad!drift").token_id == "reconciler@corp.lan@ad!drift"


def test_saying_that_tls_is_verified_is_no_contradiction():
    assert settings(ca_file="ca.pem", verify_tls="yes").verify_tls
    assert not settings(verify_tls="false").verify_tls


def test_a_wait_is_bounded():
    with pytest.raises(ValidationError, match="is longer than 10m"):
        settings(timeout="11m")


@pytest.mark.parametrize("number", ["0", "33", "many"])
def test_connections_are_bounded(number):
    with pytest.raises(ValidationError):
        settings(connections=number)


def test_text_as_yaml_gives_it():
    made = settings(connections="8", timeout="2m", store_descriptions="yes")
    assert (made.connections, made.timeout.total_seconds(), made.store_descriptions) == (8, 120, True)
