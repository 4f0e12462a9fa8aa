"""Two NICs have the same MAC address.

This usually follows a copy of a guest. In one VLAN both lose packets. The finding is about each of the
guests; the others are related.

Fires:
    For every guest with a NIC whose MAC address another NIC has, of the same guest or another one, in
    any cluster, running or not.

Does not fire:
    For templates, or between a guest and a device.

Fix:
    Remove the MAC address from one NIC, and Proxmox VE makes a new one.

Accept:
    A copy that never runs beside the original:

    ```yaml
    - target: {source: pve, kind: guest, id: "13?"}
      type: duplicate-mac
      reason: restored copies for a test, on a bridge without an uplink
      expires: 2027-01-31
    ```
"""

from collections.abc import Iterator

from reconciler.model.rule import Place, Violation
from reconciler.site import places
from reconciler.site.inputs import AttachedNic
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield each guest with a MAC address that another NIC has."""
    by_mac: dict[str, list[AttachedNic]] = {}
    for nic in model.inputs.nics:
        if nic.mac:
            by_mac.setdefault(nic.mac, []).append(nic)
    for mac, nics in by_mac.items():
        because = tuple(place for nic in nics for place in _because(nic))
        for nic in nics if len(nics) > 1 else ():
            others = [other for other in nics if other is not nic]
            also = ", ".join(f"{other.slot} of {other.guest}" for other in others)
            related = tuple(dict.fromkeys(other.guest for other in others if other.guest != nic.guest))
            reason = f"{nic.slot} has the MAC address {mac}, and so has {also}"
            yield Violation(nic.guest, reason, related, because=because)


def _because(nic: AttachedNic) -> Iterator[Place]:
    yield from places.of_nic(nic, "mac")
    yield nic.guest, "/template"


RULE = SiteRule(
    name="duplicate-mac",
    severity="warning",
    hint="give one of them another MAC address",
    check=check,
    reads=("guest",),
)
