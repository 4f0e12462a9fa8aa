"""Networks of a UniFi site: LANs with their VLAN and DHCP, WANs and VPNs.

Read from `rest/networkconf`, one call (the integration API's `networks` where a key opens only that). By
hand: `curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/networkconf`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow, refuse_row
from reconciler.collectors.http.redaction import fingerprint_of
from reconciler.collectors.http.values import is_nothing
from reconciler.collectors.unifi import integration
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import NETWORKS, ZONES, UnifiLookups
from reconciler.collectors.unifi.networks import LANS, UNTAGGED, name, vlan
from reconciler.collectors.unifi.rows import (
    UnifiListing,
    is_on,
    listing,
    none_listed,
    numbered,
    read_fields,
    resolve_name,
    without,
)
from reconciler.model.fields import Address, AddressList, Cidr, Count, Flag, Text
from reconciler.model.fingerprint import SecretFingerprint
from reconciler.model.kind import Kind, Resource, own_fields
from reconciler.model.naming import NAMED
from reconciler.model.references import RefTo

READS = (NETWORKS, ZONES)
_SECRETS = (
    "x_wireguard_private_key x_ipsec_pre_shared_key x_openvpn_shared_secret_key x_openvpn_password"
    " x_pptpc_password x_wan_password x_auth_key x_ca_key x_server_key x_shared_client_key"
    " wireguard_client_preshared_key"
).split()
_USER_OPTION = "dhcpd_user_option_"


class Network(Resource):
    """A network: a LAN, a WAN, or a VPN."""

    name: Annotated[Text | None, Field(description="Its name; by default its id")] = None
    purpose: Annotated[
        str, Field(description="corporate, guest, vlan-only, wan, remote-user-vpn, site-vpn, …")
    ] = "corporate"
    enabled: Flag = True
    vlan: Annotated[
        Count | None, Field(le=4094, description="VLAN id (IEEE 802.1Q); 1: the LAN without a tag")
    ] = None
    ip_subnet: Annotated[
        Cidr | None, Field(description="The gateway's address with prefix length: 192.168.11.1/24")
    ] = None
    networkgroup: Text | None = None
    domain_name: Text | None = None
    firewall_zone: Annotated[Text | None, RefTo("firewall-zone"), Field(description="Id of its zone")] = None
    igmp_snooping: Flag = False
    internet_access_enabled: Flag = True
    network_isolation_enabled: Flag = False
    mdns_enabled: Flag = False
    is_nat: Flag = True
    gateway_type: Annotated[Text, Field(description="default, or switch")] = "default"
    dhcpd_enabled: Flag = False
    dhcpd_start: Address | None = None
    dhcpd_stop: Address | None = None
    dhcpd_leasetime: Annotated[Count | None, Field(description="Seconds")] = None
    dhcpd_gateway: Annotated[Address | None, Field(description="none: this network's own")] = None
    dhcpd_dns: Annotated[AddressList, Field(description="In order; none: the gateway's own")] = ()
    dhcpd_ntp: Annotated[AddressList, Field(description="In order")] = ()
    dhcpd_wins: Annotated[AddressList, Field(description="In order")] = ()
    dhcpd_boot_server: Text | None = None
    dhcpd_boot_filename: Text | None = None
    dhcpd_tftp_server: Text | None = None
    dhcpd_unifi_controller: Address | None = None
    dhcpd_options: Annotated[
        dict[str, Text], Field(default_factory=dict, description="Options of one's own, by their name")
    ]
    dhcp_relay_servers: AddressList = ()
    dhcpguard: Annotated[AddressList, Field(description="DHCP servers that are let through; none: all")] = ()
    ipv6_interface_type: Annotated[Text, Field(description="none, static, pd or single_network")] = "none"
    ipv6_subnet: Text | None = None
    ipv6_ra_enabled: Annotated[Flag, Field(description="Only where IPv6 is on")] = False
    wan_networkgroup: Text | None = None
    wan_type: Annotated[Text | None, Field(description="dhcp, static, pppoe, …")] = None
    wan_ip: Address | None = None
    wan_gateway: Address | None = None
    wan_dns: Annotated[AddressList, Field(description="In order; none: those of the provider")] = ()
    wan_type_v6: Text | None = None
    wan_load_balance_type: Annotated[Text | None, Field(description="failover-only or weighted")] = None
    wan_failover_priority: Count | None = None
    wan_weight: Annotated[Count | None, Field(description="Only with weighted balance")] = None
    vpn_type: Text | None = None
    vpn_secret: SecretFingerprint = None


_FIELDS = own_fields(
    Network, "vlan", "firewall_zone", "dhcpd_dns", "dhcpd_ntp", "dhcpd_wins", "dhcpd_options", "dhcpguard",
    "wan_dns", "wan_weight", "vpn_secret",
)  # fmt: skip


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every network; an empty list is not accepted where some are expected."""
    rows = lookups.network_rows()
    optioned = any(key.startswith(_USER_OPTION) for row in rows for key in row)
    zoned = any(row.get("firewall_zone_id") for row in rows)
    context = UnifiContext(
        dhcp_options=lookups.names("rest/dhcpoption") if optioned else None,
        zones=lookups.zones if zoned else {},
        lacking=lookups.lacking(integration.NETWORKS),
    )
    return listing(
        api,
        lookups.read_of(NETWORKS, integration.NETWORKS),
        ((name(row), row) for row in rows),
        context,
        kind="network",
        lacking="name",
        problem=none_listed(api, "network", rows),
    )


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> Network:
    """Make a network of its row, without the stale values of features that are off."""
    row = _current(raw)
    found = read_fields(row, _FIELDS, "network", context)
    if not isinstance(row.get("purpose"), str):
        refuse_row("purpose: is missing")
    found |= {"name": name(row), "vlan": vlan(row)}
    resolve_name(found, "firewall_zone", row.get("firewall_zone_id"), context.zones)
    for field, count in (("dhcpd_dns", 4), ("dhcpd_ntp", 2), ("dhcpd_wins", 2)):
        if is_on(row, f"{field}_enabled"):
            found[field] = numbered(row, f"{field}_", count)
    if is_on(row, "dhcpguard_enabled"):
        found["dhcpguard"] = sorted(numbered(row, "dhcpd_ip_", 3))
    found["wan_dns"] = numbered(row, "wan_dns", 4)
    if row.get("wan_load_balance_type") == "weighted":
        found["wan_weight"] = row.get("wan_load_balance_weight")
    options = context.dhcp_options or {}
    found["dhcpd_options"] = {
        options.get(key.removeprefix(_USER_OPTION), key.removeprefix(_USER_OPTION)): value
        for key, value in row.items()
        if key.startswith(_USER_OPTION) and not is_nothing(value)
    }
    found["vpn_secret"] = fingerprint_of(raw, *_SECRETS)
    return Network.model_validate(found)


def _current(row: ApiRow) -> dict[str, Any]:
    """Return a row without values of features that are off, or that a controller fills in by itself."""
    stale: list[str] = []
    lan = row.get("purpose") in LANS
    if not is_on(row, "dhcpd_enabled"):
        stale += ["dhcpd_[!ei]*"]
    for flag, keys in (
        ("dhcpd_gateway_enabled", ("dhcpd_gateway",)),
        ("dhcpd_boot_enabled", ("dhcpd_boot_server", "dhcpd_boot_filename")),
        ("dhcp_relay_enabled", ("dhcp_relay_servers",)),
    ):
        if not is_on(row, flag):
            stale += keys
    if row.get("ipv6_interface_type", "none") in {"none", "", None}:
        stale += ["ipv6_[!i]*", "ipv6_interface_type"]
    if lan:
        stale += ["wan_[!v]*"]
    else:
        stale += ["dhcpd_*", "ip_subnet"] if row.get("purpose") == "wan" else []
        stale += ["is_nat", "internet_access_enabled", "mdns_enabled", "igmp_snooping"]
    if row.get("wan_type") != "static":
        stale += ["wan_ip", "wan_gateway"]
    if row.get("wan_dns_preference") == "auto":
        stale += ["wan_dns[0-9]"]
    return without(row, *stale)


def defaults(row: Mapping[str, object]) -> dict[str, object]:
    """Return the VLAN of a LAN without one."""
    return {"vlan": UNTAGGED} if row.get("purpose") in LANS else {}


KIND = Kind(
    name="network",
    plural="networks",
    model=Network,
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
    defaults=defaults,
)
