"""A guest is configured with another address than the one reserved for it.

The guest uses the first, and the controller shows the second. The finding is about the reservation; the
guest is related.

Fires:
    If a container's NIC or a VM's cloud-init has a fixed address, and UniFi reserves another one for
    the MAC address of that NIC.

Does not fire:
    For guests that use DHCP; for a NIC that the controller cannot see (on a bridge without a port, on a
    vnet, or disconnected); for reservations without an address; for an address that a guest only
    reports.

Fix:
    Make both addresses the same, or remove the unused one.

Accept:
    Add an ignore rule: `target: {source: unifi, kind: reservation, id: "BC:24:11:0B:00:73"}`.
"""

from collections.abc import Iterable, Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Place, Violation
from reconciler.site import places
from reconciler.site.addresses import AddressEvidence
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the reservations that differ from the address of the guest."""
    fixed: dict[tuple[str | None, bool], dict[str, AddressEvidence]] = {}
    reserved = {key.id for key in model.inputs.reservations}
    for one in model.configured:
        if one.key.kind == "guest" and one.mac in reserved and model.segments.of_evidence(one).closed is None:
            fixed.setdefault((one.mac, ":" in one.address), {}).setdefault(one.address, one)
    for key, row in model.inputs.reservations.items():
        if not row.fixed_ip:
            continue
        known = fixed.get((key.id, ":" in row.fixed_ip), {})
        if known and row.fixed_ip not in known:
            address, one = min(known.items())
            reason = f"{row.fixed_ip} is reserved, but {one.key} is set to {address}"
            yield Violation(key, reason, (one.key,), because=tuple(_because(model, key, known.values())))


def _because(model: SiteModel, reservation: Key, known: Iterable[AddressEvidence]) -> Iterator[Place]:
    yield from places.of_reservation(reservation)
    yield from places.of_mac(model.inputs, reservation.id)
    for one in known:
        yield from places.of_evidence(model.inputs, one)


RULE = SiteRule(
    name="reservation-contradiction",
    severity="warning",
    hint="make both addresses the same",
    check=check,
    reads=("guest", "reservation"),
    needs=("guest", "reservation"),
)
