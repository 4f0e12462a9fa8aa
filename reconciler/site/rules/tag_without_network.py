"""A NIC has a VLAN that no network has: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.rule import Claim, Rule
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import Join

NAME = "tag-without-network"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    known = {row.get("vlan") for row in join.facts.rows("network").values()}
    for nic in join.facts.nics:
        if nic.tag is not None and nic.tag not in known:
            yield Claim(NAME, nic.guest, f"{nic.slot} has VLAN {nic.tag}, and no network has that")


RULE = SiteRule(
    NAME,
    Rule("warning", "A NIC has a VLAN that no network has", "make the network, or correct the tag"),
    needs=("network", "guest"),
    check=check,
    whole=("network",),
)
