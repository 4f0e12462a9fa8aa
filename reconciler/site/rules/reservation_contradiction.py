"""A guest is set to another address than is reserved for it: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Claim, Rule
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import Join

NAME = "reservation-contradiction"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    fixed: dict[tuple[str, bool], dict[str, Key]] = {}
    for address, evidence in join.addresses.items():
        for one in evidence:
            if one.how == "configured" and one.key.kind == "guest" and one.mac:
                fixed.setdefault((one.mac, ":" in address), {}).setdefault(address, one.key)
    for key, row in join.facts.rows("reservation").items():
        reserved = row.get("fixed_ip")
        known = fixed.get((key.id, ":" in reserved), {}) if reserved else {}
        if known and reserved not in known:
            address, guest = min(known.items())
            reason = f"{reserved} is reserved, and {guest} is set to {address}"
            yield Claim(NAME, key, reason, (guest,))


RULE = SiteRule(
    NAME,
    Rule("warning", "A guest is set to another address than is reserved for it", "make both the same"),
    needs=("guest", "reservation"),
    check=check,
)
