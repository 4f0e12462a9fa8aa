"""Cables from node NICs to switch ports, as `device:port`. No API reports them.

Only declared, in `desired-state/site/cable.yaml`; LLDP and MAC tables confirm or contradict them.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from reconciler.model.fields.ethernet import SwitchPortId
from reconciler.model.fields.text import Text
from reconciler.model.kind import AnyKind, Kind
from reconciler.model.resource import Resource


def _end(text: str) -> str:
    device, colon, port = text.strip().rpartition(":")
    if not colon or not device or not port:
        message = "is not an end of a cable; write device:port, such as r630-01:eno1"
        raise ValueError(message)
    return f"{device}:{port}"


class Cable(Resource):
    """A cable from a node NIC to a switch port."""

    to: Annotated[
        SwitchPortId | None,
        Field(description="Id of the switch port: 74:AC:B9:00:00:02:5"),
    ] = None
    panel: Annotated[Text | None, Field(description="Patch panel and port in between")] = None
    label: Annotated[Text | None, Field(description="Text on the cable's label")] = None


KIND: AnyKind = Kind(
    name="cable",
    plural="cables",
    model=Cable,
    identity=Annotated[str, AfterValidator(_end)],
)
