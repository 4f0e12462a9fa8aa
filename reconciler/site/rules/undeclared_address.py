"""An address is used and not declared: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.config.file import SITE
from reconciler.model.key import Key
from reconciler.model.rule import Claim, Rule
from reconciler.site.inputs import number_of
from reconciler.site.rule import HOLDERS, SiteRule
from reconciler.site.site_model import Join

NAME = "undeclared-address"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    declared = join.facts.rows("address")
    pools = [
        (number_of(key.id), number_of(row["until"])) for key, row in declared.items() if row.get("until")
    ]
    for address, evidence in join.addresses.items() if declared else ():
        one = next((each for each in evidence if each.how != "declared" and each.key.kind != "network"), None)
        subnet = join.facts.subnet_of(address)
        if one is None or subnet is None or Key(SITE, "address", address) in declared:
            continue
        number = number_of(address)
        given = subnet.pool is not None and subnet.pool[0] <= number[1] <= subnet.pool[1]
        if not given and not any(first <= number <= last for first, last in pools):
            key = Key(SITE, "address", address)
            yield Claim(NAME, key, f"{one.holder} has it", (one.holder,), (one.key,))


RULE = SiteRule(
    NAME,
    Rule(
        "info",
        "An address is used and not declared",
        "declare it in desired-state/site/address.yaml, or take it away",
    ),
    needs=("network", *HOLDERS),
    check=check,
    whole=("network",),
)
