"""A guest is set to another address than is reserved for it: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Claim, Rule
from reconciler.site.join import Join
from reconciler.site.rule import SiteRule

NAME = "reservation-contradiction"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    fixed: dict[str, tuple[str, Key]] = {}
    for address, evidence in join.addresses.items():
        for one in evidence:
            if one.how == "configured" and one.key.kind == "guest" and one.mac and "." in address:
                fixed.setdefault(one.mac, (address, one.key))
    for key, row in join.facts.rows("reservation").items():
        if key.id not in fixed:
            continue
        address, guest = fixed[key.id]
        if row.get("fixed_ip") not in {None, address}:
            reason = f"{row['fixed_ip']} is reserved, and {guest} is set to {address}"
            yield Claim(NAME, key, reason, (guest,))


RULE = SiteRule(
    NAME,
    Rule("warning", "A guest is set to another address than is reserved for it", "make both the same"),
    needs=("guest", "reservation"),
    check=check,
)
