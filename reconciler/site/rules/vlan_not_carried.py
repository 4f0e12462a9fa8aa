"""The switch port behind a guest does not carry its VLAN.

The guest is cut off, or will be when it moves there. The finding is about the guest; the port is related.

Fires:
    For a NIC with a tag when a port that its bridge leads to has that VLAN neither native nor tagged. The
    reason shows how the wiring is known: `declared` (a cable), `observed` (LLDP) or `inferred` (guests of
    that node are seen there).

Does not fire:
    When no network has that VLAN (see [tag-without-network](#tag-without-network)); when no port is
    known; when no switch that was read has the port, or its VLANs could not be read.

Fix:
    Let the port, or its profile, carry the VLAN; or correct the tag. If `inferred` is wrong, declare the
    cables ([port map](port-map.md)).

Accept:
    An ignore rule for the guest.
"""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Violation
from reconciler.site import places
from reconciler.site.inputs import SiteInputs
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel
from reconciler.site.wiring import WiringLink


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the guests behind a port that does not carry their VLAN."""
    inputs, wiring = model.inputs, model.portmap.wiring
    known: dict[tuple[str, str, str], list[tuple[WiringLink, frozenset[int]]]] = {}
    networks = {row.vlan: key for key, row in inputs.networks.items() if row.vlan}
    for nic in inputs.nics:
        if nic.tag is None or nic.bridge is None or nic.tag not in networks:
            continue
        at = (nic.guest.source, nic.node, nic.bridge)
        if at not in known:
            ports = [(link, _vlans(inputs, link.port)) for link in wiring.links(*at)]
            known[at] = [(link, vlans) for link, vlans in ports if vlans is not None]
        for link, vlans in known[at]:
            if nic.tag not in vlans:
                reason = f"{link.port} ({link.how}) does not carry VLAN {nic.tag} of {nic.slot}"
                between = wiring.interfaces(*at)
                evidence = (*wiring.evidence(link), *between, networks[nic.tag])
                because = (
                    *places.of_nic(nic, "tag", "bridge"),
                    (nic.guest, "/node"),
                    *places.of_port(inputs, link.port),
                    *(place for key in between for place in places.of_interface(key)),
                    (networks[nic.tag], "/vlan"),
                )
                yield Violation(nic.guest, reason, (link.port,), evidence, because)


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
