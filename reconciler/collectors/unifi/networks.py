"""The networks of a site as other rows refer to them: by id, with name and VLAN; read once per run."""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from reconciler.collectors.payload import identified
from reconciler.collectors.unifi.api import Row
from reconciler.collectors.unifi.rows import is_nothing, is_on

LANS = frozenset({"corporate", "guest", "vlan-only"})
"""Purposes of networks that ports carry."""
UNTAGGED = 1
"""What the integration API calls the VLAN of the network without one."""


class Network(TypedDict):
    """What is known of a network by its id."""

    name: str
    """Its id as a resource."""
    vlan: int | None
    lan: bool
    """Whether ports carry it."""
    default: bool
    """Whether it is the one without a VLAN, which a port has unless told otherwise."""


Networks = Mapping[str, Network]
"""Id of the controller → network."""


def vlan(row: Row) -> int | None:
    """The VLAN of a network, from whichever form; 1 for the LAN without one, None where it has none."""
    lan = row.get("purpose") in LANS
    value = row.get("vlan") if lan else row.get("wan_vlan")
    flag = "vlan_enabled" if lan else "wan_vlan_enabled"
    if is_nothing(value) or not is_on(row, flag, default=lan) or not str(value).isdecimal():
        return UNTAGGED if lan else None
    return int(str(value))


def table(rows: Iterable[Row]) -> dict[str, Network]:
    """The networks of a list by the controller's ids."""
    found, _, _ = identified((name(row), str(row.get("_id", "")), row) for row in rows)
    return {
        str(row.get("_id")): Network(
            name=identity,
            vlan=vlan(row),
            lan=row.get("purpose") in LANS,
            default=row.get("purpose") in LANS
            and (row.get("attr_hidden_id") == "LAN" or vlan(row) == UNTAGGED),
        )
        for identity, row in found.items()
    }


def name(row: Row) -> str | None:
    """The name of a row, which is its id; None where it has none."""
    value: Any = row.get("name")
    return str(value).strip() or None if not is_nothing(value) else None
