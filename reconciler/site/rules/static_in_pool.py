"""A fixed address lies in the range that DHCP gives out: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.rule import Claim, Rule
from reconciler.site.inputs import number_of
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import Join

NAME = "static-in-pool"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    reserved = {(row.get("fixed_ip"), key.id) for key, row in join.facts.rows("reservation").items()}
    for address, evidence in join.addresses.items():
        subnet = join.facts.subnet_of(address)
        if subnet is None or subnet.pool is None:
            continue
        if not subnet.pool[0] <= number_of(address)[1] <= subnet.pool[1]:
            continue
        for one in evidence:
            fixed = one.how == "configured" and one.key.kind in {"guest", "node-network", "device"}
            if fixed and (address, one.mac) not in reserved:
                reason = f"{address} is in the DHCP range of {subnet.key.id}"
                yield Claim(NAME, one.holder, reason, (subnet.key,), (one.key,))


RULE = SiteRule(
    NAME,
    Rule(
        "warning",
        "A fixed address lies in the range that DHCP gives out",
        "move it out of the range, or reserve it for that MAC address",
    ),
    needs=("network", "guest", "reservation"),
    check=check,
    whole=("network", "reservation"),
)
