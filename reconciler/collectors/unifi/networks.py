"""The networks of a site as other rows refer to them: by id, with name and VLAN; read once per run."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.collectors.http.identities import identified
from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing, is_true, whole_number
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


Networks = Mapping[str, NetworkRef]
"""Id of the controller → network."""


def vlan(row: ApiRow) -> int | None:
    """Return the VLAN of a network in whatever form; 1 for the LAN without one, None where it has none.

    Raises `ValueError` for one that is on and cannot be read.
    """
    lan = row.get("purpose") in LANS
    value = row.get("vlan") if lan else row.get("wan_vlan")
    flag = row.get("vlan_enabled" if lan else "wan_vlan_enabled")
    if not is_true(flag, default=lan and not is_nothing(value)):
        return UNTAGGED if lan else None
    number = whole_number(value)
    if number is None:
        message = "vlan: is on, and is not a number"
        raise ValueError(message)
    return number


def table(rows: Iterable[ApiRow]) -> dict[str, NetworkRef] | None:
    """Return the networks of a list by the controller's ids.

    None where one of them cannot be read: what refers to networks must not be read without it.
    """
    rows = list(rows)
    if not rows or not all(name(row) and isinstance(row.get("purpose"), str) for row in rows):
        return None
    found = identified(((name(row), row) for row in rows), "_id").rows
    try:
        return {
            str(row.get("_id")): NetworkRef(
                name=identity,
                vlan=vlan(row),
                lan=row["purpose"] in LANS,
                default=row["purpose"] in LANS
                and (row.get("attr_hidden_id") == "LAN" or vlan(row) == UNTAGGED),
            )
            for identity, row in found.items()
        }
    except ValueError:
        return None


def name(row: ApiRow) -> str | None:
    """Return the name of a row, which is its id; None where it has none."""
    value: Any = row.get("name")
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return nfc(str(value)).strip() or None


def native(row: ApiRow, networks: Networks) -> str | None:
    """Return the id of the native network of a port or profile.

    Without a key it is the default one; empty text is none (tf-unifi#449).
    """
    if "native_networkconf_id" in row and row["native_networkconf_id"] is not None:
        return str(row["native_networkconf_id"]) or None
    return next((identity for identity, each in networks.items() if each.default), None)


def in_network(_identity: str, row: Row) -> Iterator[tuple[str, str]]:
    """Yield the network of a row: the `within` of a kind that has one."""
    return (("network", name) for name in items_of(row, "network"))
