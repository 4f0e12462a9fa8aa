"""A NIC has an address that is not of its VLAN: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Claim, Rule
from reconciler.site.inputs import Subnet, number_of
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import Join

NAME = "address-outside-subnet"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    by_vlan: dict[int, list[Subnet]] = {}
    for subnet in join.facts.subnets:
        if subnet.vlan is not None:
            by_vlan.setdefault(subnet.vlan, []).append(subnet)
    tags: dict[tuple[Key, str | None], int] = {
        (nic.guest, nic.mac): nic.tag for nic in join.facts.nics if nic.mac and nic.tag
    }
    for address, evidence in join.addresses.items():
        for one in evidence:
            tag = tags.get((one.key, one.mac)) if one.mac and one.key.kind == "guest" else None
            subnets = by_vlan.get(tag) if tag else None
            if not subnets:
                continue
            version, number = number_of(address)
            own = [subnet for subnet in subnets if subnet.version == version]
            if own and not any(subnet.holds(number, version) for subnet in own):
                reason = f"{address} is not in {own[0].text}, the network of VLAN {own[0].vlan}"
                yield Claim(NAME, one.key, reason, (own[0].key,))


RULE = SiteRule(
    NAME,
    Rule("warning", "A NIC has an address that is not of its VLAN", "correct the address or the VLAN"),
    needs=("network", "guest"),
    check=check,
    whole=("network",),
)
