"""Fields of the networks that lead to a provider."""

from typing import Annotated

from pydantic import Field

from reconciler.model.fields.addresses import AddressList
from reconciler.model.fields.ethernet import Mac
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names, Text
from reconciler.model.resource import DERIVED, Resource


class WanFields(Resource):
    """WAN settings besides its IP addresses."""

    wan_dhcpv6_pd_size: Annotated[Count | None, Field(description="Requested IPv6 prefix length")] = None
    wan_dhcpv6_pd_size_auto: Annotated[
        Flag, Field(description="Choose the requested prefix length automatically")
    ] = False
    ipv6_wan_delegation_type: Annotated[
        Text | None, Field(description="IPv6 delegation: pd, single_network or none")
    ] = None
    wan_ipv6_dns: Annotated[AddressList, Field(description="IPv6 DNS servers, in order")] = ()
    wan_ipv6_dns_preference: Annotated[
        Text | None, Field(description="IPv6 DNS servers: auto (of the provider) or manual")
    ] = None
    wan_ip_aliases: Annotated[Names, Field(description="Additional IP addresses of the WAN")] = ()
    wan_username: Annotated[Text | None, Field(description="PPPoE user name")] = None
    wan_dslite_remote_host: Annotated[Host | None, Field(description="DS-Lite remote host (AFTR)")] = None
    wan_dslite_remote_host_auto: Annotated[
        Flag, Field(description="Find the DS-Lite remote host automatically")
    ] = False
    wan_egress_qos_enabled: Annotated[Flag, Field(description="Tag outgoing traffic with a QoS priority")] = (
        False
    )
    wan_egress_qos: Annotated[
        Count | None, Field(description="QoS priority (802.1p) of outgoing traffic, 1 to 7")
    ] = None
    wan_dhcp_cos: Annotated[
        Count | None, Field(description="Class of service (802.1p) of DHCP requests, 0 to 7")
    ] = None
    wan_dhcpv6_cos: Annotated[
        Count | None, Field(description="Class of service (802.1p) of DHCPv6 requests, 0 to 7")
    ] = None
    wan_smartq_enabled: Annotated[Flag, Field(description="Smart Queues")] = False
    wan_smartq_down_rate: Annotated[
        Count | None, Field(description="Smart Queues download rate, in kbit/s")
    ] = None
    wan_smartq_up_rate: Annotated[Count | None, Field(description="Smart Queues upload rate, in kbit/s")] = (
        None
    )
    provider_speeds: Annotated[
        dict[Text, Count],
        DERIVED,
        Field(
            default_factory=dict,
            description="Provider speeds (download, upload) in kbit/s, entered or from a speed test",
        ),
    ]
    mac_override_enabled: Annotated[
        Flag, Field(description="MAC address clone: use a custom MAC address on the WAN")
    ] = False
    mac_override: Annotated[Mac | None, Field(description="Custom MAC address, upper case")] = None
    report_wan_event: Annotated[Flag, Field(description="Report changes of this WAN's state as events")] = (
        False
    )
