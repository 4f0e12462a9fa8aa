"""Secrets in what an API answers: taken out where the answer comes in, so that nothing behind can leak them.

The value of a secret becomes a `Redacted`: a fingerprint, or nothing where the site has no key for that.
The names are those that UniFi Network and Nginx Proxy Manager use, and patterns of those to come.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.model.fingerprint import NONE, SecretFingerprinter, folded, secret_of

_SECRET = re.compile(
    r"^x_|pass(?:word|wd|phrase)|secret|psk|pre_?shared_?key|private_?key|auth_?key|api_?key|token|community"
    r"|credential|sim_?pin|fingerprint_?key|syslog_key|certificate_key|hostkey|mgmt_key|aes_gcm|iapp_key"
    r"|^snmp_contact$|^openvpn_configuration$|^wireguard_client_configuration_file$",
    re.IGNORECASE,
)
_HARMLESS = frozenset(
    {
        "wpa_psk_radius",
        "radiusprofile_id",
        "sae_psk_vlan_required",
        "radius_macacl_empty_password",
        "x_ssh_keys",
        "x_ssh_bind_wildcard",
        "tokens",
        "tokenid",
        "credential_required",
    }
)
"""Named like secrets without being some: a mode, a name, public keys; so are flags (`…_enabled`)."""


_PLACES = frozenset(
    {"_id", "id", "mac", "network_id", "networkId", "networkconf_id", "vlan", "vlan_id", "vlanId"}
)
"""Members of a row in a list of secrets that are none: where each of them counts."""
_PLACE = re.compile(r"[\w:-]{0,64}(?:\.0)?")
"""The form of each: an id, a MAC address, a number."""
_MASKED = re.compile(r"[*\u2022]+")


@dataclass(frozen=True, slots=True)
class Redacted:
    """Stands in the place of a secret."""

    fingerprint: str | None
    """None: the site has no `fingerprint_key`, or the API masks the secret."""


def _nothing_more(_name: str) -> bool:
    return False


def without_secrets(
    value: Any, fingerprinter: SecretFingerprinter | None, more: Callable[[str], bool] = _nothing_more
) -> Any:
    """Return a value of an answer with a `Redacted` in the place of every secret that is set.

    `more` decides for a key whether this API has a secret there that its name does not show.
    """
    return _walk(value, fingerprinter, more, "")


def _walk(
    value: Any, fingerprinter: SecretFingerprinter | None, more: Callable[[str], bool], place: str
) -> Any:
    if isinstance(value, list):
        return [_walk(item, fingerprinter, more, place) for item in value]
    if not isinstance(value, dict):
        return value
    own = value.get("_id", value.get("id", ""))
    here = f"{place}/{own}" if isinstance(own, str | int) else place
    return {
        key: _sealed(item, fingerprinter, f"{here}/{key}")
        if secret(key) or more(key)
        else _walk(item, fingerprinter, more, f"{here}/{key}")
        for key, item in value.items()
    }


def secret(key: str) -> bool:
    """Check whether a key holds a secret, as far as its name shows."""
    return key not in _HARMLESS and not key.endswith("_enabled") and _SECRET.search(key) is not None


def _sealed(value: Any, fingerprinter: SecretFingerprinter | None, place: str) -> Any:
    """Return the value redacted; flags and empty values are not secrets.

    Of a list of rows, each keeps where it counts (a network, a VLAN), and nothing else.
    """
    if value is None or isinstance(value, bool) or value in ("", [], {}):
        return value
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        return sorted((_sealed_row(row, fingerprinter, place) for row in value), key=repr)
    if fingerprinter is None or (isinstance(value, str) and _MASKED.fullmatch(value)):
        return Redacted(None)
    text = value if isinstance(value, str) else json.dumps(_sorted(value), sort_keys=True)
    return Redacted(fingerprinter.fingerprint(place, text))


def _sealed_row(row: dict[str, Any], fingerprinter: SecretFingerprinter | None, place: str) -> dict[str, Any]:
    return {
        key: _walk(value, fingerprinter, _nothing_more, f"{place}/{key}")
        if key in _PLACES and (isinstance(value, dict | list) or _PLACE.fullmatch(str(value)))
        else _sealed(value, fingerprinter, f"{place}/{key}")
        for key, value in row.items()
    }


def _sorted(value: Any) -> Any:
    """Return a value with its lists in order: lists of secrets come in any."""
    if isinstance(value, list):
        return sorted((_sorted(item) for item in value), key=repr)
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in value.items()}
    return value


def redacted_in(value: object) -> list[str]:
    """Return each secret in a value: `set`, or its fingerprint."""
    if isinstance(value, Redacted):
        return [secret_of(value.fingerprint)]
    members = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [mark for member in members for mark in redacted_in(member)]


def secret_under(row: Mapping[str, Any], *keys: str, required: bool = False) -> str | None:
    """Return the secrets under some keys of a row as one: `none` where none is set.

    A `required` one is never absent from a row, so that without its key it is not shown: None.
    """
    found = [mark for key in keys for mark in redacted_in(row.get(key))]
    if found:
        return folded(found)
    return None if required and row.keys().isdisjoint(keys) else NONE
