"""A cable is declared that LLDP or the MAC tables contradict: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Claim, Rule
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import Join

NAME = "cable-contradiction"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    wiring = join.portmap.wiring
    ports_of: dict[str, set[Key]] = {}
    for link in wiring.cables():
        node = str(link.nic).rpartition(":")[0]
        ports_of.setdefault(node, set()).add(link.port)
        if link.port not in join.facts.rows("switch-port"):
            yield Claim(NAME, link.via, f"no switch has the port {link.port.id}")
        heard = wiring.heard.get(str(link.nic))
        if heard is not None and heard.port != link.port:
            yield Claim(NAME, link.via, f"the switch hears it on {heard.port}", (link.port, heard.port))
    lead = {
        key: key._replace(id=f"{key.id.rpartition(':')[0]}:{row['aggregated_by']}")
        for key, row in join.facts.rows("switch-port").items()
        if row.get("aggregated_by")
    }
    for link in wiring.cables():
        node = str(link.nic).rpartition(":")[0]
        known = ports_of[node] | {lead.get(port, port) for port in ports_of[node]}
        for (_, name), seen in wiring.seen.items():
            others = [each for each in seen if each.port not in known]
            if name == node and others and link.port not in {each.port for each in seen}:
                port = others[0].port
                reason = f"guests of {node} are seen on {port} and not on {link.port}"
                yield Claim(NAME, link.via, reason, (link.port, port), wiring.grounds(others[0]))


RULE = SiteRule(
    NAME,
    Rule(
        "warning",
        "A cable is declared that LLDP or the MAC tables contradict",
        "correct desired-state/site/cable.yaml, or plug it where it belongs",
    ),
    needs=("switch-port", "client"),
    check=check,
    whole=("switch-port",),
)
