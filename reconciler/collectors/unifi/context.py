"""The context in which rows of UniFi Network are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.networks import Networks
from reconciler.model.fingerprint import RowContext


@dataclass(frozen=True, slots=True)
class UnifiContext(RowContext):
    """The context of a listing; a table is None where it could not be read, or is not needed."""

    networks: Networks | None = None
    zones: Mapping[str, str] | None = None
    """Id → name, as in the tables below."""
    groups: Mapping[str, str] | None = None
    """Groups of addresses and ports of the firewall."""
    ap_groups: Mapping[str, str] | None = None
    user_groups: Mapping[str, str] | None = None
    radius_profiles: Mapping[str, str] | None = None
    dhcp_options: Mapping[str, str] | None = None
    profiles: Mapping[str, ApiRow] | None = None
    """Port profiles, as the API sent them."""
    lacking: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """`_id` of a row → the fields that the API in use does not have of it."""
    store_descriptions: bool = False
