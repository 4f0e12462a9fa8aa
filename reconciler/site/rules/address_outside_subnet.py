"""A NIC has an address outside the network of its VLAN.

The address is unreachable. The finding is about the guest; the network is related.

Fires:
    For a configured or reported address of a guest, on a NIC with a VLAN tag, if UniFi has networks with
    that VLAN and IP version and none of them contains the address.

Does not fire:
    For a NIC without a tag, on a bridge without a port or on a vnet, where the tag is not a UniFi VLAN; for
    an address whose MAC address is not that of a NIC (inside the guest); for a VLAN without a UniFi network
    (see [tag-without-network](#tag-without-network)); for an IPv6 address if the network has only IPv4.

Fix:
    Correct the address or the tag.

Accept:
    Add an ignore rule for the guest while it moves.
"""

from collections.abc import Iterator

from reconciler.model.rule import Place, Violation
from reconciler.site import places
from reconciler.site.addresses import AddressEvidence
from reconciler.site.inputs import AttachedNic, SiteInputs
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel
from reconciler.site.subnets import UnifiSubnet, number_of


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the guests with an address outside the networks of its VLAN."""
    by_vlan = model.inputs.subnets_by_vlan
    of_vlan: dict[int | None, tuple[Place, ...]] = {}
    for address, evidence in model.addresses.items():
        for one in evidence:
            if one.key.kind != "guest" or not one.mac:
                continue
            nic = _nic(model.inputs, one)
            networks = by_vlan.get(nic.tag) if nic is not None and nic.tag is not None else None
            network = _other_network(networks, address) if networks else None
            if nic is None or network is None or not model.segments.of_nic(nic).may_be(network):
                continue
            reason = f"{address} is outside {network.text}, the network of VLAN {nic.tag}"
            if nic.tag not in of_vlan:
                of_vlan[nic.tag] = tuple(_of_vlan(model, nic.tag))
            evidence_fields = (
                *places.of_evidence(model.inputs, one),
                *places.of_nic(nic, "mac"),
                *places.of_segment(nic),
                *of_vlan[nic.tag],
            )
            yield Violation(one.key, reason, (network.key,), (), evidence_fields)


def _nic(inputs: SiteInputs, evidence: AddressEvidence) -> AttachedNic | None:
    """The NIC that has an address."""
    for nic in inputs.nics_of[evidence.key]:
        if nic.mac == evidence.mac:
            return nic
    return None


def _of_vlan(model: SiteModel, vlan: int | None) -> Iterator[Place]:
    """The networks that have a VLAN or are declared to have it."""
    for inputs in (model.inputs, model.declared.inputs):
        for network in inputs.subnets_by_vlan.get(vlan or 0, ()):
            yield from places.of_subnet(network)


def _other_network(networks: list[UnifiSubnet], address: str) -> UnifiSubnet | None:
    """The first of some networks that could have an address, when none has it."""
    version, number = number_of(address)
    first: UnifiSubnet | None = None
    for network in networks:
        if network.version == version:
            if network.first <= number <= network.last:
                return None
            first = first or network
    return first


RULE = SiteRule(
    name="address-outside-subnet",
    severity="warning",
    hint="correct the address or the VLAN",
    check=check,
    reads=("network", "guest"),
    requires_complete=("network",),
    needs=("guest",),
)
