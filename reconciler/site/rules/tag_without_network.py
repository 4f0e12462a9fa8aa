"""A NIC has a VLAN tag that no UniFi network has.

The tag is mistyped, or the VLAN ends at the switch. The finding is about the guest.

Fires:
    For every NIC of a guest with a tag that is not the VLAN of any network. Networks of purpose
    *VLAN only* count.

Does not fire:
    For templates; for a NIC without a tag; on an SDN vnet, where the vnet has the tag; on a bridge without a
    port, where the VLAN ends inside the node.

Fix:
    Create the network, or correct the tag.

Accept:
    Ignore a VLAN that only other switches carry:

    ```yaml
    - target: {source: pve, kind: guest, id: "150"}
      type: tag-without-network
      reason: VLAN 90 is on a switch of its own
      expires: 2027-06-30
    ```
"""

from collections.abc import Iterator

from reconciler.model.rule import Place, Violation
from reconciler.site import places
from reconciler.site.inputs import AttachedNic
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the guests with a tag of no network."""
    known = {row.vlan for row in model.inputs.networks.values()}
    for nic in model.inputs.nics:
        if nic.tag is not None and nic.tag not in known and model.segments.of_nic(nic).closed is None:
            reason = f"{nic.slot} has the tag {nic.tag}, but no network has that VLAN"
            yield Violation(nic.guest, reason, because=tuple(_because(model, nic)))


def _because(model: SiteModel, nic: AttachedNic) -> Iterator[Place]:
    """The tag, and the network that is declared to have it."""
    yield from places.of_segment(nic)
    for key in model.declared.inputs.networks_by_vlan.get(nic.tag or 0, ()):
        yield key, "/vlan"


RULE = SiteRule(
    name="tag-without-network",
    severity="warning",
    hint="create the network, or correct the tag",
    check=check,
    reads=("network", "guest"),
    requires_complete=("network",),
    needs=("guest",),
)
