"""Addresses in the address plan of the site: owner, purpose and lifecycle of each.

Only declared, in `desired-state/site/address.yaml`; `/v1/addresses` shows where they are in use.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from reconciler.model.fields.addresses import Address
from reconciler.model.fields.ethernet import Mac
from reconciler.model.fields.text import Text
from reconciler.model.kind import AnyKind, Kind
from reconciler.model.resource import Resource


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        message = "is not a day; write it as 2027-01-31"
        raise ValueError(message) from None


def _identity(text: str) -> str:
    if "/" in text:
        message = "has a prefix length; the id is one address, without it"
        raise ValueError(message)
    return text


def _owner(text: str) -> str:
    if len([part for part in text.split("/", 2) if part]) != 3:
        message = "is not a key; write source/kind/id, such as pve/guest/101"
        raise ValueError(message)
    return text.strip()


class SiteAddress(Resource):
    """A LAN, WAN or virtual address."""

    service: Annotated[Text | None, Field(description="Purpose of the address")] = None
    role: Annotated[
        Literal["guest", "node", "vip", "gateway", "device", "reserved", "dhcp-pool"],
        Field(description="Role: guest, node, vip, gateway, device, reserved or dhcp-pool"),
    ] = "guest"
    lifecycle: Annotated[
        Literal["planned", "active", "retiring", "retired"],
        Field(description="Lifecycle: planned, active, retiring or retired"),
    ] = "active"
    owner: Annotated[
        Annotated[str, AfterValidator(_owner)] | None,
        Field(description="Key of the resource that has the address: pve/guest/101"),
    ] = None
    mac: Annotated[Mac | None, Field(description="MAC address of the owner, if no source reports it")] = None
    until: Annotated[Address | None, Field(description="Last address of a dhcp-pool")] = None
    review: Annotated[
        Annotated[str, AfterValidator(_day)] | None, Field(description="Date of the next review: 2027-01-31")
    ] = None
    contact: Annotated[Text | None, Field(description="Person to contact")] = None


KIND: AnyKind = Kind(
    name="address",
    plural="addresses",
    model=SiteAddress,
    identity=Annotated[Address, BeforeValidator(_identity)],
)
