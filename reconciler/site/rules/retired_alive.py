"""An address is declared retired and somebody has it: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.rule import Claim, Rule
from reconciler.site.addresses import holders
from reconciler.site.rule import HOLDERS, SiteRule
from reconciler.site.site_model import Join

NAME = "retired-alive"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    for key, row in join.facts.rows("address").items():
        if row["lifecycle"] == "retired":
            evidence = [one for one in join.addresses.get(key.id, ()) if one.how != "declared"]
            keys = holders(evidence)
            if keys:
                have = "has" if len(keys) == 1 else "have"
                reason = f"{' and '.join(map(str, keys))} {have} it"
                yield Claim(NAME, key, reason, tuple(keys), tuple(one.key for one in evidence))


RULE = SiteRule(
    NAME,
    Rule(
        "warning", "An address is declared retired and somebody has it", "take it away, or declare it active"
    ),
    needs=HOLDERS,
    check=check,
)
