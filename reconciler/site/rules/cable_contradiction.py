"""A switch shows a different cable than the declared one.

The finding is about the declared cable; the ports are related.

Fires:
    If no switch has the declared port; if a switch receives LLDP from that NIC on another port; if guests
    of that node are seen on a port to which no cable of the node leads, and not on the declared port. The
    ports of an aggregate count as one.

Does not fire:
    If neither LLDP nor a MAC table shows the node: no data is not a contradiction.

Fix:
    Correct `desired-state/site/cable.yaml`, or plug the cable into the declared port. Declare every cable
    of a node that guests use: a missing one looks like a contradiction of the others.

Accept:
    Add an ignore rule: `target: {source: site, kind: cable, id: "r630-01:*"}`.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from reconciler.model.key import Key
from reconciler.model.rule import Place, Violation
from reconciler.site import places
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel
from reconciler.site.wiring import Wiring, WiringLink


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the cables that contradict what switches show."""
    ports, wiring = model.inputs.switch_ports, model.wiring
    ports_of: dict[str, set[Key]] = {}
    for link in wiring.cables():
        ports_of.setdefault(_node_of(link), set()).add(link.port)
        if link.port not in ports:
            declared = model.declared.wiring.port(link.port.id)
            because = tuple((key, "") for key in (declared,) if key is not None)
            yield Violation(link.via, f"no switch has the port {link.port.id}", (), (), because)
        heard = wiring.heard.get(str(link.nic))
        if heard is not None and heard.port != link.port:
            because = _aggregate(link.port, heard.port)
            yield Violation(link.via, f"LLDP shows it on {heard.port}", (link.port, heard.port), (), because)
    contradicting: dict[str, list[tuple[WiringLink, AbstractSet[Key]]]] = {}
    leads = {
        key: key._replace(id=f"{key.id.rpartition(':')[0]}:{row.aggregated_by}")
        for key, row in (model.inputs.switch_ports_seen.items() if ports_of else ())
        if row.aggregated_by
    }
    for link in wiring.cables():
        if (node := _node_of(link)) in ports_of:
            own = ports_of.pop(node)
            contradicting[node] = list(
                _elsewhere(wiring, node, own | {leads.get(port, port) for port in own})
            )
        for each, seen_on in contradicting[node]:
            if link.port not in seen_on:
                yield _contradicted(wiring, link, each)


def _node_of(link: WiringLink) -> str:
    return str(link.nic).rpartition(":")[0]


def _elsewhere(
    wiring: Wiring, name: str, known: AbstractSet[Key]
) -> Iterator[tuple[WiringLink, AbstractSet[Key]]]:
    """Yield a port that is not known on which guests of the node are seen, with all that they are seen on."""
    for node in wiring.nodes_seen.get(name, ()):
        seen = wiring.seen[node]
        other = next((each for each in seen if each.port not in known), None)
        if other is not None:
            yield other, {each.port for each in seen}


def _contradicted(wiring: Wiring, link: WiringLink, other: WiringLink) -> Violation:
    """The violation of a cable whose node has guests on another port."""
    reason = f"guests of {_node_of(link)} are seen on {other.port}, not on {link.port}"
    evidence = wiring.evidence(other)
    guests = (key for key in evidence if key.kind == "guest")
    because = (
        *_aggregate(link.port, other.port),
        *(place for key in guests for place in places.fields(key, "/node", "/nics")),
    )
    return Violation(link.via, reason, (link.port, other.port), evidence, because)


def _aggregate(*ports: Key) -> tuple[Place, ...]:
    """The fields that put ports into an aggregate."""
    return tuple(place for port in ports for place in places.fields(port, "/override", "/profile"))


RULE = SiteRule(
    name="cable-contradiction",
    severity="warning",
    hint="correct desired-state/site/cable.yaml, or plug the cable where it belongs",
    check=check,
    reads=("switch-port", "client", "guest", "node"),
    requires_complete=("switch-port",),
    needs=("cable",),
)
