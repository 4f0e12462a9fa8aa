"""Other spellings of a row that mean the same: flags, numbers, order of sets, null for nothing."""

import ipaddress
import re
from collections.abc import Mapping
from random import Random
from typing import Any

_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
_WORDS = {True: (True, 1, "true", "1", 1.0), False: (False, 0, "false", "0")}
_ORDERED = frozenset(
    {
        "clients",
        "qos_policies",
        "auth_servers",
        "acct_servers",
        "lldp_table",
        "orderedFirewallPolicyIds",
        "beforeSystemDefined",
        "domain_names",
        "dnsServerIpAddressesOverride",
        "ntpServerIpAddresses",
        "winsServerIpAddresses",
    }
)
"""Lists whose order means something, and the names of a host, of which the first is its id at first."""
_NULL_IS_ANOTHER = frozenset(
    {"native_networkconf_id", "dns_provider_credentials", "x_passphrase", "x_password"}
)
"""Keys that mean one thing when they are empty, and another when they are not there."""
_TEXT = frozenset({"_id", "id", "name", "hostname", "key", "matching_target"})
"""Keys of names, which are text whatever they look like."""


def spelled(value: Any, source: Random, key: str = "") -> Any:
    """Return a value in another spelling."""
    if isinstance(value, Mapping):
        return _object(value, source)
    if isinstance(value, list):
        items = [spelled(item, source, key) for item in value]
        return items if key in _ORDERED else source.sample(items, len(items))
    if key in _TEXT:
        return value
    return source.choice(_forms(value))


def _object(row: Mapping[str, Any], source: Random) -> dict[str, Any]:
    keys = [*row]
    source.shuffle(keys)
    found: dict[str, Any] = {}
    for key in keys:
        value = row[key]
        if value in (None, "") and key not in _NULL_IS_ANOTHER:
            nothing = source.choice((None, "", "absent"))
            found |= {} if nothing == "absent" else {key: nothing}
        else:
            found[key] = spelled(value, source, key)
    return found


def _forms(value: Any) -> tuple[Any, ...]:
    """Return the spellings of a scalar."""
    if isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, int):
        return (value, str(value), float(value))
    if isinstance(value, str):
        return _forms_of_text(value)
    return (value,)


def _forms_of_text(text: str) -> tuple[Any, ...]:
    if _MAC.fullmatch(text):
        return (text.upper(), text.lower())
    if text.isascii() and text.isdecimal() and str(int(text)) == text and len(text) < 12:
        return (text, int(text))
    address, slash, length = text.partition("/")
    try:
        six = ipaddress.IPv6Address(address)
    except ValueError:
        return (text,)
    return tuple(f"{each}{slash}{length}" for each in (address, six.exploded, address.upper()))
