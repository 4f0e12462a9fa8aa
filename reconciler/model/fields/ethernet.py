"""MAC addresses, switch ports and VLAN ids."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from reconciler.model.fields.marks import AsWritten
from reconciler.model.fields.text import sorted_set, split_words

_MAC = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}")


def mac_address(value: object) -> str | None:
    """Return a MAC address in upper case with colons; None for what is not one."""
    text = value.strip().upper().replace("-", ":") if isinstance(value, str) else ""
    return text if _MAC.fullmatch(text) else None


_DIGITS = re.compile(r"[0-9A-Fa-f]{12}")
_USUAL_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")


def mac_in_any_form(value: object) -> object:
    """Return a MAC address with colons, also of `bc-24-…`, `bc24.1100.0001` and `bc2411000001`."""
    if not isinstance(value, str) or _USUAL_MAC.fullmatch(value):
        return value
    known = mac_address(value)
    if known is not None:
        return known
    digits = re.sub(r"[-.:]", "", value.strip())
    if _DIGITS.fullmatch(digits) is None:
        message = "is not a MAC address; write it as BC:24:11:00:00:01"
        raise ValueError(message)
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


Mac = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, to_upper=True, pattern=r"^(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$"
    ),
    Field(description="MAC address, upper case"),
    AsWritten(mac_in_any_form),
]
Macs = Annotated[
    tuple[Mac, ...],
    BeforeValidator(split_words),
    AfterValidator(sorted_set),
    Field(description="A set of MAC addresses; order does not matter"),
]


def _switch_port(text: str) -> str:
    mac, _, index = text.strip().rpartition(":")
    address = mac_address(mac)
    if address is None or not index.isdecimal():
        message = "is not a switch port; write the switch's MAC address and the port: 74:AC:B9:00:00:02:5"
        raise ValueError(message)
    return f"{address}:{int(index)}"


SwitchPortId = Annotated[str, AfterValidator(_switch_port)]
"""Id of a switch port: the switch's MAC address and the number of the port."""
VlanTag = Annotated[int, Field(ge=1, le=4094, description="VLAN ID (IEEE 802.1Q)")]


def no_tag(value: object) -> object:
    """Take the id 0 as none: such frames have no VLAN (IEEE 802.1Q)."""
    return None if value in (0, "0", "") and not isinstance(value, bool) else value


def not_zero(value: object) -> object:
    """Refuse 0 where a person may mean VLAN 0, or none."""
    if isinstance(value, str) and value.strip() == "0":
        message = "is not a VLAN id from 1 to 4094; leave it out, or write null, for no tag"
        raise ValueError(message)
    return value


NoTag = Annotated[VlanTag | None, BeforeValidator(no_tag), AsWritten(not_zero)]
"""A VLAN id, or none, which an API may write as 0."""
