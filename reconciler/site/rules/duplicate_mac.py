"""Two NICs have one MAC address: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.rule import Claim, Rule
from reconciler.site.inputs import Nic
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import Join

NAME = "duplicate-mac"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    by_mac: dict[str, list[Nic]] = {}
    for nic in join.facts.nics:
        if nic.mac:
            by_mac.setdefault(nic.mac, []).append(nic)
    for mac, nics in by_mac.items():
        for nic in nics if len(nics) > 1 else ():
            others = [other for other in nics if other is not nic]
            also = ", ".join(f"{other.slot} of {other.guest}" for other in others)
            related = tuple(dict.fromkeys(other.guest for other in others if other.guest != nic.guest))
            yield Claim(NAME, nic.guest, f"{nic.slot} has {mac}, as {also}", related)


RULE = SiteRule(
    NAME,
    Rule("warning", "Two NICs have one MAC address", "give one of them another MAC address"),
    needs=("guest",),
    check=check,
)
