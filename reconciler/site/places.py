"""The fields behind the findings of rules: drift of one of them is the cause of such a finding.

A place is a resource and the JSON pointer of one of its fields. A rule names every field because of which it
fires; where something is gone, the field that is declared to have it.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from reconciler.model.key import Key
from reconciler.model.pointer import pointer
from reconciler.model.rule import Place
from reconciler.site.addresses import AddressEvidence
from reconciler.site.inputs import AttachedNic, SiteInputs
from reconciler.site.portmap import ServicePath
from reconciler.site.site_model import SiteModel
from reconciler.site.subnets import UnifiSubnet

_SUBNET = ("/ip_subnet", "/vlan", "/purpose", "/enabled")
_POOL = ("/dhcpd_enabled", "/dhcpd_start", "/dhcpd_stop")
_RESERVATION = ("/fixed_ip", "/use_fixedip")
_PROFILE = (
    "/forward",
    "/native_network",
    "/tagged_vlan_mgmt",
    "/excluded_networks",
    "/allowed_networks",
    "/op_mode",
)
"""The fields of a port profile that decide which VLANs a port carries."""
_TARGET = {
    "proxy-host": ("/domain_names", "/enabled", "/forward_host"),
    "stream": ("/enabled", "/forwarding_host"),
    "port-forward": ("/enabled", "/fwd"),
    "static-dns": ("/enabled", "/value"),
}
"""Kind → the fields that lead from a public name to an address."""
_INTERFACE = ("/bridge_ports", "/slaves", "/ovs_bridge", "/ovs_bonds", "/vlan_raw_device")
"""The fields of an interface of a node that lead to its NICs."""


def of_fields(key: Key, *pointers: str) -> list[Place]:
    """Return some fields of a resource."""
    return [(key, each) for each in pointers]


def of_segment(nic: AttachedNic) -> list[Place]:
    """Return the fields that put a NIC into its network."""
    return [*of_nic(nic, "bridge", "tag", "link_down"), (nic.guest, "/node")]


def of_nic(nic: AttachedNic, *names: str) -> list[Place]:
    """Return some fields of a NIC."""
    return of_fields(nic.guest, *_in_slot(nic.slot, names))


@lru_cache(maxsize=1024)
def _in_slot(slot: str, names: tuple[str, ...]) -> list[str]:
    return [pointer("nics", slot, name) for name in names]


def of_subnet(subnet: UnifiSubnet) -> list[Place]:
    """Return the fields that give a network its addresses and its VLAN."""
    return of_fields(subnet.key, *_SUBNET)


def of_pool(subnet: UnifiSubnet) -> list[Place]:
    """Return the fields that give a network its DHCP range."""
    return of_fields(subnet.key, "/ip_subnet", "/enabled", *_POOL)


def of_reservation(key: Key) -> list[Place]:
    """Return the fields that make a reservation hold an address."""
    return of_fields(key, *_RESERVATION)


def of_interface(key: Key) -> list[Place]:
    """Return the fields that lead from an interface of a node to its NICs."""
    return of_fields(key, *_INTERFACE)


def of_entry(path: ServicePath) -> Iterator[Place]:
    """Yield the fields that lead from a public name to an address: of the entry, and of a DNS record."""
    for key in dict.fromkeys((path.entry, *path.evidence)):
        yield from of_fields(key, *_TARGET.get(key.kind, ()))


def of_port(inputs: SiteInputs, key: Key) -> Iterator[Place]:
    """Yield the fields that decide which VLANs a switch port carries: its own, and those of its profile."""
    yield from of_fields(key, "/override", "/profile")
    row = inputs.switch_ports.get(key)
    if row is not None and row.profile is not None:
        yield from of_fields(Key(key.source, "port-profile", row.profile), *_PROFILE)


def of_evidence(inputs: SiteInputs, one: AddressEvidence) -> Iterator[Place]:
    """Yield the fields because of which something is known to have an address.

    Where it is only seen, that is anything that its NIC is set to.
    """
    if one.key.kind == "reservation":
        yield from of_reservation(one.key)
    elif one.key.kind == "network":
        yield from of_fields(one.key, "/ip_subnet", "/purpose", "/enabled")
    elif one.how == "configured":
        yield one.key, one.field
    elif one.key.kind == "device":
        yield one.key, "/ip_settings"
    if one.holder.kind == "guest" and (one.how == "observed" or one.key != one.holder):
        for nic in inputs.nics_of.get(one.holder, ()):
            if one.mac is not None and nic.mac == one.mac:
                yield from _of_seen_nic(nic) if one.how == "observed" else of_nic(nic, "mac")


def _of_seen_nic(nic: AttachedNic) -> Iterator[Place]:
    """Yield what decides which address a NIC turns out to have."""
    yield nic.guest, pointer("nics", nic.slot)
    yield nic.guest, pointer("cloud_init", "ipconfig", f"ipconfig{nic.slot.removeprefix('net')}")


def of_address(model: SiteModel, address: str, but: Iterable[Key] = ()) -> Iterator[Place]:
    """Yield the fields that have an address now, and those that are declared to have it.

    `but` are holders that do not count.
    """
    without = frozenset(but)
    macs: dict[str | None, None] = {}
    for side in (model, model.declared):
        for one in side.addresses.get(address, ()):
            if one.how != "declared" and one.holder not in without:
                yield from of_evidence(side.inputs, one)
                macs[one.mac] = None
    for mac in macs:
        yield from of_mac(model.declared.inputs, mac)


def of_mac(inputs: SiteInputs, mac: str | None) -> Iterator[Place]:
    """Yield the NICs that have a MAC address."""
    for nic in inputs.nics_by_mac.get(mac, ()) if mac is not None else ():
        yield from of_nic(nic, "mac")
