"""Passphrases of a WLAN that lead into a network of their own, as fingerprints by where they lead."""

from collections.abc import Callable
from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.redaction import redacted_in
from reconciler.collectors.http.values import flag_of, is_nothing, objects_of, text_of
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.networks import Networks
from reconciler.collectors.unifi.rows import name_of
from reconciler.model.fingerprint import SET, folded
from reconciler.model.unread import mark_unread, read_into

_DEFAULT = "default"
"""Stands for the network of the WLAN itself."""


def read_private(found: dict[str, Any], raw: ApiRow, context: UnifiContext) -> None:
    """Set the passphrases with networks of their own; unread where the networks could not be read.

    Those of a WLAN on which they are off are stale. Without the flag, as of old, any of them sets it.
    """
    given, networks = raw.get("private_preshared_keys"), context.networks
    flag = raw.get("private_preshared_keys_enabled")
    read_into(found, "private_passphrases_enabled", lambda: flag_of(flag, default=bool(given)))
    if found.get("private_passphrases_enabled") is False:
        return
    if given and networks is None:
        mark_unread(found, "private_passphrases")
    elif given:
        read_into(
            found, "private_passphrases", lambda: by_place(given, lambda row: _network(row, networks or {}))
        )
    elif "private_preshared_keys" not in raw and "private_preshared_keys_enabled" in raw:
        found["private_passphrases"] = None  # on, and not shown


def _network(row: ApiRow, networks: Networks) -> str:
    identity = row.get("networkconf_id")
    return _DEFAULT if is_nothing(identity) else name_of(identity, networks)


def owner(row: ApiRow) -> str:
    """Return which clients a WPA3 passphrase is for: MAC address, else VLAN, and the identifier they send."""
    if not is_nothing(row.get("mac")):
        place = text_of(row["mac"]).lower()
    else:
        place = _DEFAULT if is_nothing(row.get("vlan")) else f"vlan {text_of(row['vlan'])}"
    return place if is_nothing(row.get("id")) else f"{place} id {text_of(row['id'])}"


def by_place(rows: object, place: Callable[[ApiRow], str]) -> dict[str, list[str]]:
    """Return the secrets of a list of them by where each counts; one that is not shown is `set`.

    Raises `ValueError` where it is not a list of objects.
    """
    found: dict[str, list[str]] = {}
    for row in objects_of(rows):
        found.setdefault(place(row), []).append(folded(redacted_in(row) or [SET]))
    return found
