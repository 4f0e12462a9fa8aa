"""A fixed address is in a DHCP range.

DHCP may lease it to another host. The finding is about the host with the fixed address; the network is
related.

Fires:
    For a configured address of a guest, a node's interface or a device that is in the DHCP range of the
    smallest network containing it, among those of its VLAN and UniFi site.

Does not fire:
    If DHCP is off in that network; if the address is reserved for that MAC address; for addresses that are
    only seen, because DHCP may have leased them.

Fix:
    Move the address out of the range, or shrink the range. For guests and devices, you can also reserve the
    address for their MAC address; not for nodes, because the MAC addresses of their interfaces are not
    read.

Accept:
    Add an ignore rule for the guest, node or device.
"""

from collections.abc import Iterator

from reconciler.model.rule import Place, Violation
from reconciler.site import places
from reconciler.site.addresses import AddressEvidence
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel
from reconciler.site.subnets import UnifiSubnet, number_of

_SETTINGS = frozenset({"guest", "node-network", "device"})
"""The kinds that have fixed addresses."""


_RESERVATIONS_MAX = 16
"""So many reservations that are declared for an address are named as what a violation follows from."""


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield what is set to an address of a DHCP range."""
    reserved = {(row.fixed_ip, key.id) for key, row in model.inputs.reservations.items()}
    for one in model.configured:
        if one.key.kind not in _SETTINGS or (one.address, one.mac) in reserved:
            continue
        subnet = model.segments.subnet(one)
        if subnet is None or subnet.pool is None:
            continue
        if subnet.pool[0] <= number_of(one.address)[1] <= subnet.pool[1]:
            reason = f"{one.address} is in the DHCP range of {subnet.key.id}"
            because = tuple(_because(model, one, subnet))
            yield Violation(one.holder, reason, (subnet.key,), (one.key,), because)


def _because(model: SiteModel, one: AddressEvidence, subnet: UnifiSubnet) -> Iterator[Place]:
    """The address, the range, and what is declared to keep it out of that: a reservation, a network."""
    yield from places.of_evidence(model.inputs, one)
    for nic in model.inputs.nics_of.get(one.holder, ()):
        if nic.mac is not None and nic.mac == one.mac:
            yield from places.of_nic(nic, "mac")
            yield from places.of_segment(nic)
    yield from places.of_pool(subnet)
    declared = model.declared.inputs
    for key in declared.reservations_by_address.get(one.address, ())[:_RESERVATIONS_MAX]:
        yield from places.of_reservation(key)
    smaller = declared.subnet_table.find(one.address)
    if smaller is not None:
        yield from places.of_pool(smaller)


RULE = SiteRule(
    name="static-in-pool",
    severity="warning",
    hint="move it out of the range, or reserve it for that MAC address",
    check=check,
    reads=("network", "reservation", "guest", "node", "node-network", "device"),
    requires_complete=("network", "reservation"),
)
