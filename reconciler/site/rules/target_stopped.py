"""A public name leads to a guest that is stopped: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.rule import Claim, Rule
from reconciler.site.join import Join
from reconciler.site.rule import SiteRule
from reconciler.site.rules.entries import enabled

NAME = "target-stopped"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    guests = join.facts.rows("guest")
    for path in join.paths:
        guest = guests.get(path.holder) if path.holder is not None else None
        if guest is not None and guest.get("power") != "running" and enabled(join, path.entry):
            assert path.holder is not None
            reason = f"{path.name} leads to {path.holder}, which is stopped"
            yield Claim(NAME, path.entry, reason, (path.holder,), path.grounds)


RULE = SiteRule(
    NAME,
    Rule("warning", "A public name leads to a guest that is stopped", "start the guest, or disable the name"),
    needs=("guest",),
    check=check,
)
