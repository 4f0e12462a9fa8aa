"""The rows that the joins and rules read, typed: a class for each kind, with the fields that are read.

A test holds every field to the kind's own model. A field that a row does not have reads as the default given
here. `…Seen` is the observed part of a row, the others are its configuration. What is inside a row is a
`TypedDict`, without the keys that have no value.
"""

from typing import Literal, TypedDict

from reconciler.site.typed_rows import TypedRow

KindName = Literal[
    "address", "backup-job", "cable", "certificate", "client", "cluster", "dead-host", "device",
    "guest", "network", "node", "node-network", "port-forward", "proxy-host", "redirection-host",
    "reservation", "sdn-vnet", "sdn-zone", "static-dns", "storage", "stream", "switch-port",
]  # fmt: skip
"""The kinds that the joins and rules know."""


class NodeRow(TypedRow):
    """A Proxmox VE node."""

    own_only = frozenset({"threads", "memory", "version"})

    status: Literal["online", "offline"] = "online"
    address: str | None = None
    threads: int | None = None
    memory: int | None = None
    version: str | None = None


class NodeSeen(TypedRow):
    """How a node was when it was asked."""

    memory_used: int | None = None
    ha: str | None = None


class ClusterSeen(TypedRow):
    """How a cluster was when it was asked."""

    ha_armed: str | None = None


class NodeNetworkRow(TypedRow):
    """An interface of a node."""

    node: str = ""
    iface: str = ""
    type: str = ""
    cidr: str | None = None
    cidr6: str | None = None
    bridge_ports: tuple[str, ...] = ()
    slaves: tuple[str, ...] = ()
    ovs_bridge: str | None = None
    vlan_id: int | None = None
    vlan_raw_device: str | None = None


class SdnZoneRow(TypedRow):
    """A zone of the software-defined network."""

    type: str = ""
    bridge: str | None = None


class SdnVnetRow(TypedRow):
    """A network of a zone, which guests connect to as a bridge."""

    zone: str = ""
    tag: int | None = None


class BackupJobRow(TypedRow):
    """A backup job of a cluster."""

    enabled: bool = True
    schedule: str | None = None
    storage: str | None = None
    dumpdir: str | None = None
    node: str | None = None
    all: bool = False
    exclude: tuple[int, ...] = ()
    pool: str | None = None
    guests: tuple[int, ...] = ()


class StorageRow(TypedRow):
    """A storage as the cluster configures it."""

    content: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    disabled: bool = False


class StorageSeen(TypedRow):
    """Where a storage is available."""

    available_on: tuple[str, ...] | None = None


class ClusterRow(TypedRow):
    """A cluster; only its key is read."""


class NetworkRow(TypedRow):
    """A network of a UniFi site."""

    vlan: int | None = None
    ip_subnet: str | None = None
    purpose: str = "corporate"
    enabled: bool = True
    dhcpd_enabled: bool = False
    dhcpd_start: str | None = None
    dhcpd_stop: str | None = None


class IpSettingsRow(TypedDict, total=False):
    """How a UniFi device gets its address."""

    ip: str


class DeviceRow(TypedRow):
    """A UniFi device."""

    ip_settings: IpSettingsRow = IpSettingsRow()
    adopted: bool = True
    status: str | None = None


class DeviceSeen(TypedRow):
    """The address that a UniFi device has."""

    ip: str | None = None


class ReservationRow(TypedRow):
    """A reservation of an address for a MAC address."""

    fixed_ip: str | None = None
    network: str | None = None


class SwitchPortRow(TypedRow):
    """A port of a switch."""

    profile: str | None = None


class PortLinkRow(TypedDict, total=False):
    """The neighbour of a port by LLDP."""

    neighbour: str
    neighbour_port: str


class SwitchPortSeen(TypedRow):
    """The VLANs that a port carries, its aggregate, and its other end."""

    native_vlan: int | None = None
    tagged_vlans: tuple[str, ...] = ()
    aggregated_by: int | None = None
    link: PortLinkRow | None = None
    unread: tuple[str, ...] | None = None


class ClientSeen(TypedRow):
    """A client that is connected."""

    ip: str | None = None
    network: str | None = None
    vlan: int | None = None
    switch_port: str | None = None
    wlan: str | None = None


class PortForwardRow(TypedRow):
    """A port forward of a gateway."""

    enabled: bool = True
    proto: str = "tcp_udp"
    dst_port: tuple[str, ...] = ()
    pfwd_interface: str = "wan"
    fwd: str | None = None
    fwd_port: tuple[str, ...] = ()


class StaticDnsRow(TypedRow):
    """A DNS record of a controller."""

    enabled: bool = True
    value: str | None = None


class ProxyHostRow(TypedRow):
    """A proxy host."""

    enabled: bool = True
    domain_names: tuple[str, ...] = ()
    forward_host: str | None = None
    forward_port: int | None = None
    certificate: str | None = None


class RedirectionHostRow(TypedRow):
    """A redirection host."""

    enabled: bool = True
    domain_names: tuple[str, ...] = ()
    certificate: str | None = None


class DeadHostRow(TypedRow):
    """A 404 host."""

    enabled: bool = True
    domain_names: tuple[str, ...] = ()
    certificate: str | None = None


class StreamRow(TypedRow):
    """A stream of a proxy manager."""

    incoming_port: str = ""
    enabled: bool = True
    tcp_forwarding: bool = False
    udp_forwarding: bool = False
    forwarding_host: str | None = None
    forwarding_port: str | None = None
    certificate: str | None = None


class CertificateSeen(TypedRow):
    """How long a certificate is valid."""

    expires_on: str | None = None


class AddressRow(TypedRow):
    """An address that is declared."""

    role: str = "guest"
    lifecycle: str = "active"
    owner: str | None = None
    until: str | None = None
    mac: str | None = None


class CableRow(TypedRow):
    """A cable that is declared."""

    to: str | None = None
