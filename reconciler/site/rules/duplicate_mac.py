"""Two NICs in one network have the same MAC address.

Both lose packets. The usual cause is a copied guest. The finding is about the first of the guests; the
others are related.

Fires:
    For a MAC address that two NICs in one network have, of the same guest or of several, in any cluster,
    running or not. Each MAC address is one finding.

Does not fire:
    For templates; between a guest and a device; for a disconnected NIC (`link_down`). Between networks:
    other VLAN tags, bridges without a port, vnets, clusters at two UniFi sites. If VLAN or site is unknown,
    the NICs may be in the same network.

Fix:
    Remove the MAC address from one NIC; Proxmox VE then generates a new one.

Accept:
    Ignore a copy that never runs at the same time as the original, by the guest of the finding:

    ```yaml
    - target: {source: pve, kind: guest, id: "130"}
      type: duplicate-mac
      reason: restored copies for a test
      expires: 2027-01-31
    ```
"""

from collections.abc import Iterator, Sequence

from reconciler.model.rule import Place, Violation
from reconciler.site import places
from reconciler.site.inputs import AttachedNic
from reconciler.site.rule import SiteRule
from reconciler.site.segments import sharing
from reconciler.site.site_model import SiteModel
from reconciler.text import enumerated


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the first guest with each MAC address that another NIC in its network has.

    What this run read goes first: a guest that it could not read takes nothing from what the others show.
    """
    doubtful = model.inputs.doubtful
    for mac, nics in model.inputs.nics_by_mac.items():
        if len(nics) > 1:
            read = [nic for nic in nics if nic.guest not in doubtful]
            for group in (read, nics) if len(read) < len(nics) else (nics,):
                yield from _violations(mac, sharing((nic, model.segments.of_nic(nic)) for nic in group))


def _violations(mac: str, nics: Sequence[AttachedNic]) -> Iterator[Violation]:
    """Yield the violation of NICs that share a network, if there are any."""
    if nics:
        first, *others = nics
        also = enumerated([f"{other.slot} of {other.guest}" for other in others])
        related = tuple(dict.fromkeys(other.guest for other in others if other.guest != first.guest))
        verb = "has" if len(others) == 1 else "have"
        because = tuple(place for nic in nics for place in _because(nic))
        reason = f"{first.slot} has the MAC address {mac}, and so {verb} {also}"
        yield Violation(first.guest, reason, related, because=because)


def _because(nic: AttachedNic) -> Iterator[Place]:
    yield from places.of_nic(nic, "mac")
    yield from places.of_segment(nic)
    yield nic.guest, "/template"


RULE = SiteRule(
    name="duplicate-mac",
    severity="warning",
    hint="give one of them another MAC address",
    check=check,
    reads=("guest",),
)
