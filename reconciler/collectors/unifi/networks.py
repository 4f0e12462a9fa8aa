"""The networks of a site as other rows refer to them: by id, with name and VLAN; read once per run."""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from reconciler.collectors.http.payload import ApiRow, identified, tie_of, whole_number
from reconciler.collectors.unifi.rows import is_nothing, is_on

LANS = frozenset({"corporate", "guest", "vlan-only"})
"""Purposes of networks that ports carry."""
UNTAGGED = 1
"""What the integration API calls the VLAN of the network without one."""


class NetworkRef(TypedDict):
    """What is known of a network by its id."""

    name: str
    """Its id as a resource."""
    vlan: int | None
    lan: bool
    """Whether ports carry it."""
    default: bool
    """Whether it is the one without a VLAN, which a port has unless told otherwise."""


Networks = Mapping[str, NetworkRef]
"""Id of the controller → network."""


def vlan(row: ApiRow) -> int | None:
    """The VLAN of a network, from whichever form; 1 for the LAN without one, None where it has none.

    Raises `ValueError` for one that is on and cannot be read.
    """
    lan = row.get("purpose") in LANS
    value = row.get("vlan") if lan else row.get("wan_vlan")
    flag = "vlan_enabled" if lan else "wan_vlan_enabled"
    if not is_on(row, flag, default=lan and not is_nothing(value)):
        return UNTAGGED if lan else None
    number = whole_number(value)
    if number is None:
        message = "vlan: is on, and is no number"
        raise ValueError(message)
    return number


def table(rows: Iterable[ApiRow]) -> dict[str, NetworkRef] | None:
    """The networks of a list by the controller's ids.

    None where one of them cannot be told: what refers to networks must not be read without it.
    """
    rows = list(rows)
    if not rows or not all(name(row) and isinstance(row.get("purpose"), str) for row in rows):
        return None
    found, _, _ = identified((name(row), tie_of(row, "_id"), row) for row in rows)
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
    """The name of a row, which is its id; None where it has none."""
    value: Any = row.get("name")
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None
