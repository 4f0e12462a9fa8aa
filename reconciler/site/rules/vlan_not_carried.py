"""The switch port behind a guest does not carry its VLAN.

The guest is cut off, or will be when it moves there. The finding is about the guest; the port is related.

Fires:
    For a NIC with a tag if a port that its bridge leads to has that VLAN neither native nor tagged. The
    reason shows how the wiring is known: `declared` (a cable), `observed` (LLDP) or `inferred` (guests of
    that node are seen there).

Does not fire:
    On a bridge without a port. If no network has that VLAN (see
    [tag-without-network](#tag-without-network)); if no port is known; if no switch that was read has the
    port, or its VLANs could not be read.

Fix:
    Let the port or its profile carry the VLAN, or correct the tag. If `inferred` is wrong, declare the
    cables ([port map](port-map.md)).

Accept:
    Add an ignore rule for the guest.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from reconciler.model.key import Key
from reconciler.model.rule import Violation
from reconciler.site import places
from reconciler.site.inputs import AttachedNic, SiteInputs
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel
from reconciler.site.wiring import WiringLink

_PORTS_MAX = 8
"""So many ports are named for a NIC whose node is behind more."""


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the guests behind a port that does not carry their VLAN."""
    inputs, wiring = model.inputs, model.wiring
    lacking: dict[tuple[str, str, str, int], list[WiringLink]] = {}
    vlans = _Vlans(inputs)
    for nic in inputs.nics:
        if nic.tag is None or nic.bridge is None or nic.tag not in inputs.networks_by_vlan:
            continue
        at = (nic.guest.source, nic.node, nic.bridge)
        if (*at, nic.tag) not in lacking:
            links = (link for link in wiring.links(*at) if vlans.lacks(link.port, nic.tag))
            lacking[*at, nic.tag] = list(islice(links, _PORTS_MAX))
        for link in lacking[*at, nic.tag]:
            yield _violation(model, nic, link, wiring.interfaces(*at))


def _violation(model: SiteModel, nic: AttachedNic, link: WiringLink, between: Sequence[Key]) -> Violation:
    """The violation of a NIC whose VLAN is not on a port; `between` them are interfaces of the node."""
    network = model.inputs.networks_by_vlan[nic.tag or 0][0]
    reason = f"{link.port} ({link.how}) does not carry VLAN {nic.tag} of {nic.slot}"
    evidence = (*model.wiring.evidence(link), *between, network)
    because = (
        *places.of_segment(nic),
        *places.of_port(model.inputs, link.port),
        *(place for key in between for place in places.of_interface(key)),
        (network, "/vlan"),
    )
    return Violation(nic.guest, reason, (link.port,), evidence, because)


class _Vlans:
    """The VLANs of switch ports, each read once."""

    def __init__(self, inputs: SiteInputs) -> None:
        self._inputs = inputs
        self._known: dict[Key, frozenset[int] | None] = {}

    def lacks(self, port: Key, tag: int) -> bool:
        """Return whether a port is known not to carry a VLAN."""
        if port not in self._known:
            self._known[port] = _vlans(self._inputs, port)
        vlans = self._known[port]
        return vlans is not None and tag not in vlans


def _vlans(inputs: SiteInputs, port: Key) -> frozenset[int] | None:
    """The VLANs that a port carries; None where they were not read."""
    seen = inputs.switch_ports_seen.get(port)
    if seen is None or not {"native_vlan", "tagged_vlans"}.isdisjoint(seen.unread or ()):
        return None
    found = {seen.native_vlan} if seen.native_vlan else set()
    for text in seen.tagged_vlans:
        low, _, high = text.partition("-")
        found |= set(range(int(low), int(high or low) + 1))
    return frozenset(found)


RULE = SiteRule(
    name="vlan-not-carried",
    severity="warning",
    hint="let the port carry it, or correct the tag",
    check=check,
    reads=("guest", "node", "node-network", "switch-port", "client", "network"),
    requires_complete=("switch-port",),
    needs=("guest", "network"),
)
