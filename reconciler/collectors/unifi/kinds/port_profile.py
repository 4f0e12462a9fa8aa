"""Port profiles of a UniFi site, by name: settings shared by ports.

Read from `rest/portconf`, one call. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/portconf`.
"""

from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import NETWORKS, PROFILES, UnifiLookups
from reconciler.collectors.unifi.networks import Networks, name, native
from reconciler.collectors.unifi.port_effect import CarriedVlans, carried, effect_shows
from reconciler.collectors.unifi.port_settings import READ, PortSettings, gates, stored, unread_networks
from reconciler.collectors.unifi.rows import UnifiListing, listing, name_of, unmodelled
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Text
from reconciler.model.kind import Kind
from reconciler.model.naming import NAMED
from reconciler.model.references import RefTo
from reconciler.model.unread import mark_unread, read_together

READS = (PROFILES, NETWORKS)


class PortProfile(PortSettings, CarriedVlans):
    """A port profile: its stored settings and the VLANs that its ports carry."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    forward: Annotated[Text, Field(description="Networks that pass: all, native, customize or disabled")] = (
        "all"
    )
    native_network: Annotated[
        Text | None,
        RefTo("network"),
        Field(description="Id of the native network (untagged frames); null: untagged frames are dropped"),
    ] = None
    tagged_vlan_mgmt: Annotated[
        Text,
        Field(description="Tagged VLAN management: auto (all networks), block_all (none) or custom"),
    ] = "auto"
    lldpmed_enabled: Annotated[Flag, Field(description="LLDP-MED")] = True
    lldpmed_notify_enabled: Annotated[Flag, Field(description="LLDP-MED topology change notifications")] = (
        False
    )
    op_mode: Annotated[Text, Field(description="Operation: switch")] = "switch"
    isolation: Annotated[Flag, Field(description="Isolation: isolated ports cannot reach each other")] = False
    autoneg: Annotated[Flag, Field(description="Link speed and duplex are negotiated")] = True
    flow_control_enabled: Annotated[Flag, Field(description="Flow control")] = False
    fec_mode: Annotated[
        Text, Field(description="Forward error correction: default, rs-fec, fc-fec or disabled")
    ] = "default"
    stp_port_mode: Annotated[Flag, Field(description="Port takes part in the spanning tree")] = True
    stp_edge_state: Annotated[Text, Field(description="STP edge port: enabled, disabled or auto")] = (
        "disabled"
    )
    stp_bpdu_guard_enabled: Annotated[
        Flag, Field(description="BPDU guard: shut the port down when a BPDU arrives")
    ] = False
    stp_uplink: Annotated[Flag, Field(description="Port is a spanning tree uplink")] = False
    dot1x_ctrl: Annotated[
        Text,
        Field(
            description="802.1X control: auto, force_authorized, force_unauthorized, mac_based, multi_host"
        ),
    ] = "force_authorized"
    port_security_enabled: Annotated[Flag, Field(description="MAC address allowlist (port security)")] = False
    stormctrl_type: Annotated[Text, Field(description="Storm control limits as rate or level")] = "rate"
    stormctrl_bcast_enabled: Annotated[Flag, Field(description="Storm control for broadcast")] = False
    stormctrl_mcast_enabled: Annotated[Flag, Field(description="Storm control for multicast")] = False
    stormctrl_ucast_enabled: Annotated[Flag, Field(description="Storm control for unknown unicast")] = False
    egress_rate_limit_kbps_enabled: Annotated[Flag, Field(description="Egress rate limit")] = False
    port_keepalive_enabled: Annotated[Flag, Field(description="Port keepalive")] = False
    eee_enabled: Annotated[Flag, Field(description="Energy-efficient Ethernet (EEE)")] = False
    precision_time_protocol_enabled: Annotated[Flag, Field(description="Precision Time Protocol (PTP)")] = (
        True
    )
    sd_wan_underlay_port: Annotated[Flag, Field(description="Port is an SD-WAN underlay port")] = False
    link_debounce_auto: Annotated[Flag, Field(description="The switch chooses the link debounce time")] = True


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every profile; a site may have none."""
    found = ((name(row), row) for row in lookups.classic(PROFILES))
    context = UnifiContext(networks=lookups.networks)
    return listing(api, PROFILES, found, context, kind="port-profile", lacking="name")


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> PortProfile:
    """Make a profile of its row."""
    found = stored(raw, context.networks) | {"name": name(raw)}
    if not found.get("tagged_vlan_mgmt") and found.get("excluded_networks"):
        found["tagged_vlan_mgmt"] = "custom"
    if context.networks is None:
        mark_unread(found, *unread_networks(), *_CARRIED)
    else:
        _set_networks(found, raw, context.networks)
    found["unmodelled"] = unmodelled(raw, READ, "switch-port", context)
    return PortProfile.of_row(found)


def _set_networks(found: dict[str, Any], raw: ApiRow, networks: Networks) -> None:
    """Set what a profile carries, and its native network also where that is the default one."""
    if "native_network" not in (found.get("unread") or ()):
        untagged = native(raw, networks)
        found["native_network"] = name_of(untagged, networks) if untagged else None
    if found.get("tagged_vlan_mgmt") == "custom" and "excluded_networks" not in (found.get("unread") or ()):
        found.setdefault("excluded_networks", ())
    read_together(found, _CARRIED, lambda: _carried(raw, networks))


def _carried(raw: ApiRow, networks: Networks) -> dict[str, Any]:
    """Return what a profile carries beside its native network, which is a setting of it."""
    vlans = carried(raw, networks)
    known = {field: vlans[field] for field in _CARRIED if field in vlans}
    return known | {"unread": [field for field in vlans.get("unread", ()) if field in _CARRIED]}


_CARRIED = ("native_vlan", "tagged_networks", "tagged_vlans")

KIND = Kind(
    shows=lambda name, row: effect_shows(row, "port-profile", name),
    name="port-profile",
    plural="port-profiles",
    model=PortProfile,
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
    gates=gates(),
)
