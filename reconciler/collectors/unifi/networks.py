"""The networks of a site as other rows refer to them: by id, with name and VLAN; read once per run."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.collectors.http.identities import identified
from reconciler.collectors.http.payload import ApiRow, refuse_row
from reconciler.collectors.http.values import flag_of, is_nothing, text_of, whole_number
from reconciler.model.relations import items_of
from reconciler.model.value import Row
from reconciler.text import nfc

LANS = frozenset({"corporate", "guest", "vlan-only"})
"""Purposes of networks that ports carry."""
UNTAGGED = 1
"""The VLAN id of the network without one, in the integration API."""


@dataclass(frozen=True, slots=True)
class NetworkRef:
    """A network that rows refer to by its id."""

    name: str
    """Its id as a resource."""
    vlan: int | None
    lan: bool
    """Whether ports carry it."""
    default: bool
    """Whether it is the one without a VLAN, which a port has by default."""
    odd: bool = False
    """Whether its VLAN, or whether ports carry it, cannot be read."""


Networks = Mapping[str, NetworkRef]
"""Id of the controller → network."""


def vlan(row: ApiRow) -> int | None:
    """Return the VLAN of a network in whatever form; 1 for the LAN without one, None where it has none.

    Raises `ValueError` for one that is on and cannot be read.
    """
    lan = is_lan(row) if isinstance(row.get("purpose"), str) else not is_nothing(row.get("vlan"))
    value = row.get("vlan") if lan else row.get("wan_vlan")
    flag = row.get("vlan_enabled" if lan else "wan_vlan_enabled")
    if not flag_of(flag, default=lan and not is_nothing(value)):
        return UNTAGGED if lan else None
    number = whole_number(value)
    if number is None:
        message = "vlan: is on, and is not a number"
        raise ValueError(message)
    return number


def is_lan(row: ApiRow) -> bool:
    """Return whether ports carry a network; raises `ValueError` where its purpose cannot be read."""
    purpose = row.get("purpose")
    if not isinstance(purpose, str):
        refuse_row("purpose: is not text")
    return purpose in LANS


def table(rows: Iterable[ApiRow]) -> dict[str, NetworkRef] | None:
    """Return the networks of a list by the controller's ids.

    None where one of them has no name or no id: what refers to networks must not be read without it.
    """
    rows = list(rows)
    if not rows or not all(map(is_known, rows)):
        return None
    found = identified(((name(row), row) for row in rows), "_id").rows
    return {str(row.get("_id")): _reference(identity, row) for identity, row in found.items()}


def has_id(row: ApiRow) -> bool:
    """Check whether a row has an id of the controller."""
    identity = row.get("_id")
    return bool(identity) and isinstance(identity, str | int) and not isinstance(identity, bool)


def is_known(row: ApiRow) -> bool:
    """Check whether a row has what others refer to: a name, and an id of the controller."""
    return has_id(row) and name(row) is not None


def with_zone(row: ApiRow, zone_of: Mapping[str, str] | None) -> ApiRow:
    """Return a row with its zone: some controllers note it only in the zones."""
    known = row.get("firewall_zone_id") or (zone_of or {}).get(str(row.get("_id")))
    return {**row, "firewall_zone_id": known} if known else row


def _reference(identity: str, row: ApiRow) -> NetworkRef:
    first = row.get("attr_hidden_id") == "LAN"
    try:
        tag, lan = vlan(row), is_lan(row)
    except ValueError:
        lan = row.get("purpose") in tuple(LANS)
        return NetworkRef(name=identity, vlan=None, lan=lan, default=first, odd=True)
    return NetworkRef(name=identity, vlan=tag, lan=lan, default=lan and (first or tag == UNTAGGED))


def name(row: ApiRow) -> str | None:
    """Return the name of a row, which is its id; None where it has none."""
    value: Any = row.get("name")
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return nfc(str(value)).strip() or None


def native(row: ApiRow, networks: Networks) -> str | None:
    """Return the id of the native network of a port or profile; raises `ValueError` for what cannot be one.

    Without a key it is the default one; empty text is none (tf-unifi#449).
    """
    given = row.get("native_networkconf_id")
    if given is not None:
        return text_of(given) or None
    return next((identity for identity, each in networks.items() if each.default), None)


def in_network(_identity: str, row: Row) -> Iterator[tuple[str, str]]:
    """Yield the network of a row: the `within` of a kind that has one."""
    return (("network", name) for name in items_of(row, "network"))
