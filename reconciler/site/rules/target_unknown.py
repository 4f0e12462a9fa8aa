"""A public name leads to an address that nobody has: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.rule import Claim, Rule
from reconciler.site.rule import ENTRIES, HOLDERS, SiteRule
from reconciler.site.site_model import Join

NAME = "target-unknown"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    for path in join.paths:
        if path.address is None or path.holder is not None or not join.facts.is_enabled(path.entry):
            continue
        subnet = join.facts.subnet_of(path.address)
        if subnet is not None:
            reason = f"{path.name} leads to {path.address}, which nobody has"
            yield Claim(NAME, path.entry, reason, grounds=(subnet.key, *path.grounds))


RULE = SiteRule(
    NAME,
    Rule(
        "warning",
        "A public name leads to an address that nobody has",
        "correct the target, or bring up what has it",
    ),
    needs=(*HOLDERS, *ENTRIES),
    check=check,
    whole=HOLDERS,
)
