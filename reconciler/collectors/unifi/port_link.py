"""The link of a switch port: its state, its neighbour, and the MAC addresses behind it."""

from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import flag_of, is_nothing, objects_of
from reconciler.model.fields.ethernet import Macs
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Text
from reconciler.model.value import Value


class PortLink(Value):
    """Link state, and the MAC addresses behind the port."""

    up: Annotated[Flag, Field(description="Link is up")] = False
    speed: Annotated[Count | None, Field(description="Link speed, in Mbit/s")] = None
    is_uplink: Annotated[Flag, Field(description="Port is the device's uplink")] = False
    neighbour: Annotated[
        Text | None, Field(description="Chassis ID or name of the LLDP neighbour; untrusted")
    ] = None
    neighbour_port: Annotated[Text | None, Field(description="Port of the LLDP neighbour; untrusted")] = None
    macs: Annotated[Macs, Field(description="MAC addresses seen on the port")] = ()


def link_of(port: ApiRow) -> dict[str, Any]:
    """Return the state of the link; raises `ValueError` for values of another type."""
    up = flag_of(port.get("up"))
    link: dict[str, Any] = {
        "up": up,
        "is_uplink": flag_of(port.get("is_uplink")),
        "macs": [row.get("mac") for row in objects_of(port.get("mac_table")) if row.get("mac")],
    }
    if up and not is_nothing(port.get("speed")):
        link["speed"] = port["speed"]
    if neighbours := objects_of(port.get("lldp_table")):
        first = neighbours[0]
        link["neighbour"] = first.get("lldp_system_name") or first.get("lldp_chassis_id")
        link["neighbour_port"] = first.get("lldp_port_id")
    return link
