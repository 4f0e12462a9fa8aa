"""Networks of a UniFi site: LANs with their VLAN and DHCP, WANs and VPNs.

Read from `rest/networkconf`, one call (the integration API's `networks` where a key opens only that). By
hand: `curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/networkconf`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing, object_of
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.integration.networks import NETWORKS as INSTEAD
from reconciler.collectors.unifi.lookups import DHCP_OPTIONS, NETWORKS, ZONES, UnifiLookups
from reconciler.collectors.unifi.network_fields import MADE, LanFields, VpnFields
from reconciler.collectors.unifi.network_gates import GATES
from reconciler.collectors.unifi.network_secrets import network_secrets
from reconciler.collectors.unifi.networks import LANS, UNTAGGED, has_id, name, vlan, with_zone
from reconciler.collectors.unifi.rows import (
    UnifiListing,
    fields_in,
    lacking_of,
    listing,
    name_of,
    none_listed,
    numbered,
    read_fields,
    read_flags,
    resolve_name,
    resolve_names,
)
from reconciler.collectors.unifi.wan_fields import WanFields
from reconciler.errors import Problem
from reconciler.model.fields.addresses import Address, AddressList, AddressSet, Cidr, Netmask
from reconciler.model.fields.ethernet import Mac
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Text
from reconciler.model.fingerprint import SecretFingerprint
from reconciler.model.kind import Kind
from reconciler.model.naming import NAMED
from reconciler.model.references import RefTo
from reconciler.model.resource import own_fields
from reconciler.model.unread import mark_unread, read_into

READS = (NETWORKS, ZONES)
_USER_OPTION = "dhcpd_user_option_"


class Network(LanFields, VpnFields, WanFields):
    """A LAN, WAN or VPN."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    purpose: Annotated[
        str, Field(description="Purpose: corporate, guest, vlan-only, wan, remote-user-vpn, site-vpn, …")
    ] = "corporate"
    enabled: Annotated[Flag, Field(description="Network is enabled")] = True
    vlan: Annotated[
        Count | None, Field(le=4094, description="VLAN ID (IEEE 802.1Q); 1 is the untagged LAN")
    ] = None
    ip_subnet: Annotated[
        Cidr | None,
        Field(description="Gateway IP/Subnet: the gateway's address with prefix length, 192.168.11.1/24"),
    ] = None
    networkgroup: Annotated[Text | None, Field(description="LAN group: LAN, LAN2, …")] = None
    domain_name: Annotated[Host | None, Field(description="Domain name handed out by DHCP")] = None
    firewall_zone: Annotated[
        Text | None, RefTo("firewall-zone"), Field(description="Id of the firewall zone")
    ] = None
    igmp_snooping: Annotated[Flag, Field(description="IGMP snooping")] = False
    internet_access_enabled: Annotated[Flag, Field(description="Allow internet access")] = True
    network_isolation_enabled: Annotated[
        Flag, Field(description="Isolate Network: block traffic to other networks")
    ] = False
    mdns_enabled: Annotated[Flag, Field(description="Multicast DNS")] = False
    is_nat: Annotated[Flag, Field(description="Translate traffic of this network (NAT)")] = True
    gateway_type: Annotated[
        Text, Field(description="Router: default (the gateway) or switch (a Layer 3 switch)")
    ] = "default"
    gateway_device: Annotated[
        Mac | None, Field(description="MAC address of the Layer 3 switch, with gateway_type switch")
    ] = None
    dhcpd_enabled: Annotated[Flag, Field(description="DHCP server")] = False
    dhcpd_start: Annotated[Address | None, Field(description="DHCP range start")] = None
    dhcpd_stop: Annotated[Address | None, Field(description="DHCP range end")] = None
    dhcpd_leasetime: Annotated[Count | None, Field(description="DHCP lease time, in seconds")] = None
    dhcpd_gateway_enabled: Annotated[Flag, Field(description="Hand out another default gateway")] = False
    dhcpd_gateway: Annotated[
        Address | None,
        Field(description="Default gateway handed out by DHCP, if not the gateway of this network"),
    ] = None
    dhcpd_dns_enabled: Annotated[Flag, Field(description="Hand out other DNS servers than the gateway")] = (
        False
    )
    dhcpd_dns: Annotated[
        AddressList, Field(description="DNS servers handed out by DHCP, in order, if not the gateway")
    ] = ()
    dhcpd_ntp_enabled: Annotated[Flag, Field(description="Hand out NTP servers")] = False
    dhcpd_ntp: Annotated[AddressList, Field(description="NTP servers handed out by DHCP, in order")] = ()
    dhcpd_wins_enabled: Annotated[Flag, Field(description="Hand out WINS servers")] = False
    dhcpd_wins: Annotated[AddressList, Field(description="WINS servers handed out by DHCP, in order")] = ()
    dhcpd_boot_enabled: Annotated[Flag, Field(description="Network boot (PXE)")] = False
    dhcpd_boot_server: Annotated[Host | None, Field(description="Network boot server")] = None
    dhcpd_boot_filename: Annotated[Text | None, Field(description="Network boot file name")] = None
    dhcpd_tftp_server: Annotated[Host | None, Field(description="TFTP server handed out by DHCP")] = None
    dhcpd_unifi_controller: Annotated[
        Address | None, Field(description="UniFi Network host handed out by DHCP (option 43)")
    ] = None
    dhcpd_options: Annotated[
        dict[Annotated[Text, RefTo("dhcp-option")], Text],
        Field(default_factory=dict, description="Values of custom DHCP options, by id of the option"),
    ]
    dhcp_relay_enabled: Annotated[Flag, Field(description="DHCP relay")] = False
    dhcp_relay_servers: Annotated[
        AddressSet, Field(description="Servers that DHCP requests are relayed to; order does not matter")
    ] = ()
    dhcpguard_enabled: Annotated[Flag, Field(description="DHCP Guarding")] = False
    dhcpguard: Annotated[AddressSet, Field(description="Trusted DHCP servers")] = ()
    ipv6_interface_type: Annotated[
        Text, Field(description="IPv6 interface type: none, static, pd (prefix delegation) or single_network")
    ] = "none"
    ipv6_subnet: Annotated[
        Cidr | None, Field(description="IPv6 address of the gateway, with prefix length")
    ] = None
    ipv6_ra_enabled: Annotated[Flag, Field(description="Router advertisements (RA); only with IPv6")] = False
    wan_networkgroup: Annotated[
        Text | None, Field(description="WAN group: WAN, WAN2, … or WAN_LTE_FAILOVER")
    ] = None
    wan_type: Annotated[Text | None, Field(description="IPv4 connection: dhcp, static, pppoe, …")] = None
    wan_ip: Annotated[Address | None, Field(description="IPv4 address; only with wan_type static")] = None
    wan_netmask: Annotated[Netmask | None, Field(description="Netmask of wan_ip: 255.255.255.0")] = None
    wan_gateway: Annotated[Address | None, Field(description="IPv4 gateway; only with wan_type static")] = (
        None
    )
    wan_dns_preference: Annotated[
        Text, Field(description="DNS servers: auto (of the provider) or manual")
    ] = "manual"
    wan_dns: Annotated[
        AddressList, Field(description="DNS servers, in order; empty: those of the provider")
    ] = ()
    wan_type_v6: Annotated[
        Text | None, Field(description="IPv6 connection: disabled, slaac, dhcpv6 or static")
    ] = None
    wan_ipv6: Annotated[Address | None, Field(description="IPv6 address; only with wan_type_v6 static")] = (
        None
    )
    wan_prefixlen: Annotated[Count | None, Field(le=128, description="Prefix length of wan_ipv6")] = None
    wan_gateway_v6: Annotated[
        Address | None, Field(description="IPv6 gateway; only with wan_type_v6 static")
    ] = None
    wan_load_balance_type: Annotated[
        Text | None, Field(description="Load balancing: failover-only or weighted")
    ] = None
    wan_failover_priority: Annotated[
        Count | None, Field(description="Failover priority; 1 is used first")
    ] = None
    wan_weight: Annotated[Count | None, Field(description="Load balancing weight; only with weighted")] = None
    vpn_type: Annotated[
        Text | None, Field(description="VPN type: wireguard-server, openvpn-client, ipsec-vpn, …")
    ] = None
    secrets: Annotated[
        dict[str, SecretFingerprint] | None,
        Field(default_factory=dict, description="Secrets of a VPN or WAN, by API key"),
    ]


_FIELDS = own_fields(
    Network, "vlan", "firewall_zone", "dhcpd_dns", "dhcpd_ntp", "dhcpd_wins", "dhcpd_options", "dhcpguard",
    "wan_dns", "wan_weight", "secrets", *MADE,
)  # fmt: skip
_NUMBERED = (
    ("dhcpd_dns", "dhcpd_dns_", 4),
    ("dhcpd_ntp", "dhcpd_ntp_", 2),
    ("dhcpd_wins", "dhcpd_wins_", 2),
    ("dhcpd_macs", "dhcpd_mac_", 3),
    ("dhcpdv6_dns", "dhcpdv6_dns_", 4),
    ("dhcpguard", "dhcpd_ip_", 3),
    ("wan_dns", "wan_dns", 4),
    ("wan_ipv6_dns", "wan_ipv6_dns", 2),
)
"""Field → the numbered keys that it is made of."""
_FLAGS = sorted(
    {gate.flag.removeprefix("/") for gate in GATES if gate.closed_by is None and True in gate.opened_by}
)
"""In whatever form the API has them, they are flags before they rule others."""


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every network; an empty list is not accepted where some are expected."""
    rows = lookups.network_rows()
    optioned = any(key.startswith(_USER_OPTION) for row in rows for key in row)
    zone_of = lookups.zone_of
    zoned = [with_zone(row, zone_of) for row in rows]
    never = lacking = lookups.lacking(INSTEAD, own_fields(Network))
    lacking = lacking | {
        str(row.get("_id")): (*lacking.get(str(row.get("_id")), ()), "firewall_zone")
        for row in zoned
        if not row.get("firewall_zone_id") and (zone_of is None or (zone_of and not has_id(row)))
    }
    profiled = any(row.get("radiusprofile_id") for row in rows)
    context = UnifiContext(
        networks=lookups.networks,
        radius_profiles=lookups.read_names("rest/radiusprofile") if profiled else {},
        dhcp_options=lookups.read_names(DHCP_OPTIONS.path) if optioned else None,
        zones=lookups.zones,
        lacking=lacking,
    )
    found = listing(
        api,
        lookups.read_of(NETWORKS, INSTEAD),
        ((name(row), row) for row in zoned),
        context,
        kind="network",
        lacking="name",
        problem=none_listed(api, "network", rows) or lookups.problem(INSTEAD) or _without_list(api, rows),
    )
    return replace(found, not_supported=fields_in(never))


def _without_list(api: UnifiApi, rows: list[ApiRow]) -> Problem | None:
    """Return why networks may be missing: the integration API has no list of VPN clients."""
    if api.facts.classic is None or api.expected.get("network", frozenset()) <= set(map(name, rows)):
        return None
    what = "the integration API has no list of VPN clients, and some expected networks are not listed"
    return Problem("", what, "also set username and password of a local account", "not-supported")


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> Network:
    """Make a network of its row, without the stale values of features that are off."""
    plain = {key: value for key, value in raw.items() if not key.startswith(_USER_OPTION)}
    found = read_fields(plain, _FIELDS, "network", context) | read_flags(raw, _FLAGS)
    found["name"] = name(raw)
    if not isinstance(raw.get("purpose"), str):
        mark_unread(found, "purpose")
    read_into(found, "vlan", lambda: vlan(raw))
    resolve_name(found, "firewall_zone", raw.get("firewall_zone_id"), context.zones)
    resolve_name(found, "radius_profile", raw.get("radiusprofile_id"), context.radius_profiles)
    resolve_names(
        found, "igmp_proxy_networks", raw.get("igmp_proxy_downstream_networkconf_ids"), context.networks
    )
    for field, prefix, count in _NUMBERED:
        found[field] = numbered(raw, prefix, count)
    if raw.get("purpose") == "remote-user-vpn" and "dhcpd_enabled" not in lacking_of(raw, context):
        found["dhcpd_enabled"] = True  # a VPN server hands out addresses without this flag
    if not is_nothing(raw.get("wan_load_balance_weight")):
        found["wan_weight"] = raw["wan_load_balance_weight"]
    _set_options(found, raw, context.dhcp_options)
    read_into(found, "provider_speeds", lambda: _provider_speeds(raw))
    if not isinstance(raw.get("purpose", ""), str):
        mark_unread(found, "secrets")  # which of them are of another type, and stale, is not known
    found["secrets"] = network_secrets(raw)
    return Network.of_row(KIND.without_stale(found))


def _set_options(found: dict[str, Any], raw: ApiRow, options: Mapping[str, str] | None) -> None:
    """Set the values of options of one's own; unread where there are some and their names are not known."""
    values = {
        key.removeprefix(_USER_OPTION): value
        for key, value in raw.items()
        if key.startswith(_USER_OPTION) and not is_nothing(value)
    }
    if values and not options:
        mark_unread(found, "dhcpd_options")
    else:
        found["dhcpd_options"] = {name_of(key, options or {}): value for key, value in values.items()}


def _provider_speeds(raw: ApiRow) -> dict[str, object]:
    given = object_of(raw.get("wan_provider_capabilities"))
    return {key.removesuffix("_kilobits_per_second"): value for key, value in given.items() if value}


def defaults(row: Mapping[str, object]) -> dict[str, object]:
    """Return the VLAN of a LAN without one."""
    return {"vlan": UNTAGGED} if str(row.get("purpose", "corporate")) in LANS else {}


KIND = Kind(
    name="network",
    plural="networks",
    model=Network,
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
    defaults=defaults,
    gates=GATES,
    follows={"/vlan": "/purpose"}.get,
)
