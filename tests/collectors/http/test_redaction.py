"""Secrets are taken out where answers come in: whatever an answer looks like, none is left behind."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.collectors.http.redaction import Redacted, redacted_in, secret, secret_under, without_secrets
from reconciler.collectors.npm.connection.client import SECRETS
from reconciler.model.fingerprint import SET, SecretFingerprinter, current, folded, same_secret
from tests.collectors.secret_names import NPM, UNIFI

MARKER = "m4rk3r-"
SEAL = SecretFingerprinter("key")

HARMLESS = st.dictionaries(
    st.sampled_from(["name", "vlan", "enabled", "ips"]), st.integers() | st.text(), max_size=3
)


def _around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    rows = st.builds(
        lambda more, key, value: {**more, key: value}, HARMLESS, st.sampled_from(["data", "meta"]), inner
    )
    return rows | st.lists(inner, min_size=1, max_size=3)


SECRET_ROW = st.builds(
    lambda more, name, shape: {**more, name: shape},
    HARMLESS,
    st.sampled_from([*UNIFI, *NPM, *map(str.upper, UNIFI)]),
    st.sampled_from(
        [
            MARKER + "text",
            [MARKER + "in a list"],
            [{"password": MARKER + "in a row", "networkconf_id": "x"}],
            {"deep": {"deeper": [MARKER + "deep"]}},
        ]
    ),
)


@given(st.recursive(SECRET_ROW, _around, max_leaves=8))
def test_no_secret_is_left_in_an_answer(answer):
    for fingerprinter in (None, SEAL):
        assert MARKER not in repr(without_secrets(answer, fingerprinter, SECRETS.__contains__))


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_fingerprint_tells_values_apart_and_nothing_of_them(one, other):
    first, second = SEAL.fingerprint("place", one), SEAL.fingerprint("place", other)
    assert (first == second) is (one == other)
    assert same_secret(first, second) is (one == other)
    assert first.startswith(f"{SEAL.key_id}:")
    assert first != SEAL.fingerprint("elsewhere", one), "two places with one passphrase do not look alike"
    assert same_secret(first, SecretFingerprinter("another key").fingerprint("place", one)) is None


@pytest.mark.parametrize("name", UNIFI)
def test_every_known_name_is_one_of_a_secret(name):
    assert secret(name)


@pytest.mark.parametrize(
    "name",
    "name key radiusprofile_id wpa_psk_radius portconf_id zone_key dhcpd_boot_enabled path".split(),
)
def test_what_is_none_is_kept(name):
    assert not secret(name)


def test_flags_and_what_is_empty_are_kept():
    row = {"x_aes_gcm": True, "x_wep": "", "sae_psk": [], "lte_password": None}
    assert without_secrets(row, SEAL) == row


def test_order_in_a_list_of_secrets_does_not_count():
    one, other = {"password": "a", "vlan": 1}, {"password": "b", "vlan": 2}
    rows = [without_secrets({"private_preshared_keys": each}, SEAL) for each in ([one, other], [other, one])]
    assert rows[0] == rows[1]


def test_several_secrets_have_one_fingerprint_together():
    row = without_secrets({"x_a": "1", "x_b": "2", "x_c": ""}, SEAL)
    both = secret_under(row, "x_a", "x_b", "x_c")
    assert both is not None
    assert both.startswith(SEAL.key_id)
    assert both not in {row["x_a"].fingerprint, row["x_b"].fingerprint}
    assert secret_under(row, "x_c") == "none"
    assert secret_under({"x_a": Redacted(None)}, "x_a") == SET, "no key, no fingerprint"


def test_a_secret_that_no_row_is_without_is_not_shown_where_its_key_is_missing():
    assert secret_under({"name": "lan"}, "x_passphrase", required=True) is None
    assert secret_under({"x_passphrase": ""}, "x_passphrase", required=True) == "none"
    assert secret_under({"name": "lan"}, "x_passphrase") == "none"


@pytest.mark.parametrize("value", ["********", "*", "\u2022\u2022\u2022"])
def test_a_masked_secret_is_set_and_has_no_fingerprint(value):
    assert secret_under(without_secrets({"password": value}, SEAL), "password") == SET


def test_rows_of_a_list_of_secrets_keep_where_they_count():
    keys = [{"password": "one", "networkconf_id": "n1"}, {"password": "two", "networkconf_id": "n2"}]
    rows = without_secrets({"private_preshared_keys": keys}, None)["private_preshared_keys"]
    assert sorted((row["networkconf_id"], redacted_in(row)) for row in rows) == [("n1", [SET]), ("n2", [SET])]


ONE, OTHER = (SEAL.fingerprint("place", value) for value in ("one", "other"))
NEXT = SecretFingerprinter("next", "key")
BOTH, CHANGED = NEXT.fingerprint("place", "one"), NEXT.fingerprint("place", "other")
LAST = SecretFingerprinter("next").fingerprint("place", "one")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("none", "none", True),
        ("none", "set", False),
        ("none", ONE, False),
        ("none", None, None),
        ("set", "set", True),
        ("set", ONE, True),
        ("set", None, None),
        (ONE, ONE, True),
        (ONE, OTHER, False),
        (ONE, None, None),
        (ONE, LAST, None),
        (ONE, BOTH, True),
        (ONE, CHANGED, False),
        (LAST, BOTH, True),
        (LAST, CHANGED, False),
        (BOTH, CHANGED, False),
        ((), (), True),
        ((), ("set",), False),
        (("set",), ("set", "set"), False),
        (("set", "set"), (ONE, OTHER), True),
        ((ONE, OTHER), (OTHER, ONE), True),
        ((ONE, ONE), (ONE, OTHER), False),
        ((ONE, OTHER), (BOTH, CHANGED), True),
        ((ONE,), (LAST,), None),
    ],
)
def test_two_secrets_are_the_same_or_not_or_cannot_be_compared(one, other, same):
    assert same_secret(one, other) is same
    assert same_secret(other, one) is same


def test_what_is_declared_of_a_secret_has_one_fingerprint():
    assert current(BOTH) == LAST
    assert current("set") == "set"
    assert folded([BOTH]) == BOTH
    assert folded([BOTH, "set"]) == "set"
    assert same_secret(folded([ONE, OTHER]), folded([CHANGED, BOTH])) is True


def test_a_seal_does_not_show_its_key():
    assert "hunter2" not in repr(SecretFingerprinter("hunter2")) + str(SecretFingerprinter("hunter2"))
    assert (
        json.dumps(str(SecretFingerprinter("hunter2")))
        == f'"SecretFingerprinter({SecretFingerprinter("hunter2").key_id})"'
    )
