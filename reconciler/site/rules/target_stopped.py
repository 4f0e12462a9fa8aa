"""A public name leads to a guest that is stopped: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.rule import Claim, Rule
from reconciler.site.addresses import holders
from reconciler.site.rule import ENTRIES, HOLDERS, SiteRule
from reconciler.site.site_model import Join

NAME = "target-stopped"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    guests = join.facts.rows("guest")
    for path in join.paths:
        if path.address is None or path.holder is None or not join.facts.is_enabled(path.entry):
            continue
        having = holders(join.addresses.get(path.address, [])) or [path.holder]
        if all(key in guests and guests[key].get("power") != "running" for key in having):
            reason = f"{path.name} leads to {path.holder}, which is stopped"
            yield Claim(NAME, path.entry, reason, (path.holder,), (*having, *path.grounds))


RULE = SiteRule(
    NAME,
    Rule("warning", "A public name leads to a guest that is stopped", "start the guest, or disable the name"),
    needs=(*HOLDERS, *ENTRIES),
    check=check,
    listed=HOLDERS,
)
