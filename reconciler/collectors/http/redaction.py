"""Secrets in what an API answers: taken out where the answer comes in, so that nothing behind can leak them.

The value of a secret becomes a `Redacted`: a fingerprint, or nothing where the site has no key for that.
The names are those that UniFi Network and Nginx Proxy Manager use, and patterns of those to come.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler import files
from reconciler.model.fingerprint import SecretFingerprinter

_SECRET = re.compile(
    r"^x_|pass(?:word|wd|phrase)|secret|psk|pre_?shared_?key|private_?key|auth_?key|api_?key|token|community"
    r"|credential|sim_?pin|fingerprint_?key|syslog_key|certificate_key|hostkey|mgmt_key|aes_gcm|iapp_key",
    re.IGNORECASE,
)
_HARMLESS = frozenset({"wpa_psk_radius", "radiusprofile_id", "sae_psk_vlan_required"})
"""Named like a secret without being one: a mode, a reference."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """Stands in the place of a secret."""

    fingerprint: str | None
    """None: the site has no `fingerprint_key`."""


def without_secrets(
    value: Any, fingerprinter: SecretFingerprinter | None, more: Callable[[str], bool] = lambda _name: False
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
    return key not in _HARMLESS and _SECRET.search(key) is not None


def _sealed(value: Any, fingerprinter: SecretFingerprinter | None, place: str) -> Any:
    """Return the value redacted; flags and empty values are not secrets."""
    if value is None or isinstance(value, bool) or value in ("", [], {}):
        return value
    if fingerprinter is None:
        return Redacted(None)
    text = value if isinstance(value, str) else files.canonical(_sorted(value)).decode()
    return Redacted(fingerprinter.fingerprint(place, text))


def _sorted(value: Any) -> Any:
    """Return a value with its lists in order: lists of secrets come in any."""
    if isinstance(value, list):
        return sorted((_sorted(item) for item in value), key=repr)
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in value.items()}
    return value


def fingerprint_of(row: Mapping[str, Any], *keys: str) -> str | None:
    """Return one fingerprint of the secrets under some keys of a row; None where none is set."""
    found = [each.fingerprint for key in keys if isinstance(each := row.get(key), Redacted)]
    marks = [mark for mark in found if mark is not None]
    if len(marks) < 2:
        return marks[0] if marks else None
    return f"{marks[0][:9]}{_folded(marks)}"


def _folded(marks: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(marks)).encode()).hexdigest()[:32]
