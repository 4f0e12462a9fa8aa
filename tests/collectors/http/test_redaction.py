"""Secrets are taken out where answers come in: whatever an answer looks like, none is left behind."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.collectors.http.redaction import Redacted, fingerprint_of, secret, without_secrets
from reconciler.collectors.npm.connection.client import CONFIG
from reconciler.model.fingerprint import SecretFingerprinter, comparable
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
        assert MARKER not in repr(without_secrets(answer, fingerprinter, CONFIG.__contains__))


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_fingerprint_tells_values_apart_and_nothing_of_them(one, other):
    first, second = SEAL.fingerprint("place", one), SEAL.fingerprint("place", other)
    assert (first == second) is (one == other)
    assert comparable(first, second)
    assert first.startswith(f"{SEAL.key_id}:")
    assert first != SEAL.fingerprint("elsewhere", one), "two places with one passphrase do not look alike"
    assert not comparable(first, SecretFingerprinter("another key").fingerprint("place", one))


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
    both = fingerprint_of(row, "x_a", "x_b", "x_c")
    assert both is not None
    assert both.startswith(SEAL.key_id)
    assert both not in {row["x_a"].fingerprint, row["x_b"].fingerprint}
    assert fingerprint_of(row, "x_c") is None
    assert fingerprint_of({"x_a": Redacted(None)}, "x_a") is None, "no key, no fingerprint"


def test_a_seal_does_not_show_its_key():
    assert "hunter2" not in repr(SecretFingerprinter("hunter2")) + str(SecretFingerprinter("hunter2"))
    assert (
        json.dumps(str(SecretFingerprinter("hunter2")))
        == f'"SecretFingerprinter({SecretFingerprinter("hunter2").key_id})"'
    )
