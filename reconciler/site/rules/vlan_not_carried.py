"""A switch port does not carry the VLAN of a guest behind it: see docs/rules.md."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.model.key import Key
from reconciler.model.rule import Claim, Rule
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import Join
from reconciler.site.wiring import Link

NAME = "vlan-not-carried"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    carried: dict[Key, frozenset[int] | None] = {}
    ports = join.facts.rows("switch-port")
    wiring = join.portmap.wiring
    links: dict[tuple[str, str, str], list[Link]] = {}
    networks = {row["vlan"]: key for key, row in join.facts.rows("network").items() if row.get("vlan")}
    for nic in join.facts.nics:
        if nic.tag is None or nic.bridge is None or nic.tag not in networks:  # tag-without-network says it
            continue
        at = (nic.guest.source, nic.node, nic.bridge)
        if at not in links:
            links[at] = wiring.links(*at)
        for link in links[at]:
            if link.port not in carried:
                carried[link.port] = _vlans(ports.get(link.port), join.facts.seen(link.port))
            vlans = carried[link.port]
            if vlans is not None and nic.tag not in vlans:
                reason = f"{link.port} ({link.how}) does not carry VLAN {nic.tag} of {nic.slot}"
                grounds = (*wiring.grounds(link), *wiring.interfaces(*at), networks[nic.tag])
                yield Claim(NAME, nic.guest, reason, (link.port,), grounds)


def _vlans(row: Mapping[str, Any] | None, seen: Mapping[str, Any]) -> frozenset[int] | None:
    """The VLANs that a port carries; None where that was not read."""
    if row is None or "tagged_vlans" in (seen.get("unread") or ()):
        return None
    found = {row["native_vlan"]} if row.get("native_vlan") else set()
    for text in row["tagged_vlans"]:
        low, _, high = text.partition("-")
        found |= set(range(int(low), int(high or low) + 1))
    return frozenset(found)


RULE = SiteRule(
    NAME,
    Rule(
        "warning",
        "A switch port does not carry the VLAN of a guest behind it",
        "let the port carry it, or correct the tag",
    ),
    needs=("guest", "node-network", "switch-port", "client", "network"),
    check=check,
    whole=("switch-port",),
)
