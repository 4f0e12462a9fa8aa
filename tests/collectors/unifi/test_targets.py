"""What a policy names counts: with a target that is not known here, everything; other keys by name."""

from typing import Any

import pytest

from reconciler.collectors.http.redaction import without_secrets
from reconciler.collectors.unifi import SYSTEM
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.networks import NetworkRef
from reconciler.model.fingerprint import RowFingerprinter, SecretFingerprinter

KINDS = {kind.name: kind for kind in SYSTEM.kinds}
NETWORKS = {f"n{number}": NetworkRef(f"net {number}", number, lan=True, default=False) for number in (1, 2)}
CONTEXT = UnifiContext(
    networks=NETWORKS, zones={}, groups={}, fingerprints=RowFingerprinter("x", SecretFingerprinter("key"))
)
NAMED: dict[str, tuple[Any, Any]] = {
    "ips": (["192.0.2.1"], ["192.0.2.2"]),
    "client_macs": (["BC:24:11:00:00:01"], ["BC:24:11:00:00:02"]),
    "mac": ("BC:24:11:00:00:01", "BC:24:11:00:00:02"),
    "network_ids": (["n1"], ["n2"]),
    "web_domains": (["a.example.org"], ["b.example.org"]),
    "regions": (["DE"], ["FR"]),
    "app_ids": ([1], [2]),
    "app_category_ids": ([1], [2]),
    "device_macs": (["BC:24:11:00:00:01"], ["BC:24:11:00:00:02"]),
    "later": ({"deep": [1]}, {"deep": [2]}),
}
STALE = NAMED.keys() - {"later"}
"""Keys that a known target leaves behind."""
OWN: dict[str, set[str]] = {
    "IP": {"ips", "network_ids", "mac"},
    "NETWORK": {"network_ids", "mac"},
    "CLIENT": {"client_macs", "mac"},
    "MAC": {"client_macs", "mac"},
    "DEVICE": {"device_macs"},
    "WEB": {"web_domains"},
    "REGION": {"regions"},
    "APP": {"app_ids"},
    "APP_CATEGORY": {"app_category_ids"},
    "ANY": set(),
}
"""Target → the keys that count with it."""


def row(side: str, target: str, **named: Any) -> dict[str, Any]:
    raw = {"name": "one", "action": "ALLOW", side: {"matching_target": target, **named}}
    kind = KINDS["firewall-policy"]
    assert kind.normalise is not None
    found: dict[str, Any] = kind.dump({"x": kind.normalise("x", raw, CONTEXT)})["x"]
    return found


@pytest.mark.parametrize("side", ["source", "destination"])
@pytest.mark.parametrize("target", ["IID", "VPN_SERVER", *OWN])
@pytest.mark.parametrize("key", NAMED)
def test_another_value_is_seen_and_named(side, target, key):
    nothing, (one, other) = row(side, target), NAMED[key]
    first, second = (row(side, target, **{key: value}) for value in (one, other))
    if key in STALE and key not in OWN.get(target, STALE):
        assert first == second == nothing
    else:
        assert first != second
        assert nothing not in (first, second)
    if key not in STALE:
        assert any(at.startswith(f"/{side}/{key}") for at in first["unmodelled"])


def passphrases(keys: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    raw = {"name": "Home", "security": "wpapsk", "x_passphrase": "w", "private_preshared_keys": keys, **more}
    kind = KINDS["wlan"]
    assert kind.normalise is not None
    found: dict[str, Any] = kind.dump({"x": kind.normalise("x", without_secrets(raw, None), CONTEXT)})["x"]
    return {name: found.get(name) for name in ("private_passphrases_enabled", "private_passphrases")}


def test_passphrases_count_by_network_without_a_key():
    one, two = {"password": "a", "networkconf_id": "n1"}, {"password": "b", "networkconf_id": "n2"}
    assert passphrases([one, two])["private_passphrases"] == {"net 1": ["set"], "net 2": ["set"]}
    assert passphrases([one, one])["private_passphrases"] == {"net 1": ["set", "set"]}
    hidden = [{"networkconf_id": "n1"}, {"networkconf_id": "n1"}]
    assert passphrases(hidden)["private_passphrases"] == {"net 1": ["set", "set"]}


@pytest.mark.parametrize("off", [False, 0, "false"])
def test_the_flag_of_passphrases_is_a_field(off):
    keys = [{"password": "a", "networkconf_id": "n1"}]
    assert passphrases(keys)["private_passphrases_enabled"] is True
    closed = passphrases(keys, private_preshared_keys_enabled=off)
    assert closed == {"private_passphrases_enabled": False, "private_passphrases": {}}
