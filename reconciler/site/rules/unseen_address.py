"""An address is declared active and nobody has it: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Claim, Rule
from reconciler.site.rule import HOLDERS, SiteRule
from reconciler.site.site_model import Join

NAME = "unseen-address"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    for key, row in join.facts.rows("address").items():
        if row["lifecycle"] != "active" or row["role"] in {"reserved", "dhcp-pool", "vip"}:
            continue
        if not any(one.how != "declared" for one in join.addresses.get(key.id, ())):
            owner = row.get("owner")
            yield Claim(NAME, key, "no source knows of it", (Key.parse(owner),) if owner else ())


RULE = SiteRule(
    NAME,
    Rule(
        "info",
        "An address is declared active and nobody has it",
        "bring it up, or declare it planned, reserved or retired",
    ),
    needs=("network", *HOLDERS),
    check=check,
    whole=("network", *HOLDERS),
)
